"""Berlin's packaged street skeleton: small, connected, honest, and no short cut over water."""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import kiezreach as kr
from kiezreach.network import WalkNetwork

REPOSITORY = Path(__file__).resolve().parents[2]
NETWORK = REPOSITORY / "data" / "network" / "berlin_skeleton.walk.parquet"
ACCURACY = REPOSITORY / "data" / "network" / "berlin_skeleton_accuracy.csv"
BOUNDARIES = REPOSITORY / "data" / "boundaries" / "berlin.gpkg"
RESIDENTS = REPOSITORY / "data" / "residents" / "berlin_residents_2024-12-31.parquet"
SCRIPTS = REPOSITORY / "scripts"
MOTORWAYS = SCRIPTS / "skeleton" / "motorways.csv"
SHARED = REPOSITORY.parent / "shared"
CRS = 25833

# One point on either bank (EPSG:25833).
BRIDGES = {
    "Kottbusser Brücke": ((392770, 5817330), (392725, 5817425)),
    "Thielenbrücke": ((393800, 5816895), (393745, 5816805)),
    "Admiralbrücke": ((392425, 5817375), (392405, 5817240)),
    "Zossener Brücke": ((391105, 5817660), (391085, 5817590)),
    "Oberbaumbrücke": ((394430, 5817920), (394560, 5818060)),
    "Jannowitzbrücke": ((392625, 5819330), (392670, 5819480)),
    "Michaelbrücke": ((392975, 5819150), (393000, 5819250)),
    "Moltkebrücke": ((389290, 5820260), (389220, 5820160)),
    "Lessingbrücke": ((387495, 5820430), (387525, 5820530)),
    "Britzer Brücke": ((393756, 5813110), (393735, 5813190)),
    "Lange Brücke": ((402830, 5811440), (403020, 5811425)),
    "Freybrücke": ((377900, 5819530), (378150, 5819440)),
}
NO_BRIDGE = {
    "Waisenbrücke, destroyed in 1945": ((392470, 5819540), (392440, 5819380)),
    "Forster Straße and Liberdastraße": ((393490, 5817045), (393450, 5816985)),
    "Liegnitzer Straße and Nansenstraße": ((393640, 5816955), (393612, 5816900)),
    "Brockenstraße and Roseggerstraße": ((394722, 5815848), (394693, 5815798)),
    "Teltowkanal between two bridges": ((391700, 5813300), (391700, 5813130)),
}


@pytest.fixture(scope="module")
def network() -> WalkNetwork:
    return kr.read_network(NETWORK)


def walk(network: WalkNetwork, banks: tuple[tuple[float, float], tuple[float, float]]) -> float:
    start, end = (gpd.GeoDataFrame(geometry=[shapely.Point(bank)], crs=CRS) for bank in banks)
    return float(kr.reach(network, start, limit=3_000).distance(end)[0])


def test_file_is_small(network: WalkNetwork) -> None:
    assert NETWORK.stat().st_size < 3_000_000
    assert network.n_edges > 50_000


def test_says_that_it_is_approximate_and_by_how_much(network: WalkNetwork) -> None:
    provenance = network.provenance
    assert provenance.quality == "approximate"
    assert "OpenStreetMap" in provenance.attribution
    assert provenance.licence == "ODbL-1.0"
    table = pd.read_csv(ACCURACY)
    row = table[(table.tile == "all tiles") & (table.model == "skeleton")].iloc[0]
    assert f"median {row.median_error:.1%}" in provenance.accuracy
    assert f"percentile {row.p90_error:.0%}" in provenance.accuracy


def test_is_one_component(network: WalkNetwork) -> None:
    assert len(network.main_edges) == network.n_edges


@pytest.mark.parametrize("name", BRIDGES)
def test_known_bridge_is_walkable(network: WalkNetwork, name: str) -> None:
    banks = BRIDGES[name]
    assert walk(network, banks) < 1.5 * np.hypot(*np.subtract(*banks)) + 60


@pytest.mark.parametrize("name", NO_BRIDGE)
def test_no_way_where_there_is_no_bridge(network: WalkNetwork, name: str) -> None:
    banks = NO_BRIDGE[name]
    assert walk(network, banks) > 2 * np.hypot(*np.subtract(*banks)) + 100


def test_no_walking_along_motorways(network: WalkNetwork) -> None:
    table = pd.read_csv(MOTORWAYS)
    carriageways = table[table.half_width_m <= 30]
    centre_lines = shapely.segmentize(shapely.from_wkt(carriageways.wkt_epsg25833), 20)
    tree = shapely.STRtree(network.lines)
    for row, centre_line in zip(carriageways.itertuples(), centre_lines, strict=True):
        near = network.lines[tree.query(centre_line, predicate="dwithin", distance=8)]
        inside = shapely.get_parts(shapely.intersection(near, shapely.buffer(centre_line, 8)))
        inside = inside[shapely.length(inside) > 0]
        ends = [shapely.get_point(inside, place) for place in (0, -1)]
        along = np.subtract(*(shapely.line_locate_point(centre_line, end) for end in ends))
        parallel = np.abs(along) > 0.85 * shapely.length(inside)  # within about 30 degrees
        assert shapely.length(inside[parallel]).sum() < 100, (row.motorway, row.stretch)


def test_every_inhabited_planning_area_has_streets(network: WalkNetwork) -> None:
    areas = gpd.read_file(BOUNDARIES, layer="planungsraum")
    residents = gpd.read_parquet(RESIDENTS)
    inhabited = residents[residents.residents > 0].planning_area_id.unique()
    geometry = areas.set_index("area_id").geometry.loc[inhabited]
    tree = shapely.STRtree(network.lines)
    with_streets = np.unique(tree.query(geometry.to_numpy(), predicate="intersects")[0])
    assert len(with_streets) == len(inhabited)


def test_nearly_all_residents_live_beside_the_network(network: WalkNetwork) -> None:
    residents = gpd.read_parquet(RESIDENTS).to_crs(CRS)
    distance = network.main_tree.query_nearest(
        residents.geometry.to_numpy(), return_distance=True, all_matches=False
    )[1]
    linked = residents.residents.to_numpy()[distance <= 150].sum()
    assert linked > 0.995 * residents.residents.sum()


@pytest.mark.parametrize("tile", ["Beusselstraße", "Arkonaplatz"])
def test_at_least_as_accurate_as_the_study(
    network: WalkNetwork, tile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not SHARED.exists():
        pytest.skip("the inputs (../shared) are not here")
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import measure_network

    table = measure_network.measure(network, SHARED, tiles=(tile,))
    rows = table[(table.tile == tile) & (table.measure == "distance")].set_index("model")
    ours, study = rows.loc["skeleton"], rows.loc["study skeleton"]
    assert ours.median_error <= study.median_error + 0.001
    assert ours.p90_error <= study.p90_error + 0.001
    assert ours.median_error < rows.loc["straight line x best factor"].median_error
    for name in [module for module in sys.modules if module.split(".")[0] == "skeleton"]:
        monkeypatch.delitem(sys.modules, name)
