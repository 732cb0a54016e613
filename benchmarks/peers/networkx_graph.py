"""networkx: plain Python dictionaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network import WalkNetwork


def build(net: WalkNetwork) -> nx.Graph:
    """Copy the network's matrix."""
    graph = nx.Graph()
    graph.add_nodes_from(range(net.n_nodes))
    matrix = net.graph.tocoo()
    graph.add_weighted_edges_from(
        zip(matrix.row.tolist(), matrix.col.tolist(), matrix.data.tolist(), strict=True), "length"
    )
    return graph


def nearest_centre(graph: nx.Graph, nodes: Iterable[int], limit: float) -> Mapping[int, float]:
    """Distance of the nodes within the limit to the nearest of some nodes."""
    return nx.multi_source_dijkstra_path_length(graph, set(nodes), cutoff=limit, weight="length")


def one_centre(graph: nx.Graph, node: int, limit: float) -> Mapping[int, float]:
    """Distance of the nodes within the limit to one node."""
    return nx.single_source_dijkstra_path_length(graph, node, cutoff=limit, weight="length")


def to_places(
    graph: nx.Graph, node: int, places: npt.NDArray[np.int64], limit: float
) -> npt.NDArray[np.float64]:
    """Distance of one node to some others."""
    found = one_centre(graph, node, limit)
    return np.array([found.get(place, np.inf) for place in places.tolist()])


def as_array(distance: Mapping[int, float], size: int) -> npt.NDArray[np.float64]:
    """Spread distances over all nodes, inf where there is none."""
    array = np.full(size, np.inf)
    array[list(distance)] = list(distance.values())
    return array
