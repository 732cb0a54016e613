"""Set resident points at equal distances along the street fronts of blocks."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

RESIDENTS_PER_POINT: Final = 130
"""A block gets one point for so many expected residents ..."""

FRONT_PER_POINT_M: Final = 270.0
"""... and at least one for so many metres of front, so that nobody is moved far."""


def choose_points(places: pd.DataFrame) -> pd.DataFrame:
    """Set the points of every block at equal distances along its fronts.

    Parameters
    ----------
    places
        Sorted by block and by position along its outline: ``block_id``, ``planning_area_id``,
        ``front_m``, ``people`` (expected), ``x``, ``y``.

    Returns
    -------
    DataFrame
        The chosen places, with ``people`` now the expectation of the whole ``stretch`` of front.
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
