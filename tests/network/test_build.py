"""Networks join where ways share a vertex, and nowhere else."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from kiezreach.errors import NetworkError
from kiezreach.network import WalkNetwork, network_from_lines, network_from_ways

CRS = "EPSG:25833"


def build(xy: list[tuple[float, float]], *ways: list[int]) -> WalkNetwork:
    offsets = np.cumsum([0, *map(len, ways)])
    vertices = np.array([v for way in ways for v in way], dtype=np.int64)
    return network_from_ways(np.array(xy, dtype=float), offsets, vertices, crs=CRS)


def lines(*coordinates: list[tuple[float, float]], crs: str | None = CRS) -> gpd.GeoSeries:
    return gpd.GeoSeries([shapely.LineString(c) for c in coordinates], crs=crs)


def components(net: WalkNetwork) -> int:
    return int(net.edge_component.max()) + 1


def test_a_shared_inner_vertex_cuts_both_ways() -> None:
    net = build([(0, 0), (10, 0), (20, 0), (10, -10), (10, 10)], [0, 1, 2], [3, 1, 4])
    assert net.n_edges == 4
    assert net.n_nodes == 5
    assert net.edge_length.tolist() == [10.0] * 4
    assert components(net) == 1


def test_a_bridge_crosses_a_street_without_joining_it() -> None:
    net = build([(0, 0), (20, 0), (10, -10), (10, 10)], [0, 1], [2, 3])
    assert net.n_edges == 2
    assert components(net) == 2


def test_two_vertices_at_one_place_stay_two() -> None:
    """A bridge whose vertex lies exactly above a vertex of the street."""
    net = build([(0, 0), (10, 0), (20, 0), (10, -10), (10, 0), (10, 10)], [0, 1, 2], [3, 4, 5])
    assert components(net) == 2
    assert net.n_edges == 2


def test_lines_crossing_without_a_common_vertex_do_not_join() -> None:
    net = network_from_lines(lines([(0, 0), (20, 0)], [(10, -10), (10, 10)]))
    assert components(net) == 2


def test_lines_join_where_vertices_coincide_within_a_quantum() -> None:
    net = network_from_lines(lines([(0, 0), (10, 0.0001), (20, 0)], [(10, 0), (10, 10)]))
    assert components(net) == 1
    assert net.n_edges == 3


def test_inner_vertices_keep_the_real_geometry() -> None:
    net = build([(0, 0), (0, 30), (40, 30)], [0, 1, 2])
    assert net.n_edges == 1
    assert net.edge_length.tolist() == [70.0]


def test_a_closed_way_is_an_edge_from_its_node_to_itself() -> None:
    square = [(0, 0), (10, 0), (10, 10), (0, 10)]
    net = build(square, [0, 1, 2, 3, 0])
    assert net.edge_nodes.tolist() == [[0, 0]]
    assert net.edge_length.tolist() == [40.0]
    assert net.graph.nnz == 0


def test_a_loop_with_a_street_is_cut_at_both_of_its_nodes() -> None:
    net = build([(0, 0), (10, 0), (10, 10), (0, 10), (20, 10)], [0, 1, 2, 3, 0], [2, 4])
    assert sorted(net.edge_length.tolist()) == [10.0, 20.0, 20.0]
    assert components(net) == 1


def test_a_way_that_meets_itself_is_cut_there() -> None:
    """The figure of a 6: it ends at a vertex that it has passed."""
    net = build([(0, 0), (10, 0), (20, 0), (20, 10), (10, 10)], [0, 1, 2, 3, 4, 1])
    assert sorted(net.edge_length.tolist()) == [10.0, 40.0]


def test_parallel_edges_stay_and_the_shorter_one_counts() -> None:
    net = build([(0, 0), (5, 12), (10, 0)], [0, 2], [0, 1, 2])
    assert sorted(net.edge_length.tolist()) == [10.0, 26.0]
    assert net.graph[0, 1] == 10.0


def test_steps_without_length_vanish_and_keep_the_connection() -> None:
    net = build([(0, 0), (10, 0), (10, 0), (20, 0), (10, 10)], [0, 1, 2, 3], [2, 4])
    assert components(net) == 1
    assert sorted(net.edge_length.tolist()) == [10.0, 10.0, 10.0]


def test_repeated_vertices_and_ways_of_one_vertex_vanish() -> None:
    net = build([(0, 0), (10, 0), (5, 5)], [0, 0, 1, 1], [2], [1, 1], [])
    assert net.edge_length.tolist() == [10.0]
    assert net.n_nodes == 2


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(NetworkError, match="no walkable way is left"):
        build([(0, 0), (10, 0)], [0], [1])


def test_the_longest_component_is_the_main_one() -> None:
    net = build([(0, 0), (10, 0), (0, 50), (90, 50)], [0, 1], [2, 3])
    assert net.edge_component.tolist() == [1, 0]
    assert net.main_edges.tolist() == [1]


def test_tags_follow_every_piece_of_their_way() -> None:
    net = network_from_ways(
        np.array([(0, 0), (10, 0), (20, 0), (10, 10)], dtype=float),
        np.array([0, 3, 5]),
        np.array([0, 1, 2, 1, 3]),
        crs=CRS,
        way_tags=np.array([1, 2], dtype=np.uint32),
        tag_names=("steps", "bridge"),
    )
    assert sorted(net.edge_tags.tolist()) == [1, 1, 2]


@pytest.mark.parametrize(
    ("layer", "problem"),
    [
        (lines([(0, 0), (1, 1)], crs=None), "no CRS"),
        (lines([(13, 52), (13.1, 52)], crs="EPSG:4326"), "in degrees"),
        (gpd.GeoSeries([shapely.Point(0, 0)], crs=CRS), "holds Point"),
    ],
)
def test_layers_that_cannot_be_measured_are_refused(layer: gpd.GeoSeries, problem: str) -> None:
    with pytest.raises(NetworkError, match=problem):
        network_from_lines(layer)
