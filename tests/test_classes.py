"""Classes of planning areas with equally many residents, and the areas a filter selects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kiezreach.classes import area_classes, selected_areas
from kiezreach.errors import InputError
from kiezreach.study import AreaClasses, Filter, Labels

WORD = Labels(de="x", en="x")
AREAS = list("abcdef")


def thirds(number: list[float], residents: list[int], groups: int = 3) -> list[str]:
    part = AreaClasses(id="poor", labels=WORD, column="poor", quantiles=groups)
    numbers = pd.DataFrame({"poor": number}, index=AREAS)
    people = pd.Series(residents, index=AREAS)
    return area_classes([part], numbers, pd.DataFrame(index=AREAS), people)["poor"].tolist()


def test_quantiles_hold_equally_many_residents_not_areas() -> None:
    # 40 + 20 | 30 + 30 | 60 + 0 residents from the lowest number to the highest
    assert thirds([1, 2, 3, 4, 5, 6], [40, 20, 30, 30, 60, 0]) == ["1", "1", "2", "2", "3", "3"]


def test_areas_with_the_same_number_share_a_group() -> None:
    assert thirds([1, 1, 1, 1, 1, 9], [10] * 6) == ["2", "2", "2", "2", "2", "3"]


def test_an_area_without_a_number_is_in_no_group() -> None:
    assert thirds([1, np.nan, 2, np.nan, 3, np.nan], [10] * 6) == ["1", "", "2", "", "3", ""]


def test_where_nobody_lives_areas_count_instead() -> None:
    assert thirds([6, 5, 4, 3, 2, 1], [0] * 6) == ["3", "3", "2", "2", "1", "1"]


@pytest.fixture
def classes() -> pd.DataFrame:
    return pd.DataFrame({"status": ["1", "2", "3", "4", "", "3"]}, index=AREAS)


@pytest.fixture
def numbers() -> pd.DataFrame:
    return pd.DataFrame({"alone": [10.0, 20, 30, 40, np.nan, 20]}, index=AREAS)


def chosen(**values: object) -> Filter:
    return Filter.model_validate({"labels": WORD} | values)


def test_without_a_filter_all_areas_are_selected(
    numbers: pd.DataFrame, classes: pd.DataFrame
) -> None:
    assert selected_areas(None, numbers, classes).tolist() == AREAS
    assert selected_areas(None, None, classes).tolist() == AREAS


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"classes": "status", "values": ("3", "4")}, "cdf"),
        ({"column": "alone", "at_least": 20}, "bcdf"),
        ({"column": "alone", "at_most": 20}, "abf"),
        ({"column": "alone", "at_least": 20, "at_most": 30}, "bcf"),
    ],
)
def test_bounds_belong_to_the_selection_and_unknown_areas_do_not(
    asked: dict[str, object], found: str, numbers: pd.DataFrame, classes: pd.DataFrame
) -> None:
    assert selected_areas(chosen(**asked), numbers, classes).tolist() == list(found)


def test_a_filter_that_nothing_meets_is_an_error(
    numbers: pd.DataFrame, classes: pd.DataFrame
) -> None:
    with pytest.raises(InputError, match="no planning area has alone from 50 to inf"):
        selected_areas(chosen(column="alone", at_least=50), numbers, classes)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"classes": "status"},
        {"column": "alone"},
        {"classes": "status", "values": ("3",), "at_least": 1},
        {"column": "alone", "at_least": 1, "values": ("3",)},
        {"column": "alone", "classes": "status", "values": ("3",)},
        {"column": "alone", "at_least": 2, "at_most": 1},
    ],
)
def test_a_filter_asks_for_exactly_one_thing(asked: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"filter|at least"):
        chosen(**asked)
