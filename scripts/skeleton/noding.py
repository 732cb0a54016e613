"""Join all lines into one graph on a 0.1 m grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from skeleton.chains import merge_segments
from skeleton.inputs import Geometries
from skeleton.real_lines import overshoot

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GRID_M = 0.1
MIN_STUB_M = 12.0  # shorter dead ends are corners of the gap, not streets
STUB_ROUNDS = 2
MIN_ISLAND_M = 30.0
MAX_LINK_M = 30.0  # across a street or a verge
SETTLEMENT_M = 500.0  # an island with this much street is a settlement, and somehow reached
MAX_SETTLEMENT_LINK_M = 100.0
MAX_LINK_INSIDE_M = 6.0  # a link may clip a block corner, not run through a block or a barrier
TOLERANCE_M = 2.0


@dataclass(frozen=True)
class Graph:
    """Edges as lines on the grid, with node coordinates and the two node numbers of each edge."""

    lines: Geometries
    nodes: Floats
    ends: Ints

    @property
    def degree(self) -> Ints:
        """Number of edge ends at each node."""
        return np.bincount(self.ends.ravel(), minlength=len(self.nodes))

    def component(self) -> Ints:
        """Return the component number of each edge; 0 is the longest in metres."""
        count = len(self.nodes)
        links = coo_matrix(
            (np.ones(len(self.ends)), (self.ends[:, 0], self.ends[:, 1])), shape=(count, count)
        )
        number, label = connected_components(links, directed=False)
        edge_label = label[self.ends[:, 0]]
        length = np.bincount(edge_label, shapely.length(self.lines), minlength=number)
        rank = np.empty(number, dtype=np.int64)
        rank[np.argsort(-length, kind="stable")] = np.arange(number)
        return rank[edge_label]


def node_lines(lines: Geometries) -> Graph:
    """Cut lines where they cross, on a 0.1 m grid, and merge them between junctions."""
    lines = lines[~shapely.is_empty(lines)]
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=GRID_M))
    return _graph(_merge(noded))


def prune_stubs(graph: Graph) -> Graph:
    """Drop short dead ends, twice, since pruning makes new ones."""
    for _ in range(STUB_ROUNDS):
        dead = graph.degree[graph.ends] == 1
        stub = (dead.sum(axis=1) == 1) & (shapely.length(graph.lines) < MIN_STUB_M)
        graph = _graph(_merge(graph.lines[~stub]))
    return graph


def link_islands(graph: Graph, solid: Geometries) -> Graph:
    """Tie components to the main one over short gaps outside ``solid`` polygons.

    The gap may be 30 m, and 100 m for an island with more than half a kilometre of street.
    """
    component = graph.component()
    length = np.bincount(component, shapely.length(graph.lines))
    islands = np.flatnonzero(length > MIN_ISLAND_M)[1:]
    main = graph.lines[component == 0]
    tree, solid_tree = shapely.STRtree(main), shapely.STRtree(solid)
    links = []
    for island in islands:
        lines = graph.lines[component == island]
        (own, other), distance = tree.query_nearest(
            lines, return_distance=True, all_matches=False, max_distance=MAX_SETTLEMENT_LINK_M
        )
        reach = MAX_SETTLEMENT_LINK_M if length[island] > SETTLEMENT_M else MAX_LINK_M
        if not len(distance) or distance.min() > reach:
            continue
        best = distance.argmin()
        link = shapely.shortest_line(lines[own[best]], main[other[best]])
        hit = solid_tree.query(link, predicate="intersects")
        inside = shapely.length(shapely.intersection(solid[hit], link)).sum()
        if inside < MAX_LINK_INSIDE_M and shapely.length(link) > 0:
            links.append(link)
    if not links:
        return graph
    return node_lines(np.concatenate([graph.lines, overshoot(np.array(links), both=True)]))


def main_component(graph: Graph) -> Graph:
    """Return the longest component alone."""
    return _graph(graph.lines[graph.component() == 0])


def simplify_lines(lines: Geometries) -> Geometries:
    """Simplify lines between their ends (Douglas-Peucker 2 m), back on the 0.1 m grid."""
    simple = shapely.simplify(lines, TOLERANCE_M)
    return np.asarray(shapely.transform(simple, lambda xy: np.round(xy, 1)))


def _graph(lines: Geometries) -> Graph:
    """Return the graph of lines that already meet in their ends."""
    ends = np.stack(
        [shapely.get_coordinates(shapely.get_point(lines, place)) for place in (0, -1)], axis=1
    )
    nodes, number = np.unique(np.round(ends.reshape(-1, 2), 1), axis=0, return_inverse=True)
    return Graph(lines, nodes, number.reshape(-1, 2))


def _merge(lines: Geometries) -> Geometries:
    """Merge lines between junctions; pieces that lie on each other count once."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    xy = np.round(xy, 1)
    inner = owner[1:] == owner[:-1]
    pieces = np.stack([xy[:-1][inner], xy[1:][inner]], axis=1)
    start, end = pieces[:, 0], pieces[:, 1]
    swap = (end[:, 0] < start[:, 0]) | ((end[:, 0] == start[:, 0]) & (end[:, 1] < start[:, 1]))
    pieces = np.where(swap[:, None, None], pieces[:, ::-1], pieces)
    return merge_segments(np.unique(pieces.reshape(-1, 4), axis=0).reshape(-1, 2, 2))
