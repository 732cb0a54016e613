"""The packaged study of Berlin, built once and looked at from all sides."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pypdf
import pytest

from .outputs.brief_reading import Brief, check_figures, check_same

RESIDENTS = 3_897_145  # population register, 31 December 2024
SIZES = {"city": 1, "district": 12, "prognoseraum": 58, "bezirksregion": 143, "planungsraum": 542}
THRESHOLDS = [500, 800, 1000]
SHARED = Path(__file__).parents[2] / "shared"
EXTRACT = SHARED / "data/networks/berlin_kreuzberg_mitte_walk.osm.pbf"


def build(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kiezreach", "build", "--out", str(folder), *arguments]
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def berlin(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("build") / "berlin"
    done = build(folder, "--maps", "city")  # sheets of districts are tested on small towns
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def coverage(berlin) -> pd.DataFrame:
    return pd.read_csv(berlin / "tables/coverage.csv", dtype={"area_id": str})


def test_every_area_of_every_level_has_a_row_for_each_threshold(coverage):
    for level, size in SIZES.items():
        rows = coverage[coverage["level"] == level]
        assert rows["area_id"].nunique() == size
        assert len(rows) == size * len(THRESHOLDS)
        assert sorted(rows["threshold_m"].unique()) == THRESHOLDS


def test_residents_add_up_at_every_level(coverage):
    sums = coverage.groupby(["level", "threshold_m"])["residents"].sum()
    assert (sums == RESIDENTS).all()


def test_the_served_of_all_levels_are_the_same_people(coverage):
    sums = coverage.groupby(["threshold_m", "level"])["residents_served"].sum()
    for _, of_levels in sums.groupby("threshold_m"):
        assert len(set(of_levels)) == 1


def test_groups_add_up_to_the_same_totals_at_every_level(berlin, coverage):
    """By age and by every class, by the common rule: in each area and at each threshold."""
    groups = pd.read_csv(berlin / "tables/coverage_by_group.csv", dtype={"area_id": str})
    assert {"age_group"} <= set(groups["breakdown"])
    key, sums = ["level", "area_id", "threshold_m"], ["residents", "residents_served"]
    expected = coverage[coverage["residents"] > 0].set_index(key)[sums].sort_index()
    common = groups[groups["profile"] == "walking"]
    for breakdown, rows in common.groupby("breakdown"):
        of = expected
        if breakdown != "age_group":
            of = expected[expected.index.get_level_values("level") != "planungsraum"]
        pd.testing.assert_frame_equal(rows.groupby(key)[sums].sum().sort_index(), of)


def test_older_people_reach_less_in_the_same_time(berlin):
    groups = pd.read_csv(berlin / "tables/coverage_by_group.csv", dtype={"area_id": str})
    old = groups[(groups["group"] == "age_65_over") & (groups["level"] == "city")]
    rows = old.set_index(["profile", "threshold_m"])
    assert rows.loc[("older", 800), "reach_m"] == 480
    assert (rows.loc["older", "residents_served"] < rows.loc["walking", "residents_served"]).all()
    prams = groups[groups["profile"] == "pram"]
    assert set(prams["group"]) == {"age_under_6"}
    assert set(prams["case"]) == {"stand_in"}  # the packaged network knows no steps


def test_equity_figures_rest_on_the_residents_that_they_say(berlin, coverage):
    table = pd.read_csv(berlin / "tables/equity.csv", dtype={"area_id": str})
    value = table.set_index(["area_id", "measure"])["value"].to_dict()
    assert value["city", "residents"] == RESIDENTS
    unlinked = coverage.loc[coverage["level"] == "city", "unlinked"].iloc[0]
    assert value["city", "residents_without_distance"] == unlinked
    for area_id, rows in table[table["measure"] == "gini_distance"].groupby("area_id"):
        left_out = value[area_id, "residents_without_distance"]
        assert rows["residents"].iloc[0] == value[area_id, "residents"] - left_out
        assert 0 < rows["value"].iloc[0] < 1
    districts = table[(table["level"] == "district") & (table["measure"] == "residents")]
    assert len(districts) == 12
    assert districts["value"].sum() == RESIDENTS


def test_served_never_falls_with_the_threshold(coverage):
    rising = coverage.sort_values(["level", "area_id", "threshold_m"])
    for _, area in rising.groupby(["level", "area_id"]):
        assert area["residents_served"].is_monotonic_increasing


def test_ids_keep_their_leading_zero(coverage):
    finest = coverage.loc[coverage["level"] == "planungsraum", "area_id"]
    assert (finest.str.len() == 8).all()
    assert "01100101" in set(finest)


def test_the_served_by_the_packaged_spreading_and_their_interval(coverage):
    city = coverage[coverage["level"] == "city"].set_index("threshold_m")
    assert city["residents_served"].to_dict() == {500: 540_079, 800: 1_174_573, 1000: 1_567_928}
    # Points inside blocks have the way to the street before them: all others serve fewer.
    assert city["share_low"].round(3).to_dict() == {500: 0.112, 800: 0.269, 1000: 0.373}
    known = coverage.dropna(subset="share_served")
    assert (known["share_low"] <= known["share_served"]).all()
    assert (known["share_served"] <= known["share_high"]).all()


def test_gaps_hold_exactly_the_unserved(berlin, coverage):
    city = coverage[(coverage["level"] == "city") & (coverage["threshold_m"] == 800)].iloc[0]
    gaps = pd.read_csv(berlin / "tables/gaps.csv", dtype={"district_id": str})
    assert gaps["residents"].sum() == city["residents"] - city["residents_served"]
    assert (gaps["rank_best"] <= gaps["rank"]).all()
    assert (gaps["rank"] <= gaps["rank_worst"]).all()
    assert sorted(gaps["rank"]) == list(range(1, len(gaps) + 1))
    assert set(gaps["district_id"]) <= {f"{k:02}" for k in range(1, 13)}


def test_centres_serve_whom_the_city_counts(berlin, coverage):
    centres = pd.read_csv(berlin / "tables/centres.csv", dtype={"district_id": str})
    city = coverage[coverage["level"] == "city"].set_index("threshold_m")["residents_served"]
    assert centres["residents_within_800"].max() <= city[800]
    assert centres["residents_within_800"].sum() >= city[800]  # catchments overlap
    assert (centres["residents_only_here"] <= centres["residents_within_800"]).all()
    assert centres.loc[~centres["linked"], "residents_nearest"].eq(0).all()
    assert centres["district_id"].nunique() == 12


def test_the_manifest_tells_where_all_comes_from_and_what_it_is(berlin):
    manifest = json.loads((berlin / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["network"]["quality"] == "approximate"
    assert "%" in manifest["network"]["accuracy"]
    assert manifest["headline"]["residents"] == RESIDENTS
    for entry in manifest["inputs"]:
        assert len(entry["sha256"]) == 64
        assert entry["licence"], entry
        assert entry["vintage"], entry
    listed = {entry["file"]: entry["sha256"] for entry in manifest["outputs"]}
    there = {p.relative_to(berlin).as_posix() for p in berlin.rglob("*") if p.is_file()}
    assert there - set(listed) == {"manifest.json", "run-log.json"}
    for name, digest in listed.items():
        assert hashlib.sha256((berlin / name).read_bytes()).hexdigest() == digest


def test_norms_and_barriers_agree_with_coverage(berlin):
    tables = {
        name: pd.read_csv(berlin / f"tables/{name}.csv", dtype={"area_id": str})
        for name in ("coverage", "norms", "barriers")
    }
    barriers = tables["barriers"]
    on_foot = barriers["served_both"] + barriers["served_walk_only"]
    assert on_foot.tolist() == tables["coverage"]["residents_served"].tolist()
    norms = tables["norms"]
    counts = norms["level"].groupby(norms["norm_id"]).size()
    assert counts["floor_space"] == SIZES["district"]
    assert counts["centre_per_prognoseraum"] == SIZES["prognoseraum"]
    # The packaged list of centres has no floor space: nothing is said about it.
    floor = norms[norms["norm_id"] == "floor_space"]
    assert set(floor["reason"]) == {"no_floor_space"}
    assert floor[["value", "deficit"]].isna().all(axis=None)


def test_the_layers_open_and_are_styled(berlin):
    names = set(pyogrio.list_layers(berlin / "layers.gpkg")[:, 0])
    expected = {
        *SIZES, "centres", "catchments", "centre_catchments", "service_areas", "gaps",
        "residents", "inhabited", "barrier_mode", "gaps_by_threshold", "candidates",
        "missing_links", "proposals", "layer_styles",
    } - {"city"}  # fmt: skip
    assert names == expected
    for name in expected - {"layer_styles"}:
        layer = gpd.read_file(berlin / "layers.gpkg", layer=name)
        assert layer.crs.to_epsg() == 25833
        assert layer.is_valid.all(), name
        assert len(layer) > 0
    styles = pyogrio.read_dataframe(berlin / "layers.gpkg", layer="layer_styles")
    assert set(styles["f_table_name"]) == expected - {"layer_styles"}


def test_catchments_are_nested_and_service_areas_do_not_overlap(berlin):
    found = gpd.read_file(berlin / "layers.gpkg", layer="catchments").set_index("threshold_m")
    shape = found.geometry
    assert shape[500].difference(shape[800]).area == 0
    assert shape[800].difference(shape[1000]).area == 0
    parts = gpd.read_file(berlin / "layers.gpkg", layer="service_areas")
    assert parts.area.sum() - parts.union_all().area < 1.0


def test_built_again_it_is_the_same_but_for_a_changed_figure_whose_area_is_named(berlin, tmp_path):
    """Whatever hash seed, time zone and locale: every other file is the same, byte by byte."""
    copy = shutil.copytree(berlin, tmp_path / "copy", copy_function=os.link)
    table = copy / "tables/coverage.csv"
    text = table.read_text(encoding="utf-8")
    table.unlink()  # the link, not the build
    row = "planungsraum,01100101,Stülerstraße,500,3580,"
    assert row in text
    changed = text.replace(row, row.replace("3580", "3581"))
    table.write_text(changed, encoding="utf-8", newline="\n")
    command = [sys.executable, "-m", "kiezreach", "verify", str(copy), "--json"]
    other = {"PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu", "LC_ALL": "C"}
    done = subprocess.run(
        command, env=os.environ | other, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["inputs"], told["study"], told["versions"]) == ([], [], [])
    (file,) = told["files"]
    (figure,) = file["figures"]
    assert file["file"] == "tables/coverage.csv"
    assert "area_id 01100101" in figure["row"]
    assert figure["area"] == "Stülerstraße"
    assert (figure["before"], figure["after"], figure["change"]) == ("3581", "3580", -1.0)


@pytest.mark.skipif(not EXTRACT.exists(), reason="needs the shared OpenStreetMap extract")
def test_on_a_real_extract_the_notice_about_the_network_disappears(tmp_path):
    """The centre of the city, cut from the packaged data, on real OpenStreetMap ways."""
    from kiezreach.study import packaged_data

    study = _study_around_the_extract(tmp_path, packaged_data())
    done = subprocess.run(
        [sys.executable, "-m", "kiezreach", "build", str(study), "--network", str(EXTRACT),
         "--out", str(tmp_path / "out"), "--maps", "none"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "out/manifest.json").read_text(encoding="utf-8"))
    assert manifest["network"]["quality"] == "surveyed"
    assert "OpenStreetMap" in manifest["network"]["source"]
    assert not any("approximate" in warning for warning in manifest["warnings"])
    page = (tmp_path / "out/map.html").read_text(encoding="utf-8")
    assert 'id="notice"' not in page
    assert manifest["headline"]["served"]["1000"]["share"] > 0.5
    groups = pd.read_csv(tmp_path / "out/tables/coverage_by_group.csv", keep_default_na=False)
    city = groups[(groups["level"] == "city") & (groups["group"] == "age_under_6")]
    served = city.groupby("case")["residents_served"].sum()
    assert served["worst"] <= served["best"] <= served[""]
    assert served["worst"] < served[""]  # steps are in some children's way


def _study_around_the_extract(folder: Path, data: Path) -> Path:
    """Write a study of the planning areas that lie well inside the extract."""
    import shapely

    extract = gpd.GeoSeries([shapely.box(13.3827, 52.4964, 13.4304, 52.5150)], crs=4326)
    inside = extract.to_crs(25833).buffer(100).iloc[0]
    areas = gpd.read_file(data / "boundaries/berlin.gpkg", layer="planungsraum")
    areas = areas[areas.geometry.within(inside)]
    assert len(areas) > 3
    areas.to_file(folder / "areas.gpkg", layer="planungsraum")
    people = gpd.read_parquet(data / "residents/berlin_residents_2024-12-31.parquet")
    people = people[people["planning_area_id"].isin(areas["area_id"])]
    people.to_parquet(folder / "residents.parquet")
    text = f"""
