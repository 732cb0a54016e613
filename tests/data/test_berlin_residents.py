"""Berlin's packaged residents: the register's sums, kept exactly, on points where people live."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import kiezreach as kr
from kiezreach.inputs import read_background
from kiezreach.population import read_population
from kiezreach.sources.areas import read_areas
from kiezreach.sources.residents import read_inhabited

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = REPOSITORY / "data"
SHARED = REPOSITORY.parent / "shared" / "data" / "berlin"

AGE_GROUPS = {
    "age_under_6": "inhabitants_age_below_6",
    "age_6_15": "inhabitants_age_6_15",
    "age_15_18": "inhabitants_age_15_18",
    "age_18_27": "inhabitants_age_18_27",
    "age_27_45": "inhabitants_age_27_45",
    "age_45_55": "inhabitants_age_45_55",
    "age_55_65": "inhabitants_age_55_65",
    "age_65_over": "inhabitants_age_above_65",
}
CITY_RESIDENTS = 3_897_145
# Register of 31 December 2024, table per district (not the one the points are derived from).
DISTRICT_RESIDENTS = {
    "01": 397_004,
    "02": 292_624,
    "03": 427_276,
    "04": 343_500,
    "05": 259_277,
    "06": 310_044,
    "07": 356_959,
    "08": 329_488,
    "09": 297_236,
    "10": 294_091,
    "11": 315_548,
    "12": 274_098,
}
WITHOUT_BLOCKS = {"05100207": 2331, "05200418": 3847, "05200422": 1201, "05200524": 3380}
UNINHABITED = {"03400831", "06200418"}

needs_originals = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the original files are not beside the repository"
)


@pytest.fixture(scope="module")
def points() -> gpd.GeoDataFrame:
    return gpd.read_parquet(DATA / "residents" / "berlin_residents_2024-12-31.parquet")


@pytest.fixture(scope="module")
def inhabited() -> gpd.GeoDataFrame:
    return gpd.read_parquet(DATA / "residents" / "berlin_inhabited.parquet")


@pytest.fixture(scope="module")
def areas() -> gpd.GeoDataFrame:
    frame = gpd.read_file(DATA / "boundaries" / "berlin.gpkg", layer="planungsraum")
    return frame.set_index("area_id")


def test_schema_and_keys(points: gpd.GeoDataFrame) -> None:
    columns = ["point_id", "planning_area_id", "residents", *AGE_GROUPS, "geometry"]
    assert list(points.columns) == columns
    assert points.crs.to_epsg() == 25833
    assert (points.geom_type == "Point").all()
    assert points["point_id"].is_unique
    assert points["point_id"].is_monotonic_increasing
    assert points["point_id"].str.fullmatch(r"\d{8}-\d{4}").all()
    assert (points["point_id"].str[:8] == points["planning_area_id"]).all()
    assert (points[["residents", *AGE_GROUPS]].dtypes == np.int64).all()
    assert 30_000 <= len(points) <= 45_000


def test_sums_are_the_registers(points: gpd.GeoDataFrame) -> None:
    assert points["residents"].sum() == CITY_RESIDENTS
    districts = points.groupby(points["planning_area_id"].str[:2])["residents"].sum()
    assert districts.to_dict() == DISTRICT_RESIDENTS


def test_age_groups_add_up_at_every_point(points: gpd.GeoDataFrame) -> None:
    assert (points["residents"] > 0).all()
    assert (points[list(AGE_GROUPS)] >= 0).all(axis=None)
    assert (points[list(AGE_GROUPS)].sum(axis=1) == points["residents"]).all()


def test_age_mix_of_a_point_is_that_of_its_area(points: gpd.GeoDataFrame) -> None:
    groups = points[list(AGE_GROUPS)]
    totals = points.groupby("planning_area_id")[["residents", *AGE_GROUPS]].transform("sum")
    shares = totals[list(AGE_GROUPS)].div(totals["residents"], axis=0)
    expected = shares.mul(points["residents"], axis=0)
    # Eight groups cut by the same runs: each is at most a few whole people off its share.
    assert (groups - expected).abs().max(axis=None) < 3.0
    assert (groups - expected).abs().mean(axis=None) < 0.5


def test_every_planning_area_but_the_empty_ones_has_points(
    points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame
) -> None:
    assert set(areas.index) - set(points["planning_area_id"]) == UNINHABITED
    count = points.groupby("planning_area_id")["residents"].sum()
    assert count[list(WITHOUT_BLOCKS)].to_dict() == WITHOUT_BLOCKS


def test_points_lie_inside_their_planning_area(
    points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame
) -> None:
    own = areas.geometry.loc[points["planning_area_id"]].to_numpy()
    assert shapely.contains(own, points.geometry.to_numpy()).all()


def test_no_point_stands_for_a_whole_neighbourhood(points: gpd.GeoDataFrame) -> None:
    assert points["residents"].max() <= 250
    assert points["residents"].median() <= 130


def test_no_two_points_of_an_area_share_a_place(points: gpd.GeoDataFrame) -> None:
    place = pd.DataFrame(points.get_coordinates().to_numpy(), columns=["x", "y"])
    shared = place.duplicated(keep=False)
    assert shared.mean() < 0.001


def test_points_are_not_in_water(points: gpd.GeoDataFrame) -> None:
    water = gpd.read_file(DATA / "background" / "berlin_background.gpkg", layer="water")
    # The background is simplified to 5 m, so the shore itself is left out.
    open_water = shapely.union_all(water.buffer(-8).to_numpy())
    shapely.prepare(open_water)
    wet = shapely.contains(open_water, points.geometry.to_numpy())
    assert points["residents"][wet].sum() < 0.001 * CITY_RESIDENTS


def test_inhabited_area_is_valid_and_of_plausible_size(
    inhabited: gpd.GeoDataFrame, areas: gpd.GeoDataFrame
) -> None:
    assert list(inhabited.columns) == ["block_id", "planning_area_id", "geometry"]
    assert inhabited.crs.to_epsg() == 25833
    assert inhabited["block_id"].is_unique
    assert inhabited["planning_area_id"].isin(areas.index).all()
    assert inhabited.is_valid.all()
    assert not inhabited.is_empty.any()
    assert (DATA / "residents" / "berlin_inhabited.parquet").stat().st_size < 4e6
    # Berlin's residential, mixed and small-garden housing land is between a third and half of it.
    assert 0.30 < inhabited.area.sum() / areas.area.sum() < 0.50


def test_airfields_and_lakes_are_not_inhabited(
    points: gpd.GeoDataFrame, inhabited: gpd.GeoDataFrame
) -> None:
    places = {
        "Tempelhofer Feld": (391_350, 5_815_000),
        "former Tegel airport": (384_000, 5_824_500),
        "Müggelsee": (409_500, 5_811_000),
        "Grunewald": (379_500, 5_815_500),
    }
    for name, (x, y) in places.items():
        around = shapely.Point(x, y).buffer(300)
        assert not inhabited.intersects(around).any(), name
        assert not points.intersects(around).any(), name


def test_residents_stand_at_the_inhabited_area(
    points: gpd.GeoDataFrame, inhabited: gpd.GeoDataFrame
) -> None:
    tree = shapely.STRtree(inhabited.geometry.to_numpy())
    _, distance = tree.query_nearest(
        points.geometry.to_numpy(), return_distance=True, all_matches=False
    )
    assert distance.max() < 35.0
    assert np.percentile(distance, 99) < 5.0


def test_every_plausible_spreading_has_the_same_people(points: gpd.GeoDataFrame) -> None:
    study = kr.berlin()
    areas = read_areas(study)
    found = read_population(
        study, areas, read_inhabited(study, areas), read_background(study, areas)
    )
    columns = ["residents", *AGE_GROUPS]
    expected = points.groupby("planning_area_id")[columns].sum()
    assert set(found.spreads) == {"street_fronts", "open_area", "block_area"}
    assert found.notes == ()
    for frame in found.spreads.values():
        sums = frame.groupby("planning_area_id")[columns].sum()
        pd.testing.assert_frame_equal(sums, expected, check_index_type=False)
        finest = areas[areas["level"] == "planungsraum"].set_index("area_id").geometry
        strayed = frame.distance(finest.loc[frame["planning_area_id"]], align=False)
        assert strayed.max() < 1  # blocks and areas are generalised each for itself


@needs_originals
def test_every_sum_is_the_registers(points: gpd.GeoDataFrame) -> None:
    register = pd.read_csv(
        SHARED / "population" / "berlin-lor-population-2024-02-t2-planning-areas.csv",
        dtype={"id": "string"},
    ).set_index("id")
    register = register.rename(columns={v: k for k, v in AGE_GROUPS.items()})
    columns = ["residents", *AGE_GROUPS]
    expected = register.rename(columns={"inhabitants": "residents"})[columns]
    sums = points.groupby("planning_area_id")[columns].sum().reindex(expected.index, fill_value=0)
    pd.testing.assert_frame_equal(sums, expected, check_names=False, check_index_type=False)


@needs_originals
def test_points_agree_with_an_independent_census_grid(points: gpd.GeoDataFrame) -> None:
    grid = gpd.read_file(SHARED / "population" / "zensus2011_1km_einwohner_berlin.gpkg")
    grid = grid[grid["share_in_berlin"] > 0.99].set_index(["x", "y"])
    census = grid["Einwohner"].clip(lower=0).astype(float)
    place = points.to_crs(grid.crs).get_coordinates()
    cell = [place[axis].floordiv(1000) * 1000 + 500 for axis in ("x", "y")]
    count = points["residents"].groupby([c.astype(int) for c in cell]).sum()
    count = count.reindex(census.index, fill_value=0).astype(float)
    assert count.sum() > 0.8 * CITY_RESIDENTS
    scaled = census * count.sum() / census.sum()
    misplaced = 0.5 * (count - scaled).abs().sum() / scaled.sum()
    # Spread by block area it is 0.105; growth since 2011 is part of both.
    assert misplaced < 0.08
    assert np.corrcoef(count, scaled)[0, 1] > 0.975
