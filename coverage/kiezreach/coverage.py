"""Who is served: residents within a walking distance, for every area of every level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kiezreach.reach.lengths import check_thresholds
from kiezreach.sources.areas import CITY, area_of_points

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.reach import Reach


def coverage(
    areas: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    reach: Reach,
    thresholds: Sequence[float],
    *,
    city_name: str = "",
) -> pd.DataFrame:
    """Count the residents served in each area.

    Parameters
    ----------
    areas
        Polygons with ``area_id``; optionally ``level`` (from the coarsest to the finest),
        ``name`` and ``parent_id``.
    residents
        Points with ``residents``; optionally ``planning_area_id``, the area of the finest level
        that they belong to (found by place if absent).
    reach
        Walking distances.
    thresholds
        Walking distances in metres.
    city_name
        Name of the row for all areas together.

    Returns
    -------
    DataFrame
        Tidy: ``level``, ``area_id``, ``area_name``, ``threshold_m``, ``residents``,
        ``residents_served``, ``share_served`` (0 to 1, NaN without residents),
        ``median_distance_m`` and ``p90_distance_m`` (walking distance that half and nine tenths
        of the residents do not exceed, NaN where that is unknown), ``unlinked`` (residents
        without a street nearby; they count as not served).

    Raises
    ------
    InputError
        If a threshold is not usable or beyond the reach's limit, or counts are negative.
    """
    levels = check_thresholds(thresholds, reach.limit)
    place = reach.snap(residents)
    distance, _ = reach.at(place)
    return coverage_table(
        areas, residents, distance, place.linked, thresholds=levels, city_name=city_name
    )


def coverage_table(
    areas: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    distance: npt.NDArray[np.float64],
    linked: npt.NDArray[np.bool_],
    *,
    thresholds: Sequence[float],
    city_name: str = "",
) -> pd.DataFrame:
    """Count the residents served in each area from distances that are known already.

    Parameters
    ----------
    areas, residents, thresholds, city_name
        As for `coverage`.
    distance
        Shape (n,): walking distance of each row of `residents`, inf where not reached.
    linked
        Shape (n,): whether the row has a place on the network.

    Returns
    -------
    DataFrame
        As `coverage` returns it.
    """
    count = residents["residents"].to_numpy(dtype=np.int64)
    frames = []
    for level in area_levels(areas, residents, city_name=city_name):
        rows = served_by_area(level, count, distance, thresholds)
        each = np.arange(len(level.area_id))
        facts = pd.DataFrame(
            {
                "p90_distance_m": _distance_quantile(level, count, distance, 0.9),
                "unlinked": _sum(level, np.where(linked, 0, count)),
            }
        ).loc[np.repeat(each, len(thresholds))]
        rows.insert(2, "area_name", np.repeat(level.area_name, len(thresholds)))
        rows = rows.rename(columns={"reach_m": "threshold_m"})
        frames.append(pd.concat([rows, facts.set_axis(rows.index)], axis=1))
    return pd.concat(frames, ignore_index=True)


def with_interval(table: pd.DataFrame, others: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Add the interval of the share served over several spreadings of the same residents.

    Parameters
    ----------
    table
        As `coverage` returns it, of the study's own spreading.
    others
        The same of each further plausible spreading, with the same rows.

    Returns
    -------
    DataFrame
        `table` with ``share_low`` and ``share_high`` after ``share_served``: the smallest and
        the largest share over all spreadings, NaN without residents. It is the error of not
        knowing where in a planning area people live, and no other.
    """
    key = ["level", "area_id", "threshold_m"]
    index = pd.MultiIndex.from_frame(table[key])
    shares = [part.set_index(key)["share_served"].reindex(index) for part in (table, *others)]
    result = table.copy()
    at = result.columns.get_loc("share_served") + 1
    result.insert(at, "share_low", np.min(shares, axis=0))
    result.insert(at + 1, "share_high", np.max(shares, axis=0))
    return result


@dataclass(frozen=True, eq=False)
class AreaLevel:
    """The areas of one level, and in which of them each resident point counts.

    Parameters
    ----------
    name
        Name of the level.
    area_id, area_name
        Shape (a,): the areas, sorted by id.
    area_of
        Shape (n,): position of each point's area, -1 where it has none.
    """

    name: str
    area_id: npt.NDArray[np.object_]
    area_name: npt.NDArray[np.object_]
    area_of: npt.NDArray[np.int64]


