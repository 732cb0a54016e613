"""The packaged list of Berlin's neighbourhood centres: form, content and derivation."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import pandas as pd
import pytest

from kiezreach.sources import centre_rule

REPOSITORY = Path(__file__).resolve().parents[2]
CENTRES = REPOSITORY / "data/centres/berlin_centres.csv"
BOUNDARIES = REPOSITORY / "data/boundaries/berlin.gpkg"
SCRIPT = REPOSITORY / "scripts/derive_centres.py"
AUDIT = REPOSITORY / "scripts/centres_audit.csv"
SHARED = REPOSITORY.parent / "shared"
PLANNING_AREAS = SHARED / "data/berlin/boundaries/plr2021/lor_planungsraeume_2021.shp"

COLUMNS = [
    "centre_id",
    "name",
    "kind",
    "operator",
    "address",
    "lon",
    "lat",
    "district_id",
    "wheelchair",
    "source",
    "source_date",
    "note",
]
KINDS = {
    "Stadtteilzentrum",
    "Nachbarschaftshaus",
    "Familienzentrum",
    "Mehrgenerationenhaus",
    "Selbsthilfekontaktstelle",
    "other",
}
DISTRICTS = {f"{n:02d}" for n in range(1, 13)}
EXCLUDED = (
    r"jugend(?:club|klub|freizeit|treff|zentrum|haus|heim)|quartiersmanagement|b(?:ü|ue)rgeramt"
    r"|\bbenn\b|senioren|gemeinde(?:haus|zentrum|saal)|vereins(?:heim|haus)|kleingarten|\bkga\b"
    r"|pfadfinder|sportclub|sportverein|stadtteilkoordination"
)
NEAR_M = 100.0
ALIKE = 0.8
GENERALISED_M = 10.0
LEAST_PER_DISTRICT = 5
LEAST_WITH_ADDRESS = 0.8

needs_shared = pytest.mark.skipif(
    not PLANNING_AREAS.exists(), reason="the shared input data are not beside the repository"
)


@pytest.fixture(scope="module")
def centres() -> pd.DataFrame:
    return pd.read_csv(CENTRES, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def rule() -> ModuleType:
    return centre_rule


@pytest.fixture(scope="module")
def points(centres: pd.DataFrame) -> gpd.GeoSeries:
    place = gpd.points_from_xy(centres["lon"].astype(float), centres["lat"].astype(float))
    return gpd.GeoSeries(place, index=centres["centre_id"], crs="EPSG:4326").to_crs("EPSG:25833")


def test_file_form(centres: pd.DataFrame) -> None:
    raw = CENTRES.read_bytes()
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.decode("utf-8").splitlines()[0] == ",".join(COLUMNS)
    assert list(centres.columns) == COLUMNS
    assert centres["centre_id"].is_monotonic_increasing


def test_ids_are_unique_and_readable(centres: pd.DataFrame) -> None:
    assert centres["centre_id"].is_unique
    assert centres["centre_id"].str.fullmatch(r"(osm|page|register)-[a-z0-9]+(-[a-z0-9]+)*").all()
    node = centres["centre_id"].str.extract(r"^osm-n(\d+)$")[0]
    named = centres["source"].str.extract(r"^OpenStreetMap node (\d+)$")[0]
    assert node.fillna("").tolist() == named.fillna("").tolist()


def test_required_values(centres: pd.DataFrame) -> None:
    for column in ("name", "kind", "lon", "lat", "district_id", "source", "source_date", "note"):
        assert centres[column].ne("").all(), column
    assert set(centres["kind"]) == KINDS
    assert set(centres["wheelchair"]) <= {"", "yes", "no", "limited"}
    assert centres["source_date"].str.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?").all()
    known = centres["address"].ne("")
    assert known.mean() > LEAST_WITH_ADDRESS
    assert centres.loc[known, "address"].str.fullmatch(r"\S.*, (\d{5} )?Berlin").all()
    assert not centres.map(lambda value: value != value.strip()).any(axis=None)


def test_every_district_has_centres(centres: pd.DataFrame) -> None:
    counts = centres["district_id"].value_counts()
    assert set(counts.index) == DISTRICTS
    assert counts.min() >= LEAST_PER_DISTRICT


def test_coordinates_lie_in_berlin(centres: pd.DataFrame) -> None:
    assert centres["lon"].str.fullmatch(r"\d{2}\.\d{6,7}").all()
    assert centres["lat"].str.fullmatch(r"\d{2}\.\d{6,7}").all()
    assert centres["lon"].astype(float).between(13.08, 13.77).all()
    assert centres["lat"].astype(float).between(52.33, 52.68).all()


def test_no_excluded_institution(centres: pd.DataFrame) -> None:
    house_of_families = r"familienzentrum|stadtteilzentrum"
    names = centres["name"].str.lower()
    wrong = names[names.str.contains(EXCLUDED, regex=True)]
    assert wrong[~wrong.str.contains(house_of_families)].empty


@pytest.mark.parametrize("name", ["Jugendclub Linse", "BENN Marzahn-Süd", "Buergeramt Mahlsdorf"])
def test_excluded_words_would_be_found(name: str) -> None:
    assert re.search(EXCLUDED, name.lower())


def test_no_house_is_listed_twice(centres: pd.DataFrame, points: gpd.GeoSeries) -> None:
    left, right = points.sindex.query(points, predicate="dwithin", distance=NEAR_M)
    names = centres["name"].str.lower().str.replace(r"[^a-zäöüß0-9]+", " ", regex=True)
    alike = [
        (names[i], names[j])
        for i, j in zip(left, right, strict=True)
        if i < j and difflib.SequenceMatcher(None, names[i], names[j]).ratio() > ALIKE
    ]
    assert not alike


def test_no_two_centres_share_a_place(points: gpd.GeoSeries) -> None:
    assert not points.to_wkt(rounding_precision=1).duplicated().any()


@pytest.mark.skipif(not BOUNDARIES.exists(), reason="the packaged boundaries are not derived yet")
def test_each_point_lies_in_its_packaged_district(
    centres: pd.DataFrame, points: gpd.GeoSeries
) -> None:
    districts = gpd.read_file(BOUNDARIES, layer="district").set_index("area_id").geometry
    own = districts.loc[centres["district_id"]].set_axis(points.index)
    assert points.distance(own).max() <= GENERALISED_M


@needs_shared
def test_each_point_lies_in_its_official_planning_area(
    centres: pd.DataFrame, points: gpd.GeoSeries
) -> None:
    areas = gpd.read_file(PLANNING_AREAS)[["PLR_ID", "geometry"]].to_crs(points.crs)
    joined = gpd.GeoDataFrame(geometry=points).sjoin(areas, predicate="within")
    assert joined.index.is_unique
    found = joined.loc[centres["centre_id"], "PLR_ID"].str[:2]
    assert found.tolist() == centres["district_id"].tolist()


@needs_shared
def test_derivation_gives_the_same_bytes(tmp_path: Path) -> None:
    out = tmp_path / "centres.csv"
    command = [sys.executable, str(SCRIPT), "--shared", str(SHARED), "--out", str(out)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert run.returncode == 0, run.stderr
    assert out.read_bytes() == CENTRES.read_bytes()


def test_every_audit_row_gives_its_reason() -> None:
    audit = pd.read_csv(AUDIT, dtype=str, keep_default_na=False)
    assert audit["centre_id"].is_unique
    assert audit["reason"].ne("").all()
    assert set(audit["decision"]) == {"keep", "drop", "merge", "add"}
    assert audit.loc[audit["decision"].eq("drop"), "reason_class"].ne("").all()
    assert audit.loc[audit["decision"].eq("merge"), "merge_into"].ne("").all()


def test_audit_and_list_agree(centres: pd.DataFrame) -> None:
    audit = pd.read_csv(AUDIT, dtype=str, keep_default_na=False)
    listed = set(centres["centre_id"])
    out = audit[audit["decision"].isin(["drop", "merge"])]
    assert not listed & set(out["centre_id"])
    kept = audit[audit["decision"].isin(["keep", "add"])]
    named = kept["centre_id"].str.startswith("osm-unnamed")
    assert set(kept.loc[~named, "centre_id"]) <= listed
    for target, merged in out.loc[out["merge_into"].ne(""), ["merge_into", "centre_id"]].to_numpy():
        note = centres.loc[centres["centre_id"].eq(target), "note"]
        assert len(note) == 1
        assert merged in note.iloc[0]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Selbsthilfe- und Stadtteilzentrum Neukölln-Süd", "Stadtteilzentrum"),
        ("Jugend- und Familienzentrum JeverNeun", "Familienzentrum"),
        ("Nachbarschaftsheim Neukölln", "Nachbarschaftshaus"),
        ("MehrGenerationenHaus Wassertor 48", "Mehrgenerationenhaus"),
        ("Bizet-Kietz-Treff", "other"),
        ("Kita Mäusekiste", None),
        ("Quartiersmanagement und Begegnungszentrum Johannisthal", None),
    ],
)
def test_kind_follows_the_name(rule: ModuleType, name: str, kind: str | None) -> None:
    assert rule.kind_of(name) == kind


@pytest.mark.parametrize(
    ("name", "tag", "tag_for", "reason"),
    [
        ("", "", "", "unnamed"),
        ("Buergeramt Mahlsdorf", "", "", "office"),
        ("BENN Fennpfuhl", "", "", "office"),
        ("Dünja", "youth_centre", "girl", "youth"),
        ("Hans-Rosenthal-Haus", "community_hall", "disabled;senior", "senior"),
        ("Campus Hedwig", "village_hall", "family;multigeneration", None),
    ],
)
def test_reason_to_leave_out(
    rule: ModuleType, name: str, tag: str, tag_for: str, reason: str | None
) -> None:
    assert rule.reason_to_drop(name, tag, tag_for) == reason
