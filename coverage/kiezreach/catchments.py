"""Catchments as polygons: where a walk to a centre is short enough.

Each cell of a fine grid takes the walking distance of its nearest place on the network plus its
own access leg, the very rule that holds for residents; the polygons are contours of that field.
They are pictures: people are counted from points, never from polygons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import contourpy
import geopandas as gpd
import numpy as np
import shapely

from kiezreach.defaults import CELL_M
from kiezreach.network.cells import TILE, CellIndex
from kiezreach.reach.lengths import check_length, check_thresholds

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork
    from kiezreach.network.snap import Snap
    from kiezreach.reach.engine import Reach

BORDER_M = 0.001  # half the width of a border: cells nearer to it count as inside

_indices: WeakKeyDictionary[WalkNetwork, dict[tuple[float, float], CellIndex]]
_indices = WeakKeyDictionary()


def catchments(
    reach: Reach, thresholds: Sequence[float], *, cell_m: float = CELL_M
) -> gpd.GeoDataFrame:
    """Draw the catchment of each threshold.

    Parameters
    ----------
    reach
        Walking distances; its limit must not be below the largest threshold.
    thresholds
        Walking distances in metres.
    cell_m
        Size of the grid's cells in metres; borders are exact to one cell.

    Returns
    -------
    GeoDataFrame
        ``threshold_m`` (rising) and ``geometry`` (MultiPolygon, possibly empty) in the network's
        CRS. A smaller threshold's catchment lies inside a larger one's.

    Raises
    ------
    InputError
        If a threshold or the cells' size is no length above 0, or a threshold stands twice or is
        beyond the reach's limit.
    """
    cell_m = check_length(cell_m, "cell_m")
    levels = check_thresholds(thresholds, reach.limit)
    field = _field(reach, levels[-1], cell_m)
    shapes = [_contour(field, level, reach.max_access_m) for level in levels]
    return gpd.GeoDataFrame({"threshold_m": levels}, geometry=shapes, crs=reach.net.crs)


def nearest_centre_cells(
    reach: Reach, cell_m: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the nearest centre of every cell of a grid over all that the reach covers.

    Parameters
    ----------
    reach
        Walking distances.
    cell_m
        Size of the cells in metres.

    Returns
    -------
    centre : array, shape (rows, columns)
        Position of the nearest centre, -1 where there is none within the limits.
    x, y : arrays, shapes (columns,) and (rows,)
        Coordinates of the cell centres.
    """
    window = _Window.around(reach, reach.limit, cell_m, reach.max_access_m)
    centre = np.full(window.shape, -1, dtype=np.int64)
    for row, column, snap in window.cells():
        centre[row, column] = reach.at(snap)[1]
    return centre, window.x, window.y


@dataclass(frozen=True, eq=False)
class _Window:
    """The tiles that a reach touches, as one raster with rows from south to north."""

    tiles: npt.NDArray[np.int64]
    index: CellIndex
    cell_m: float

    @classmethod
    def around(cls, reach: Reach, limit: float, cell_m: float, max_access_m: float) -> _Window:
        """Return the window of all cells that could lie within `limit` of a centre."""
        tiles = _touched_tiles(reach, limit, max_access_m, TILE * cell_m)
        return cls(tiles, _cell_index(reach.net, cell_m, max_access_m), cell_m)

    @property
    def low(self) -> npt.NDArray[np.int64]:
        """Column and row of the first cell."""
        if not len(self.tiles):
            return np.zeros(2, dtype=np.int64)
        return np.asarray(self.tiles.min(axis=0) * TILE)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        if not len(self.tiles):
            return 0, 0
        columns, rows = (self.tiles.max(axis=0) + 1) * TILE - self.low
        return int(rows), int(columns)

    @property
    def x(self) -> npt.NDArray[np.float64]:
        """X of the cell centres, by column."""
        return np.asarray((self.low[0] + np.arange(self.shape[1]) + 0.5) * self.cell_m)

    @property
    def y(self) -> npt.NDArray[np.float64]:
        """Y of the cell centres, by row."""
        return np.asarray((self.low[1] + np.arange(self.shape[0]) + 0.5) * self.cell_m)

    def cells(self) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Snap]]:
        """Yield, tile by tile, row, column and place of the cells that have a place."""
        for i, j, places in self.index.tiles(self.tiles):
            row = places.row.astype(np.int64) + (j * TILE - int(self.low[1]))
            column = places.column.astype(np.int64) + (i * TILE - int(self.low[0]))
            yield row, column, places.as_snap()


