from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely

from kiezreach.catchments import catchments
from kiezreach.errors import InputError
from kiezreach.network import WalkNetwork, network_from_lines
from kiezreach.reach import Reach, reach
from kiezreach.service_areas import service_areas

CRS = "EPSG:25833"
X0, Y0 = 390_003.0, 5_820_007.0  # not a multiple of the cell size
ORIGIN = np.array([X0, Y0])


def network(lines) -> WalkNetwork:
    shapes = [shapely.LineString(np.array(line) + ORIGIN) for line in lines]
    return network_from_lines(gpd.GeoSeries(shapes, crs=CRS))


def at(points) -> gpd.GeoDataFrame:
    shapes = [shapely.Point(x + X0, y + Y0) for x, y in points]
    return gpd.GeoDataFrame(geometry=shapes, crs=CRS)


def grid_streets(n: int, step: float) -> list[list[tuple[float, float]]]:
    ends = [(i * step, (i + 1) * step, j * step) for i in range(n) for j in range(n + 1)]
    row = [[(a, y), (b, y)] for a, b, y in ends]
    return row + [[(y, x) for x, y in line] for line in row]


def river() -> WalkNetwork:
    """Two banks 60 m apart, each with a street, and one bridge at x = 1000."""
    south = [[(x, 0), (x + 200, 0)] for x in range(0, 1000, 200)]
    north = [[(x, 60), (x + 200, 60)] for x in range(0, 1000, 200)]
    return network([*south, *north, [(1000, 0), (1000, 60)]])


def contains(shape: shapely.Geometry, points) -> np.ndarray:
    xy = np.array(points) + ORIGIN
    return shapely.contains_xy(shape, xy[:, 0], xy[:, 1])


def sample(reached: Reach, n: int = 4000) -> gpd.GeoDataFrame:
    """Spread points evenly over the network's surroundings (additive recurrence, R2)."""
    x0, y0, x1, y1 = shapely.total_bounds(reached.net.lines) + np.array([-200, -200, 200, 200])
    k = np.arange(1, n + 1)[:, None]
    unit = (0.5 + k * np.array([0.7548776662466927, 0.5698402909980532])) % 1
    xy = np.array([x0, y0]) + unit * (x1 - x0, y1 - y0)
    return gpd.GeoDataFrame(geometry=shapely.points(xy), crs=CRS)


def disagreement(shape: shapely.Geometry, points: gpd.GeoDataFrame, served: np.ndarray):
    inside = shapely.contains(shape, points.geometry.to_numpy())
    wrong = inside != served
    off = shapely.distance(shapely.boundary(shape), points.geometry.to_numpy()[wrong])
    return wrong.mean(), off.max(initial=0.0)


@pytest.mark.parametrize("threshold", [150, 420, 800])
@pytest.mark.parametrize(
    ("net", "centres"),
    [
        (network(grid_streets(8, 120)), [(30, 0), (700, 610)]),
        (river(), [(100, -20)]),
        (network([[(0, 0), (1000, 0)]]), [(500, 40)]),
    ],
    ids=["grid", "river", "street"],
)
def test_the_polygon_agrees_with_the_point_rule(net, centres, threshold):
    reached = reach(net, at(centres))
    shape = catchments(reached, [threshold]).geometry.iloc[0]
    points = sample(reached)
    share, off = disagreement(shape, points, reached.distance(points) <= threshold)
    assert shape.is_valid
    assert share <= 0.01
    assert off <= 10 * np.sqrt(2)


def test_smaller_thresholds_lie_inside_larger_ones():
    reached = reach(network(grid_streets(8, 120)), at([(30, 0), (700, 610)]))
    found = catchments(reached, [800, 200, 500])
    assert found["threshold_m"].tolist() == [200, 500, 800]
    assert found.geometry.iloc[0].difference(found.geometry.iloc[1]).area == 0
    assert found.geometry.iloc[1].difference(found.geometry.iloc[2]).area == 0


def test_the_other_bank_is_served_only_over_the_bridge():
    reached = reach(river(), at([(100, 0)]))
    near = catchments(reached, [500]).geometry.iloc[0]
    far = catchments(reached, [1300]).geometry.iloc[0]
    # Straight across it is 60 m, over the bridge it is 900 + 60 + 900 m.
    assert contains(near, [(100, 20), (100, 60), (500, 60)]).tolist() == [True, False, False]
    assert contains(far, [(1000, 70), (800, 70), (700, 70), (500, 70)]).tolist() == [
        True,
        True,
        True,
        False,
    ]


