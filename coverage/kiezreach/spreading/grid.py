"""Reconcile a population grid with the totals of planning areas."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.spreading.support import Support, common, divide, ground_m2


def grid_ground(
    cells: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, inhabited: gpd.GeoSeries | None
) -> gpd.GeoDataFrame:
    """Divide the cells of a population grid, and their residents, among planning areas.

    Parameters
    ----------
    cells
        Polygons with ``residents``.
    areas
        Planning areas with ``area_id``.
    inhabited
        Ground on which people live; None if that is not known.

    Returns
    -------
    GeoDataFrame
        ``planning_area_id``, ``whole`` (row number of the cell), ``residents`` (fractions) and
        the ground that they live on. A cell's residents are divided by inhabited ground; where a
        cell has none, by area, and what lies in no planning area keeps its part.
    """
    pieces = divide(cells, areas)
    shapes = pieces.geometry.to_numpy()
    share = pieces["share"].to_numpy()
    if inhabited is not None and len(inhabited):
        ground = common(shapes, inhabited)
        size = ground_m2(ground)
        whole = np.bincount(pieces["whole"], weights=size, minlength=len(cells))[pieces["whole"]]
        lived = whole > 0
        shapes = np.where(lived, ground, shapes)
        share = np.where(lived, size / np.where(lived, whole, 1.0), share)
    result = pieces[["planning_area_id", "whole"]].assign(residents=pieces["residents"] * share)
    return gpd.GeoDataFrame(result, geometry=shapes, crs=cells.crs)


def grid_notes(totals: pd.DataFrame, areas: gpd.GeoDataFrame, support: Support) -> tuple[str, ...]:
    """Say how far grid and totals differ, and which residents of the grid are not used."""
    cells = support.cells
    if cells is None:
        return ()
    pieces = grid_ground(cells, areas, support.inhabited)
    count = pieces.groupby("planning_area_id")["residents"].sum()
    count = count.reindex(totals.index, fill_value=0.0)
    known = totals["residents"]
    both = (count > 0) & (known > 0)
    notes = []
    if both.any():
        factor = known[both] / count[both]
        low, high = factor.quantile([0.05, 0.95])
        notes.append(
            f"the grid counts {count.sum():,.0f} residents in the planning areas, the totals "
            f"{known.sum():,}; cells are scaled by {low:.2f} to {high:.2f} in nine tenths of them"
        )
    unused = count[(count > 0) & (known == 0)]
    if len(unused):
        notes.append(
            f"the grid has {unused.sum():,.0f} residents in {len(unused)} planning areas where "
            f"the totals have none; they are not used: {', '.join(unused.index[:5])}"
        )
    outside = cells["residents"].sum() - pieces["residents"].sum()
    if outside >= 1:
        notes.append(f"{outside:,.0f} residents of the grid lie outside all planning areas")
    return tuple(notes)
