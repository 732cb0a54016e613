"""Tie points to the network."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from inputs import POINTS, Settings, points_over
from measuring import AbsentError, Case, DisagreementError, Operation
from peers import osmnx_recipe, pandana_network, scipy_call
from scipy.spatial import KDTree

from kiezreach.network.snap import point_xy, snap


def inputs(settings: Settings) -> list[str]:  # noqa: ARG001
    """Names of the inputs."""
    return ["Berlin", "synthetic city"]


def operation(settings: Settings, name: str) -> Operation:
    """Snap points spread evenly over one network's bounding box."""
    net = settings.network(name)
    points = points_over(net, 20_000 if settings.quick else POINTS)
    xy = shapely.get_coordinates(points.to_numpy())
    cases = [
        Case(
            "kiezreach, nearest place on an edge",
            lambda _: snap(net, point_xy(points, net.crs), np.inf),
            note="edge, offset and access leg",
        ),
        Case(
            "OSMnx, nearest_edges",
            lambda graph: osmnx_recipe.snap(graph, xy),
            prepare=lambda: osmnx_recipe.build(net),
            note="edge and distance, no offset",
        ),
        Case(
            "scipy, nearest node",
            lambda tree: scipy_call.nearest_node(tree, xy),
            prepare=lambda: KDTree(net.node_xy),
            note="another, coarser question",
        ),
        Case(
            "pandana, nearest node",
            lambda network: pandana_network.snap(network, xy),
            prepare=lambda: pandana_network.build(net),
            note="another, coarser question",
        ),
    ]
    skipped = {}
    try:
        pandana_network.require()
    except AbsentError as absent:
        skipped["pandana"] = str(absent)
        cases.pop()
    title = f"Snap {len(points):,} points: {name}, {net.n_edges:,} edges"
    main_only = bool((net.edge_component == 0).all())
    return Operation(title, cases, lambda answers: _agree(answers, main_only=main_only), skipped)


def _agree(answers: dict[str, Any], *, main_only: bool) -> list[str]:
    """Compare the access legs; kiezreach snaps to the main component only."""
    ours = answers["kiezreach, nearest place on an edge"].access
    theirs = np.asarray(answers["OSMnx, nearest_edges"])
    differ = np.abs(ours - theirs) > 1e-6
    nodes = answers["scipy, nearest node"]
    if (theirs[differ] > ours[differ]).any() or (main_only and differ.any()):
        msg = "OSMnx and kiezreach find different nearest edges"
        raise DisagreementError(msg)
    same, farther = (~differ).mean(), np.mean(nodes - ours)
    return [
        f"OSMnx: the same distance for {same:.4%} of points, nearer for those beside islands",
        f"the nearest node is {farther:.1f} m farther than the nearest street on average",
    ]
