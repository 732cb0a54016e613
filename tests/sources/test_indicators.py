"""Indicators: numbers where there are any, and gaps where there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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
