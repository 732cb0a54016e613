"""Layers as one GeoPackage that says what it holds and that QGIS opens styled.

Names in words stand where each program looks for them: for layers in ``gpkg_contents``, for fields
in ``gpkg_data_columns`` (the schema extension of the standard), which QGIS before GDAL 3.7 does not
read, and therefore in the styles. A project within the file opens all layers in their order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyogrio

from kiezreach.outputs.clock import build_time
from kiezreach.outputs.dictionary import Dictionary, distinct_titles
from kiezreach.outputs.qgis import layer_style
from kiezreach.outputs.qgis_project import ProjectLayer, stored_project
from kiezreach.outputs.spreading import method_text

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.study import Study

GEOPACKAGE = "layers.gpkg"
# 1.3: GDAL before 3.7, which many offices have, knows no later one.
_VERSION = "1.3"
GEOMETRY_TYPES = {"point": "Point", "line": "LineString", "polygon": "MultiPolygon"}
_SCHEMA_EXTENSION = "http://www.geopackage.org/spec121/#extension_schema"
_TABLES = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
    f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT(30), ui TEXT(30), update_time DATETIME);
CREATE TABLE gpkg_data_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
    mime_type TEXT, constraint_name TEXT,
    CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
    CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
    constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
    min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
    CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB);
"""


def write_geopackage(study: Study, layers: Mapping[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write every layer, with its name and its fields' names in the study's language.

    Parameters
    ----------
    study
        The study.
    layers
        As `kiezreach.outputs.layers.layers` returns them.
    path
        File to write; the same layers give the same bytes.
    """
    dictionary = Dictionary(study)
    text = {name: dictionary.layer(name) for name in layers}
    titles = distinct_titles({name: layer.title for name, layer in text.items()})
    method = method_text(study)
    with _reproducible_gdal():
        for name, frame in layers.items():
            meaning = text[name].meaning
            of_people = method and "residents" in frame
            kind = GEOMETRY_TYPES[text[name].geometry]
            pyogrio.write_dataframe(
                frame,
                path,
                layer=name,
                driver="GPKG",
                append=path.exists(),
                geometry_type=kind,
                promote_to_multi=kind == "MultiPolygon",
                dataset_options={} if path.exists() else {"VERSION": _VERSION},
                layer_options={
                    "FID": "fid",
                    "GEOMETRY_NAME": "geom",
                    "IDENTIFIER": titles[name],
                    "DESCRIPTION": dictionary.described(meaning, method) if of_people else meaning,
                },
            )
    aliases = {name: _aliases(dictionary, name, frame) for name, frame in layers.items()}
    styles = {name: layer_style(study, name, layers[name], aliases[name]) for name in layers}
    drawn = [ProjectLayer(n, titles[n], text[n].geometry, styles[n]) for n in layers]
    with closing(sqlite3.connect(path)) as file, file:
        file.executescript(_TABLES)
        _insert_aliases(file, dictionary, aliases)
        _insert_styles(file, styles)
        row = stored_project(study.name, path.name, next(iter(layers.values())), drawn)
        file.execute("INSERT INTO qgis_projects VALUES (?, ?, ?)", row)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("VACUUM")  # packs the file in a fixed order


def _aliases(dictionary: Dictionary, name: str, frame: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the name in words of each field of a layer."""
    columns = frame.columns.drop(frame.geometry.name)
    return distinct_titles({c: dictionary.field(name, c)["title"] for c in columns})


def _insert_aliases(
    file: sqlite3.Connection, dictionary: Dictionary, aliases: Mapping[str, Mapping[str, str]]
) -> None:
    """Say by the schema extension what the fields are called and what they mean."""
    file.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
        [
            (table, _SCHEMA_EXTENSION)
            for table in ("gpkg_data_columns", "gpkg_data_column_constraints")
        ],
    )
    file.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description) "
        "VALUES (?, ?, ?, ?, ?)",
        [
            (name, column, title, title, dictionary.field(name, column)["description"])
            for name, titles in aliases.items()
            for column, title in titles.items()
        ],
    )


def _insert_styles(file: sqlite3.Connection, styles: Mapping[str, str]) -> None:
    """Fill the table of styles that QGIS looks for."""
    now = build_time().strftime("%Y-%m-%dT%H:%M:%S.000Z")
    file.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
        (now,),
    )
    file.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "ui, update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, '', '', '', ?)",
        [(name, name, style, now) for name, style in styles.items()],
    )


@contextmanager
def _reproducible_gdal() -> Iterator[None]:
    """Keep the clock and thread timing out of the file."""
    options = {
        "OGR_CURRENT_DATE": build_time().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "OGR_GPKG_ALLOW_THREADED_RTREE": "NO",
        "GDAL_NUM_THREADS": "1",
    }
    before = {key: pyogrio.get_gdal_config_option(key) for key in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
