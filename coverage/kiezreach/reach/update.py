"""Walks after a change: only those are found anew that it can touch.

A walk that may have used what is gone is forgotten; then every edge is followed that shortens a
walk, from node to node, until none does. The distances are those of a search from the beginning,
to the last bit, and so are the nearest centres.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kiezreach.network.segments import EQUAL_M
from kiezreach.network.snap import Snap
from kiezreach.reach.engine import BEYOND_M, with_centres
from kiezreach.reach.ties import edges_from, first_of_equally_near

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.changes import ChangedNetwork
    from kiezreach.reach.engine import Reach


@dataclass(frozen=True, eq=False)
class Update:
    """Walking distances after a change, and what it touched.

    Parameters
    ----------
    reach
        Walking distances now.
    position
        Shape (c,): the position now of each centre before, -1 where it is gone.
    touched
        Shape (m,): edges of the network now on which a walk or its centre may be another.
    """

    reach: Reach
    position: npt.NDArray[np.int64]
    touched: npt.NDArray[np.bool_]

    def renumbered(self, centre: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return positions of centres now for positions before; -1 stays and stands for gone."""
        return _renumbered(self.position, centre)


def close_centres(reach: Reach, gone: npt.NDArray[np.int64]) -> Update:
    """Close centres.

    Parameters
    ----------
    reach
        Walking distances before.
    gone
        Positions of the centres that close.

    Returns
    -------
    Update
        Of the nodes whose nearest centre stays nothing changes: the others' are searched from
        the border.
    """
    kept = np.ones(len(reach.centre_ids), dtype=bool)
    kept[gone] = False
    position = np.where(kept, np.cumsum(kept) - 1, -1)
    stale = np.isin(reach.node_centre, gone)
    beside = reach.centres.edge[gone]
    left = replace(
        reach,
        centre_ids=reach.centre_ids[kept],
        centres=_picked(reach.centres, kept),
        centre_xy=reach.centre_xy[kept],
        node_distance=np.where(stale, np.inf, reach.node_distance),
        node_centre=_renumbered(position, reach.node_centre),
    )
    return _settled(left, position, stale, beside[beside >= 0])


def open_centre(reach: Reach, centre_id: str, place: Snap, xy: npt.NDArray[np.float64]) -> Update:
    """Open a centre.

    Parameters
    ----------
    reach
        Walking distances before.
    centre_id
        An id that no centre has.
    place
        Where it stands on the network; one place.
    xy
        Shape (2,): where it is.

    Returns
    -------
    Update
        The search from the new centre ends where it is not the nearest.
    """
    ids = pd.Index([*reach.centre_ids, centre_id], name=reach.centre_ids.name)
    order = np.argsort(ids.to_numpy(dtype=object), kind="stable")
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    joined = Snap(
        np.append(reach.centres.edge, place.edge)[order],
        np.append(reach.centres.offset, place.offset)[order],
        np.append(reach.centres.access, place.access)[order],
    )
    grown = replace(
        reach,
        centre_ids=ids[order],
        centres=joined,
        centre_xy=np.vstack([reach.centre_xy, xy])[order],
        node_centre=_renumbered(position, reach.node_centre),
    )
    nothing = np.zeros(reach.net.n_nodes, dtype=bool)
    return _settled(grown, position[:-1], nothing, place.edge[place.linked])


def change_network(reach: Reach, changed: ChangedNetwork) -> Update:
    """Walk on a changed network.

    Parameters
    ----------
    reach
        Walking distances on the network before; its centres all have a place on the changed one
        as `ChangedNetwork.moved` finds it.
    changed
        The network now.

    Returns
    -------
    Update
        Nodes to which a shortest way may have led over an altered edge are searched anew.
    """
    new = changed.net.n_nodes - reach.net.n_nodes
    stale = np.append(_downstream(reach, changed.altered), np.ones(new, dtype=bool))
    distance = np.where(stale, np.inf, np.append(reach.node_distance, np.full(new, np.inf)))
    centre = np.where(stale, -1, np.append(reach.node_centre, np.full(new, -1)))
    here = replace(
        reach,
        net=changed.net,
        centres=changed.moved(reach.centres),
        node_distance=distance,
        node_centre=centre,
    )
    cut = [number for pair in changed.cuts for number in (pair[0], pair[2])]
    same = np.arange(len(reach.centre_ids))
    return _settled(here, same, stale, np.array(cut, dtype=np.int64))


