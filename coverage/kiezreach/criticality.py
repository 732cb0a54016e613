"""What each centre is indispensable for: who would lose access if it alone closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kiezreach.coverage import weighted_quantile
from kiezreach.groups import Group
from kiezreach.reach import second_nearest

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.network.snap import Snap
    from kiezreach.reach import Reach

ALL = "all"  # the breakdown, and its group, of all residents together

COLUMNS = (
    "centre_id", "name", "district_id", "threshold_m", "breakdown", "group", "residents_lost",
    "extra_walk_mean_m", "next_distance_median_m", "next_centre_id", "next_centre_name",
)  # fmt: skip


def criticality(
    centres: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    reach: Reach,
    place: Snap,
    groups: Sequence[Group],
    thresholds: Sequence[float],
) -> pd.DataFrame:
    """Close each centre in turn and count whom it leaves behind.

    Parameters
    ----------
    centres
        Indexed by ``centre_id``: ``name`` and ``district_id``.
    residents
        Points with ``residents``.
    reach
        Walking distances to these centres.
    place
        Where the residents stand on its network.
    groups
        Groups of the residents, as `kiezreach.groups.resident_groups` lists them.
    thresholds
        Walking distances in metres, rising.

    Returns
    -------
    DataFrame
        A row per centre, threshold and group, sorted by centre, threshold and the order of
        groups, all residents (`ALL`) first: ``centre_id``, ``name``, ``district_id``,
        ``threshold_m``, ``breakdown``, ``group``, ``residents_lost`` (within the threshold of
        this centre and of no other), ``extra_walk_mean_m`` (of the residents to whom it is the
        nearest: how much longer the walk to the next one is, on average; NaN where nobody has
        both walks), ``next_distance_median_m`` (of the same residents: the walk to the next
        centre that half of them do not exceed; NaN where that is unknown), ``next_centre_id``
        and ``next_centre_name`` (where most of them would go, of equally many the first by id;
        empty where nobody has another centre within the reach's limit). The last four do not
        depend on the threshold.

    Notes
    -----
    All centres are closed in one search, see `kiezreach.reach.second_nearest`.
    """
    walk, nearest = reach.at(place)
    further, after = second_nearest(reach).at(place, nearest)
    everybody = Group(ALL, ALL, residents["residents"].to_numpy(dtype=np.int64))
    chosen = centres.loc[reach.centre_ids, ["name", "district_id"]]
    frames = []
    for order, group in enumerate((everybody, *groups)):
        at = np.flatnonzero((nearest >= 0) & (group.count > 0))
        people = _Neighbours(nearest[at], walk[at], further[at], after[at], group.count[at])
        facts = chosen.join(_if_closed(people, chosen["name"]))
        facts = facts.assign(breakdown=group.breakdown, group=group.name, order=order)
        for threshold in thresholds:
            lost = _lost(people, threshold, len(chosen))
            frames.append(facts.assign(threshold_m=float(threshold), residents_lost=lost))
    table = pd.concat(frames).rename_axis("centre_id").reset_index()
    table = table.sort_values(["centre_id", "threshold_m", "order"], ignore_index=True)
    return table[list(COLUMNS)]


@dataclass(frozen=True, eq=False)
class _Neighbours:
    """People of one group with a nearest centre; all arrays have shape (k,), a place each.

    Positions of the nearest and of the next centre (-1 where there is none), the walks to them,
    and how many of the people live at the place.
    """

    nearest: npt.NDArray[np.int64]
    walk: npt.NDArray[np.float64]
    further: npt.NDArray[np.float64]
    after: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]


def _lost(people: _Neighbours, threshold: float, centres: int) -> npt.NDArray[np.int64]:
    """Count, for each centre, whom it alone serves."""
    alone = (people.walk <= threshold) & (people.further > threshold)
    weights = people.count[alone]
    return np.bincount(people.nearest[alone], weights, minlength=centres).astype(np.int64)


def _if_closed(people: _Neighbours, names: pd.Series) -> pd.DataFrame:
    """Say how far, and to which centre, the neighbours of each would walk if it closed."""
    n = len(names)
    nearest, count = people.nearest, people.count
    known = people.after >= 0
    extra = (people.further - people.walk)[known]
    total = np.bincount(nearest[known], count[known], minlength=n)
    walked = np.bincount(nearest[known], count[known] * extra, minlength=n)
    moved = np.bincount(nearest[known] * n + people.after[known], count[known], minlength=n * n)
    moved = moved.reshape(n, n)
    some = total > 0
    mean = np.divide(walked, total, out=np.full(n, np.nan), where=some)
    other = np.where(some, moved.argmax(axis=1), 0)
    ids = names.index.to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "extra_walk_mean_m": mean,
            "next_distance_median_m": weighted_quantile(nearest, people.further, count, n, 0.5),
            "next_centre_id": np.where(some, ids[other], ""),
            "next_centre_name": np.where(some, names.to_numpy(dtype=object)[other], ""),
        },
        index=names.index,
    )
