"""Residents: points that carry people, and the inhabited area around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.errors import InputError
from kiezreach.lonlat import in_plane
from kiezreach.sources.areas import area_of_points
from kiezreach.sources.columns import (
    check_groups_add_up,
    check_known,
    ids,
    require_columns,
    whole_numbers,
)
from kiezreach.sources.files import require_file
from kiezreach.sources.layers import POLYGONS, check_geometry, check_near, read_layer
from kiezreach.sources.places import projected_points

if TYPE_CHECKING:
    from kiezreach.study import Study

INHABITED_BUFFER_M = 25.0  # half a usual plot around an address, where no blocks are given


def read_residents(study: Study, areas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Read residents that stand on points already.

    Parameters
    ----------
    study
        The study.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.

    Returns
    -------
    residents : GeoDataFrame
        Points indexed and sorted by ``point_id`` in the CRS of `areas`, with
        ``planning_area_id`` (an area of the finest level), ``residents``, the age groups and
        ``row`` in the file.
    excluded : DataFrame
        ``file``, ``row``, ``id``, ``reason`` of points that lie in no planning area.

    Raises
    ------
    InputError
        If the file, an id or a count is wrong, the age groups do not add up, or nobody is left.
    """
    settings = study.residents
    path = study.path(settings.file)
    require_file(path)
    raw = read_layer(path, settings.layer)
    require_columns(
        raw, [settings.id_column, settings.residents_column, *settings.age_groups], path
    )
    point_id = ids(raw, settings.id_column, path)
    check_geometry(raw, {"Point"}, path, point_id)
    raw = raw.set_geometry(projected_points(raw.geometry, areas.crs))
    check_near(raw, shapely.box(*areas.total_bounds), path, what="residents")
    finest = areas[areas["level"] == areas["level"].iloc[-1]]
    if settings.area_column in raw:
        area = ids(raw, settings.area_column, path, unique=False)
        check_known(area, set(finest["area_id"]), "planning area", path, point_id)
    else:
        area = pd.Series(area_of_points(raw.geometry, finest), index=raw.index)
    columns = {settings.residents_column: "residents"} | {g: g for g in settings.age_groups}
    counts = {name: whole_numbers(raw, column, path) for column, name in columns.items()}
    residents = gpd.GeoDataFrame(
        {"point_id": point_id, "planning_area_id": area, **counts, "row": raw.index},
        geometry=raw.geometry,
    )
    check_groups_add_up(
        residents, settings.age_groups, residents["point_id"], "residents.age_groups", path
    )
    outside = residents["planning_area_id"] == ""
    excluded = pd.DataFrame(
        {
            "file": settings.file,
            "row": residents.index[outside],
            "id": residents.loc[outside, "point_id"],
            "reason": "the point lies in no planning area",
        }
    )
    residents = residents[~outside].set_index("point_id").sort_index()
    if residents.empty:
        msg = "nobody lives in the areas: no point lies in one of them"
        remedy = "Check that residents and areas are of the same place"
        raise InputError(msg, file=path, remedy=remedy)
    return residents, excluded


def read_inhabited(study: Study, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Read the inhabited area.

    Parameters
    ----------
    study
        The study.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.

    Returns
    -------
    GeoDataFrame or None
        Polygons in the CRS of `areas`; they may touch but cover no water that the study names.
        None if the study names no file.

    Raises
    ------
    InputError
        If the file or a geometry is wrong.
    """
    if study.inhabited is None:
        return None
    path = study.path(study.inhabited.file)
    require_file(path)
    raw = read_layer(path, study.inhabited.layer)
    check_geometry(raw, POLYGONS, path)
    inhabited = in_plane(raw, areas.crs)
    check_near(inhabited, shapely.box(*areas.total_bounds), path, what="inhabited areas")
    order = np.lexsort(shapely.bounds(inhabited.geometry.to_numpy()).T)
    return gpd.GeoDataFrame(geometry=inhabited.geometry.to_numpy()[order], crs=areas.crs)


def draw_inhabited(residents: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Draw the inhabited area around residents, where no blocks are given.

    Parameters
    ----------
    residents
        Points with ``residents``.

    Returns
    -------
    GeoDataFrame
        Polygons in the CRS of `residents` that do not touch.
    """
    peopled = residents[residents["residents"] > 0]
    around = shapely.union_all(peopled.geometry.buffer(INHABITED_BUFFER_M).to_numpy())
    return gpd.GeoDataFrame(geometry=shapely.get_parts(around), crs=residents.crs)
