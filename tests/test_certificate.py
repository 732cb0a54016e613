from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from kiezreach.catchments import catchments
from kiezreach.certificate import Agreement, certify, combine
from kiezreach.network import network_from_lines
from kiezreach.reach import reach

CRS = "EPSG:25833"
X0, Y0 = 390_000.0, 5_820_000.0


@pytest.fixture
def cross():
    lines = [[(-900, 0), (0, 0), (900, 0)], [(0, -900), (0, 0), (0, 900)]]
    shapes = [shapely.LineString([(x + X0, y + Y0) for x, y in line]) for line in lines]
    centre = gpd.GeoDataFrame(geometry=[shapely.Point(X0, Y0)], crs=CRS, index=["c"])
    return reach(network_from_lines(gpd.GeoSeries(shapes, crs=CRS)), centre)


def test_true_catchments_agree_with_the_point_rule(cross):
    for part in certify(cross, catchments(cross, [300, 600])):
        assert part.points == 4000
        assert part.agreement >= 0.99
        assert part.largest_disagreement_m <= 10 * 2**0.5


def test_a_false_catchment_is_found_out(cross):
    drawn = catchments(cross, [400])
    drawn.geometry = drawn.geometry.buffer(50)
    (part,) = certify(cross, drawn)
    assert part.agreement < 0.9
    assert part.largest_disagreement_m > 20


def test_an_empty_catchment_has_no_certificate(cross):
    drawn = catchments(cross, [400])
    drawn.geometry = [shapely.MultiPolygon()]
    assert certify(cross, drawn) == []


def test_agreements_are_combined_by_their_points():
    parts = [Agreement(500, 100, 1.0, 2.0), Agreement(500, 300, 0.96, 8.0)]
    parts.append(Agreement(300, 10, 0.5, 1.0))
    assert combine(parts) == [Agreement(300, 10, 0.5, 1.0), Agreement(500, 400, 0.97, 8.0)]
