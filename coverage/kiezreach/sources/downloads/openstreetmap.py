"""Ask OpenStreetMap through OSMnx: outlines of places from Nominatim, objects from Overpass.

OSMnx writes the queries and takes the answers apart. How it asks is set here: it would else ask a
busy server again for ever, take an answer of any size, and leave its mark on the whole process.
"""

from __future__ import annotations

import io
import json
import logging
import math
import re
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import requests
import shapely
import urllib3

from kiezreach.errors import DownloadError, InputError, shown
from kiezreach.sources.downloads.answers import (
    bounded_pieces,
    check_kind,
    check_status,
    failure,
)
from kiezreach.sources.downloads.files import Download, digest
from kiezreach.sources.downloads.http import Http, nobody
from kiezreach.sources.downloads.manners import TryAgain, host_of, told_address

if TYPE_CHECKING:
    from kiezreach.sources.downloads.catalogue import OpenStreetMap

_Found = TypeVar("_Found")

_STATUS_MB = 0.1
_SLOTS = re.compile(r"^(\d+) slots? available now", re.MULTILINE)
_NEXT_SLOT = re.compile(r"^Slot available after: .*?, in (-?\d+) seconds?", re.MULTILINE)
_NO_LIMIT = re.compile(r"^Rate limit: 0\s*$", re.MULTILINE)
_SINGLE_QUERY_M2 = 1e12  # OSMnx divides larger places; the catalogue's limit is far below
_SLACK_M = 100.0  # added around an area before its corners are thinned out: nothing is lost
_REMEDY = "Try again later, or take the place out of an extract: kiezreach fetch network --extract"


def find_place(http: Http, osm: OpenStreetMap, name: str) -> gpd.GeoDataFrame:
    """Return the outline of a place.

    Parameters
    ----------
    http
        How to ask.
    osm
        Whom.
    name
        The place, such as ``Heidelberg, Germany``.

    Returns
    -------
    GeoDataFrame
        One row: polygon in EPSG:4326, ``display_name``.

    Raises
    ------
    InputError
        If there is no area of that name.
    DownloadError
        If the service does not answer.
    """
    import osmnx as ox
    from osmnx._errors import InsufficientResponseError

    asked = f"GET {osm.nominatim}/search?q={name}"

    def attempt() -> gpd.GeoDataFrame:
        try:
            return ox.geocode_to_gdf(name)
        except (InsufficientResponseError, TypeError) as error:
            msg = f"OpenStreetMap knows no area named '{shown(name)}'"
            remedy = "Name the country too, as in 'Heidelberg, Germany', or give --area with a file"
            raise InputError(msg, remedy=remedy) from error

    return _through_osmnx(http, osm, asked, attempt)[0]


def find_objects(
    http: Http, osm: OpenStreetMap, area: gpd.GeoSeries, tags: dict[str, tuple[str, ...]]
) -> tuple[gpd.GeoDataFrame, str, Download]:
    """Return the objects with certain tags inside an area.

    Parameters
    ----------
    http, osm
        How to ask, and whom.
    area
        Polygons in a CRS in metres.
    tags
        Values by key; objects with any of them are found.

    Returns
    -------
    objects : GeoDataFrame
        Indexed by kind (node, way, relation) and number; tags as columns; EPSG:4326. Empty where
        there are none.
    date : str
        Day that the data are of; empty where the service does not say.
    Download

    Raises
    ------
    InputError
        If the area is too large.
    DownloadError
        If the service does not answer.
    """
    import osmnx as ox
    from osmnx._errors import InsufficientResponseError

    polygon = _query_polygon(osm, area)
    wanted: dict[str, Any] = {key: list(values) for key, values in tags.items()}

    def attempt() -> gpd.GeoDataFrame:
        wait_for_slot(http, osm)
        try:
            return ox.features_from_polygon(polygon, wanted)
        except InsufficientResponseError:
            return gpd.GeoDataFrame({"geometry": []}, crs=4326)

    found, answers = _through_osmnx(http, osm, f"POST {osm.overpass}/interpreter", attempt)
    return found, _date(answers), _download(osm, answers)


