"""Places that carry a street name: real addresses and named cycleways."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from skeleton.inputs import CRS, Geometries

# Streets along a bank bear one name on one side only, or on both without a bridge.
BANK_NAMES = ("ufer",)


@dataclass(frozen=True)
class NamedPlaces:
    """Points (EPSG:25833) with the name of their street."""

    points: Geometries
    names: npt.NDArray[np.object_]


def read_named_places(shared: Path) -> NamedPlaces:
    """Read street names of addresses and cycleways."""
    addresses = pd.read_csv(shared / "data/berlin/geocoded_addresses_berlin.csv.gz")
    cycleways = pd.read_csv(shared / "data/networks/berlin_osm_cycleways.csv")
    cycleways = cycleways[cycleways["name"].notna()]
    shapes = shapely.from_geojson([json.dumps(json.loads(g)) for g in cycleways["geometry"]])
    places = np.concatenate(
        [
            shapely.points(addresses["lon"], addresses["lat"]),
            shapely.point_on_surface(shapes),
        ]
    )
    names = np.r_[addresses["street"].fillna(""), cycleways["name"]]
    usable = np.array([_usable(name) for name in names])
    points = gpd.GeoSeries(places[usable], crs=4326).to_crs(CRS).to_numpy()
    spelling = np.array([_normal(name) for name in names[usable]], dtype=object)
    return NamedPlaces(np.asarray(points), spelling)


def _usable(name: str) -> bool:
    """Tell whether a name can speak for a bridge."""
    return bool(name) and not name.lower().endswith(BANK_NAMES)


def _normal(name: str) -> str:
    """Return the name with its common abbreviation written out."""
    return name.strip().replace("str.", "straße").replace("Str.", "Straße")
