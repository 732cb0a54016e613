"""Areas of every level, as one checked hierarchy."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Proj
from pyproj.exceptions import CRSError

from kiezreach.errors import InputError, StudyError, shown
from kiezreach.lonlat import in_plane, lonlat_bounds, lonlat_box, utm_zone, wrapped
from kiezreach.sources.columns import check_known, check_leading_zeros, ids, names, require_columns
from kiezreach.sources.files import require_file
from kiezreach.sources.layers import POLYGONS, check_geometry, read_layer

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.study import Level, Study

_MAX_OVERLAP_SHARE = 0.001  # of the smaller area: what generalising and rounding may leave
_MIN_SHARE_IN_PARENT = 0.9  # of an area: borders of two publishers differ by a few percent
_MAX_STRETCH = 0.01  # longest error of a length by the CRS: UTM stays below 0.1 % in its zone

CITY = "city"  # level and id of all areas together


def read_areas(study: Study) -> gpd.GeoDataFrame:
    """Read the areas of every level.

    Parameters
    ----------
    study
        The study; its CRS is used, or else the UTM zone of the finest level.

    Returns
    -------
    GeoDataFrame
        ``level``, ``area_id``, ``name`` (the id where there is none), ``parent_id`` (empty at
        the coarsest level) and
        ``geometry`` in a projected CRS, from the coarsest level to the finest, sorted by id.

    Raises
    ------
    InputError
        If a file, an id or a geometry is wrong, areas of a level overlap, or an area does not
        lie in its parent.
    """
    frames: list[gpd.GeoDataFrame] = []
    crs: CRS | None = None
    for level in reversed(study.areas.levels):
        path = study.path(level.file or study.areas.file)
        require_file(path)
        frame = _read_level(study, level, path)
        crs = crs or _study_crs(study, frame, path)
        frame = in_plane(frame, crs)
        _check_no_overlap(frame, path)
        frames.insert(0, frame)
    for parent, child in itertools.pairwise(frames):
        _check_parents(parent, child, study)
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=crs)


def holding_areas(areas: gpd.GeoDataFrame, level: str) -> pd.Series:
    """Return for each planning area the area of a level that it lies in.

    Parameters
    ----------
    areas
        Areas as `read_areas` returns them.
    level
        Id of a level.

    Returns
    -------
    Series of str
        Ids of the level, indexed by the ids of the finest level.
    """
    names = list(dict.fromkeys(areas["level"]))
    finest = areas.loc[areas["level"] == names[-1], "area_id"]
    own = pd.Series(finest.to_numpy(dtype=object), index=finest.to_numpy(dtype=object))
    for name in reversed(names[names.index(level) + 1 :]):  # two levels may use the same ids
        part = areas[areas["level"] == name]
        own = own.map(part.set_index("area_id")["parent_id"])
    return own


def area_of_points(points: gpd.GeoSeries, areas: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Return the id of the area that holds each point, the first id on a shared border.

    Parameters
    ----------
    points
        Points in the CRS of `areas`.
    areas
        Areas of one level.

    Returns
    -------
    array of str, shape (n,)
        Empty where no area holds the point.
    """
    # The few areas ask the tree of the many points: shapely prepares what asks.
    tree = shapely.STRtree(points.to_numpy())
    area, point = tree.query(areas.geometry.to_numpy(), predicate="intersects")
    found = np.full(len(points), "", dtype=object)
    order = np.lexsort((area, point))[::-1]  # written backwards, the first area stays
    found[point[order]] = areas["area_id"].to_numpy(dtype=object)[area[order]]
    return found


