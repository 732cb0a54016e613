"""Read Berlin's shared input files as clean frames, and write derived files reproducibly.

Every reader returns official ids as strings with their leading zeros and geometry in
:data:`BERLIN_CRS`. Nothing is repaired in silence: a file that is missing, or that has lost a
leading zero, stops the script with a message that names it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

BERLIN_CRS: Final = "EPSG:25833"
"""ETRS89 / UTM zone 33N, metres; the CRS of everything that is derived for Berlin."""

GRID_M: Final = 0.1
"""Coordinate grid of derived polygons in metres, finer than the 1:10,000 survey they come from."""

REPOSITORY: Final = Path(__file__).resolve().parents[1]
DEFAULT_SHARED: Final = REPOSITORY.parent / "shared"
DEFAULT_DATA: Final = REPOSITORY / "data"

LEVEL_LENGTHS: Final = {"district": 2, "prognoseraum": 4, "bezirksregion": 6, "planungsraum": 8}
"""Spatial levels, coarse to fine, and the length of their id, a prefix of the PLR_ID."""

AGE_GROUPS: Final = {
    "inhabitants_age_below_6": "age_under_6",
    "inhabitants_age_6_15": "age_6_15",
    "inhabitants_age_15_18": "age_15_18",
    "inhabitants_age_18_27": "age_18_27",
    "inhabitants_age_27_45": "age_27_45",
    "inhabitants_age_45_55": "age_45_55",
    "inhabitants_age_55_65": "age_55_65",
    "inhabitants_age_above_65": "age_65_over",
}
"""Register column of each age group (lower bound included, upper excluded) and our name of it."""

FIXED_GPKG_DATE: Final = "2024-12-31T00:00:00.000Z"
"""Written as the last change of every layer, so that the same content has the same bytes."""


def shared_path(shared: Path, relative: str) -> Path:
    """Return the path of an input file below ``data`` of the shared folder.

    Raises
    ------
    click.ClickException
        If the file is not there; the message names it and the remedy.
    """
    path = shared / "data" / relative
    if not path.exists():
        msg = f"{path}: input file not found; point --shared to the folder that holds data/"
        raise click.ClickException(msg)
    return path


def berlin_path(shared: Path, relative: str) -> Path:
    """Return the path of one of Berlin's input files, given below ``data/berlin``."""
    return shared_path(shared, f"berlin/{relative}")


def read_layer(shared: Path, relative: str) -> gpd.GeoDataFrame:
    """Read a vector file of Berlin and convert it to :data:`BERLIN_CRS`."""
    path = berlin_path(shared, relative)
    frame = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    if frame.crs is None:
        msg = f"{path}: has no coordinate reference system"
        raise ValueError(msg)
    return frame.to_crs(BERLIN_CRS)


def read_csv_with_ids(path: Path, id_column: str) -> pd.DataFrame:
    """Read a CSV file, keep `id_column` as 8-character strings and sort by it.

    Raises
    ------
    ValueError
        If an id has lost its leading zero or appears twice.
    """
    frame = pd.read_csv(path, dtype={id_column: "string"})
    ids = frame[id_column]
    wrong = ids[~ids.str.fullmatch(r"\d{8}").fillna(value=False)]
    if len(wrong):
        msg = f"{path}: {id_column} {wrong.iloc[0]!r} is not an 8-digit Planungsraum id"
        raise ValueError(msg)
    if ids.duplicated().any():
        msg = f"{path}: {id_column} {ids[ids.duplicated()].iloc[0]!r} appears twice"
        raise ValueError(msg)
    return frame.sort_values(id_column, ignore_index=True)


def read_register(shared: Path) -> pd.DataFrame:
    """Read the residents' register of 31 December 2024 per Planungsraum.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``planning_area_id``, columns ``residents`` and the eight age groups.

    Raises
    ------
    ValueError
        If the age groups of a Planungsraum do not add up to its residents.
    """
    path = berlin_path(shared, "population/berlin-lor-population-2024-02-t2-planning-areas.csv")
    frame = read_csv_with_ids(path, "id").rename(
        columns={"id": "planning_area_id", "inhabitants": "residents", **AGE_GROUPS}
    )
    groups = list(AGE_GROUPS.values())
    table = frame.set_index("planning_area_id")[["residents", *groups]].astype("int64")
    uneven = table.index[table[groups].sum(axis=1) != table["residents"]]
    if len(uneven):
        msg = f"{path}: age groups of {uneven[0]} do not add up to its inhabitants"
        raise ValueError(msg)
    return table


