from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import kiezreach as kr
from kiezreach.gaps import Plausible
from kiezreach.network import network_from_lines

CRS = "EPSG:25833"
X0, Y0 = 390_000.0, 5_820_000.0


def box(x0, y0, x1, y1):
    return shapely.box(X0 + x0, Y0 + y0, X0 + x1, Y0 + y1)


@pytest.fixture
def street():
    """One street of 4 km with a centre in the middle."""
    line = shapely.LineString([(X0, Y0), (X0 + 4000, Y0)])
    net = network_from_lines(gpd.GeoSeries([line], crs=CRS))
    centre = gpd.GeoDataFrame(geometry=[shapely.Point(X0 + 2000, Y0)], crs=CRS, index=["c"])
    return kr.reach(net, centre)


@pytest.fixture
def blocks():
    """Blocks of 180 m with streets of 20 m between them, north of the street."""
    shapes = [box(x + 10, 10, x + 190, 60) for x in range(0, 4000, 200)]
    return gpd.GeoDataFrame(geometry=shapes, crs=CRS)


@pytest.fixture
def residents():
    x = np.arange(100, 4000, 200)
    return gpd.GeoDataFrame(
        {"residents": np.where(x < 2000, 10, 30), "planning_area_id": np.where(x < 2000, "w", "e")},
        geometry=shapely.points(X0 + x, np.full(len(x), Y0 + 20)),
        crs=CRS,
    )


def test_gaps_are_the_connected_places_that_no_centre_reaches(street, blocks, residents):
    found = kr.gaps(residents, blocks, street, 800)
    assert found["gap_id"].tolist() == ["e-1", "w-1"]  # ranked by residents
    # 20 m off the street, 800 m reach 780 m along it: residents at 100 ... 1100 and 2900 ... 3900.
    assert found["residents"].tolist() == [6 * 30, 6 * 10]
    assert found["distance_m"].tolist() == [1320, 1320]
    assert (found.geometry.geom_type == "MultiPolygon").all()


def test_every_unserved_resident_is_in_exactly_one_gap(street, blocks, residents):
    unserved = residents.loc[street.distance(residents) > 500, "residents"].sum()
    assert kr.gaps(residents, blocks, street, 500)["residents"].sum() == unserved


def test_gaps_lie_outside_the_catchment(street, blocks, residents):
    catchment = kr.catchments(street, [800]).geometry.iloc[0]
    found = kr.gaps(residents, blocks, street, 800)
    assert shapely.intersection(shapely.union_all(found.geometry), catchment).area < 1e-6


def test_a_street_joins_and_a_wide_open_space_divides(street, residents, blocks):
    split = blocks[~blocks.intersects(box(400, 0, 600, 100))]
    lonely = residents[residents.geometry.x != X0 + 500]
    found = kr.gaps(lonely, split, street, 800)
    assert sorted(found["gap_id"]) == ["e-1", "w-1", "w-2"]


def test_gaps_end_at_the_borders_of_zones(street, residents, blocks):
    zones = gpd.GeoDataFrame(
        {"area_id": ["a", "b"]}, geometry=[box(0, 0, 600, 100), box(600, 0, 4000, 100)], crs=CRS
    )
    found = kr.gaps(residents, blocks, street, 800, zones=zones)
    assert sorted(found["residents"]) == [30, 30, 180]


def test_people_without_any_block_still_make_a_gap(street, residents, blocks):
    nowhere = blocks.iloc[:0]
    found = kr.gaps(residents, nowhere, street, 800)
    assert found["residents"].sum() == 6 * 30 + 6 * 10
    assert not found.geometry.is_empty.any()


def test_no_gap_where_everybody_is_served(street, blocks, residents):
    found = kr.gaps(residents, blocks, street, 5000)
    assert len(found) == 0
    assert found.crs.to_epsg() == 25833


def test_priority_is_residents_times_need(street, blocks, residents):
    need = pd.Series({"w": 0.9, "e": 0.1})
    found = kr.gaps(residents, blocks, street, 800, need=need).set_index("gap_id")
    assert found["priority"].to_dict() == pytest.approx({"w-1": 54.0, "e-1": 18.0})
    assert found["rank"].to_dict() == {"w-1": 1, "e-1": 2}


def test_the_rank_interval_spans_the_plausible_variants(street, blocks, residents):
    need = pd.Series({"w": 0.9, "e": 0.1})
    other = [pd.Series({"w": 0.2, "e": 0.4})]
    found = kr.gaps(residents, blocks, street, 800, need=need, plausible=Plausible(needs=other))
    assert found[["rank", "rank_best", "rank_worst"]].to_numpy().tolist() == [[1, 1, 2], [2, 1, 2]]


def test_a_missing_need_stays_missing(street, blocks, residents):
    found = kr.gaps(residents, blocks, street, 800, need=pd.Series({"e": 0.5}))
    west = found.set_index("gap_id").loc["w-1"]
    assert np.isnan(west["need"])
    assert np.isnan(west["priority"])
    assert west["rank"] == 2


def test_gaps_do_not_overlap_where_blocks_do(street, residents, blocks):
    wide = blocks.assign(geometry=blocks.buffer(12))  # neighbours overlap by 4 m
    zones = gpd.GeoDataFrame(
        {"area_id": ["a", "b"]}, geometry=[box(0, 0, 600, 100), box(600, 0, 4000, 100)], crs=CRS
    )
    found = kr.gaps(residents, wide, street, 800, zones=zones)
    assert len(found) == 3
    assert found.area.sum() - found.union_all().area < 1e-6
