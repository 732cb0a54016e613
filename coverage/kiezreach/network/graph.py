"""Networks from graphs: OSMnx, or any networkx graph whose nodes have coordinates."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from kiezreach import limits
from kiezreach.errors import InputError, NetworkError, shown
from kiezreach.network.build import DEFAULT_QUANTUM_M
from kiezreach.network.model import Provenance
from kiezreach.network.osm import ATTRIBUTION, LICENCE
from kiezreach.network.projection import LONLAT, is_metric, metric_crs, projected, utm_crs
from kiezreach.network.ways import Ways, plain_name
from kiezreach.sources.files import require_file
from kiezreach.sources.xml_prolog import declares_type

if TYPE_CHECKING:
    import networkx as nx
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork

_LINE = re.compile(r"\s*LINESTRING", re.IGNORECASE)
_PIECE = 65_536  # bytes at once
_LONGEST_LIST = 5000  # characters: names of one street
_REMEDY = "Give an OSMnx graph, or one whose nodes have x and y and whose graph has a crs"


def network_from_graph(graph: nx.Graph, *, crs: str | None = None) -> WalkNetwork:
    """Make a network of an OSMnx graph or of any networkx graph with coordinates.

    Parameters
    ----------
    graph
        Nodes have the attributes ``x`` and ``y``; the graph's attribute ``crs`` says in which
        CRS (EPSG:4326 if it is missing and they look like degrees). Edges may have a
        ``geometry``: a LineString or its WKT; those without are straight; their ``name``, a text
        or a list of texts, names the street. All edges are
        walkable, in both directions; an edge and its reverse become one.
    crs
        Projected CRS in metres of the network; by default the graph's own if it is in metres,
        else the UTM zone of the data.

    Returns
    -------
    WalkNetwork
        Edges join at the graph's nodes only.

    Raises
    ------
    NetworkError
        If coordinates are missing or not numbers, or there are no edges.
    """
    if not graph.number_of_edges():
        msg = "the graph has no edges"
        raise NetworkError(msg, remedy=_REMEDY)
    xy = _node_coordinates(graph)
    number = {node: i for i, node in enumerate(graph.nodes)}
    ways = _ways(xy, _unique_edges(graph, number, xy))
    source = _graph_crs(graph, xy)
    target = metric_crs(crs) if crs else source if is_metric(source) else None
    if target is None:
        lonlat = projected(ways.xy, source, pyproj.CRS(LONLAT))
        target = utm_crs(lonlat)
    ways = ways.moved(projected(ways.xy, source, target))
    if not np.isfinite(ways.xy).all():
        msg = f"the coordinates cannot be converted from {source.to_string()}"
        raise NetworkError(msg, remedy="Correct the graph's crs")
    return ways.to_network(
        crs=target.to_string(),
        tag_names=(),
        quantum_m=DEFAULT_QUANTUM_M,
        provenance=_provenance(graph),
    )


def network_from_graphml(path: Path, crs: str | None = None) -> WalkNetwork:
    """Read a GraphML file, as OSMnx saves it; see `network_from_graph`.

    Raises
    ------
    NetworkError
        If the file is no GraphML or its nodes have no coordinates.
    """
    from xml.etree.ElementTree import ParseError

    import networkx as nx

    try:
        require_file(path, limits.MAX_LAYER_MB)
        with path.open("rb") as stream:
            if declares_type(iter(lambda: stream.read(_PIECE), b"")):
                msg = "declares a document type, which GraphML does without"
                raise NetworkError(msg, file=path, remedy="Save it again with OSMnx")
        graph = nx.read_graphml(path)
    except InputError as error:
        raise NetworkError(error.problem, file=path, row=error.row, remedy=error.remedy) from error
    except (ParseError, nx.NetworkXException, ValueError, KeyError, OSError) as error:
        msg = f"cannot be read as GraphML ({shown(' '.join(str(error).split()))})"
        raise NetworkError(msg, file=path, remedy="Save it again with OSMnx") from error
    try:
        return network_from_graph(graph, crs=crs)
    except InputError as error:
        raise NetworkError(error.problem, file=path, row=error.row, remedy=error.remedy) from error


def _node_coordinates(graph: nx.Graph) -> npt.NDArray[np.float64]:
    """Return the coordinates of the nodes, shape (n, 2), in the graph's order."""
    xy = np.empty((graph.number_of_nodes(), 2))
    for i, (node, data) in enumerate(graph.nodes(data=True)):
        try:
            xy[i] = float(data["x"]), float(data["y"])
        except (KeyError, TypeError, ValueError) as error:
            msg = "the node has no x and y that are numbers"
            raise NetworkError(msg, row=f"node {shown(node)}", remedy=_REMEDY) from error
    bad = ~np.isfinite(xy).all(axis=1)
    if bad.any():
        node = list(graph.nodes)[int(np.flatnonzero(bad)[0])]
        msg = "the node's coordinates are not finite"
        raise NetworkError(msg, row=f"node {shown(node)}", remedy=_REMEDY)
    return xy


