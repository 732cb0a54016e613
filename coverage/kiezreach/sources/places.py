"""Places with a name and an id, of a table with lon and lat or of a layer, as checked points."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kiezreach.errors import InputError, shown
from kiezreach.lonlat import lonlat_bounds
from kiezreach.sources.columns import ids, plain_texts, require_columns, row_of
from kiezreach.sources.files import TABLE_SUFFIXES, read_table, require_file
from kiezreach.sources.layers import POLYGONS, check_geometry, read_layer

_PLACES = {"Point", *POLYGONS}  # a building or site counts at a point inside it
_DECIMALS = 6  # of metres


def read_places(
    path: Path, layer: str | None, id_column: str, needed: list[str]
) -> tuple[pd.DataFrame, pd.Series, gpd.GeoSeries]:
    """Read a file of places.

    Parameters
    ----------
    path
        A CSV with lon and lat in decimal degrees, or a layer of points or polygons.
    layer
        Layer to read, for a file with several.
    id_column
        Column with the unique id of each place.
    needed
        Further columns that have to be there.

    Returns
    -------
    raw : DataFrame
        The rows as they are.
    place_id : Series
        Their ids as text.
    points : GeoSeries
        Where they are, in the CRS of the file.

    Raises
    ------
    InputError
        If the file, an id or a coordinate is wrong.
    """
    require_file(path)
    is_table = path.suffix.lower() in TABLE_SUFFIXES
    raw = read_table(path) if is_table else read_layer(path, layer)
    require_columns(raw, [id_column, *needed], path)
    place_id = ids(raw, id_column, path)
    if is_table:
        return raw, place_id, lonlat_points(raw, path)
    check_geometry(raw, _PLACES, path, place_id)
    at_home = raw.geometry.geom_type == "Point"
    return raw, place_id, raw.geometry.where(at_home, raw.geometry.representative_point())


def text_columns(raw: pd.DataFrame, names: tuple[str, ...]) -> dict[str, pd.Series | str]:
    """Return columns as text, empty where a value or the whole column is missing."""
    return {name: plain_texts(raw[name]) if name in raw else "" for name in names}


def reasons_outside(
    points: gpd.GeoSeries, areas: gpd.GeoDataFrame, beyond_m: float, path: Path, *, what: str
) -> npt.NDArray[np.object_]:
    """Say of each place why it is too far outside the areas to count; empty for the others.

    Parameters
    ----------
    points
        Places in the CRS of `areas`, indexed by row.
    areas
        Areas of all levels.
    beyond_m
        How far outside a place still counts, in metres.
    path
        The file they come from.
    what
        What the places are, for the message.

    Raises
    ------
    InputError
        If longitude and latitude are swapped throughout.
    """
    region = shapely.union_all(areas.geometry[areas["level"] == areas["level"].iloc[0]].to_numpy())
    away = shapely.distance(points.to_numpy(), region)
    outside = ~(away <= beyond_m)
    lonlat = points.to_crs(4326)
    swapped = gpd.GeoSeries(gpd.points_from_xy(lonlat.y, lonlat.x), crs=4326).to_crs(areas.crs)
    with np.errstate(invalid="ignore"):  # a longitude beyond 90 is no latitude: nowhere
        would_fit = outside & (shapely.distance(swapped.to_numpy(), region) <= beyond_m)
    if would_fit.sum() > len(points) / 2:
        at = int(would_fit.argmax())
        west, south = lonlat_bounds(areas)[:2]
        msg = f"longitude and latitude are swapped in {would_fit.sum()} of {len(points)} {what}"
        remedy = f"Exchange them: the areas begin at longitude {west:.2f}, latitude {south:.2f}"
        raise InputError(msg, file=path, row=row_of(points.to_frame(), at), remedy=remedy)
    reason = np.full(len(points), "", dtype=object)
    for i in np.flatnonzero(outside):
        reason[i] = f"{away[i] / 1000:,.1f} km outside the areas"
        if would_fit[i]:
            reason[i] += "; longitude and latitude look swapped"
    return reason


def projected_points(points: gpd.GeoSeries, crs: object) -> gpd.GeoSeries:
    """Return points in another CRS, to the micrometre.

    Versions of PROJ differ in the last digits of what they compute; figures and layers must not.

    Parameters
    ----------
    points
        Points in any CRS.
    crs
        A CRS in metres.
    """
    if points.crs == crs:
        return points
    moved = points.to_crs(crs)
    rounded = shapely.transform(moved.to_numpy(), lambda xy: np.round(xy, _DECIMALS))
    return gpd.GeoSeries(rounded, index=moved.index, crs=moved.crs)


def lonlat_points(raw: pd.DataFrame, path: Path) -> gpd.GeoSeries:
    """Make points of the columns lon and lat."""
    require_columns(raw, ["lon", "lat"], path)
    values = {}
    for column, limit in (("lon", 180.0), ("lat", 90.0)):
        number = pd.to_numeric(raw[column], errors="coerce").to_numpy(dtype=float)
        bad = ~(np.abs(number) <= limit)
        if bad.any():
            at = int(bad.argmax())
            value = shown(raw[column].iloc[at])
            msg = f"'{column}' is '{value}'" if value else f"'{column}' is empty"
            remedy = f"Give decimal degrees from {-limit:.0f} to {limit:.0f}, with a decimal point"
            raise InputError(msg, file=path, row=row_of(raw, at), remedy=remedy)
        values[column] = number
    points = gpd.points_from_xy(values["lon"], values["lat"])
    return gpd.GeoSeries(points, index=raw.index, crs=4326)
