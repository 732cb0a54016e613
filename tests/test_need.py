"""The need index: hand-computed standardisation, what is missing, and what it is made of."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiezreach.errors import InputError
from kiezreach.need import need_index, need_table, part_weights, plausible_needs
from kiezreach.study import Labels, Need, NeedPart

WORD = Labels(de="x", en="x")


def need(**values: object) -> Need:
    parts = (
        NeedPart(column="poor", labels=WORD, weight=3.0),
        NeedPart(column="income", labels=WORD, direction="low"),
    )
    return Need.model_validate({"parts": parts} | values)


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {"poor": [10.0, 20.0, 40.0, np.nan], "income": [3.0, 1.0, 2.0, 4.0]}, index=list("abcd")
    )


def test_ranks_are_shares_of_areas_with_less(table: pd.DataFrame) -> None:
    found = need_index(table, need())
    assert found["poor"].tolist()[:3] == [0.0, 0.5, 1.0]
    assert found["income"].tolist() == pytest.approx([1 / 3, 1.0, 2 / 3, 0.0])
    assert found["need"].tolist()[:3] == pytest.approx([1 / 12, (1.5 + 1) / 4, (3 + 2 / 3) / 4])


def test_minmax_keeps_the_distances_between_values(table: pd.DataFrame) -> None:
    found = need_index(table, need(standardisation="minmax"))
    assert found["poor"].tolist()[:3] == pytest.approx([0.0, 1 / 3, 1.0])


def test_zscores_are_standard_deviations_and_the_index_a_share_of_the_normal_distribution() -> None:
    # Mean 20, standard deviation sqrt((400 + 0 + 400 + 0) / 4) = 14.1421.
    column = pd.DataFrame({"poor": [0.0, 20, 40, 20]})
    asked = Need(parts=(NeedPart(column="poor", labels=WORD),), standardisation="zscore")
    found = need_index(column, asked)
    assert found["poor"].tolist() == pytest.approx([-(2**0.5), 0, 2**0.5, 0])
    # Phi(1.41421) = 0.92135 in any table of the normal distribution.
    assert found["need"].tolist() == pytest.approx([0.07865, 0.5, 0.92135, 0.5], abs=1e-5)


def test_a_missing_part_leaves_the_index_missing(table: pd.DataFrame) -> None:
    assert np.isnan(need_index(table, need()).loc["d", "need"])
    assert part_weights(table, need()).loc["d"].isna().all()


def test_or_the_other_parts_count_with_their_weights(table: pd.DataFrame) -> None:
    asked = need(missing="other_parts")
    weights = part_weights(table, asked)
    assert weights.loc["a"].tolist() == [0.75, 0.25]
    assert np.isnan(weights.loc["d", "poor"])
    assert weights.loc["d", "income"] == 1.0
    found = need_index(table, asked)["need"]
    assert found["d"] == 0.0  # its income is the highest
    assert found[:3].tolist() == need_index(table, need())["need"][:3].tolist()


def test_without_any_part_there_is_no_index_under_either_rule(table: pd.DataFrame) -> None:
    table.loc["d"] = np.nan
    for rule in ("missing", "other_parts"):
        assert np.isnan(need_index(table, need(missing=rule)).loc["d", "need"])


def test_a_part_without_weight_is_not_missed(table: pd.DataFrame) -> None:
    assert need_index(table, need(), weights=(0, 1)).loc["d", "need"] == 0.0


def test_ties_share_their_rank() -> None:
    tied = pd.DataFrame({"poor": [1.0, 1.0, 2.0], "income": [1.0, 1.0, 1.0]})
    assert need_index(tied, need())["poor"].tolist() == [0.25, 0.25, 1.0]


@pytest.mark.parametrize("kind", ["rank", "minmax", "zscore"])
def test_a_part_that_is_the_same_everywhere_moves_no_area(kind: str) -> None:
    same = pd.DataFrame({"poor": [1.0, 2.0, 3.0], "income": [7.0, 7.0, 7.0]})
    found = need_index(same, need(standardisation=kind))
    assert found["income"].eq(found["income"][0]).all()
    assert found["need"].is_monotonic_increasing
    assert found["need"][1] == pytest.approx(0.5)


@pytest.mark.parametrize("kind", ["rank", "minmax", "zscore"])
def test_an_index_that_is_the_same_everywhere_is_an_error(kind: str) -> None:
    opposite = pd.DataFrame({"poor": [0.1, 0.2, 0.3], "income": [0.1, 0.2, 0.3]})
    with pytest.raises(InputError, match="would be the same in all 3 planning areas"):
        need_index(opposite, need(standardisation=kind), weights=(1, 1))


@pytest.mark.parametrize("kind", ["rank", "minmax", "zscore"])
def test_areas_whose_parts_add_up_to_the_same_have_the_same_index(kind: str) -> None:
    # Every order of three parts of which one is 1, one 2 and one 3 of 0 to 10: equal on paper.
    orders = list(itertools.permutations([1.0, 2.0, 3.0]))
    others = [[float(k)] * 3 for k in (0, *range(4, 11))]
    columns = ["one", "two", "three"]
    table = pd.DataFrame([*orders, *others], columns=columns)
    parts = tuple(NeedPart(column=column, labels=WORD) for column in columns)
    found = need_index(table, Need(parts=parts, standardisation=kind))["need"]
    assert found[:6].eq(found[0]).all()
    assert found.nunique() == 1 + len(others)


numbers = st.lists(st.integers(-1000, 1000), min_size=3, max_size=12, unique=True)


@settings(deadline=None)  # other work on the machine makes single examples slow
@given(numbers, st.sampled_from(["rank", "minmax", "zscore"]))
def test_the_index_lies_between_0_and_1_and_follows_a_single_part(
    values: list[int], kind: str
) -> None:
    column = pd.DataFrame({"poor": values}, dtype=float)
    asked = Need(parts=(NeedPart(column="poor", labels=WORD),), standardisation=kind)
    found = need_index(column, asked)["need"]
    assert found.between(0, 1).all()
    assert found.sort_values().index.tolist() == column["poor"].sort_values().index.tolist()


@settings(deadline=None)  # other work on the machine makes single examples slow
@given(numbers, st.floats(0.1, 10), st.floats(-50, 50))
def test_units_do_not_matter(values: list[int], factor: float, shift: float) -> None:
    asked = need(plausible_weights=((1.0, 1.0),))
    one = pd.DataFrame({"poor": values, "income": np.arange(len(values)) ** 2}, dtype=float)
    other = one.assign(poor=one["poor"] * factor + shift)
    try:
        found = plausible_needs(one, asked)
    except InputError:
        return  # the two parts cancel out
    for a, b in zip(found, plausible_needs(other, asked), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-9)


def test_plausible_variants_are_all_combinations(table: pd.DataFrame) -> None:
    asked = need(plausible_weights=((1.0, 1.0), (0.0, 1.0)))
    assert len(plausible_needs(table, asked)) == 3 * 3


def test_the_table_takes_the_index_apart(table: pd.DataFrame) -> None:
    areas = gpd.GeoDataFrame(
        {"level": "area", "area_id": list("abcd"), "name": ["A", "B", "C", "A"]},
        geometry=gpd.points_from_xy(range(4), range(4)),
        crs=25833,
    )
    classes = pd.DataFrame({"status": ["1", "2", "2", ""]}, index=list("abcd"))
    people = pd.Series({"a": 5, "c": 7})
    found = need_table(areas, table, need(), classes, people).set_index("planning_area_id")
    assert found["name"].tolist() == ["A", "B", "C", "A"]
    assert found["residents"].tolist() == [5, 0, 7, 0]
    assert found["need_rank"].tolist()[:3] == [3, 2, 1]
    assert found["income_rank"].tolist() == [3, 1, 2, 4]  # the lowest income is the most need
    assert found.loc["d", ["poor", "poor_std", "need", "need_rank"]].isna().all()
    assert found["status"].tolist() == ["1", "2", "2", ""]
    parts = sum(found[f"{part}_std"] * found[f"{part}_weight"] for part in ("poor", "income"))
    np.testing.assert_allclose(parts[:3], found["need"][:3])
