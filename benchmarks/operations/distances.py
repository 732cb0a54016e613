"""Walking distance from single centres to places near them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
from inputs import LIMIT_M, Settings, centres_on
from measuring import AbsentError, Case, DisagreementError, Operation
from peers import networkx_graph, pandana_network, scipy_call, valhalla_tiles

import kiezreach as kr
from kiezreach.network.snap import snap

CENTRES = 20
PLACES = 200
NEAR_M = 1000.0  # below the limit, so that rounding leaves every place in reach
TOLERANCE_M = {"pandana": 1.0}  # it rounds lengths, and the rounding adds up
OURS = "kiezreach.reach_each, at nodes"


def inputs(settings: Settings) -> list[str]:  # noqa: ARG001
    """Names of the inputs: networks that have an extract, so that Valhalla can be asked."""
    return ["Kreuzberg", "Malta"]


def operation(settings: Settings, name: str) -> Operation:
    """Ask for the distances to places that stand on nodes."""
    net = settings.network(name)
    centres = centres_on(net, CENTRES)
    nodes = centres.nodes.tolist()
    goals = _goals(net, centres.frame)
    points = [gpd.GeoSeries(gpd.points_from_xy(*net.node_xy[g].T), crs=net.crs) for g in goals]

    def each(ask: Callable[[Any, int, np.ndarray], np.ndarray]) -> Callable[[Any], np.ndarray]:
        return lambda tool: np.concatenate(
            [ask(tool, node, goal) for node, goal in zip(nodes, goals, strict=True)]
        )

    cases = [
        Case(
            "scipy, bare call per centre",
            each(lambda matrix, node, goal: scipy_call.one_centre(matrix, node, LIMIT_M)[goal]),
            prepare=lambda: scipy_call.build(net),
        ),
        Case(OURS, lambda _: _at_nodes(net, centres.frame, goals), note="centres snapped to edges"),
        Case(
            "kiezreach.reach_each, at points",
            lambda _: _at_points(net, centres.frame, points),
            note="centres and all places snapped to edges",
        ),
        Case(
            "networkx, Dijkstra per centre",
            each(lambda graph, node, goal: networkx_graph.to_places(graph, node, goal, LIMIT_M)),
            prepare=lambda: networkx_graph.build(net),
        ),
    ]
    skipped = {}
    try:
        pandana_network.require()
        cases.append(
            Case(
                "pandana, shortest_path_lengths",
                each(pandana_network.distances),
                prepare=lambda: pandana_network.build(net),
            )
        )
    except AbsentError as absent:
        skipped["pandana"] = str(absent)
    try:
        valhalla_tiles.require()
        extract = settings.extract(name)
        xy = net.node_xy
        cases.append(
            Case(
                "Valhalla, matrix",
                each(lambda tiles, node, goal: valhalla_tiles.distances(tiles, xy[node], xy[goal])),
                prepare=lambda: valhalla_tiles.build(
                    extract, settings.scratch / "valhalla", net.crs
                ),
                note="its own walk rules and snapping",
            )
        )
    except AbsentError as absent:
        skipped["Valhalla"] = str(absent)
    title = f"Distance from {len(nodes)} centres to {PLACES} places each: {name}"
    return Operation(title, cases, _agree, skipped)


def _goals(net: kr.WalkNetwork, centres: gpd.GeoDataFrame) -> list[np.ndarray]:
    """Choose for each centre nodes in reach, at even steps."""
    chosen = []
    for reach in kr.reach_each(net, centres, NEAR_M).values():
        near = np.flatnonzero(reach.node_distance <= NEAR_M)
        # Where a street that is not joined passes through a node, a point there may be on either.
        tied = snap(net, net.node_xy[near], 1.0).edge
        near = near[(net.edge_nodes[tied] == near[:, None]).any(axis=1)]
        chosen.append(near[np.linspace(0, len(near) - 1, PLACES).astype(np.int64)])
    return chosen


def _at_nodes(
    net: kr.WalkNetwork, centres: gpd.GeoDataFrame, goals: list[np.ndarray]
) -> np.ndarray:
    """Look the places up by their nodes, as the tools do that know nothing else."""
    each = kr.reach_each(net, centres, LIMIT_M).values()
    return np.concatenate(
        [reach.node_distance[goal] for reach, goal in zip(each, goals, strict=True)]
    )


def _at_points(
    net: kr.WalkNetwork, centres: gpd.GeoDataFrame, points: list[gpd.GeoSeries]
) -> np.ndarray:
    """Ask for the places as for residents."""
    each = kr.reach_each(net, centres, LIMIT_M).values()
    return np.concatenate(
        [reach.distance(places) for reach, places in zip(each, points, strict=True)]
    )


def _agree(answers: dict[str, Any]) -> list[str]:
    """Compare distances; Valhalla's may differ, because it walks by other rules."""
    ours = answers.pop(OURS, None)
    if ours is None:
        return []
    said = []
    for name, theirs in answers.items():
        apart = np.abs(ours - theirs)
        if name.startswith("Valhalla"):
            near = ", ".join(f"{(apart <= m).mean():.1%} within {m} m" for m in (5, 20, 100))
            farther = ((theirs - ours) > 20).mean()
            said.append(f"{name}: {near}; {farther:.1%} more than 20 m farther than kiezreach")
            continue
        if apart.max() > TOLERANCE_M.get(name.split(",")[0], 1e-3):
            msg = f"{name}: up to {apart.max():g} m apart"
            raise DisagreementError(msg)
        said.append(f"{name}: at most {apart.max():.1e} m apart")
    return said
