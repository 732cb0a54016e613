"""Cut polygons: into pieces that are quick to work with, and out of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

_NOTHING = shapely.MultiPolygon()
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


def polygons_of(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return the polygons of each geometry; points and lines where shapes touch are left out."""
    mixed = ~np.isin(shapely.get_type_id(shapes), (3, 6))  # Polygon, MultiPolygon
    result = shapes.copy()
    parts, index = shapely.get_parts(shapes[mixed], return_index=True)
    flat = shapely.get_dimensions(parts) == 2  # noqa: PLR2004 - a surface
    whole = np.full(len(np.flatnonzero(mixed)), _NOTHING, dtype=object)
    if flat.any():
        shapely.multipolygons(parts[flat], indices=index[flat], out=whole)
    result[mixed] = whole
    return result


def without(
    shapes: npt.NDArray[np.object_], taken: npt.NDArray[np.object_]
) -> npt.NDArray[np.object_]:
    """Return shapes less the ground that something else takes."""
    row, other = shapely.STRtree(taken).query(shapes, predicate="intersects")
    result = shapes.copy()
    for k, own in pd.Series(other).groupby(row, sort=True):
        result[k] = shapely.difference(result[k], shapely.union_all(taken[own.to_numpy()]))
    return polygons_of(result)


def tiles(geometry: gpd.GeoSeries, size_m: float = 1000.0) -> npt.NDArray[np.object_]:
    """Cut polygons into square tiles, so that a spatial index can tell their parts apart."""
    xmin, ymin, xmax, ymax = geometry.total_bounds
    gx, gy = np.meshgrid(np.arange(xmin, xmax, size_m), np.arange(ymin, ymax, size_m))
    squares = shapely.box(gx.ravel(), gy.ravel(), gx.ravel() + size_m, gy.ravel() + size_m)
    parts = shapely.get_parts(shapely.make_valid(geometry.to_numpy()))
    square, part = shapely.STRtree(parts).query(squares, predicate="intersects")
    pieces = shapely.get_parts(shapely.intersection(parts[part], squares[square]))
    return np.asarray(pieces[shapely.get_dimensions(pieces) == shapely.get_dimensions(parts[0])])
