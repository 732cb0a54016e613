"""Coverage by age group and class of area: the same people as in all other tables, split."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from kiezreach.coverage import coverage_table
from kiezreach.groups import AGE_GROUP, UNKNOWN, Walk, coverage_by_group
from kiezreach.reach.lengths import rounded

CRS = "EPSG:25833"
PLANNING_AREAS = ["0101", "0102", "0201"]
AGES = ["young", "old"]


def areas() -> gpd.GeoDataFrame:
    """Two districts; the second is one planning area."""
    ids = ["01", "02", *PLANNING_AREAS]
    parents = ["", "", *(i[:2] for i in PLANNING_AREAS)]
    return gpd.GeoDataFrame(
        {
            "level": ["district"] * 2 + ["area"] * 3,
            "area_id": ids,
            "name": ids,
            "parent_id": parents,
        },
        geometry=[shapely.Point(0, 0)] * 5,
        crs=CRS,
    )


def people(*rows: tuple[str, int, int]) -> gpd.GeoDataFrame:
    """Points with their planning area, young and old residents."""
    frame = pd.DataFrame(rows, columns=["planning_area_id", *AGES])
    frame["residents"] = frame[AGES].sum(axis=1)
    return gpd.GeoDataFrame(frame, geometry=[shapely.Point(0, 0)] * len(frame), crs=CRS)


def common(*distance: float) -> Walk:
    return Walk("walking", "", 80, np.array(distance))


CLASSES = pd.DataFrame({"status": {"0101": "low", "0102": "high", "0201": ""}})


def test_each_group_is_counted_where_it_lives():
    residents = people(("0101", 1, 2), ("0102", 10, 20), ("0201", 100, 200))
    walk = common(400, 800, np.inf)
    table = coverage_by_group(areas(), residents, walk, [500], age_groups=AGES, classes=CLASSES)
    rows = table.set_index(["level", "area_id", "breakdown", "group"])
    assert rows.loc[("city", "city", AGE_GROUP, "old"), "residents"] == 222
    assert rows.loc[("city", "city", AGE_GROUP, "old"), "residents_served"] == 2
    assert rows.loc[("district", "01", AGE_GROUP, "young"), "share_served"] == 1 / 11
    assert rows.loc[("district", "01", "status", "high"), "residents"] == 30
    assert rows.loc[("district", "01", "status", "high"), "median_distance_m"] == 800
    assert rows.loc[("district", "02", "status", UNKNOWN), "residents"] == 300
    assert np.isnan(rows.loc[("district", "02", "status", UNKNOWN), "median_distance_m"])


def test_groups_without_people_and_planning_areas_by_class_have_no_rows():
    residents = people(("0101", 0, 5))
    table = coverage_by_group(
        areas(), residents, common(1), [500], age_groups=AGES, classes=CLASSES
    )
    assert set(table["group"]) == {"old", "low"}
    assert set(table.loc[table["breakdown"] == "status", "level"]) == {"city", "district"}
    assert set(table.loc[table["breakdown"] == AGE_GROUP, "level"]) == {"city", "district", "area"}


def test_slow_walkers_get_as_far_as_the_time_allows():
    """At 48 m a minute 800 m of the others are 480 m; 480 m are served, 481 m are not."""
    residents = people(("0101", 0, 1), ("0101", 0, 10), ("0101", 0, 100))
    walk = common(480, 481, 800)
    older = Walk("older", "", 48, walk.distance)
    table = coverage_by_group(
        areas(), residents, walk, [800, 1000], age_groups=["old"], suiting={"old": [older]}
    )
    city = table[table["level"] == "city"].set_index(["profile", "threshold_m"])
    assert city.loc[("walking", 800), "residents_served"] == 111
    assert city.loc[("older", 800), "reach_m"] == pytest.approx(480)
    assert city.loc[("older", 800), "residents_served"] == 1
    assert city.loc[("older", 1000), "residents_served"] == 11
    assert (city["residents"] == 111).all()


def test_who_lives_exactly_as_far_as_the_time_allows_is_served():
    """At a third of the speed 500 m are 166.666... m, which no rounding makes exact."""
    walk = common(500.0)
    slow = Walk("older", "", walk.speed_m_per_min / 3, rounded(np.array([500 / 3])))
    table = coverage_by_group(
        areas(),
        people(("0101", 0, 1)),
        walk,
        [500],
        age_groups=["old"],
        suiting={"old": [slow]},
    )
    assert (table.loc[table["group"] == "old", "residents_served"] == 1).all()


def test_nobody_walks_farther_than_the_threshold():
    """Networks reach no farther; a quicker walk would be counted on streets that were cut off."""
    quick = Walk("pram", "", 160, np.array([501.0]))
    table = coverage_by_group(
        areas(),
        people(("0101", 3, 0)),
        common(501),
        [500],
        age_groups=["young"],
        suiting={"young": [quick]},
    )
    assert (table["reach_m"] == 500).all()
    assert (table["residents_served"] == 0).all()


def test_every_case_of_a_profile_has_rows_beside_the_common_rule():
    cases = [Walk("pram", case, 80, np.array([d])) for case, d in (("best", 400), ("worst", 700))]
    table = coverage_by_group(
        areas(),
        people(("0101", 3, 0)),
        common(300),
        [500],
        age_groups=["young"],
        suiting={"young": cases},
    )
    city = table[table["level"] == "city"]
    assert city["profile"].tolist() == ["walking", "pram", "pram"]
    assert city["case"].tolist() == ["", "best", "worst"]
    assert city["residents_served"].tolist() == [3, 3, 0]


def test_a_walk_that_is_the_common_rule_itself_is_counted_once():
    residents = people(("0101", 3, 0))
    table = coverage_by_group(
        areas(),
        residents,
        Walk("pram", "best", 60, np.array([400.0])),
        [500],
        age_groups=["young"],
        suiting={"young": [Walk("pram", c, 60, np.array([400.0])) for c in ("best", "worst")]},
    )
    assert table.loc[table["level"] == "city", "case"].tolist() == ["best", "worst"]


def test_groups_stand_in_the_order_of_the_study_and_the_unknown_last():
    residents = people(*((area, 1, 1) for area in PLANNING_AREAS))
    order = {"status": ["low", "middle", "high"]}
    table = coverage_by_group(
        areas(), residents, common(1, 1, 1), [500], classes=CLASSES, class_values=order
    )
    city = table[table["level"] == "city"]
    assert city["group"].tolist() == ["low", "high", UNKNOWN]


def test_a_study_without_groups_has_an_empty_table():
    table = coverage_by_group(areas(), people(("0101", 1, 1)), common(1), [500])
    assert table.empty
    assert "share_served" in table


homes = st.lists(
    st.tuples(st.sampled_from(PLANNING_AREAS), st.integers(0, 9), st.integers(0, 9)),
    min_size=1,
    max_size=12,
)
labels = st.sampled_from(["", "1", "2", "3"])


@settings(max_examples=40, deadline=None)
@given(homes, st.data())
def test_groups_add_up_to_the_table_of_all_residents(rows, data):
    """By age and by class, at every level and threshold: residents and residents served."""
    reached = st.one_of(st.integers(0, 1200), st.just(np.inf))
    walk = common(*data.draw(st.lists(reached, min_size=len(rows), max_size=len(rows))))
    known = data.draw(st.sets(st.sampled_from(PLANNING_AREAS)))  # the others have no row
    classes = pd.DataFrame(
        {name: {area: data.draw(labels) for area in sorted(known)} for name in ("status", "trend")},
        dtype=object,
    )
    residents, thresholds = people(*rows), [500.0, 800.0]
    table = coverage_by_group(
        areas(), residents, walk, thresholds, age_groups=AGES, classes=classes
    )
    everybody = coverage_table(
        areas(), residents, walk.distance, np.isfinite(walk.distance), thresholds=thresholds
    )
    sums = ["residents", "residents_served"]
    expected = everybody[everybody["residents"] > 0]
    key = ["level", "area_id", "threshold_m"]
    whole = expected.set_index(key)[sums].sort_index()
    for breakdown in (AGE_GROUP, "status", "trend"):
        found = table[table["breakdown"] == breakdown].groupby(key)[sums].sum().sort_index()
        levels = ["city", "district"] + (["area"] if breakdown == AGE_GROUP else [])
        wanted = whole[whole.index.get_level_values("level").isin(levels)]
        pd.testing.assert_frame_equal(found, wanted)
