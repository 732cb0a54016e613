"""Geometry for the web: generalised, in degrees, as short strings.

A ring or line becomes one string: differences between neighbouring points in units of 10^-6
degree (about 0.1 m), zigzag-coded in groups of five bits (the "encoded polyline" format with six
decimals). That takes a fifth of the room of GeoJSON and reads fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyproj

Rings = list[list[str]]  # polygons, each an outer ring and its holes

_DEGREES = 4326  # WGS 84, the CRS of every coordinate on the page
_UNITS_PER_DEGREE = 1_000_000
_AREA_TOLERANCE_M = 8.0  # of area borders: a third of a street's width
_SAME_AREA_SHARE = 0.01  # an area and the union of its parts differ by no more than this
_GROUP_BITS = 5
_FIRST_CHARACTER = 63
_FEWEST_POINTS = 3  # of a ring


def in_degrees(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Put shapes into degrees, without a jump of 360 degrees between neighbours.

    Parameters
    ----------
    shapes
        Shapes in a projected CRS.

    Returns
    -------
    GeoSeries
        In WGS 84. Longitudes count on from the middle of the projection, so that a place at the
        antimeridian may have some beyond 180.
    """
    degrees = shapes.to_crs(_DEGREES)
    middle = _middle_longitude(shapes.crs)
    if middle is None:
        return degrees

    def unwrapped(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        # Whole turns alone are added: what needs none stays as it is, to the last digit.
        turns = np.round((middle - xy[:, 0]) / 360.0)
        return np.column_stack([xy[:, 0] + 360.0 * turns, xy[:, 1]])

    return gpd.GeoSeries(
        shapely.transform(degrees.to_numpy(), unwrapped), index=shapes.index, crs=_DEGREES
    )


def _middle_longitude(crs: pyproj.CRS) -> float | None:
    """Return the longitude that a projection is made around, if it has one."""
    operation = crs.coordinate_operation
    for parameter in operation.params if operation else ():
        if parameter.name.lower().startswith("longitude of"):
            return float(parameter.value)
    return None


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
        For each geometry its polygons as encoded rings, in a fixed order. Rings that vanish in
        rounding are left out.
    """
    geometry = shapes.to_numpy()
    if tolerance_m:
        geometry = shapely.make_valid(shapely.simplify(geometry, tolerance_m))
    geometry = shapely.normalize(in_degrees(gpd.GeoSeries(geometry, crs=shapes.crs)).to_numpy())
    parts, part_of = shapely.get_parts(geometry, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # of collections
    part_of = part_of[inner]
    surface = shapely.get_dimensions(parts) == 2  # noqa: PLR2004 - polygons
    rings, ring_of = shapely.get_rings(parts[surface], return_index=True)
    encoded = encode_rings(rings)
    found: list[Rings] = [[] for _ in geometry]
    polygons: list[list[str]] = [[] for _ in range(int(surface.sum()))]
    first = np.r_[True, ring_of[1:] != ring_of[:-1]] if len(ring_of) else np.zeros(0, dtype=bool)
    for code, polygon, outer in zip(encoded, ring_of, first, strict=True):
        if code and (outer or polygons[polygon]):  # no hole without its outer ring
            polygons[polygon].append(code)
    for polygon, shape in zip(polygons, part_of[surface], strict=True):
        if polygon:
            found[shape].append(polygon)
    return found


def lines_on_page(shapes: gpd.GeoSeries, tolerance_m: float) -> list[str]:
    """Generalise and encode all lines of a layer."""
    geometry = shapely.simplify(shapes.to_numpy(), tolerance_m)
    geometry = in_degrees(gpd.GeoSeries(geometry, crs=shapes.crs)).to_numpy()
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return encode_lines(parts[shapely.get_dimensions(parts) == 1])


def encode_lines(lines: npt.NDArray[np.object_]) -> list[str]:
    """Encode lines in degrees.

    Parameters
    ----------
    lines
        Shape (n,): LineStrings, longitude first.

    Returns
    -------
    list
        For each line, latitude and longitude by turns, each as the difference to the point
        before, the first as it is.
    """
    xy, line_of = shapely.get_coordinates(lines, return_index=True)
    return _encode(_rounded(xy), line_of, len(lines))


def encode_rings(rings: npt.NDArray[np.object_]) -> list[str]:
    """Encode rings in degrees without their closing points; one without area is empty.

    Parameters
    ----------
    rings
        Shape (n,): LinearRings.
    """
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    whole = _rounded(xy)
    # A ring ends where it starts: each point that differs from its follower is kept.
    kept = np.zeros(len(whole), dtype=bool)
    kept[:-1] = (whole[1:] != whole[:-1]).any(axis=1) & (ring_of[1:] == ring_of[:-1])
    kept &= np.bincount(ring_of[kept], minlength=len(rings))[ring_of] >= _FEWEST_POINTS
    return _encode(whole[kept], ring_of[kept], len(rings))


def _rounded(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return latitude and longitude in whole units."""
    return np.round(xy[:, ::-1] * _UNITS_PER_DEGREE).astype(np.int64)


def _encode(
    whole: npt.NDArray[np.int64], line_of: npt.NDArray[np.int64], n_lines: int
) -> list[str]:
    """Encode points, given by line in rising order, to one text for each line."""
    step = np.diff(whole, axis=0, prepend=0)
    starts = np.flatnonzero(np.r_[True, line_of[1:] != line_of[:-1]][: len(whole)])
    step[starts] = whole[starts]
    flat = step.reshape(-1)
    value = np.where(flat < 0, ~(flat << 1), flat << 1)
    groups = max(-(-int(value.max(initial=0)).bit_length() // _GROUP_BITS), 1)
    shifted = value[:, None] >> (_GROUP_BITS * np.arange(groups + 1))
    more = shifted[:, 1:] > 0
    used = np.column_stack([np.ones(len(value), dtype=bool), more[:, :-1]])
    code = (shifted[:, :-1] & 31) + 32 * more + _FIRST_CHARACTER
    text = code[used].astype(np.uint8).tobytes().decode("ascii")
    letters = np.bincount(
        np.repeat(line_of, 2), weights=used.sum(axis=1), minlength=n_lines
    ).astype(np.int64)
    ends = np.cumsum(letters)
    return [text[end - n : end] for end, n in zip(ends.tolist(), letters.tolist(), strict=True)]
