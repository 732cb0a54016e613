"""Longitudes and latitudes on both sides of the antimeridian."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from kiezreach.lonlat import (
    cut_at_antimeridian,
    in_plane,
    lonlat_bounds,
    lonlat_box,
    to_lonlat,
    utm_zone,
    wrapped,
)

WEST = shapely.box(179.9, -17, 180, -16)  # of the line: eastern longitudes
EAST = shapely.box(-180, -17, -179.8, -16)
ISLAND = shapely.MultiPolygon([WEST, EAST])
ZONE = CRS("EPSG:32760")


def frame(*shapes: shapely.Geometry, crs: object = 4326) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def test_bounds_take_the_shorter_way_around():
    assert lonlat_bounds(frame(ISLAND)) == pytest.approx([179.9, -17, 180.2, -16])
    assert lonlat_bounds(frame(shapely.box(-60, -10, 50, 10))) == pytest.approx([-60, -10, 50, 10])
    globe = frame(shapely.MultiPoint([(-170, 0), (-60, 0), (60, 0), (170, 0)]))
    assert lonlat_bounds(globe) == pytest.approx([60, 0, 300, 0])


def test_the_zone_is_the_one_in_the_middle():
    assert utm_zone(lonlat_bounds(frame(ISLAND))) == CRS("EPSG:32701")  # middle: 179.95 west
    assert utm_zone(lonlat_bounds(frame(WEST))) == ZONE
    assert utm_zone(np.array([13.1, 52.3, 13.7, 52.7])) == CRS("EPSG:32633")


def test_a_box_across_the_line_has_two_sides():
    for box in (lonlat_box(179.9, -17, 180.2, -16), lonlat_box(179.9, -17, -179.8, -16)):
        assert box.equals_exact(ISLAND, 1e-9)
    assert lonlat_box(1, 2, 3, 4).equals(shapely.box(1, 2, 3, 4))
    assert (wrapped(180.2), wrapped(-12.0)) == (pytest.approx(-179.8), -12.0)


def test_what_a_file_cuts_is_one_shape_in_the_plane():
    plane = in_plane(frame(ISLAND, WEST), ZONE).geometry
    assert plane[0].geom_type == "Polygon"
    assert plane.is_valid.all()
    both = frame(WEST, EAST).to_crs(ZONE).area.sum()
    assert plane[0].area == pytest.approx(both, rel=1e-6)
    assert plane[1].equals(frame(WEST).to_crs(ZONE).geometry[0])


def test_degrees_run_on_across_the_line_and_are_cut_for_those_who_ask():
    beyond = shapely.box(-179.9, -17, -179, -16)
    degrees = to_lonlat(in_plane(frame(ISLAND, shapely.Point(-179.9, -16.5), beyond), ZONE))
    assert degrees.total_bounds == pytest.approx([179.9, -17, 181, -16], abs=1e-6)
    cut = cut_at_antimeridian(degrees).geometry
    assert cut[0].symmetric_difference(ISLAND).area < 1e-6
    assert cut[0].geom_type == "MultiPolygon"
    assert (cut[1].x, cut[1].y) == pytest.approx((-179.9, -16.5))
    assert cut[2].bounds == pytest.approx((-179.9, -17, -179, -16))


def test_a_line_across_is_cut_and_one_that_ends_on_it_is_not():
    lines = frame(
        shapely.LineString([(179.9, 0), (180.1, 0.2)]), shapely.LineString([(179, 0), (180, 0)])
    )
    cut = cut_at_antimeridian(lines).geometry
    halves = shapely.MultiLineString([[(179.9, 0), (180, 0.1)], [(-180, 0.1), (-179.9, 0.2)]])
    assert cut[0].equals_exact(halves, 1e-9, normalize=True)
    assert cut[1].equals(lines.geometry[1])


def test_a_place_away_from_the_line_stays_as_it_is():
    berlin = frame(shapely.box(13, 52, 14, 53))
    assert to_lonlat(berlin).equals(berlin)
    assert cut_at_antimeridian(berlin).equals(berlin)
    assert in_plane(berlin, CRS("EPSG:25833")).equals(berlin.to_crs("EPSG:25833"))


def test_a_layer_whose_shapes_are_all_empty_stays_so():
    nothing = frame(shapely.MultiPolygon(), crs=ZONE)
    assert cut_at_antimeridian(to_lonlat(nothing)).is_empty.all()