def _study_crs(study: Study, finest: gpd.GeoDataFrame, path: Path) -> CRS:
    """Return the study's CRS, checked against where the areas are."""
    bounds = west, south, east, north = lonlat_bounds(finest)
    place = f"the areas lie at {west:.2f}, {south:.2f} (lon, lat)"
    if not (np.isfinite([west, east]).all() and -90 <= south <= north <= 90):  # noqa: PLR2004 - degrees
        msg = f"its coordinates do not fit its CRS {finest.crs.to_string()}"
        raise InputError(msg, file=path, remedy="Assign the CRS that the coordinates are in")
    if study.crs is None:
        return utm_zone(bounds)
    crs = _named_crs(study)
    if crs.area_of_use is not None:
        use = lonlat_box(*crs.area_of_use.bounds)
        if not shapely.intersects(lonlat_box(*bounds), use):
            msg = f"{place}, where the study's CRS {study.crs} is not made for"
            swapped = shapely.intersects(shapely.box(south, west, north, east), use)
            remedy = (
                "Longitude and latitude are swapped: exchange them"
                if swapped
                else "Check the CRS of the file and of the study"
            )
            raise InputError(msg, file=path, remedy=remedy)
    stretch = Proj(crs).get_factors(wrapped((west + east) / 2), (south + north) / 2)
    if abs(stretch.meridional_scale - 1) > _MAX_STRETCH:
        msg = f"crs = '{study.crs}' makes lengths {stretch.meridional_scale:.2f} times as long here"
        remedy = f"Give one made for the place, such as {utm_zone(bounds).to_string()}"
        raise StudyError(msg, file=study.file, remedy=remedy)
    return crs


def _named_crs(study: Study) -> CRS:
    """Return the CRS that the study names."""
    name = shown(study.crs)
    try:
        crs = CRS.from_user_input(study.crs)
    except CRSError as error:
        msg = f"crs = '{name}' is not a known CRS"
        remedy = "Give an authority code such as EPSG:25833"
        raise StudyError(msg, file=study.file, remedy=remedy) from error
    if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info):
        msg = f"crs = '{name}' is not a projected CRS in metres"
        raise StudyError(msg, file=study.file, remedy="Give one, such as EPSG:25833 for Berlin")
    return crs


def _read_level(study: Study, level: Level, path: Path) -> gpd.GeoDataFrame:
    """Read one level, normalise it and check what needs no other level."""
    raw = read_layer(path, level.layer)
    columns = study.areas
    coarsest = level == study.areas.levels[0]
    needed = [columns.id_column, columns.name_column]
    require_columns(raw, needed if coarsest else [*needed, columns.parent_column], path)
    area_id = ids(raw, columns.id_column, path)
    check_leading_zeros(area_id, path)
    check_geometry(raw, POLYGONS, path, area_id)
    parent = "" if coarsest else ids(raw, columns.parent_column, path, unique=False)
    frame = gpd.GeoDataFrame(
        {
            "level": level.id,
            "area_id": area_id,
            "name": names(raw, columns.name_column, area_id),
            "parent_id": parent,
        },
        geometry=raw.geometry,
        crs=raw.crs,
    )
    return frame.sort_values("area_id", ignore_index=True)


def _check_no_overlap(level: gpd.GeoDataFrame, path: Path) -> None:
    """Raise an error if two areas of one level overlap by more than rounding."""
    geometry = level.geometry.to_numpy()
    a, b = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    a, b = a[a < b], b[a < b]
    overlap = shapely.area(shapely.intersection(geometry[a], geometry[b]))
    share = overlap / np.minimum(shapely.area(geometry[a]), shapely.area(geometry[b]))
    if len(share) and share.max() > _MAX_OVERLAP_SHARE:
        worst = int(share.argmax())
        first, second = level["area_id"].iloc[[a[worst], b[worst]]]
        msg = f"it overlaps the area '{shown(second)}' by {overlap[worst]:,.0f} m2"
        remedy = "Each place must lie in one area of a level: correct the borders"
        raise InputError(msg, file=path, row=f"id {shown(first)}", remedy=remedy)


def _check_parents(parent: gpd.GeoDataFrame, child: gpd.GeoDataFrame, study: Study) -> None:
    """Raise an error if a parent is unknown or does not hold the child."""
    level = next(lv for lv in study.areas.levels if lv.id == child["level"].iloc[0])
    path = study.path(level.file or study.areas.file)
    known = parent.set_index("area_id").geometry
    what = f"{parent['level'].iloc[0]}, the level above"
    check_known(child["parent_id"], set(known.index), what, path, child["area_id"])
    own = child.geometry.to_numpy()
    inside = shapely.area(
        shapely.intersection(own, known.loc[child["parent_id"]].to_numpy())
    ) / shapely.area(own)
    if inside.min() < _MIN_SHARE_IN_PARENT:
        at = int(inside.argmin())
        row = child.iloc[at]
        msg = f"only {inside[at]:.0%} of the area lies in its parent '{shown(row['parent_id'])}'"
        remedy = f"Correct '{study.areas.parent_column}' or the borders"
        raise InputError(msg, file=path, row=f"id {shown(row['area_id'])}", remedy=remedy)
