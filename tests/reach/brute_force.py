"""A slow reference that shares no code with the engine.

Every edge is cut at each place of interest, distances come from networkx, and the nearest edge is
found by trying all of them with plain arithmetic.
"""

from __future__ import annotations

import math
from itertools import pairwise

import networkx as nx

Point = tuple[float, float]
Line = list[Point]


def nearest_place(line: Line, point: Point) -> tuple[float, float]:
    """Distance from a point to a line, and the position of the nearest place along it."""
    best, along, walked = math.inf, 0.0, 0.0
    for (ax, ay), (bx, by) in pairwise(line):
        length = math.hypot(bx - ax, by - ay)
        t = ((point[0] - ax) * (bx - ax) + (point[1] - ay) * (by - ay)) / length**2
        t = min(1.0, max(0.0, t))
        off = math.hypot(point[0] - ax - t * (bx - ax), point[1] - ay - t * (by - ay))
        if off < best:
            best, along = off, walked + t * length
        walked += length
    return best, along


def line_length(line: Line) -> float:
    return sum(math.dist(a, b) for a, b in pairwise(line))


def is_line(node: object) -> bool:
    return isinstance(node, tuple) and node[0] == "line"


def distances(
    lines: list[Line],
    centres: list[Point],
    points: list[Point],
    max_snap: float,
    max_access: float,
    ends: list[tuple[object, object]] | None = None,
) -> list[float]:
    """Walking distance of each point to its nearest centre.

    Lines join at equal ends, by default their end points; only the longest connected part can be
    snapped to.
    """
    ends = ends or [(line[0], line[-1]) for line in lines]
    base = nx.Graph()
    for k, (u, v) in enumerate(ends):
        base.add_edge(u, v)
        base.add_edge(("line", k), u)
    parts = [
        (sum(line_length(lines[n[1]]) for n in part if is_line(n)), part)
        for part in nx.connected_components(base)
    ]
    main = max(parts, key=lambda p: p[0])[1]
    usable = [k for k in range(len(lines)) if ("line", k) in main]
    places: dict[int, list[tuple[float, object]]] = {
        k: [(0.0, ends[k][0]), (line_length(lines[k]), ends[k][1])] for k in usable
    }
    graph = nx.Graph()
    for name, found, limit in (("c", centres, max_snap), ("p", points, max_access)):
        for i, point in enumerate(found):
            off, along, k = min((*nearest_place(lines[k], point), k) for k in usable)
            if off <= limit:
                place = ("at", name, i)
                places[k].append((along, place))
                graph.add_edge((name, i), place, weight=off)
    for found in places.values():
        found.sort(key=lambda item: item[0])
        for (a, here), (b, there) in pairwise(found):
            weight = b - a
            if graph.has_edge(here, there):
                weight = min(weight, graph[here][there]["weight"])
            if here != there:
                graph.add_edge(here, there, weight=weight)
    # A point or centre hangs on the network by its access leg alone, so none is a short cut.
    sources = [("c", i) for i in range(len(centres)) if ("c", i) in graph]
    reached = nx.multi_source_dijkstra_path_length(graph, sources) if sources else {}
    return [reached.get(("p", i), math.inf) for i in range(len(points))]
