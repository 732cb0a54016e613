"""Layers of a build as one GeoPackage that QGIS opens styled."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio

from kiezreach.outputs.clock import build_time
from kiezreach.outputs.qgis import layer_style
from kiezreach.outputs.spreading import method_text
from kiezreach.outputs.tables import centre_table, gap_table

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.study import Study


def write_layers(study: Study, inputs: Inputs, analysis: Analysis, path: Path) -> None:
    """Write areas of each level, centres, catchments, gaps, residents and more.

    Parameters
    ----------
    study, inputs, analysis
        What was asked, with what, and what was found.
    path
        GeoPackage to write; the same analysis gives the same bytes.
    """
    write_geopackage(study, layers(study, inputs, analysis), path)


def write_geopackage(study: Study, frames: dict[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write some layers, the bottom one first, with their styles.

    Parameters
    ----------
    study
        The study: language, thresholds and the method of its residents.
    frames
        Layers by name.
    path
        GeoPackage to write; the same layers give the same bytes.
    """
    method = {"DESCRIPTION": method_text(study)} if method_text(study) else {}
    with _reproducible_gdal():
        for name, frame in frames.items():
            kind = _geometry_type(frame)
            pyogrio.write_dataframe(
                frame,
                path,
                layer=name,
                driver="GPKG",
                append=path.exists(),
                geometry_type=kind,
                promote_to_multi=kind == "MultiPolygon",
                layer_options={"FID": "fid", "GEOMETRY_NAME": "geom"}
                | (method if "residents" in frame else {}),
            )
    _embed_styles(path, {name: layer_style(study, name, frame) for name, frame in frames.items()})


def layers(study: Study, inputs: Inputs, analysis: Analysis) -> dict[str, gpd.GeoDataFrame]:
    """Return every layer by name, in the order in which a map stacks them, bottom first."""
    wide = _wide_coverage(analysis.coverage)
    found: dict[str, gpd.GeoDataFrame] = {"inhabited": inputs.inhabited}
    for level in reversed(study.areas.levels):
        areas = inputs.areas[inputs.areas["level"] == level.id].drop(columns="level")
        areas = areas.merge(wide.loc[level.id], left_on="area_id", right_index=True)
        if analysis.need is not None and level == study.areas.levels[-1]:
            areas = areas.merge(
                analysis.need[["need"]], left_on="area_id", right_index=True, how="left"
            )
        found[level.id] = areas
    gaps = gap_table(analysis.gaps)
    if analysis.barrier_mode is not None:
        found["barrier_mode"] = analysis.barrier_mode
    by_threshold = analysis.gaps_by_threshold
    if len(analysis.candidates):
        found["candidates"] = analysis.candidates.drop(columns="row").reset_index()
    links = analysis.missing_links
    return found | {
        "service_areas": analysis.service_areas,
        "centre_catchments": analysis.centre_catchments,
        "catchments": analysis.catchments.iloc[::-1],
        "gaps_by_threshold": gpd.GeoDataFrame(
            gap_table(by_threshold), geometry=by_threshold.geometry
        ),
        "gaps": gpd.GeoDataFrame(gaps, geometry=analysis.gaps.geometry),
        **({} if links is None or links.empty else {"missing_links": links}),
        "residents": analysis.residents.drop(columns="row").reset_index(),
        "centres": gpd.GeoDataFrame(
            centre_table(analysis.centres).join(
                inputs.centres.reset_index()[["address", "wheelchair", "source", "note"]]
            ),
            geometry=analysis.centres.geometry.to_numpy(),
            crs=analysis.centres.crs,
        ),
        **({} if analysis.proposals is None else {"proposals": analysis.proposals.sites}),
    }


def _geometry_type(frame: gpd.GeoDataFrame) -> str:
    """Return the type of a layer's geometries; those with polygons may have several parts."""
    kinds = set(frame.geom_type)
    return kinds.pop() if kinds in ({"Point"}, {"LineString"}) else "MultiPolygon"


def _wide_coverage(coverage: pd.DataFrame) -> pd.DataFrame:
    """Put the thresholds side by side, one row per level and area."""
    fixed = coverage.drop_duplicates(["level", "area_id"]).set_index(["level", "area_id"])
    wide = coverage.pivot_table(
        index=["level", "area_id"],
        columns="threshold_m",
        values=["residents_served", "share_served", "share_low", "share_high"],
        dropna=False,
    )
    wide.columns = [f"{name}_{threshold:g}" for name, threshold in wide.columns]
    columns = ["residents", "median_distance_m", "p90_distance_m", "unlinked"]
    return fixed[columns].join(wide)


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


def _embed_styles(path: Path, styles: dict[str, str]) -> None:
    """Write the table of styles that QGIS looks for, and pack the file in a fixed order."""
    now = build_time().strftime("%Y-%m-%dT%H:%M:%S.000Z")
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(
            "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "
            "f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), "
            "f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, "
            "useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), "
            "update_time DATETIME)"
        )
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
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("VACUUM")
