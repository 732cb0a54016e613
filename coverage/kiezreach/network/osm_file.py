"""Objects of OpenStreetMap files, read by libosmium with few calls into Python."""

from __future__ import annotations

import ctypes
import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
import osmium
from osmium.filter import IdFilter, KeyFilter

from kiezreach.errors import InputError, NetworkError
from kiezreach.sources.osm_bounds import bounded_scratch, readable_osm

if TYPE_CHECKING:
    import numpy.typing as npt

# What libosmium and the unpackers of Python raise on damaged files.
_DAMAGE = (
    RuntimeError, ValueError, OSError, EOFError, zlib.error, osmium.InvalidLocationError
)  # fmt: skip
_OBJECTS = osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION
_UNDEFINED = 2**31 - 1  # libosmium's coordinate of a place that is not known
_DEGREE = 10_000_000  # OpenStreetMap counts in 1e-7 degrees
_TABLE_ROWS = 1_000_000  # read at once: 16 MB
_HEAD_BYTES = 4096  # Overpass writes its date before the first object
_LOCATION = np.dtype([("id", "<u8"), ("x", "<i4"), ("y", "<i4")])  # libosmium's sparse file
_ESCAPED = re.compile(r"%([0-9a-f]+)%")


@contextmanager
def libosmium_errors(path: Path) -> Iterator[None]:
    """Turn what libosmium raises on damaged files into one error with a remedy."""
    try:
        yield
    except NetworkError:
        raise
    except InputError as error:
        raise NetworkError(error.problem, file=path, remedy=error.remedy) from error
    except _DAMAGE as error:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        msg = f"cannot be read as OpenStreetMap data ({reason})"
        remedy = "The file is damaged, cut short or of another format: fetch it again"
        raise NetworkError(msg, file=path, remedy=remedy) from error


def _overpass_date(path: Path) -> str:
    """Return the date that Overpass writes into its XML, which libosmium does not read."""
    with path.open("rb") as stream:
        found = re.search(rb'osm_base="(\d{4}-\d{2}-\d{2})', stream.read(_HEAD_BYTES))
    return found[1].decode() if found else ""


def osm_format(path: Path) -> osmium.io.File:
    """Name the format, which libosmium tells from lower-case suffixes only."""
    name = path.name.lower()
    suffix = next(s for s in (".pbf", ".osm.gz", ".osm.bz2", ".osm") if name.endswith(s))
    return osmium.io.File(path, suffix[1:])


class Element(NamedTuple):
    """A node, way or relation in libosmium's text format (OPL), one of its lines.

    ``w4817 dV t2021-10-28T08:20:41Z Thighway=steps,lit=yes Nn17,n4,n25`` is a way. The line is
    taken apart only as far as is asked.

    Parameters
    ----------
    label
        n, w or r, then the number.
    state
        Whether the object is still there.
    time
        t, then the moment of the last change.
    tag_list
        T, then keys and values.
    rest
        Of a way N, then its nodes; of a relation M, then its members.
    """

    label: str
    state: str
    time: str
    tag_list: str
    rest: str

    @property
    def kind(self) -> str:
        """One of n, w and r."""
        return self.label[0]

    @property
    def id(self) -> int:
        """Number of the object."""
        return int(self.label[1:])

    @property
    def date(self) -> str:
        """Day of the last change, ISO 8601, or an empty string."""
        return self.time[1:11]

    @property
    def nodes(self) -> str:
        """Numbers of the nodes of a way, each with an n before it, separated by commas."""
        return self.rest[1:]

    @property
    def ways(self) -> dict[int, str]:
        """Roles of the ways that are members of a relation, by their numbers."""
        members = (member.partition("@") for member in self.rest[1:].split(","))
        return {int(member[1:]): role for member, _, role in members if member.startswith("w")}


def tags_of(tag_list: str) -> dict[str, str]:
    """Return values by key; keys stay escaped, as no rule asks for one with odd characters."""
    text = tag_list[1:]
    if not text:
        return {}
    tags: dict[str, str] = dict([pair.split("=", 1) for pair in text.split(",")])
    if "%" in text:
        return {key: _plain(value) if "%" in value else value for key, value in tags.items()}
    return tags


def _plain(text: str) -> str:
    """Undo the escapes of the text format."""
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)


