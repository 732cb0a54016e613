"""One straight street of 2 km, with homes every 100 m and sites beside it."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

import kiezreach as kr

CRS = "EPSG:25833"
X0, Y0 = 390_000.0, 5_820_000.0
LENGTH_M = 1900


def street() -> kr.WalkNetwork:
    graph = nx.Graph(crs=CRS)
    graph.add_node(0, x=X0 - 1000, y=Y0)
    graph.add_node(1, x=X0 + LENGTH_M + 1000, y=Y0)
    graph.add_edge(0, 1)
    return kr.network_from_graph(graph)


def homes(residents: list[int] | None = None) -> gpd.GeoDataFrame:
    x = np.arange(0, LENGTH_M + 1, 100)
    count = [10] * len(x) if residents is None else residents
    return gpd.GeoDataFrame(
        {"residents": count}, geometry=shapely.points(X0 + x, np.full(len(x), Y0)), crs=CRS
    )


def sites(**places: float) -> gpd.GeoDataFrame:
    """Points on the street, by id."""
    points = [shapely.Point(X0 + x, Y0) for x in places.values()]
    return gpd.GeoDataFrame(index=list(places), geometry=points, crs=CRS)
