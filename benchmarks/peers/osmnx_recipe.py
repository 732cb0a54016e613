"""OSMnx: the recipe of its isochrone example, and its own snapping and reading.

The recipe takes the part of the graph within a distance of a node (`networkx.ego_graph`) and
draws it as a hull of its nodes or as the union of its buffered streets, with or without its holes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network import WalkNetwork

EDGE_BUFFER_M = 25.0  # both as in the example
NODE_BUFFER_M = 50.0
HULL_RATIO = (
    0.5  # 0 follows every point, 1 is convex; of 0.1, 0.2, 0.3, 0.5 and 0.7 the best on Kreuzberg
)


def build(net: WalkNetwork) -> nx.MultiDiGraph:
    """Make the graph that OSMnx would hold: both directions, with geometry."""
    graph = nx.MultiDiGraph(crs=net.crs)
    x, y = net.node_xy.T.tolist()
    graph.add_nodes_from((k, {"x": x[k], "y": y[k]}) for k in range(net.n_nodes))
    edges = zip(net.edge_nodes.tolist(), net.edge_length.tolist(), net.lines, strict=True)
    for (u, v), length, line in edges:
        graph.add_edge(u, v, length=length, geometry=line)
        graph.add_edge(v, u, length=length, geometry=line)
    return graph


def ego(graph: nx.MultiDiGraph, node: int, limit: float) -> nx.MultiDiGraph:
    """Return the part of the graph within a walking distance of a node."""
    return nx.ego_graph(graph, node, radius=limit, distance="length")


def convex_hull(part: nx.MultiDiGraph) -> shapely.Geometry:
    """Draw a part of the graph as the hull of its nodes."""
    points = [shapely.Point(data["x"], data["y"]) for _, data in part.nodes(data=True)]
    return gpd.GeoSeries(points).union_all().convex_hull


def concave_hull(part: nx.MultiDiGraph) -> shapely.Geometry:
    """Draw a part of the graph as the concave hull of its nodes."""
    points = shapely.multipoints([(data["x"], data["y"]) for _, data in part.nodes(data=True)])
    return shapely.concave_hull(points, ratio=HULL_RATIO)


def buffered_streets(part: nx.MultiDiGraph) -> shapely.Geometry:
    """Draw a part of the graph as its buffered nodes and streets."""
    points = [shapely.Point(data["x"], data["y"]) for _, data in part.nodes(data=True)]
    lines = [data["geometry"] for _, _, data in part.edges(data=True)]
    nodes = gpd.GeoSeries(points).buffer(NODE_BUFFER_M)
    edges = gpd.GeoSeries(lines).buffer(EDGE_BUFFER_M)
    return gpd.GeoSeries([*nodes, *edges]).union_all()


def filled_streets(part: nx.MultiDiGraph) -> shapely.Geometry:
    """Draw a part of the graph as its buffered streets with every hole filled."""
    lines = [data["geometry"] for _, _, data in part.edges(data=True)]
    drawn = gpd.GeoSeries(lines).buffer(EDGE_BUFFER_M).union_all()
    return shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(drawn))))


def snap(graph: nx.MultiDiGraph, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Distance of points to the nearest edge."""
    return np.asarray(ox.distance.nearest_edges(graph, *xy.T, return_dist=True)[1])


def read_xml(path: Path) -> nx.MultiDiGraph:
    """Read an OSM XML file, simplified and projected."""
    return ox.project_graph(ox.graph_from_xml(path))
