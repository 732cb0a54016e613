"""The packaged candidate sites of Berlin: form, content and derivation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CANDIDATES = REPOSITORY / "data/candidates/berlin_candidates.csv"
BOUNDARIES = REPOSITORY / "data/boundaries/berlin.gpkg"
SCRIPT = REPOSITORY / "scripts/derive_candidates.py"
SHARED = REPOSITORY.parent / "shared"
REGISTERS = SHARED / "data/berlin/candidates"

COLUMNS = [
    "candidate_id", "kind", "name", "address", "operator", "lon", "lat", "planning_area_id"
]  # fmt: skip
KINDS = {"school", "daycare", "youth_centre", "library", "place_of_worship"}
GENERALISED_M = 10.0
SAME_HOUSE_M = 100.0

needs_shared = pytest.mark.skipif(
    not REGISTERS.exists(), reason="the shared input data are not beside the repository"
)


@pytest.fixture(scope="module")
def candidates() -> pd.DataFrame:
    return pd.read_csv(CANDIDATES, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def points(candidates: pd.DataFrame) -> gpd.GeoSeries:
    place = gpd.points_from_xy(candidates["lon"].astype(float), candidates["lat"].astype(float))
    return gpd.GeoSeries(place, crs="EPSG:4326").to_crs("EPSG:25833")


def test_file_form(candidates: pd.DataFrame) -> None:
    raw = CANDIDATES.read_bytes()
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert list(candidates.columns) == COLUMNS
    assert candidates["candidate_id"].is_monotonic_increasing
    assert candidates["candidate_id"].is_unique
    assert len(raw) < 1_000_000


def test_required_values(candidates: pd.DataFrame) -> None:
    assert set(candidates["kind"]) == KINDS
    for column in ("name", "lon", "lat", "planning_area_id"):
        assert candidates[column].ne("").all(), column
    own = candidates["candidate_id"].str.extract(r"^([a-z-]+?)-(?:osm-n\d+|[0-9a-z]+)$")[0]
    assert own.str.replace("-", "_").tolist() == candidates["kind"].tolist()
    known = candidates["address"].ne("")
    assert known.mean() > 0.95
    assert candidates.loc[known, "address"].str.fullmatch(r"\S.*, (\d{5} )?Berlin").all()
    assert not candidates.map(lambda value: value != value.strip()).any(axis=None)
    assert not candidates.map(lambda value: "\n" in value).any(axis=None)


def test_each_site_lies_in_its_planning_area(
    candidates: pd.DataFrame, points: gpd.GeoSeries
) -> None:
    areas = gpd.read_file(BOUNDARIES, layer="planungsraum").set_index("area_id").geometry
    own = areas.loc[candidates["planning_area_id"]].reset_index(drop=True)
    assert points.distance(own).max() <= GENERALISED_M


def test_no_house_is_listed_twice(candidates: pd.DataFrame, points: gpd.GeoSeries) -> None:
    left, right = points.sindex.query(points, predicate="dwithin", distance=SAME_HOUSE_M)
    key = (candidates["kind"] + candidates["name"].str.casefold()).to_numpy()
    assert not ((left < right) & (key[left] == key[right])).any()


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("school", r"\bOSZ\b"),
        ("library", r"Fachbibliothek|Campus|Archiv"),
        ("place_of_worship", r"(?i)friedhof|kirchhof"),
    ],
)
def test_what_serves_no_neighbourhood_is_left_out(
    candidates: pd.DataFrame, kind: str, word: str
) -> None:
    names = candidates.loc[candidates["kind"] == kind, "name"]
    assert not names.str.contains(word).any()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("library", "Stadtteilbibliothek Buch"),
        ("library", "Bruno-Lösche-Bibliothek"),
        ("place_of_worship", "Synagoge Herbartstraße"),
        ("school", "Karl-Weise-Schule (Grundschule)"),
    ],
)
def test_known_houses_are_there(candidates: pd.DataFrame, kind: str, name: str) -> None:
    assert ((candidates["kind"] == kind) & (candidates["name"] == name)).any()


@needs_shared
def test_derivation_gives_the_same_bytes(tmp_path: Path) -> None:
    out = tmp_path / "candidates.csv"
    command = [sys.executable, str(SCRIPT), "--shared", str(SHARED), "--out", str(out)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert run.returncode == 0, run.stderr
    assert out.read_bytes() == CANDIDATES.read_bytes()
