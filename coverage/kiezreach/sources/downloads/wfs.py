"""Read layers of a Web Feature Service (OGC WFS 2.0), page by page, as GeoJSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from kiezreach.errors import DownloadError, shown
from kiezreach.sources.downloads.answers import MEGABYTE
from kiezreach.sources.downloads.files import Download, digest
from kiezreach.sources.downloads.http import Http
from kiezreach.sources.downloads.manners import host_of, told_address
from kiezreach.sources.xml_prolog import declares_type

CAPABILITIES_MB = 20.0
_MOST_PAGES = 2000
_DEGREES = 360.0
_OWS = "{http://www.opengis.net/ows/1.1}"
_WFS = "{http://www.opengis.net/wfs/2.0}"
_NAMED = 8  # layers that a message names


CAPABILITIES: dict[str, str | int] = {
    "service": "WFS", "version": "2.0.0", "request": "GetCapabilities"
}  # fmt: skip


@dataclass(frozen=True)
class WfsLayer:
    """A layer and how it is asked for.

    Parameters
    ----------
    url
        Address of the service.
    type_name
        Name of the layer.
    id_column
        Column that tells its features apart; pages are sorted by it.
    page
        Features at a time.
    max_mb
        Largest size of all pages together.
    crs
        CRS of the coordinates; None for a table without use for them.
    """

    url: str
    type_name: str
    id_column: str
    page: int
    max_mb: float
    crs: str | None = None

    def params(self, start: int, page: int) -> dict[str, str | int]:
        """Return the parameters of the request for a page."""
        asked: dict[str, str | int] = {
            "service": "WFS",
            "version": "2.0.0",
            "request": "GetFeature",
            "typeNames": self.type_name,
            "outputFormat": "application/json",
            "sortBy": self.id_column,
            "startIndex": start,
            "count": page,
        }
        return asked | ({} if self.crs is None else {"srsName": self.crs})


@dataclass(frozen=True)
class Capabilities:
    """What a service says of itself.

    Parameters
    ----------
    layers
        Names of its layers.
    terms
        Fees and constraints: where these services state the licence.
    page
        Most features that it sends at a time, None where it does not say.
    """

    layers: tuple[str, ...]
    terms: str
    page: int | None


def read_capabilities(http: Http, url: str, remedy: str) -> Capabilities:
    """Ask a service what it offers.

    Parameters
    ----------
    http
        How to ask.
    url
        Address of the service.
    remedy
        What the user can do where it fails.

    Raises
    ------
    DownloadError
        If it does not answer, or with something else.
    """
    answer = http.get(url, CAPABILITIES, max_mb=CAPABILITIES_MB, kinds=("xml",), remedy=remedy)
    if declares_type([answer.content]):
        raise _refusal(url, "describes itself in XML with entities, which are not read", remedy)
    try:
        root = ET.fromstring(answer.content)  # noqa: S314 - there are no entities in it
    except ET.ParseError as error:
        told = f"describes itself in no XML that can be read ({error})"
        raise _refusal(url, told, remedy) from error
    names = [(element.text or "").strip() for element in root.iter(f"{_WFS}Name")]
    if root.tag != f"{_WFS}WFS_Capabilities" or not names:
        said = " ".join("".join(root.itertext()).split())
        raise _refusal(url, f"does not describe itself as a WFS 2.0: '{shown(said)}'", remedy)
    terms = [
        " ".join((element.text or "").split())
        for tag in ("Fees", "AccessConstraints")
        for element in root.iter(f"{_OWS}{tag}")
    ]
    return Capabilities(tuple(names), " ".join(text for text in terms if text), _page_limit(root))


def read_features(
    http: Http, layer: WfsLayer, offered: Capabilities, remedy: str
) -> tuple[gpd.GeoDataFrame, Download]:
    """Read all features of a layer.

    Parameters
    ----------
    http
        How to ask.
    layer
        The layer.
    offered
        What the service says of itself.
    remedy
        What the user can do where it fails.

    Returns
    -------
    GeoDataFrame
        All columns, those names in lower case, sorted by the id.
    Download
        With the hash of what the features say.

    Raises
    ------
    DownloadError
        If the layer is not there, a page cannot be had, pages overlap or do not add up, or
        the coordinates are not of the CRS that was asked for.
    """
    if layer.type_name not in offered.layers:
        named = ", ".join(offered.layers[:_NAMED])
        told = f"has no layer '{layer.type_name}' (it has {named})"
        raise _refusal(layer.url, told, remedy)
    features, size = _all_pages(http, layer, offered, remedy)
    for feature in features:
        feature["properties"] = {key.lower(): value for key, value in feature["properties"].items()}
    column = layer.id_column.lower()
    if any(column not in feature["properties"] for feature in features):
        there = ", ".join(sorted(features[0]["properties"]))
        raise _refusal(layer.url, f"sends no column '{layer.id_column}' (but {there})", remedy)
    features.sort(key=lambda feature: str(feature["properties"][column]))
    said = [[f["properties"], f.get("geometry")] for f in features]
    content = json.dumps(said, ensure_ascii=False, sort_keys=True).encode()
    found = Download(f"{layer.url}?typeNames={layer.type_name}", digest(content), size)
    return _frame(features, layer, remedy), found


def _all_pages(
    http: Http, layer: WfsLayer, offered: Capabilities, remedy: str
) -> tuple[list[dict[str, Any]], int]:
    """Ask for page after page until all features are there; return them and their bytes."""
    page = min(layer.page, offered.page or layer.page)
    features: list[dict[str, Any]] = []
    seen: set[str] = set()
    size, expected = 0, None
    for number in range(_MOST_PAGES):
        start = len(features)
        left_mb = layer.max_mb - size / MEGABYTE
        matched, found, read = _page(http, layer, start, page, left_mb, remedy)
        expected = matched if number == 0 else expected
        if matched != expected:
            told = f"changed while it was read: {expected} features, then {matched}"
            raise _refusal(layer.url, told, remedy)
        names = {str(feature.get("id", "")) for feature in found}
        if len(names) == len(found) and names & seen:
            told = f"sends the same features twice, from number {start} on: it does not page"
            raise _refusal(layer.url, told, remedy)
        seen |= names
        features += found
        size += read
        if not found or len(features) == expected:
            break
    if len(features) != (expected or len(features)) or not features:
        told = f"sends {len(features)} features of '{layer.type_name}' where it says {expected}"
        raise _refusal(layer.url, told, remedy)
    return features, size


def _page(
    http: Http, layer: WfsLayer, start: int, page: int, left_mb: float, remedy: str
) -> tuple[int | None, list[dict[str, Any]], int]:
    """Ask for one page; return how many match in all if it is known, those there, their bytes."""
    params = layer.params(start, page)
    asked = f"GET {layer.url}?typeNames={layer.type_name}&startIndex={start}&count={page}"

    def attempt() -> tuple[int | None, list[dict[str, Any]], int]:
        address = http.address(layer.url, params)
        answer = http.get_once(address, left_mb, ("json",), remedy)
        said = answer.json()
        try:
            number, found = said["numberMatched"], list(said["features"])
            matched = None if number == "unknown" else int(number)
            _ = [dict(feature["properties"]) for feature in found]
            crs = said.get("crs") and str(said["crs"]["properties"]["name"])
        except (KeyError, TypeError, ValueError) as error:
            told = "answered with JSON that is no page of features"
            raise _refusal(layer.url, told, remedy) from error
        if layer.crs is not None and crs and not _same_crs(crs, layer.crs):
            told = f"sends coordinates in {shown(crs)} where {layer.crs} was asked for"
            raise _refusal(layer.url, told, remedy)
        return matched, found, len(answer.content)

    return http.manners.patiently(asked, attempt, remedy)


def _same_crs(first: str, second: str) -> bool:
    """Return whether two names are of the same CRS."""
    try:
        return CRS.from_user_input(first).to_epsg() == CRS.from_user_input(second).to_epsg()
    except CRSError:
        return False


def _frame(features: list[dict[str, Any]], layer: WfsLayer, remedy: str) -> gpd.GeoDataFrame:
    """Make a frame of features, whose coordinates must look like those of the CRS."""
    if layer.crs is None:
        features = [feature | {"geometry": None} for feature in features]
    try:
        frame = gpd.GeoDataFrame.from_features(features, crs=layer.crs)
    except (
        KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError,
        shapely.errors.ShapelyError,
    ) as error:  # fmt: skip
        told = f"sends a feature of '{layer.type_name}' that is none"
        raise _refusal(layer.url, told, remedy) from error
    if layer.crs is None or frame.geometry.is_empty.all():
        return frame
    reach = np.abs(frame.total_bounds).max()
    if CRS.from_user_input(layer.crs).is_projected and not reach > _DEGREES:
        told = f"sends coordinates that are no metres of {layer.crs} (they reach {reach:.1f})"
        raise _refusal(layer.url, told, remedy)
    return frame


def _page_limit(root: ET.Element) -> int | None:
    """Return how many features a service sends at a time at most."""
    for constraint in root.iter(f"{_OWS}Constraint"):
        if constraint.get("name") == "CountDefault":
            text = "".join(constraint.itertext()).strip()
            return int(text) if text.isdecimal() and int(text) else None
    return None


def _refusal(url: str, told: str, remedy: str) -> DownloadError:
    """Return the error of a service that answered something that is of no use."""
    return DownloadError(host_of(url), told_address(url), told, remedy)