def read_planning_areas(shared: Path) -> gpd.GeoDataFrame:
    """Read the 542 Planungsraeume as surveyed: ``area_id``, ``name``, geometry, sorted by id."""
    frame = read_layer(shared, "boundaries/plr2021/lor_planungsraeume_2021.shp")
    frame = frame.rename(columns={"PLR_ID": "area_id", "PLR_NAME": "name"})
    return frame[["area_id", "name", "geometry"]].sort_values("area_id", ignore_index=True)


def read_water(shared: Path) -> gpd.GeoDataFrame:
    """Read open water (no wetland): ``name`` and geometry, each OSM object once.

    The origin holds an object once per district that it touches.
    """
    frame = read_layer(shared, "landuse/d6berlin_sf_water.gpkg")
    frame = frame[frame["fclass"] != "wetland"].drop_duplicates(["osm_id", "geometry"])
    return frame[["name", "geometry"]].reset_index(drop=True)


def read_green(shared: Path) -> gpd.GeoDataFrame:
    """Read vegetation polygons: ``fclass`` and geometry.

    Nature reserves are left out: they are a legal status and also cover settlement.
    """
    frame = read_layer(shared, "landuse/d6berlin_sf_green.gpkg")
    frame = frame[frame["fclass"] != "nature_reserve"].drop_duplicates(["osm_id", "geometry"])
    return frame[["fclass", "geometry"]].reset_index(drop=True)


def read_surface_railways(shared: Path) -> gpd.GeoDataFrame:
    """Read railway lines above ground, without trams: ``fclass, bridge, layer``, geometry."""
    frame = read_layer(shared, "landuse/railways.parquet")
    below = (frame["tunnel"].astype(str) == "True") | (frame["layer"].astype(float) < 0)
    heavy = frame["fclass"].isin(["rail", "light_rail", "subway"])
    return frame.loc[heavy & ~below, ["fclass", "bridge", "layer", "geometry"]].reset_index(
        drop=True
    )


def read_blocks(shared: Path) -> gpd.GeoDataFrame:
    """Read the statistical blocks of 2010: ``block_id``, ``planning_area_id``, geometry."""
    frame = read_layer(shared, "landuse/blocks_2010.gpkg")
    frame = frame.rename(columns={"SCHLUESSEL": "block_id", "PLR_ID": "planning_area_id"})
    columns = ["block_id", "planning_area_id", "geometry"]
    return frame[columns].sort_values("block_id", ignore_index=True)


def read_addresses(shared: Path) -> gpd.GeoDataFrame:
    """Read real geocoded addresses as points, one per place: ``source`` and geometry."""
    path = berlin_path(shared, "geocoded_addresses_berlin.csv.gz")
    table = pd.read_csv(path, dtype={"PLR_ID": "string"})
    table = table[table["plr_check"]].drop_duplicates(["lon", "lat"])
    points = gpd.points_from_xy(table["lon"], table["lat"], crs="EPSG:4326")
    frame = gpd.GeoDataFrame(table[["source"]], geometry=points).to_crs(BERLIN_CRS)
    return frame.reset_index(drop=True)


def on_grid(geometry: np.ndarray, grid_m: float = GRID_M) -> np.ndarray:
    """Round every coordinate to the grid, the same way for every geometry.

    Rounding point by point keeps shared borders shared, which snap-rounding one polygon at a
    time would not.
    """
    decimals = round(-np.log10(grid_m))
    return np.asarray(shapely.transform(geometry, lambda xy: np.round(xy, decimals)))


def as_multipolygons(geometry: np.ndarray) -> np.ndarray:
    """Return each polygon or multipolygon as a normalised MultiPolygon."""
    parts = [shapely.multipolygons(shapely.get_parts(item)) for item in geometry]
    return np.asarray(shapely.normalize(np.array(parts, dtype=object)))


def write_gpkg(layers: dict[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write layers to a new GeoPackage whose bytes depend on the content alone.

    GDAL stamps the time of writing and builds the spatial index on a second thread; both are
    fixed here.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options(
        {"OGR_CURRENT_DATE": FIXED_GPKG_DATE, "OGR_GPKG_ALLOW_THREADED_RTREE": "NO"}
    )
    for name, frame in layers.items():
        frame.to_file(path, layer=name, driver="GPKG", engine="pyogrio", index=False)


def write_geoparquet(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write a GeoParquet 1.1 file with strong compression and without an index."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(
        path, index=False, compression="zstd", compression_level=19, schema_version="1.1.0"
    )


def megabytes(path: Path) -> float:
    """Return the size of a file in MB (10^6 bytes)."""
    return path.stat().st_size / 1e6