def _graph_crs(graph: nx.Graph, xy: npt.NDArray[np.float64]) -> pyproj.CRS:
    """Return the CRS of the node coordinates."""
    given = graph.graph.get("crs")
    if given is None:
        if (np.abs(xy) <= [180, 90]).all():
            return pyproj.CRS(LONLAT)
        msg = "the graph has no crs"
        raise NetworkError(msg, remedy="Set it, for example G.graph['crs'] = 'EPSG:25833'")
    try:
        return pyproj.CRS.from_user_input(given)
    except pyproj.exceptions.CRSError as error:
        msg = f"the graph's crs '{shown(given)}' is not known"
        raise NetworkError(msg, remedy=_REMEDY) from error


def _unique_edges(
    graph: nx.Graph, number: dict[Any, int], xy: npt.NDArray[np.float64]
) -> Iterator[tuple[int, int, npt.NDArray[np.float64], str]]:
    """Yield nodes, inner vertices and name of each edge, an edge and its reverse once."""
    seen: set[tuple[int, int, bytes]] = set()
    for first, second, data in graph.edges(data=True):
        u, v = number[first], number[second]
        inner = _inner_vertices(data.get("geometry"), f"edge {first}-{second}")
        u, v, inner = _oriented(u, v, inner, xy)
        key = (u, v, inner.tobytes())
        if key not in seen:
            seen.add(key)
            yield u, v, inner, _name(data.get("name"))


def _name(value: object) -> str:
    """Return the name of an edge; GraphML keeps a list of names as its text in Python."""
    if isinstance(value, str) and value.startswith("[") and len(value) <= _LONGEST_LIST:
        with contextlib.suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            value = ast.literal_eval(value)
    return plain_name(value)


def _inner_vertices(geometry: object, row: str) -> npt.NDArray[np.float64]:
    """Return the vertices of an edge's geometry, shape (k, 2), ends included."""
    if geometry is None:
        return np.empty((0, 2))
    try:
        # Shapes inside shapes, a hundred thousand levels deep, would end the whole process.
        if isinstance(geometry, str) and not _LINE.match(geometry):
            raise TypeError  # noqa: TRY301
        line = shapely.from_wkt(geometry) if isinstance(geometry, str) else geometry
        if not isinstance(line, shapely.LineString):
            raise TypeError  # noqa: TRY301
    except (shapely.errors.ShapelyError, TypeError) as error:
        msg = "the edge's geometry is not a LineString"
        raise NetworkError(msg, row=row, remedy=_REMEDY) from error
    vertices = shapely.get_coordinates(line)
    if not np.isfinite(vertices).all():
        msg = "the edge's geometry is not finite"
        raise NetworkError(msg, row=row, remedy=_REMEDY)
    return vertices


def _oriented(
    u: int, v: int, vertices: npt.NDArray[np.float64], xy: npt.NDArray[np.float64]
) -> tuple[int, int, npt.NDArray[np.float64]]:
    """Let an edge run from its lower node, so that it equals its reverse.

    Undirected graphs keep no order of the ends: the end nearer to a node belongs to it.
    """
    if len(vertices):
        along = np.linalg.norm(vertices[[0, -1]] - xy[[u, v]], axis=1).sum()
        against = np.linalg.norm(vertices[[0, -1]] - xy[[v, u]], axis=1).sum()
        if against < along:
            vertices = vertices[::-1]
    backwards = (u, vertices.tolist()) > (v, vertices[::-1].tolist())
    return (v, u, vertices[::-1]) if backwards else (u, v, vertices)


def _ways(
    xy: npt.NDArray[np.float64], edges: Iterable[tuple[int, int, npt.NDArray[np.float64], str]]
) -> Ways:
    """Lay the edges out as ways between the graph's nodes."""
    first, second, inner, name = zip(*edges, strict=True)
    size = np.array([len(vertices) for vertices in inner])
    way = np.repeat(np.arange(len(size), dtype=np.int32), size + 2)
    vertex = np.empty(len(way), dtype=np.int32)
    starts = np.cumsum(size + 2) - size - 2
    is_inner = np.ones(len(way), dtype=bool)
    is_inner[starts] = is_inner[starts + size + 1] = False
    vertex[starts], vertex[starts + size + 1] = first, second
    vertex[is_inner] = len(xy) + np.arange(int(size.sum()))
    tags = np.zeros(len(size), dtype=np.uint32)
    names = np.array(name, dtype=object)
    return Ways(np.concatenate([xy, *inner]), way, vertex, tags, names)


def _provenance(graph: nx.Graph) -> Provenance:
    """Say where the graph comes from; OSMnx signs what it makes."""
    if "OSMnx" not in str(graph.graph.get("created_with", "")):
        return Provenance(source="graph")
    # OSMnx notes when it made the graph, which need not be the date of the data.
    made = str(graph.graph.get("created_date", "unknown date"))[:10]
    return Provenance(
        source=f"OpenStreetMap, by OSMnx on {made}", licence=LICENCE, attribution=ATTRIBUTION
    )
