"""Cut polygons into pieces that are quick to work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt

_MAX_VERTICES = 256  # of a piece; larger ones make cutting slow


def polygons(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Take the polygons of any geometries; cutting may leave lines and points."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return np.asarray(parts[polygon & ~shapely.is_empty(parts)])


def subdivide(
    geometry: npt.NDArray[np.object_], max_vertices: int = _MAX_VERTICES
) -> npt.NDArray[np.object_]:
    """Halve polygons until each has few vertices, for fast cutting and comparing."""
    done = [geometry[:0]]
    while len(geometry):
        small = shapely.get_num_coordinates(geometry) <= max_vertices
        done.append(geometry[small])
        geometry = geometry[~small]
        x0, y0, x1, y1 = shapely.bounds(geometry).T
        wide = x1 - x0 > y1 - y0
        xm, ym = np.where(wide, (x0 + x1) / 2, x1), np.where(wide, y1, (y0 + y1) / 2)
        low = shapely.intersection(geometry, shapely.box(x0, y0, xm, ym))
        xs, ys = np.where(wide, xm, x0), np.where(wide, y0, ym)
        high = shapely.intersection(geometry, shapely.box(xs, ys, x1, y1))
        geometry = polygons(np.concatenate([low, high]))
    return np.concatenate(done)
