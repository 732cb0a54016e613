"""Cutting ways, compared with the plain loop that it stands for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiezreach.errors import NetworkError
from kiezreach.network.ways import Ways, ways_of_network

N_VERTICES = 8

some_ways = st.lists(st.lists(st.integers(0, N_VERTICES - 1), max_size=7), max_size=6)
some_vertices = st.sets(st.integers(0, N_VERTICES - 1))


def make(ways: list[list[int]]) -> Ways:
    angle = np.linspace(0, 2 * np.pi, N_VERTICES, endpoint=False)
    return Ways(
        xy=100 * np.column_stack([np.cos(angle), np.sin(angle)]),
        way=np.repeat(np.arange(len(ways)), [len(way) for way in ways]),
        vertex=np.array([v for way in ways for v in way], dtype=np.int64),
        tags=np.arange(len(ways), dtype=np.uint32),
        names=np.array([f"way {n % 3}" if n % 3 else "" for n in range(len(ways))], dtype=object),
    )


def mask(vertices: set[int]) -> np.ndarray:
    return np.isin(np.arange(N_VERTICES), list(vertices))


def pieces(ways: Ways) -> list[tuple[int, list[int]]]:
    """Return the tag and the vertices of each way that has any."""
    numbers = np.unique(ways.way)
    return [(int(ways.tags[n]), ways.vertex[ways.way == n].tolist()) for n in numbers]


@given(some_ways, some_vertices)
def test_without_leaves_the_runs_between_the_holes(ways: list[list[int]], gone: set[int]) -> None:
    expected: list[tuple[int, list[int]]] = []
    holes = 0
    for number, way in enumerate(ways):
        runs: list[list[int]] = [[]]
        for vertex in way:
            if vertex in gone:
                runs.append([])
            else:
                runs[-1].append(vertex)
        kept = [run for run in runs if run]
        holes += max(len(kept) - 1, 0)
        expected += [(number, run) for run in kept]
    left, counted = make(ways).without(mask(gone))
    assert pieces(left) == expected
    assert counted == holes


@given(some_ways, some_vertices)
def test_ends_beside_holes(ways: list[list[int]], gone: set[int]) -> None:
    expected = {
        kept
        for way in ways
        for kept, other in [*pairwise(way), *pairwise(way[::-1])]
        if kept not in gone and other in gone
    }
    assert set(make(ways).ends_beside(mask(gone)).tolist()) == expected


@given(some_ways, st.data())
def test_keeping_steps(ways: list[list[int]], data: st.DataObject) -> None:
    whole = make(ways)
    step = data.draw(st.lists(st.booleans(), min_size=len(whole.way), max_size=len(whole.way)))
    expected: list[tuple[int, list[int]]] = []
    dropped: set[int] = set()
    at = 0
    for number, way in enumerate(ways):
        runs: list[list[int]] = []
        kept = [step[at + i] for i in range(len(way) - 1)]
        for i, (a, b) in enumerate(pairwise(way)):
            if not kept[i]:
                dropped |= {a, b}
            elif i and kept[i - 1]:
                runs[-1].append(b)
            else:
                runs.append([a, b])
        expected += [(number, run) for run in runs]
        at += len(way)
    left, ends = whole.keeping(np.array(step, dtype=bool))
    assert pieces(left) == expected
    assert set(ends.tolist()) == dropped & {vertex for _, run in expected for vertex in run}


@given(some_ways, some_vertices)
def test_cut_at_parts_every_way_and_moves_nothing(ways: list[list[int]], bar: set[int]) -> None:
    whole = make(ways)
    cut = whole.cut_at(mask(bar))
    expected: list[tuple[int, list[int]]] = []
    for number, way in enumerate(ways):
        runs: list[list[int]] = [[]]
        for at, vertex in enumerate(way):
            runs[-1].append(vertex)
            if vertex in bar and 0 < at < len(way) - 1:
                runs.append([vertex])
        expected += [(number, run) for run in runs if run]
    places = {tuple(place): vertex for vertex, place in enumerate(whole.xy.tolist())}
    found = [
        (tag, [places[tuple(cut.xy[v].tolist())] for v in vertices])
        for tag, vertices in pieces(cut)
    ]
    assert found == expected
    visits = np.bincount(cut.vertex, minlength=len(cut.xy))
    for vertex in bar:
        copies = [v for v, place in enumerate(cut.xy.tolist()) if places[tuple(place)] == vertex]
        assert all(visits[copy] <= 1 for copy in copies)


@given(some_ways)
def test_a_network_and_its_edges_as_ways_are_the_same(ways: list[list[int]]) -> None:
    crs = "EPSG:25833"
    settings = {"crs": crs, "tag_names": (), "quantum_m": 0.001, "provenance": None}
    try:
        net = make(ways).to_network(**settings)
    except NetworkError:
        return  # nothing with a length
    again = ways_of_network(net).to_network(**settings)
    assert again.n_edges == net.n_edges
    assert again.edge_length.tolist() == net.edge_length.tolist()
    assert again.edge_nodes.tolist() == net.edge_nodes.tolist()
    assert again.node_xy.tolist() == net.node_xy.tolist()
    assert again.names == net.names
    assert again.edge_name.tolist() == net.edge_name.tolist()


def test_coordinates_out_of_reach_are_refused() -> None:
    ways = make([[0, 1]])
    ways.moved(np.where(mask({5})[:, None], np.inf, ways.xy)).check_finite()  # not in use
    with pytest.raises(NetworkError, match="where the CRS can be used"):
        ways.moved(np.where(mask({1})[:, None], np.inf, ways.xy)).check_finite()
