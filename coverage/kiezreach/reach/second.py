"""The second nearest centre of every place: where its people would walk if the nearest closed.

One search answers it for all centres at once. The nodes are divided into regions by their nearest
centre. The shortest walk from a node to another centre enters the node's region for the last time
at some edge, and the node before it has another nearest centre; so a search inside the regions,
which starts from all the edges between them, finds every second nearest centre.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from kiezreach.reach.engine import BEYOND_M, shortest, with_centres
from kiezreach.reach.lengths import rounded
from kiezreach.reach.ties import first_of_equally_near

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.snap import Snap
    from kiezreach.reach.engine import Reach, Way


@dataclass(frozen=True, eq=False)
class SecondNearest:
    """Walking distance to the second nearest centre, everywhere on a network.

    Parameters
    ----------
    reach
        The nearest centres.
    node_distance
        Shape (n,): metres from each node to the nearest of the centres other than its nearest
        one, access leg included; inf farther than 20 m beyond the reach's limit.
    node_centre
        Shape (n,): position of that centre, the first of equally near ones; -1 for none.
    """

    reach: Reach
    node_distance: npt.NDArray[np.float64]
    node_centre: npt.NDArray[np.int64]

    def at(
        self, place: Snap, nearest: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Return the walk from places to their nearest centre if the one that is nearest closed.

        Parameters
        ----------
        place
            Places on the network.
        nearest
            Shape (n,): position of each place's nearest centre, as `Reach.at` returns it.

        Returns
        -------
        distance : array, shape (n,), metres
            What `Reach.at` returns on the same network without that centre; inf also where the
            place has no nearest centre.
        centre : array, shape (n,)
            Position of the second nearest centre, -1 where the distance is inf.
        """
        distance = np.full(len(place.edge), np.inf)
        centre = np.full(len(place.edge), -1, dtype=np.int64)
        at = np.flatnonzero(place.linked & (nearest >= 0))
        ways = list(self._ways(place.edge[at], place.offset[at], nearest[at]))
        walk, second = shortest(ways, len(at))
        walk = rounded(walk + place.access[at])
        known = np.isfinite(walk) & (walk <= self.reach.limit)
        distance[at[known]], centre[at[known]] = walk[known], second[known]
        return distance, centre

    def _ways(
        self,
        edge: npt.NDArray[np.int64],
        offset: npt.NDArray[np.float64],
        nearest: npt.NDArray[np.int64],
    ) -> Iterator[Way]:
        """Yield the ways from places on edges to any centre but their nearest."""
        u, v = self.reach.net.edge_nodes[edge].T
        for node, rest in ((u, offset), (v, self.reach.net.edge_length[edge] - offset)):
            own = self.reach.node_centre[node] == nearest
            length = np.where(own, self.node_distance[node], self.reach.node_distance[node])
            centre = np.where(own, self.node_centre[node], self.reach.node_centre[node])
            yield slice(None), length + rest, centre
        for here, length, centre in self.reach.along_edges(edge, offset):
            yield here, np.where(centre == nearest[here], np.inf, length), centre


def second_nearest(reach: Reach) -> SecondNearest:
    """Find the second nearest centre of every node.

    Parameters
    ----------
    reach
        The nearest centres.

    Returns
    -------
    SecondNearest

    Notes
    -----
    Dijkstra's search (`scipy.sparse.csgraph.dijkstra` with ``min_only``) over the edges inside the
    regions. Each way into a region is a source of its own, as far from it as the node outside is
    from its nearest centre and the edge is long. It takes about as long as the search for the
    nearest centres.
    """
    net = reach.net
    graph, centre, inside = _regions(reach)
    if len(centre) == net.n_nodes:
        return SecondNearest(reach, np.full(net.n_nodes, np.inf), np.full(net.n_nodes, -1))
    distance, _, found = dijkstra(
        graph,
        directed=True,
        indices=np.arange(net.n_nodes, len(centre)),
        return_predecessors=True,
        min_only=True,
        limit=reach.limit + BEYOND_M,
    )
    second = np.full(len(centre), -1, dtype=np.int64)
    reached = np.isfinite(distance)
    second[reached] = centre[found[reached]]
    ends, length = net.edge_nodes[inside], net.edge_length[inside]
    second = first_of_equally_near(graph, net.n_nodes, ends, length, distance, second)
    return SecondNearest(reach, distance[: net.n_nodes], second[: net.n_nodes])


def _regions(
    reach: Reach,
) -> tuple[csr_array, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Cut the network into regions with one nearest centre each.

    Returns
    -------
    csr_array, shape (n + s, n + s)
        The edges inside regions, and one source for each way into a region.
    array, shape (n + s,)
        Of the sources, the centre that they lead to.
    array, shape (m,)
        Which edges of the network lie inside a region.
    """
    net = reach.net
    linked = np.flatnonzero(reach.centres.linked)
    every = with_centres(net, reach.centres, linked)
    row = np.repeat(np.arange(every.shape[0]), np.diff(every.indptr))
    owner = np.concatenate([reach.node_centre, linked])
    away = np.concatenate([reach.node_distance, np.zeros(len(linked))])
    entry = np.flatnonzero((owner[row] != owner[every.indices]) & (owner[row] >= 0))
    first = net.n_nodes + np.arange(len(entry))
    within = np.flatnonzero((owner[row] == owner[every.indices]) & (row < net.n_nodes))
    size = net.n_nodes + len(entry)
    graph = csr_array(
        (
            np.concatenate([every.data[within], away[row[entry]] + every.data[entry]]),
            (
                np.concatenate([row[within], first]),
                np.concatenate([every.indices[within], every.indices[entry]]),
            ),
        ),
        shape=(size, size),
    )
    centre = np.concatenate([reach.node_centre, owner[row[entry]]])
    u, v = net.edge_nodes.T
    return graph, centre, reach.node_centre[u] == reach.node_centre[v]
