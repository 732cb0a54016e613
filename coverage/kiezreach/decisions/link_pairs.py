"""Pairs of network places that are close in a straight line, and how a link would shorten walks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree

from kiezreach.network.segments import EQUAL_M, expanded
from kiezreach.network.snap import Snap
from kiezreach.reach.lengths import rounded

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.reach import Reach

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

STEP_M = 50.0  # links end at nodes, and along streets at least this often: half a block
_AT_ONCE = 20_000  # places whose neighbours are held in memory together
END_M = 0.5  # around the end of a link, where its own street lies; a link is longer than both


@dataclass(frozen=True, eq=False)
class Places:
    """Places where links may end: on the network, on the ground, and their walk to a centre."""

    at: Snap
    xy: Floats
    walk: Floats

    @classmethod
    def on(cls, everywhere: Reach) -> Places:
        """Take the nodes of the main component and places between them along its edges."""
        net = everywhere.net
        main = net.main_edges
        nodes, first = np.unique(net.edge_nodes[main].T.ravel(), return_index=True)
        is_end, own = np.divmod(first, len(main))
        pieces = np.ceil(net.edge_length[main] / STEP_M).astype(np.int64)
        inner = np.maximum(pieces - 1, 0)
        part = expanded(np.ones(len(inner), dtype=np.int64), inner) / np.repeat(pieces, inner)
        edge = np.concatenate([main[own], np.repeat(main, inner)])
        offset = np.concatenate([is_end, part]) * net.edge_length[edge]
        between = shapely.line_interpolate_point(
            net.lines[edge[len(nodes) :]], offset[len(nodes) :]
        )
        xy = np.concatenate([net.node_xy[nodes], shapely.get_coordinates(between)])
        return cls.known(everywhere, Snap(edge, offset, np.zeros(len(edge))), xy)

    @classmethod
    def known(cls, everywhere: Reach, at: Snap, xy: Floats) -> Places:
        """Add the walks to the nearest centre."""
        return cls(at, xy, everywhere.at(at)[0])

    def __getitem__(self, which: Indices) -> Places:
        """Choose some of the places."""
        at = Snap(self.at.edge[which], self.at.offset[which], self.at.access[which])
        return Places(at, self.xy[which], self.walk[which])


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of places that a link could join so that the far one gains.

    By far end, and for each from the best near end on: numbers of both ends, length of the link,
    walk from the far end to a centre over the link.
    """

    far: Indices
    near: Indices
    length: Floats
    walk: Floats

    @classmethod
    def of(cls, places: Places, threshold: float, max_link_m: float) -> Pairs:
        """Find all pairs by which somebody could be served."""
        near = np.flatnonzero(places.walk < threshold)
        tree = cKDTree(places.xy[near])
        parts = []
        for start in range(0, len(places.xy), _AT_ONCE):
            asked = cKDTree(places.xy[start : start + _AT_ONCE])
            found = asked.sparse_distance_matrix(tree, max_link_m, output_type="ndarray")
            walk = rounded(found["v"] + places.walk[near[found["j"]]])
            gains = (walk < threshold) & (walk + EQUAL_M < places.walk[start + found["i"]])
            chosen = found[gains & (found["v"] > 2 * END_M)]
            chosen["i"] += start
            parts.append(chosen)
        found = np.concatenate(parts)
        near = near[found["j"]]
        walk = rounded(found["v"] + places.walk[near])
        x, y = places.xy[near].T
        order = np.lexsort((y, x, found["v"], walk, found["i"]))
        return cls(found["i"], near, found["v"], walk)[order]

    def __getitem__(self, which: Indices | npt.NDArray[np.bool_]) -> Pairs:
        """Choose some of the pairs."""
        return Pairs(self.far[which], self.near[which], self.length[which], self.walk[which])

    def within(self, inside: npt.NDArray[np.bool_]) -> Pairs:
        """Keep the pairs of which both ends lie inside."""
        return self[inside[self.far] & inside[self.near]]
