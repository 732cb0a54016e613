"""Read walkable ways from OpenStreetMap files with pyosmium."""

from __future__ import annotations

import bz2
import gc
import gzip
import re
import tempfile
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import osmium
from osmium.filter import IdFilter, KeyFilter

from kiezreach.errors import NetworkError
from kiezreach.network.model import Provenance
from kiezreach.network.report import WayCount
from kiezreach.network.squares import MAX_POINTS, lines_across, surface_from_rings
from kiezreach.network.ways import Ways

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.rules import Rules

LICENCE = "ODbL 1.0"
ATTRIBUTION = "© OpenStreetMap contributors"

# What libosmium and the unpackers of Python raise on damaged files.
_DAMAGE = (
    RuntimeError, ValueError, OSError, EOFError, zlib.error, osmium.InvalidLocationError
)  # fmt: skip
_UNDEFINED = 2**31 - 1  # libosmium's coordinate of a place that is not known
_DEGREE = 10_000_000  # OpenStreetMap counts in 1e-7 degrees
_TABLE_ROWS = 1_000_000  # read at once: 16 MB
_HEAD_BYTES = 4096  # Overpass writes its date before the first object
_UNDATED = 1970  # year that libosmium gives to objects without a timestamp
_RING_NODES = 4  # a triangle, closed
_LOCATION = np.dtype([("id", "<u8"), ("x", "<i4"), ("y", "<i4")])  # libosmium's sparse file


@dataclass
class _RawWays:
    """Walkable ways as node ids, as they come out of the file."""

    tags: array[int] = field(default_factory=lambda: array("q"))
    length: array[int] = field(default_factory=lambda: array("q"))
    refs: array[int] = field(default_factory=lambda: array("q"))
    surfaces: list[list[int]] = field(default_factory=list)  # positions of the ways of each
    newest: str = ""

    def add(self, bits: int, refs: list[int]) -> int:
        """Append a way and return its position."""
        self.tags.append(bits)
        self.length.append(len(refs))
        self.refs.extend(refs)
        return len(self.tags) - 1


@dataclass(frozen=True)
class _Surface:
    """A multipolygon relation that is walked on."""

    bits: int
    members: tuple[int, ...]


def read_osm(path: Path, rules: Rules) -> tuple[Ways, Provenance, WayCount]:
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
    with _libosmium_errors(path):
        date = _header_date(path)
        relations = _read_surfaces(path, rules)
        raw = _read_ways(path, rules, relations, count, with_dates=not date)
        nodes, vertex = np.unique(np.frombuffer(raw.refs, np.int64), return_inverse=True)
        xy, known = _read_locations(path, nodes)
        barred = _read_barriers(path, rules, nodes, count)
    way = np.repeat(np.arange(len(raw.tags)), raw.length)
    ways = Ways(xy, way, vertex.astype(np.int64), np.array(raw.tags, dtype=np.uint32))
    count.unusable = len(raw.tags) - _usable_ways(ways, known)
    ways_known, count.holes = ways.without(~known)
    if not len(ways_known.way) or count.unusable == len(raw.tags):
        msg = f"holds no way that the profile '{rules.profile}' allows ({count.read} ways read)"
        remedy = "Check that the file is an extract with streets and paths and their nodes"
        raise NetworkError(msg, file=path, remedy=remedy)
    across = _cross_surfaces(ways, known, raw.surfaces, count)
    ways = ways_known.plus(across, rules.square_bit).cut_at(barred)
    provenance = Provenance(
        source="OpenStreetMap",
        data_date=date or raw.newest,
        licence=LICENCE,
        attribution=ATTRIBUTION,
        quality="surveyed",
    )
    return ways, provenance, count


@contextmanager
def _libosmium_errors(path: Path) -> Iterator[None]:
    """Turn what libosmium raises on damaged files into one error with a remedy."""
    try:
        yield
    except _DAMAGE as error:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        msg = f"cannot be read as OpenStreetMap data ({reason})"
        remedy = "The file is damaged, cut short or of another format: fetch it again"
        raise NetworkError(msg, file=path, remedy=remedy) from error


def _header_date(path: Path) -> str:
    """Return the date in the file's header, or an empty string."""
    with osmium.io.Reader(_osm_file(path), osmium.osm.NOTHING) as reader:
        header = reader.header()
        date = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    return (date or _overpass_date(path))[:10]


