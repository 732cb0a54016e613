"""The networks, centres and points that the operations work on; the same on every run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from measuring import AbsentError
from synthetic_city import NODES, synthetic_city

import kiezreach as kr

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network import WalkNetwork

LIMIT_M = 1200.0
THRESHOLDS_M = [500.0, 800.0, 1000.0]
CENTRES = 300
POINTS = 400_000
REPOSITORY = Path(__file__).parent.parent
EXTRACTS = {
    "Kreuzberg": "berlin_kreuzberg_mitte_walk.osm.pbf",
    "Liechtenstein": "valhalla_liechtenstein_2021.osm.pbf",
    "Malta": "gh_malta.osm.pbf",
}
SMALL_XML = "tub_prinzenstr.osm"
# Steps of the R2 sequence, which covers a square evenly without randomness.
_R2 = np.array([0.7548776662466927, 0.5698402909980532])


@dataclass(frozen=True)
class Settings:
    """What the user asked for."""

    shared: Path
    scratch: Path
    quick: bool

    def extract(self, name: str) -> Path:
        """Return the path of a real extract, by its name or its file name."""
        path = self.shared / "data" / "networks" / EXTRACTS.get(name, name)
        if not path.exists():
            msg = f"{path.name} is not in the folder of shared data"
            raise AbsentError(msg)
        return path

    @property
    def networks(self) -> list[str]:
        """Names of the networks, from small to large."""
        return ["Kreuzberg", "Liechtenstein", "Malta", "Berlin", "synthetic city"]

    def network(self, name: str) -> WalkNetwork:
        """Return a network by name, with its matrix and its index ready."""
        if name == "synthetic city":
            net = synthetic_city(20_000 if self.quick else NODES)
        elif name == "Berlin":
            path = REPOSITORY / "data" / "network" / "berlin_skeleton.walk.parquet"
            net = kr.read_network(path)
        else:
            net = kr.read_network(self.extract(name))
        return warm(net)


def warm(net: WalkNetwork) -> WalkNetwork:
    """Compute what a network remembers: its matrix, components and spatial index."""
    assert net.graph.nnz
    assert len(net.main_tree)
    return net


@dataclass(frozen=True)
class Centres:
    """Centres that stand on nodes, so that every tool can be asked the same question."""

    nodes: npt.NDArray[np.int64]
    frame: gpd.GeoDataFrame


def centres_on(net: WalkNetwork, n: int = CENTRES) -> Centres:
    """Choose nodes of the main component at even steps; no other node lies at their place."""
    _, first, count = np.unique(net.node_xy, axis=0, return_index=True, return_counts=True)
    alone = np.zeros(net.n_nodes, dtype=bool)
    alone[first[count == 1]] = True
    nodes = np.unique(net.edge_nodes[net.main_edges])
    nodes = nodes[alone[nodes]]
    nodes = nodes[np.linspace(0, len(nodes) - 1, min(n, len(nodes) // 10)).astype(np.int64)]
    return Centres(nodes, gpd.GeoDataFrame(geometry=_points(net.node_xy[nodes], net.crs)))


def points_over(net: WalkNetwork, n: int) -> gpd.GeoSeries:
    """Spread points evenly over the network's bounding box."""
    low, high = net.node_xy.min(axis=0), net.node_xy.max(axis=0)
    part = (0.5 + np.arange(n)[:, None] * _R2) % 1.0
    return _points(low + part * (high - low), net.crs)


def _points(xy: npt.NDArray[np.float64], crs: str) -> gpd.GeoSeries:
    """Make a series of points."""
    return gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=crs)
