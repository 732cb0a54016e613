"""A bare scipy call on the network's own matrix: the floor under every search in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network import WalkNetwork


def build(net: WalkNetwork) -> csr_array:
    """Copy the network's matrix with the 32-bit indices that every call would convert it to."""
    indices, indptr = (part.astype(np.int32) for part in (net.graph.indices, net.graph.indptr))
    return csr_array((net.graph.data, indices, indptr), shape=net.graph.shape)


def nearest_centre(
    matrix: csr_array, nodes: npt.NDArray[np.int64], limit: float
) -> npt.NDArray[np.float64]:
    """Distance of every node to the nearest of some nodes; not which one that is."""
    return dijkstra(matrix, indices=nodes, min_only=True, limit=limit)


def one_centre(matrix: csr_array, node: int, limit: float) -> npt.NDArray[np.float64]:
    """Distance of every node to one node."""
    return dijkstra(matrix, indices=np.array([node]), limit=limit)[0]


def nearest_node(tree: KDTree, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Distance of points to the nearest node, which is not the nearest place on a street."""
    return np.asarray(tree.query(xy)[0])
