"""The straight pieces that the edges of a network are made of, and the nearest place on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

EQUAL_M = 1e-7  # a hundred times rounding: places whose distances differ by less are equally near


@dataclass(frozen=True, eq=False)
class Segments:
    """The straight pieces of all edges, in the order of the edges.

    Parameters
    ----------
    x, y, ux, uy, length
        Shape (s,): start, direction (a unit vector) and length.
    along
        Shape (s,): metres from the edge's first node to the segment's start.
    edge
        Shape (s,): the edge that the segment is a piece of.
    first_of_edge
        Shape (m + 1,): where each edge's segments begin.
    """

    x: Floats
    y: Floats
    ux: Floats
    uy: Floats
    length: Floats
    along: Floats
    edge: Indices
    first_of_edge: Indices

    @classmethod
    def of(cls, net: WalkNetwork) -> Segments:
        """Cut the edges into segments."""
        xy = net.geometry_xy
        edge = np.repeat(np.arange(net.n_edges), np.diff(net.geometry_offsets) - 1)
        start = np.arange(len(edge)) + edge  # each edge has one vertex more than segments
        step = xy[start + 1] - xy[start]
        length = np.hypot(step[:, 0], step[:, 1])
        first_of_edge = net.geometry_offsets - np.arange(net.n_edges + 1)
        total = np.concatenate([[0.0], np.cumsum(length)])
        along = total[:-1] - total[first_of_edge[edge]]
        x, y = np.ascontiguousarray(xy[start].T)
        ux, uy = np.ascontiguousarray(step.T) / np.where(length > 0, length, 1.0)
        return cls(x, y, ux, uy, length, along, edge, first_of_edge)

    @cached_property
    def edge_order(self) -> Indices:
        """Shape (m,): place of each edge in an order that depends on their shapes alone."""
        first, last = self.first_of_edge[:-1], self.first_of_edge[1:] - 1
        length = self.along[last] + self.length[last]
        keys = (length, self.y[last], self.x[last], self.y[first], self.x[first])
        order = np.empty(len(first), dtype=np.int64)
        order[np.lexsort(keys)] = np.arange(len(first))
        return order

    def of_edges(self, which: Indices, edge: Indices) -> tuple[Indices, Indices]:
        """Return pairs of point and segment for pairs of point and edge, in the same order."""
        pieces = self.first_of_edge[edge + 1] - self.first_of_edge[edge]
        return np.repeat(which, pieces), expanded(self.first_of_edge[edge], pieces)

    def frame(self, xy: Floats, segment: Indices) -> tuple[Floats, Floats]:
        """Return how far points are along and across the straight line of a segment each."""
        dx, dy = xy[:, 0] - self.x[segment], xy[:, 1] - self.y[segment]
        ux, uy = self.ux[segment], self.uy[segment]
        return dx * ux + dy * uy, dy * ux - dx * uy

    def nearest(self, xy: Floats, segment: Indices) -> tuple[Floats, Floats]:
        """Return the distance of points to a segment each, and the nearest place along it."""
        along, across = self.frame(xy, segment)
        length = self.length[segment]
        return distance_to(along, across, length), np.clip(along, 0.0, length)

    def places(self, segment: Indices, along: Floats) -> Floats:
        """Return the coordinates of places on segments, shape (n, 2)."""
        x, y = (
            self.x[segment] + along * self.ux[segment],
            self.y[segment] + along * self.uy[segment],
        )
        return np.column_stack([x, y])

    def first_of_equal(
        self, which: Indices, distance: Floats, segment: Indices, along: Floats
    ) -> Indices:
        """Choose among equally near places: the smallest x, then y.

        Places whose distances differ by less than 0.1 micrometres are equally near, so
        that neither the order of edges nor the origin of coordinates decides. Where two edges
        that are not joined share a place, the shape of the edges decides.

        Parameters
        ----------
        which
            Shape (k,): number of the point that each candidate belongs to, not falling.
        distance, segment, along
            Shape (k,): the candidates, as `nearest` tells them.

        Returns
        -------
        array
            Position of the chosen candidate of each point that has one, in the order of points.
        """
        starts = np.flatnonzero(np.diff(which, prepend=-1))
        if not len(starts):
            return starts
        nearest = np.minimum.reduceat(distance, starts)
        count = np.diff(starts, append=len(which))
        equal = np.flatnonzero(distance <= np.repeat(nearest, count) + EQUAL_M)
        piece = segment[equal]
        x, y = np.round(self.places(piece, along[equal]), 6).T  # one place must compare equal
        keys = (self.edge_order[self.edge[piece]], y, x, which[equal])
        order = equal[np.lexsort(keys)]
        chosen: Indices = order[np.flatnonzero(np.diff(which[order], prepend=-1))]
        return chosen


def distance_to(along: Floats, across: Floats, length: Floats) -> Floats:
    """Return the distance to a segment from how far one is along and across its line."""
    missed = np.maximum(np.maximum(-along, along - length), 0.0)
    return np.asarray(np.sqrt(missed * missed + across * across))


def expanded(first: Indices, count: Indices) -> Indices:
    """Return ``first, first + 1, ...``, `count` of them, one run after the other."""
    return np.repeat(first - (np.cumsum(count) - count), count) + np.arange(int(count.sum()))
