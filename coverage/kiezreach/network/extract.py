"""Smaller OpenStreetMap files: cut out of a large one, or written of what Overpass sent."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
import shapely
from osmium.filter import IdFilter

from kiezreach.errors import NetworkError
from kiezreach.network.osm_file import (
    Element,
    close_writer,
    excerpt,
    libosmium_errors,
    node_numbers,
    osm_format,
)
from kiezreach.network.projection import LONLAT
from kiezreach.network.rules import load_rules

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

_LINE = 2  # places that make a line


def network_keys() -> tuple[str, ...]:
    """Return the keys of which a way has one if any profile may walk it."""
    return load_rules("walking").way_keys


def clip_osm_file(path: Path, area: gpd.GeoSeries, target: Path) -> int:
    """Copy the ways of an OpenStreetMap file that touch an area, whole and with all their nodes.

    Nothing is judged here: every way that some profile might walk stays, with its tags, so that
    the small file serves every profile as the large one does.

    Parameters
    ----------
    path
        The file.
    area
        Polygons in any CRS.
    target
        File to write (.osm.pbf).

    Returns
    -------
    int
        How many ways were copied.

    Raises
    ------
    NetworkError
        If the file is damaged, or no way touches the area.
    """
    region = area.to_crs(LONLAT).union_all()
    keys = network_keys()
    with libosmium_errors(path), excerpt(path, keys, keys) as file:
        ways, squares = _ways_and_squares(file.elements())
        outlines = {number: way for way in squares for number in way.ways}
        known = {way.id for way in ways}
        ways += list(file.ways_with_ids(set(outlines) - known))
        nodes = [node_numbers([way.nodes]) for way in ways]
        numbers = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *nodes]))
        inside = _touching(region, nodes, numbers, file.node_locations(numbers))
        kept = {way.id for way, keep in zip(ways, inside, strict=True) if keep}
        # A square is whole or not there.
        kept_squares = [square for square in squares if kept.intersection(square.ways)]
        kept.update(number for square in kept_squares for number in square.ways)
        if not kept:
            msg = "has no way within the area"
            raise NetworkError(msg, file=path, remedy="Check that both are of the same region")
        lists = zip(ways, nodes, strict=True)
        wanted = np.unique(np.concatenate([own for way, own in lists if way.id in kept]))
        date = file.date
        _copy(
            file.source, target, date, wanted.tolist(), kept, {square.id for square in kept_squares}
        )
    return len(kept)


def write_elements(elements: list[dict[str, Any]], date: str, target: Path) -> None:
    """Write the answer of Overpass, in JSON, as an OpenStreetMap file.

    Parameters
    ----------
    elements
        Nodes and ways.
    date
        Moment that the data are of; empty where it is not known.
    target
        File to write (.osm.pbf).

    Raises
    ------
    NetworkError
        If an element is none.
    """
    with osmium.SimpleWriter(osm_format(target), header=_header(date)) as writer:
        for element in sorted(elements, key=lambda e: (e["type"] != "node", e["id"])):
            try:
                tags = {str(k): str(v) for k, v in element.get("tags", {}).items()}
                if element["type"] == "node":
                    place = (float(element["lon"]), float(element["lat"]))
                    writer.add_node(
                        osmium.osm.mutable.Node(id=element["id"], location=place, tags=tags)
                    )
                elif element["type"] == "way":
                    writer.add_way(
                        osmium.osm.mutable.Way(id=element["id"], nodes=element["nodes"], tags=tags)
                    )
            except (KeyError, TypeError, ValueError, osmium.InvalidLocationError) as error:
                msg = f"the element {element.get('type')} {element.get('id')} is no map data"
                raise NetworkError(msg, remedy="Ask again later") from error


def _ways_and_squares(elements: Iterable[Element]) -> tuple[list[Element], list[Element]]:
    """Tell the ways from the relations that describe squares."""
    ways: list[Element] = []
    squares: list[Element] = []
    for element in elements:
        (ways if element.kind == "w" else squares).append(element)
    return ways, [square for square in squares if square.kind == "r"]


def _touching(
    region: shapely.Geometry,
    nodes: list[npt.NDArray[np.int64]],
    numbers: npt.NDArray[np.int64],
    xy: npt.NDArray[np.float64],
) -> npt.NDArray[np.bool_]:
    """Return which ways touch a region, as far as their nodes are known."""
    way = np.repeat(np.arange(len(nodes)), [len(own) for own in nodes])
    place = xy[np.searchsorted(numbers, np.concatenate([np.empty(0, dtype=np.int64), *nodes]))]
    known = np.isfinite(place).all(axis=1)
    way, place = way[known], place[known]
    touches = np.zeros(len(nodes), dtype=bool)
    shapely.prepare(region)
    touches[way[shapely.intersects_xy(region, place[:, 0], place[:, 1])]] = True
    # A long step may cross a corner of the region with all its nodes outside.
    count = np.bincount(way, minlength=len(nodes))
    ask = ~touches & (count >= _LINE)
    chosen = ask[way]
    lines = np.full(len(nodes), None, dtype=object)
    if chosen.any():
        index = np.cumsum(ask)[way[chosen]] - 1
        lines[ask] = shapely.linestrings(place[chosen], indices=index)
        touches[ask] = shapely.intersects(region, lines[ask])
    return touches


def _copy(
    path: Path, target: Path, date: str, nodes: list[int], ways: set[int], squares: set[int]
) -> None:
    """Copy objects by their numbers."""
    filters = []
    kinds = (
        (osmium.osm.NODE, nodes), (osmium.osm.WAY, ways), (osmium.osm.RELATION, squares)
    )  # fmt: skip
    for kind, ids in kinds:
        one = IdFilter(number for number in ids if number >= 0)
        one.enable_for(kind)
        filters.append(one)
    writer = osmium.SimpleWriter(osm_format(target), header=_header(date))
    try:
        with osmium.io.Reader(osm_format(path)) as reader:
            osmium.apply(reader, *filters, writer)
    finally:
        close_writer(writer)


def _header(date: str) -> osmium.io.Header:
    """Return the head of a file, with the date that readers look for."""
    header = osmium.io.Header()
    header.set("generator", "kiezreach")
    if date:
        moment = date if "T" in date else f"{date}T00:00:00Z"
        header.set("osmosis_replication_timestamp", moment)
    return header