@dataclass(frozen=True, eq=False)
class _Field:
    """Walking distance and access leg of the cells of a window."""

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    walk: npt.NDArray[np.float32]
    access: npt.NDArray[np.float32]
    cell_m: float

    @cached_property
    def grid(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """X and y of every cell; contouring would make them anew for each threshold."""
        x, y = np.meshgrid(self.x, self.y)
        return x, y


def _field(reach: Reach, limit: float, cell_m: float) -> _Field:
    """Evaluate the point rule at every cell that could lie within `limit` of a centre."""
    # Two cells beyond the longest access leg, so that its border can be interpolated.
    window = _Window.around(reach, limit, cell_m, reach.max_access_m + 2 * cell_m)
    walk = np.full(window.shape, np.inf, dtype=np.float32)
    access = np.full(window.shape, np.inf, dtype=np.float32)
    for row, column, snap in window.cells():
        access[row, column] = snap.access
        walk[row, column] = reach.known(snap)[0]
    return _Field(window.x, window.y, walk, access, cell_m)


def _touched_tiles(
    reach: Reach, limit: float, margin: float, tile_m: float
) -> npt.NDArray[np.int64]:
    """Return column and row of each tile within `margin` of an edge that is reached."""
    net = reach.net
    near = reach.node_distance <= limit
    u, v = net.edge_nodes.T
    touched = near[u] | near[v]
    touched[reach.centres.edge[reach.centres.linked]] = True
    edges = np.flatnonzero(touched)
    if not len(edges):
        return np.zeros((0, 2), dtype=np.int64)
    bounds = shapely.bounds(net.lines[edges])
    low = np.floor((bounds[:, :2] - margin) / tile_m).astype(np.int64)
    size = np.floor((bounds[:, 2:] + margin) / tile_m).astype(np.int64) - low + 1
    count = size.prod(axis=1)
    edge = np.repeat(np.arange(len(edges)), count)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    tile = low[edge] + np.column_stack([step % size[edge, 0], step // size[edge, 0]])
    corner = tile.min(axis=0)
    wanted = np.zeros(tile.max(axis=0) - corner + 1, dtype=bool)
    wanted[tuple((tile - corner).T)] = True
    return np.argwhere(wanted) + corner


def _cell_index(net: WalkNetwork, cell_m: float, max_access_m: float) -> CellIndex:
    """Return the network's cell index; it serves every reach on the same network."""
    by_size = _indices.setdefault(net, {})
    key = (cell_m, max_access_m)
    if key not in by_size:
        by_size[key] = CellIndex(net, cell_m, max_access_m)
    return by_size[key]


def _contour(field: _Field, threshold: float, max_access_m: float) -> shapely.MultiPolygon:
    """Draw where both the walk and the access leg are short enough."""
    excess = np.maximum(field.walk - np.float32(threshold), field.access - np.float32(max_access_m))
    # Cut to a cell's length: where the field jumps (opposite banks) the border is half-way, and
    # elsewhere linear interpolation is exact. Cutting is monotone, so catchments stay nested.
    np.clip(excess, -1.5 * field.cell_m, 1.5 * field.cell_m, out=excess)
    # A cell exactly on the border is served, and rings must not touch at cell centres.
    excess[np.abs(excess) < BORDER_M] = -BORDER_M
    if not (excess < 0).any():
        return shapely.MultiPolygon()
    generator = contourpy.contour_generator(
        *field.grid, excess, fill_type=contourpy.FillType.OuterOffset
    )
    outlines: Any = generator.filled(-10 * field.cell_m, 0.0)
    points, offsets = outlines[0], outlines[1]  # per polygon: its vertices, and where rings begin
    starts = np.cumsum([0, *(len(p) for p in points[:-1])])
    rings = np.concatenate([[0], *(o[1:] + s for o, s in zip(offsets, starts, strict=True))])
    polygons = np.cumsum([0, *(len(o) - 1 for o in offsets)])
    parts = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, np.concatenate(points), (rings, polygons)
    )
    return shapely.MultiPolygon(list(parts))
