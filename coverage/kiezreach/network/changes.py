"""Ways that are built or closed: a network with them, and where places stand on it afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kiezreach.errors import InputError
from kiezreach.network.segments import EQUAL_M
from kiezreach.network.snap import Snap

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork

LENGTH_SLACK_M = 0.5  # a length that somebody measured may be so much below the straight line


@dataclass(frozen=True, eq=False)
class ChangedNetwork:
    """A network after a change, and what became of its edges.

    Parameters
    ----------
    net
        The network. Its nodes keep their numbers; new ones follow.
    edge
        Shape (m,): new number of each edge of the network before, -1 where it is gone.
    cuts
        Edges that were cut in two, one after the other: new number, metres along the edge to the
        cut, and the number of the part behind it.
    """

    net: WalkNetwork
    edge: npt.NDArray[np.int64]
    cuts: tuple[tuple[int, float, int], ...] = ()

    @property
    def altered(self) -> npt.NDArray[np.int64]:
        """Shape (k,): numbers, before the change, of the edges that are gone or were cut."""
        cut = [number for number, _, _ in self.cuts]
        return np.flatnonzero((self.edge < 0) | np.isin(self.edge, cut))

    def moved(self, place: Snap) -> Snap:
        """Return where places stand now; those on edges that are gone are unlinked."""
        edge = np.where(place.edge >= 0, self.edge[place.edge], -1)
        offset = place.offset.copy()
        for number, along, behind in self.cuts:
            beyond = (edge == number) & (offset > along)
            edge[beyond] = behind
            offset[beyond] -= along
        return Snap(edge, offset, place.access)


def without_edges(net: WalkNetwork, gone: npt.NDArray[np.int64]) -> ChangedNetwork:
    """Return a network in which some ways are closed.

    Parameters
    ----------
    net
        The network.
    gone
        Numbers of the edges that are closed, from end to end.

    Returns
    -------
    ChangedNetwork
        What belonged to the main component still does: people cut off by a closed bridge keep
        their streets, and have nowhere to go.

    Raises
    ------
    InputError
        If no way would be left.
    """
    kept = np.ones(net.n_edges, dtype=bool)
    kept[gone] = False
    if not kept.any():
        msg = "no way of the network would be left"
        raise InputError(msg, remedy="Close fewer ways")
    count = np.diff(net.geometry_offsets)
    return ChangedNetwork(
        replace(
            net,
            edge_nodes=net.edge_nodes[kept],
            geometry_offsets=np.concatenate([[0], np.cumsum(count[kept])]).astype(np.int64),
            geometry_xy=net.geometry_xy[np.repeat(kept, count)],
            edge_tags=net.edge_tags[kept],
            edge_name=net.edge_name[kept],
            edge_main=_main(net)[kept],
        ),
        np.where(kept, np.cumsum(kept) - 1, -1),
    )


def with_link(
    net: WalkNetwork, start: Snap, end: Snap, length_m: float | None = None
) -> ChangedNetwork:
    """Return a network in which a new way joins two places.

    Parameters
    ----------
    net
        The network.
    start, end
        One place each, both linked.
    length_m
        Length of the way in metres; that of the straight line if absent.

    Returns
    -------
    ChangedNetwork
        Nobody is tied to the new way: it is a passage, and doors stay at the streets they are at.
        A way longer than the straight line is drawn with a bend that gives it its length.

    Raises
    ------
    InputError
        If the places are the same, or the length is below that of the straight line.
    """
    first, a, cuts = _with_node(net, int(start.edge[0]), float(start.offset[0]))
    every = np.arange(net.n_edges)
    there = ChangedNetwork(first, every, cuts).moved(end)
    second, b, more = _with_node(first, int(there.edge[0]), float(there.offset[0]))
    straight = float(np.hypot(*(second.node_xy[b] - second.node_xy[a])))
    if a == b or straight <= EQUAL_M:
        msg = "the link leads from a place to the same place"
        raise InputError(msg, remedy="Give two ends at two places of the network")
    if length_m is not None and length_m < straight - LENGTH_SLACK_M:
        msg = f"a length of {length_m:g} m is impossible: its ends are {straight:.1f} m apart"
        raise InputError(msg, remedy="Give a length no shorter than the straight line, or none")
    line = _bent(second.node_xy[a], second.node_xy[b], max(straight, length_m or 0.0))
    return ChangedNetwork(_with_edge(second, (a, b), line), every, (*cuts, *more))


def _with_node(
    net: WalkNetwork, edge: int, offset: float
) -> tuple[WalkNetwork, int, tuple[tuple[int, float, int], ...]]:
    """Cut an edge at a place; return the node there, which may be an old one, and the cut."""
    u, v = net.edge_nodes[edge].tolist()
    length = float(net.edge_length[edge])
    if offset <= EQUAL_M:
        return net, u, ()
    if offset >= length - EQUAL_M:
        return net, v, ()
    first, last = net.geometry_offsets[edge : edge + 2].tolist()
    xy = net.geometry_xy[first:last]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    at = np.array(net.line(edge).interpolate(offset).coords[0])
    whole = int(np.searchsorted(along, offset))  # vertices before the cut
    node = net.n_nodes
    grown = np.diff(net.geometry_offsets)
    grown[edge] = whole + 1
    nodes = np.vstack([net.edge_nodes, [node, v]])
    nodes[edge] = u, node
    cut = replace(
        net,
        node_xy=np.vstack([net.node_xy, at]),
        edge_nodes=nodes,
        geometry_offsets=np.concatenate([[0], np.cumsum([*grown, len(xy) - whole + 1])]),
        geometry_xy=np.vstack(
            [net.geometry_xy[:first], xy[:whole], at, net.geometry_xy[last:], at, xy[whole:]]
        ),
        edge_tags=np.append(net.edge_tags, net.edge_tags[edge]),
        edge_name=np.append(net.edge_name, net.edge_name[edge]),
        edge_main=np.append(_main(net), np.isin(edge, net.main_edges)),
    )
    return cut, node, ((edge, float(cut.edge_length[edge]), net.n_edges),)


def _with_edge(
    net: WalkNetwork, nodes: tuple[int, int], line: npt.NDArray[np.float64]
) -> WalkNetwork:
    """Append an edge that nobody is tied to."""
    end = net.geometry_offsets[-1] + len(line)
    return replace(
        net,
        edge_nodes=np.vstack([net.edge_nodes, nodes]),
        geometry_offsets=np.append(net.geometry_offsets, end),
        geometry_xy=np.vstack([net.geometry_xy, line]),
        edge_tags=np.append(net.edge_tags, np.uint32(0)),
        edge_name=np.append(net.edge_name, np.int32(-1)),
        edge_main=np.append(_main(net), False),
    )


def _bent(
    start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], length: float
) -> npt.NDArray[np.float64]:
    """Return a line of a given length, straight or with one bend in the middle."""
    step = end - start
    straight = float(np.hypot(*step))
    aside = np.sqrt(max(length**2 - straight**2, 0.0)) / 2
    if aside <= EQUAL_M:
        return np.array([start, end])
    across = np.array([-step[1], step[0]]) / straight
    return np.array([start, (start + end) / 2 + across * aside, end])


def _main(net: WalkNetwork) -> npt.NDArray[np.bool_]:
    """Tell of each edge whether points snap to it."""
    main = np.zeros(net.n_edges, dtype=bool)
    main[net.main_edges] = True
    return main
