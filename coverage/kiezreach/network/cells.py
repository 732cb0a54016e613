"""The nearest place on the network for every cell of a regular grid.

A block of cells shares one list of candidate segments: those that can be nearest to any cell of
the block, by the triangle inequality. A block is found in the spatial index; its quarters then
keep only the candidates that can be nearest to a cell of their own. Every cell is compared with
every candidate of its quarter, so the result is exact, and all of it is array arithmetic.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.network.segments import distance_to, expanded
from kiezreach.network.snap import Snap, nearest_dry, snapped

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork
    from kiezreach.network.water import Water

    _Floats = npt.NDArray[np.float64]
    _Indices = npt.NDArray[np.int64]

QUARTER = 4  # cells per side of a quarter of a block: few candidates per cell
BLOCK = 2 * QUARTER  # cells per side of a block: few look-ups in the spatial index
TILE = 128  # cells per tile side: the unit of remembering
_TILES_PER_BATCH = 4  # keeps the arrays that are worked on in the processor's cache
_SLACK_M = 1e-6  # more than rounding can move a distance
_CLOSE_M2 = 0.1  # squared distances nearer to each other are compared again in double precision
# A vertex belongs to one of the segments that meet there. To the others, what lies beyond it is
# farther than it is by this factor: enough to tell them apart, and small enough for single
# precision.
_FOREIGN = np.float32(32.0)


@dataclass(frozen=True, eq=False)
class CellPlaces:
    """The nearest place on the network of those cells of one tile that have one.

    Parameters
    ----------
    row, column
        Shape (k,): position of the cell within its tile.
    edge, offset, access
        Shape (k,): as in `kiezreach.network.snap.Snap`.
    """

    row: npt.NDArray[np.int16]
    column: npt.NDArray[np.int16]
    edge: npt.NDArray[np.int32]
    offset: npt.NDArray[np.float32]
    access: npt.NDArray[np.float32]

    def as_snap(self) -> Snap:
        """Return the places as points that are snapped already."""
        offset, access = self.offset.astype(np.float64), self.access.astype(np.float64)
        return Snap(self.edge.astype(np.int64), offset, access)


def _ownership(net: WalkNetwork) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Give each vertex to one segment: inner ones to the next, nodes to the first edge there.

    Returns
    -------
    before, beyond : arrays, shape (s,)
        Factor on distances before the start and beyond the end of each segment, 1 where the vertex
        there belongs to it.
    """
    s = net.segments
    before = np.ones(len(s.x), dtype=np.float32)
    beyond = np.full(len(s.x), _FOREIGN)
    edges = net.main_edges[np.argsort(s.edge_order[net.main_edges])]
    _, first = np.unique(net.edge_nodes[edges], return_index=True)
    owned = np.zeros(2 * len(edges), dtype=bool)
    owned[first] = True
    own_first, own_last = owned.reshape(-1, 2).T
    before[s.first_of_edge[edges[~own_first]]] = _FOREIGN
    beyond[s.first_of_edge[edges[own_last] + 1] - 1] = 1.0
    return before, beyond


