"""Indicators: numbers where there are any, and gaps where there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from kiezreach.sources.areas import read_areas
from kiezreach.sources.indicators import read_indicators
from kiezreach.study import read_study

from ..worlds import STUDY, write_small_study  # noqa: TID252 - one small town for all


def read(folder: Path, **changes: object) -> pd.DataFrame | None:
    study = read_study(write_small_study(folder, **changes))
    return read_indicators(study, read_areas(study))


def test_a_missing_value_stays_missing(tmp_path: Path) -> None:
    table = read(tmp_path)
    assert table is not None
    assert table.index.tolist() == ["0101", "0102", "0201", "0202"]
    np.testing.assert_array_equal(table["poverty_pct"], [10.5, 20, np.nan, 40])
    assert table["unemployment_pct"].tolist() == [5, 5.5, 7, 9]


def test_an_area_without_a_row_is_missing(tmp_path: Path) -> None:
    table = read(tmp_path, indicators=lambda frame: frame.iloc[:2])
    assert table is not None
    assert table.index.tolist() == ["0101", "0102", "0201", "0202"]
    assert table["unemployment_pct"].isna().tolist() == [False, False, True, True]


def test_without_need_the_table_is_not_used(tmp_path: Path) -> None:
    start, end = STUDY.index("[need]"), STUDY.index("[network]")
    assert read(tmp_path, study=STUDY[:start] + STUDY[end:]) is None
