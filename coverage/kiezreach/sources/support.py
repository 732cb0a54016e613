"""What residents are spread over: blocks, addresses and population grids."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from kiezreach.errors import InputError, StudyError, shown
from kiezreach.lonlat import in_plane
from kiezreach.sources.areas import area_of_points
from kiezreach.sources.columns import (
    check_known,
    ids,
    numbers,
    require_columns,
    row_of,
    weights,
)
from kiezreach.sources.files import TABLE_SUFFIXES, read_table, require_file
from kiezreach.sources.layers import POLYGONS, check_geometry, check_near, read_layer
from kiezreach.sources.places import projected_points

if TYPE_CHECKING:
    from kiezreach.study import Addresses, Blocks, Grid, PlaceFile, Study

_PLACES = {"Point", *POLYGONS}  # a building counts at a point inside it


def read_blocks(study: Study, blocks: Blocks, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Read residential blocks.

    Parameters
    ----------
    study
        The study.
    blocks
        Its table of blocks.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.

    Returns
    -------
    GeoDataFrame
        Polygons in the CRS of `areas`, with ``weight`` if the study names one.

    Raises
    ------
    InputError
        If the file, a geometry or a weight is wrong, or no block lies in an area.
    """
    path = study.path(blocks.file)
    require_file(path)
    raw = read_layer(path, blocks.layer)
    check_geometry(raw, POLYGONS, path)
    frame = in_plane(gpd.GeoDataFrame(geometry=raw.geometry), areas.crs)
    _require_inside(frame, _finest(areas), path, "blocks")
    if blocks.weight_column is not None:
        require_columns(raw, [blocks.weight_column], path)
        frame["weight"] = weights(raw, blocks.weight_column, path)
    return frame


def read_addresses(
    study: Study, addresses: Addresses, areas: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Read addresses or buildings that residents are spread over.

    Parameters
    ----------
    study
        The study.
    addresses
        Its table of addresses.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.

    Returns
    -------
    places : GeoDataFrame
        Points in the CRS of `areas` with ``planning_area_id``, and ``weight`` if the study names
        one.
    excluded : DataFrame
        ``file``, ``row``, ``id`` (empty), ``reason`` of those in no planning area.

    Raises
    ------
    InputError
        If the file, a place, an id or a weight is wrong, or no place lies in an area.
    """
    path = study.path(addresses.file)
    raw = _read_places(study, addresses, path)
    check_geometry(raw, _PLACES, path)
    at_door = raw.geometry.geom_type == "Point"
    points = raw.geometry.where(at_door, raw.geometry.representative_point())
    frame = gpd.GeoDataFrame(geometry=projected_points(points, areas.crs))
    finest = _finest(areas)
    _require_inside(frame, finest, path, "addresses")
    if addresses.area_column in raw:
        frame["planning_area_id"] = _known_areas(raw, addresses.area_column, finest, path)
    else:
        frame["planning_area_id"] = area_of_points(frame.geometry, finest)
    if addresses.weight_column is not None:
        require_columns(raw, [addresses.weight_column], path)
        frame["weight"] = weights(raw, addresses.weight_column, path)
    outside = frame["planning_area_id"] == ""
    excluded = pd.DataFrame(
        {
            "file": addresses.file,
            "row": frame.index[outside],
            "id": "",
            "reason": "the address lies in no planning area",
        }
    )
    return frame[~outside], excluded


def read_grid(study: Study, grid: Grid, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Read the cells of a population grid.

    Parameters
    ----------
    study
        The study.
    grid
        Its table of the grid.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.

    Returns
    -------
    GeoDataFrame
        Polygons in the CRS of `areas` with ``residents``; cells without residents are left out.

    Raises
    ------
    InputError
        If the file, a geometry or a count is wrong, the middles of cells come without
        ``cell_m``, or no cell lies in an area.
    """
    path = study.path(grid.file)
    raw = _read_places(study, grid, path)
    require_columns(raw, [grid.residents_column], path)
    check_geometry(raw, _PLACES, path)
    count = weights(raw, grid.residents_column, path)
    frame = gpd.GeoDataFrame(geometry=_cells(raw.geometry, grid, path)).assign(residents=count)
    frame = in_plane(frame[frame["residents"] > 0], areas.crs)
    _require_inside(frame, _finest(areas), path, "grid cells with residents")
    return frame


def _cells(shapes: gpd.GeoSeries, grid: Grid, path: Path) -> gpd.GeoSeries:
    """Return cells as polygons: squares around their middles where the file has those."""
    middles = shapes.geom_type == "Point"
    if not middles.any():
        return shapes
    if grid.cell_m is None:
        msg = "has the middles of cells, and the study does not say how large they are"
        remedy = "Set residents.support.grid.cell_m, for example to 100"
        raise InputError(msg, file=path, remedy=remedy)
    if not shapes.crs.is_projected:
        msg = f"the middles of its cells are in {shapes.crs.to_string()}, in degrees"
        remedy = "Give them in the CRS in which cells are squares (mostly EPSG:3035)"
        raise InputError(msg, file=path, remedy=remedy)
    half = grid.cell_m / 2
    x, y = shapes[middles].x, shapes[middles].y
    squares = gpd.GeoSeries(
        shapely.box(x - half, y - half, x + half, y + half), index=x.index, crs=shapes.crs
    )
    return shapes.where(~middles, squares)


def _read_places(study: Study, places: PlaceFile, path: Path) -> gpd.GeoDataFrame:
    """Read a layer, or a table with coordinates."""
    require_file(path)
    if path.suffix.lower() not in TABLE_SUFFIXES:
        return read_layer(path, places.layer)
    raw = read_table(path)
    columns = [places.x_column, places.y_column]
    require_columns(raw, columns, path)
    values = []
    for column in columns:
        remedy = "Give a coordinate with a decimal point"
        value = numbers(raw, column, path, remedy=remedy)
        if np.isnan(value).any():
            at = int(np.isnan(value).argmax())
            msg = f"'{column}' is empty"
            raise InputError(msg, file=path, row=row_of(raw, at), remedy=remedy)
        values.append(value)
    try:
        crs = CRS.from_user_input(places.crs)
    except CRSError as error:
        msg = f"crs = '{shown(places.crs)}' of {Path(places.file).name} is not a known CRS"
        remedy = "Give an authority code such as EPSG:3035"
        raise StudyError(msg, file=study.file, remedy=remedy) from error
    return gpd.GeoDataFrame(raw, geometry=gpd.points_from_xy(*values), crs=crs)


def _finest(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return areas[areas["level"] == areas["level"].iloc[-1]]


def _known_areas(
    raw: gpd.GeoDataFrame, column: str, finest: gpd.GeoDataFrame, path: Path
) -> pd.Series:
    """Return the planning area that each row names, checked."""
    area_id = ids(raw, column, path, unique=False)
    check_known(area_id, set(finest["area_id"]), "planning area", path)
    return area_id


def _require_inside(
    frame: gpd.GeoDataFrame, finest: gpd.GeoDataFrame, path: Path, what: str
) -> None:
    """Raise an error if no feature lies in any planning area."""
    check_near(frame, shapely.box(*finest.total_bounds), path, what=what)
    tree = shapely.STRtree(finest.geometry.to_numpy())
    if not tree.query(frame.geometry.to_numpy(), predicate="intersects").size:
        msg = f"none of its {len(frame):,} {what} lies in a planning area"
        remedy = "Check that the file is of the same place as the areas"
        raise InputError(msg, file=path, remedy=remedy)
