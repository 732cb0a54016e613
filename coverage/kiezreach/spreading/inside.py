"""Set evenly spaced points inside polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt

SPACING_M: Final = 60.0
"""Points inside a block stand this far apart: about three plots, a tenth of a usual threshold."""


def points_inside(shapes: npt.NDArray[np.object_], spacing_m: float = SPACING_M) -> pd.DataFrame:
    """Return the points of a square lattice that lie in each polygon, at least one in each.

    Parameters
    ----------
    shapes
        Polygons in a projected CRS; an empty one has no point.
    spacing_m
        Side of the lattice, which begins at the CRS's origin: the points of a polygon depend on
        no other polygon.

    Returns
    -------
    DataFrame
        ``unit`` (position in `shapes`), ``x``, ``y``, sorted by them. A polygon between the
        points of the lattice has one point on its surface.
    """
    empty = shapely.is_empty(shapes)
    box = np.nan_to_num(shapely.bounds(shapes) / spacing_m - 0.5)
    first = np.ceil(box[:, :2]).astype(np.int64)
    count = np.where(empty[:, None], 0, np.floor(box[:, 2:]).astype(np.int64) - first + 1)
    number = count.prod(axis=1)
    unit = np.repeat(np.arange(len(shapes)), number)
    k = np.arange(len(unit)) - np.repeat(np.cumsum(number) - number, number)
    column, row = k // np.maximum(count[unit, 1], 1), k % np.maximum(count[unit, 1], 1)
    x = (first[unit, 0] + column + 0.5) * spacing_m
    y = (first[unit, 1] + row + 0.5) * spacing_m
    shapely.prepare(shapes)
    inside = shapely.contains_xy(shapes[unit], x, y)
    unit, x, y = unit[inside], x[inside], y[inside]
    missed = np.setdiff1d(np.flatnonzero(~empty), unit)
    middle = shapely.point_on_surface(shapes[missed])
    table = pd.DataFrame(
        {
            "unit": np.concatenate([unit, missed]),
            "x": np.concatenate([x, shapely.get_x(middle)]),
            "y": np.concatenate([y, shapely.get_y(middle)]),
        }
    )
    return table.sort_values(["unit", "x", "y"], ignore_index=True)
