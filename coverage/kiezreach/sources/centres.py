"""Neighbourhood centres, each with its place checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.errors import InputError, shown
from kiezreach.sources.areas import area_of_points
from kiezreach.sources.columns import ids, numbers, require_columns, row_of
from kiezreach.sources.files import TABLE_SUFFIXES, read_table, require_file
from kiezreach.sources.layers import POLYGONS, check_geometry, read_layer

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.study import Study

_TEXT_COLUMNS = (
    "name", "kind", "operator", "address", "wheelchair", "source", "source_date", "note"
)  # fmt: skip
_PLACES = {"Point", *POLYGONS}  # a building or site counts at a point inside it


def read_centres(study: Study, areas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Read the centres of a study.

    Parameters
    ----------
    study
        The study.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.

    Returns
    -------
    centres : GeoDataFrame
        Points indexed and sorted by ``centre_id``, in the CRS of `areas`, with ``name``,
        ``kind``, ``operator``, ``address``, ``wheelchair``, ``source``, ``source_date``,
        ``note`` (text, empty where unknown), ``floor_space_m2`` (NaN where unknown),
        ``district_id`` (empty outside all areas) and ``row`` in the file.
    excluded : DataFrame
        ``file``, ``row``, ``id``, ``reason`` of the centres that were left out: another kind
        than the study counts, or farther outside the areas than the longest walk.

    Raises
    ------
    InputError
        If the file, an id, a floor space or a coordinate is wrong, lon and lat are swapped
        throughout, or no centre is left.
    """
    path = study.path(study.centres.file)
    require_file(path)
    is_table = path.suffix.lower() in TABLE_SUFFIXES
    raw = read_table(path) if is_table else read_layer(path, study.centres.layer)
    needed = ["name", "kind"] if study.centres.kinds else ["name"]
    require_columns(raw, [study.centres.id_column, *needed], path)
    centre_id = ids(raw, study.centres.id_column, path)
    if is_table:
        points = _from_lonlat(raw, path)
    else:
        check_geometry(raw, _PLACES, path, centre_id)
        at_home = raw.geometry.geom_type == "Point"
        points = raw.geometry.where(at_home, raw.geometry.representative_point())
    points = points.to_crs(areas.crs)
    columns = {
        name: raw[name].astype("string").fillna("").astype(object) if name in raw else ""
        for name in _TEXT_COLUMNS
    }
    columns["floor_space_m2"] = _floor_space(raw, path)
    centres = gpd.GeoDataFrame({"centre_id": centre_id, **columns}, geometry=points)
    reason = _exclusions(study, centres, areas, path)
    excluded = pd.DataFrame(
        {"file": study.centres.file, "row": centres.index, "id": centre_id, "reason": reason}
    )[reason != ""]
    centres = centres[reason == ""].copy()
    if centres.empty:
        first = excluded.iloc[0]
        msg = f"none of its {len(excluded)} centres can be used; this one: {first['reason']}"
        remedy = "Check the places of the centres, their CRS, and centres.kinds of the study"
        raise InputError(msg, file=path, row=f"id {shown(first['id'])}", remedy=remedy)
    coarsest = areas[areas["level"] == areas["level"].iloc[0]]
    centres["district_id"] = area_of_points(centres.geometry, coarsest)
    centres["row"] = centres.index
    return centres.set_index("centre_id").sort_index(), excluded


def _floor_space(raw: pd.DataFrame, path: Path) -> npt.NDArray[np.float64]:
    """Return the floor space of each centre in square metres, NaN where it is not given."""
    if "floor_space_m2" not in raw:
        return np.full(len(raw), np.nan)
    text = raw[["floor_space_m2"]].astype(object).where(raw[["floor_space_m2"]].notna(), "")
    remedy = "Give square metres with a decimal point; leave it empty where it is not known"
    values = numbers(text, "floor_space_m2", path, remedy=remedy)
    if (values <= 0).any():
        at = int((values <= 0).argmax())
        msg = f"'floor_space_m2' is {shown(raw['floor_space_m2'].iloc[at])}, no size of a floor"
        raise InputError(msg, file=path, row=row_of(raw, at), remedy=remedy)
    return values


def _from_lonlat(raw: pd.DataFrame, path: Path) -> gpd.GeoSeries:
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


def _exclusions(
    study: Study, centres: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, path: Path
) -> npt.NDArray[np.object_]:
    """Why each centre is left out; empty for those that stay."""
    region = shapely.union_all(areas.geometry[areas["level"] == areas["level"].iloc[0]].to_numpy())
    beyond = study.analysis.max_walk_m
    away = shapely.distance(centres.geometry.to_numpy(), region)
    outside = ~(away <= beyond)
    lonlat = centres.geometry.to_crs(4326)
    swapped = gpd.GeoSeries(gpd.points_from_xy(lonlat.y, lonlat.x), crs=4326).to_crs(areas.crs)
    would_fit = outside & (shapely.distance(swapped.to_numpy(), region) <= beyond)
    if would_fit.sum() > len(centres) / 2:
        at = int(would_fit.argmax())
        west, south = areas.to_crs(4326).total_bounds[:2]
        msg = f"longitude and latitude are swapped in {would_fit.sum()} of {len(centres)} centres"
        remedy = f"Exchange them: the areas begin at longitude {west:.2f}, latitude {south:.2f}"
        raise InputError(msg, file=path, row=row_of(centres, at), remedy=remedy)
    reason = np.full(len(centres), "", dtype=object)
    for i in np.flatnonzero(outside):
        reason[i] = f"{away[i] / 1000:,.1f} km outside the areas"
        if would_fit[i]:
            reason[i] += "; longitude and latitude look swapped"
    if study.centres.kinds is not None:
        other = ~centres["kind"].isin(study.centres.kinds).to_numpy()
        for i in np.flatnonzero(other):
            reason[i] = f"kind '{shown(centres['kind'].iloc[i])}' is not among the study's kinds"
    return reason
