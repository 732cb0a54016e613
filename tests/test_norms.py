"""Norms on a town of two districts, computed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from kiezreach.norms import COLUMNS, norm_table
from kiezreach.study import Norm

CRS = "EPSG:25833"
FIXED = {
    "id": "rule",
    "labels": {"de": "Regel", "en": "Rule"},
    "level": "district",
    "status": "assumption",
    "source": "here",
    "date": date(2024, 1, 1),
}
FLOOR = {"kind": "per_residents", "unit": "m2", "value": 10}
COUNT = {"kind": "count_per_area", "unit": "centres", "value": 2}
SHARE = {"kind": "share_within", "unit": "share", "value": 0.8, "distance_m": 500}


def norm(*parts: Mapping[str, object], **changes: object) -> Norm:
    values = dict(FIXED)
    for part in (*parts, changes):
        values |= part
    return Norm.model_validate(values)


def town() -> gpd.GeoDataFrame:
    """West and East, each with one planning area, and a North that is empty of people."""
    boxes = [shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)]
    boxes.append(shapely.box(0, 1000, 2000, 2000))
    ids = ["E", "N", "W"]
    boxes = [boxes[1], boxes[2], boxes[0]]
    districts = {"level": "district", "area_id": ids, "name": ["East", "North", "West"]}
    planning = {"level": "plan", "area_id": [f"{i}1" for i in ids], "name": "", "parent_id": ids}
    return gpd.GeoDataFrame(
        pd.concat([pd.DataFrame(districts), pd.DataFrame(planning)], ignore_index=True),
        geometry=boxes * 2,
        crs=CRS,
    )


def people(west: tuple[int, int] = (2400, 600), east: int = 1000) -> gpd.GeoDataFrame:
    """West: some near a centre and some far; East: all near."""
    return gpd.GeoDataFrame(
        {"planning_area_id": ["W1", "W1", "E1"], "residents": [*west, east]},
        geometry=shapely.points([[100, 100], [900, 900], [1500, 500]]),
        crs=CRS,
    )


WALK = np.array([500.0, np.inf, 20.0])


def centres(*floor_space: float) -> gpd.GeoDataFrame:
    """Two centres in the West, of the kinds house and family, and one house in the East."""
    frame = gpd.GeoDataFrame(
        {"kind": ["house", "family", "house"]},
        geometry=shapely.points([[100, 200], [800, 200], [1500, 600]]),
        crs=CRS,
    )
    return frame.assign(floor_space_m2=list(floor_space)) if floor_space else frame


def assessed(rule: Norm, houses: gpd.GeoDataFrame | None = None, **inputs: object) -> pd.DataFrame:
    arguments = {"residents": people(), "distance": WALK} | inputs
    houses = centres() if houses is None else houses
    table = norm_table([rule], town(), centres=houses, **arguments)
    assert tuple(table.columns) == COLUMNS
    return table.set_index("area_id")


def test_floor_space_is_assessed_where_every_centre_has_one():
    # West: 3,000 residents ask for 30 m2, and 20 + 5 are there.
    table = assessed(norm(FLOOR), centres(20, 5, 15))
    assert table["result"].to_dict() == {"E": "pass", "N": "not_assessable", "W": "fail"}
    assert table.loc["W", ["value", "target", "deficit"]].tolist() == [25, 30, 5]
    assert table.loc["E", ["value", "target", "deficit"]].tolist() == [15, 10, 0]
    assert table["deficit_unit"].eq("m2").all()


def test_one_centre_without_floor_space_makes_its_area_not_assessable():
    table = assessed(norm(FLOOR), centres(200, np.nan, 15))
    assert table.loc["W", ["result", "reason"]].tolist() == [
        "not_assessable",
        "floor_space_incomplete",
    ]
    assert table.loc["W", ["centres", "centres_unknown"]].tolist() == [2, 1]
    assert table.loc["W", ["value", "deficit"]].isna().all()
    assert table.loc["E", "result"] == "pass"


def test_without_any_floor_space_no_area_with_a_centre_is_assessed():
    table = assessed(norm(FLOOR))
    assert table.loc[["E", "W"], "reason"].tolist() == ["no_floor_space"] * 2


def test_an_area_without_centres_is_known_to_have_no_floor_space():
    table = assessed(norm(FLOOR), centres(20, 5, 15).iloc[:2])
    assert table.loc["E", ["value", "result", "deficit"]].tolist() == [0, "fail", 10]


def test_centres_of_other_kinds_neither_count_nor_need_a_floor_space():
    table = assessed(norm(FLOOR, kinds=("house",)), centres(40, np.nan, 15))
    assert table.loc["W", ["centres", "value", "result"]].tolist() == [1, 40, "pass"]


def test_centres_are_counted_where_they_stand():
    table = assessed(norm(COUNT))
    assert table["centres"].to_dict() == {"E": 1, "N": 0, "W": 2}
    assert table["result"].to_dict() == {"E": "fail", "N": "fail", "W": "pass"}
    assert table["deficit"].to_dict() == {"E": 1, "N": 2, "W": 0}


@pytest.mark.parametrize(
    ("per", "target", "lacking"),
    [(1500, 2.0, 0), (1000, 3.0, 1), (800, 3.75, 2)],
)
def test_centres_per_residents_lack_whole_centres(per, target, lacking):
    rule = norm(kind="per_residents", unit="centres", value=1, residents=per)
    west = assessed(rule).loc["W"]
    assert west["target"] == target
    assert west["deficit"] == lacking
    assert west["result"] == ("fail" if lacking else "pass")


@pytest.mark.parametrize(("near", "lacking"), [(2400, 0), (2399, 1), (0, 2400)])
def test_a_share_of_residents_lacks_whole_residents(near, lacking):
    # Of 3,000 residents, 2,400 are 80 percent.
    table = assessed(norm(SHARE), residents=people((near, 3000 - near)))
    assert table.loc["W", "deficit"] == lacking
    assert table.loc["W", "result"] == ("fail" if lacking else "pass")
    assert table["deficit_unit"].eq("residents").all()


def test_a_walk_of_exactly_the_distance_counts():
    assert assessed(norm(SHARE, distance_m=499)).loc["W", "value"] == 0
    assert assessed(norm(SHARE, distance_m=500)).loc["W", "value"] == 0.8


@pytest.mark.parametrize("part", [FLOOR, SHARE])
def test_an_area_without_residents_is_not_assessable(part):
    assert assessed(norm(part)).loc["N", ["result", "reason"]].tolist() == [
        "not_assessable",
        "no_residents",
    ]


@pytest.mark.parametrize("part", [FLOOR, COUNT, SHARE])
def test_a_norm_without_a_value_says_so_everywhere(part):
    table = assessed(norm(part, value=None), centres(20, 5, 15))
    assert table["reason"].eq("no_value").all()
    assert table[["target", "deficit"]].isna().all(axis=None)


def test_the_whole_city_is_one_area():
    table = assessed(norm(FLOOR, level="city"), centres(20, 5, 15))
    assert table.loc["city", ["centres", "value", "target", "result"]].tolist() == [
        3, 40, 40, "pass"
    ]  # fmt: skip


UPLIFT = {"uplift": {"classes": "status"}}
WEAK = {"status": pd.Series({"W1": True, "E1": False, "N1": False})}


def test_an_unpublished_uplift_leaves_no_pass_where_it_may_be_due():
    # A fail stays a fail: the true target is higher still.
    table = assessed(norm(FLOOR, UPLIFT), centres(20, 5, 15))
    assert table.loc[["W", "E"], "result"].tolist() == ["fail", "not_assessable"]
    assert table.loc["E", "reason"] == "uplift_unpublished"
    # East has no structurally weak residents: nothing more is due there.
    table = assessed(norm(FLOOR, UPLIFT), centres(20, 5, 15), deprived=WEAK)
    assert table.loc["E", "result"] == "pass"
    table = assessed(norm(FLOOR, UPLIFT), centres(50, 5, 15), deprived=WEAK)
    assert table.loc["W", "reason"] == "uplift_unpublished"


def test_a_published_uplift_raises_the_target_by_the_residents_it_is_for():
    rule = norm(FLOOR, uplift={"classes": "status", "value": 5})
    table = assessed(rule, centres(20, 20, 15), deprived=WEAK)
    # West: 30 m2 and 5 m2 for each thousand of its 3,000 weak residents.
    assert table.loc["W", ["target", "value", "deficit"]].tolist() == [45, 40, 5]
    assert table.loc["E", "target"] == 10
    table = assessed(rule, centres(20, 20, 15))
    assert table.loc["W", "reason"] == "uplift_needs_classes"


def test_no_norms_make_a_table_without_rows():
    table = norm_table([], town(), people(), WALK, centres())
    assert table.empty
    assert tuple(table.columns) == COLUMNS
