"""kiezreach's own network file: one Parquet row per edge, coordinates as integers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kiezreach.errors import InputError, NetworkError
from kiezreach.network.model import Provenance, WalkNetwork
from kiezreach.network.projection import metric_crs
from kiezreach.sources.parquet import require_bounded
from kiezreach.whole import whole_file

if TYPE_CHECKING:
    import numpy.typing as npt

SUFFIX = ".walk.parquet"
_METADATA_KEY = b"kiezreach"
_FORMAT = 1


def write_network_file(net: WalkNetwork, path: Path) -> None:
    """Write `net` to `path`; the same network gives the same bytes.

    Coordinates are stored as the difference to the vertex before, in multiples of the network's
    quantum, which makes most of them fit in one byte.
    """
    offsets = net.geometry_offsets.astype(np.int32)
    steps = np.round(net.geometry_xy / net.quantum_m).astype(np.int64)
    steps[1:] = np.diff(steps, axis=0)
    columns = {
        "u": pa.array(net.edge_nodes[:, 0].astype(np.int32)),
        "v": pa.array(net.edge_nodes[:, 1].astype(np.int32)),
        "tags": pa.array(net.edge_tags),
        "name": pa.array(net.edge_name),
        "dx": pa.ListArray.from_arrays(offsets, pa.array(steps[:, 0])),
        "dy": pa.ListArray.from_arrays(offsets, pa.array(steps[:, 1])),
    }
    if net.edge_main is not None:
        columns["main"] = pa.array(net.edge_main)
    table = pa.table(columns)
    metadata = {
        "format": _FORMAT,
        "crs": net.crs,
        "quantum_m": net.quantum_m,
        "tag_names": list(net.tag_names),
        "names": list(net.names),
        "provenance": net.provenance.as_dict(),
    }
    if net.clip_buffer_m is not None:
        metadata["clip_buffer_m"] = net.clip_buffer_m
    encoded = json.dumps(metadata, ensure_ascii=False, sort_keys=True).encode()
    table = table.replace_schema_metadata({_METADATA_KEY: encoded})
    integers = ["u", "v", "dx.list.element", "dy.list.element"]
    with whole_file(path) as part:
        pq.write_table(
            table,
            part,
            compression="zstd",
            compression_level=19,
            use_dictionary=["tags", "name"],
            column_encoding=dict.fromkeys(integers, "DELTA_BINARY_PACKED"),
            write_statistics=False,
            write_page_checksum=True,
        )


def read_network_file(path: Path) -> WalkNetwork:
    """Read a file that `write_network_file` wrote.

    Raises
    ------
    NetworkError
        If the file is not a network file, or one of a newer format.
    """
    remedy = "Give a file that kiezreach wrote, or the original .osm.pbf or line layer"
    try:
        require_bounded(path)
        table = pq.read_table(path, page_checksum_verification=True)
    except InputError as error:
        raise NetworkError(error.problem, file=path, remedy=error.remedy) from error
    except (pa.ArrowException, ValueError, OSError) as error:
        msg = "is not a readable network file"
        raise NetworkError(msg, file=path, remedy=remedy) from error
    encoded = (table.schema.metadata or {}).get(_METADATA_KEY)
    if encoded is None:
        msg = "is a Parquet file but not a kiezreach network"
        raise NetworkError(msg, file=path, remedy=remedy)
    try:
        metadata = json.loads(encoded)
        written = metadata["format"]
        net = _decode(table, metadata) if written == _FORMAT else None
    except (
        ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError
    ) as error:  # fmt: skip
        msg = "is a damaged network file"
        raise NetworkError(msg, file=path, remedy=remedy) from error
    if net is None:
        msg = f"has network format {written}, and this version reads {_FORMAT}"
        raise NetworkError(msg, file=path, remedy="Update kiezreach or write the file again")
    return net


def _decode(table: pa.Table, metadata: dict[str, Any]) -> WalkNetwork:
    """Make the network of the columns and the metadata of its file."""
    _check_columns(table, metadata)
    dx, dy = (table[name].combine_chunks() for name in ("dx", "dy"))
    steps = np.column_stack([c.values.to_numpy(zero_copy_only=False) for c in (dx, dy)])
    offsets = dx.offsets.to_numpy().astype(np.int64)
    xy = np.cumsum(steps.astype(np.int64), axis=0) * metadata["quantum_m"]
    edge_nodes = np.column_stack([table["u"].to_numpy(), table["v"].to_numpy()]).astype(np.int64)
    node_xy = np.empty((int(edge_nodes.max()) + 1, 2))
    node_xy[edge_nodes[:, 0]] = xy[offsets[:-1]]
    node_xy[edge_nodes[:, 1]] = xy[offsets[1:] - 1]
    return WalkNetwork(
        crs=metadata["crs"],
        node_xy=node_xy,
        edge_nodes=edge_nodes,
        geometry_offsets=offsets,
        geometry_xy=xy,
        edge_tags=table["tags"].to_numpy().astype(np.uint32),
        tag_names=tuple(metadata["tag_names"]),
        edge_name=table["name"].to_numpy().astype(np.int32),
        names=tuple(metadata["names"]),
        quantum_m=metadata["quantum_m"],
        provenance=Provenance(**metadata["provenance"]),
        clip_buffer_m=metadata.get("clip_buffer_m"),
        edge_main=_main_column(table),
    )


def _main_column(table: pa.Table) -> npt.NDArray[np.bool_] | None:
    """Return which edges are of the main component, None where the file does not say."""
    if "main" not in table.column_names:
        return None
    column = table["main"].combine_chunks()
    if column.type != pa.bool_() or column.null_count or not pc.any(column).as_py():
        msg = "the column main is damaged"
        raise ValueError(msg)
    return np.array(column.to_numpy(zero_copy_only=False), dtype=bool)


def _check_columns(table: pa.Table, metadata: dict[str, Any]) -> None:
    """Raise a ValueError for what would crash, or take the memory, of whoever uses the network."""
    columns = {name: table[name].combine_chunks() for name in ("u", "v", "tags", "name")}
    dx, dy = (table[name].combine_chunks() for name in ("dx", "dy"))
    every = (*columns.values(), dx, dy, dx.values, dy.values)
    nodes = np.concatenate([columns["u"].to_numpy(), columns["v"].to_numpy()])
    name = columns["name"].to_numpy()
    sound = (
        len(table) > 0
        and not any(column.null_count for column in every)
        and dx.offsets.equals(dy.offsets)
        and np.diff(dx.offsets.to_numpy()).min() > 1  # an edge has two vertices or more
        and nodes.min() >= 0
        and nodes.max() < len(nodes)  # nodes are numbered without gaps
        and name.min() >= -1
        and name.max() < len(metadata["names"])
        and all(isinstance(text, str) for text in (*metadata["names"], *metadata["tag_names"]))
        and 0 < metadata["quantum_m"] < 1
        and all(isinstance(text, str) for text in metadata["provenance"].values())
    )
    if not sound:
        msg = "columns or metadata do not fit together"
        raise ValueError(msg)
    metric_crs(metadata["crs"])
