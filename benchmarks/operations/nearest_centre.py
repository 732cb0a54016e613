"""Distance of every node to the nearest centre."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from inputs import LIMIT_M, Settings, centres_on
from measuring import AbsentError, Case, DisagreementError, Operation
from peers import networkx_graph, osmnx_recipe, pandana_network, scipy_call

import kiezreach as kr

TOLERANCE_M = 1e-3
PANDANA_TOLERANCE_M = 1.0  # pandana rounds lengths, and the rounding adds up


def inputs(settings: Settings) -> list[str]:
    """Names of the inputs, the last one for the memory."""
    return settings.networks


def operation(settings: Settings, name: str) -> Operation:
    """Ask all tools on one network."""
    net = settings.network(name)
    centres = centres_on(net)
    nodes, xy = centres.nodes, net.node_xy[centres.nodes]
    cases = [
        Case(
            "scipy, bare call",
            lambda matrix: scipy_call.nearest_centre(matrix, nodes, LIMIT_M),
            prepare=lambda: scipy_call.build(net),
            note="distances only: not which centre, no access legs",
        ),
        Case(
            "kiezreach.reach",
            lambda _: kr.reach(net, centres.frame, limit=LIMIT_M).node_distance,
            note="with snapping of the centres and the nearest centre of each node",
        ),
        Case(
            "networkx, multi-source Dijkstra",
            lambda graph: networkx_graph.nearest_centre(graph, nodes.tolist(), LIMIT_M),
            prepare=lambda: networkx_graph.build(net),
        ),
        Case(
            "pandana, nearest_pois",
            lambda network: pandana_network.nearest_centre(network, xy, LIMIT_M),
            prepare=lambda: pandana_network.build(net),
        ),
        Case(
            "OSMnx's recipe, ego_graph per centre",
            lambda graph: _union_of_egos(graph, nodes),
            prepare=lambda: osmnx_recipe.build(net),
            note="says which nodes are within the limit, not how far they are",
        ),
    ]
    skipped = {}
    try:
        pandana_network.require()
    except AbsentError as absent:
        skipped["pandana"] = str(absent)
        del cases[3]
    size = f"{net.n_nodes:,} nodes, {len(nodes)} centres, {LIMIT_M:,.0f} m"
    title = f"Nearest centre of every node: {name}, {size}"
    return Operation(title, cases, lambda answers: _agree(answers, net.n_nodes), skipped)


def _union_of_egos(graph: nx.MultiDiGraph, nodes: np.ndarray) -> set[int]:
    """Collect the nodes within the limit of any centre."""
    reached: set[int] = set()
    for node in nodes.tolist():
        reached.update(osmnx_recipe.ego(graph, node, LIMIT_M).nodes)
    return reached


def _agree(answers: dict[str, Any], size: int) -> list[str]:
    """Compare each peer's distances with kiezreach's, node by node."""
    ours = answers.pop("kiezreach.reach", None)
    if ours is None:
        return []
    ours = np.where(ours <= LIMIT_M, ours, np.inf)  # it searches a little farther
    said = []
    for name, answer in answers.items():
        if isinstance(answer, set):
            other = np.zeros(size, dtype=bool)
            other[list(answer)] = True
            different = np.flatnonzero(other != np.isfinite(ours))
            # Sums in another order may differ in the last digit at the limit itself.
            if len(different) > 2:
                msg = f"{name}: {len(different)} nodes are in reach for one tool only"
                raise DisagreementError(msg)
            said.append(f"{name}: the same nodes in reach but {len(different)} of {size:,}")
            continue
        theirs = answer if isinstance(answer, np.ndarray) else networkx_graph.as_array(answer, size)
        said.append(_largest_difference(name, ours, theirs))
    return said


def _largest_difference(name: str, ours: np.ndarray, theirs: np.ndarray) -> str:
    """Say how far two tools' distances are apart, or raise."""
    tolerance = PANDANA_TOLERANCE_M if name.startswith("pandana") else TOLERANCE_M
    both = np.isfinite(ours) & np.isfinite(theirs)
    largest = float(np.abs(ours[both] - theirs[both]).max())
    one_only = np.isfinite(ours) != np.isfinite(theirs)
    known = np.where(np.isfinite(ours), ours, theirs)[one_only]
    inside = int((known < LIMIT_M - tolerance).sum())
    if largest > tolerance or inside:
        msg = f"{name}: up to {largest:g} m apart, {inside} nodes in reach for one tool only"
        raise DisagreementError(msg)
    return f"{name}: {both.sum():,} nodes, at most {largest:.1e} m apart"
