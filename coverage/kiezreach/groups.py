"""Who is served, group by group: by age, each on the walk that suits it, and by class of area."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kiezreach.coverage import area_levels, served_by_area
from kiezreach.reach.lengths import rounded

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.coverage import AreaLevel

AGE_GROUP = "age_group"  # the breakdown by age
UNKNOWN = "unknown"  # the group of residents whose planning area has no class

COLUMNS = (
    "level", "area_id", "breakdown", "group", "profile", "case", "speed_m_per_min", "threshold_m",
    "reach_m", "residents", "residents_served", "share_served", "median_distance_m",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Walk:
    """How some people walk, and how far that is to their nearest centre.

    Parameters
    ----------
    profile
        Name of the walk rules.
    case
        What the network knows of the ways that the profile needs: ``best`` or ``worst`` where
        some are unknown and all of them are taken, or none; ``stand_in`` where it knows nothing
        of them, so that the ways of the common rule stand in; empty where nothing is open.
    speed_m_per_min
        Speed of the profile in metres per minute.
    distance
        Shape (n,): walking distance of each resident point in metres, inf where not reached.
    """

    profile: str
    case: str
    speed_m_per_min: float
    distance: npt.NDArray[np.float64]

    def reaches(self, thresholds: Sequence[float], common: Walk) -> list[float]:
        """Return how far these people come while others walk the thresholds.

        Parameters
        ----------
        thresholds
            Walking distances in metres of the common rule.
        common
            The walk of the common rule.

        Returns
        -------
        list of float, metres
            Each threshold times the ratio of the speeds, and never more than the threshold; in
            tenths of a micrometre, as walks are.
        """
        pace = min(self.speed_m_per_min / common.speed_m_per_min, 1.0)
        return rounded(np.asarray(thresholds, dtype=np.float64) * pace).tolist()


def coverage_by_group(
    areas: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    common: Walk,
    thresholds: Sequence[float],
    *,
    age_groups: Sequence[str] = (),
    suiting: Mapping[str, Sequence[Walk]] = MappingProxyType({}),
    classes: pd.DataFrame | None = None,
    class_values: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> pd.DataFrame:
    """Count the residents served in each area by age group and by class of planning area.

    Parameters
    ----------
    areas, residents
        As for `kiezreach.coverage.coverage`; `residents` has a column for each age group, and
        ``planning_area_id`` where there are classes.
    common
        The rule by which everybody is counted; it serves within the thresholds themselves.
    thresholds
        Walking distances in metres, rising.
    age_groups
        Columns that split the residents by age.
    suiting
        By age group: further walks that suit it. Such a walk serves within the distance that it
        covers in the time of the common rule.
    classes
        Indexed by planning area id, one text column per breakdown; empty where the class of an
        area is unknown.
    class_values
        By breakdown: its groups in the order of the table. Others follow, sorted.

    Returns
    -------
    DataFrame
        Tidy: ``level``, ``area_id``, ``breakdown`` (`AGE_GROUP` or a column of `classes`),
        ``group``, ``profile``, ``case`` (see `Walk`), ``speed_m_per_min``, ``threshold_m``,
        ``reach_m`` (metres within which this row counts as served), ``residents``,
        ``residents_served``, ``share_served`` (0 to 1), ``median_distance_m`` (NaN where
        unknown). Residents without a class stand in the group `UNKNOWN`, so that the groups of a
        breakdown add up to all residents in every area. A group that nobody in an area belongs to
        has no row. Planning areas have no rows by class: each is of one class as a whole.

    Notes
    -----
    A person who walks v metres per minute covers T v / v0 metres in the time in which the walker
    of the common rule, at v0, walks T metres.
    """
    groups = resident_groups(residents, age_groups, classes, class_values)
    levels = area_levels(areas, residents)
    frames = [
        _rows(level, group, walk, common, thresholds)
        for level in levels
        for group in groups
        if level is not levels[-1] or group.breakdown == AGE_GROUP
        for walk in _walks(common, suiting.get(group.name, ()))
    ]
    if not frames:
        return pd.DataFrame({column: [] for column in COLUMNS})
    table = pd.concat(frames, ignore_index=True)
    # Rows of one area lie apart by group; a stable sort keeps the order of groups and walks.
    place = table["level"].map({level.name: k for k, level in enumerate(levels)})
    table = table.assign(place=place).sort_values(["place", "area_id"], kind="stable")
    return table.loc[table["residents"] > 0, list(COLUMNS)].reset_index(drop=True)


def _walks(common: Walk, suiting: Sequence[Walk]) -> list[Walk]:
    """List the walks on which a group is counted, each once, the common one first."""
    rule = (common.profile, common.case)
    return [common, *(walk for walk in suiting if (walk.profile, walk.case) != rule)]


@dataclass(frozen=True, eq=False)
class Group:
    """Some of the residents: how many of them live at each point, shape (n,)."""

    breakdown: str
    name: str
    count: npt.NDArray[np.int64]


def resident_groups(
    residents: gpd.GeoDataFrame,
    age_groups: Sequence[str] = (),
    classes: pd.DataFrame | None = None,
    class_values: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> list[Group]:
    """List the groups of residents by age and by class of their planning area, in their order.

    Parameters
    ----------
    residents, age_groups, classes, class_values
        As for `coverage_by_group`.
    """
    groups = list(_by_age(residents, age_groups))
    if classes is not None:
        groups += _by_class(residents, classes, class_values)
    return groups


def _by_age(residents: gpd.GeoDataFrame, age_groups: Sequence[str]) -> Iterator[Group]:
    """Yield the age groups."""
    for name in age_groups:
        yield Group(AGE_GROUP, name, residents[name].to_numpy(dtype=np.int64))


def _by_class(
    residents: gpd.GeoDataFrame, classes: pd.DataFrame, values: Mapping[str, Sequence[str]]
) -> Iterator[Group]:
    """Yield the residents by the class of their planning area, the unknown last."""
    count = residents["residents"].to_numpy(dtype=np.int64)
    for breakdown in classes:
        text = classes[breakdown].reindex(residents["planning_area_id"]).fillna("")
        own = text.replace("", UNKNOWN).to_numpy(dtype=object)
        named = [*values.get(str(breakdown), ()), *sorted(set(own) - {UNKNOWN}), UNKNOWN]
        for name in dict.fromkeys(named):
            yield Group(str(breakdown), name, np.where(own == name, count, 0))


def _rows(
    level: AreaLevel, group: Group, walk: Walk, common: Walk, thresholds: Sequence[float]
) -> pd.DataFrame:
    """Count one group on one walk in each area of a level, threshold by threshold."""
    reaches = list(thresholds) if walk is common else walk.reaches(thresholds, common)
    rows = served_by_area(level, group.count, walk.distance, reaches)
    return rows.assign(
        breakdown=group.breakdown,
        group=group.name,
        profile=walk.profile,
        case=walk.case,
        speed_m_per_min=walk.speed_m_per_min,
        threshold_m=np.tile(np.asarray(thresholds, dtype=float), len(level.area_id)),
    )
