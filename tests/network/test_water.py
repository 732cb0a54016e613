"""No straight line from a place to its street crosses water."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from kiezreach.catchments import catchments
from kiezreach.certificate import certify
from kiezreach.errors import InputError
from kiezreach.network import WalkNetwork, network_from_lines
from kiezreach.network.water import BANK_M
from kiezreach.reach import explain, reach

CRS = "EPSG:25833"
X0, Y0 = 390_000.0, 5_820_000.0
# A canal 30 m wide between y = 20 and y = 50, a street along each bank, a bridge far in the east.
SOUTH, NORTH = [(0, 0), (1000, 0)], [(0, 110), (1000, 110)]
BRIDGE = [(1000, 0), (1000, 110)]
CANAL = shapely.box(-500, 20, 1500, 50)


def network(*lines) -> WalkNetwork:
    shapes = [shapely.LineString([(x + X0, y + Y0) for x, y in line]) for line in lines]
    return network_from_lines(gpd.GeoSeries(shapes, crs=CRS))


def water(*shapes) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), crs=CRS).translate(X0, Y0)


def at(*points) -> gpd.GeoDataFrame:
    geometry = [shapely.Point(x + X0, y + Y0) for x, y in points]
    return gpd.GeoDataFrame(geometry=geometry, crs=CRS)


def test_a_home_belongs_to_the_street_on_its_own_bank():
    bare = network(SOUTH, NORTH, BRIDGE)
    home, centre = at((100, 54)), at((100, 0))
    # 54 m to the south across the canal, 56 m to the north on dry ground.
    assert reach(bare, centre).distance(home) == pytest.approx([54])
    wet = bare.with_water(water(CANAL))
    assert reach(wet, centre).distance(home) == pytest.approx([56 + 900 + 110 + 900])


def test_without_a_street_on_its_bank_a_home_is_unlinked():
    net = network(SOUTH).with_water(water(CANAL))
    r = reach(net, at((100, 0)))
    assert np.isinf(r.distance(at((100, 54)))).all()
    found = explain(r, at((100, 54)))
    assert (found.linked, found.street_m) == (False, pytest.approx(54))
    # Neither does a centre over there serve anybody.
    assert not reach(net, at((100, 54))).centres.linked.any()


def test_from_the_water_itself_nothing_is_near():
    net = network(SOUTH, NORTH, BRIDGE).with_water(water(CANAL))
    homes = at((100, 35), (1000, 35), (1009, 35), (1011, 35), (100, 20 + BANK_M - 0.1))
    d = reach(net, at((1000, 0))).distance(homes)
    # Amid the canal; on the bridge and beside its deck; and where the drawn bank may be off.
    assert np.isinf(d).tolist() == [True, False, False, True, False]


def test_a_ditch_is_no_obstacle():
    ditch = shapely.box(-500, 20, 900, 20 + 2 * BANK_M - 0.1)
    net = network(SOUTH).with_water(water(ditch))
    assert reach(net, at((100, 0))).distance(at((100, 54))) == pytest.approx([54])


def test_the_catchment_ends_at_the_water_and_agrees_with_the_rule():
    net = network(SOUTH, NORTH, BRIDGE).with_water(water(CANAL))
    r = reach(net, at((100, 0)), limit=600)
    shape = catchments(r, [600], cell_m=5).geometry.iloc[0]
    beyond = shapely.box(-500, 50, 1500, 300)
    assert shape.intersection(shapely.affinity.translate(beyond, X0, Y0)).area == 0
    assert shape.intersects(shapely.Point(X0 + 100, Y0 + 10))
    (part,) = certify(r, catchments(r, [600], cell_m=5))
    assert part.agreement > 0.99


def test_water_has_a_crs_and_is_made_of_polygons():
    net = network(SOUTH)
    with pytest.raises(InputError, match="water"):
        net.with_water(water(CANAL).set_crs(None, allow_override=True))
    with pytest.raises(InputError, match="polygons"):
        net.with_water(water(CANAL.boundary))
    degrees = net.with_water(water(CANAL).to_crs(4326))
    assert np.isinf(reach(degrees, at((100, 0))).distance(at((100, 54)))).all()
