"""People who move in: how many, of what age, and at which points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kiezreach.errors import InputError, shown
from kiezreach.sources.area_search import planning_area
from kiezreach.sources.areas import area_of_points
from kiezreach.spreading.apportion import deal_groups, largest_remainder
from kiezreach.spreading.inside import points_inside

if TYPE_CHECKING:
    from kiezreach.decisions.scenarios.base import Base
    from kiezreach.decisions.scenarios.places import Places
    from kiezreach.study import Housing


def newcomers(base: Base, places: Places, asked: Housing, first: int) -> gpd.GeoDataFrame:
    """Return the points at which people move in.

    Parameters
    ----------
    base
        The study as it is.
    places
        Finds places.
    asked
        How many move in, and where.
    first
        Number of points that are there already, for ids.

    Returns
    -------
    GeoDataFrame
        Rows like the residents of the study, with ids ``new-<number>``. Without age groups of
        their own, people have the mix of the planning area with most of them; where nobody
        lives there, that of the city.

    Raises
    ------
    InputError
        If an age group is unknown, or a point lies outside the study's areas.
    """
    residents = base.inputs.residents
    points, weight = _points(base, places, asked)
    areas = base.inputs.areas
    finest = areas[areas["level"] == areas["level"].iloc[-1]]
    series = gpd.GeoSeries(points, crs=residents.crs)
    area = area_of_points(series.to_crs(areas.crs), finest)
    if (area == "").any():
        msg = "people would move in outside the study's areas"
        raise InputError(msg, remedy="Give a place inside them, as [longitude, latitude]")
    count = largest_remainder(weight, asked.count)
    groups = list(base.study.residents.age_groups)
    main = pd.Series(count).groupby(area).sum().idxmax()
    ages = _ages(base, asked, str(main))
    people = {"planning_area_id": area, "residents": count}
    people |= dict(zip(groups, deal_groups(count, ages).T, strict=True)) if groups else {}
    frame = gpd.GeoDataFrame(people, geometry=points, crs=residents.crs)
    frame.index = pd.Index([f"new-{first + k}" for k in range(len(frame))])
    frame["row"] = ""
    return frame[frame["residents"] > 0].reindex(columns=residents.columns)


def _points(
    base: Base, places: Places, asked: Housing
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.float64]]:
    """Return the points at which people move in, and how many of them each gets, relatively."""
    if asked.at is not None:
        return np.array([places.point(asked.at)], dtype=object), np.ones(1)
    if asked.polygon is not None:
        inside = points_inside(np.array([places.polygon(asked.polygon)], dtype=object))
        return shapely.points(inside["x"], inside["y"]), np.ones(len(inside))
    area_id = planning_area(base.inputs.areas, asked.planning_area or "")
    own = base.inputs.residents
    own = own[(own["planning_area_id"] == area_id) & (own["residents"] > 0)]
    if own.empty:
        msg = f"nobody lives in the planning area '{shown(area_id)}' yet"
        raise InputError(msg, remedy="Give the new homes a place: at, or polygon")
    return own.geometry.to_numpy(), own["residents"].to_numpy(dtype=np.float64)


def _ages(base: Base, asked: Housing, area_id: str) -> npt.NDArray[np.int64]:
    """Return how many of each age group move in."""
    groups = list(base.study.residents.age_groups)
    if unknown := sorted(set(asked.age_groups) - set(groups)):
        msg = f"'{shown(unknown[0])}' is no age group of the study"
        raise InputError(msg, remedy=f"Choose from {', '.join(groups) or 'none: leave them out'}")
    if asked.age_groups:
        return np.array([asked.age_groups.get(name, 0) for name in groups], dtype=np.int64)
    own = base.inputs.residents
    mix = own.loc[own["planning_area_id"] == area_id, groups].sum().to_numpy(dtype=np.float64)
    if not mix.sum():
        mix = own[groups].sum().to_numpy(dtype=np.float64)
    return largest_remainder(mix, asked.count) if groups else np.zeros(0, dtype=np.int64)
