"""Write .osm.pbf block by block, as no program would."""

from __future__ import annotations

import struct
import zlib


def number(value: int) -> bytes:
    """A whole number, seven bits in each byte."""
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])


def field(key: int, value: int | bytes) -> bytes:
    """A field of a message: a number or bytes."""
    if isinstance(value, int):
        return number(key << 3) + number(value)
    return number(key << 3 | 2) + number(len(value)) + value


def block(kind: str, raw: bytes, *, claim: int | None = None, size: int | None = None) -> bytes:
    """A packed block; `claim` is its size unpacked as it says, `size` its size packed."""
    body = field(2, len(raw) if claim is None else claim) + field(3, zlib.compress(raw, 9))
    head = field(1, kind.encode()) + field(3, len(body) if size is None else size)
    return struct.pack(">I", len(head)) + head + body


def group(texts: list[bytes], objects: bytes) -> bytes:
    """The content of a block of data."""
    return field(1, b"".join(field(1, text) for text in texts)) + field(2, objects)


HEAD = block("OSMHeader", field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes"))


def nodes(count: int) -> bytes:
    """Nodes with the numbers 1, 2, 3 ..., a metre apart."""
    one, far = b"\x02", number(2 * 100)  # each number is the difference to the one before
    lat, lon = number(2 * 525_000_000), number(2 * 134_000_000)
    rest = count - 1
    dense = field(1, one * count) + field(8, lat + far * rest) + field(9, lon + far * rest)
    return group([b""], field(2, dense))


def ways(count: int, long_names: int = 0) -> bytes:
    """Footways from node 1 to node 2; each with so many tags of 250 characters."""
    keys = [b"k%d" % i for i in range(long_names)]
    texts = [b"", b"highway", b"footway", *keys, b"y" * 250]
    tags = b"".join(map(number, [1, *range(3, 3 + long_names)]))
    values = number(2) + number(3 + long_names) * long_names
    rest = field(2, tags) + field(3, values) + field(8, b"\x02\x02")
    return group(texts, b"".join(field(3, field(1, i + 1) + rest) for i in range(count)))
