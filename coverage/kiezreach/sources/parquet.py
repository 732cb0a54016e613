"""Read Parquet files whose content fits into memory.

A Parquet file of some kilobytes can hold a billion rows: equal values are stored once. So rows and
bytes are counted, as they will be in memory, before they are read.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kiezreach import limits
from kiezreach.errors import InputError
from kiezreach.limits import MEGABYTE, require_within
from kiezreach.sources.files import require_file

_TEXT, _FIXED = "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"
# Kinds of well-known binary, as GEOS knows them; all others hold shapes in turn.
_POINT, _LINE, _POLYGON, _ARC, _LAST_KIND = 1, 2, 3, 8, 12
_KIND_BITS = 0xFFFF
_ORDERS = {0: ">", 1: "<"}
_LITTLE_MB = 1.0  # not worth a closer look
_THOUSANDS = 1000  # added to a kind for each of Z and M (ISO)
_Z, _M, _SRID = 0x8000_0000, 0x4000_0000, 0x2000_0000  # flags of a kind (EWKB)
_SHORTEST = 9  # bytes of a geometry that holds others: order, kind, number


def read_geoparquet(path: Path) -> gpd.GeoDataFrame:
    """Read a GeoParquet file.

    Raises
    ------
    InputError
        If it is missing or too large, or a geometry holds others too many levels deep.
    ArrowException, OSError, ValueError, ShapelyError
        As pyarrow and geopandas raise them, if it is damaged.
    """
    require_bounded(path)
    with pq.ParquetFile(path) as file:
        for column in _binary_geometries(file.schema_arrow):
            _require_shallow(pq.read_table(path, columns=[column])[column], path)
    return gpd.read_parquet(path)


def require_bounded(path: Path) -> None:
    """Refuse a Parquet file that holds more than is read.

    Raises
    ------
    InputError
        If it is missing, or has too many columns, values or bytes once it is unpacked.
    ArrowException, OSError
        As pyarrow raises them, if it is damaged.
    """
    require_file(path, limits.MAX_LAYER_MB)
    with pq.ParquetFile(path) as file:
        held = file.metadata
        require_within(held.num_columns, limits.MAX_COLUMNS, "columns", path)
        require_within(held.num_columns * held.num_rows, limits.MAX_CELLS, "values", path)
        # Goes through all values in little memory. What is damaged is told here, where asking for
        # a damaged column below would end the whole process.
        file.scan_contents()
        groups = [held.row_group(i) for i in range(held.num_row_groups)]
        parts = [
            (number, group.column(i)) for number, group in enumerate(groups)
            for i in range(group.num_columns)
        ]  # fmt: skip
        values = sum(part.num_values for _, part in parts)
        require_within(values, limits.MAX_CELLS, "values", path)
        packed = sum(part.total_uncompressed_size for _, part in parts) / MEGABYTE
        require_within(packed, limits.MAX_LAYER_MB, "MB", path)
    texts = sum(_text_mb(path, number, part) for number, part in parts)
    require_within(texts, limits.MAX_LAYER_MB, "MB of texts", path)


def _text_mb(path: Path, group: int, part: pq.ColumnChunkMetaData) -> float:
    """Return how many MB the texts of a column will have, each written out.

    Where that may be much, the column is read with each text once, and lengths are added up.
    """
    if part.physical_type not in {_TEXT, _FIXED}:
        return 0.0
    if not part.has_dictionary_page:
        return part.total_uncompressed_size / MEGABYTE
    at_most = part.num_values * part.total_uncompressed_size / MEGABYTE
    if at_most <= _LITTLE_MB:
        return at_most
    name = part.path_in_schema
    with pq.ParquetFile(path, read_dictionary=[name]) as file:
        column = file.read_row_group(group, columns=[name]).column(0)
    return sum(_written_out(chunk) for chunk in column.chunks) / MEGABYTE


def _written_out(chunk: pa.Array) -> int:
    """Return the bytes of the texts of an array, each written out."""
    while pa.types.is_list(chunk.type) or pa.types.is_large_list(chunk.type):
        chunk = chunk.flatten()
    if not pa.types.is_dictionary(chunk.type):
        return int(chunk.nbytes)
    lengths = pc.binary_length(chunk.dictionary)
    return int(pc.sum(pc.take(lengths, chunk.indices.cast(pa.int64()))).as_py() or 0)


def _binary_geometries(schema: pa.Schema) -> list[str]:
    """Return the columns that hold geometries in well-known binary."""
    try:
        told = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
        columns: dict[str, Any] = told.get("columns", {})
        names = [name for name, about in columns.items() if about.get("encoding") == "WKB"]
    except (ValueError, RecursionError, AttributeError) as error:
        msg = "its description of the geometry is damaged"
        raise ValueError(msg) from error
    return [name for name in names if name in schema.names]


def _require_shallow(column: pa.ChunkedArray, path: Path) -> None:
    """Refuse geometries that hold others so deep that reading them ends the whole process."""
    shortest = _SHORTEST * limits.MAX_NESTING
    for chunk in column.chunks:
        if not (pa.types.is_binary(chunk.type) or pa.types.is_large_binary(chunk.type)):
            continue  # geopandas says what is wrong
        for shape in chunk.filter(pc.greater(pc.binary_length(chunk), shortest)):
            if _is_deep(shape.as_py()):
                msg = "a geometry holds others too many levels deep"
                raise InputError(msg, file=path, remedy="Take it apart in a GIS, and save again")


def _is_deep(shape: bytes) -> bool:
    """Return whether a geometry in well-known binary is nested deeper than is read.

    What is cut short is not deep: GEOS, which reads in the same order, finds that first.

    Raises
    ------
    ValueError
        If it is no well-known binary.
    """
    left, at = [1], 0  # shapes still to come, on each level
    try:
        while left and len(left) <= limits.MAX_NESTING:
            if left[-1] == 0:
                left.pop()
                continue
            left[-1] -= 1
            at, inside = _step(shape, at)
            if inside is not None:
                left.append(inside)
    except (struct.error, IndexError):
        return False
    return bool(left)


def _step(shape: bytes, at: int) -> tuple[int, int | None]:
    """Go over the shape that begins at a byte; of one that holds others, over its beginning.

    Returns
    -------
    int
        The byte where the next one begins.
    int or None
        How many it holds; None if it is of a kind that holds none.
    """
    if shape[at] not in _ORDERS:
        msg = "no shape begins so"
        raise ValueError(msg)
    whole = struct.Struct(f"{_ORDERS[shape[at]]}I")
    (code,) = whole.unpack_from(shape, at + 1)
    at += 5 + (4 if code & _SRID else 0)
    iso, kind = divmod(code & _KIND_BITS, _THOUSANDS)
    axes = 2 + (iso in {1, 3} or bool(code & _Z)) + (iso in {2, 3} or bool(code & _M))
    if kind == _POINT:
        return at + 8 * axes, None
    if not _POINT < kind <= _LAST_KIND:
        msg = f"no shape of kind {kind} is known"
        raise ValueError(msg)
    (count,) = whole.unpack_from(shape, at)
    at += 4
    if kind in {_LINE, _ARC}:
        return at + 8 * axes * count, None
    if kind != _POLYGON:
        return at, count
    for _ in range(count):
        (corners,) = whole.unpack_from(shape, at)
        at += 4 + 8 * axes * corners
    return at, None
