"""Lengths that are given, and walks that are exactly as long as one."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from kiezreach.catchments import catchments
from kiezreach.coverage import coverage
from kiezreach.errors import InputError
from kiezreach.gaps import GapRules, gaps
from kiezreach.reach import explain, reach, reach_each

from .random_worlds import CRS, X0, Y0, at, network

# A street of 3 : 4 : 5: the home at (3 k, 4 k) is exactly 5 k metres from its end.
SLANTED = network([[(0, 0), (300, 400)], [(300, 400), (600, 0)]])
CENTRE = at([(0, 0)], ["c"])
EXACTLY_M = range(1, 400)
HOMES = at([(0.6 * d, 0.8 * d) for d in EXACTLY_M])
NO_LENGTHS = ["800", None, math.nan, -1, True, [800]]


def test_a_home_exactly_at_a_threshold_is_within_it():
    walk = reach(SLANTED, CENTRE).distance(HOMES)
    assert walk.tolist() == list(EXACTLY_M)


@pytest.mark.parametrize("limit", range(3, 400, 11))
def test_a_home_exactly_at_the_limit_is_served_and_explained(limit):
    home, nearer, farther = (
        at([(0.6 * d, 0.8 * d)]) for d in (limit, limit - 0.001, limit + 0.001)
    )
    served = reach(SLANTED, CENTRE, limit=limit)
    alone = reach_each(SLANTED, CENTRE, limit=limit)["c"]
    for r in (served, alone):
        assert np.isfinite(r.distance(home)).all()
        assert np.isfinite(r.distance(nearer)).all()
        assert np.isinf(r.distance(farther)).all()
    for found in (explain(served, home), explain(served, home, "c")):
        assert found.route.distance_m == limit
    assert explain(served, farther).route is explain(served, farther, "c").route is None


def test_residents_exactly_at_a_threshold_are_covered_and_in_no_gap():
    homes = HOMES.iloc[::7].assign(residents=1)
    r = reach(SLANTED, CENTRE)
    area = gpd.GeoDataFrame(
        {"area_id": ["a"]}, geometry=[shapely.box(X0 - 1, Y0 - 1, X0 + 700, Y0 + 700)], crs=CRS
    )
    for number, threshold in enumerate(EXACTLY_M[::7], start=1):
        served = coverage(area, homes, r, [threshold])["residents_served"]
        assert served.tolist() == [number, number]  # the city and the area
        unserved = gaps(homes, area, r, threshold)["residents"].sum()
        assert unserved == len(homes) - number


@pytest.mark.parametrize("setting", ["limit", "max_snap_m", "max_access_m"])
@pytest.mark.parametrize("value", NO_LENGTHS)
def test_what_is_no_length_is_refused(setting, value):
    given = {"limit": 800.0, setting: value}
    for compute in (reach, reach_each):
        with pytest.raises(InputError, match=f"{setting} is .*Give a length in metres"):
            compute(SLANTED, CENTRE, **given)


def test_the_longest_access_legs_are_finite_and_may_be_nothing():
    for setting in ("max_snap_m", "max_access_m"):
        with pytest.raises(InputError, match=f"{setting} is inf"):
            reach(SLANTED, CENTRE, **{setting: math.inf})
    on_street = reach(SLANTED, CENTRE, max_snap_m=0, max_access_m=np.float32(0))
    assert on_street.distance(at([(0, 0), (0, 10)])).tolist() == [0.0, math.inf]


@pytest.mark.parametrize("cell_m", [*NO_LENGTHS, 0, math.inf])
def test_a_size_of_cells_that_is_no_length_is_refused(cell_m):
    with pytest.raises(InputError, match=r"cell_m is .*Give a length in metres above 0"):
        catchments(reach(SLANTED, CENTRE), [300], cell_m=cell_m)


@pytest.mark.parametrize("thresholds", [300, "300", None, 300.0, [], ["300"], [math.nan], [None]])
def test_thresholds_that_are_no_list_of_lengths_are_refused(thresholds):
    r = reach(SLANTED, CENTRE)
    people = HOMES.assign(residents=1)
    area = gpd.GeoDataFrame({"area_id": ["a"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=CRS)
    for ask in (lambda: catchments(r, thresholds), lambda: coverage(area, people, r, thresholds)):
        with pytest.raises(InputError, match="threshold") as error:
            ask()
        assert "in metres above 0" in str(error.value)


def test_thresholds_may_be_any_collection_of_numbers():
    r = reach(SLANTED, CENTRE)
    for given in ((300, 200), {200, 300}, np.array([300, 200]), pd.Series([200.0, 300.0])):
        assert catchments(r, given, cell_m=50)["threshold_m"].tolist() == [200.0, 300.0]


@pytest.mark.parametrize(
    ("threshold", "settings", "problem"),
    [
        (math.nan, {}, "threshold is nan"),
        ("300", {}, "threshold is '300'"),
        (500, {}, "beyond the reach's limit of 400 m"),
        (300, {"rules": GapRules(join_m=-1)}, "join_m is -1"),
    ],
)
def test_gaps_refuse_what_is_no_length(threshold, settings, problem):
    people = HOMES.assign(residents=1)
    ground = gpd.GeoDataFrame(geometry=[shapely.box(X0, Y0, X0 + 600, Y0 + 400)], crs=CRS)
    with pytest.raises(InputError, match=problem):
        gaps(people, ground, reach(SLANTED, CENTRE, limit=400), threshold, **settings)
