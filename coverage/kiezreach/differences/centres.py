"""Which centres of two builds came, went, moved or were renamed."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

_MOVED_M = 1.0  # less is another rounding of the same place


def centre_changes(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> pd.DataFrame:
    """Compare the centres that count in two builds, by their ids.

    Parameters
    ----------
    before, after
        Layer ``centres``: ``centre_id, name, linked, residents_nearest`` and points, in one CRS in
        metres.

    Returns
    -------
    DataFrame
        ``centre_id``, ``name``, ``name_before``, ``state`` (``came``, ``went``, ``moved``,
        ``renamed``), ``moved_m`` (NaN but for centres that moved), ``residents_nearest`` of the
        build that has it; by state and id. One that no street leads to does not count: it goes
        when its street does.
    """
    first, second = (
        frame[frame["linked"].astype(bool)].set_index("centre_id") for frame in (before, after)
    )
    rows = [
        _row(centre_id, side.loc[centre_id], state)
        for state, side, others in (("came", second, first), ("went", first, second))
        for centre_id in sorted(set(side.index) - set(others.index))
    ]
    for centre_id in sorted(set(first.index) & set(second.index)):
        was, is_now = first.loc[centre_id], second.loc[centre_id]
        moved = was.geometry.distance(is_now.geometry)
        if moved > _MOVED_M:
            rows.append({**_row(centre_id, is_now, "moved"), "moved_m": round(moved, 1)})
        if was["name"] != is_now["name"]:
            rows.append({**_row(centre_id, is_now, "renamed"), "name_before": was["name"]})
    columns = ["centre_id", "name", "name_before", "state", "moved_m", "residents_nearest"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["state", "centre_id"], kind="stable", ignore_index=True
    )


def _row(centre_id: str, centre: pd.Series, state: str) -> dict[str, object]:
    """Say what happened to a centre."""
    return {
        "centre_id": centre_id,
        "name": centre["name"],
        "name_before": centre["name"],
        "state": state,
        "residents_nearest": int(centre["residents_nearest"]),
    }
