"""Keep OpenStreetMap files from unpacking to more than disk, memory and time allow."""

from __future__ import annotations

import bz2
import gzip
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from kiezreach import limits
from kiezreach.errors import InputError
from kiezreach.limits import FACTOR_VARIABLE, MEGABYTE, raised, require_ordinary

try:
    import resource
except ImportError:  # not on Windows, where scratch files are not bounded
    resource = None  # type: ignore[assignment]

_PIECE = 1_000_000  # bytes unpacked at once
_PACKED = {".gz", ".bz2"}
# Numbers of fields in the format of .osm.pbf, and the two kinds of fields that occur in it.
_DATA_SIZE = 3  # of a block, in its header
_RAW, _RAW_SIZE = 1, 2  # of a block: its bytes as they are, or how many they are unpacked
_VARINT, _BYTES = 0, 2
_MOST_FIELDS = 16  # of a block: it has two or three
_LONGEST_HEADER = 65_536  # bytes, by the format


def readable_osm(path: Path, folder: Path) -> Path:
    """Return a file that libosmium may read: the file, or what is packed in it.

    libosmium would unpack .osm.gz and .osm.bz2 without a limit, and loses streams of bzip2 that
    begin within the last 5,000 bytes of a file. Blocks of .osm.pbf say how large they are unpacked,
    and libosmium holds them to it.

    Parameters
    ----------
    path
        An OpenStreetMap file.
    folder
        Where to unpack to.

    Raises
    ------
    InputError
        If it is a device or a pipe, or unpacks to more than any map does.
    EOFError, OSError, zlib.error
        As Python's readers raise them, if it is damaged.
    """
    require_ordinary(path)
    suffix = path.suffix.lower()
    if suffix == ".pbf":
        most = _most(path, limits.MAX_OSM_PBF_TIMES)
        if sum(_unpacked_sizes(path)) > most:
            raise _too_large(path, most)
        return path
    if suffix not in _PACKED:
        return path
    left = most = _most(path, limits.MAX_OSM_XML_TIMES)
    plain = folder / "unpacked.osm"
    unpacker = gzip.GzipFile if suffix == ".gz" else bz2.BZ2File
    with unpacker(path) as source, plain.open("wb") as target:
        while piece := source.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise _too_large(path, most)
            target.write(piece)
    return plain


@contextmanager
def bounded_scratch(path: Path, folder: Path) -> Iterator[None]:
    """Let no file that is written meanwhile outgrow what an OpenStreetMap file can hold.

    A block of a few bytes can name a long text a million times. The system then refuses to write
    on, in the whole process: the limit is far above any other file that is written.

    Parameters
    ----------
    path
        The OpenStreetMap file that is read.
    folder
        Where is written to.

    Raises
    ------
    InputError
        If a file there has reached the limit.
    """
    if resource is None:
        yield
        return
    most = int(_most(path, limits.MAX_OSM_SCRATCH_TIMES))
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if before == resource.RLIM_INFINITY or most < before:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    except (RuntimeError, OSError) as error:
        if any(part.stat().st_size >= most for part in folder.iterdir()):
            raise _too_large(path, most) from error
        raise
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))


def _most(path: Path, times: float) -> float:
    """Return how many bytes a file may become."""
    return raised(max(times * path.stat().st_size, limits.MIN_OSM_MB * MEGABYTE))


def _too_large(path: Path, most: float) -> InputError:
    msg = f"unpacks to more than {most / MEGABYTE:,.0f} MB, as no map does"
    remedy = (
        "Fetch it again, from a server that you trust; "
        f"or set {FACTOR_VARIABLE} in the environment to read more"
    )
    return InputError(msg, file=path, remedy=remedy)


def _unpacked_sizes(path: Path) -> Iterator[int]:
    """Yield how large each block of an .osm.pbf is unpacked, as far as the file is whole."""
    with path.open("rb") as file, suppress(EOFError):  # libosmium says what is wrong
        while len(start := file.read(4)) == 4:  # noqa: PLR2004 - bytes of a whole number
            (length,) = struct.unpack(">I", start)
            if length > _LONGEST_HEADER:
                return
            at = file.tell() + length
            size = dict(_fields(file, at)).get(_DATA_SIZE, 0)
            file.seek(at)
            block = _fields(file, at + size)
            yield max((value for number, value in block if number in {_RAW, _RAW_SIZE}), default=0)
            file.seek(at + size)


def _fields(file: BinaryIO, end: int) -> list[tuple[int, int]]:
    """Return number and value of each field of a message; of bytes, how many they are.

    Raises
    ------
    EOFError
        If the file ends before the message.
    ValueError
        If it is no message of this format.
    """
    found: list[tuple[int, int]] = []
    while file.tell() < end:
        key = _varint(file)
        if key & 7 not in {_VARINT, _BYTES} or len(found) == _MOST_FIELDS:
            msg = "a block has fields that are not of the format"
            raise ValueError(msg)
        found.append((key >> 3, _varint(file)))
        if key & 7 == _BYTES:
            file.seek(found[-1][1], 1)
    return found


def _varint(file: BinaryIO) -> int:
    """Read a whole number, seven bits in each byte."""
    value = 0
    for shift in range(0, 64, 7):
        byte = file.read(1)
        if not byte:
            raise EOFError
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:  # noqa: PLR2004 - the last byte has no eighth bit
            break
    return value
