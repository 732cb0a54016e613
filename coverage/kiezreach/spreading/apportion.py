"""Share whole people: residents by weight, age groups in the mix of the whole, all sums exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt


def largest_remainder(weights: npt.NDArray[np.float64], total: int) -> npt.NDArray[np.int64]:
    """Share a whole number by weight (method of Hamilton); ties go to the first.

    Parameters
    ----------
    weights
        Shape (n,): 0 or more, one of them above 0 unless `total` is 0.
    total
        What is shared.

    Returns
    -------
    array of int, shape (n,)
        Each within 1 of its exact share; a bigger weight never gets less.

    Examples
    --------
    >>> largest_remainder(np.array([1.0, 1.0, 1.0]), 10).tolist()
    [4, 3, 3]
    """
    if total == 0:
        return np.zeros(len(weights), dtype=np.int64)
    quota = weights / weights.sum() * total
    share = np.floor(quota).astype(np.int64)
    rest = total - int(share.sum())
    share[np.argsort(share - quota, kind="stable")[:rest]] += 1
    return share


def deal_groups(
    residents: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Deal age groups to points so that both rows and columns add up exactly.

    The members of every group are spread evenly over one long line of people, which is then cut
    into runs of the size of each point; so every run has nearly the mix of the whole.

    Parameters
    ----------
    residents
        Residents of each point, shape (points,).
    groups
        Size of each group, shape (groups,), with the same sum.

    Returns
    -------
    array of int, shape (points, groups)

    Raises
    ------
    ValueError
        If the sums differ.

    Examples
    --------
    >>> deal_groups(np.array([3, 3]), np.array([4, 2])).tolist()
    [[2, 1], [2, 1]]
    """
    if residents.sum() != groups.sum():
        msg = f"{residents.sum()} residents but {groups.sum()} in age groups"
        raise ValueError(msg)
    group = np.repeat(np.arange(len(groups)), groups)
    place = np.concatenate([(np.arange(n) + 0.5) / n for n in groups if n] or [np.zeros(0)])
    line = group[np.lexsort((group, place))]
    point = np.repeat(np.arange(len(residents)), residents)
    shape = len(residents), len(groups)
    cell = point * len(groups) + line
    return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)


def apportion(
    points: pd.DataFrame, totals: pd.DataFrame, *, within: str | None = None
) -> pd.DataFrame:
    """Turn expectations into whole residents and age groups with the exact sums of each area.

    Parameters
    ----------
    points
        ``planning_area_id`` and ``people``, the weight of the point in its area. Where two
        points have equal claims, the earlier row wins.
    totals
        Indexed by planning area: ``residents``, then the age groups, which add up to them.
    within
        Column of the unit that a point belongs to, for example its block: whole people are
        shared among the units of an area and then among the points of each, so that a unit of
        bigger weight never gets fewer.

    Returns
    -------
    DataFrame
        `points` in the same order with ``residents`` and the age groups, without those that got
        nobody.
    """
    groups = [column for column in totals.columns if column != "residents"]
    columns = ["residents", *groups]
    result = points.reset_index(drop=True)
    table = np.zeros((len(result), len(columns)), dtype=np.int64)
    weight = result["people"].to_numpy(dtype=np.float64)
    unit = None if within is None else pd.factorize(result[within])[0]
    counts = dict(zip(totals.index, totals[columns].to_numpy(dtype=np.int64), strict=True))
    for area, rows in result.groupby("planning_area_id").indices.items():
        sizes = counts[area]
        own = None if unit is None else unit[rows]
        table[rows, 0] = _share(weight[rows], int(sizes[0]), own)
        if groups:
            table[rows, 1:] = deal_groups(table[rows, 0], sizes[1:])
    result[columns] = table
    return result[result["residents"] > 0].reset_index(drop=True)


def _share(
    weight: npt.NDArray[np.float64], total: int, unit: npt.NDArray[np.int64] | None
) -> npt.NDArray[np.int64]:
    """Share people among points, by way of their units where they have some."""
    if unit is None:
        return largest_remainder(weight, total)
    _, first, unit = np.unique(unit, return_index=True, return_inverse=True)
    whole = np.bincount(unit, weights=weight).astype(np.float64)
    # Units in the order of their first point, as ties go to the first.
    order = np.argsort(first)
    count = np.empty(len(whole), dtype=np.int64)
    count[order] = largest_remainder(whole[order], total)
    share = np.zeros(len(weight), dtype=np.int64)
    by_unit = np.argsort(unit, kind="stable")
    ends = np.cumsum(np.bincount(unit))
    for k, rows in enumerate(np.split(by_unit, ends[:-1])):
        share[rows] = largest_remainder(weight[rows], int(count[k]))
    return share
