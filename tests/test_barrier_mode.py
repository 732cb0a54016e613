"""The straight line that no barrier cuts, on plans that can be drawn on paper."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import kiezreach as kr
from kiezreach.analysis import analyse
from kiezreach.barrier_mode import CLASSES, disagreement, served_straight, straight_catchments
from kiezreach.inputs import read_inputs
from kiezreach.outputs.layers import layers
from kiezreach.outputs.qgis import layer_style

from .worlds import CRS, X0, Y0, write_small_study

NOTHING: list[shapely.Geometry] = []


def served(
    barriers: list[shapely.Geometry],
    places: list[tuple[float, float]],
    *,
    centre: tuple[float, float] = (0, 0),
    thresholds: tuple[float, ...] = (500,),
) -> list[list[bool]]:
    """Whether places are served from one centre."""
    walls = gpd.GeoDataFrame(
        {"kind": "wall"}, index=range(len(barriers)), geometry=barriers, crs=CRS
    )
    centres = gpd.GeoDataFrame(index=["c"], geometry=[shapely.Point(centre)], crs=CRS)
    people = gpd.GeoDataFrame(geometry=shapely.points(places), crs=CRS)
    shapes = straight_catchments(centres, walls, thresholds)
    return served_straight(people, centres, walls, shapes, thresholds).tolist()


def test_without_barriers_the_straight_line_decides():
    assert served(NOTHING, [(500, 0), (300, 400), (500.01, 0), (0, -501)]) == [
        [True], [True], [False], [False]
    ]  # fmt: skip


def test_a_railway_cuts_off_what_lies_behind_it():
    railway = shapely.LineString([(200, -600), (200, 600)])
    assert served([railway], [(190, 0), (210, 0), (-400, 0)]) == [[True], [False], [True]]


def test_a_railway_drawn_in_pieces_that_meet_cuts_as_one():
    pieces = [shapely.LineString([(200, y), (200, y + 300)]) for y in (-600, -300, 0, 300)]
    assert served(pieces, [(210, 0)]) == [[False]]


def test_a_railway_that_ends_within_the_distance_is_walked_around():
    # Its end at (200, 100) is 224 m away; with 200 m, the way around lies outside the disc.
    railway = shapely.LineString([(150, -600), (150, 100)])
    places = [(160, 0)]
    assert served([railway], places) == [[True]]
    assert served([railway], places, thresholds=(170,)) == [[False]]


def test_a_lake_cuts_only_where_no_bank_leads_around_it():
    pond = shapely.box(100, -50, 200, 50)
    river = shapely.box(100, -600, 200, 600)
    assert served([pond], [(300, 0)]) == [[True]]
    assert served([river], [(300, 0), (50, 0)]) == [[False], [True]]


def test_two_barriers_cut_together_what_neither_cuts_alone():
    railway = shapely.LineString([(200, 0), (200, 600)])
    canal = shapely.box(199, -600, 220, 10)
    place = [(300, 300)]
    assert served([railway], place) == [[True]]
    assert served([canal], place) == [[True]]
    assert served([railway, canal], place) == [[False]]


def test_a_centre_on_an_island_serves_its_island():
    lake = shapely.box(-300, -300, 300, 300) - shapely.box(-50, -50, 50, 50)
    assert served([lake], [(40, 40), (310, 0)]) == [[True], [False]]


def test_who_lives_on_the_water_counts_at_the_nearest_bank():
    river = shapely.box(100, -600, 200, 600)
    assert served([river], [(105, 0), (195, 0)]) == [[True], [False]]


def test_a_centre_on_the_water_belongs_to_the_nearest_bank():
    river = shapely.box(100, -600, 200, 600)
    assert served([river], [(50, 0), (250, 0)], centre=(110, 0)) == [[True], [False]]


@st.composite
def walls(draw: st.DrawFn) -> list[shapely.Geometry]:
    """Up to five straight railways and lakes somewhere in the disc."""
    number = st.integers(-600, 600)
    lines = draw(st.lists(st.tuples(number, number, number, number), max_size=4))
    lakes = draw(st.lists(st.tuples(number, number, st.integers(20, 300)), max_size=2))
    found = [shapely.LineString([(a, b), (c, d)]) for a, b, c, d in lines if (a, b) != (c, d)]
    return [*found, *(shapely.box(x, y, x + w, y + w / 2) for x, y, w in lakes)]


GRID = [(x + 0.37, y + 0.73) for x in range(-550, 551, 100) for y in range(-550, 551, 100)]


@settings(deadline=None, max_examples=40)
@given(walls())
def test_more_barriers_serve_nobody_more_and_a_larger_distance_nobody_less(barriers):
    ashore = [p for p in GRID if not any(b.intersects(shapely.Point(p)) for b in barriers)]
    free = np.array(served(NOTHING, ashore, centre=(0.11, 0.19), thresholds=(300, 500)))
    cut = np.array(served(barriers, ashore, centre=(0.11, 0.19), thresholds=(300, 500)))
    some = np.array(served(barriers[:-1], ashore, centre=(0.11, 0.19), thresholds=(300, 500)))
    standing = not any(b.intersects(shapely.Point(0.11, 0.19)) for b in barriers)
    if standing:
        assert not (cut & ~some).any()
        assert not (some & ~free).any()
        assert not (cut[:, 0] & ~cut[:, 1]).any()


BARRIERS = '[[barriers]]\nkind = "railway"\nfile = "railway.gpkg"\n\n[analysis]'


def with_railway(folder: Path) -> kr.Study:
    """The small town with a railway from south to north at x = 450, open to all streets below."""
    file = write_small_study(folder, study=lambda text: text.replace("[analysis]", BARRIERS))
    line = shapely.LineString([(X0 + 450, Y0 - 2000), (X0 + 450, Y0 + 4000)])
    gpd.GeoDataFrame(geometry=[line], crs=CRS).to_file(folder / "railway.gpkg")
    return kr.read_study(file)


def test_an_underpass_serves_on_foot_alone(tmp_path):
    study = with_railway(tmp_path)
    inputs = read_inputs(study)
    analysis = analyse(study, inputs)
    table = analysis.barriers[analysis.barriers["threshold_m"] == 500].set_index("area_id")
    people = analysis.residents
    # From the centre at (210, 310) one walks 10 + 390 + 70 m to the street at (600, 370) and 20 m
    # on to the point at (620, 370): 490 m below the railway. Nobody else of the south-west lives
    # beyond it and within 500 m of a centre.
    here = (people.geometry.x == X0 + 620) & (people.geometry.y == Y0 + 370)
    assert people.loc[here, "distance_m"].tolist() == pytest.approx([490], abs=0.1)
    assert table.loc["0101", "served_walk_only"] == people.loc[here, "residents"].iloc[0]
    parts = table[[f"served_{name}" for name in CLASSES]]
    assert (parts.sum(axis=1) == table["residents"]).all()
    coverage = analysis.coverage.query("threshold_m == 500").set_index("area_id")
    on_foot = table["served_both"] + table["served_walk_only"]
    assert on_foot.to_dict() == coverage["residents_served"].to_dict()
    layer = layers(study, inputs, analysis)["barrier_mode"]
    assert "over a bridge or through an underpass" in layer_style(study, "barrier_mode", layer, {})
    drawn = layer.set_index("served")
    people_of = drawn["residents"].to_dict()
    city = table.loc["city"]
    assert people_of["walk_only"] == city["served_walk_only"]
    assert people_of["straight_only"] == city["served_straight_only"]
    cell = study.analysis.cell_m
    assert drawn.geometry["walk_only"].distance(people.geometry[here].iloc[0]) <= cell


def test_nothing_is_drawn_where_both_rules_serve_the_same_ground():
    blocks = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 9, 9)], crs=CRS)
    people = gpd.GeoDataFrame({"residents": [1]}, geometry=[shapely.Point(4, 4)], crs=CRS)
    ground = shapely.box(0, 0, 20, 20)
    same = disagreement(blocks, people, np.array(["both"], dtype=object), ground, ground)
    assert same.geometry.geom_type.tolist() == ["MultiPolygon", "MultiPolygon"]
    assert same.is_empty.all()


def test_without_barriers_there_is_no_comparison(tmp_path):
    study = kr.read_study(write_small_study(tmp_path))
    inputs = read_inputs(study)
    analysis = analyse(study, inputs)
    assert analysis.barriers is None
    assert "barrier_mode" not in layers(study, inputs, analysis)


def test_the_shapes_name_their_centre_and_distance():
    centres = gpd.GeoDataFrame(
        index=["b", "a"], geometry=shapely.points([[0, 0], [900, 0]]), crs=CRS
    )
    none = gpd.GeoDataFrame({"kind": []}, geometry=[], crs=CRS)
    shapes = straight_catchments(centres, none, [300, 500])
    assert shapes["centre_id"].tolist() == ["b", "b", "a", "a"]
    assert shapes["threshold_m"].tolist() == [300, 500, 300, 500]
    assert shapes.area.to_numpy() == pytest.approx(
        np.pi * np.array([300, 500, 300, 500]) ** 2, rel=1e-3
    )
