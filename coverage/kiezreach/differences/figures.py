"""Which figures of two versions of a table differ, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

COLUMNS = ("row", "area", "column", "before", "after", "change")
ROW = ""  # stands for the column where a whole row came or went
# Where the name of what a row is about stands: beside its id.
_NAMED = {
    "area_id": "area_name", "planning_area_id": "name", "gap_id": "name", "centre_id": "name",
    "candidate_id": "name", "link_id": "name",
}  # fmt: skip
_TURN = "turn"  # tells rows apart that share a key


def differing_figures(
    before: pd.DataFrame,
    after: pd.DataFrame,
    key: Sequence[str],
    names: Mapping[tuple[str, str], str] | None = None,
) -> pd.DataFrame:
    """Return every cell that differs between two versions of a table.

    Parameters
    ----------
    before, after
        The two; every value is text.
    key
        Columns that name a row; the first column where there are none.
    names
        Names by column of an id and id, for tables that hold the ids alone.

    Returns
    -------
    DataFrame
        Rows in the order of `after`, then those that are only in `before`: ``row`` (its key in
        words), ``area`` (the name of what it is about, where known), ``column`` (`ROW` where the
        row itself came or went), ``before``, ``after`` (empty where it is not there), ``change``
        (NaN where the cell is no number).
    """
    key = [name for name in key if name in before and name in after]
    key = key or [name for name in list(after.columns)[:1] if name in before]
    left, right = _keyed(before, key), _keyed(after, key)
    shared = right.index[right.index.isin(left.index)]
    first, second = left.loc[shared], right.loc[shared]
    found = [_cells(first, second, key, names or {})]
    for only, side in ((right.index.difference(left.index, sort=False), "after"),
                       (left.index.difference(right.index, sort=False), "before")):  # fmt: skip
        rows = (right if side == "after" else left).loc[only]
        found.append(_whole_rows(rows, key, names or {}, side))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))


def _keyed(table: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Index a table by its key, and by a count where rows share one."""
    turn = table.groupby(list(key), sort=False, dropna=False).cumcount()
    return table.set_index(pd.MultiIndex.from_frame(table[list(key)].assign(**{_TURN: turn})))


def _cells(
    first: pd.DataFrame, second: pd.DataFrame, key: Sequence[str], names: Mapping[Any, str]
) -> pd.DataFrame:
    """List the cells that differ in rows that both have."""
    found = []
    absent = pd.Series("", index=second.index)
    for column in dict.fromkeys([*second.columns, *first.columns]):
        was, is_now = first.get(column, absent), second.get(column, absent)
        if (other := np.flatnonzero(was.to_numpy() != is_now.to_numpy())).size:
            rows = second.iloc[other]
            found.append(
                _told(rows, key, names).assign(
                    column=column,
                    before=was.to_numpy()[other],
                    after=is_now.to_numpy()[other],
                    place=other,
                )
            )
    if not found:
        return pd.DataFrame(columns=list(COLUMNS))
    cells = pd.concat(found, ignore_index=True).sort_values("place", kind="stable")
    numbers = [pd.to_numeric(cells[side], errors="coerce") for side in ("before", "after")]
    change = (numbers[1] - numbers[0]).round(9)
    return cells.assign(change=change)[list(COLUMNS)]


def _whole_rows(
    rows: pd.DataFrame, key: Sequence[str], names: Mapping[Any, str], side: str
) -> pd.DataFrame:
    """List rows that only one of the two has."""
    words = {"before": "", "after": ""} | {side: "a row"}
    return _told(rows, key, names).assign(column=ROW, **words, change=np.nan)[list(COLUMNS)]


def _told(rows: pd.DataFrame, key: Sequence[str], names: Mapping[Any, str]) -> pd.DataFrame:
    """Say in words which rows these are, and name what they are about."""
    records = rows.astype(str).to_dict(orient="records")
    return pd.DataFrame(
        {
            "row": [", ".join(f"{name} {row[name]}" for name in key) for row in records],
            "area": [_name(row, names) for row in records],
        }
    )


def _name(row: Mapping[Any, str], names: Mapping[Any, str]) -> str:
    """Return the name of what a row is about, of its planning area rather than its own."""
    for column, beside in _NAMED.items():
        if row.get(column):
            return row.get(beside) or names.get((column, row[column]), "")
    return ""
