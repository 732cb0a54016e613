"""The nearest place on the network for every cell of a regular grid.

A block of cells shares one list of candidate segments: those that can be nearest to any cell of
the block, by the triangle inequality. Within a block every cell is compared with every candidate,
so the result is exact, and all of it is array arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from kiezreach.network.snap import Snap

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork

BLOCK = 8  # cells per block side: few candidates per block, few look-ups per cell
TILE = 128  # cells per tile side: the unit of remembering
_TILES_PER_BATCH = 4  # keeps the arrays that are worked on in the processor's cache
_POINT_M2 = 1e-12  # a segment without length is a point, and nothing is divided by zero


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


@dataclass(frozen=True, eq=False)
class _Segments:
    """The straight pieces of all edges, in the order of the edges."""

    start: npt.NDArray[np.float64]
    step: npt.NDArray[np.float64]
    square: npt.NDArray[np.float64]
    along: npt.NDArray[np.float64]
    edge: npt.NDArray[np.int64]
    first_of_edge: npt.NDArray[np.int64]


def _segments(net: WalkNetwork) -> _Segments:
    """Cut the edges into segments, with their squared length and their position on the edge."""
    xy = net.geometry_xy
    edge = np.repeat(np.arange(net.n_edges), np.diff(net.geometry_offsets) - 1)
    start = np.arange(len(edge)) + edge  # each edge has one vertex more than segments
    step = xy[start + 1] - xy[start]
    square = np.maximum((step**2).sum(axis=1), _POINT_M2)
    first_of_edge = net.geometry_offsets - np.arange(net.n_edges + 1)
    total = np.concatenate([[0.0], np.cumsum(np.sqrt(square))])
    along = total[:-1] - total[first_of_edge[edge]]
    return _Segments(xy[start], step, square, along, edge, first_of_edge)


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
        self._segments = _segments(net)
        self._tree, self._edges = net.main_tree, net.main_edges
        self._cell_m, self._max_access_m = cell_m, max_access_m
        self._tiles: dict[tuple[int, int], CellPlaces] = {}

    def tiles(self, wanted: npt.NDArray[np.int64]) -> Iterator[tuple[int, int, CellPlaces]]:
        """Yield column, row and cell places of each wanted tile.

        Parameters
        ----------
        wanted
            Shape (t, 2): column and row of tiles.
        """
        new = [tile for tile in map(tuple, wanted.tolist()) if tile not in self._tiles]
        for first in range(0, len(new), _TILES_PER_BATCH):
            self._find(np.array(new[first : first + _TILES_PER_BATCH]))
        for i, j in wanted.tolist():
            yield i, j, self._tiles[i, j]

    def _find(self, tiles: npt.NDArray[np.int64]) -> None:
        """Compare every cell of some tiles with the candidates of its block."""
        per_side = TILE // BLOCK
        inner = np.stack(np.meshgrid(np.arange(per_side), np.arange(per_side)), -1).reshape(-1, 2)
        blocks = (tiles[:, None, :] * per_side + inner[None]).reshape(-1, 2)
        middle = np.asarray((blocks + 0.5) * (BLOCK * self._cell_m), dtype=np.float64)
        block, row, column, values = self._nearest(middle)
        row = row + inner[block % len(inner), 1] * BLOCK
        column = column + inner[block % len(inner), 0] * BLOCK
        ends = np.searchsorted(block, np.arange(len(tiles) + 1) * len(inner))
        for tile, start, end in zip(map(tuple, tiles.tolist()), ends, ends[1:], strict=False):
            part = slice(start, end)
            self._tiles[tile] = CellPlaces(
                row[part].astype(np.int16),
                column[part].astype(np.int16),
                values[0][part].astype(np.int32),
                values[1][part].astype(np.float32),
                values[2][part].astype(np.float32),
            )

    def _nearest(
        self, middle: npt.NDArray[np.float64]
    ) -> tuple[
        npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], tuple[Any, Any, Any]
    ]:
        """Return block, row and column of the cells that have a place, and edge, offset, access."""
        block, candidate = self._candidates(middle)
        count = np.bincount(block, minlength=len(middle))
        first = np.cumsum(count) - count
        rank = self._nearest_rank(middle, candidate, first, count)
        block, row, column = np.nonzero(rank >= 0)
        segment = candidate[first[block] + rank[block, row, column]]
        s = self._segments
        step = self._cell_steps()
        dx = middle[block, 0] + step[column] - s.start[segment, 0]
        dy = middle[block, 1] + step[row] - s.start[segment, 1]
        sx, sy = s.step[segment].T
        part = np.clip((dx * sx + dy * sy) / s.square[segment], 0.0, 1.0)
        offset = s.along[segment] + part * np.sqrt(s.square[segment])
        access = np.hypot(dx - part * sx, dy - part * sy)
        return block, row, column, (s.edge[segment], offset, access)

    def _cell_steps(self) -> npt.NDArray[np.float64]:
        """Return the distance in x or y of a block's cells from its middle."""
        return np.asarray((np.arange(BLOCK) + 0.5 - BLOCK / 2) * self._cell_m, dtype=np.float64)

    def _nearest_rank(
        self,
        middle: npt.NDArray[np.float64],
        candidate: npt.NDArray[np.int64],
        first: npt.NDArray[np.int64],
        count: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.int16]:
        """Tell which of its block's candidates is nearest to each cell, -1 for none.

        All cells of all blocks are compared with their k-th candidate at once. Coordinates
        count from the block's middle, so that single precision is exact to a tenth of a
        millimetre; it only chooses the candidate.
        """
        # With falling counts, the blocks that have a k-th candidate are a leading slice.
        order = np.argsort(-count, kind="stable")
        middle, first, count = middle[order], first[order], count[order]
        step = self._cell_steps().astype(np.float32)[:, None]
        # Blocks stand last, so that the inner loops run over long stretches of memory.
        best = np.full((BLOCK, BLOCK, len(middle)), self._max_access_m**2, dtype=np.float32)
        rank = np.zeros(best.shape, dtype=np.int16)  # counts from 1; 0 is none
        s = self._segments
        for k in range(int(count.max(initial=0))):
            m = int(np.searchsorted(-count, -k, side="left"))
            segment = candidate[first[:m] + k]
            ax, ay = (s.start[segment] - middle[:m]).T.astype(np.float32)
            sx, sy = s.step[segment].T.astype(np.float32)
            scale = (1.0 / s.square[segment]).astype(np.float32)
            dx, dy = (step - ax)[None, :, :], (step - ay)[:, None, :]
            t = dx * (sx * scale) + dy * (sy * scale)
            np.clip(t, 0.0, 1.0, out=t)
            square = (dx - t * sx) ** 2 + (dy - t * sy) ** 2
            better = square < best[:, :, :m]
            np.minimum(best[:, :, :m], square, out=best[:, :, :m])
            # k only grows, so the last better candidate has the highest rank.
            np.maximum(rank[:, :, :m], better * np.int16(k + 1), out=rank[:, :, :m])
        return np.moveaxis(rank[:, :, np.argsort(order)], -1, 0) - np.int16(1)

    def _candidates(
        self, middle: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return pairs of block and segment that hold the nearest segment of every cell."""
        half = (BLOCK - 1) / 2 * self._cell_m * np.sqrt(2.0)  # block centre to farthest cell
        points = shapely.points(middle)
        (near, _), distance = self._tree.query_nearest(
            points,
            max_distance=self._max_access_m + half,
            return_distance=True,
            all_matches=False,
        )
        # A cell's nearest segment is at most distance + half from it, so 2 half from the centre.
        radius = distance + 2 * half + 1e-6
        index, found = self._tree.query(points[near], predicate="dwithin", distance=radius)
        order = np.lexsort((found, index))
        index, edge = index[order], self._edges[found[order]]
        s = self._segments
        pieces = s.first_of_edge[edge + 1] - s.first_of_edge[edge]
        segment = np.repeat(s.first_of_edge[edge] - (np.cumsum(pieces) - pieces), pieces)
        segment += np.arange(len(segment))
        index = np.repeat(index, pieces)
        keep = self._distance(middle[near[index]], segment) <= radius[index]
        return near[index[keep]], segment[keep]

    def _distance(
        self, xy: npt.NDArray[np.float64], segment: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """Distance of each point from one segment."""
        s = self._segments
        dx, dy = (xy - s.start[segment]).T
        sx, sy = s.step[segment].T
        part = np.clip((dx * sx + dy * sy) / s.square[segment], 0.0, 1.0)
        return np.asarray(np.hypot(dx - part * sx, dy - part * sy))
