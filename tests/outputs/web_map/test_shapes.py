"""Shapes on the page: what is drawn where, how exactly, and what encoding keeps of it."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kiezreach.outputs.web_map import ground
from kiezreach.outputs.web_map.shapes import (
    encode_lines,
    encode_rings,
    in_degrees,
    polygons_on_page,
    simplify_levels,
)

from ...worlds import on_paper  # noqa: TID252 - tests are no package
from .world import Page


def decoded(text: str) -> list[tuple[float, float]]:
    """Read an encoded line, written from the format's description: (longitude, latitude)."""
    numbers, value, shift = [], 0, 0
    for character in text:
        code = ord(character) - 63
        value |= (code & 31) << shift
        shift += 5
        if code < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    lat, lon = np.cumsum(numbers[::2]), np.cumsum(numbers[1::2])
    return [(x / 1e6, y / 1e6) for x, y in zip(lon, lat, strict=True)]


def test_the_known_example_of_the_format():
    """The line of the format's description, with six decimals instead of five."""
    line = shapely.LineString([(-120.2, 38.5), (-120.95, 40.7), (-126.453, 43.252)])
    assert encode_lines(np.array([line])) == ["_izlhA~rlgdF_{geC~ywl@_kwzCn`{nI"]


@given(
    st.lists(
        arrays.arrays(
            np.float64,
            st.tuples(st.integers(2, 12), st.just(2)),
            elements=st.floats(-180, 180, allow_subnormal=False),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_encoded_lines_come_back(lines):
    texts = encode_lines(shapely.linestrings(np.concatenate(lines), indices=_numbers(lines)))
    assert len(texts) == len(lines)
    for xy, text in zip(lines, texts, strict=True):
        assert np.allclose(decoded(text), xy, atol=0.51e-6)


def _numbers(lines):
    return np.repeat(np.arange(len(lines)), [len(xy) for xy in lines])


def test_a_ring_without_area_after_rounding_is_left_out():
    tiny = shapely.LinearRing([(0, 0), (1e-8, 0), (0, 1e-8)])
    large = shapely.LinearRing([(0, 0), (1, 0), (1, 0.0000001), (0, 1)])
    nothing, text = encode_rings(np.array([tiny, large]))
    assert nothing == ""
    assert decoded(text) == [(0, 0), (1, 0), (0, 1)]


def test_polygons_keep_their_holes_and_their_number():
    box, hole = shapely.box(0, 0, 100, 100), shapely.box(20, 20, 40, 40)
    point = shapely.Point(0, 0)
    both = shapely.MultiPolygon([box.difference(hole), shapely.box(200, 0, 300, 100)])
    x, y = on_paper((0, 0))[0].coords[0]
    moved = shapely.transform([both, point], lambda xy: xy + np.array([x, y]))
    found = polygons_on_page(gpd.GeoSeries(moved, crs=on_paper((0, 0)).crs))
    assert [[len(rings) for rings in shape] for shape in found] == [[1, 2], []]


def test_generalised_areas_share_their_borders():
    x = np.linspace(0, 1000, 200)
    wavy = np.column_stack([x, 500 + 30 * np.sin(x / 40)])
    south = shapely.Polygon([(0, 0), *wavy, (1000, 0)])
    north = shapely.box(0, 0, 1000, 1000).difference(south)
    areas = gpd.GeoDataFrame(
        {
            "level": ["whole", "part", "part"],
            "area_id": ["w", "n", "s"],
            "parent_id": ["", "w", "w"],
        },
        geometry=[shapely.box(0, 0, 1000, 1000), north, south],
        crs="EPSG:25833",
    )
    found = simplify_levels(areas)
    n, s = found["part"]["n"], found["part"]["s"]
    assert shapely.get_num_coordinates(n) < shapely.get_num_coordinates(north) / 2
    assert n.intersection(s).area == 0
    assert n.union(s).symmetric_difference(found["whole"]["w"]).area == pytest.approx(0)


def test_gaps_are_drawn_outside_the_catchment(town, town_map):
    """Blocks are joined over streets, but no ground that a centre reaches is drawn as a gap."""
    catchments = town.analysis.catchments.set_index("threshold_m").geometry
    data = Page(town_map).data
    for threshold, gaps in zip(data["thresholds"], data["gaps"], strict=True):
        for gap in gaps:
            polygons = [[decoded(ring) for ring in polygon] for polygon in gap["shape"]]
            shapes = [shapely.Polygon(outer, holes) for outer, *holes in polygons]
            drawn = gpd.GeoSeries(shapes, crs=4326).to_crs(town.analysis.gaps.crs).make_valid()
            served = catchments[threshold].buffer(-12)
            assert drawn.intersection(served).area.sum() == pytest.approx(0, abs=1)
    inside = sum(len(gap["shape"]) for gap in data["gaps"][-1])
    assert inside < len(town.analysis.gaps.geometry.explode())


def test_a_background_of_lines_points_and_broken_shapes_is_drawn(town, tmp_path):
    x, y = on_paper((500, 500))[0].coords[0]
    bow = shapely.Polygon([(x, y), (x + 90, y + 90), (x + 90, y), (x, y + 90)])
    line = shapely.LineString([(x - 99_000, y), (x + 99_000, y)])
    mixed = gpd.GeoSeries(
        [shapely.make_valid(bow), line, shapely.Point(x, y)], crs=town.inputs.areas.crs
    )
    inputs = dataclasses.replace(town.inputs, background={"railway": mixed})
    data = Page(dataclasses.replace(town, inputs=inputs).write(tmp_path / "map.html")).data
    assert len(data["background"]["railway"]["polygons"]) == 2
    (track,) = data["background"]["railway"]["lines"]
    assert np.ptp([lon for lon, _ in decoded(track)]) < 0.5, "clipped around the town"


# ---- streets ------------------------------------------------------------------------------------


def test_streets_lie_on_those_of_the_network(town, town_map):
    network = shapely.union_all(town.inputs.network.lines)
    total = 0.0
    for square in Page(town_map).data["streets"]:
        south, west, north, east = square["box"]
        lines = [shapely.LineString(decoded(text)) for text in square["lines"].split(" ")]
        drawn = gpd.GeoSeries(lines, crs=4326)
        assert shapely.box(west, south, east, north).buffer(1e-4).contains(drawn.union_all())
        drawn = drawn.to_crs(town.inputs.network.crs)
        assert (
            shapely.distance(shapely.points(drawn.get_coordinates().to_numpy()), network).max() < 1
        )
        total += drawn.length.sum()
    assert total == pytest.approx(town.inputs.network.edge_length.sum(), rel=0.01)


def test_a_network_too_large_for_a_page_keeps_its_longest_streets(town, monkeypatch):
    network = town.inputs.network
    whole = shapely.union_all(town.inputs.areas.geometry.to_numpy())
    monkeypatch.setattr(ground, "_STREET_MOST_BYTES", 2_000)

    def drawn(lines):
        inputs = dataclasses.replace(town.inputs, network=dataclasses.replace(network))
        inputs.network.__dict__["lines"] = lines
        return ground.streets(inputs, whole)

    few = drawn(network.lines)
    assert 1_000 < sum(len(square["lines"]) for square in few) <= 2_000
    assert drawn(network.lines[::-1]) == few, "in whatever order they come"
    assert drawn(network.lines[:0]) == []


# ---- around the globe ---------------------------------------------------------------------------


def test_longitudes_do_not_jump_at_the_antimeridian():
    here = "+proj=tmerc +lat_0=0 +lon_0=179.99 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m"
    strip = gpd.GeoSeries([shapely.box(-3000, 6e6, 3000, 6.001e6)], crs=here)
    west, _, east, _ = in_degrees(strip).total_bounds
    assert 179.9 < west < 180 < east < 180.1


def test_other_longitudes_stay_as_they_are():
    points = on_paper((0, 0), (1234, 567))
    assert in_degrees(points).geom_equals(points.to_crs(4326)).all()
