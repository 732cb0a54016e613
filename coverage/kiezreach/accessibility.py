"""Accessibility with competition: what a centre has to give, shared by all who can walk to it.

Two-step floating catchment areas: first each centre's capacity is divided by the residents within
reach, then each resident adds up the shares of all centres within reach. Plain (2SFCA), or
enhanced (E2SFCA), in which longer walks count less, in both steps.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kiezreach.coverage import area_levels

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.coverage import AreaLevel
    from kiezreach.network.snap import Snap
    from kiezreach.reach import Reach
    from kiezreach.study import Accessibility, DecayStep

    Floats = npt.NDArray[np.float64]

PLAIN, ENHANCED = "2sfca", "e2sfca"
PER = 1000  # residents that a share of capacity is told for, as planning values are


def floating_catchments(
    each: Mapping[Hashable, Reach],
    place: Snap,
    residents: npt.NDArray[np.int64],
    capacity: pd.Series,
    reach_m: float,
    decay: tuple[DecayStep, ...] = (),
) -> Floats:
    """Share the capacity of centres among the residents who can walk to them.

    Parameters
    ----------
    each
        Walks to each centre alone, at least as far as `reach_m`.
    place
        Shape (n,): where the residents stand on the network.
    residents
        Shape (n,): how many live at each point.
    capacity
        Capacity of centres by id, above 0; NaN or absent where unknown: such a centre gives
        nothing.
    reach_m
        Longest walk that counts, in metres.
    decay
        Weights of walks in steps, for the enhanced method; without them every walk counts 1.

    Returns
    -------
    array, shape (n,)
        A_i = sum over centres j of W(d_ij) S_j / (sum over points k of W(d_kj) P_k), capacity per
        resident; 0 where no centre with a known capacity is within reach. A centre with nobody
        within reach gives nothing.

    Notes
    -----
    Luo and Wang (2003), Environment and Planning B 30, 865-884; with weights: Luo and Qi (2009),
    Health & Place 15, 1100-1107. The sum of A_i times P_i is the capacity of all centres that
    have residents within reach.
    """
    found = np.zeros(len(residents))
    for centre_id, supply in capacity.dropna().items():
        distance, _ = each[centre_id].at(place)
        near = np.flatnonzero(distance <= reach_m)
        weight = walk_weights(distance[near], decay)
        demand = float((weight * residents[near]).sum())
        if demand > 0:
            found[near] += weight * (supply / demand)
    return found


def walk_weights(walk: Floats, decay: tuple[DecayStep, ...]) -> Floats:
    """Return what walks within reach count: the weight of their step, 1 where there are no steps.

    Parameters
    ----------
    walk
        Metres, none beyond the last step.
    decay
        Steps.
    """
    if not decay:
        return np.ones(len(walk))
    ends = np.array([step.to_m for step in decay])
    weights = np.array([step.weight for step in decay])
    return np.asarray(weights[np.searchsorted(ends, walk, side="left")])


@dataclass(frozen=True, eq=False)
class _Method:
    """One way of counting, and what it gives each resident of a point, shape (n,)."""

    name: str
    share: Floats


def accessibility_table(
    areas: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    each: Mapping[Hashable, Reach],
    place: Snap,
    capacity: pd.Series,
    rules: Accessibility,
    *,
    city_name: str = "",
) -> pd.DataFrame:
    """Average the shares of capacity in each area of every level.

    Parameters
    ----------
    areas, residents, city_name
        As for `kiezreach.coverage.coverage`.
    each, place, capacity
        As for `floating_catchments`.
    rules
        Reach, unit and decay.

    Returns
    -------
    DataFrame
        Tidy: ``level``, ``area_id``, ``area_name``, ``method`` (`PLAIN`, and `ENHANCED` where the
        rules have a decay), ``reach_m``, ``unit``, ``residents``, ``capacity_per_1000`` (mean over
        residents, NaN without any), ``residents_without`` (with no centre of known capacity
        within reach), ``share_without`` (0 to 1, NaN without residents).
    """
    count = residents["residents"].to_numpy(dtype=np.int64)
    decays = {PLAIN: (), **({ENHANCED: rules.decay} if rules.decay else {})}
    methods = [
        _Method(name, floating_catchments(each, place, count, capacity, rules.reach_m, decay))
        for name, decay in decays.items()
    ]
    levels = [
        pd.concat([_rows(level, count, method) for method in methods])
        for level in area_levels(areas, residents, city_name=city_name)
    ]
    ordered = [rows.sort_values("area_id", kind="stable") for rows in levels]
    table = pd.concat(ordered, ignore_index=True)
    table.insert(4, "reach_m", rules.reach_m)
    table.insert(5, "unit", rules.unit)
    return table


def _rows(level: AreaLevel, count: npt.NDArray[np.int64], method: _Method) -> pd.DataFrame:
    """Average one method's shares in each area of a level."""
    n, some = len(level.area_id), level.area_of >= 0

    def total(values: Floats | npt.NDArray[np.int64]) -> Floats:
        summed = np.zeros(n)
        np.add.at(summed, level.area_of[some], values[some])
        return summed

    people = total(count)
    without = total(np.where(method.share > 0, 0, count))
    with np.errstate(invalid="ignore"):
        mean, share = PER * total(count * method.share) / people, without / people
    return pd.DataFrame(
        {
            "level": level.name,
            "area_id": level.area_id,
            "area_name": level.area_name,
            "method": method.name,
            "residents": people.astype(np.int64),
            "capacity_per_1000": mean,
            "residents_without": without.astype(np.int64),
            "share_without": share,
        }
    )
