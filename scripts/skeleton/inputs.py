"""Read the layers that the street skeleton is derived from, all in EPSG:25833."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

if TYPE_CHECKING:
    from pathlib import Path

Geometries = npt.NDArray[np.object_]

CRS = 25833  # ETRS89 / UTM zone 33N, the CRS of Berlin's planning data; metres.
SETTLED_RADIUS_M = 300.0  # around an address in a planning area that has no block in the data
# Ways in the cycleway table that nobody may walk on, or that did not exist yet.
NOT_WALKABLE = ("motorway_link", "construction")


@dataclass(frozen=True)
class Layers:
    """The input layers of the derivation (EPSG:25833)."""

    boundary: shapely.Geometry
    blocks: Geometries
    water: Geometries
    green: Geometries
    forest: Geometries
    settlements_without_blocks: Geometries
    railways: gpd.GeoDataFrame
    cycle_network: Geometries
    cycleways: Geometries


def read_layers(shared: Path) -> Layers:
    """Read all input layers below ``shared``.

    Parameters
    ----------
    shared
        Folder that holds ``data/berlin`` and ``data/networks``.

    Returns
    -------
    Layers
        Geometry of every layer in EPSG:25833.
    """
    berlin = shared / "data" / "berlin"
    networks = shared / "data" / "networks"
    districts = gpd.read_file(berlin / "boundaries/bezirke/bezirksgrenzen.shp").to_crs(CRS)
    blocks = gpd.read_file(berlin / "landuse/blocks_2010.gpkg").to_crs(CRS)
    green = gpd.read_file(berlin / "landuse/d6berlin_sf_green.gpkg").to_crs(CRS)
    return Layers(
        boundary=shapely.union_all(districts.geometry.to_numpy()),
        blocks=shapely.make_valid(blocks.geometry.to_numpy()),
        water=read_water(berlin / "landuse/d6berlin_sf_water.gpkg"),
        green=shapely.make_valid(green.geometry.to_numpy()),
        forest=shapely.make_valid(green.loc[green["fclass"] == "forest"].geometry.to_numpy()),
        settlements_without_blocks=read_settlements_without_blocks(berlin, blocks),
        railways=gpd.read_parquet(berlin / "landuse/railways.parquet").to_crs(CRS),
        cycle_network=read_cycle_network(networks / "berlin_priority_cycle_network.fgb"),
        cycleways=read_cycleways(networks / "berlin_osm_cycleways.csv"),
    )


def read_settlements_without_blocks(berlin: Path, blocks: gpd.GeoDataFrame) -> Geometries:
    """Return surroundings of addresses in planning areas (Planungsräume) without any block.

    Four planning areas on the western border have residents but no block.
    """
    areas = gpd.read_file(berlin / "boundaries/plr2021").to_crs(CRS)
    empty = areas[~areas["PLR_ID"].isin(blocks["PLR_ID"])].geometry.to_numpy()
    addresses = pd.read_csv(berlin / "geocoded_addresses_berlin.csv.gz")
    points = gpd.GeoSeries.from_xy(addresses["lon"], addresses["lat"], crs=4326).to_crs(CRS)
    inside = shapely.STRtree(points.to_numpy()).query(empty, predicate="intersects")
    around = shapely.buffer(points.to_numpy()[inside[1]], SETTLED_RADIUS_M, quad_segs=2)
    return np.asarray(
        [
            shapely.intersection(shapely.union_all(around[inside[0] == number]), area)
            for number, area in enumerate(empty)
        ],
        dtype=object,
    )


def read_water(path: Path) -> Geometries:
    """Return the water polygons without wetland, which is often dry meadow."""
    water = gpd.read_file(path).to_crs(CRS)
    return shapely.make_valid(water.loc[water.fclass != "wetland"].geometry.to_numpy())


def read_cycle_network(path: Path) -> Geometries:
    """Return the lines of the priority cycle network that exist on the ground."""
    network = gpd.read_file(path).to_crs(CRS)
    existing = network.loc[network["existenz"] != "nein"]
    return shapely.get_parts(existing.geometry.to_numpy())


def read_cycleways(path: Path) -> Geometries:
    """Return the OSM cycleway lines (the table also holds areas, which are left out)."""
    table = pd.read_csv(path)
    table = table.loc[~table["highway"].isin(NOT_WALKABLE)]
    shapes = [json.loads(text) for text in table["geometry"]]
    lines = [
        shapely.LineString(shape["coordinates"])
        for shape in shapes
        if shape["type"] == "LineString"
    ]
    return np.asarray(gpd.GeoSeries(lines, crs=4326).to_crs(CRS).to_numpy())
