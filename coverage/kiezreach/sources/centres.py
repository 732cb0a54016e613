"""Neighbourhood centres, each with its place checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.errors import InputError
from kiezreach.sources.areas import area_of_points
from kiezreach.sources.files import ids, read_layer, read_table, require_columns

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.study import Study

_TEXT_COLUMNS = (
    "name", "kind", "operator", "address", "wheelchair", "source", "source_date", "note"
)  # fmt: skip
_TABLES = {".csv", ".tsv", ".txt"}


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
        ``note`` (text, empty where unknown) and ``district_id`` (empty outside all areas).
    excluded : DataFrame
        ``file``, ``row``, ``id``, ``reason`` of the centres that were left out: another kind
        than the study counts, or farther outside the areas than the largest threshold.

    Raises
    ------
    InputError
        If the file, an id or a coordinate is wrong, lon and lat are swapped throughout, or no
        centre is left.
    """
    path = study.path(study.centres.file)
    raw = read_table(path) if path.suffix in _TABLES else read_layer(path)
    require_columns(raw, [study.centres.id_column, "name"], path)
    centre_id = ids(raw, study.centres.id_column, path)
    points = _from_lonlat(raw, path) if path.suffix in _TABLES else _from_layer(raw, path)
    points = points.to_crs(areas.crs)
    columns = {
        name: raw[name].astype("string").fillna("").astype(object) if name in raw else ""
        for name in _TEXT_COLUMNS
    }
    centres = gpd.GeoDataFrame({"centre_id": centre_id, **columns}, geometry=points)
    reason = _exclusions(study, centres, areas, path)
    excluded = pd.DataFrame(
        {"file": study.centres.file, "row": centres.index, "id": centre_id, "reason": reason}
    )[reason != ""]
    centres = centres[reason == ""].copy()
    if centres.empty:
        msg = f"no centre is left: {excluded['reason'].iloc[0]} (the first of {len(excluded)})"
        raise InputError(msg, file=path, remedy="Check the places and kinds of the centres")
    coarsest = areas[areas["level"] == areas["level"].iloc[0]]
    centres["district_id"] = area_of_points(centres.geometry, coarsest)
    return centres.set_index("centre_id").sort_index(), excluded


def _from_lonlat(raw: pd.DataFrame, path: Path) -> gpd.GeoSeries:
    """Make points of the columns lon and lat."""
    require_columns(raw, ["lon", "lat"], path)
    values = {}
    for column, limit in (("lon", 180.0), ("lat", 90.0)):
        number = pd.to_numeric(raw[column], errors="coerce").to_numpy(dtype=float)
        bad = ~(np.abs(number) <= limit)
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            msg = f"'{column}' is '{raw[column].iloc[at]}'"
            remedy = f"Give decimal degrees between {-limit:.0f} and {limit:.0f}, with a point"
            raise InputError(msg, file=path, row=f"row {raw.index[at]}", remedy=remedy)
        values[column] = number
    points = gpd.points_from_xy(values["lon"], values["lat"])
    return gpd.GeoSeries(points, index=raw.index, crs=4326)


def _from_layer(raw: gpd.GeoDataFrame, path: Path) -> gpd.GeoSeries:
    """Take the points of a layer; of a building or site, a point inside it."""
    geometry = raw.geometry
    empty = geometry.isna() | geometry.is_empty
    if empty.any():
        msg = "the geometry is empty"
        remedy = "Give every centre a point"
        raise InputError(msg, file=path, row=f"row {empty.idxmax()}", remedy=remedy)
    return geometry.where(geometry.geom_type == "Point", geometry.representative_point())


def _exclusions(
    study: Study, centres: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, path: Path
) -> npt.NDArray[np.object_]:
    """Why each centre is left out; empty for those that stay."""
    region = shapely.union_all(areas.geometry[areas["level"] == areas["level"].iloc[0]].to_numpy())
    beyond = max(study.analysis.thresholds_m)
    away = shapely.distance(centres.geometry.to_numpy(), region)
    outside = ~(away <= beyond)
    lonlat = centres.geometry.to_crs(4326)
    swapped = gpd.GeoSeries(gpd.points_from_xy(lonlat.y, lonlat.x), crs=4326).to_crs(areas.crs)
    would_fit = outside & shapely.intersects(region, swapped.to_numpy())
    if would_fit.sum() > len(centres) / 2:
        at = int(np.flatnonzero(would_fit)[0])
        msg = f"lon and lat are swapped ({would_fit.sum()} of {len(centres)} centres)"
        row = f"row {centres.index[at]}"
        raise InputError(msg, file=path, row=row, remedy="Exchange the two columns")
    reason = np.full(len(centres), "", dtype=object)
    for i in np.flatnonzero(outside):
        reason[i] = f"{away[i] / 1000:.1f} km outside the areas"
        if would_fit[i]:
            reason[i] += "; lon and lat look swapped"
    if study.centres.kinds is not None:
        other = ~centres["kind"].isin(study.centres.kinds).to_numpy()
        for i in np.flatnonzero(other):
            reason[i] = f"kind '{centres['kind'].iloc[i]}' is not among the study's kinds"
    return reason
