"""The nearest place on the network for every cell of a regular grid.

A block of cells shares one list of candidate segments: those that can be nearest to any cell of
the block, by the triangle inequality. Within a block every cell is compared with every candidate,
so the result is exact, and all of it is array arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.network.snap import Snap

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork

BLOCK = 8  # cells per block side: few candidates per block, few look-ups per cell
TILE = 128  # cells per tile side: the unit of remembering
_TILES_PER_BATCH = 16  # keeps the working memory of a batch near 50 MB


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
    """The straight pieces of the main component's edges."""

    start: npt.NDArray[np.float64]
    step: npt.NDArray[np.float64]
    length: npt.NDArray[np.float64]
    along: npt.NDArray[np.float64]
    edge: npt.NDArray[np.int64]
    tree: shapely.STRtree


def _segments(net: WalkNetwork) -> _Segments:
    """Cut the main component's edges into segments, with their position along the edge."""
    xy = net.geometry_xy
    start, end = xy[:-1], xy[1:]
    inside = np.ones(len(start), dtype=bool)
    inside[net.geometry_offsets[1:-1] - 1] = False
    edge = np.repeat(np.arange(net.n_edges), np.diff(net.geometry_offsets) - 1)
    start, step = start[inside], (end - start)[inside]
    length = np.hypot(*step.T)
    total = np.concatenate([[0.0], np.cumsum(length)])
    along = total[:-1] - total[np.searchsorted(edge, edge)]
    keep = (net.edge_component[edge] == 0) & (length > 0)
    start, step, length, along = start[keep], step[keep], length[keep], along[keep]
    tree = shapely.STRtree(shapely.linestrings(np.stack([start, start + step], axis=1)))
    return _Segments(start, step, length, along, edge[keep], tree)


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
        edge, offset, access = self._nearest(middle)
        block, row, column = np.nonzero(edge >= 0)
        values = [array[block, row, column] for array in (edge, offset, access)]
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
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return edge (-1 for none), offset and access leg, each (blocks, BLOCK, BLOCK)."""
        block, candidate = self._candidates(middle)
        count = np.bincount(block, minlength=len(middle))
        # With falling counts, the blocks that have a k-th candidate are a leading slice.
        order = np.argsort(-count, kind="stable")
        first, count = (np.cumsum(count) - count)[order], count[order]
        step = (np.arange(BLOCK) + 0.5 - BLOCK / 2) * self._cell_m
        x = middle[order, 0][:, None, None] + step[None, None, :]
        y = middle[order, 1][:, None, None] + step[None, :, None]
        best = np.full((len(middle), BLOCK, BLOCK), self._max_access_m**2)
        which = np.full(best.shape, -1, dtype=np.int64)
        part = np.zeros(best.shape)
        s = self._segments
        for k in range(int(count.max(initial=0))):
            m = int(np.searchsorted(-count, -k, side="left"))
            segment = candidate[first[:m] + k]
            ax, ay = s.start[segment].T[:, :, None, None]
            sx, sy = s.step[segment].T[:, :, None, None]
            dx, dy = x[:m] - ax, y[:m] - ay
            t = np.clip((dx * sx + dy * sy) / (s.length[segment] ** 2)[:, None, None], 0.0, 1.0)
            square = (dx - t * sx) ** 2 + (dy - t * sy) ** 2
            better = square < best[:m]
            np.copyto(best[:m], square, where=better)
            np.copyto(part[:m], t, where=better)
            np.copyto(which[:m], segment[:, None, None], where=better)
        back = np.argsort(order)
        best, which, part = best[back], which[back], part[back]
        offset = s.along[which] + part * s.length[which]
        return np.where(which >= 0, s.edge[which], -1), offset, np.sqrt(best)

    def _candidates(
        self, middle: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return pairs of block and segment that hold the nearest segment of every cell."""
        half = (BLOCK - 1) / 2 * self._cell_m * np.sqrt(2.0)  # block centre to farthest cell
        points = shapely.points(middle)
        (near, _), distance = self._segments.tree.query_nearest(
            points,
            max_distance=self._max_access_m + half,
            return_distance=True,
            all_matches=False,
        )
        # A cell's nearest segment is at most distance + half from it, so 2 half from the centre.
        radius = distance + 2 * half + 1e-6
        index, segment = self._segments.tree.query(
            points[near], predicate="dwithin", distance=radius
        )
        order = np.lexsort((segment, index))
        return near[index[order]], segment[order]
