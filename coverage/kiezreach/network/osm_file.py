"""Objects of OpenStreetMap files, read by libosmium with few calls into Python."""

from __future__ import annotations

import bz2
import ctypes
import gc
import gzip
import re
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
import osmium

from kiezreach.errors import NetworkError

if TYPE_CHECKING:
    import numpy.typing as npt

# What libosmium and the unpackers of Python raise on damaged files.
_DAMAGE = (
    RuntimeError, ValueError, OSError, EOFError, zlib.error, osmium.InvalidLocationError
)  # fmt: skip
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
    except _DAMAGE as error:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        msg = f"cannot be read as OpenStreetMap data ({reason})"
        remedy = "The file is damaged, cut short or of another format: fetch it again"
        raise NetworkError(msg, file=path, remedy=remedy) from error


def header_date(path: Path) -> str:
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


def relations(path: Path, which: object) -> Iterator[Any]:
    """Go through the relations that a filter lets pass."""
    return iter(osmium.FileProcessor(_osm_file(path), osmium.osm.RELATION).with_filter(which))


class WayLine(NamedTuple):
    """A way in libosmium's text format (OPL), taken apart only as far as is asked.

    ``w4817 dV t2021-10-28T08:20:41Z Thighway=steps,lit=yes Nn17,n4,n25`` is its line.

    Parameters
    ----------
    head
        Number and date.
    tag_list
        T, then keys and values.
    node_list
        N, then the numbers of the nodes, each with an n before it.
    """

    head: str
    tag_list: str
    node_list: str

    @property
    def id(self) -> int:
        """Number of the way."""
        return int(self.head[1 : self.head.index(" ")])

    @property
    def date(self) -> str:
        """Day of the last change, ISO 8601, or an empty string."""
        return self.head[self.head.index(" t") + 2 :][:10]

    @property
    def tags(self) -> dict[str, str]:
        """Values by key; keys stay escaped, as no rule asks for one with odd characters."""
        text = self.tag_list[1:]
        if not text:
            return {}
        tags: dict[str, str] = dict([pair.split("=", 1) for pair in text.split(",")])
        if "%" in text:
            return {key: _plain(value) if "%" in value else value for key, value in tags.items()}
        return tags

    @property
    def nodes(self) -> str:
        """Numbers of the nodes, each with an n before it, separated by commas."""
        return self.node_list[1:]


def _plain(text: str) -> str:
    """Undo the escapes of the text format."""
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)


def node_numbers(lists: list[str]) -> npt.NDArray[np.int64]:
    """Return the numbers of the nodes of many ways, one after the other."""
    text = ",".join(part for part in lists if part).replace("n", "")
    return np.fromstring(text, dtype=np.int64, sep=",") if text else np.empty(0, dtype=np.int64)


def way_lines(path: Path, which: object) -> Iterator[WayLine]:
    """Go through the ways that a filter lets pass.

    libosmium filters them and writes them down as lines of text: reading a line costs a fifth of
    asking for each tag and each node of a way.
    """
    with tempfile.TemporaryDirectory(prefix="kiezreach-") as folder:
        scratch = Path(folder) / "ways.opl"
        lines = osmium.io.File(scratch, "opl,add_metadata=timestamp")
        writer = osmium.SimpleWriter(lines)
        try:
            with osmium.io.Reader(_osm_file(path), osmium.osm.WAY) as reader:
                osmium.apply(reader, which, writer)
        finally:
            _close(writer)
        with scratch.open(encoding="utf-8", newline="\n") as stream:
            for line in stream:
                yield WayLine._make(line[:-1].rsplit(" ", 2))


def _close(writer: osmium.SimpleWriter) -> None:
    """Close a writer, or keep it for good.

    One that failed, for example at text that is no UTF-8, ends the whole process when it is
    destroyed.
    """
    try:
        writer.close()
    except RuntimeError:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))
        raise


def node_locations(
    path: Path, nodes: npt.NDArray[np.int64], which: object
) -> tuple[npt.NDArray[np.float64], dict[int, dict[str, str]]]:
    """Find the places of nodes, and the tags of those that a filter lets pass.

    libosmium writes all locations into a scratch file without a call into Python per node.

    Parameters
    ----------
    path
        The file.
    nodes
        Numbers of the nodes, rising.
    which
        Filter of nodes whose tags are wanted.

    Returns
    -------
    array, shape (n, 2)
        Degrees, x before y; NaN where the file does not hold the node.
    dict
        Values by key, by the number of the node.
    """
    with tempfile.TemporaryDirectory(prefix="kiezreach-") as folder:
        scratch = Path(folder) / "locations"
        store = osmium.index.create_map(f"sparse_file_array,{scratch}")
        objects = osmium.FileProcessor(_osm_file(path), osmium.osm.NODE)
        objects = objects.with_locations(store).with_filter(which)  # type: ignore[arg-type]
        tags = {node.id: {tag.k: tag.v for tag in node.tags} for node in objects}
        del store, objects
        gc.collect()  # unmaps the scratch file, which Windows demands before it is deleted
        with scratch.open("rb") as stream:
            xy = _look_up(stream, nodes)
    if len(nodes) and nodes[0] < 0:
        _add_drafts(path, nodes, xy)
    xy[(np.abs(xy) > [180, 90]).any(axis=1)] = np.nan
    return xy, tags


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
