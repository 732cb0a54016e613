"""The data dictionary describes every table, layer, column and byte; a validator accepts it."""

from __future__ import annotations

import csv
import hashlib
import json
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from pyogrio import list_layers

import kiezreach as kr
from kiezreach.analysis import Analysis, analyse
from kiezreach.inputs import Inputs, read_inputs
from kiezreach.outputs.data_package import write_data_package
from kiezreach.outputs.dictionary import (
    Dictionary,
    dictionary_entries,
    listed_columns,
    names_in_study,
)
from kiezreach.outputs.geopackage import write_geopackage
from kiezreach.outputs.layer_formats import write_layer_formats
from kiezreach.outputs.layers import layers
from kiezreach.outputs.tables import write_tables
from kiezreach.study.parts import TAKEN_LEVELS, Filter

from ..sources.test_norms import NORMS  # noqa: TID252 - the norms of the small town
from ..worlds import CRS, X0, Y0, write_candidates, write_small_study  # noqa: TID252 - one small town for all

FORMATS = ("briefs = false", 'briefs = false, formats = ["geojson", "geoparquet"]')
EVERYTHING = """\
[candidates]
file = "candidates.csv"

[proposals]
k = 2

[norms]
file = "norms.toml"

[[barriers]]
kind = "railway"
file = "railway.gpkg"

[missing_links]

[[scenarios]]
file = "scenario.toml"

[accessibility]
unit = "m2"
reach_m = 500

[analysis]"""
SCENARIO = 'name = "Cut"\n[[steps]]\nclose = "c1"\n'
ROOT = Path(__file__).resolve().parents[2]
Town = tuple[kr.Study, Inputs, Analysis]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A study that fills every table and layer."""
    folder = tmp_path_factory.mktemp("study")
    file = write_small_study(
        folder,
        study=lambda text: text.replace("[analysis]", EVERYTHING).replace(*FORMATS),
        centres=lambda table: table.assign(capacity="20"),
    )
    (folder / "norms.toml").write_text(NORMS, encoding="utf-8")
    (folder / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    write_candidates(folder / "candidates.csv")
    line = shapely.LineString([(X0 + 450, Y0 - 2000), (X0 + 450, Y0 + 4000)])
    gpd.GeoDataFrame(geometry=[line], crs=CRS).to_file(folder / "railway.gpkg")
    study = kr.read_study(file)
    inputs = read_inputs(study)
    return study, inputs, analyse(study, inputs)


def packed(town: Town, folder: Path) -> dict[str, Any]:
    study, inputs, analysis = town
    (folder / "tables").mkdir()
    write_tables(study, inputs, analysis, folder / "tables")
    frames = layers(study, inputs, analysis)
    write_geopackage(study, frames, folder / "layers.gpkg")
    write_layer_formats(study, frames, folder)
    return json.loads(write_data_package(study, inputs, folder).read_text(encoding="utf-8"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def described(package: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    """The columns of each table and layer that a package describes."""
    found = {
        ("tables", Path(r["path"]).stem): [field["name"] for field in r["schema"]["fields"]]
        for r in tables_of(package)
    }
    (geopackage,) = (r for r in package["resources"] if r["format"] == "gpkg")
    return found | {
        ("layers", layer["name"]): [field["name"] for field in layer["schema"]["fields"]]
        for layer in geopackage["layers"]
    }


def tables_of(package: dict[str, Any]) -> list[dict[str, Any]]:
    return [r for r in package["resources"] if r["format"] == "csv"]


def test_every_table_layer_and_column_is_described_and_no_entry_is_left_over(town, tmp_path):
    found = described(packed(town, tmp_path))
    dictionary = Dictionary(town[0])
    files = {path.stem for path in (tmp_path / "tables").glob("*.csv")}
    assert dictionary.tables == files, "an entry [tables.name] of fields.toml is missing or unused"
    assert dictionary.layers == {
        str(n) for n, kind in list_layers(tmp_path / "layers.gpkg") if kind
    }
    assert dictionary.layers - {"district", "planning_area"} <= set(TAKEN_LEVELS)
    assert {name for kind, name in found if kind == "tables"} == files
    assert {name for kind, name in found if kind == "layers"} == dictionary.layers
    used = {dictionary.key(name, column) for (_, name), names in found.items() for column in names}
    assert dictionary.columns == used, "an entry of fields.toml is unused"
    for name in files:
        header = next(iter(rows(tmp_path / "tables" / f"{name}.csv")), None)
        assert header is None or list(header) == found["tables", name]


def test_tables_and_layers_have_the_columns_that_are_listed_for_them(town, tmp_path):
    study, entries = town[0], dictionary_entries()
    found = described(packed(town, tmp_path))
    for kind in ("tables", "layers"):
        for pattern in entries[kind]:
            listed = [
                column
                for entry in listed_columns(entries, kind, pattern)
                for column, _ in names_in_study(entry, study)
            ]
            have = [found[kind, name] for name, _ in names_in_study(pattern, study)]
            assert set(listed) == set().union(*have), f"columns of [{kind}.{pattern}]"
            if not any("<" in entry for entry in listed_columns(entries, kind, pattern)):
                assert have == [listed]


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_text_is_there_in_both_languages(town, language):
    dictionary = Dictionary(town[0].model_copy(update={"language": language}))
    columns = [entry.rpartition(".") for entry in dictionary.columns]
    for table, _, column in columns:
        field = dictionary.field(table, column)
        assert field["description"]
        assert field["title"]
    assert all(dictionary.table(name, [])[0] for name in dictionary.tables)
    for name in dictionary.layers:
        assert dictionary.layer(name).title
        assert dictionary.layer(name).meaning


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_of_the_data_dictionary_is_made_of_the_entries_as_they_are(language):
    script = runpy.run_path(str(ROOT / "scripts" / "write_data_dictionary.py"))
    page = ROOT / "docs" / f"data-dictionary.{language}.md"
    assert page.read_text(encoding="utf-8") == script["page"](language), (
        "run scripts/write_data_dictionary.py"
    )


def test_tables_and_layers_of_gaps_name_the_filter_that_restricts_them(town):
    labels = {"de": "Armut ab 20 %", "en": "poverty of 20% or more"}
    only = Filter(labels=labels, column="poverty_pct", at_least=20)
    plain = Dictionary(town[0])
    filtered = Dictionary(town[0].model_copy(update={"filter": only}))
    for name in ("gaps", "gaps_by_threshold"):
        assert filtered.layer(name).title == f"{plain.layer(name).title}; only “{labels['en']}”"
    for name in ("gaps", "gaps_by_threshold", "ranking"):
        assert filtered.table(name, [])[0].endswith(f"; only “{labels['en']}”")
    assert filtered.layer("catchments") == plain.layer("catchments")
    assert filtered.table("coverage", []) == plain.table("coverage", [])


def test_columns_named_after_the_study_are_described_with_its_values(town):
    field = Dictionary(town[0]).field("centres", "residents_within_300")
    assert field["description"] == "Residents within a walk of 300 m of this centre"
    assert field["unit"] == "residents"
    with pytest.raises(KeyError):
        Dictionary(town[0]).field("centres", "residents_within_301")


def test_places_and_walks_of_gaps_are_described_as_they_are(town, tmp_path):
    fields = {
        field["name"]: field["description"]
        for table in packed(town, tmp_path)["resources"]
        if table["name"] == "gaps"
        for field in table["schema"]["fields"]
    }
    for place in ("x", "dense_x"):
        assert "up to some metres beside the ground of the gap" in fields[place]
    assert "each to the centre nearest to them" in fields["distance_m"]
    assert "distance_m is not the walk to it" in fields["nearest_centre_id"]


def test_sizes_and_hashes_are_those_of_the_files(town, tmp_path):
    for resource in packed(town, tmp_path)["resources"]:
        content = (tmp_path / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == "sha256:" + hashlib.sha256(content).hexdigest()


_READ = {
    "string": str,
    "number": float,
    "integer": int,
    "boolean": {"true": True, "false": False}.__getitem__,
}


def test_cells_are_of_the_described_type_and_keys_are_unique_and_found(town, tmp_path):
    resources = {r["name"]: r for r in tables_of(packed(town, tmp_path))}
    keys = {}
    for name, resource in resources.items():
        table = rows(tmp_path / resource["path"])
        for field in resource["schema"]["fields"]:
            values = [_READ[field["type"]](r[field["name"]]) for r in table if r[field["name"]]]
            limits = field.get("constraints", {})
            if "enum" in limits:
                assert set(values) <= set(limits["enum"]), field["name"]
            if "maximum" in limits:
                assert all(limits["minimum"] <= v <= limits["maximum"] for v in values)
        key = resource["schema"].get("primaryKey", [])
        keys[name] = [tuple(row[column] for column in key) for row in table]
        if key:
            assert len(set(keys[name])) == len(table)
    (reference,) = resources["barriers"]["schema"]["foreignKeys"]
    assert reference["reference"]["resource"] == "coverage"
    assert set(keys["barriers"]) <= set(keys["coverage"])


def frictionless(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "frictionless", "validate", "datapackage.json", "--json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_validator_accepts_the_package_and_finds_what_is_wrong(town, tmp_path):
    packed(town, tmp_path)
    report = frictionless(tmp_path)
    assert report.returncode == 0, report.stdout
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert json.loads(report.stdout)["stats"]["tasks"] == len(written) - 2  # itself, README.txt
    table = tmp_path / "tables" / "coverage.csv"
    table.write_text(table.read_text().replace("city,city,", "city,,", 1))
    assert frictionless(tmp_path).returncode != 0


def test_the_package_names_the_place_its_sources_and_each_licence_once(town, tmp_path):
    study, inputs, analysis = town
    licences = ["ODbL 1.0", "CC BY 3.0 DE, ODbL 1.0", "ODbL-1.0"]
    files = inputs.files.assign(licence=[*licences, *[""] * (len(inputs.files) - 3)])
    package = packed((study, replace(inputs, files=files), analysis), tmp_path)
    assert package["name"] == "smalltown"
    assert package["title"] == "Smalltown: Who can walk to a neighbourhood centre?"
    roles = [source["role"] for source in package["sources"]]
    assert {"areas", "centres", "residents", "norms", "barriers"} <= set(roles)
    assert package["licenses"] == [
        {"name": "cc-by-3.0-de", "title": "CC BY 3.0 DE"},
        {"name": "odbl-1.0", "title": "ODbL 1.0"},
    ]
