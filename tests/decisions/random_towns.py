"""Small random towns: a grid of streets with homes and sites at random places."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

import kiezreach as kr
from kiezreach.decisions.problem import homes_of

from .street import CRS, X0, Y0

STREETS, STREET_M = 9, 100.0


@cache
def streets() -> kr.WalkNetwork:
    graph = nx.grid_2d_graph(STREETS, STREETS)
    for x, y in graph:
        graph.nodes[x, y].update(x=X0 + STREET_M * x, y=Y0 + STREET_M * y)
    graph.graph["crs"] = CRS
    return kr.network_from_graph(graph)


@dataclass(frozen=True)
class Town:
    residents: gpd.GeoDataFrame
    candidates: gpd.GeoDataFrame
    centres: gpd.GeoDataFrame | None

    @cached_property
    def walks(self) -> np.ndarray:
        """Shape (homes, candidates): every walk, one site at a time."""
        legs = {"max_snap_m": 100, "max_access_m": 150}
        alone = [self.candidates.iloc[[j]] for j in range(len(self.candidates))]
        return np.column_stack(
            [homes_of(self.residents, streets(), one, 9999, **legs).walk for one in alone]
        )

    @cached_property
    def now(self) -> np.ndarray:
        """Shape (homes,): walks to the centres that exist."""
        legs = {"max_snap_m": 100, "max_access_m": 150}
        return homes_of(self.residents, streets(), self.centres, 9999, **legs).walk


def town(seed: int, n: int = 30, m: int = 7, centres: int = 1) -> Town:
    random = np.random.default_rng(seed)

    def places(count: int) -> np.ndarray:
        # On whole streets, so that many walks are the same and ties abound.
        along = random.integers(0, 33, count) * 25.0
        across = random.integers(0, STREETS, count) * STREET_M
        turned = random.random(count) < 0.5
        x, y = np.where(turned, along, across), np.where(turned, across, along)
        return shapely.points(X0 + x.clip(0, 800), Y0 + y.clip(0, 800))

    def frame(prefix: str, count: int) -> gpd.GeoDataFrame:
        ids = [f"{prefix}{i:02d}" for i in range(count)]
        return gpd.GeoDataFrame(index=ids, geometry=places(count), crs=CRS)

    residents = frame("h", n).assign(residents=random.integers(0, 30, n))
    return Town(residents, frame("s", m), frame("c", centres) if centres else None)
