"""Real OSM streets to measure against: where each tile is complete, and its walking network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import shapely
from pyproj import Transformer

from kiezreach.network import WalkNetwork, network_from_lines, network_from_ways
from skeleton.inputs import CRS

NOT_FOR_WALKING = frozenset(
    (
        "abandoned",
        "bus_guideway",
        "bus_stop",
        "construction",
        "corridor",
        "elevator",
        "escape",
        "motorway",
        "motorway_link",
        "planned",
        "platform",
        "proposed",
        "raceway",
        "razed",
        "rest_area",
        "services",
        "street_lamp",
        "trunk",
        "trunk_link",
    )
)
FORBIDDEN = frozenset({"no", "private"})
ALLOWED = frozenset({"designated", "permissive", "yes"})

# Where each file holds every street, as boxes (x_min, y_min, x_max, y_max) in EPSG:25833, drawn by
# eye around the area in which the file also holds the houses. Ways run on beyond them.
COMPLETE = {
    "Kreuzberg/Mitte": (
        (390440, 5818560, 391500, 5819270),
        (391450, 5818300, 392480, 5819120),
        (391480, 5817560, 392400, 5818350),
        (392400, 5817620, 393220, 5818330),
    ),
    "Neukölln": ((391000, 5812900, 396900, 5817700),),
    "Frankfurter Tor": ((394640, 5818990, 395600, 5819840),),
    "Mehringdamm": ((390200, 5816730, 390930, 5817400),),
    "Beusselstraße": ((386410, 5820890, 387090, 5821660),),
    "Arkonaplatz": ((391270, 5821740, 391960, 5822170),),
}
FILES = {
    "Kreuzberg/Mitte": ("berlin_kreuzberg_mitte_walk.osm.pbf",),
    "Neukölln": ("neukoelln_street_names.geojson", "neukoelln_service.geojson"),
    "Frankfurter Tor": ("tub_warschauer.osm",),
    "Mehringdamm": ("tub_mehringdamm.osm",),
    "Beusselstraße": ("tub_moabit.osm",),
    "Arkonaplatz": ("mdatsev_berlin.osm",),
}
# No choice of this derivation rests on this tile.
LEFT_OUT = "Frankfurter Tor"
NODING_GRID_M = 0.1


@dataclass(frozen=True)
class Tile:
    """One area with real streets (EPSG:25833)."""

    name: str
    area: shapely.Geometry
    network: WalkNetwork

    @cached_property
    def exits(self) -> shapely.Geometry:
        """Points where real streets leave the area in which the data are complete."""
        return shapely.intersection(
            shapely.union_all(self.network.lines), shapely.boundary(self.area)
        )


def read_tile(name: str, networks: Path) -> Tile:
    """Read one tile from the folder of network files."""
    area = shapely.union_all([shapely.box(*box) for box in COMPLETE[name]])
    paths = [networks / file for file in FILES[name]]
    truth = _read_lines(paths) if paths[0].suffix == ".geojson" else _read_osm(paths[0])
    return Tile(name, area, truth)


def is_walkable(tags: dict[str, str]) -> bool:
    """Tell whether a pedestrian may use a way with these OSM tags."""
    highway = tags.get("highway")
    if highway is None or highway in NOT_FOR_WALKING:
        return False
    foot = tags.get("foot")
    if foot in FORBIDDEN:
        return False
    return tags.get("access") not in FORBIDDEN or foot in ALLOWED


def _read_osm(path: Path) -> WalkNetwork:
    """Read walkable ways; a way with missing nodes is split there, never bridged."""
    nodes: dict[int, tuple[float, float]] = {}
    ways: list[list[int]] = []
    for item in osmium.FileProcessor(str(path)):
        if isinstance(item, osmium.osm.Node):
            nodes[item.id] = (item.lon, item.lat)
        elif isinstance(item, osmium.osm.Way) and is_walkable(dict(item.tags)):
            ways.append([node.ref for node in item.nodes])
    pieces = [piece for way in ways for piece in _split_at_holes(way, nodes)]
    used = sorted({node for piece in pieces for node in piece})
    number = {node: index for index, node in enumerate(used)}
    to_utm = Transformer.from_crs(4326, CRS, always_xy=True)
    lonlat = np.array([nodes[node] for node in used])
    return network_from_ways(
        np.stack(to_utm.transform(*lonlat.T), axis=1),
        np.cumsum([0, *map(len, pieces)]),
        np.array([number[node] for piece in pieces for node in piece]),
        crs=f"EPSG:{CRS}",
    )


def _split_at_holes(way: list[int], nodes: dict[int, tuple[float, float]]) -> list[list[int]]:
    """Cut a way where its nodes are not in the file."""
    pieces: list[list[int]] = [[]]
    for node in way:
        if node in nodes:
            pieces[-1].append(node)
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if len(piece) > 1]


def _read_lines(paths: list[Path]) -> WalkNetwork:
    """Read street layers without shared nodes: noded where they cross; driveways are left out."""
    streets, service = (gpd.read_file(path).to_crs(CRS) for path in paths)
    streets = streets[streets["highway"] != "construction"]
    service = service[~service["service"].isin(["driveway", "construction"])]
    lines = np.concatenate([streets.geometry.to_numpy(), service.geometry.to_numpy()])
    noded = shapely.get_parts(shapely.union_all(shapely.get_parts(lines), grid_size=NODING_GRID_M))
    return network_from_lines(gpd.GeoSeries(noded, crs=CRS), quantum_m=NODING_GRID_M)
