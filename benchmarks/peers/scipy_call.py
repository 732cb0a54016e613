"""A bare scipy call on the network's own matrix: the floor under every search in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network import WalkNetwork


def nearest_centre(
    net: WalkNetwork, nodes: npt.NDArray[np.int64], limit: float
) -> npt.NDArray[np.float64]:
    """Distance of every node to the nearest of some nodes; not which one that is."""
    return dijkstra(net.graph, indices=nodes, min_only=True, limit=limit)


def one_centre(net: WalkNetwork, node: int, limit: float) -> npt.NDArray[np.float64]:
    """Distance of every node to one node."""
    return dijkstra(net.graph, indices=np.array([node]), limit=limit)[0]


def nearest_node(tree: KDTree, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Distance of points to the nearest node, which is not the nearest place on a street."""
    return np.asarray(tree.query(xy)[0])
