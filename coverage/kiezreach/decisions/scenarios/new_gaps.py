"""Gaps that a scenario tears open: ground on which people live who lose access."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from kiezreach.catchments import catchments
from kiezreach.classes import selected_areas
from kiezreach.gaps import Homes, description
from kiezreach.gaps.homes import zone_of
from kiezreach.sources.areas import holding_areas
from kiezreach.study_gaps import found_gaps, study_zones

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.decisions.scenarios.base import Base
    from kiezreach.decisions.scenarios.situation import Situation
    from kiezreach.inputs import Inputs

COLUMNS = (
    "scenario", "rank", "name", "district_id", "planning_area_ids", "threshold_m", "residents",
    "residents_lost", "residents_before", "distance_m",
)  # fmt: skip


def new_gaps(base: Base, then: Situation, name: str) -> gpd.GeoDataFrame:
    """Find the gaps of a changed situation in which people live who were served before.

    Parameters
    ----------
    base
        What is.
    then
        What would be.
    name
        Name of the scenario.

    Returns
    -------
    GeoDataFrame
        At the study's gap threshold, by its rules of gaps and its filter, from the one with most
        people who lose access: `COLUMNS` and the ground. ``residents`` are all unserved in the
        gap, ``residents_lost`` those who were served before, ``residents_before`` those who were
        not served before either or moved in (0: the gap is new on the whole), ``distance_m``
        the median walk of all (NaN where that is unknown). Nothing where nobody loses access.
    """
    study, inputs = base.study, base.inputs
    threshold = study.analysis.gap_threshold_m
    was = base.situation.walk
    lost = np.zeros(len(then.walk), dtype=bool)
    lost[: len(was)] = (was <= threshold) & (then.walk[: len(was)] > threshold)
    homes = _homes(base, then)
    lost &= homes.residents > 0
    if not lost.any():
        return _none(then)
    shapes = catchments(then.reach, [threshold], cell_m=study.analysis.cell_m)
    inputs, homes = _where_it_matters(base, homes, np.unique(homes.zone[lost]))
    found = found_gaps(study, inputs, homes, then.reach.net, shapes)[threshold]
    if study.filter is not None:
        only = selected_areas(study.filter, inputs.indicators, inputs.classes)
        counted = np.isin(homes.area, only)
        found, homes = found.only(counted), homes.counting(only)
    own = found.member >= 0
    newly = np.bincount(
        found.member[own], np.where(lost, homes.residents, 0)[own], minlength=len(found)
    ).astype(np.int64)
    if not newly.any():
        return _none(then)
    areas = inputs.areas
    finest = areas[areas["level"] == areas["level"].iloc[-1]]
    table = description.places(found, homes)
    table["residents"] = np.bincount(found.member[own], homes.residents[own]).astype(np.int64)
    table["name"] = description.names(found, homes, finest.set_index("area_id")["name"])
    table["district_id"] = table["area"].map(holding_areas(areas, areas["level"].iloc[0]))
    table["residents_lost"], table["threshold_m"] = newly, threshold
    table["residents_before"] = table["residents"] - newly
    frame = gpd.GeoDataFrame(table, geometry=found.shapes(), crs=then.reach.net.crs)
    frame = frame[frame["residents_lost"] > 0]
    order = ["residents_lost", "area", "x", "y"]
    frame = frame.sort_values(order, ascending=[False, True, True, True], ignore_index=True)
    frame = frame.assign(scenario=name, rank=np.arange(1, len(frame) + 1))
    return frame[[*COLUMNS, "geometry"]]


def _homes(base: Base, then: Situation) -> Homes:
    """Return the residents of a situation as gaps need them."""
    points = then.residents.geometry.to_crs(then.reach.net.crs).to_numpy()
    zones = study_zones(base.study, base.inputs)
    return Homes(
        points=points,
        residents=then.residents["residents"].to_numpy(dtype=np.int64),
        area=then.residents["planning_area_id"].to_numpy(dtype=object),
        zone=zone_of(points, zones, then.reach.net.crs),
        place=then.place,
        distance=then.walk,
        centre=then.nearest,
    )


def _where_it_matters(
    base: Base, homes: Homes, zones: npt.NDArray[np.object_]
) -> tuple[Inputs, Homes]:
    """Leave out the ground and the people of zones in which nobody loses access: gaps end there."""
    inputs, every = base.inputs, study_zones(base.study, base.inputs)
    if every is None or "" in zones:
        return inputs, homes
    region = shapely.union_all(every.geometry[every["area_id"].isin(zones)].to_numpy())
    touched = inputs.inhabited.geometry.to_crs(every.crs).intersects(region)
    counted = np.where(np.isin(homes.zone, zones), homes.residents, 0)
    return replace(inputs, inhabited=inputs.inhabited[touched]), replace(homes, residents=counted)


def _none(then: Situation) -> gpd.GeoDataFrame:
    """Return no gaps, with every column."""
    blank = gpd.GeoSeries([], crs=then.reach.net.crs)
    return gpd.GeoDataFrame({column: [] for column in COLUMNS}, geometry=blank)
