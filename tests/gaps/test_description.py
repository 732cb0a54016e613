"""What a gap says of itself: who lives there, its name, its centre, its partners, its middle."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kiezreach as kr
from kiezreach.gaps import GapRules, Homes, Plausible, describe_gaps, find_gaps, rank_gaps
from kiezreach.gaps.description import candidate_gaps

from .two_banks import (
    CANAL,
    CRS,
    NORTH,
    RAILWAY,
    SOUTH,
    barrier,
    blocks,
    box,
    line,
    people,
    point,
    reach_with,
)


def described(residents, ground, reach, barriers=RAILWAY, **facts):
    homes = Homes.of(residents, reach, None)
    shapes = kr.catchments(reach, [800])
    found = find_gaps(homes, ground, shapes, reach.net, barriers=barriers)
    ranking = rank_gaps(found, 800.0, homes, others={}, need=facts.get("need"))
    if (sites := facts.pop("sites", None)) is not None:
        gap = candidate_gaps(found[800.0], Homes.of(sites.assign(residents=0), reach, None))
        facts["candidates"] = sites.assign(gap=gap)
    return describe_gaps(found[800.0], ranking, homes, reach, **facts).set_index("gap_id")


@pytest.fixture(scope="module")
def reach():
    return reach_with()


def in_areas(*places):
    """Residents at places: x, y, how many, and their planning area."""
    frame = people(*((x, y, n) for x, y, n, _ in places))
    return frame.assign(planning_area_id=[area for *_, area in places])


def test_age_groups_add_up_in_each_gap(reach):
    residents = people((2090, 80, 30), (2100, 80, 5), (2090, 20, 20))
    ages = pd.DataFrame({"young": [10, 5, 3], "old": [20, 0, 17]})
    found = described(residents, blocks(NORTH, SOUTH), reach, age_groups=ages)
    assert found.loc["north-1", ["residents", "young", "old"]].tolist() == [35, 15, 20]
    assert found.loc["south-1", ["residents", "young", "old"]].tolist() == [20, 3, 17]


@pytest.mark.parametrize(("second", "name"), [(14, "Ost"), (15, "Ost / West"), (31, "West / Ost")])
def test_a_gap_is_named_after_the_one_or_two_areas_with_most_residents(reach, second, name):
    residents = in_areas((2090, 80, 30, "e"), (2100, 80, second, "w"), (2110, 80, 9, "x"))
    names = pd.Series({"e": "Ost", "w": "West", "x": "Nirgends"})
    found = described(residents, blocks(NORTH), reach, area_names=names)
    assert found["name"].tolist() == [name]


def test_gaps_of_one_name_are_numbered_from_the_largest(reach):
    residents = in_areas((2090, 80, 30, "a"), (2090, 20, 20, "b"), (3000, 20, 10, "c"))
    ground = blocks(NORTH, SOUTH, box(2950, 10, 3050, 45))
    names = pd.Series({"a": "Schloßstraße", "b": "Schloßstraße", "c": "Ring"})
    found = described(residents, ground, reach, area_names=names)
    assert found["name"].to_dict() == {
        "a-1": "Schloßstraße (1)",
        "b-1": "Schloßstraße (2)",
        "c-1": "Ring",
    }


def test_the_nearest_centre_is_that_of_most_residents():
    one = reach_with()
    places = gpd.GeoDataFrame(geometry=[point(0, 0), point(4000, 100)], crs=CRS, index=["w", "e"])
    both = kr.reach(one.net, places)
    residents = people((2090, 20, 20), (2010, 80, 5), (2170, 80, 4))
    names = pd.Series({"w": "Haus West", "e": "Haus Ost"})
    found = described(residents, blocks(NORTH, SOUTH), both, centre_names=names)
    # From x = 2010 on the northern street: 2110 m to the west, 1990 m to the east.
    assert found["nearest_centre_id"].to_dict() == {"north-1": "e", "south-1": "w"}
    assert found.loc["north-1", "nearest_centre_name"] == "Haus Ost"


def test_without_a_centre_in_reach_there_is_none():
    far = reach_with()
    limited = kr.reach(far.net, gpd.GeoDataFrame(geometry=[point(0, 0)], crs=CRS), 1000)
    found = described(people((2090, 20, 20)), blocks(SOUTH), limited)
    assert found["nearest_centre_id"].tolist() == [""]
    assert found[["distance_m", "dense_distance_m"]].isna().all(axis=None)


def test_the_share_of_structurally_weak_areas_is_that_of_residents(reach):
    north = (2090, 80, 30, "a"), (2100, 80, 10, "b"), (2110, 80, 60, "c")
    residents = in_areas(*north, (2090, 20, 1, "c"))
    deprived = pd.Series({"a": False, "b": True})  # nothing is known of c
    found = described(residents, blocks(NORTH, SOUTH), reach, deprived=deprived)
    assert found[found["residents"] == 100]["share_deprived"].tolist() == [0.25]
    assert np.isnan(found[found["residents"] == 1]["share_deprived"].iloc[0])


def test_the_densest_place_is_where_most_live_within_250_m(reach):
    ground = blocks(box(2000, 10, 3000, 45))
    residents = people(
        (2000, 20, 50), (2380, 20, 20), (2500, 20, 20), (2640, 20, 20), (2900, 20, 49)
    )
    found = described(residents, ground, reach).iloc[0]
    assert (found["dense_x"], found["dense_y"]) == (point(2500, 20).x, point(2500, 20).y)
    assert found["dense_residents"] == 60
    assert found["dense_distance_m"] == pytest.approx(2520)
    lonlat = gpd.GeoSeries([point(2500, 20)], crs=CRS).to_crs(4326)[0]
    assert found["dense_lon"] == pytest.approx(lonlat.x, abs=1e-9)
    assert found["dense_lat"] == pytest.approx(lonlat.y, abs=1e-9)


def test_partners_are_unserved_sites_on_or_beside_the_ground_of_a_gap(reach):
    sites = gpd.GeoDataFrame(
        {"kind": ["school", "daycare", "daycare", "school", "library", "school"]},
        index=["s1", "d2", "d1", "far", "l1", "served"],
        geometry=[point(x, y) for x, y in
                  ((2090, 20), (2090, 80), (2250, 90), (2300, 20), (2090, 20), (700, 20))],
        crs=CRS,
    )  # fmt: skip
    ground = blocks(NORTH, SOUTH, box(700, 10, 760, 45))
    residents = people((2090, 80, 30), (2090, 20, 20), (790, 20, 10))
    found = described(residents, ground, reach, sites=sites)
    columns = ["partners_school", "partners_daycare", "partner_ids"]
    assert found.loc["north-1", columns].tolist() == [0, 2, "d1 d2"]
    assert found.loc["south-1", columns].tolist() == [1, 0, "s1"]


def test_without_candidates_partners_are_not_known(reach):
    found = described(people((2090, 20, 20)), blocks(SOUTH), reach)
    assert found[["partners_school", "partners_daycare"]].isna().all(axis=None)


def test_only_some_areas_count(reach):
    residents = people((2090, 80, 30), (2090, 20, 20))
    whole = kr.gaps(residents, blocks(NORTH, SOUTH), reach, 800)
    assert whole["residents"].tolist() == [50]
    north = kr.gaps(residents, blocks(NORTH, SOUTH), reach, 800, only=["north"])
    assert north["residents"].tolist() == [30]
    assert north["planning_area_ids"].tolist() == ["north"]
    assert north.geometry.iloc[0].equals(whole.geometry.iloc[0])  # the ground stays as it is
    assert len(kr.gaps(residents, blocks(NORTH, SOUTH), reach, 800, only=[])) == 0


MOTORWAY = barrier("motorway", line([(1500, -50), (1500, 150)]))
HALVES = blocks(box(-500, -500, 2000, 500), box(2000, -500, 5000, 500)).assign(area_id=["1", "2"])
REACH = reach_with()


@st.composite
def towns(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 25))
    places = np.column_stack([rng.integers(0, 4000, n), rng.choice([5, 20, 48, 52, 80, 200], n)])
    residents = people(*((int(x), int(y), int(rng.integers(0, 60))) for x, y in places))
    residents = residents.assign(planning_area_id=rng.choice(list("abc"), n))
    corners = rng.integers([0, 0], [3900, 90], (30, 2)).astype(float)
    ground = blocks(*(box(x, y, x + float(rng.integers(20, 200)), y + 30) for x, y in corners))
    walls = draw(st.sampled_from([None, RAILWAY, CANAL, MOTORWAY]))
    return residents, ground, walls, draw(st.sampled_from([None, HALVES])), draw(st.integers(0, 80))


@settings(deadline=None, max_examples=15)
@given(towns())
def test_sums_at_every_threshold_and_ground_without_overlaps(town):
    residents, ground, walls, zones, least = town
    distance = REACH.distance(residents)
    thresholds = [300.0, 800.0, 1500.0]
    rules = GapRules(min_residents=least)
    for t in thresholds:
        found = kr.gaps(
            residents, ground, REACH, t, rules=rules, zones=zones, barriers=walls,
            plausible=Plausible(thresholds=thresholds),
        )  # fmt: skip
        assert found["residents"].sum() == residents.loc[distance > t, "residents"].sum()
        assert (found["residents"] > 0).all()
        assert found["gap_id"].is_unique
        assert not found.geometry.is_empty.any()
        assert found.area.sum() - found.union_all().area < 1e-6
        assert (found["small"] == (found["residents"] < least)).all()
        assert (found["rank_best"] <= found["rank"]).all()
        assert (found["rank"] <= found["rank_worst"]).all()
        assert (found["rank_tied"] <= found["rank_worst"]).all()