def _overpass_date(path: Path) -> str:
    """Return the date that Overpass writes into its XML, which libosmium does not read."""
    found = re.search(rb'osm_base="(\d{4}-\d{2}-\d{2})', _first_bytes(path))
    return found[1].decode() if found else ""


def _first_bytes(path: Path) -> bytes:
    """Return the beginning of an XML file, unpacked."""
    suffix = path.suffix.lower()
    if suffix == ".gz":
        with gzip.open(path) as stream:
            return stream.read(_HEAD_BYTES)
    if suffix == ".bz2":
        with bz2.open(path) as stream:
            return stream.read(_HEAD_BYTES)
    with path.open("rb") as plain:
        return plain.read(_HEAD_BYTES)


def _osm_file(path: Path) -> osmium.io.File:
    """Name the format, which libosmium tells from lower-case suffixes only."""
    name = path.name.lower()
    suffix = next(s for s in (".pbf", ".osm.gz", ".osm.bz2", ".osm") if name.endswith(s))
    return osmium.io.File(path, suffix[1:])


def _objects(path: Path, kind: osmium.osm.osm_entity_bits, which: object) -> Iterator[Any]:
    """Go through the objects of one kind that a filter lets pass."""
    return iter(osmium.FileProcessor(_osm_file(path), kind).with_filter(which))


def _read_surfaces(path: Path, rules: Rules) -> list[_Surface]:
    """Read the multipolygons that are walked on: squares with holes or in several pieces."""
    surfaces = []
    for relation in _objects(path, osmium.osm.RELATION, KeyFilter(*rules.way_keys)):
        verdict = rules.way(relation.tags.get)
        if relation.tags.get("type") == "multipolygon" and verdict.walk:
            members = tuple(m.ref for m in relation.members if m.type == "w")
            surfaces.append(_Surface(verdict.bits, members))
    return surfaces


def _read_ways(
    path: Path, rules: Rules, relations: list[_Surface], count: WayCount, *, with_dates: bool
) -> _RawWays:
    """Read the ways that the rules keep, and the outlines of the surfaces."""
    raw = _RawWays()
    position: dict[int, int] = {}
    members = {member for surface in relations for member in surface.members}
    for way in _objects(path, osmium.osm.WAY, KeyFilter(*rules.way_keys)):
        count.read += 1
        verdict = rules.way(way.tags.get)
        if not verdict.walk:
            count.dropped[verdict.rule] += 1
            continue
        count.kept[verdict.kind] += 1
        refs = [node.ref for node in way.nodes]
        at = raw.add(verdict.bits, refs)
        if verdict.surface and len(refs) >= _RING_NODES and refs[0] == refs[-1]:
            raw.surfaces.append([at])
        if way.id in members:
            position[way.id] = at
        if with_dates and way.timestamp.year > _UNDATED:
            raw.newest = max(raw.newest, way.timestamp.date().isoformat())
    _read_outlines(path, members - set(position), relations, raw, position)
    raw.surfaces += [
        [position[member] for member in surface.members]
        for surface in relations
        if all(member in position for member in surface.members)
    ]
    count.squares_outline_only += sum(
        not all(member in position for member in surface.members) for surface in relations
    )
    return raw


def _read_outlines(
    path: Path,
    missing: set[int],
    relations: list[_Surface],
    raw: _RawWays,
    position: dict[int, int],
) -> None:
    """Add the member ways that have no walkable tags of their own: people walk along them."""
    if not missing:
        return
    bits = {member: surface.bits for surface in relations for member in surface.members}
    for way in _objects(path, osmium.osm.WAY, IdFilter(sorted(missing))):
        position[way.id] = raw.add(bits[way.id], [node.ref for node in way.nodes])


