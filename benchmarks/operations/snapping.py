"""Tie points to the network."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from inputs import POINTS, Settings, points_over
from measuring import AbsentError, Case, DisagreementError, Operation
from peers import geopandas_join, osmnx_recipe, pandana_network, scipy_call
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
            "geopandas, sjoin_nearest",
            lambda streets: geopandas_join.snap(streets, points),
            prepare=lambda: geopandas_join.build(net),
            note="edge and distance, no offset",
        ),
        Case(
            "shapely, query_nearest",
            lambda _: geopandas_join.nearest(net.main_tree, points),
            note="bare call: one nearest edge and its distance, no offset",
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
    islands = bool((net.edge_component > 0).any())
    return Operation(title, cases, lambda answers: _agree(answers, islands=islands), skipped)


def _agree(answers: dict[str, Any], *, islands: bool) -> list[str]:
    """Compare the access legs; kiezreach snaps to the main component only, OSMnx also to others."""
    if "kiezreach, nearest place on an edge" not in answers:
        return []
    ours = answers["kiezreach, nearest place on an edge"].access
    said = []
    for name in ("geopandas, sjoin_nearest", "shapely, query_nearest", "OSMnx, nearest_edges"):
        if name not in answers:
            continue
        theirs = np.asarray(answers[name])
        differ = np.abs(ours - theirs) > 1e-6
        may_be_nearer = islands and name.startswith("OSMnx")
        if (theirs[differ] > ours[differ]).any() or (differ.any() and not may_be_nearer):
            msg = f"{name} and kiezreach find different nearest edges"
            raise DisagreementError(msg)
        nearer = ", nearer for those beside islands" if may_be_nearer else ""
        said.append(f"{name}: the same distance for {(~differ).mean():.4%} of points{nearer}")
    if "scipy, nearest node" in answers:
        farther = np.mean(answers["scipy, nearest node"] - ours)
        said.append(f"the nearest node is {farther:.1f} m farther than the nearest street")
    return said