def node_numbers(lists: list[str]) -> npt.NDArray[np.int64]:
    """Return the numbers of the nodes of many ways, one after the other."""
    text = ",".join(part for part in lists if part).replace("n", "")
    return np.fromstring(text, dtype=np.int64, sep=",") if text else np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Excerpt:
    """What libosmium copied out of a file.

    Parameters
    ----------
    date
        Date in the header of the file, or an empty string.
    source
        The file, or what was packed in it.
    """

    date: str
    source: Path
    _text: Path
    _table: Path

    def elements(self) -> Iterator[Element]:
        """Go through the objects that passed the filters, in the order of the file."""
        return _elements(self._text)

    def node_locations(self, nodes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Find the places of nodes, whether they passed the filters or not.

        Parameters
        ----------
        nodes
            Numbers of the nodes, rising.

        Returns
        -------
        array, shape (n, 2)
            Degrees, x before y; NaN where the file does not hold the node.
        """
        with self._table.open("rb") as stream:
            xy = _look_up(stream, nodes)
        if len(nodes) and nodes[0] < 0:
            _add_drafts(self.source, nodes, xy)
        xy[(np.abs(xy) > [180, 90]).any(axis=1)] = np.nan
        return xy

    def ways_with_ids(self, ids: Iterable[int]) -> Iterator[Element]:
        """Go through the ways with these numbers, whether they passed the filters or not."""
        wanted = frozenset(ids)
        drafts = frozenset(number for number in wanted if number < 0)
        if published := wanted - drafts:
            text = self._text.with_name("ways.opl")
            _copy(self.source, osmium.osm.WAY, text, IdFilter(published))
            yield from _elements(text)
        if drafts:
            yield from _draft_ways(self.source, drafts)


@contextmanager
def excerpt(path: Path, way_keys: Iterable[str], node_keys: Iterable[str]) -> Iterator[Excerpt]:
    """Copy what a network needs out of a file.

    libosmium does so in one go through the file, into scratch files that last as long as the
    context. Reading its text costs a fifth of asking it for each tag and each node of a way.

    Parameters
    ----------
    path
        The file.
    way_keys, node_keys
        Ways and relations, and nodes, with none of these keys are left out.
    """
    with tempfile.TemporaryDirectory(prefix="kiezreach-") as folder:
        source = readable_osm(path, Path(folder))
        text, table = Path(folder) / "objects.opl", Path(folder) / "locations"
        places = osmium.NodeLocationsForWays(osmium.index.create_map(f"sparse_file_array,{table}"))
        places.apply_nodes_to_ways = False
        ways, nodes = KeyFilter(*way_keys), KeyFilter(*node_keys)
        ways.enable_for(osmium.osm.WAY | osmium.osm.RELATION)
        nodes.enable_for(osmium.osm.NODE)
        with bounded_scratch(path, Path(folder)):
            date = _copy(source, _OBJECTS, text, places, ways, nodes)
        del places  # unmaps the table, which Windows demands before it is deleted
        yield Excerpt(date or _overpass_date(source), source, text, table)


def _copy(
    path: Path, kinds: osmium.osm.osm_entity_bits, text: Path, *handlers: osmium.BaseHandler
) -> str:
    """Write what the handlers let pass as lines of text, and return the date in the header."""
    writer = osmium.SimpleWriter(osmium.io.File(text, "opl,add_metadata=timestamp"))
    try:
        with osmium.io.Reader(osm_format(path), kinds) as reader:
            header = reader.header()
            osmium.apply(reader, *handlers, writer)
    finally:
        close_writer(writer)
    date = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    return date[:10]


def _elements(text: Path) -> Iterator[Element]:
    """Go through the lines of a text that libosmium wrote."""
    with text.open(encoding="utf-8", newline="\n") as stream:
        for line in stream:
            yield Element._make(line[:-1].split(" ", 4))


def close_writer(writer: osmium.SimpleWriter) -> None:
    """Close a writer, or keep it for good.

    One that failed, for example at text that is no UTF-8, ends the whole process when it is
    destroyed.
    """
    try:
        writer.close()
    except RuntimeError:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))
        raise


def _look_up(stream: BinaryIO, nodes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Find nodes in libosmium's table; of a node given twice the last place counts."""
    xy = np.full((len(nodes), 2), np.nan)
    while len(nodes) and len(table := np.fromfile(stream, _LOCATION, count=_TABLE_ROWS)):
        at = np.searchsorted(nodes, table["id"].astype(np.int64))
        at[at == len(nodes)] = 0
        hit = (nodes[at] == table["id"].astype(np.int64)) & (table["x"] != _UNDEFINED)
        xy[at[hit]] = np.column_stack([table["x"][hit], table["y"][hit]]) / _DEGREE
    return xy


def _draft_ways(path: Path, ids: frozenset[int]) -> Iterator[Element]:
    """Go through the ways with these negative numbers, which libosmium's filter does not take."""
    way: Any
    for way in osmium.FileProcessor(osm_format(path), osmium.osm.WAY):
        if way.id in ids:
            nodes = ",".join(f"n{node.ref}" for node in way.nodes)
            yield Element(f"w{way.id}", "dV", "t", "T", f"N{nodes}")


def _add_drafts(path: Path, nodes: npt.NDArray[np.int64], xy: npt.NDArray[np.float64]) -> None:
    """Fill in nodes with negative ids: JOSM numbers drafts so, and libosmium's table leaves them.

    They are few: what a planner has drawn, such as a new bridge.
    """
    drafts = nodes[nodes < 0].tolist()
    place = dict(zip(drafts, range(len(drafts)), strict=True))  # the lowest ids come first
    node: Any
    for node in osmium.FileProcessor(osm_format(path), osmium.osm.NODE):
        if node.id in place and node.location.valid():
            xy[place[node.id]] = node.location.lon, node.location.lat
