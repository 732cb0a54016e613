"""How coverage differs between two builds, by area and by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

AREA_KEY = ("level", "area_id", "threshold_m")
GROUP_KEY = ("level", "area_id", "breakdown", "group", "profile", "case", "threshold_m")
_COUNTS = ("residents", "residents_served")


def coverage_changes(
    before: pd.DataFrame, after: pd.DataFrame, key: Sequence[str] = AREA_KEY
) -> pd.DataFrame:
    """Compare who is served in two builds.

    Parameters
    ----------
    before, after
        Tables ``coverage`` or ``coverage_by_group``, thresholds and counts as numbers.
    key
        Columns that name a row.

    Returns
    -------
    DataFrame
        One row for each that either has, in the order of `after`: the key, ``area_name`` where
        there is one, ``residents_before``, ``residents_after``, ``residents_served_before``,
        ``residents_served_after``, ``share_before``, ``share_after`` (0 to 1) and ``points``, by
        how many percentage points the share rose; NaN where one has no such row or no residents.
    """
    columns = [*key, *(["area_name"] if "area_name" in after and "area_name" in before else [])]
    joined = after[[*columns, *_COUNTS]].merge(
        before[[*columns, *_COUNTS]], on=list(key), how="outer", suffixes=("_after", "_before"),
        sort=False,
    )  # fmt: skip
    order = after[list(key)].assign(order=np.arange(len(after)))
    joined = joined.merge(order, on=list(key), how="left").sort_values("order", kind="stable")
    if "area_name" in columns:
        joined["area_name"] = joined["area_name_after"].fillna(joined["area_name_before"])
    for side in ("before", "after"):
        people = joined[f"residents_{side}"].where(joined[f"residents_{side}"] > 0)
        joined[f"share_{side}"] = joined[f"residents_served_{side}"] / people
    # Shares of counts: what is the same on paper is the same here.
    joined["points"] = (100 * (joined["share_after"] - joined["share_before"])).round(9)
    counts = [f"{name}_{side}" for name in _COUNTS for side in ("before", "after")]
    named = [*columns, *counts, "share_before", "share_after", "points"]
    return joined[named].reset_index(drop=True)


def changed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in which a count differs, or that only one build has."""
    same = np.logical_and.reduce(
        [rows[f"{name}_before"] == rows[f"{name}_after"] for name in _COUNTS]
    )
    return rows[~same]
