"""The data dictionary describes every table, column and byte, and a validator accepts it."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

import kiezreach as kr
from kiezreach.analysis import Analysis, analyse
from kiezreach.inputs import Inputs, read_inputs
from kiezreach.outputs.data_package import Registry, write_data_package
from kiezreach.outputs.tables import write_tables

from ..sources.test_norms import NORMS  # noqa: TID252 - the norms of the small town
from ..worlds import CRS, X0, Y0, write_candidates, write_small_study  # noqa: TID252 - one small town for all

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
Town = tuple[kr.Study, Inputs, Analysis]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A study that fills every table."""
    folder = tmp_path_factory.mktemp("study")
    file = write_small_study(
        folder,
        study=lambda text: text.replace("[analysis]", EVERYTHING),
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
    return json.loads(write_data_package(study, inputs, folder).read_text(encoding="utf-8"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_table_and_column_is_described_and_no_entry_is_left_over(town, tmp_path):
    package = packed(town, tmp_path)
    tables = {path.stem for path in (tmp_path / "tables").glob("*.csv")}
    registry = Registry(town[0])
    assert {Path(r["path"]).stem for r in package["resources"]} == tables
    assert registry.tables == tables, "an entry [tables.name] of fields.toml is missing or unused"
    used = {
        registry.key(Path(r["path"]).stem, field["name"])
        for r in package["resources"]
        for field in r["schema"]["fields"]
    }
    assert registry.columns == used, "an entry of fields.toml is unused"
    for resource in package["resources"]:
        header = next(iter(rows(tmp_path / resource["path"])), None)
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert header is None or list(header) == names


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_text_is_there_in_both_languages(town, language):
    registry = Registry(town[0].model_copy(update={"language": language}))
    columns = [entry.rpartition(".") for entry in registry.columns]
    assert all(registry.field(table, column)["description"] for table, _, column in columns)
    assert all(registry.table(name, [])[0] for name in registry.tables)


def test_columns_named_after_the_study_are_described_with_its_values(town):
    field = Registry(town[0]).field("centres", "residents_within_300")
    assert field["description"] == "Residents within a walk of 300 m of this centre"
    assert field["unit"] == "residents"
    with pytest.raises(KeyError):
        Registry(town[0]).field("centres", "residents_within_301")


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
    resources = {r["name"]: r for r in packed(town, tmp_path)["resources"]}
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
    assert json.loads(report.stdout)["stats"]["tasks"] == len(
        list((tmp_path / "tables").glob("*.csv"))
    )
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