def area_levels(
    areas: gpd.GeoDataFrame, residents: gpd.GeoDataFrame, *, city_name: str = ""
) -> list[AreaLevel]:
    """List the whole city and each level of areas, from the coarsest to the finest.

    Parameters
    ----------
    areas, residents, city_name
        As for `coverage`.
    """
    names = list(dict.fromkeys(areas["level"])) if "level" in areas else ["area"]
    parts = [areas[areas["level"] == name] if "level" in areas else areas for name in names]
    parts = [part.sort_values("area_id") for part in parts]
    if "planning_area_id" in residents:
        own = residents["planning_area_id"].to_numpy(dtype=object)
    else:
        own = area_of_points(residents.geometry.to_crs(areas.crs), parts[-1])
    found: list[AreaLevel] = []
    for name, part in zip(reversed(names), reversed(parts), strict=True):
        ids = part["area_id"].to_numpy(dtype=object)
        named = (
            part["name"].to_numpy(dtype=object)
            if "name" in part
            else np.full(len(part), "", dtype=object)
        )
        area_of = pd.Index(ids).get_indexer(pd.Index(own)).astype(np.int64)
        found.insert(0, AreaLevel(name, ids, named, area_of))
        if "parent_id" in part:
            own = part.set_index("area_id")["parent_id"].reindex(own).to_numpy(dtype=object)
    whole = np.zeros(len(residents), dtype=np.int64)
    city = AreaLevel(CITY, np.array([CITY], object), np.array([city_name], object), whole)
    return [city, *found]


def served_by_area(
    level: AreaLevel,
    count: npt.NDArray[np.int64],
    distance: npt.NDArray[np.float64],
    reaches: Sequence[float],
) -> pd.DataFrame:
    """Count the people of one group that are served in each area of a level.

    Parameters
    ----------
    level
        The areas.
    count
        Shape (n,): how many people of the group live at each point.
    distance
        Shape (n,): walking distance of each point in metres, inf where not reached.
    reaches
        Walking distances in metres within which a person is served.

    Returns
    -------
    DataFrame
        A row per area and reach, in this order: ``level``, ``area_id``, ``reach_m``,
        ``residents``, ``residents_served``, ``share_served`` (NaN without residents),
        ``median_distance_m`` (NaN where that is unknown).
    """
    total = _sum(level, count)
    served = np.column_stack([_sum(level, np.where(distance <= r, count, 0)) for r in reaches])
    n, k = served.shape
    with np.errstate(invalid="ignore"):
        share = served / total[:, None]
    return pd.DataFrame(
        {
            "level": level.name,
            "area_id": np.repeat(level.area_id, k),
            "reach_m": np.tile(np.asarray(reaches, dtype=float), n),
            "residents": np.repeat(total, k),
            "residents_served": served.ravel(),
            "share_served": share.ravel(),
            "median_distance_m": np.repeat(_distance_quantile(level, count, distance, 0.5), k),
        }
    )


def _distance_quantile(
    level: AreaLevel, count: npt.NDArray[np.int64], distance: npt.NDArray[np.float64], q: float
) -> npt.NDArray[np.float64]:
    """Return the walk that a share `q` of the people of each area does not exceed."""
    some = (level.area_of >= 0) & (count > 0)
    return weighted_quantile(
        level.area_of[some], distance[some], count[some], len(level.area_id), q
    )


def _sum(level: AreaLevel, count: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Sum whole numbers by area; exact up to 2^53."""
    some = level.area_of >= 0
    n = len(level.area_id)
    return np.bincount(level.area_of[some], weights=count[some], minlength=n).astype(np.int64)


def weighted_quantile(
    code: npt.NDArray[np.int64],
    value: npt.NDArray[np.float64],
    weight: npt.NDArray[np.int64],
    n: int,
    q: float,
) -> npt.NDArray[np.float64]:
    """Return per group the smallest value that a share `q` of the weight does not exceed.

    Parameters
    ----------
    code
        Shape (k,): group of each value, from 0 to n - 1.
    value, weight
        Shape (k,): values, and how many stand behind each.
    n
        Number of groups.
    q
        Share between 0 and 1.

    Returns
    -------
    array, shape (n,)
        NaN for a group without weight, and where the quantile is infinite.
    """
    order = np.lexsort((value, code))
    code, value, weight = code[order], value[order], weight[order]
    running = np.cumsum(weight)
    total = np.bincount(code, weights=weight, minlength=n)
    before = np.cumsum(total) - total
    at = np.searchsorted(running, before + q * total, side="left")
    result = np.full(n, np.nan)
    some = total > 0
    result[some] = value[at[some]]
    result[np.isinf(result)] = np.nan
    return result