def _renumbered(
    position: npt.NDArray[np.int64], centre: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return new positions for old ones; -1 stays."""
    return np.append(position, -1)[centre]


def _picked(place: Snap, kept: npt.NDArray[np.bool_]) -> Snap:
    """Return some places."""
    return Snap(place.edge[kept], place.offset[kept], place.access[kept])


def _downstream(reach: Reach, edges: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Mark the nodes to which some equally short way to a centre leads over one of the edges.

    Ways begin at centres; a way over an edge is one to its far end, or from a centre on it.
    """
    net = reach.net
    found = np.zeros(net.n_nodes, dtype=bool)
    u, v = net.edge_nodes[edges].T
    distance, length = reach.node_distance, net.edge_length[edges]
    found[v[distance[u] + length <= distance[v] + EQUAL_M]] = True
    found[u[distance[v] + length <= distance[u] + EQUAL_M]] = True
    for k in np.flatnonzero(np.isin(reach.centres.edge, edges)):
        found[net.edge_nodes[reach.centres.edge[k]]] = True
    found &= np.isfinite(distance)
    frontier = np.flatnonzero(found)
    while len(frontier):
        start, end, step = edges_from(net.graph, frontier)
        next_ones = (distance[start] + step <= distance[end] + EQUAL_M) & ~found[end]
        next_ones &= np.isfinite(distance[end])
        frontier = np.unique(end[next_ones])
        found[frontier] = True
    return found


def _settled(
    reach: Reach,
    position: npt.NDArray[np.int64],
    stale: npt.NDArray[np.bool_],
    beside: npt.NDArray[np.int64],
) -> Update:
    """Shorten walks until none can be shortened, and settle ties.

    Parameters
    ----------
    reach
        Distances that some way has, or inf.
    position
        For the result.
    stale
        Shape (n,): nodes whose distance was forgotten.
    beside
        Edges on which places have a centre more or less, or a new number.
    """
    net = reach.net
    linked = np.flatnonzero(reach.centres.linked)
    graph = with_centres(net, reach.centres, linked)
    distance = np.append(reach.node_distance, np.zeros(len(linked)))
    before = distance.copy()
    row = np.repeat(np.arange(len(distance)), np.diff(graph.indptr))
    edges = row, graph.indices.astype(np.int64), graph.data
    limit = reach.limit + BEYOND_M
    while len(edges[0]):
        start, end, step = edges
        walk = distance[start] + step
        shorter = (walk < distance[end]) & (walk <= limit)
        np.minimum.at(distance, end[shorter], walk[shorter])
        edges = edges_from(graph, np.unique(end[shorter]))
    other = distance[: net.n_nodes] != before[: net.n_nodes]
    centre = np.append(reach.node_centre, linked)
    none = len(reach.centre_ids)
    reached = np.isfinite(distance)
    centre[: net.n_nodes][other] = none  # above all numbers: any centre nearby comes first
    centre[~reached] = -1
    ends, length = net.edge_nodes, net.edge_length
    centre = first_of_equally_near(graph, net.n_nodes, ends, length, distance, centre)
    settled = replace(
        reach, node_distance=distance[: net.n_nodes], node_centre=centre[: net.n_nodes]
    )
    renamed = settled.node_centre != reach.node_centre
    touched = (stale | other | renamed)[net.edge_nodes].any(axis=1)
    touched[beside] = True
    return Update(settled, position, touched)
