"""Layers: what QGIS, GDAL and readers of GeoJSON and GeoParquet make of them."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely

import kiezreach as kr
from kiezreach.analysis import analyse
from kiezreach.inputs import read_inputs
from kiezreach.outputs.geopackage import write_geopackage
from kiezreach.outputs.layer_formats import write_layer_formats
from kiezreach.outputs.layers import layers
from kiezreach.outputs.manifest import output_entries

from ..worlds import write_small_study  # noqa: TID252 - one small town for all

SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which GDAL and QGIS install their modules for
Layers = tuple[kr.Study, dict[str, gpd.GeoDataFrame]]


def by_system_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Debian's Python without this environment's modules."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run(
        [SYSTEM_PYTHON, *arguments],
        env=clean | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )


def needs_module(name: str, package: str) -> pytest.MarkDecorator:
    there = Path(SYSTEM_PYTHON).exists() and not by_system_python("-c", f"import {name}").returncode
    return pytest.mark.skipif(not there, reason=f"needs Debian's {package}")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Layers:
    """The layers of a town in German, of which one kind of centre is not known."""
    file = write_small_study(
        tmp_path_factory.mktemp("study"),
        study=lambda text: text.replace('language = "en"', 'language = "de"'),
        centres=lambda frame: frame.assign(kind=["Treff", "", "Treff", "Haus & <Hof>"]),
    )
    study = kr.read_study(file)
    inputs = read_inputs(study)
    return study, layers(study, inputs, analyse(study, inputs))


@pytest.fixture(scope="module")
def geopackage(town: Layers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("layers") / "layers.gpkg"
    write_geopackage(*town, path)
    return path


@needs_module("osgeo_utils.samples.validate_gpkg", "python3-gdal")
def test_gdal_finds_nothing_that_breaks_the_standard(geopackage):
    strict = ["--extra", "--warning-as-error", "-k"]
    done = by_system_python("-m", "osgeo_utils.samples.validate_gpkg", *strict, str(geopackage))
    assert done.returncode == 0, done.stdout + done.stderr


@needs_module("qgis.core", "python3-qgis")
def test_qgis_opens_layers_and_project_styled_and_named_in_the_study_s_language(town, geopackage):
    script = Path(__file__).with_name("qgis_opens.py")
    done = by_system_python(str(script), str(geopackage))
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["styled"]
    assert seen["title"] == "Lücken: mehr als 500 m Fußweg"
    assert seen["aliases"]["rank_best"] == "Bester Rang"
    assert seen["opened"]
    assert (seen["project"], seen["crs"]) == ("Smalltown", "EPSG:25833")
    frames = town[1]
    shown = {layer["name"]: layer for layer in seen["layers"]}
    assert len(shown) == len(frames)
    assert [layer["features"] for layer in seen["layers"]] == [
        len(frame) for frame in reversed(frames.values())
    ]
    assert all(layer["valid"] and layer["crs"] == "EPSG:25833" for layer in seen["layers"])
    assert shown["Zentren"]["alias"] == "Zentrum (Kennung)"
    assert {name for name, layer in shown.items() if layer["shown"]} == {
        "Zentren", "Lücken: mehr als 500 m Fußweg", "Fußweg zum nächsten Zentrum",
        "Bewohnte Fläche",
    }  # fmt: skip


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as file:
        return file.execute(sql).fetchall()


def test_every_layer_and_field_says_what_it_is_called_and_what_it_means(town, geopackage):
    contents = "SELECT table_name, identifier, description FROM gpkg_contents"
    named = {name: (title, meaning) for name, title, meaning in query(geopackage, contents)}
    assert named["district"][0] == "Bezirke: Anteil versorgt bis 500 m"
    assert named["gaps"][1].startswith("Bewohnte Fläche, deren Einwohner weiter als 500 m")
    columns = "SELECT table_name, column_name, name, description FROM gpkg_data_columns"
    fields = {(row[0], row[1]): row[2:] for row in query(geopackage, columns)}
    assert set(fields) == {
        (name, column)
        for name, frame in town[1].items()
        for column in frame.columns.drop("geometry")
    }
    assert fields["planning_area", "share_served_300"][0] == "Anteil versorgt bis 300 m"
    assert all(title and meaning for title, meaning in fields.values())


def test_levels_that_are_called_the_same_keep_layers_of_their_own(town, tmp_path):
    study, frames = town
    both = [level.model_copy(update={"labels": study.areas.levels[0].labels})
            for level in study.areas.levels]  # fmt: skip
    areas = study.areas.model_copy(update={"levels": tuple(both)})
    path = tmp_path / "layers.gpkg"
    write_geopackage(study.model_copy(update={"areas": areas}), frames, path)
    named = dict(query(path, "SELECT table_name, identifier FROM gpkg_contents"))
    assert named["district"] == "Bezirke: Anteil versorgt bis 500 m (district)"
    assert named["planning_area"] == "Bezirke: Anteil versorgt bis 500 m (planning_area)"


def test_a_name_with_what_xml_forbids_still_gives_a_project(town, tmp_path):
    study, frames = town
    path = tmp_path / "layers.gpkg"
    write_geopackage(study.model_copy(update={"name": "Klein\x01stadt & <b>"}), frames, path)
    (content,) = query(path, "SELECT content FROM qgis_projects")[0]
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
        project = ET.fromstring(archive.read("project.qgs"))
    assert project.findtext("title") == "Kleinstadt & <b>"


def test_no_gap_without_priority_and_no_area_without_residents_is_left_undrawn(geopackage):
    rows = query(geopackage, "SELECT f_table_name, styleQML FROM layer_styles")
    styles = dict(rows)
    assert 'filter="ELSE"' in styles["gaps"]
    assert "Priorität nicht bekannt" in styles["gaps"]
    assert "ohne Einwohner" in styles["district"]
    assert "0\N{NARROW NO-BREAK SPACE}% bis 20\N{NARROW NO-BREAK SPACE}%" in styles["district"]
    assert "Haus &amp; &lt;Hof&gt;" in styles["centres"]
    assert "Art nicht bekannt" in styles["centres"]


@pytest.fixture(scope="module")
def formats(town: Layers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formats")
    study, frames = town
    write_layer_formats(study.with_formats(["geoparquet", "geojson"]), frames, folder)
    return folder / "layers"


def test_formats_are_written_only_on_request(town, tmp_path):
    write_layer_formats(*town, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_geoparquet_holds_the_layers_as_they_are(town, formats):
    for name, frame in town[1].items():
        read = gpd.read_parquet(formats / f"{name}.parquet")
        assert read.crs == frame.crs
        assert list(read.columns) == list(frame.columns)
        assert shapely.equals_exact(read.geometry.to_numpy(), frame.geometry.to_numpy()).all()


def test_geoparquet_tells_nothing_of_a_crs_that_another_version_of_proj_tells_otherwise(formats):
    metadata = pq.read_schema(formats / "gaps.parquet").metadata[b"geo"]
    crs = json.loads(metadata)["columns"]["geometry"]["crs"]
    assert pyproj.CRS.from_json_dict(crs).to_epsg() == 25833
    assert not crs.keys() & {"usages", "scope", "area", "bbox"}
    assert not crs["base_crs"].keys() & {"type", "remarks"}


def test_the_manifest_says_which_files_other_versions_may_write_otherwise_and_why(formats):
    told = {entry["file"]: entry.get("may_differ") for entry in output_entries(formats.parent)}
    assert {file for file, why in told.items() if why} == {f for f in told if "parquet" in f}
    assert "PROJ" in told["layers/gaps.parquet"]


def test_geojson_is_what_rfc_7946_asks_for(town, formats):
    for name, frame in town[1].items():
        text = (formats / f"{name}.geojson").read_text(encoding="utf-8")
        collection = json.loads(text, parse_float=str)
        assert set(collection) == {"type", "features"}, "no crs, nothing of GDAL's own"
        assert len(collection["features"]) == len(frame)
        for number in numbers(collection):
            assert len(number.partition(".")[2]) <= 7
        read = gpd.read_file(formats / f"{name}.geojson")
        assert read.is_valid.all()
        west, south, east, north = read.total_bounds
        assert 13 < west < east < 14
        assert 52 < south < north < 53
        for polygon in read.geometry.explode().loc[lambda part: part.geom_type == "Polygon"]:
            assert polygon.exterior.is_ccw
            assert not any(hole.is_ccw for hole in polygon.interiors)


def numbers(collection: dict[str, Any]) -> list[str]:
    """Every coordinate, as it is written."""
    found, rest = [], [feature["geometry"]["coordinates"] for feature in collection["features"]]
    while rest:
        item = rest.pop()
        if isinstance(item, list):
            rest += item
        else:
            found.append(str(item))
    return found


def test_unknown_values_are_null_in_geojson(town, formats):
    unknown = town[1]["planning_area"]["need"].isna()
    assert unknown.any()
    features = json.loads((formats / "planning_area.geojson").read_text(encoding="utf-8"))[
        "features"
    ]
    assert [f["properties"]["need"] is None for f in features] == unknown.tolist()
