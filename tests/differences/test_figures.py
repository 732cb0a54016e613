"""Cells of two tables: which differ, where and by how much."""

from __future__ import annotations

import math

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from kiezreach.differences import differing_figures, differing_values


def table(*rows: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area_id", "area_name", "count"], dtype=object)


def test_a_figure_is_named_by_its_key_and_area_and_has_its_change():
    one = table(("1", "West", "10"), ("2", "East", "20.5"))
    other = table(("2", "East", "21"), ("1", "West", "10"))
    (row,) = differing_figures(one, other, ["area_id"]).to_dict(orient="records")
    assert row == {
        "row": "area_id 2", "area": "East", "column": "count", "before": "20.5", "after": "21",
        "change": 0.5,
    }  # fmt: skip


def test_rows_that_came_and_went_and_columns_are_told():
    one = table(("1", "West", "10"))
    other = table(("3", "North", "5"), ("1", "West", "10")).assign(share="0.5")
    found = differing_figures(one, other, ["area_id"])
    assert set(
        zip(found["row"], found["column"], found["before"], found["after"], strict=True)
    ) == {
        ("area_id 1", "share", "", "0.5"),
        ("area_id 3", "", "", "a row"),
    }
    assert all(math.isnan(change) for change in found["change"])


def test_rows_that_share_a_key_are_compared_in_their_order():
    one = table(("1", "West", "10"), ("1", "West", "11"))
    other = table(("1", "West", "10"), ("1", "West", "12"))
    assert differing_figures(one, other, ["area_id"])["after"].tolist() == ["12"]


# What stands under six ids; under some of them nothing.
COUNTS = st.tuples(*[st.sampled_from([None, 0, 1, 2])] * 6).map(
    lambda numbers: {k: n for k, n in zip("abcdef", numbers, strict=True) if n is not None}
)


@given(COUNTS, COUNTS)
def test_as_many_figures_are_told_as_differ(one, other):
    tables = [
        pd.DataFrame({"id": list(t), "n": [str(v) for v in t.values()]}, dtype=object)
        for t in (one, other)
    ]
    expected = {k for k in {*one, *other} if one.get(k) != other.get(k)}
    found = differing_figures(*tables, ["id"])["row"]
    assert {row.removeprefix("id ") for row in found} == expected
    assert {path for path, *_ in differing_values(one, other)} == expected
