"""Which gaps of two builds are the same, which appeared and which vanished."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

SAME_SHARE = 0.5  # of the smaller gap's ground: what lies on less of it is another gap
FACTS = ("gap_id", "name", "rank", "residents")


def gap_changes(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> pd.DataFrame:
    """Match the gaps of two builds by their ground.

    Two gaps are the same if they share at least half of the smaller one's ground. Where several
    could be matched, the pair that shares most ground is, then those with the same id: so of a
    gap that was cut in two, the larger part goes on and the other appears.

    Parameters
    ----------
    before, after
        Gaps with ``gap_id, name, rank, residents``, in one CRS.

    Returns
    -------
    DataFrame
        ``<fact>_before`` and ``<fact>_after`` for each of these four, missing where a gap
        appeared or vanished, ``state`` (``same``, ``appeared``, ``vanished``) and ``part_of``: the
        name of the gap that an appeared one was part of, or that now holds most of a vanished one,
        empty where there is none; by rank after, then before.
    """
    one, other, shared = _overlaps(before, after)
    pairs = _pairs(before, after, one, other, shared)
    rows = [_row(before.iloc[i], after.iloc[j], "same", "") for i, j in pairs]
    kept, found = {i for i, _ in pairs}, {j for _, j in pairs}
    for j in (j for j in range(len(after)) if j not in found):
        origin = _largest(shared, other == j, one)
        name = "" if origin is None else str(before["name"].iloc[origin])
        rows.append(_row(None, after.iloc[j], "appeared", name))
    for i in (i for i in range(len(before)) if i not in kept):
        origin = _largest(shared, one == i, other)
        name = "" if origin is None else str(after["name"].iloc[origin])
        rows.append(_row(before.iloc[i], None, "vanished", name))
    columns = [f"{fact}_{side}" for fact in FACTS for side in ("before", "after")]
    found_rows = pd.DataFrame(rows, columns=[*columns, "state", "part_of"])
    return found_rows.sort_values(["rank_after", "rank_before"], kind="stable", ignore_index=True)


def _overlaps(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return positions of gaps that share ground, and how much of the smaller one's."""
    first, second = (frame.geometry.to_numpy() for frame in (before, after))
    if not (len(first) and len(second)):
        return np.empty(0, int), np.empty(0, int), np.empty(0)
    other, one = shapely.STRtree(first).query(second, predicate="intersects")
    same = shapely.equals_identical(first[one], second[other])
    area = np.where(same, shapely.area(first[one]), 0.0)
    cut = shapely.intersection(first[one[~same]], second[other[~same]])
    area[~same] = shapely.area(cut)
    smaller = np.minimum(shapely.area(first[one]), shapely.area(second[other]))
    keep = area >= SAME_SHARE * smaller
    keep &= area > 0
    return one[keep], other[keep], area[keep]


def _pairs(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    one: np.ndarray,
    other: np.ndarray,
    shared: np.ndarray,
) -> list[tuple[int, int]]:
    """Match each gap once, those that share most ground first."""
    first, second = (frame["gap_id"].to_numpy(dtype=object) for frame in (before, after))
    same_id = first[one] == second[other] if len(one) else np.empty(0, bool)
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for k in np.lexsort([other, one, ~same_id, -np.round(shared)]):
        i, j = int(one[k]), int(other[k])
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return list(pairs.items())


def _largest(shared: np.ndarray, own: np.ndarray, others: np.ndarray) -> int | None:
    """Return the gap of the other build that shares most ground with one of this."""
    if not own.any():
        return None
    return int(others[own][shared[own].argmax()])


def _row(
    before: pd.Series | None, after: pd.Series | None, state: str, part_of: str
) -> dict[str, object]:
    """Put the facts of a gap in both builds side by side."""
    sides = {"before": before, "after": after}
    facts = {
        f"{fact}_{side}": None if gap is None else gap[fact]
        for fact in FACTS
        for side, gap in sides.items()
    }
    return {**facts, "state": state, "part_of": part_of}
