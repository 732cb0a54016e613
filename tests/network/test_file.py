"""The network file gives back what was written, bit for bit."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiezreach.errors import NetworkError
from kiezreach.network import Provenance, WalkNetwork, network_from_ways, read_network

ARRAYS = ("node_xy", "edge_nodes", "geometry_offsets", "geometry_xy", "edge_tags")


def assert_same(net: WalkNetwork, again: WalkNetwork) -> None:
    for name in ARRAYS:
        before, after = getattr(net, name), getattr(again, name)
        assert before.dtype == after.dtype, name
        assert before.tobytes() == after.tobytes(), name
    for name in ("crs", "tag_names", "quantum_m", "provenance"):
        assert getattr(net, name) == getattr(again, name), name


def ladder(rungs: int = 5, quantum_m: float = 0.001) -> WalkNetwork:
    """Two rails, 30.123 m apart, with rungs every 12.345 m."""
    up = np.arange(rungs) * 12.3456 + 5_820_000
    left = np.column_stack([np.full(rungs, 390_000.0), up])
    xy = np.concatenate([left, left + np.array([30.1234, 0.0])])
    ways = [np.arange(rungs), np.arange(rungs) + rungs]
    ways += [np.array([i, i + rungs]) for i in range(rungs)]
    return network_from_ways(
        xy,
        np.cumsum([0, *map(len, ways)]),
        np.concatenate(ways),
        crs="EPSG:25833",
        way_tags=np.arange(len(ways), dtype=np.uint32),
        tag_names=("Stufen", "Brücke", "トンネル"),
        quantum_m=quantum_m,
        provenance=Provenance(
            source="drawn", attribution="© nobody", quality="approximate", accuracy="a few m"
        ),
    )


@pytest.mark.parametrize("quantum_m", [0.001, 0.01, 0.5])
def test_round_trip_is_bit_for_bit(tmp_path: Path, quantum_m: float) -> None:
    net = ladder(quantum_m=quantum_m)
    net.save(tmp_path / "ladder.walk.parquet")
    assert_same(net, read_network(tmp_path / "ladder.walk.parquet"))


@settings(max_examples=60, deadline=None)
@given(
    places=st.lists(st.tuples(st.floats(-1e6, 1e7), st.floats(-1e6, 1e7)), min_size=2, max_size=12),
    data=st.data(),
)
def test_round_trip_of_any_small_world(
    tmp_path_factory: pytest.TempPathFactory,
    places: list[tuple[float, float]],
    data: st.DataObject,
) -> None:
    vertices = st.integers(0, len(places) - 1)
    ways = data.draw(st.lists(st.lists(vertices, max_size=6), min_size=1, max_size=6))
    try:
        net = network_from_ways(
            np.array(places),
            np.cumsum([0, *map(len, ways)]),
            np.array([v for way in ways for v in way], dtype=np.int64),
            crs="EPSG:25833",
        )
    except NetworkError:
        return  # a world without any length
    path = tmp_path_factory.mktemp("world") / "world.walk.parquet"
    net.save(path)
    assert_same(net, read_network(path))


def test_the_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    ladder().save(tmp_path / "a.walk.parquet")
    ladder().save(tmp_path / "b.walk.parquet")
    assert (tmp_path / "a.walk.parquet").read_bytes() == (tmp_path / "b.walk.parquet").read_bytes()


def test_a_foreign_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.walk.parquet"
    pq.write_table(pa.table({"u": [1, 2]}), path)
    with pytest.raises(NetworkError, match="not a kiezreach network") as error:
        read_network(path)
    assert error.value.file == str(path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.walk.parquet"
    ladder().save(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(NetworkError, match="not a readable Parquet file"):
        read_network(path)


def test_a_damaged_file_gives_one_error_or_the_same_network(tmp_path: Path) -> None:
    """Damage to the pages is found by their checksums."""
    ladder().save(tmp_path / "ladder.walk.parquet")
    whole = (tmp_path / "ladder.walk.parquet").read_bytes()
    path = tmp_path / "damaged.walk.parquet"
    dice = random.Random(20)
    refused = 0
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        path.write_bytes(damaged)
        try:
            net = read_network(path)
        except NetworkError:
            refused += 1
        else:
            assert np.isfinite(net.geometry_xy).all()
    assert refused > 100


def clipped_ladder() -> WalkNetwork:
    """A ladder of which the rungs alone are left of the main component."""
    net = ladder()
    return replace(net, clip_buffer_m=7.5, edge_main=net.edge_length > 30)


def test_what_is_left_of_the_main_component_is_kept(tmp_path: Path) -> None:
    net = clipped_ladder()
    net.save(tmp_path / "clipped.walk.parquet")
    again = read_network(tmp_path / "clipped.walk.parquet")
    assert_same(net, again)
    assert again.clip_buffer_m == 7.5
    assert again.edge_main is not None
    assert again.edge_main.tolist() == (net.edge_length > 30).tolist()
    assert len(again.main_edges) == 5


@pytest.mark.parametrize("values", [[None] * 13, [False] * 13, [1] * 13])
def test_a_damaged_column_of_the_main_component_is_refused(
    tmp_path: Path, values: list[object]
) -> None:
    path = tmp_path / "clipped.walk.parquet"
    clipped_ladder().save(path)
    table = pq.read_table(path)
    column = table.column_names.index("main")
    pq.write_table(table.set_column(column, "main", pa.array(values)), path)
    with pytest.raises(NetworkError, match="is a damaged network file"):
        read_network(path)


def test_a_newer_format_says_so(tmp_path: Path) -> None:
    path = tmp_path / "new.walk.parquet"
    ladder().save(path)
    table = pq.read_table(path)
    metadata = table.schema.metadata[b"kiezreach"].replace(b'"format": 1', b'"format": 2')
    pq.write_table(table.replace_schema_metadata({b"kiezreach": metadata}), path)
    with pytest.raises(NetworkError, match="has network format 2, and this version reads 1"):
        read_network(path)
