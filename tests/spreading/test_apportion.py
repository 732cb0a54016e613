"""Whole people: exact sums, the mix of the whole, and no unit worse off for weighing more."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiezreach.spreading.apportion import apportion, deal_groups, largest_remainder

weights = st.lists(st.floats(0, 1e6), min_size=1, max_size=30).filter(lambda w: sum(w) > 1e-3)


@given(weights, st.integers(0, 5000))
def test_shares_add_up_and_lie_within_one_of_the_exact_ones(weight, total):
    share = largest_remainder(np.array(weight), total)
    assert share.sum() == total
    assert (np.abs(share - np.array(weight) / sum(weight) * total) < 1 + 1e-6).all()


@given(weights, st.integers(0, 5000))
def test_a_bigger_weight_never_gets_less(weight, total):
    share = largest_remainder(np.array(weight), total)
    order = np.argsort(weight, kind="stable")
    rising = np.array(weight)[order]
    strictly = np.diff(rising) > 0
    # From one weight to the next bigger one, whole classes of equal weights are compared.
    for k in np.flatnonzero(strictly):
        assert share[order[: k + 1]].max() <= share[order[k + 1 :]].max()
        assert share[order][k] <= share[order[k + 1]]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.data())
def test_groups_add_up_at_every_point_and_in_all(residents, data):
    total = sum(residents)
    cuts = sorted(data.draw(st.lists(st.integers(0, total), min_size=2, max_size=2)))
    groups = np.diff([0, *cuts, total])
    table = deal_groups(np.array(residents), groups)
    assert (table.sum(axis=1) == residents).all()
    assert (table.sum(axis=0) == groups).all()


def test_a_point_has_nearly_the_mix_of_the_whole():
    table = deal_groups(np.array([100, 100, 100]), np.array([30, 90, 180]))
    assert (np.abs(table - [10, 30, 60]) <= 1).all()


def test_groups_of_another_sum_are_refused():
    with pytest.raises(ValueError, match="3 residents but 4 in age groups"):
        deal_groups(np.array([3]), np.array([4]))


def test_people_go_to_units_first_and_then_to_their_points():
    # The big unit has three points: shared point by point, two of its 4.5 would round down.
    points = pd.DataFrame(
        {
            "planning_area_id": "a",
            "unit": ["big", "big", "big", "small"],
            "people": [1.5, 1.5, 1.5, 4.4],
        }
    )
    totals = pd.DataFrame({"residents": [9]}, index=["a"])
    found = apportion(points, totals, within="unit").groupby("unit")["residents"].sum()
    assert found.to_dict() == {"big": 5, "small": 4}
    assert apportion(points, totals)["residents"].sum() == 9
