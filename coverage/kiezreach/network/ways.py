"""Ways before they become a network: sequences of vertices that can be cut but never bridged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kiezreach.errors import NetworkError
from kiezreach.network.build import network_from_ways

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.model import Provenance, WalkNetwork


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways that join where they share a vertex.

    Parameters
    ----------
    xy
        Shape (p, 2): coordinates of the vertices.
    way
        Shape (k,): number of the way of each position, not falling.
    vertex
        Shape (k,): vertex of each position.
    tags
        Shape (w,): tag bits of each way.
    names
        Shape (w,): name of each way, empty where it has none.
    main
        Shape (w,): see `WalkNetwork.edge_main`; None where nothing was clipped.
    """

    xy: npt.NDArray[np.float64]
    way: npt.NDArray[np.int32]
    vertex: npt.NDArray[np.int32]
    tags: npt.NDArray[np.uint32]
    names: npt.NDArray[np.object_]
    main: npt.NDArray[np.bool_] | None = None

    @property
    def is_first(self) -> npt.NDArray[np.bool_]:
        """Shape (k,): whether a position starts its way."""
        first = np.ones(len(self.way), dtype=bool)
        first[1:] = self.way[1:] != self.way[:-1]
        return first

    @property
    def is_last(self) -> npt.NDArray[np.bool_]:
        """Shape (k,): whether a position ends its way."""
        return np.roll(self.is_first, -1)

    @property
    def in_use(self) -> npt.NDArray[np.bool_]:
        """Shape (p,): whether a vertex is on any way."""
        used = np.zeros(len(self.xy), dtype=bool)
        used[self.vertex] = True
        return used

    def without(self, gone: npt.NDArray[np.bool_]) -> tuple[Ways, int]:
        """Take vertices away and cut the ways there.

        Parameters
        ----------
        gone
            Shape (p,): vertices to take away.

        Returns
        -------
        Ways
            The pieces that are left; none joins what lay on two sides of a hole.
        int
            Number of holes, at which a way was cut in two.
        """
        keep = ~gone[self.vertex]
        first = self.is_first
        starts = keep & (first | np.append(True, ~keep[:-1]))
        piece = np.cumsum(starts, dtype=np.int32) - np.int32(1)
        way_of_piece = self.way[starts]
        holes = int(np.count_nonzero(way_of_piece[1:] == way_of_piece[:-1]))
        left = replace(
            self,
            way=piece[keep],
            vertex=self.vertex[keep],
            tags=self.tags[way_of_piece],
            names=self.names[way_of_piece],
            main=None if self.main is None else self.main[way_of_piece],
        )
        return left, holes

    def ends_beside(self, gone: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
        """Return the vertices at which ways end once the vertices `gone` are taken away."""
        hit = gone[self.vertex]
        same_way = self.way[1:] == self.way[:-1]
        before = self.vertex[:-1][same_way & ~hit[:-1] & hit[1:]]
        after = self.vertex[1:][same_way & ~hit[1:] & hit[:-1]]
        return np.unique(np.concatenate([before, after]))

    def keeping(self, step: npt.NDArray[np.bool_]) -> tuple[Ways, npt.NDArray[np.int32]]:
        """Keep some of the steps from a position to the next, and cut the ways elsewhere.

        Parameters
        ----------
        step
            Shape (k,): whether to keep the step from a position to the next of its way.

        Returns
        -------
        Ways
            The pieces that are left.
        array
            Vertices at which a step that was dropped meets one that was kept.
        """
        dropped = np.flatnonzero(~step & ~self.is_last)
        step = step & ~self.is_last
        before = np.append(False, step[:-1])
        starts = step & ~before
        keep = step | before
        way_of_piece = self.way[starts]
        left = replace(
            self,
            way=(np.cumsum(starts, dtype=np.int32) - np.int32(1))[keep],
            vertex=self.vertex[keep],
            tags=self.tags[way_of_piece],
            names=self.names[way_of_piece],
            main=None if self.main is None else self.main[way_of_piece],
        )
        beside = self.vertex[np.concatenate([dropped, dropped + 1])]
        return left, np.unique(beside[left.in_use[beside]])

    def cut_at(self, barred: npt.NDArray[np.bool_]) -> Ways:
        """Part the ways at vertices that cannot be passed, without moving anything.

        Parameters
        ----------
        barred
            Shape (p,): vertices at which all ways end.
        """
        hit = barred[self.vertex]
        if not hit.any():
            return self
        repeat = np.where(hit & ~self.is_first & ~self.is_last, 2, 1)
        vertex, way = np.repeat(self.vertex, repeat), np.repeat(self.way, repeat)
        second_copy = np.ones(len(vertex), dtype=bool)
        second_copy[np.cumsum(repeat) - repeat] = False
        first = second_copy.copy()
        first[0] = True
        first[1:] |= way[1:] != way[:-1]
        new = np.flatnonzero(np.repeat(hit, repeat))
        xy = np.concatenate([self.xy, self.xy[vertex[new]]])
        vertex[new] = len(self.xy) + np.arange(len(new))
        piece = np.cumsum(first, dtype=np.int32) - np.int32(1)
        main = None if self.main is None else self.main[way[first]]
        return Ways(xy, piece, vertex, self.tags[way[first]], self.names[way[first]], main)

    def plus(
        self,
        pairs: npt.NDArray[np.int64],
        tags: npt.NDArray[np.uint32],
        names: npt.NDArray[np.object_],
    ) -> Ways:
        """Add straight ways between pairs of vertices, shape (q, 2), with these tags and names."""
        way = np.repeat(np.arange(len(pairs), dtype=np.int32) + np.int32(len(self.tags)), 2)
        return Ways(
            self.xy,
            np.concatenate([self.way, way]),
            np.concatenate([self.vertex, pairs.reshape(-1).astype(np.int32)]),
            np.concatenate([self.tags, tags]),
            np.concatenate([self.names, names]),
        )

    def check_finite(self) -> None:
        """Refuse coordinates that a projection could not reach.

        Raises
        ------
        NetworkError
            If a vertex in use has coordinates that are not finite.
        """
        if not np.isfinite(self.xy[self.in_use]).all():
            msg = "does not lie where the CRS can be used"
            remedy = "Choose a CRS of the region, or none for the local UTM zone"
            raise NetworkError(msg, remedy=remedy)

    def moved(self, xy: npt.NDArray[np.float64]) -> Ways:
        """Return the same ways with other coordinates, shape (p, 2)."""
        return replace(self, xy=xy)

    def to_network(
        self, *, crs: str, tag_names: tuple[str, ...], quantum_m: float, provenance: Provenance
    ) -> WalkNetwork:
        """Build the network; the coordinates must be metres in `crs`."""
        ways = np.arange(len(self.tags) + 1, dtype=np.int32)
        offsets = np.searchsorted(self.way, ways).astype(np.int64)
        return network_from_ways(
            self.xy,
            offsets,
            self.vertex,
            crs=crs,
            way_tags=self.tags,
            tag_names=tag_names,
            way_names=self.names,
            way_main=self.main,
            quantum_m=quantum_m,
            provenance=provenance,
        )


def ways_of_network(net: WalkNetwork) -> Ways:
    """Return the edges of a network as ways, so that it can be clipped or projected again."""
    way = np.repeat(np.arange(net.n_edges, dtype=np.int32), np.diff(net.geometry_offsets))
    # Inner vertices are shared by nobody.
    vertex = np.arange(len(way), dtype=np.int32) + np.int32(net.n_nodes)
    vertex[net.geometry_offsets[:-1]] = net.edge_nodes[:, 0]
    vertex[net.geometry_offsets[1:] - 1] = net.edge_nodes[:, 1]
    xy = np.concatenate([net.node_xy, net.geometry_xy])
    names = np.array([*net.names, ""], dtype=object)[net.edge_name]  # -1 is the last: no name
    return Ways(xy, way, vertex, net.edge_tags, names, net.edge_main)


def plain_name(value: object) -> str:
    """Return a street's name on one line; several names of one street are joined.

    Parameters
    ----------
    value
        A text, a list of texts as OSMnx gives them, or anything that stands for no name.
    """
    if isinstance(value, (list, tuple, set)):
        parts = [plain_name(part) for part in value]
        return "; ".join(dict.fromkeys(part for part in parts if part))
    if not isinstance(value, str):
        return ""
    if not value.isprintable():
        value = "".join(c if c.isprintable() else " " for c in value)
    return " ".join(value.split())
