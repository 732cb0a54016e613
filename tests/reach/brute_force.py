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


def distances(  # noqa: C901 - one long recipe is easier to trust than many short ones
    lines: list[Line], centres: list[Point], points: list[Point], max_snap: float, max_access: float
) -> list[float]:
    """Walking distance of each point to its nearest centre.

    Lines join at equal end points; only the longest connected part can be snapped to.
    """
    base = nx.Graph()
    for k, line in enumerate(lines):
        base.add_edge(line[0], line[-1])
        base.add_edge(("line", k), line[0])
    parts = [
        (sum(line_length(lines[n[1]]) for n in part if n[0] == "line"), part)
        for part in nx.connected_components(base)
    ]
    main = max(parts, key=lambda p: p[0])[1]
    usable = [k for k in range(len(lines)) if ("line", k) in main]
    places: dict[int, list[tuple[float, object]]] = {
        k: [(0.0, lines[k][0]), (line_length(lines[k]), lines[k][-1])] for k in usable
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
    # Other points and centres are no short cuts: leave their access legs out of each search.
    result = []
    for i in range(len(points)):
        best = math.inf
        if ("p", i) in graph:
            others = {("p", k) for k in range(len(points)) if k != i}
            alone = graph.subgraph(set(graph) - others)
            reached = nx.single_source_dijkstra_path_length(alone, ("p", i))
            best = min((d for n, d in reached.items() if n[0] == "c"), default=math.inf)
        result.append(best)
    return result
