"""Tables of a build: tidy CSV files, the same bytes for the same figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.analysis import Analysis

# Decimals that carry meaning: a tenth of a metre, a hundredth of a percent.
_DECIMALS = {
    "threshold_m": 0, "median_distance_m": 1, "p90_distance_m": 1, "distance_m": 1,
    "snap_distance_m": 1, "share_served": 6, "need": 4, "priority": 1, "x": 1, "y": 1,
}  # fmt: skip
# A cell that begins so is a formula to a spreadsheet: the apostrophe makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_tables(analysis: Analysis, folder: Path) -> list[Path]:
    """Write ``coverage.csv``, ``gaps.csv``, ``centres.csv`` and ``excluded.csv``.

    Parameters
    ----------
    analysis
        What was found.
    folder
        Folder to write to; it exists.

    Returns
    -------
    list of Path
        The files written: UTF-8, comma, decimal point, LF, sorted by their key.
    """
    frames = {
        "coverage": analysis.coverage,
        "gaps": gap_table(analysis.gaps).sort_values("gap_id"),
        "centres": centre_table(analysis.centres),
        "excluded": analysis.excluded,
    }
    paths = []
    for name, frame in frames.items():
        path = folder / f"{name}.csv"
        write_csv(frame, path)
        paths.append(path)
    return paths


def gap_table(gaps: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the gaps without their geometry, in the order of the published columns."""
    columns = [
        "gap_id", "rank", "rank_best", "rank_worst", "district_id", "planning_area_ids",
        "residents", "need", "priority", "distance_m", "x", "y",
    ]  # fmt: skip
    return pd.DataFrame(gaps[columns])


def centre_table(centres: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the centres without their geometry, in the order of the published columns."""
    within = [column for column in centres if str(column).startswith("residents_within_")]
    columns = [
        "name", "kind", "operator", "district_id", "linked", "snap_distance_m", *within,
        "residents_nearest", "residents_only_here",
    ]  # fmt: skip
    return pd.DataFrame(centres[columns]).rename_axis("centre_id").reset_index()


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write one table; numbers keep the decimals that carry meaning, missing ones are empty."""
    text = frame.copy()
    for column in text.columns:
        if column in _DECIMALS:
            text[column] = _fixed(text[column], _DECIMALS[column])
        elif text[column].dtype == bool:
            text[column] = text[column].map({True: "true", False: "false"})
        elif not pd.api.types.is_numeric_dtype(text[column]):
            text[column] = text[column].astype(str).map(_harmless)
    text.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _fixed(values: pd.Series, decimals: int) -> pd.Series:
    """Write numbers with fixed decimals; missing ones are empty."""
    return values.map(lambda v: "" if pd.isna(v) else f"{v:.{decimals}f}")


def _harmless(value: str) -> str:
    """Keep a spreadsheet from running a text as a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value
