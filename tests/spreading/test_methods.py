"""Every method puts the same people into the same areas; each where its support is."""

from __future__ import annotations

import dataclasses
import typing

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from kiezreach.spreading import METHODS, Support, spread
from kiezreach.study import SpreadMethod

from .worlds import X0, Y0, areas, blocks, box, in_box, layer, points, support, totals

ALL = sorted(METHODS)


def test_the_methods_are_those_that_a_study_can_name():
    assert set(METHODS) == set(typing.get_args(SpreadMethod))


@pytest.mark.parametrize("method", ALL)
def test_sums_of_areas_and_groups_are_exact(method):
    found = spread(method, totals(), areas(), support())
    sums = found.points.groupby("planning_area_id")[["residents", "young", "old"]].sum()
    pd.testing.assert_frame_equal(sums, totals(), check_index_type=False)
    assert (found.points["young"] + found.points["old"] == found.points["residents"]).all()
    assert found.without_support == ()


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(ALL),
    st.integers(0, 3000),
    st.integers(0, 3000),
    st.lists(
        st.tuples(
            st.integers(10, 780), st.integers(10, 380), st.integers(5, 120), st.integers(0, 9)
        ),
        min_size=1,
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_sums_are_exact_and_the_order_of_rows_makes_no_difference(method, a, b, drawn, shuffler):
    shapes = [box(x, y, x + size, y + size) for x, y, size, _ in drawn]
    weight = [float(w) for *_, w in drawn]
    ground = layer(*shapes, weight=weight)
    world = Support(
        blocks=ground,
        points=points(*((x, y) for x, y, *_ in drawn), weight=weight),
        cells=layer(*shapes, residents=weight),
    )
    found = spread(method, totals(a, b), areas(), world).points
    sums = found.groupby("planning_area_id")[["residents", "young", "old"]].sum()
    sums = sums.reindex(["a", "b"], fill_value=0)
    assert (sums.to_numpy() == totals(a, b).to_numpy()).all()
    order = list(range(len(drawn)))
    shuffler.shuffle(order)
    turned = Support(*(part.iloc[order] for part in (world.blocks, world.points, world.cells)))
    again = spread(method, totals(a, b).iloc[::-1], areas().iloc[::-1], turned).points
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(again))


@given(st.lists(st.integers(1, 50), min_size=2, max_size=6), st.integers(1, 2000))
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("method", ALL)
def test_a_bigger_weight_never_gets_fewer_residents(method, weight, people):
    shapes = [box(20 + 60 * k, 20, 60 + 60 * k, 60) for k in range(len(weight))]
    value = [float(w) for w in weight]
    world = Support(
        blocks=layer(*shapes, weight=value),
        points=points(*((40 + 60 * k, 40) for k in range(len(weight))), weight=value),
        cells=layer(*shapes, residents=value),
    )
    found = spread(method, totals(people, 0), areas(), world).points
    got = [in_box(found, 10 + 60 * k, 0, 70 + 60 * k, 100) for k in range(len(weight))]
    assert sum(got) == people
    for k, first in enumerate(weight):
        for m, second in enumerate(weight):
            assert first >= second or got[k] <= got[m]


def test_a_single_point_takes_everybody_to_where_it_is():
    world = Support(points=points((50, 50), (500, 300)))
    found = spread("points", totals(), areas(), world).points
    assert found["residents"].tolist() == [101, 50]
    assert found.geometry.tolist() == points((50, 50), (500, 300)).geometry.tolist()


def test_points_of_weight_0_take_nobody():
    world = Support(points=points((50, 50), (60, 60), (500, 300), weight=[0.0, 3.0, 1.0]))
    found = spread("points", totals(), areas(), world).points
    assert in_box(found, 40, 40, 55, 55) == 0
    assert len(found) == 2


def test_by_area_a_block_of_three_hectares_takes_three_times_one_of_one():
    found = spread("block_area", totals(100, 40), areas(), support()).points
    assert in_box(found, 20, 20, 320, 120) == 75
    assert in_box(found, 20, 140, 120, 240) == 25
    inside = shapely.union_all(blocks().geometry.to_numpy())
    assert found.within(inside).all()


def test_by_fronts_blocks_count_by_their_outline():
    found = spread("street_fronts", totals(1200, 0), areas(), support()).points
    # 800 m and 400 m of outline, all of it towards a street 20 m wide or open ground.
    assert in_box(found, 15, 15, 325, 125) == 800
    assert in_box(found, 15, 135, 125, 245) == 400
    outline = shapely.union_all(shapely.boundary(blocks().geometry.to_numpy()))
    assert (found.distance(outline) - 2.0).abs().max() < 0.3


