"""Read walkable ways from OpenStreetMap files."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kiezreach.errors import NetworkError
from kiezreach.network.model import Provenance
from kiezreach.network.osm_file import (
    Element,
    Excerpt,
    excerpt,
    libosmium_errors,
    node_numbers,
    tags_of,
)
from kiezreach.network.report import WayCount
from kiezreach.network.squares import MAX_POINTS, lines_across, surfaces_from_rings
from kiezreach.network.ways import Ways, plain_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from kiezreach.network.rules import Rules, Verdict

LICENCE = "ODbL 1.0"
ATTRIBUTION = "© OpenStreetMap contributors"

_RING_NODES = 4  # a triangle, closed
_WAYS_AT_ONCE = 10_000  # a megabyte or two of text
_TAG_LISTS = 10_000  # remembered with what they mean, in a few megabytes


@dataclass(frozen=True)
class _Surface:
    """A square or another surface that is walked on.

    Parameters
    ----------
    bits, name
        Tag bits and name of the lines across it.
    outline
        Ways around it and around what stands in it.
    inner
        Those of them around what stands in it, as far as a relation says so.
    """

    bits: int
    name: str
    outline: tuple[int, ...]
    inner: frozenset[int] = frozenset()


@dataclass
class _Walkable:
    """What the rules keep of a file, with node ids in place of coordinates.

    Parameters
    ----------
    ids, tags, length, names
        Number, tag bits, number of nodes and name of each way.
    surfaces
        What is walked straight across, the outlines as positions among the ways.
    outlines
        The same where relations describe it, the outlines as numbers of ways.
    barriers
        Tags of the nodes that may bar a way, by number.
    newest
        Day of the last change of any way.
    """

    ids: array[int] = field(default_factory=lambda: array("q"))
    tags: array[int] = field(default_factory=lambda: array("q"))
    length: array[int] = field(default_factory=lambda: array("q"))
    names: list[str] = field(default_factory=list)
    surfaces: list[_Surface] = field(default_factory=list)
    outlines: list[_Surface] = field(default_factory=list)
    barriers: dict[int, dict[str, str]] = field(default_factory=dict)
    newest: str = ""
    _numbers: list[npt.NDArray[np.int64]] = field(default_factory=list)
    _waiting: list[str] = field(default_factory=list)

    def add(self, way: Element, bits: int, name: str) -> None:
        """Append a way."""
        nodes = way.nodes
        self.ids.append(way.id)
        self.tags.append(bits)
        self.names.append(name)
        self.length.append(nodes.count(",") + 1 if nodes else 0)
        self._waiting.append(nodes)
        if len(self._waiting) == _WAYS_AT_ONCE:
            self._convert()

    def take_nodes(self) -> npt.NDArray[np.int64]:
        """Hand over the ids of the nodes of all ways, one way after the other."""
        self._convert()
        numbers, self._numbers = self._numbers, []
        return np.concatenate(numbers)

    def _convert(self) -> None:
        """Turn the lists of nodes that are still text into numbers."""
        self._numbers.append(node_numbers(self._waiting))
        self._waiting = []


def read_osm(path: Path, rules: Rules) -> tuple[Ways, npt.NDArray[np.int32], Provenance, WayCount]:
    """Read the walkable ways of an OpenStreetMap file.

    Parameters
    ----------
    path
        An .osm.pbf, .osm, .osm.gz or .osm.bz2 file.
    rules
        What is walkable.

    Returns
    -------
    Ways
        In degrees, EPSG:4326, x before y; joined where they share a node; cut at nodes that are
        missing from the file and at barriers.
    array
        Vertices at which a way ends because the file does not hold its next node.
    Provenance
        OpenStreetMap, with the date of the data.
    WayCount
        What was kept and what was left out.

    Raises
    ------
    NetworkError
        If the file is damaged or not OpenStreetMap data, or nothing in it is walkable.
    """
    count = WayCount()
    with libosmium_errors(path), excerpt(path, rules.way_keys, rules.node_keys) as file:
        raw = _read_objects(file, rules, count)
        _add_outlines(file, raw, count)
        nodes, vertex = np.unique(raw.take_nodes(), return_inverse=True)
        xy = file.node_locations(nodes)
    known = np.isfinite(xy[:, 0])
    way_vertex = vertex.astype(np.int32)
    del vertex
    way = np.repeat(np.arange(len(raw.tags), dtype=np.int32), np.array(raw.length))
    names = np.array(raw.names, dtype=object)
    ways = Ways(xy, way, way_vertex, np.array(raw.tags, dtype=np.uint32), names)
    count.unusable = len(raw.tags) - _usable_ways(ways, known)
    ways_known, count.holes = ways.without(~known)
    if not len(ways_known.way) or count.unusable == len(raw.tags):
        msg = f"holds no way that the profile '{rules.profile}' allows ({count.read} ways read)"
        remedy = "Check that the file is an extract with streets and paths and their nodes"
        raise NetworkError(msg, file=path, remedy=remedy)
    across = _cross_surfaces(ways, raw.surfaces, rules, count)
    whole = ways_known.plus(*across).cut_at(_barred(raw.barriers, rules, nodes, count))
    provenance = Provenance(
        source="OpenStreetMap",
        data_date=file.date or raw.newest,
        licence=LICENCE,
        attribution=ATTRIBUTION,
        quality="surveyed",
    )
    return whole, ways.ends_beside(~known), provenance, count


def _read_objects(file: Excerpt, rules: Rules, count: WayCount) -> _Walkable:
    """Read the ways that the rules keep, the surfaces, and the nodes that may bar a way."""
    raw = _Walkable()
    # Many ways bear the same tags: the pieces of a street, the paths of a park.
    judge = lru_cache(maxsize=_TAG_LISTS)(partial(_judge, rules))
    for element in file.elements():
        if element.kind == "n":
            raw.barriers[element.id] = tags_of(element.tag_list)
            continue
        verdict, name = judge(element.tag_list)
        if element.kind == "r":
            if verdict.walk and tags_of(element.tag_list).get("type") == "multipolygon":
                roles = element.ways
                inner = frozenset(way for way, role in roles.items() if role == "inner")
                raw.outlines.append(_Surface(verdict.bits, name, tuple(roles), inner))
            continue
        count.read += 1
        if not verdict.walk:
            count.dropped[verdict.rule] += 1
            continue
        count.kept[verdict.kind] += 1
        if verdict.unknown:
            count.unknown[verdict.rule] += 1
        if verdict.surface and _is_ring(element.nodes):
            raw.surfaces.append(_Surface(verdict.bits, name, (len(raw.ids),)))
        raw.add(element, verdict.bits, name)
        raw.newest = max(raw.newest, element.date)
    return raw


def _judge(rules: Rules, tag_list: str) -> tuple[Verdict, str]:
    """Return what the rules say about a way, and what it is called."""
    tags = tags_of(tag_list)
    return rules.way(tags.get), _name(tags)


def _name(tags: Mapping[str, str]) -> str:
    """Return what a way is called: its name, else the number of the road."""
    name = tags.get("name") or tags.get("ref")
    return _street(name) if name else ""


@lru_cache(maxsize=100_000)
def _street(name: str) -> str:
    """Return a name on one line, the same object each time: a street is many ways."""
    return plain_name(name)


def _is_ring(nodes: str) -> bool:
    """Return whether a list of nodes ends where it begins."""
    parts = nodes.split(",")
    return len(parts) >= _RING_NODES and parts[0] == parts[-1]


def _add_outlines(file: Excerpt, raw: _Walkable, count: WayCount) -> None:
    """Turn outlines of several ways into surfaces.

    Ways without walkable tags of their own are read and added: people walk along them.
    """
    of = {way: surface for surface in raw.outlines for way in surface.outline}
    position = {way: at for at, way in enumerate(raw.ids) if way in of}
    missing = of.keys() - position.keys()
    for way in file.ways_with_ids(missing):
        position[way.id] = len(raw.ids)
        raw.add(way, of[way.id].bits, of[way.id].name)
    whole = [surface for surface in raw.outlines if position.keys() >= {*surface.outline}]
    count.squares_outline_only += len(raw.outlines) - len(whole)
    # A way that is an outer edge may be tagged as the surface too: the relation knows the holes.
    told = {position[way] for surface in whole for way in {*surface.outline} - surface.inner}
    raw.surfaces = [surface for surface in raw.surfaces if told.isdisjoint(surface.outline)]
    for surface in whole:
        outline = tuple(position[way] for way in surface.outline)
        raw.surfaces.append(replace(surface, outline=outline))


def _barred(
    tagged: Mapping[int, Mapping[str, str]],
    rules: Rules,
    nodes: npt.NDArray[np.int64],
    count: WayCount,
) -> npt.NDArray[np.bool_]:
    """Return which of the nodes cannot be passed."""
    barred = np.zeros(len(nodes), dtype=bool)
    # Most nodes with such tags are on no way: shops, car parks, trees.
    on_ways = np.flatnonzero(np.isin(nodes, np.fromiter(tagged, dtype=np.int64)))
    for at in on_ways.tolist():
        verdict = rules.node(tagged[int(nodes[at])])
        if verdict.unknown:
            count.unknown[verdict.rule] += 1
        if not verdict.walk:
            barred[at] = True
            count.barriers[verdict.rule] += 1
    return barred


def _usable_ways(ways: Ways, known: npt.NDArray[np.bool_]) -> int:
    """Return how many ways have two neighbouring nodes in the file."""
    step = (ways.way[1:] == ways.way[:-1]) & known[ways.vertex[1:]] & known[ways.vertex[:-1]]
    step &= ways.vertex[1:] != ways.vertex[:-1]
    return int(np.count_nonzero(np.bincount(ways.way[1:][step])))


def _cross_surfaces(
    ways: Ways, surfaces: list[_Surface], rules: Rules, count: WayCount
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32], npt.NDArray[np.object_]]:
    """Return the straight lines across all surfaces: pairs of vertices, tag bits and names."""
    starts = np.searchsorted(ways.way, np.arange(len(ways.tags) + 1, dtype=np.int32))
    outlines = [
        [ways.vertex[starts[at] : starts[at + 1]] for at in surface.outline] for surface in surfaces
    ]
    polygons = surfaces_from_rings([[ways.xy[ring] for ring in rings] for rings in outlines])
    entries = _entries(ways, outlines)
    count.squares = sum(
        polygon is not None and len(points) <= MAX_POINTS
        for polygon, points in zip(polygons, entries, strict=True)
    )
    count.squares_outline_only += len(surfaces) - count.squares
    crossed = [
        k
        for k, points in enumerate(entries)
        if polygons[k] is not None and 1 < len(points) <= MAX_POINTS
    ]
    pairs, at = lines_across(
        polygons[crossed], [entries[k] for k in crossed], [outlines[k] for k in crossed], ways.xy
    )
    chosen = [surfaces[crossed[k]] for k in at.tolist()]
    bits = [rules.square_bit | surface.bits & rules.unknown_bit for surface in chosen]
    names = [surface.name for surface in chosen]
    return pairs, np.array(bits, dtype=np.uint32), np.array(names, dtype=object)


def _entries(
    ways: Ways, outlines: list[list[npt.NDArray[np.int32]]]
) -> list[npt.NDArray[np.int64]]:
    """Return the vertices of each outline that further ways meet, rising."""
    rings = [ring for rings in outlines for ring in rings]
    vertex = np.concatenate([*rings, np.empty(0, dtype=np.int32)])
    ring = np.repeat(np.arange(len(rings)), np.array([len(part) for part in rings], dtype=int))
    surface = np.repeat(np.arange(len(outlines)), np.array(list(map(len, outlines)), dtype=int))
    asked = np.zeros(len(ways.xy), dtype=bool)
    asked[vertex] = True
    at = np.flatnonzero(asked[ways.vertex])
    # What passes a vertex twice counts once.
    _, passed, _ = _distinct(ways.way[at], ways.vertex[at])
    passing = np.bincount(passed, minlength=len(ways.xy))
    ring, vertex, _ = _distinct(ring, vertex)
    surface, vertex, own = _distinct(surface[ring], vertex)
    entry = passing[vertex] > own
    ends = np.cumsum(np.bincount(surface[entry], minlength=len(outlines)))
    return np.split(vertex[entry], ends)[:-1]


def _distinct(
    a: npt.NDArray[np.integer], b: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the different pairs (a, b) of whole numbers, rising, and how often each occurs."""
    base = int(b.max(initial=0)) + 1
    pair, number = np.unique(a.astype(np.int64) * base + b, return_counts=True)
    return pair // base, pair % base, number
