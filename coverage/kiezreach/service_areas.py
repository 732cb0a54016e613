"""Service areas: the part of the city whose nearest centre, on foot, is a given one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from kiezreach.catchments import nearest_centre_cells
from kiezreach.polygons import polygons

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.reach import Reach

SERVICE_CELL_M = 25.0  # coarser than catchments: a border between centres is no sharp line


def service_areas(reach: Reach, region: shapely.Geometry) -> gpd.GeoDataFrame:
    """Divide a region among the centres by walking distance.

    Parameters
    ----------
    reach
        Walking distances; places beyond its limit belong to no centre.
    region
        Area to divide, in the network's CRS.

    Returns
    -------
    GeoDataFrame
        One row per centre that is nearest to some place: ``centre_id`` and ``geometry``
        (MultiPolygon) in the network's CRS, without overlaps. Borders are exact to two cells of
        25 m. Ground farther from every street than the longest access leg belongs to none.
    """
    centre, x, y = nearest_centre_cells(reach, SERVICE_CELL_M)
    row, first, end, owner = _runs(centre)
    half = SERVICE_CELL_M / 2
    boxes = shapely.box(x[first] - half, y[row] - half, x[end - 1] + half, y[row] + half)
    owners = np.unique(owner)
    shapes = np.array([shapely.union_all(boxes[owner == k]) for k in owners], dtype=object)
    if len(shapes):
        shapes = shapely.coverage_simplify(shapes, 2 * SERVICE_CELL_M)
        shapely.prepare(region)
        shapes = shapely.intersection(shapes, region)
    geometry = [shapely.MultiPolygon(list(polygons(np.array([shape])))) for shape in shapes]
    frame = gpd.GeoDataFrame(
        {"centre_id": reach.centre_ids.to_numpy(dtype=object)[owners]},
        geometry=geometry,
        crs=reach.net.crs,
    )
    return frame[~frame.geometry.is_empty].reset_index(drop=True)


def _runs(
    centre: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], ...]:
    """Find stretches of cells in a row with one centre: row, first cell, end, centre."""
    change = np.ones((centre.shape[0], centre.shape[1] + 1), dtype=bool)
    change[:, 1:-1] = centre[:, 1:] != centre[:, :-1]
    row, column = np.nonzero(change)
    same_row = row[1:] == row[:-1]
    first, end, row = column[:-1][same_row], column[1:][same_row], row[:-1][same_row]
    owner = centre[row, first]
    owned = owner >= 0
    return row[owned], first[owned], end[owned], owner[owned]