class CellIndex:
    """Finds the place of each cell on one network, tile by tile, and remembers them.

    The grid's corners are whole multiples of the cell size, so that every question about it
    meets the same cells. Tile (i, j) starts at ``(i, j) * TILE * cell_m``.

    Parameters
    ----------
    net
        The network.
    cell_m
        Cell size in metres.
    max_access_m
        Cells farther than this from every edge have no place.
    """

    def __init__(self, net: WalkNetwork, cell_m: float, max_access_m: float) -> None:
        self._net, self._segments = net, net.segments
        self._before, self._beyond = _ownership(net)
        self._tree, self._edges = net.main_tree, net.main_edges
        self._cell_m, self._max_access_m = cell_m, max_access_m
        self._tiles: dict[tuple[int, int], CellPlaces] = {}

    def tiles(self, wanted: _Indices) -> Iterator[tuple[int, int, CellPlaces]]:
        """Yield column, row and cell places of each wanted tile.

        Parameters
        ----------
        wanted
            Shape (t, 2): column and row of tiles.
        """
        new = [tile for tile in map(tuple, wanted.tolist()) if tile not in self._tiles]
        batches = [
            np.array(new[first : first + _TILES_PER_BATCH])
            for first in range(0, len(new), _TILES_PER_BATCH)
        ]
        # The first alone: it builds the indices that the others share. numpy and the spatial index
        # work outside of Python's lock.
        found = [self._find(batch) for batch in batches[:1]]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found += pool.map(self._find, batches[1:])
        for places in found:
            self._tiles.update(places)
        for i, j in wanted.tolist():
            yield i, j, self._tiles[i, j]

    def _find(self, tiles: _Indices) -> dict[tuple[int, int], CellPlaces]:
        """Compare every cell of some tiles with the candidates of its quarter of a block."""
        per_side = TILE // BLOCK
        inner = _grid(per_side)
        blocks = (tiles[:, None, :] * per_side + inner[None]).reshape(-1, 2)
        quarters = (blocks[:, None, :] * 2 + _grid(2)[None]).reshape(-1, 2)
        middle = np.asarray((quarters + 0.5) * (QUARTER * self._cell_m), dtype=np.float64)
        quarter, row, column, place = self._nearest(middle)
        corner = quarters * QUARTER - np.repeat(tiles * TILE, 4 * len(inner), axis=0)
        row, column = row + corner[quarter, 1], column + corner[quarter, 0]
        ends = np.searchsorted(quarter, np.arange(len(tiles) + 1) * (4 * len(inner)))
        found = {}
        for tile, start, end in zip(map(tuple, tiles.tolist()), ends, ends[1:], strict=False):
            part = slice(start, end)
            found[tile] = CellPlaces(
                row[part].astype(np.int16),
                column[part].astype(np.int16),
                place.edge[part].astype(np.int32),
                place.offset[part].astype(np.float32),
                place.access[part].astype(np.float32),
            )
        return found

    def _nearest(self, middle: _Floats) -> tuple[_Indices, _Indices, _Indices, Snap]:
        """Return quarter, row, column and place of the cells that have one."""
        quarter, candidate = self._candidates(middle)
        count = np.bincount(quarter, minlength=len(middle))
        first = np.cumsum(count) - count
        rank, close = self._nearest_rank(middle, candidate, first, count)
        number, row, column = np.nonzero(rank >= 0)
        segment = candidate[first[number] + rank[number, row, column]]
        step = self._cell_steps()
        xy = middle[number] + np.column_stack([step[column], step[row]])
        again = np.flatnonzero(close[number, row, column])
        at = number[again]
        segment[again] = self._first_of_close(xy[again], candidate, first[at], count[at])
        access, along = self._segments.nearest(xy, segment)
        place = snapped(self._net, segment, along, access)
        if self._net.water is not None:
            ends = self._segments.places(segment, along)
            self._keep_dry(self._net.water, middle, number, xy, ends, place)
        kept = place.linked
        found = Snap(place.edge[kept], place.offset[kept], place.access[kept])
        return number[kept], row[kept], column[kept], found

    def _keep_dry(
        self,
        water: Water,
        middle: _Floats,
        number: _Indices,
        xy: _Floats,
        ends: _Floats,
        place: Snap,
    ) -> None:
        """Give cells whose straight line crosses water another place, or none."""
        half = self._half(QUARTER)
        away = water.distance(middle, self._max_access_m + half) - half
        # Only a line that is longer than the water is far away can cross it.
        close = np.flatnonzero(place.access >= away[number])
        wet = close[water.crossed(xy[close], ends[close])]
        dry = nearest_dry(self._net, xy[wet], self._max_access_m)
        place.edge[wet], place.offset[wet], place.access[wet] = dry.edge, dry.offset, dry.access

    def _cell_steps(self) -> _Floats:
        """Return the distance in x or y of a quarter's cells from its middle."""
        steps = (np.arange(QUARTER) + 0.5 - QUARTER / 2) * self._cell_m
        return np.asarray(steps, dtype=np.float64)

    def _half(self, cells: int) -> float:
        """Return the distance from the middle of a square of cells to its farthest cell."""
        return (cells - 1) / 2 * self._cell_m * float(np.sqrt(2.0))

    def _nearest_rank(
        self, middle: _Floats, candidate: _Indices, first: _Indices, count: _Indices
    ) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_]]:
        """Tell which of its quarter's candidates is nearest to each cell, -1 for none.

        All cells of all quarters are compared with their k-th candidate at once. Coordinates
        count from the quarter's middle, so that single precision is exact to a tenth of a
        millimetre; where that does not decide, the second array says so.
        """
        # With falling counts, the quarters that have a k-th candidate are a leading slice.
        order = np.argsort(-count, kind="stable")
        middle, first, count = middle[order], first[order], count[order]
        step = self._cell_steps().astype(np.float32)[:, None]
        # Quarters stand last, so that the inner loops run over long stretches of memory.
        best = np.full((QUARTER, QUARTER, len(middle)), self._max_access_m**2, dtype=np.float32)
        second = np.full(best.shape, np.inf, dtype=np.float32)
        rank = np.zeros(best.shape, dtype=np.int16)  # counts from 1; 0 is none
        for k in range(int(count.max(initial=0))):
            m = int(np.searchsorted(-count, -k, side="left"))
            square = self._squares(middle[:m], candidate[first[:m] + k], step)
            nearer, farther = best[:, :, :m], second[:, :, :m]
            # k only grows, so the last better candidate has the highest rank.
            np.maximum(rank[:, :, :m], (square < nearer) * np.int16(k + 1), out=rank[:, :, :m])
            np.minimum(farther, np.maximum(nearer, square), out=farther)
            np.minimum(nearer, square, out=nearer)
        back = np.argsort(order)
        rank, close = rank[:, :, back], (second - best < _CLOSE_M2)[:, :, back]
        return np.moveaxis(rank, -1, 0) - np.int16(1), np.moveaxis(close, -1, 0)

    def _squares(
        self, middle: _Floats, segment: _Indices, step: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """Squared distance of the cells of each quarter, by row and column, to its segment."""
        s = self._segments
        along, across = s.frame(middle, segment)
        rest = (along - s.length[segment]).astype(np.float32)
        along, across = along.astype(np.float32), across.astype(np.float32)
        ux, uy = s.ux[segment].astype(np.float32), s.uy[segment].astype(np.float32)
        # Along the segment and across it: a part by column plus a part by row.
        before, beyond = self._before[segment], self._beyond[segment]
        x, y = step[None, :, :], step[:, None, :]
        missed = np.add(-before * (x * ux + along), -before * (y * uy))
        np.maximum(missed, np.add(beyond * (x * ux + rest), beyond * (y * uy)), out=missed)
        np.maximum(missed, np.float32(0.0), out=missed)
        np.square(missed, out=missed)
        off = np.add(across - x * uy, y * ux)
        np.square(off, out=off)
        return np.add(missed, off, out=missed)

    def _first_of_close(
        self, xy: _Floats, candidate: _Indices, first: _Indices, count: _Indices
    ) -> _Indices:
        """Return the nearest candidate of each cell, by the rule that holds for all points."""
        cell = np.repeat(np.arange(len(xy)), count)
        segment = candidate[expanded(first, count)]
        distance, along = self._segments.nearest(xy[cell], segment)
        return segment[self._segments.first_of_equal(cell, distance, segment, along)]

    def _candidates(self, middle: _Floats) -> tuple[_Indices, _Indices]:
        """Return pairs of quarter and segment that hold the nearest segment of every cell."""
        centre = middle.reshape(-1, 4, 2).mean(axis=1)
        block, segment, along, across = self._block_candidates(centre)
        s = self._segments
        ux, uy, length = s.ux[segment], s.uy[segment], s.length[segment]
        # Every quarter of a block looks at the candidates of the block.
        aside = middle[:4] - centre[0] if len(middle) else np.empty((0, 2))
        distance = np.empty((len(segment), 4))
        for part, (x, y) in enumerate(aside):
            distance[:, part] = distance_to(
                along + x * ux + y * uy, across + y * ux - x * uy, length
            )
        starts = np.flatnonzero(np.diff(block, prepend=-1))
        nearest = np.full((len(centre), 4), np.inf)
        if len(starts):
            nearest[block[starts]] = np.minimum.reduceat(distance, starts, axis=0)
        half = self._half(QUARTER)
        nearest[nearest > self._max_access_m + half] = -np.inf  # no cell of it has a place
        pair, number = np.nonzero(distance <= nearest[block] + 2 * half + _SLACK_M)
        quarter = block[pair] * 4 + number
        order = np.argsort(quarter, kind="stable")
        return quarter[order], segment[pair[order]]

    def _block_candidates(self, centre: _Floats) -> tuple[_Indices, _Indices, _Floats, _Floats]:
        """Return pairs of block and segment that hold the nearest segment of every cell.

        With each pair, how far the middle of the block is along and across the segment's line.
        """
        half = self._half(BLOCK)
        points = shapely.points(centre)
        (near, _), distance = self._tree.query_nearest(
            points,
            max_distance=self._max_access_m + half,
            return_distance=True,
            all_matches=False,
        )
        # A cell's nearest segment is at most distance + half from it, so 2 half from the centre.
        radius = distance + 2 * half + _SLACK_M
        index, found = self._tree.query(points[near], predicate="dwithin", distance=radius)
        order = np.lexsort((found, index))
        index, edge = index[order], self._edges[found[order]]
        s = self._segments
        pieces = s.first_of_edge[edge + 1] - s.first_of_edge[edge]
        segment = expanded(s.first_of_edge[edge], pieces)
        index = np.repeat(index, pieces)
        along, across = s.frame(centre[near[index]], segment)
        keep = distance_to(along, across, s.length[segment]) <= radius[index]
        return near[index[keep]], segment[keep], along[keep], across[keep]


def _grid(n: int) -> _Indices:
    """Return column and row of n x n squares, shape (n * n, 2)."""
    return np.stack(np.meshgrid(np.arange(n), np.arange(n)), -1).reshape(-1, 2)