def test_there_is_no_front_towards_water_a_railway_or_a_block_without_a_gap():
    square = box(100, 100, 200, 200)
    world = Support(
        blocks=layer(square, box(201, 100, 260, 200)),
        water=layer(box(100, 0, 200, 95)).geometry,
        railways=layer(shapely.LineString([(X0 + 92, Y0 + 90), (X0 + 92, Y0 + 210)])).geometry,
    )
    found = spread("street_fronts", totals(100, 0), areas(), world).points
    of_square = found[found.distance(square) < 3]
    assert (of_square.geometry.y > Y0 + 199).all()
    assert len(of_square)


def test_open_ground_is_less_water_and_green():
    world = dataclasses.replace(
        support(),
        water=layer(box(20, 20, 220, 120)).geometry,
        green=layer(box(220, 20, 320, 70)).geometry,
    )
    found = spread("open_area", totals(150, 0), areas(), world).points
    # Of the three hectares, half of one is left; the small block keeps its one.
    assert in_box(found, 220, 70, 320, 120) == 50
    assert in_box(found, 20, 140, 120, 240) == 100
    assert in_box(found, 20, 20, 220, 120) == 0


def test_a_block_across_a_border_is_cut():
    across = layer(box(300, 0, 500, 100), box(20, 200, 120, 300))
    cut = spread("block_area", totals(100, 30), areas(), Support(blocks=across)).points
    assert in_box(cut, 300, 0, 400, 100) == 50
    assert in_box(cut, 400, 0, 500, 100) == 30
    fronts = spread("street_fronts", totals(100, 30), areas(), Support(blocks=across)).points
    border = shapely.LineString([(X0 + 400, Y0 + 5), (X0 + 400, Y0 + 95)])
    assert fronts.distance(border).min() > 2  # the cut is no front


def test_a_cell_across_a_border_is_divided_and_cells_are_scaled_to_the_totals():
    found = spread("grid", totals(120, 40), areas(), support())
    # Half of the 20 on the border each side: 30 + 10 in a, 10 + 10 in b; times 3 and times 2.
    assert in_box(found.points, 50, 0, 150, 100) == 90
    assert in_box(found.points, 350, 0, 400, 100) == 30
    assert in_box(found.points, 400, 0, 450, 100) == 20
    assert in_box(found.points, 550, 0, 650, 100) == 20
    assert "the grid counts 60 residents in the planning areas, the totals 160" in found.notes[0]


def test_a_cell_is_divided_by_inhabited_ground_where_that_is_known():
    ground = layer(box(390, 0, 400, 100), box(400, 0, 430, 100), box(60, 0, 100, 50)).geometry
    world = dataclasses.replace(support(), inhabited=ground)
    found = spread("grid", totals(350, 150), areas(), world).points
    # The 20 on the border live on 10 m and 30 m of ground: 5 and 15; 30 + 5 in a, 15 + 10 in b.
    assert in_box(found, 390, 0, 400, 100) == 50
    assert in_box(found, 400, 0, 430, 100) == 90
    assert in_box(found, 60, 0, 100, 50) == 300


def test_residents_of_a_grid_that_the_totals_do_not_know_are_named_and_not_used():
    found = spread("grid", totals(120, 0), areas(), support())
    assert set(found.points["planning_area_id"]) == {"a"}
    assert any(
        "20 residents in 1 planning areas where the totals have none" in n for n in found.notes
    )


@pytest.mark.parametrize("method", ALL)
def test_an_area_without_support_loses_nobody_and_is_named(method):
    def only_a(part: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return part[part.within(box(0, 0, 400, 400))]

    full = support()
    world = Support(only_a(full.blocks), only_a(full.points), only_a(full.cells))
    found = spread(method, totals(), areas(), world)
    assert found.without_support == ("b",)
    assert f"spreading by {method}: 1 planning areas have nothing to spread over" in found.notes[0]
    assert in_box(found.points, 400, 0, 800, 400) == 50
    yard = layer(box(600, 200, 700, 300)).geometry
    lived = spread(method, totals(), areas(), dataclasses.replace(world, inhabited=yard))
    assert in_box(lived.points, 600, 200, 700, 300) == 50


def test_points_inside_a_block_do_not_depend_on_other_blocks():
    alone = Support(blocks=blocks().iloc[:1])
    one = spread("block_area", totals(101, 0), areas(), alone).points
    every = spread("block_area", totals(404, 0), areas(), support()).points
    here = every[every.intersects(box(20, 20, 320, 120))]
    assert set(one.geometry.to_wkt()) == set(here.geometry.to_wkt())


def test_a_block_smaller_than_the_lattice_has_a_point_of_its_own():
    tiny = layer(box(101, 101, 104, 104))
    found = spread("block_area", totals(7, 0), areas(), Support(blocks=tiny)).points
    assert len(found) == 1
    assert found.within(box(101, 101, 104, 104)).all()
    assert np.array_equal(found["residents"], [7])
