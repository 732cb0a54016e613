"""What residents can be spread over, put in a fixed order and divided by planning area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.polygons import polygons_of
from kiezreach.sources.areas import area_of_points

if TYPE_CHECKING:
    import numpy.typing as npt

_MIN_PIECE_SHARE: Final = 0.01  # of a polygon: less is where two publishers' borders differ
_MIN_PIECE_M2: Final = 1.0  # of a polygon in a second area: less is rounding

_NOTHING: Final = shapely.MultiPolygon()


@dataclass(frozen=True, eq=False)
class Support:
    """Ground and points that residents can be spread over, in the CRS of the areas.

    Parameters
    ----------
    blocks
        Polygons of residential blocks; optionally ``weight`` (0 or more; their front or area if
        absent).
    points
        Addresses or buildings; optionally ``planning_area_id`` and ``weight`` (1 if absent).
    cells
        Polygons of a population grid with ``residents`` (0 or more, fractions allowed).
    inhabited
        Ground on which people live: divides grid cells, and takes the residents of an area that
        has nothing else. The whole area if absent.
    water, green, railways
        What lies between a block and a street; water and green are no open ground.
    """

    blocks: gpd.GeoDataFrame | None = None
    points: gpd.GeoDataFrame | None = None
    cells: gpd.GeoDataFrame | None = None
    inhabited: gpd.GeoSeries | None = None
    water: gpd.GeoSeries | None = None
    green: gpd.GeoSeries | None = None
    railways: gpd.GeoSeries | None = None


def ordered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sort features by where they lie, so that the order of rows in a file makes no difference."""
    shapes = frame.geometry.to_numpy()
    keys = [shapely.area(shapes), *shapely.bounds(shapes).T[::-1]]
    for column in ("residents", "weight"):
        if column in frame:
            keys.insert(0, frame[column].to_numpy(dtype=np.float64))
    return frame.iloc[np.lexsort(keys)].reset_index(drop=True)


def divide(frame: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut polygons at the borders of planning areas.

    Parameters
    ----------
    frame
        Polygons.
    areas
        Planning areas with ``area_id``, in the same CRS.

    Returns
    -------
    GeoDataFrame
        The pieces in the order of `frame`, with its columns, ``planning_area_id``, ``whole``
        (row number of the polygon) and ``share`` (of the polygon's area). Pieces of less than
        1 % or 1 m2 of a polygon that lies in several areas are left out.
    """
    shapes, zones = frame.geometry.to_numpy(), areas.geometry.to_numpy()
    shapely.prepare(zones)
    row, zone = shapely.STRtree(zones).query(shapes, predicate="intersects")
    order = np.lexsort((zone, row))
    row, zone = row[order], zone[order]
    inside = shapely.covers(zones[zone], shapes[row])
    piece = shapes[row].copy()
    piece[~inside] = polygons_of(shapely.intersection(shapes[row[~inside]], zones[zone[~inside]]))
    size = shapely.area(piece)
    share = size / shapely.area(shapes[row])
    kept = inside | ((share >= _MIN_PIECE_SHARE) & (size >= _MIN_PIECE_M2))
    result = frame.iloc[row[kept]].set_geometry(piece[kept])
    result["planning_area_id"] = areas["area_id"].to_numpy(dtype=object)[zone[kept]]
    return result.assign(whole=row[kept], share=share[kept]).reset_index(drop=True)


def place(points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add ``planning_area_id`` to points that do not say theirs; drop those in no area."""
    if "planning_area_id" not in points:
        points = points.assign(planning_area_id=area_of_points(points.geometry, areas))
    return points[points["planning_area_id"] != ""].reset_index(drop=True)


def ground_m2(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Return areas in square metres, to the thousandth: equal shapes weigh exactly the same."""
    return np.round(shapely.area(shapes), 3)


def common(shapes: npt.NDArray[np.object_], ground: gpd.GeoSeries) -> npt.NDArray[np.object_]:
    """Return the part of each shape that lies on some ground, empty where there is none."""
    row, other = shapely.STRtree(ground.to_numpy()).query(shapes, predicate="intersects")
    pieces = polygons_of(shapely.intersection(shapes[row], ground.to_numpy()[other]))
    result = np.full(len(shapes), _NOTHING, dtype=object)
    for k, own in pd.Series(pieces).groupby(row, sort=True):
        result[k] = shapely.union_all(own.to_numpy())
    return result