def _read_locations(
    path: Path, nodes: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the coordinates of the nodes in degrees, and which of them the file holds.

    libosmium writes all locations into a scratch file without a call into Python per node.
    """
    with tempfile.TemporaryDirectory(prefix="kiezreach-") as folder:
        scratch = Path(folder) / "locations"
        store = osmium.index.create_map(f"sparse_file_array,{scratch}")
        with osmium.io.Reader(_osm_file(path), osmium.osm.NODE) as reader:
            osmium.apply(reader, osmium.NodeLocationsForWays(store))
        del store
        gc.collect()  # unmaps the scratch file, which Windows demands before it is deleted
        with scratch.open("rb") as stream:
            xy = _look_up(stream, nodes)
    if len(nodes) and nodes[0] < 0:
        _add_drafts(path, nodes, xy)
    known: npt.NDArray[np.bool_] = np.logical_and.reduce(np.abs(xy) <= [180, 90], axis=1)
    return xy, known


def _look_up(stream: BinaryIO, nodes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Find nodes in libosmium's table; of a node given twice the last place counts."""
    xy = np.full((len(nodes), 2), np.nan)
    while len(nodes) and len(table := np.fromfile(stream, _LOCATION, count=_TABLE_ROWS)):
        at = np.searchsorted(nodes, table["id"].astype(np.int64))
        at[at == len(nodes)] = 0
        hit = (nodes[at] == table["id"].astype(np.int64)) & (table["x"] != _UNDEFINED)
        xy[at[hit]] = np.column_stack([table["x"][hit], table["y"][hit]]) / _DEGREE
    return xy


def _add_drafts(path: Path, nodes: npt.NDArray[np.int64], xy: npt.NDArray[np.float64]) -> None:
    """Fill in nodes with negative ids: JOSM numbers drafts so, and libosmium's table leaves them.

    They are few: what a planner has drawn, such as a new bridge.
    """
    drafts = nodes[nodes < 0].tolist()
    place = dict(zip(drafts, range(len(drafts)), strict=True))  # the lowest ids come first
    node: Any
    for node in osmium.FileProcessor(_osm_file(path), osmium.osm.NODE):
        if node.id in place and node.location.valid():
            xy[place[node.id]] = node.location.lon, node.location.lat


def _read_barriers(
    path: Path, rules: Rules, nodes: npt.NDArray[np.int64], count: WayCount
) -> npt.NDArray[np.bool_]:
    """Return which of the nodes cannot be passed."""
    barred = np.zeros(len(nodes), dtype=bool)
    for node in _objects(path, osmium.osm.NODE, KeyFilter(*rules.node_keys)):
        verdict = rules.node({tag.k: tag.v for tag in node.tags})
        at = int(np.searchsorted(nodes, node.id))
        if not verdict.walk and at < len(nodes) and nodes[at] == node.id:
            barred[at] = True
            count.barriers[verdict.rule] += 1
    return barred


def _usable_ways(ways: Ways, known: npt.NDArray[np.bool_]) -> int:
    """Return how many ways have two neighbouring nodes in the file."""
    step = (ways.way[1:] == ways.way[:-1]) & known[ways.vertex[1:]] & known[ways.vertex[:-1]]
    step &= ways.vertex[1:] != ways.vertex[:-1]
    return len(np.unique(ways.way[1:][step]))


def _ways_at_vertex(ways: Ways) -> npt.NDArray[np.int64]:
    """Return how many ways pass each vertex; a way that passes it twice counts once."""
    n_ways = len(ways.tags)
    visits = np.unique(ways.vertex * n_ways + ways.way)
    return np.bincount(visits // n_ways, minlength=len(ways.xy))


def _cross_surfaces(
    ways: Ways, known: npt.NDArray[np.bool_], surfaces: list[list[int]], count: WayCount
) -> npt.NDArray[np.int64]:
    """Return the straight lines across all surfaces as pairs of vertices."""
    starts = np.searchsorted(ways.way, np.arange(len(ways.tags) + 1))
    ways_at = _ways_at_vertex(ways)
    across = [np.empty((0, 2), dtype=np.int64)]
    for members in surfaces:
        rings = [ways.vertex[starts[at] : starts[at + 1]] for at in members]
        surface = None
        if all(known[ring].all() for ring in rings):
            surface = surface_from_rings([ways.xy[ring] for ring in rings])
        own = Counter(v for ring in rings for v in set(ring.tolist()))
        entries = np.array(sorted(v for v, n in own.items() if ways_at[v] > n), dtype=np.int64)
        if surface is None or len(entries) > MAX_POINTS:
            count.squares_outline_only += 1
            continue
        count.squares += 1
        if len(entries) > 1:
            outline = np.concatenate([np.column_stack([ring[:-1], ring[1:]]) for ring in rings])
            across.append(lines_across(surface, entries, outline, ways.xy))
    return np.concatenate(across)
