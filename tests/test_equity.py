"""Measures of equity: on paper, in a published example, against definitions, and as properties."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kiezreach.equity import (
    concentration_curve,
    concentration_index,
    corrected_index,
    equity_curves,
    equity_table,
    fractional_rank,
    gini,
    tenth_means,
)
from kiezreach.groups import Walk, coverage_by_group

CRS = "EPSG:25833"

# Rows of people: value, need and how many people; whole numbers, so that none is nearly another.
rows = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 5), st.integers(1, 9)), min_size=1, max_size=12
)


def columns(people) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    value, need, weight = (np.array(c, dtype=float) for c in zip(*people, strict=True))
    assume(value.sum() > 0)
    return value, need, weight


def f(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_ranks_on_paper():
    """Two of four people rank lowest together: they share the mean of 1/8 and 3/8."""
    assert fractional_rank(f(1, 1, 2, 3), f(1, 1, 1, 1)).tolist() == [0.25, 0.25, 0.625, 0.875]
    assert fractional_rank(f(3, 1), f(1, 3)).tolist() == [0.875, 0.375]


def test_gini_on_paper():
    """Walks of 1, 2 and 3: the six differences between two people add up to 8, mean 2."""
    assert gini(f(1, 2, 3), f(1, 1, 1)) == pytest.approx(8 / (2 * 2 * 9))
    assert gini(f(0, 1), f(3, 1)) == pytest.approx(0.75)  # one of four has everything
    assert gini(f(5, 5), f(2, 7)) == pytest.approx(0)


def test_concentration_on_paper():
    """Of four people ranked 1 to 4 only one is served: the first, or the last."""
    rank_by, weight = f(1, 2, 3, 4), f(1, 1, 1, 1)
    assert concentration_index(f(1, 0, 0, 0), rank_by, weight) == pytest.approx(-0.75)
    assert concentration_index(f(0, 0, 0, 1), rank_by, weight) == pytest.approx(0.75)
    assert concentration_index(f(1, 1, 1, 1), rank_by, weight) == pytest.approx(0)


def test_the_correction_reaches_its_bounds():
    """Half are served, and they are exactly those in greatest need: nothing is more unequal."""
    index = concentration_index(f(1, 1, 0, 0), f(1, 2, 3, 4), f(1, 1, 1, 1))
    assert corrected_index(index, 0.5) == pytest.approx(-1)


def test_the_curve_on_paper():
    people, share = concentration_curve(f(1, 3, 0), f(2, 1, 2), f(1, 2, 1))
    assert people.tolist() == [0, 0.5, 1]
    assert share.tolist() == [0, 6 / 7, 1]


def test_the_tenths_share_the_people_at_their_border():
    """Fifteen people: the tenth is one and a half of them."""
    shortest, longest = tenth_means(f(100, 200, 900), f(1, 13, 1))
    assert shortest == pytest.approx((100 + 0.5 * 200) / 1.5)
    assert longest == pytest.approx((900 + 0.5 * 200) / 1.5)


def test_the_world_bank_s_example():
    """Deaths of children under five in India by wealth (O'Donnell et al. 2008, table 8.1)."""
    births = f(29_939, 28_776, 26_528, 24_689, 19_739)
    deaths_per_1000 = f(154.7, 152.9, 119.5, 86.9, 54.3)
    index = concentration_index(deaths_per_1000, np.arange(5.0), births)
    assert round(index, 4) == -0.1694


def test_pysal_finds_the_same_gini():
    """Reference: ``inequality.gini.Gini(np.repeat(walk, people)).g`` of PySAL inequality 1.1.2."""
    walk, people = f(120.5, 333, 480, 800.25, 1250, 4975), f(17, 260, 101, 333, 89, 12)
    assert gini(walk, people) == pytest.approx(0.31134526453542166, abs=1e-12)


@settings(deadline=None)
@given(rows)
def test_gini_is_half_the_relative_mean_difference(people):
    value, _, weight = columns(people)
    each = np.repeat(value, weight.astype(int))
    differences = np.abs(each[:, None] - each).sum()
    assert gini(value, weight) == pytest.approx(differences / (2 * each.mean() * len(each) ** 2))


@settings(deadline=None)
@given(rows)
def test_concentration_is_the_covariance_with_the_rank_of_each_person(people):
    value, need, weight = columns(people)
    each, ranked_by = (np.repeat(c, weight.astype(int)) for c in (value, need))
    rank = (pd.Series(ranked_by).rank() - 0.5) / len(each)
    expected = 2 * np.cov(each, rank, ddof=0)[0, 1] / each.mean()
    assert concentration_index(value, need, weight) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(rows)
def test_an_index_is_twice_the_area_between_curve_and_diagonal(people):
    value, need, weight = columns(people)
    for by in (need, value):
        x, y = concentration_curve(value, by, weight)
        expected = 1 - 2 * np.trapezoid(y, x)
        assert concentration_index(value, by, weight) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(rows)
def test_the_opposite_ranking_turns_the_sign(people):
    value, need, weight = columns(people)
    index = concentration_index(value, need, weight)
    assert concentration_index(value, -need, weight) == pytest.approx(-index, abs=1e-12)


@settings(deadline=None)
@given(rows, st.floats(0.001, 1000))
def test_units_do_not_matter(people, scale):
    value, need, weight = columns(people)
    assert gini(value * scale, weight) == pytest.approx(gini(value, weight), abs=1e-9)
    index = concentration_index(value, need, weight)
    assert concentration_index(value * scale, need * 7 - 3, weight * 2) == pytest.approx(
        index, abs=1e-9
    )


@settings(deadline=None)
@given(rows, st.randoms(use_true_random=False))
def test_neither_splitting_nor_order_of_the_rows_matters(people, random):
    whole = columns(people)
    split = [(v, n, w) for v, n, weight in people for w in (weight - 0.25, 0.25)]
    random.shuffle(split)
    parts = columns(split)
    assert gini(parts[0], parts[2]) == pytest.approx(gini(whole[0], whole[2]), abs=1e-12)
    assert concentration_index(*parts) == pytest.approx(concentration_index(*whole), abs=1e-12)
    assert tenth_means(parts[0], parts[2]) == pytest.approx(tenth_means(whole[0], whole[2]))


@settings(deadline=None)
@given(rows, st.data())
def test_a_metre_from_a_longer_walk_to_a_shorter_one_lowers_the_gini(people, data):
    """The principle of transfers (Pigou and Dalton), between two single people."""
    value, _, weight = columns(people)
    each = np.sort(np.repeat(value, weight.astype(int)))
    assume(each[-1] - each[0] >= 2)
    low = data.draw(st.sampled_from(np.flatnonzero(each <= each[-1] - 2).tolist()))
    after = each.copy()
    after[low] += 1
    after[-1] -= 1
    ones = np.ones(len(each))
    assert gini(after, ones) < gini(each, ones)


@settings(deadline=None)
@given(rows)
def test_curves_rise_to_one_and_lorenz_curves_never_cross_the_diagonal(people):
    value, need, weight = columns(people)
    for by in (need, value):
        x, y = concentration_curve(value, by, weight)
        assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
        assert (np.diff(x) > 0).all()
        assert (np.diff(y) >= 0).all()
    assert (y <= x + 1e-12).all()


def test_nobody_has_no_index():
    nobody = np.empty(0)
    assert np.isnan(gini(nobody, nobody))
    assert np.isnan(concentration_index(nobody, nobody, nobody))
    assert np.isnan(concentration_index(f(0, 0), f(1, 2), f(1, 1)))  # nobody is served
    assert np.isnan(tenth_means(nobody, nobody)).all()


@pytest.fixture
def town():
    """Two districts of two planning areas; of the last one the need is not known."""
    ids = ["01", "02", "0101", "0102", "0201", "0202"]
    areas = gpd.GeoDataFrame(
        {
            "level": ["district"] * 2 + ["area"] * 4,
            "area_id": ids,
            "name": ids,
            "parent_id": ["", "", "01", "01", "02", "02"],
        },
        geometry=[shapely.Point(0, 0)] * 6,
        crs=CRS,
    )
    people = gpd.GeoDataFrame(
        {
            "planning_area_id": ["0101", "0101", "0102", "0201", "0202"],
            "residents": [10, 10, 20, 40, 5],
        },
        geometry=[shapely.Point(0, 0)] * 5,
        crs=CRS,
    )
    distance = np.array([100.0, 900.0, 300.0, np.inf, 400.0])
    need = pd.Series({"0101": 1.0, "0102": 0.5, "0201": 0.0, "0202": np.nan})
    classes = pd.DataFrame({"status": {"0101": "low", "0102": "high", "0201": "high"}})
    groups = coverage_by_group(
        areas, people, Walk("walking", "", 80, distance), [500.0], classes=classes
    )
    return areas, people, distance, [500.0], groups, need


def figures(town) -> pd.Series:
    *given_, groups, need = town
    table = equity_table(*given_, by_group=groups, need=need)
    return table.set_index(["area_id", "measure", "group"])[["residents", "value"]]


def test_who_is_left_out_is_said(town):
    table = figures(town)
    assert table.loc[("city", "residents", ""), "value"] == 85
    assert table.loc[("city", "residents_without_need", ""), "value"] == 5
    assert table.loc[("city", "residents_without_distance", ""), "value"] == 40
    assert table.loc[("city", "gini_distance", ""), "residents"] == 45
    assert table.loc[("city", "concentration_index_served", ""), "residents"] == 80
    assert table.loc[("city", "concentration_index_distance", ""), "residents"] == 40


def test_those_without_a_walk_count_as_not_served(town):
    """Of 80 with a need 30 are served: 10 of the 20 neediest, all 20 in the middle, no others."""
    table = figures(town)
    expected = 2 * (10 * 10 / 80 + 20 * 30 / 80) / 30 - 1
    index = table.loc[("city", "concentration_index_served", ""), "value"]
    assert index == pytest.approx(expected)
    corrected = table.loc[("city", "concentration_index_served_corrected", ""), "value"]
    assert corrected == pytest.approx(4 * 30 / 80 * expected)
    assert table.loc[("city", "share_served", "high"), "value"] == pytest.approx(20 / 60)
    assert table.loc[("city", "share_served", "low"), "value"] == pytest.approx(10 / 20)
    assert table.loc[("01", "median_distance_m", "high"), "value"] == 300
    assert table.loc[("city", "share_served", "unknown"), "residents"] == 5


def test_a_study_without_need_has_no_figures_by_need(town):
    *given_, groups, _ = town
    measures = set(equity_table(*given_, by_group=groups)["measure"])
    assert "gini_distance" in measures
    assert not {m for m in measures if "concentration" in m or "need" in m}
    assert set(equity_curves(*given_)["curve"]) == {"lorenz_distance"}


def test_the_published_points_lie_on_the_curves(town):
    *given_, _, need = town
    curves = equity_curves(*given_, need=need).set_index(["area_id", "curve"]).sort_index(kind="stable")
    served = curves.loc[("city", "concentration_served")].set_index("share_of_residents")
    share = served["share_of_value"]
    assert len(share) == 101
    assert share[[0, 0.25, 0.5, 1]].tolist() == pytest.approx([0, 1 / 3, 1, 1])
    assert ("02", "concentration_served") not in curves.index  # nobody of known need is served
