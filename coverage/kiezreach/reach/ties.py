"""Of equally near centres the first: at nodes, whichever of them the search found.

A search for the nearest of many sources keeps one of several that are equally near, and which one
hangs on the order of edges. Every shortest way to a centre leads through nodes to which that
centre is among the nearest too; so the first centre is handed on from node to node, along
edges that are part of a shortest way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kiezreach.network.segments import EQUAL_M

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy.sparse import csr_array

    Edges = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]


def first_of_equally_near(
    graph: csr_array,
    n_nodes: int,
    ends: npt.NDArray[np.int64],
    length: npt.NDArray[np.float64],
    distance: npt.NDArray[np.float64],
    centre: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Give each node the first of the centres whose walks are equally short.

    Parameters
    ----------
    graph
        Shape (n + s, n + s): what was searched, the network's nodes and one for each source, from
        which ways lead to the network and none back, with lengths in metres.
    ends, length
        Shapes (m, 2) and (m,): the two nodes of each edge that was searched, and its length in
        metres.
    distance
        Shape (n + s,): metres to the nearest centre, inf where none was reached.
    centre
        Shape (n + s,): one of the nearest centres, -1 where none was reached; of a source, its own.

    Returns
    -------
    array, shape (n + s,)
        The lowest number of the centres whose walks differ by less than 0.1 micrometres, -1 where
        none was reached.

    Notes
    -----
    But for one comparison of both ends of all edges, work grows with the borders between
    centres and with the nodes whose centre changes, and not with the network.
    """
    centre = centre.copy()
    at_sources = edges_from(graph, np.arange(n_nodes, len(centre)))
    borders = _borders(ends, length, centre)
    edges = tuple(map(np.concatenate, zip(at_sources, borders, strict=True)))
    while len(edges[0]):
        start, end, step = edges
        first = (centre[start] < centre[end]) & (distance[start] + step <= distance[end] + EQUAL_M)
        np.minimum.at(centre, end[first], centre[start[first]])
        edges = edges_from(graph, np.unique(end[first]))
    return centre


def _borders(
    ends: npt.NDArray[np.int64], length: npt.NDArray[np.float64], centre: npt.NDArray[np.int64]
) -> Edges:
    """Return start, end and length of the edges between nodes of different centres, both ways."""
    u, v = ends.T
    border = np.flatnonzero(centre[u] != centre[v])
    u, v, step = u[border], v[border], length[border]
    return np.concatenate([u, v]), np.concatenate([v, u]), np.concatenate([step, step])


def edges_from(graph: csr_array, nodes: npt.NDArray[np.int64]) -> Edges:
    """Return start, end and length of the edges that leave some nodes."""
    first, count = graph.indptr[nodes], graph.indptr[nodes + 1] - graph.indptr[nodes]
    edge = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(int(count.sum()))
    return np.repeat(nodes, count), graph.indices[edge].astype(np.int64), graph.data[edge]