def find_ways(
    http: Http, osm: OpenStreetMap, area: gpd.GeoSeries, keys: tuple[str, ...]
) -> tuple[list[dict[str, Any]], str, Download]:
    """Return every way with one of some keys inside an area, whoever may use it, and its nodes.

    The filters of OSMnx for walking are not used: what is walkable is decided by the profile of
    a study, when the network is read.

    Parameters
    ----------
    http, osm
        How to ask, and whom.
    area
        Polygons in a CRS in metres.
    keys
        Keys of tags, such as ``highway``.

    Returns
    -------
    elements : list
        Nodes and ways as Overpass describes them in JSON, each once, sorted.
    date : str
        Day that the data are of.
    Download

    Raises
    ------
    InputError
        If the area is too large.
    DownloadError
        If the service does not answer, or finds nothing.
    """
    import osmnx as ox
    from osmnx._errors import CacheOnlyInterruptError

    polygon = _query_polygon(osm, area)
    any_key = f'[~"^({"|".join(keys)})$"~"."]'

    def attempt() -> None:
        wait_for_slot(http, osm)
        try:
            ox.graph_from_polygon(polygon, custom_filter=any_key)
        except CacheOnlyInterruptError:
            return  # what is wanted: the answer is there, and OSMnx makes no graph of it

    asked = f"POST {osm.overpass}/interpreter"
    _, answers = _through_osmnx(http, osm, asked, attempt, only_fetch=True)
    elements = _elements(answers)
    if not any(element["type"] == "way" for element in elements):
        told = "knows no way in that area"
        raise DownloadError(host_of(asked), asked, told, "Check that the area is the right one")
    return elements, _date(answers), _download(osm, answers)


def wait_for_slot(http: Http, osm: OpenStreetMap) -> None:
    """Ask the Overpass server when it has time, and wait until then.

    Raises
    ------
    TryAgain
        If it has no time now; with the seconds that it names.
    """
    address = f"{osm.overpass}/status"
    try:
        answer = http.get_once(address, _STATUS_MB)
    except DownloadError:
        return  # a server of one's own need not have it
    text = answer.content.decode("utf-8", "replace")
    if _SLOTS.search(text) or _NO_LIMIT.search(text) or "Rate limit" not in text:
        return
    soonest = min((int(seconds) for seconds in _NEXT_SLOT.findall(text)), default=None)
    if soonest is not None and soonest <= 0:
        return
    msg = "has no free slot for a query"
    raise TryAgain(msg, None if soonest is None else float(soonest))


def _through_osmnx(
    http: Http,
    osm: OpenStreetMap,
    asked: str,
    attempt: Callable[[], _Found],
    *,
    only_fetch: bool = False,
) -> tuple[_Found, list[dict[str, Any]]]:
    """Ask through OSMnx with patience; return what it found and the answers of Overpass."""
    answers: list[dict[str, Any]] = []

    def once() -> _Found:
        answers.clear()
        try:
            return attempt()
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise TryAgain(failure(error)) from error

    with TemporaryDirectory(prefix="kiezreach-") as folder:
        settings = _settings(http, osm, asked, answers, Path(folder), only_fetch=only_fetch)
        with _osmnx_set_to(settings):
            return http.manners.patiently(asked, once, _REMEDY), answers


