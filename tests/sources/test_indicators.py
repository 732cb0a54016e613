"""Indicators: numbers where there are any, and gaps where there are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kiezreach.errors import InputError
from kiezreach.sources.areas import read_areas
from kiezreach.sources.indicators import IndicatorTable, read_indicators
from kiezreach.study import read_study

from ..worlds import STUDY, write_small_study  # noqa: TID252 - one small town for all

TURNOUT = """[[indicators]]
file = "turnout.csv"
level = "district"
id_column = "borough"

"""


def read(folder: Path, *, turnout: str = "", **changes: object) -> IndicatorTable:
    file = write_small_study(folder, **changes)
    (folder / "turnout.csv").write_text(turnout)
    study = read_study(file)
    return read_indicators(study, read_areas(study))


def with_turnout(text: str) -> str:
    return text.replace("[indicators]", TURNOUT + "[[indicators]]")


def test_a_missing_value_stays_missing(tmp_path: Path) -> None:
    table = read(tmp_path).numbers
    assert table.index.tolist() == ["0101", "0102", "0201", "0202"]
    np.testing.assert_array_equal(table["poverty_pct"], [10.5, 20, np.nan, 40])
    assert table["unemployment_pct"].tolist() == [5, 5.5, 7, 9]


def test_an_area_without_a_row_is_missing_and_listed(tmp_path: Path) -> None:
    table = read(tmp_path, indicators=lambda frame: frame.iloc[:2])
    assert table.numbers.index.tolist() == ["0101", "0102", "0201", "0202"]
    assert table.numbers["unemployment_pct"].isna().tolist() == [False, False, True, True]
    assert table.excluded["id"].tolist() == ["0201", "0202"]
    assert set(table.excluded["file"]) == {"indicators.csv"}
    assert table.excluded["reason"].str.contains("has no row for this area").all()


def test_every_column_of_numbers_is_there_with_or_without_need(tmp_path: Path) -> None:
    start, end = STUDY.index("[need]"), STUDY.index("[network]")
    table = read(
        tmp_path,
        study=STUDY[:start] + STUDY[end:],
        indicators=lambda f: f.assign(lonely_pct=["1", "2", "3", ""], remark=["a", "1", "", ""]),
    )
    assert table.numbers.columns.tolist() == ["poverty_pct", "unemployment_pct", "lonely_pct"]


def test_values_of_a_coarser_level_hold_for_each_of_its_planning_areas(tmp_path: Path) -> None:
    table = read(tmp_path, study=with_turnout, turnout="borough,turnout_pct\n02,61.5\n01,70\n")
    assert table.numbers["turnout_pct"].tolist() == [70, 70, 61.5, 61.5]
    assert table.excluded.empty


def test_a_coarser_area_without_a_row_is_listed_itself(tmp_path: Path) -> None:
    table = read(tmp_path, study=with_turnout, turnout="borough,turnout_pct\n02,61.5\n")
    np.testing.assert_array_equal(table.numbers["turnout_pct"], [np.nan, np.nan, 61.5, 61.5])
    assert table.excluded[["file", "id"]].to_numpy().tolist() == [["turnout.csv", "01"]]


def test_two_files_may_not_share_a_column_of_numbers(tmp_path: Path) -> None:
    shared = "borough,poverty_pct\n01,1\n02,2\n"
    with pytest.raises(InputError, match="'poverty_pct' stands in another indicator file"):
        read(tmp_path, study=with_turnout, turnout=shared)


def test_classes_are_written_as_the_study_names_them(tmp_path: Path) -> None:
    words = 'labels = { de = "x", en = "x" }'
    values = f'values = [{{ value = "1", {words} }}, {{ value = "02", {words} }}]'
    classes = f'[[classes]]\nid = "status"\n{words}\ncolumn = "rating"\n{values}\n\n'
    table = read(
        tmp_path,
        study=lambda text: text.replace("[need]", classes + "[need]"),
        indicators=lambda f: f.assign(rating=["1", "1.0", "02", ""]),
    )
    assert table.texts["rating"].tolist() == ["1", "1", "02", ""]


@pytest.mark.parametrize("column", ["Anteil_Arme", "poor_prozent", "poor_percent", "percent_poor"])
def test_a_name_that_says_percent_is_one(tmp_path: Path, column: str) -> None:
    with pytest.raises(InputError, match=f"'{column}' is 100.1") as raised:
        read(
            tmp_path,
            study=lambda text: text.replace("poverty_pct", column),
            indicators=lambda f: f.rename(columns={"poverty_pct": column}).assign(
                **{column: ["1", "100", "100.1", ""]}
            ),
        )
    assert "row 4" in str(raised.value)
    assert "give the column another name" in str(raised.value)


def with_poor(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns={"poverty_pct": "poor"}).assign(poor=["1", "100", "120", "-3"])


def named_poor(percent: str) -> Callable[[str], str]:
    head = f'[indicators]\npercent = ["{percent}"]'
    return lambda text: text.replace("poverty_pct", "poor").replace("[indicators]", head)


def test_a_column_that_the_study_lists_is_one_of_percentages(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'poor' is 120") as raised:
        read(tmp_path, study=named_poor("poor"), indicators=with_poor)
    assert "take the column out of percent" in str(raised.value)


def test_others_hold_any_numbers(tmp_path: Path) -> None:
    table = read(tmp_path, study=named_poor("unemployment_pct"), indicators=with_poor)
    assert table.numbers["poor"].tolist() == [1, 100, 120, -3]
    assert table.doubts == ()  # half of the values are none: it does not look like percentages


def test_a_listed_column_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no column 'pour'"):
        read(tmp_path, study=named_poor("pour"), indicators=with_poor)


def test_percentages_that_the_study_does_not_use_are_left_alone(tmp_path: Path) -> None:
    table = read(tmp_path, indicators=lambda f: f.assign(change_percent=["-1", "200", "3", ""]))
    assert table.numbers["change_percent"].tolist()[:3] == [-1, 200, 3]
