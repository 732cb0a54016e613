"""What separates neighbourhoods on foot: railways, large water and motorways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.sources.layers import LINES, POLYGONS, read_repaired

if TYPE_CHECKING:
    from kiezreach.study import Study


def read_barriers(study: Study, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Read the barriers of a study.

    Parameters
    ----------
    study
        The study.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.

    Returns
    -------
    GeoDataFrame
        ``kind`` (``railway``, ``water`` or ``motorway``) and geometry in the CRS of `areas`:
        lines one by one, polygons that touch each other as one, without those smaller than the
        study's ``min_area_m2``. In the order of the study, then by bounds; empty if the study
        names none.

    Raises
    ------
    InputError
        If a file, its CRS or a geometry type is wrong, or all of a layer lies elsewhere.
    """
    kinds: list[str] = []
    shapes: list[shapely.Geometry] = []
    for barrier in study.barriers:
        what = f"{barrier.kind} barriers"
        read = read_repaired(
            study.path(barrier.file), barrier.layer, LINES | POLYGONS, areas, what=what
        )
        found = _whole_bodies(read, barrier.min_area_m2)
        kinds += [barrier.kind] * len(found)
        shapes += found
    return gpd.GeoDataFrame(
        {"kind": pd.Series(kinds, dtype=object)}, geometry=shapes, crs=areas.crs
    )


def _whole_bodies(read: gpd.GeoSeries, min_area_m2: float) -> list[shapely.Geometry]:
    """Join polygons that touch and drop small ones: a river may be drawn in many pieces."""
    parts = shapely.get_parts(read.to_numpy())
    is_polygon = shapely.get_dimensions(parts) == 2  # noqa: PLR2004 - areas have two dimensions
    bodies = shapely.get_parts(shapely.union_all(parts[is_polygon]))
    bodies = bodies[shapely.area(bodies) >= min_area_m2]
    found = np.concatenate([parts[~is_polygon], bodies])
    return list(found[np.lexsort(shapely.bounds(found).T)])
