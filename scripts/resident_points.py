"""Place the residents of planning areas on points along street fronts, with exact sums.

Every place (a section of a block's street front) carries a weight. Points are set at equal
distances along the fronts of each block, closer where more people live. Whole residents are
apportioned by largest remainder, and age groups so that every point has nearly the mix of its
Planungsraum and every sum is exact.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

RESIDENTS_PER_POINT: Final = 130
"""A block gets one point for so many expected residents ..."""

FRONT_PER_POINT_M: Final = 270.0
"""... and at least one for so many metres of front, so that nobody is moved far."""

MIN_BLOCK_RESIDENTS: Final = 4.0
"""Blocks with fewer expected residents are taken as not residential ..."""

MIN_RESIDENTS_PER_FRONT_M: Final = 0.03
"""... and so are blocks with fewer per metre of front. Detached houses have 0.06 to 0.1: one of
two to three residents on 25 to 40 m of front."""

OUTWARD_M: Final = 2.0
"""Points stand this far before the block outline, on the pavement, where the gap allows."""

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


def largest_remainder(weights: FloatArray, total: int) -> IntArray:
    """Share a whole number by weight; ties go to the first.

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


def deal_groups(residents: IntArray, groups: IntArray) -> IntArray:
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
    numpy.ndarray
        Shape (points, groups).

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
    table = np.zeros((len(residents), len(groups)), dtype=np.int64)
    np.add.at(table, (point, line), 1)
    return table


def expected_residents(places: pd.DataFrame, residents: pd.Series) -> pd.Series:
    """Return the expected residents of each place, by weight within its Planungsraum.

    Blocks with hardly any (:data:`MIN_BLOCK_RESIDENTS`, :data:`MIN_RESIDENTS_PER_FRONT_M`) give
    theirs to the others, unless no block of the Planungsraum has more.
    """
    area, block = places["planning_area_id"], places["block_id"]
    front = places["front_m"].groupby(block).transform("sum").clip(lower=1.0)

    def people(weight: pd.Series) -> pd.Series:
        total = weight.groupby(area).transform("sum")
        return weight / total.where(total > 0, 1.0) * area.map(residents)

    first = people(places["weight"])
    in_block = first.groupby(block).transform("sum")
    lived_in = (in_block >= MIN_BLOCK_RESIDENTS) & (in_block / front >= MIN_RESIDENTS_PER_FRONT_M)
    keep = lived_in | ~lived_in.groupby(area).transform("any")
    return people(places["weight"].where(keep, 0.0))


def choose_points(places: pd.DataFrame) -> pd.DataFrame:
    """Set the points of every block at equal distances along its fronts.

    Parameters
    ----------
    places
        Sorted by block and by position along its outline: ``block_id``, ``planning_area_id``,
        ``front_m``, ``people`` (expected), ``x``, ``y``.

    Returns
    -------
    pandas.DataFrame
        The chosen places, with ``people`` now the expectation of the whole stretch of front.
    """
    used = places[places["people"] > 0].reset_index(drop=True)
    block = used.groupby("block_id", sort=False)
    people = block["people"].transform("sum")
    front = block["front_m"].transform("sum")
    wanted = np.maximum(np.rint(people / RESIDENTS_PER_POINT), np.ceil(front / FRONT_PER_POINT_M))
    most = np.minimum(np.maximum(np.floor(people), 1.0), block["x"].transform("size"))
    count = np.minimum(wanted, most)
    # Where a place's middle lies along the front, in units of points: 0.5, 1.5, ... are points.
    along = (block["front_m"].cumsum() - used["front_m"] / 2) / front * count
    stretch = np.minimum(np.floor(along), count - 1).astype(int)
    off_centre = (along - stretch - 0.5).abs()
    used = used.assign(stretch=stretch, off_centre=off_centre)
    key = ["block_id", "stretch"]
    total = used.groupby(key, sort=False)["people"].sum()
    chosen = used.loc[used.groupby(key, sort=False)["off_centre"].idxmin()].set_index(key)
    chosen["people"] = total
    return chosen.reset_index().drop(columns=["off_centre"])


def apportion(points: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
    """Turn expectations into whole residents and age groups with the register's exact sums.

    Returns
    -------
    pandas.DataFrame
        `points` in the same order with ``residents`` and the age groups, without those that got
        nobody.
    """
    groups = [column for column in register.columns if column != "residents"]
    columns = ["residents", *groups]
    result = points.sort_values(["planning_area_id", "block_id", "stretch"], ignore_index=True)
    table = np.zeros((len(result), len(columns)), dtype=np.int64)
    for area, rows in result.groupby("planning_area_id").indices.items():
        people = result["people"].to_numpy()[rows]
        table[rows, 0] = largest_remainder(people, int(register.loc[area, "residents"]))
        sizes = register.loc[area, groups].to_numpy(dtype=np.int64)
        table[rows, 1:] = deal_groups(table[rows, 0], sizes)
    result[columns] = table
    return result[result["residents"] > 0].reset_index(drop=True)


def step_outward(
    sections: pd.DataFrame, areas: npt.NDArray[np.object_]
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Move section middles before the block outline without leaving the planning area.

    Parameters
    ----------
    sections
        ``x``, ``y``, ``nx``, ``ny`` and ``gap`` (metres to the next block).
    areas
        The planning area of each section.

    Returns
    -------
    tuple
        Coordinates on a 0.1 m grid, shape (sections, 2), and whether each lies in its area.
    """
    middle = sections[["x", "y"]].to_numpy()
    normal = sections[["nx", "ny"]].to_numpy()
    reach = np.minimum(OUTWARD_M, sections["gap"].to_numpy() / 3)
    result = middle.copy()
    inside = np.zeros(len(sections), dtype=bool)
    # From before the outline to behind it: the first that lies in the planning area is taken.
    for step in (reach, np.full(len(sections), -1.0), np.full(len(sections), -5.0)):
        trial = np.round(middle + step[:, None] * normal, 1)
        good = ~inside & shapely.contains_properly(areas, shapely.points(trial))
        result[good] = trial[good]
        inside |= good
    return result, inside