def _settings(
    http: Http,
    osm: OpenStreetMap,
    asked: str,
    answers: list[dict[str, Any]],
    folder: Path,
    *,
    only_fetch: bool,
) -> dict[str, Any]:
    """Return what OSMnx is set to."""

    def read(response: requests.Response, **_: object) -> requests.Response | None:
        """Take an answer in before OSMnx does: it would ask a busy server again for ever."""
        check_status(response, asked, _REMEDY)
        check_kind(response, ("json",), asked, _REMEDY)
        content = b"".join(bounded_pieces(response, osm.max_mb, http.manners, asked, _REMEDY))
        said = _parsed(content)
        if isinstance(said, dict):
            answers.append(said)
        return _copy_with(response, content)

    limits = http.manners.patience
    return {
        "overpass_url": osm.overpass,
        "nominatim_url": osm.nominatim,
        "overpass_rate_limit": False,  # wait_for_slot does it, and gives up one day
        "doh_url_template": None,  # asks nobody else where the server is
        "requests_timeout": math.ceil(limits.silence_s),
        "requests_kwargs": {
            "stream": True,
            "auth": nobody,
            "allow_redirects": False,
            "hooks": {"response": read},
        },
        "http_user_agent": http.manners.user_agent,
        "http_referer": "kiezreach",
        "use_cache": only_fetch,
        "cache_folder": folder,
        "cache_only_mode": only_fetch,
        "max_query_area_size": _SINGLE_QUERY_M2,
        "log_console": False,
        "log_file": False,
        "log_level": logging.ERROR,
    }


@contextmanager
def _osmnx_set_to(settings: dict[str, Any]) -> Iterator[None]:
    """Set OSMnx for a while, and undo all that it changes in the process."""
    import osmnx as ox

    before = {name: getattr(ox.settings, name) for name in settings}
    getaddrinfo = socket.getaddrinfo
    for name, value in settings.items():
        setattr(ox.settings, name, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        socket.getaddrinfo = getaddrinfo
        for name, value in before.items():
            setattr(ox.settings, name, value)


def _parsed(content: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return an answer as JSON, unless it says that it is not whole."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError) as error:
        msg = f"answered with {len(content):,} bytes that are no JSON"
        raise TryAgain(msg) from error
    # Overpass answers 200 also where it ran out of time or memory, with what it has so far.
    if isinstance(said, dict) and "error" in str(said.get("remark", "")):
        msg = f"broke the query off: '{shown(said['remark'])}'"
        raise TryAgain(msg)
    return said


def _copy_with(response: requests.Response, content: bytes) -> requests.Response:
    """Return the same answer with its body read."""
    copy = requests.Response()
    copy.status_code, copy.reason, copy.url = response.status_code, response.reason, response.url
    copy.request, copy.history, copy.encoding = response.request, response.history, "utf-8"
    copy.raw = io.BytesIO(content)
    response.close()
    return copy


def _query_polygon(osm: OpenStreetMap, area: gpd.GeoSeries) -> shapely.Polygon:
    """Return an area as one polygon in degrees with few corners, for a query."""
    km2 = float(area.union_all().area) / 1e6
    if km2 > osm.max_km2:
        msg = f"the area has {km2:,.0f} km2, and {osm.max_km2:,.0f} km2 are the most to ask for"
        remedy = "Take the network out of an extract: kiezreach fetch network --extract"
        raise InputError(msg, remedy=remedy)
    outline = area.union_all().buffer(_SLACK_M).simplify(_SLACK_M / 2)
    whole = outline if outline.geom_type == "Polygon" else outline.convex_hull
    return gpd.GeoSeries([whole], crs=area.crs).to_crs(4326).iloc[0]


def _date(answers: list[dict[str, Any]]) -> str:
    """Return the day that answers are of; empty where they do not say."""
    said = [str(answer.get("osm3s", {}).get("timestamp_osm_base", "")) for answer in answers]
    return min(said, default="")[:10]


def _elements(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the nodes and ways of answers, each once, sorted."""
    found = {
        (element["type"], element["id"]): element
        for answer in answers
        for element in answer.get("elements", ())
    }
    return [found[key] for key in sorted(found)]


def _download(osm: OpenStreetMap, answers: list[dict[str, Any]]) -> Download:
    """Describe answers; their hash is of the objects, not of the moment of asking."""
    content = json.dumps(_elements(answers), ensure_ascii=False, sort_keys=True).encode()
    address = told_address(f"{osm.overpass}/interpreter")
    return Download(address, digest(content), len(content))
