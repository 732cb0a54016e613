"""Geometry for the web: generalised, in degrees, as short strings.

A ring or line becomes one string: differences between neighbouring points in units of 10^-5
degree (about 1 m), zigzag-coded in groups of five bits (the "encoded polyline" format). That
takes a fifth of the room of GeoJSON and reads fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt

Rings = list[list[str]]  # polygons, each an outer ring and its holes

DEGREES = 4326  # WGS 84, the CRS of every coordinate on the page
_UNITS_PER_DEGREE = 100_000
_AREA_TOLERANCE_M = 8.0  # of area borders: a third of a street's width
_SAME_AREA_SHARE = 0.01  # an area and the union of its parts differ by no more than this
_GROUP_BITS = 5
_FIRST_CHARACTER = 63


def simplify_levels(areas: gpd.GeoDataFrame) -> dict[str, gpd.GeoSeries]:
    """Generalise the areas of every level with shared borders kept shared.

    Parameters
    ----------
    areas
        ``level`` from the coarsest to the finest, ``area_id``, ``parent_id`` and geometry, in
        metres.

    Returns
    -------
    dict
        Per level, in the order of `areas`, the geometries by area id. Where areas are the sum
        of the areas below them, so are their generalised shapes.
    """
    levels = list(dict.fromkeys(areas["level"]))
    shapes: dict[str, gpd.GeoSeries] = {}
    below: gpd.GeoDataFrame | None = None
    for level in reversed(levels):
        frame = areas[areas["level"] == level].set_index("area_id")
        merged = None if below is None else below.dissolve("parent_id").reindex(frame.index)
        if merged is not None and _same(merged.geometry, frame.geometry):
            shape = merged.geometry
        else:
            simple = shapely.coverage_simplify(frame.geometry.to_numpy(), _AREA_TOLERANCE_M)
            shape = gpd.GeoSeries(shapely.make_valid(simple), index=frame.index, crs=areas.crs)
        shapes[level] = shape
        below = gpd.GeoDataFrame({"parent_id": frame["parent_id"]}, geometry=shape)
    return {level: shapes[level] for level in levels}


def _same(merged: gpd.GeoSeries, own: gpd.GeoSeries) -> bool:
    """Tell whether areas are the sum of their parts, but for generalising."""
    size = own.area.to_numpy()
    off = np.abs(np.nan_to_num(merged.area.to_numpy()) - size)
    return bool((off <= _SAME_AREA_SHARE * size).all())


def without_small_holes(shape: shapely.Geometry, smallest_m2: float) -> shapely.MultiPolygon:
    """Fill the holes of a polygon or multipolygon that are smaller than an area."""
    filled = []
    for part in shapely.get_parts(shape):
        holes = [hole for hole in part.interiors if shapely.Polygon(hole).area >= smallest_m2]
        filled.append(shapely.Polygon(part.exterior, holes))
    return shapely.MultiPolygon(filled)


def polygons_on_page(shapes: gpd.GeoSeries, tolerance_m: float = 0.0) -> list[Rings]:
    """Generalise and encode polygons.

    Parameters
    ----------
    shapes
        Polygons and multipolygons in a projected CRS.
    tolerance_m
        Largest shift of a border in metres; 0 keeps all points.

    Returns
    -------
    list
        For each geometry its polygons as encoded rings, in a fixed order.
    """
    geometry = shapes.to_numpy()
    if tolerance_m:
        geometry = shapely.make_valid(shapely.simplify(geometry, tolerance_m))
    geometry = gpd.GeoSeries(geometry, crs=shapes.crs).to_crs(DEGREES).to_numpy()
    return [_rings(shape) for shape in shapely.normalize(geometry)]


def lines_on_page(shapes: gpd.GeoSeries, tolerance_m: float) -> list[str]:
    """Generalise and encode all lines of a layer."""
    geometry = shapely.simplify(shapes.to_numpy(), tolerance_m)
    geometry = gpd.GeoSeries(geometry, crs=shapes.crs).to_crs(DEGREES).to_numpy()
    parts = shapely.get_parts(shapely.get_parts(geometry))
    lines = parts[shapely.get_dimensions(parts) == 1]
    return [encode(shapely.get_coordinates(line)) for line in lines]


def _rings(shape: shapely.Geometry) -> Rings:
    """Encode the polygons of one geometry; rings that vanish in rounding are left out."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    found = []
    for part in parts[shapely.get_dimensions(parts) == 2]:  # noqa: PLR2004 - polygons
        outer, *holes = [_rounded_ring(shapely.get_coordinates(r)) for r in shapely.get_rings(part)]
        if len(outer):
            found.append([encode(outer), *(encode(hole) for hole in holes if len(hole))])
    return found


def _rounded_ring(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Drop the closing point and points that rounding makes equal; empty if no area is left."""
    whole = np.round(xy * _UNITS_PER_DEGREE)
    xy = xy[:-1][(whole[1:] != whole[:-1]).any(axis=1)]
    return xy if len(xy) > 2 else xy[:0]  # noqa: PLR2004 - a ring has three points


def encode(xy: npt.NDArray[np.float64]) -> str:
    """Encode a line.

    Parameters
    ----------
    xy
        Shape (n, 2): longitude and latitude in degrees.

    Returns
    -------
    str
        Latitude and longitude by turns, each as the difference to the point before.
    """
    whole = np.round(xy[:, ::-1] * _UNITS_PER_DEGREE).astype(np.int64)
    step = np.diff(whole, axis=0, prepend=0).reshape(-1)
    value = np.where(step < 0, ~(step << 1), step << 1)
    groups = max(int(value.max(initial=0)).bit_length() + _GROUP_BITS - 1, 1) // _GROUP_BITS or 1
    shifted = value[:, None] >> (_GROUP_BITS * np.arange(groups + 1))
    more = shifted[:, 1:] > 0
    used = np.column_stack([np.ones(len(value), dtype=bool), more[:, :-1]])
    code = (shifted[:, :-1] & 31) + 32 * more + _FIRST_CHARACTER
    return code[used].astype(np.uint8).tobytes().decode("ascii")
