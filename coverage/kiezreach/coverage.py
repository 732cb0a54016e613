"""Who is served: residents within a walking distance, for every area of every level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kiezreach.catchments import check_thresholds
from kiezreach.errors import InputError
from kiezreach.reach.engine import check_clip
from kiezreach.sources.areas import area_of_points

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.reach import Reach

CITY = "city"  # level and id of the row for all areas together


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
        too far from any street; they count as not served).

    Raises
    ------
    InputError
        If a threshold is not usable or beyond the reach's limit, or counts are negative.
    """
    levels = check_thresholds(thresholds)
    if levels[-1] > reach.limit:
        msg = f"the threshold {levels[-1]:g} m is beyond the reach's limit of {reach.limit:g} m"
        raise InputError(msg, remedy="Compute the reach with a larger limit")
    check_clip(reach.net, levels[-1], "threshold")
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
    city = pd.DataFrame({"area_id": [CITY], "name": [city_name]})
    whole = np.zeros(len(residents), dtype=np.int64)
    for level, part, code in [(CITY, city, whole), *_levels(areas, residents)]:
        inside = code >= 0
        fixed = {
            "level": level,
            "area_id": part["area_id"].to_numpy(dtype=object),
            "area_name": part["name"].to_numpy(dtype=object) if "name" in part else "",
        }
        n = len(part)
        total = _sum(code[inside], count[inside], n)
        quantile = {
            q: weighted_quantile(code[inside], distance[inside], count[inside], n, q)
            for q in (0.5, 0.9)
        }
        unlinked = _sum(code[inside & ~linked], count[inside & ~linked], n)
        for threshold in thresholds:
            near = inside & (distance <= threshold)
            served = _sum(code[near], count[near], n)
            with np.errstate(invalid="ignore"):
                share = served / total
            frames.append(
                pd.DataFrame(
                    fixed
                    | {
                        "threshold_m": float(threshold),
                        "residents": total,
                        "residents_served": served,
                        "share_served": share,
                        "median_distance_m": quantile[0.5],
                        "p90_distance_m": quantile[0.9],
                        "unlinked": unlinked,
                    }
                )
            )
    table = pd.concat(frames, ignore_index=True)
    order = {level: k for k, level in enumerate(dict.fromkeys(table["level"]))}
    table["order"] = table["level"].map(order)
    table = table.sort_values(["order", "area_id", "threshold_m"], ignore_index=True)
    return table.drop(columns="order")


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


def _levels(
    areas: gpd.GeoDataFrame, residents: gpd.GeoDataFrame
) -> list[tuple[str, pd.DataFrame, npt.NDArray[np.int64]]]:
    """List each level with its areas and the position of each resident's area in it."""
    names = list(dict.fromkeys(areas["level"])) if "level" in areas else ["area"]
    parts = [areas[areas["level"] == name] if "level" in areas else areas for name in names]
    finest = parts[-1]
    if "planning_area_id" in residents:
        own = residents["planning_area_id"].to_numpy(dtype=object)
    else:
        own = area_of_points(residents.geometry.to_crs(areas.crs), finest)
    found: list[tuple[str, pd.DataFrame, npt.NDArray[np.int64]]] = []
    for name, part in zip(reversed(names), reversed(parts), strict=True):
        code = pd.Index(part["area_id"]).get_indexer(pd.Index(own))
        found.insert(0, (name, part, code.astype(np.int64)))
        if "parent_id" in part:
            own = part.set_index("area_id")["parent_id"].reindex(own).to_numpy(dtype=object)
    return found


def _sum(
    code: npt.NDArray[np.int64], count: npt.NDArray[np.int64], n: int
) -> npt.NDArray[np.int64]:
    """Sum whole numbers by group; exact up to 2^53."""
    return np.bincount(code, weights=count, minlength=n).astype(np.int64)


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
