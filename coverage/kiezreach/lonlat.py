"""Longitudes and latitudes, also of places that the antimeridian divides.

There, longitudes jump from 180 to -180: the bounds of a small island seem to span the globe, and
RFC 7946 has what crosses the line cut into parts. In a plane, both sides are neighbours again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt
    from pyproj import CRS

LONLAT = 4326
_HALF, _TURN = 180.0, 360.0
_ON_THE_LINE = 1e-6  # degrees: what rounding leaves between a cut and the antimeridian
_JOIN_M = 1e-3  # the ends of a cut meet up to rounding


def lonlat_bounds(geometry: gpd.GeoSeries | gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Return west, south, east and north of geometries in degrees.

    Parameters
    ----------
    geometry
        In any CRS.

    Returns
    -------
    array, shape (4,)
        East is above 180 where the antimeridian is the shorter way around; NaN or inf where the
        coordinates do not fit their CRS.
    """
    return bounds_of(shapely.get_coordinates(geometry.geometry.to_crs(LONLAT).to_numpy()))


def bounds_of(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return west, south, east and north of coordinates in degrees, shape (n, 2)."""
    bounds = np.concatenate([lonlat.min(axis=0), lonlat.max(axis=0)])
    if np.isfinite(bounds).all() and bounds[2] - bounds[0] > _HALF:
        lon = np.mod(lonlat[:, 0], _TURN)
        if np.ptp(lon) < bounds[2] - bounds[0]:
            bounds[[0, 2]] = lon.min(), lon.max()
    return bounds


def lonlat_box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    """Return the ground between bounds, of longitudes from -180 to 180.

    East may be above 180, or below west, where the ground crosses the antimeridian.
    """
    east += _TURN * (east < west)
    if east <= _HALF:
        return shapely.box(west, south, east, north)
    sides = [
        shapely.box(west, south, _HALF, north),
        shapely.box(-_HALF, south, east - _TURN, north),
    ]
    return shapely.MultiPolygon(sides)


def wrapped(lon: float) -> float:
    """Return a longitude between -180 and 180."""
    return lon if abs(lon) <= _HALF else (lon + _HALF) % _TURN - _HALF


def utm_zone(bounds: npt.NDArray[np.float64]) -> CRS:
    """Return the UTM zone in the middle of bounds as `lonlat_bounds` returns them."""
    west, south, east, north = bounds
    middle = shapely.Point(wrapped((west + east) / 2), (south + north) / 2)
    return gpd.GeoSeries([middle], crs=LONLAT).estimate_utm_crs()


def to_lonlat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Convert geometries to degrees without a jump at the antimeridian.

    Parameters
    ----------
    frame
        Geometries of one place, in any CRS.

    Returns
    -------
    GeoDataFrame
        In WGS 84; longitudes run up to 360 where the antimeridian divides the place.
    """
    degrees = frame.to_crs(LONLAT)
    if degrees.geometry.is_empty.all() or lonlat_bounds(degrees)[2] <= _HALF:
        return degrees
    east = shapely.transform(
        degrees.geometry.to_numpy(), lambda xy: np.column_stack([np.mod(xy[:, 0], _TURN), xy[:, 1]])
    )
    return degrees.set_geometry(gpd.GeoSeries(east, index=degrees.index, crs=LONLAT))


def cut_at_antimeridian(degrees: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut what crosses the antimeridian into parts on either side, as RFC 7946 asks for.

    Parameters
    ----------
    degrees
        Points, lines or polygons as `to_lonlat` returns them.

    Returns
    -------
    GeoDataFrame
        The same features with longitudes from -180 to 180; of what was cut, the parts.
    """
    shapes = degrees.geometry.to_numpy().copy()
    west, _, east, _ = shapely.bounds(shapes).T
    beyond = east > _HALF
    if not beyond.any():
        return degrees
    crossing = beyond & (west < _HALF)
    whole = shapes[crossing]
    sides = [
        shapely.intersection(whole, shapely.box(0, -_HALF, _HALF, _HALF)),
        _turned_back(shapely.intersection(whole, shapely.box(_HALF, -_HALF, _TURN, _HALF))),
    ]
    shapes[crossing] = [_same_kind(parts) for parts in zip(whole, *sides, strict=True)]
    shapes[beyond & ~crossing] = _turned_back(shapes[beyond & ~crossing])
    return degrees.set_geometry(gpd.GeoSeries(shapes, index=degrees.index, crs=LONLAT))


def _turned_back(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Take a whole turn off all longitudes."""
    return np.asarray(shapely.transform(shapes, lambda xy: xy - [_TURN, 0.0]), dtype=object)


def _same_kind(parts: tuple[shapely.Geometry, ...]) -> shapely.Geometry:
    """Collect the parts of a shape that are as it is: cutting may leave points and lines."""
    whole, *sides = parts
    flat = shapely.get_parts(shapely.get_parts(np.array(sides, dtype=object)))
    kept = flat[shapely.get_dimensions(flat) == shapely.get_dimensions(whole)]
    is_line = whole.geom_type.endswith("LineString")
    return shapely.multilinestrings(kept) if is_line else shapely.multipolygons(kept)


def in_plane(frame: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Convert geometries to a CRS in metres, parts that the antimeridian cut joined again.

    Parameters
    ----------
    frame
        Geometries in any CRS.
    crs
        The CRS to convert them to.
    """
    plane = frame.to_crs(crs)
    if not frame.crs.is_geographic:
        return plane
    west, _, east, _ = shapely.bounds(frame.geometry.to_numpy()).T
    cut = (west <= _ON_THE_LINE - _HALF) & (east >= _HALF - _ON_THE_LINE)
    if cut.any():
        shape = plane.geometry.to_numpy().copy()
        shape[cut] = [
            shapely.union_all(shapely.get_parts(one), grid_size=_JOIN_M) for one in shape[cut]
        ]
        plane = plane.set_geometry(gpd.GeoSeries(shape, index=plane.index, crs=crs))
    return plane