name = "Kreuzberg"
language = "de"
crs = "EPSG:25833"
[areas]
file = "areas.gpkg"
levels = [{{ id = "planungsraum", labels = {{ de = "Planungsräume", en = "Planning areas" }} }}]
[centres]
file = "{data.as_posix()}/centres/berlin_centres.csv"
[residents]
file = "residents.parquet"
age_groups = [
    "age_under_6", "age_6_15", "age_15_18", "age_18_27",
    "age_27_45", "age_45_55", "age_55_65", "age_65_over",
]
profiles = {{ age_under_6 = "pram", age_65_over = "older" }}
[network]
file = "to-be-replaced.osm.pbf"
"""
    (folder / "kreuzberg.toml").write_text(text, encoding="utf-8")
    return folder / "kreuzberg.toml"


# ---- briefs ---------------------------------------------------------------------------------


def test_the_city_and_each_district_have_briefs_in_three_editions(berlin):
    places = ["city", *(f"{k:02d}" for k in range(1, 13))]
    assert {path.name for path in (berlin / "briefs").iterdir()} == {
        f"{place}.{edition}.{ending}"
        for place in places
        for edition in ("de", "en", "de-leicht")
        for ending in ("html", "pdf")
    }
    for path in (berlin / "briefs").glob("*.pdf"):
        assert len(pypdf.PdfReader(path).pages) == 2, path.name


@pytest.mark.parametrize("place", ["city", "01", "03", "08", "11"])
def test_every_figure_of_a_brief_is_the_cell_that_its_note_names(berlin, place):
    for edition in ("de", "en", "de-leicht"):
        path = berlin / "briefs" / f"{place}.{edition}.html"
        brief = Brief(path)
        check_figures(brief, berlin, path.name)
        pages = pypdf.PdfReader(path.with_suffix(".pdf")).pages
        check_same(brief, "".join(page.extract_text() for page in pages), path.name)
        assert "genähert" in brief.text or "pproximate" in brief.text or "geschätzt" in brief.text
