"""Search and catchment polygons of single centres."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from inputs import LIMIT_M, THRESHOLDS_M, Settings, centres_on
from measuring import Case, DisagreementError, Operation
from peers import networkx_graph, osmnx_recipe, scipy_call

import kiezreach as kr

CENTRES = 20


def inputs(settings: Settings) -> list[str]:
    """Names of the inputs: each network for the search and for the polygons."""
    return [f"{what} {name}" for what in ("search", "polygons") for name in settings.networks]


def operation(settings: Settings, name: str) -> Operation:
    """Ask all tools on one network."""
    what, network = name.split(" ", 1)
    net = settings.network(network)
    return _search(net, network) if what == "search" else _polygons(net, network)


def _search(net: kr.WalkNetwork, network: str) -> Operation:
    """Search from each centre alone."""
    centres = centres_on(net, CENTRES)
    nodes = centres.nodes.tolist()
    cases = [
        Case(
            "scipy, bare call per centre",
            lambda _: [scipy_call.one_centre(net, node, LIMIT_M) for node in nodes],
        ),
        Case("kiezreach.reach_each", lambda _: _each_distance(net, centres.frame)),
        Case(
            "networkx, Dijkstra per centre",
            lambda graph: [networkx_graph.one_centre(graph, node, LIMIT_M) for node in nodes],
            prepare=lambda: networkx_graph.build(net),
        ),
        Case(
            "OSMnx's recipe, ego_graph per centre",
            lambda graph: [osmnx_recipe.ego(graph, node, LIMIT_M) for node in nodes],
            prepare=lambda: osmnx_recipe.build(net),
        ),
    ]
    title = f"Search from {len(nodes)} centres one by one, {LIMIT_M:,.0f} m: {network}"
    return Operation(title, cases, lambda answers: _agree_search(answers, net.n_nodes))


def _each_distance(net: kr.WalkNetwork, centres: gpd.GeoDataFrame) -> list[np.ndarray]:
    """Distances of all nodes to each centre alone."""
    return [reach.node_distance for reach in kr.reach_each(net, centres, LIMIT_M).values()]


def _agree_search(answers: dict[str, Any], size: int) -> list[str]:
    """Compare distances, and which nodes the recipe keeps."""
    ours = answers.pop("kiezreach.reach_each")
    said = []
    for name, answer in answers.items():
        apart, different = 0.0, 0
        for mine, other in zip(ours, answer, strict=True):
            if hasattr(other, "nodes"):
                reached = np.zeros(size, dtype=bool)
                reached[list(other.nodes)] = True
                different += int((reached != np.isfinite(mine)).sum())
                continue
            theirs = (
                other if isinstance(other, np.ndarray) else networkx_graph.as_array(other, size)
            )
            both = np.isfinite(mine) & np.isfinite(theirs)
            apart = max(apart, float(np.abs(mine[both] - theirs[both]).max()))
            different += int((np.isfinite(mine) != np.isfinite(theirs)).sum())
        if apart > 1e-3 or different > 2:
            msg = f"{name}: up to {apart:g} m apart, {different} nodes in reach for one tool only"
            raise DisagreementError(msg)
        said.append(f"{name}: at most {apart:.1e} m apart, {different} nodes for one tool only")
    return said


def _polygons(net: kr.WalkNetwork, network: str) -> Operation:
    """Search from each centre alone and draw its catchment of each threshold."""
    centres = centres_on(net, CENTRES)
    nodes = centres.nodes.tolist()

    def recipe(draw: Callable[[nx.MultiDiGraph], shapely.Geometry]) -> Callable[..., Any]:
        return lambda graph: [
            draw(osmnx_recipe.ego(graph, node, threshold))
            for node in nodes
            for threshold in THRESHOLDS_M
        ]

    cases = [
        Case(
            "kiezreach, first time",
            lambda fresh: _each_catchment(fresh, centres.frame),
            before=lambda _: _fresh(net),
            note="nothing remembered about the ground",
        ),
        Case(
            "kiezreach, again",
            lambda _: _each_catchment(net, centres.frame),
            note="same network, cells remembered",
        ),
        Case(
            "OSMnx's recipe, convex hull",
            recipe(osmnx_recipe.convex_hull),
            prepare=lambda: osmnx_recipe.build(net),
        ),
        Case(
            "OSMnx's recipe, buffered streets",
            recipe(osmnx_recipe.buffered_streets),
            prepare=lambda: osmnx_recipe.build(net),
        ),
    ]
    drawn = f"{len(nodes)} centres x {len(THRESHOLDS_M)} thresholds"
    return Operation(f"Catchment polygons of {drawn}: {network}", cases, _agree_polygons)


def _fresh(net: kr.WalkNetwork) -> kr.WalkNetwork:
    """Copy a network so that no cell is remembered, with its matrix and index ready."""
    copy = net.with_provenance(net.provenance)
    copy.__dict__.update(net.__dict__)
    return copy


def _each_catchment(net: kr.WalkNetwork, centres: gpd.GeoDataFrame) -> list[Any]:
    """Draw the catchments of each centre alone."""
    each = kr.reach_each(net, centres, LIMIT_M)
    return [shape for one in each.values() for shape in kr.catchments(one, THRESHOLDS_M).geometry]


def _agree_polygons(answers: dict[str, Any]) -> list[str]:
    """Say how much the shapes have in common: they follow different rules."""
    ours = answers.pop("kiezreach, again")
    said = []
    for name, shapes in answers.items():
        common = [
            mine.intersection(theirs).area / mine.union(theirs).area
            for mine, theirs in zip(ours, shapes, strict=True)
        ]
        said.append(f"{name}: median intersection over union {np.median(common):.3f}")
        if name.startswith("kiezreach") and min(common) < 1:
            msg = "the polygons differ between the first time and the next"
            raise DisagreementError(msg)
    return said
