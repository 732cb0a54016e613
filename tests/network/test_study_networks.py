"""The networks on which age groups are counted by a profile of their own."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from kiezreach.network.rules import load_rules
from kiezreach.study import Study
from kiezreach.study_networks import case_of, read_profile_networks, read_study_network

CRS = "EPSG:25833"
X0, Y0 = 390_000.0, 5_820_000.0

# A street along the river, joined to the one above by 40 m of steps, a path of which nothing is
# known at 400 m, and a ramp at 800 m.
NODES = {1: (0, 0), 2: (400, 0), 3: (800, 0), 4: (0, 40), 5: (400, 40), 6: (800, 40)}
WAYS = {
    1: ((1, 2, 3), {"highway": "residential"}),
    2: ((4, 5, 6), {"highway": "residential"}),
    3: ((1, 4), {"highway": "steps"}),
    4: ((2, 5), {"highway": "path"}),
    5: ((3, 6), {"highway": "footway"}),
}


@pytest.fixture
def area() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.box(X0, Y0 - 50, X0 + 800, Y0 + 90)], crs=CRS)


def study_of(file: Path, profiles: dict[str, str], profile: str = "walking") -> Study:
    labels = {"de": "Gebiete", "en": "Areas"}
    return Study.model_validate(
        {
            "name": "Riverside",
            "areas": {"file": "areas.gpkg", "levels": [{"id": "area", "labels": labels}]},
            "centres": {"file": "centres.csv"},
            "residents": {
                "file": "residents.parquet",
                "age_groups": sorted(profiles),
                "profiles": profiles,
            },
            "network": {"file": str(file), "profile": profile},
        }
    )


def networks(study: Study, area: gpd.GeoDataFrame):
    own, report = read_study_network(study, area, cache=False)
    has_tags = report.ways is not None
    return own, read_profile_networks(study, area, own, has_tags=has_tags, cache=False)


def test_prams_take_no_steps_and_unknown_paths_only_in_the_best_case(write_osm, area, paper):
    study = study_of(write_osm(NODES, WAYS), {"babies": "pram"})
    own, others = networks(study, area)
    best, worst = others["pram"]
    assert (best.case, worst.case) == ("best", "worst")
    assert paper(own).walk((0, 0), (0, 40)) == pytest.approx(40, abs=0.1)
    assert paper(best.network).walk((0, 0), (0, 40)) == pytest.approx(840, abs=0.1)
    assert paper(worst.network).walk((0, 0), (0, 40)) == pytest.approx(1640, abs=0.1)


def test_a_profile_that_only_walks_slower_uses_the_same_network(write_osm, area):
    own, others = networks(study_of(write_osm(NODES, WAYS), {"old": "older"}), area)
    (older,) = others["older"]
    assert older.network is own
    assert older.case == ""
    assert older.speed_m_per_min == load_rules("older").speed_m_per_min < 80


def test_a_file_without_tags_says_that_its_ways_stand_in(tmp_path, area):
    lines = [shapely.LineString([(X0 - 100, Y0), (X0 + 900, Y0)])]
    file = tmp_path / "streets.gpkg"
    gpd.GeoDataFrame(geometry=lines, crs=CRS).to_file(file)
    own, others = networks(study_of(file, {"babies": "pram", "old": "older"}), area)
    (pram,) = others["pram"]
    assert (pram.network, pram.case) == (own, "stand_in")
    assert others["older"][0].case == ""


def test_walkers_beside_a_study_for_prams_get_their_steps_back(write_osm, area, paper):
    study = study_of(write_osm(NODES, WAYS), {"adults": "walking"}, profile="pram")
    own, others = networks(study, area)
    (walking,) = others["walking"]
    assert paper(own).walk((0, 0), (0, 40)) > paper(walking.network).walk((0, 0), (0, 40))


@pytest.mark.parametrize(
    ("profile", "unknown", "has_tags", "case"),
    [
        ("walking", "allow", True, ""),
        ("walking", "refuse", False, ""),
        ("older", "allow", False, ""),
        ("pram", "allow", True, "best"),
        ("step_free", "refuse", True, "worst"),
        ("step_free", "refuse", False, "stand_in"),
    ],
)
def test_a_network_says_what_it_knows_of_a_profile(profile, unknown, has_tags, case):
    assert case_of(profile, unknown, has_tags=has_tags) == case
