"""Search from single centres."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from inputs import LIMIT_M, Settings, centres_on
from measuring import Case, DisagreementError, Operation
from peers import networkx_graph, osmnx_recipe, scipy_call

import kiezreach as kr

CENTRES = 20


def inputs(settings: Settings) -> list[str]:
    """Names of the inputs."""
    return settings.networks


def operation(settings: Settings, name: str) -> Operation:
    """Search from each centre alone."""
    net = settings.network(name)
    centres = centres_on(net, CENTRES)
    nodes = centres.nodes.tolist()
    cases = [
        Case(
            "scipy, bare call per centre",
            lambda matrix: [scipy_call.one_centre(matrix, node, LIMIT_M) for node in nodes],
            prepare=lambda: scipy_call.build(net),
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
    title = f"Search from {len(nodes)} centres one by one, {LIMIT_M:,.0f} m: {name}"
    return Operation(title, cases, lambda answers: _agree(answers, net.n_nodes))


def _each_distance(net: kr.WalkNetwork, centres: gpd.GeoDataFrame) -> list[np.ndarray]:
    """Distances of all nodes to each centre alone."""
    return [reach.node_distance for reach in kr.reach_each(net, centres, LIMIT_M).values()]


def _agree(answers: dict[str, Any], size: int) -> list[str]:
    """Compare distances, and which nodes the recipe keeps."""
    ours = answers.pop("kiezreach.reach_each", None)
    if ours is None:
        return []
    said = []
    for name, answer in answers.items():
        apart, different = 0.0, 0
        for found, other in zip(ours, answer, strict=True):
            mine = np.where(found <= LIMIT_M, found, np.inf)  # it searches a little farther
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
