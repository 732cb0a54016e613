"""The best sites for further centres, on a street that can be drawn on paper."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

import kiezreach as kr

from .street import CRS, homes, sites, street


def test_the_site_that_serves_most_comes_first_and_gains_add_up():
    # Homes at 0, 100, 200, ..., 1900 with 10 residents each; a walk of 250 m reaches five of them.
    plan = kr.propose(homes(), sites(a=0, b=500, c=1200), street(), k=2, threshold=250)
    assert plan.sites["candidate_id"].tolist() == ["b", "c"]
    assert plan.sites["gain"].tolist() == [50, 50]
    assert (plan.objective, plan.bound, plan.gap) == (100, 100, 0)


def test_whom_an_existing_centre_serves_is_no_gain():
    plan = kr.propose(
        homes(), sites(a=600, b=1200), street(), k=1, threshold=250, existing=sites(old=500)
    )
    # Around 600 only the homes at 800 are new; around 1200 all five.
    assert plan.sites["candidate_id"].tolist() == ["b"]
    assert plan.objective == 50


def test_fewer_sites_are_proposed_where_fewer_serve_as_many():
    plan = kr.propose(homes(), sites(a=500, b=510, c=520), street(), k=3, threshold=250)
    assert len(plan.sites) < 3


def test_of_sites_that_serve_the_same_the_first_by_id_is_proposed():
    plan = kr.propose(homes(), sites(z=500, b=505, m=495), street(), k=1, threshold=240)
    assert plan.sites["candidate_id"].tolist() == ["b"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"k": 3}, "3 new centres are asked for, but there are 2 candidates"),
        ({"k": 0}, "number of new centres is 0"),
        ({"time_limit": 0}, "time limit is 0"),
        ({"threshold": -1}, "threshold is -1"),
        ({"weight": -np.ones(20)}, "weight of residents is negative"),
    ],
)
def test_what_cannot_be_asked_is_named(settings, words):
    asked = {"k": 1, "threshold": 250} | settings
    with pytest.raises(kr.InputError, match=words):
        kr.propose(homes(), sites(a=0, b=500), street(), **asked)


def test_candidates_far_from_any_street_are_an_error():
    far = gpd.GeoDataFrame(index=["a"], geometry=[shapely.Point(0, 5000)], crs=CRS)
    with pytest.raises(kr.InputError, match="none of the 1 candidates has a street"):
        kr.propose(homes(), far, street(), k=1)