def test_a_block_deeper_than_the_access_limit_stays_a_hole():
    # A square of streets of 700 m: its middle is 350 m from any of them.
    corners = [(0, 0), (700, 0), (700, 700), (0, 700), (0, 0)]
    square = [list(pair) for pair in pairwise(corners)]
    shape = catchments(reach(network(square), at([(0, 0)])), [2000]).geometry.iloc[0]
    assert len(shape.geoms) == 1
    assert len(shape.geoms[0].interiors) == 1
    hole = shapely.Polygon(shape.geoms[0].interiors[0])
    assert hole.area == pytest.approx(400 * 400, rel=0.01)


def test_a_straight_street_has_the_area_of_its_formula():
    # Within 100 m of a point on a long street: |x| + |y| <= 100, a square of 2 * 100^2.
    reached = reach(network([[(-500, 0), (500, 0)]]), at([(0, 0)]))
    assert catchments(reached, [100]).area.iloc[0] == pytest.approx(2 * 100**2, rel=0.01)


def test_another_centre_never_shrinks_the_catchment():
    net = network(grid_streets(6, 150))
    one = catchments(reach(net, at([(0, 0)])), [400]).geometry.iloc[0]
    two = catchments(reach(net, at([(0, 0), (420, 300)])), [400]).geometry.iloc[0]
    assert one.difference(two).area < 1e-6
    assert two.area > one.area


def test_the_grid_does_not_move_with_the_centres():
    net = network(grid_streets(10, 150))
    alone = catchments(reach(net, at([(750, 750)])), [300]).geometry.iloc[0]
    with_far_one = catchments(reach(net, at([(750, 750), (0, 0)])), [300]).geometry.iloc[0]
    own_part = min(with_far_one.geoms, key=lambda part: part.distance(alone))
    assert own_part.symmetric_difference(alone).area < 1e-6


def test_no_centre_has_an_empty_catchment():
    found = catchments(reach(river(), at([])), [500])
    assert found.geometry.is_empty.all()
    assert found.crs.to_epsg() == 25833


@pytest.mark.parametrize("thresholds", [[], [0], [-5], [500, 500], [np.inf]])
def test_thresholds_that_are_no_lengths_are_errors(thresholds):
    with pytest.raises(InputError, match="threshold"):
        catchments(reach(river(), at([(0, 0)])), thresholds)


def test_a_threshold_beyond_the_limit_is_an_error():
    with pytest.raises(InputError, match="limit of 400 m"):
        catchments(reach(river(), at([(0, 0)]), limit=400), [500])


def test_service_areas_divide_the_region_by_walking_distance():
    centres = at([(0, 0), (0, 60)]).set_index(np.array(["south", "north"]))
    reached = reach(river(), centres)
    region = shapely.box(X0 - 300, Y0 - 300, X0 + 1300, Y0 + 400)
    found = service_areas(reached, region).set_index("centre_id").geometry
    assert shapely.intersection(found["south"], found["north"]).area < 1e-6
    assert contains(found["south"], [(100, -50), (900, -50)]).all()
    assert contains(found["north"], [(100, 110), (900, 110)]).all()


def test_a_centre_that_serves_nothing_of_the_region_has_no_service_area_there():
    centres = at([(0, 0), (900, 0)]).set_index(np.array(["here", "elsewhere"]))
    reached = reach(network([[(0, 0), (900, 0)]]), centres)
    region = shapely.box(X0 - 100, Y0 - 100, X0 + 100, Y0 + 100)
    assert service_areas(reached, region)["centre_id"].tolist() == ["here"]


def test_the_limit_of_the_reach_does_not_move_a_border_within_it():
    net, centres = network(grid_streets(8, 120)), at([(30, 0), (700, 610)])
    shapes = [
        catchments(reach(net, centres, limit), [300], cell_m=10).geometry.iloc[0]
        for limit in (300, 301, 1000, np.inf)
    ]
    assert all(shape.equals(shapes[0]) for shape in shapes)
