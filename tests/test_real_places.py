"""The engine on real streets: Kreuzberg and Mitte in OpenStreetMap, and Berlin as packaged."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from kiezreach.catchments import catchments
from kiezreach.certificate import MIN_AGREEMENT, certify
from kiezreach.network import WalkNetwork, read_network
from kiezreach.reach import Explanation, explain, reach
from kiezreach.study import berlin

from .reach.brute_force import distances

CRS = "EPSG:25833"
DATA = Path(__file__).parents[1] / "data"
AT_BRIDGE_M = 60.0  # the packaged streets are inferred: a bridge may lie off its true place
BANK_M = 8.0
CELL_M = 10.0

# Longitude and latitude of the bridges by which the walks of these tests may cross.
BRIDGES = {
    "Gertraudenbrücke": (13.4031, 52.5121),
    "Grünstraßenbrücke": (13.40578, 52.51158),
    "Kottbusser Brücke": (13.42011, 52.49602),
    "Hobrechtbrücke": (13.42854, 52.49353),
    "Admiralbrücke": (13.4153, 52.4953),
    "Baerwaldbrücke": (13.40517, 52.49653),
    "Zossener Brücke": (13.39574, 52.49787),
    "Hallesche-Tor-Brücke": (13.39183, 52.49746),
    "Michaelbrücke": (13.42312, 52.51242),
    "Schillingbrücke": (13.42905, 52.50925),
    "Oberbaumbrücke": (13.4457, 52.5018),
}


@pytest.fixture(scope="module")
def kreuzberg() -> WalkNetwork:
    file = "berlin_kreuzberg_mitte_walk.osm.pbf"
    path = Path(__file__).parents[2] / "shared" / "data" / "networks" / file
    if not path.is_file():
        pytest.skip(f"{file} of ../shared/data/networks is not here")
    return read_network(path, crs=CRS, cache=False)


@pytest.fixture(scope="module")
def packaged() -> WalkNetwork:
    study = berlin()
    return read_network(study.path(study.network.file), crs=CRS)


@pytest.fixture(scope="module")
def water() -> shapely.Geometry:
    layer = gpd.read_file(DATA / "background" / "berlin_background.gpkg", layer="water")
    around = shapely.box(390_000, 5_816_500, 395_500, 5_820_500)  # Mitte and Kreuzberg
    # Without its margins: the drawn banks are generalised, and streets along them touch it.
    shape = layer.to_crs(CRS).clip(around).union_all().buffer(-BANK_M)
    shapely.prepare(shape)
    return shape


@pytest.fixture(scope="module")
def centres(kreuzberg: WalkNetwork) -> gpd.GeoDataFrame:
    """All places of the packaged list, of any kind, in the extract."""
    table = gpd.pd.read_csv(DATA / "centres" / "berlin_centres.csv", index_col="centre_id")
    points = gpd.points_from_xy(table["lon"], table["lat"], crs=4326).to_crs(CRS)
    inside = shapely.box(*shapely.total_bounds(kreuzberg.lines)).buffer(100).contains(points)
    return gpd.GeoDataFrame(table[inside], geometry=points[inside])


def spread(bounds, n: int) -> gpd.GeoSeries:
    """Points that fill a rectangle evenly (additive recurrence, R2)."""
    x0, y0, x1, y1 = bounds
    unit = (0.5 + np.arange(1, n + 1)[:, None] * np.array([0.7548776662466927, 0.569840290998])) % 1
    return gpd.GeoSeries(shapely.points(np.array([x0, y0]) + unit * (x1 - x0, y1 - y0)), crs=CRS)


def place(lonlat: tuple[float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.Point(lonlat)], crs=4326).to_crs(CRS)


def bridges_passed(found: Explanation, water: shapely.Geometry) -> set[str]:
    """Name the bridges of a walk; a crossing of water elsewhere is a failure."""
    names = set()
    wet_parts = shapely.get_parts(shapely.intersection(found.route.way, water))
    for wet in wet_parts[~shapely.is_empty(wet_parts)]:
        near = {n: place(at).geometry.iloc[0].distance(wet) for n, at in BRIDGES.items()}
        name = min(near, key=near.__getitem__)
        assert near[name] <= AT_BRIDGE_M, f"crosses water {near[name]:.0f} m from {name}"
        names.add(name)
    return names


def test_kreuzberg_equals_the_brute_force_reference(kreuzberg, centres):
    points = spread(shapely.total_bounds(kreuzberg.lines[kreuzberg.main_edges]), 400)
    found = reach(kreuzberg, centres).distance(points)
    expected = np.array(
        distances(
            [[(x, y) for x, y in line.coords] for line in kreuzberg.lines],
            [(p.x, p.y) for p in centres.geometry],
            [(p.x, p.y) for p in points],
            100.0,
            150.0,
            ends=[(int(u), int(v)) for u, v in kreuzberg.edge_nodes],
        )
    )
    served = np.isfinite(expected)
    assert len(centres) == 6
    assert served.sum() > 250
    assert np.array_equal(np.isfinite(found), served)
    assert np.abs(found[served] - expected[served]).max() < 1e-3


def test_kreuzberg_routes_are_as_long_as_the_distances(kreuzberg, centres):
    r = reach(kreuzberg, centres)
    points = spread(shapely.total_bounds(kreuzberg.lines[kreuzberg.main_edges]), 100)
    expected, nearest = r.distance(points), r.nearest(points)
    for k in np.flatnonzero(np.isfinite(expected)):
        route = explain(r, points.iloc[[k]]).route
        drawn = route.access_leg.length + route.way.length + route.centre_leg.length
        assert route.centre == nearest[k]
        assert route.distance_m == pytest.approx(expected[k], abs=1e-3)
        assert drawn == pytest.approx(expected[k], abs=1e-3)


def test_kreuzberg_catchments_are_certified(kreuzberg, centres):
    r = reach(kreuzberg, centres, limit=1000)
    for part in certify(r, catchments(r, [500, 800, 1000], cell_m=CELL_M)):
        assert part.points == 4000
        assert part.agreement >= MIN_AGREEMENT


@pytest.fixture(scope="module")
def drawn_water() -> gpd.GeoSeries:
    """Water as it is drawn, banks and all."""
    layer = gpd.read_file(DATA / "background" / "berlin_background.gpkg", layer="water")
    return layer.to_crs(CRS).geometry


SOUTHERN_BANK = {  # of the Landwehrkanal, where the extract has no street
    "Tempelhofer Ufer": (13.3935, 52.4970),
    "Carl-Herz-Ufer": (13.4016, 52.49629),
    "Planufer": (13.4126, 52.4948),
    "Maybachufer": (13.4242, 52.4947),
}


def test_no_catchment_of_the_extract_crosses_canal_or_river(kreuzberg, centres, drawn_water):
    net = kreuzberg.with_water(drawn_water)
    r = reach(net, centres, limit=1500)
    shapes = catchments(r, [500, 1000, 1500], cell_m=CELL_M).geometry
    for name, lonlat in SOUTHERN_BANK.items():
        spot = place(lonlat)
        assert not shapes.iloc[-1].contains(spot.geometry.iloc[0]), name
        assert np.isinf(r.distance(spot)).all(), name
    # The rule for any point: its straight line to the street crosses no water.
    points = spread(shapes.iloc[-1].bounds, 20_000)
    inside = points[shapely.contains(shapes.iloc[-1], points.to_numpy())]
    found = r.snap(inside)
    ends = shapely.line_interpolate_point(net.lines[found.edge], found.offset)
    legs = shapely.shortest_line(inside.to_numpy(), ends)[found.linked]
    core = drawn_water.clip(shapely.box(*shapes.iloc[-1].bounds)).union_all().buffer(-BANK_M)
    assert found.linked.mean() > 0.99
    # Whoever is nearer than that stands on a bridge or a bank.
    assert not shapely.intersects(legs[shapely.length(legs) > 2 * BANK_M], core).any()


def test_no_street_of_the_extract_lies_beyond_the_landwehrkanal(kreuzberg):
    # It ends at the northern bank, so that nothing there can be walked to; see the next tests
    # for the banks of the Spree in it, and for the canal on the packaged streets.
    southern_bank = [(13.3935, 52.4970), (13.4010, 52.4955), (13.4126, 52.4948), (13.4242, 52.4947)]
    for lonlat in southern_bank:
        street = kreuzberg.main_tree.query_nearest(place(lonlat).geometry.iloc[0])[0]
        nearest = kreuzberg.lines[kreuzberg.main_edges[street]]
        assert nearest.distance(place(lonlat).geometry.iloc[0]) > 40


def test_kreuzberg_walks_cross_the_spree_by_its_bridges_only(kreuzberg, centres, water):
    r = reach(kreuzberg, centres)
    # Fischerinsel in the north, Spittelmarkt and Wallstraße in the south of the Spree's arm.
    banks = gpd.GeoSeries([shapely.box(13.4015, 52.5100, 13.4125, 52.5140)], crs=4326).to_crs(CRS)
    passed = []
    for point in spread(banks.total_bounds, 250):
        found = explain(r, gpd.GeoSeries([point], crs=CRS))
        if found.route is not None:
            passed.append(bridges_passed(found, water))
    assert set().union(*passed) == {"Gertraudenbrücke", "Grünstraßenbrücke"}
    assert sum(map(bool, passed)) > 20
    assert sum(not names for names in passed) > 20


EXTRACT = [  # one bank, the other bank, the bridge of the shortest walk between them
    ((13.40845, 52.51221), (13.40845, 52.51262), "Grünstraßenbrücke"),  # Märkisches Ufer
    ((13.40753, 52.51225), (13.40838, 52.51187), "Grünstraßenbrücke"),  # Wallstraße
    # Both quays pass below the Gertraudenbrücke, which joins neither of them.
    ((13.40333, 52.51209), (13.40302, 52.51189), "Grünstraßenbrücke"),
]
PACKAGED = [
    ((13.42422, 52.49476), (13.42515, 52.49500), "Hobrechtbrücke"),  # Paul-Lincke-Ufer
    ((13.41263, 52.49484), (13.41265, 52.49561), "Admiralbrücke"),  # Planufer
    ((13.39350, 52.49804), (13.39445, 52.49763), "Zossener Brücke"),  # Hallesches Ufer
    ((13.42519, 52.51090), (13.42597, 52.51220), "Michaelbrücke"),  # Holzmarktstraße
    ((13.43586, 52.50527), (13.43812, 52.50591), "Schillingbrücke"),  # East Side Gallery
]


def check_banks(net: WalkNetwork, here, there, bridge: str, water: shapely.Geometry) -> None:
    """Check that the other bank is served when, and only when, the bridge is near enough."""
    centre, goal = place(here), place(there)
    straight = centre.distance(goal).iloc[0]
    r = reach(net, centre)
    walk = r.distance(goal)[0]
    assert walk > 2.5 * straight
    assert bridges_passed(explain(r, goal), water) == {bridge}
    too_short, enough = catchments(
        r, [walk - 2 * CELL_M, walk + 2 * CELL_M], cell_m=CELL_M
    ).geometry
    assert too_short.contains(centre.geometry.iloc[0])
    assert not too_short.contains(goal.geometry.iloc[0])
    assert enough.contains(goal.geometry.iloc[0])


@pytest.mark.parametrize(("here", "there", "bridge"), EXTRACT)
def test_the_other_bank_of_the_spree_is_served_over_its_bridges(
    kreuzberg, water, here, there, bridge
):
    check_banks(kreuzberg, here, there, bridge, water)
    check_banks(kreuzberg, there, here, bridge, water)


@pytest.mark.parametrize(("here", "there", "bridge"), PACKAGED)
def test_the_other_bank_in_berlin_is_served_over_its_bridges(packaged, water, here, there, bridge):
    check_banks(packaged, here, there, bridge, water)
    check_banks(packaged, there, here, bridge, water)
