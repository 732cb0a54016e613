"""Catchment polygons of single centres: how long they take, and how much they have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from inputs import EXTRACTS, LIMIT_M, THRESHOLDS_M, Centres, Settings, centres_on
from measuring import AbsentError, Case, DisagreementError, Operation
from peers import osmnx_recipe, valhalla_tiles

import kiezreach as kr
from kiezreach.defaults import CELL_M, MAX_ACCESS_M

CENTRES = 20


def inputs(settings: Settings) -> list[str]:
    """Names of the inputs."""
    return settings.networks


def operation(settings: Settings, name: str) -> Operation:
    """Search from each centre alone and draw its catchment of each threshold."""
    net = settings.network(name)
    centres = centres_on(net, CENTRES)
    first_time = Case(
        "kiezreach, first time",
        lambda fresh: _each_catchment(fresh, centres.frame),
        before=lambda _: _fresh(net),
        note="nothing remembered about the ground",
    )
    again = Case(
        "kiezreach, again",
        lambda _: _each_catchment(net, centres.frame),
        note="same network, cells remembered",
    )
    cases = [first_time, again, *recipes(net, centres)]
    skipped = {}
    try:
        cases.append(valhalla(settings, name, net, centres))
    except AbsentError as absent:
        skipped["Valhalla"] = str(absent)
    drawn = f"{len(centres.nodes)} centres x {len(THRESHOLDS_M)} thresholds"
    return Operation(f"Catchment polygons of {drawn}: {name}", cases, _agree, skipped)


def kiezreach(net: kr.WalkNetwork, centres: Centres, cell_m: float, max_access_m: float) -> Case:
    """Draw with cells of one size and access legs up to one length."""
    return Case(
        f"kiezreach, {cell_m:g} m cells",
        lambda _: _each_catchment(net, centres.frame, cell_m, max_access_m),
    )


def recipes(net: kr.WalkNetwork, centres: Centres) -> list[Case]:
    """Draw as OSMnx's recipe does, in four ways on one graph, which the first one prepares."""
    build = cache(lambda: osmnx_recipe.build(net))
    draw = {
        "buffered streets": osmnx_recipe.buffered_streets,
        "buffered streets, holes filled": osmnx_recipe.filled_streets,
        "concave hull": osmnx_recipe.concave_hull,
        "convex hull": osmnx_recipe.convex_hull,
    }

    def drawing(shape_of: Callable[[nx.MultiDiGraph], shapely.Geometry]) -> Callable[..., Any]:
        return lambda graph: [
            shape_of(osmnx_recipe.ego(graph, node, threshold))
            for node in centres.nodes.tolist()
            for threshold in THRESHOLDS_M
        ]

    return [
        Case(f"OSMnx's recipe, {way}", drawing(shape), prepare=build) for way, shape in draw.items()
    ]


def valhalla(settings: Settings, name: str, net: kr.WalkNetwork, centres: Centres) -> Case:
    """Draw with Valhalla, where it has an extract to build its tiles from."""
    valhalla_tiles.require()
    if name not in EXTRACTS:
        msg = "its tiles are built from OpenStreetMap, and this network has no extract"
        raise AbsentError(msg)
    extract = settings.extract(name)
    places = net.node_xy[centres.nodes]
    return Case(
        "Valhalla, isochrone",
        lambda tiles: [
            shape
            for place in places
            for shape in valhalla_tiles.catchments(tiles, place, THRESHOLDS_M)
        ],
        prepare=lambda: valhalla_tiles.build(extract, settings.scratch / "valhalla", net.crs),
        note="its own walk rules and snapping; no access legs",
    )


def _fresh(net: kr.WalkNetwork) -> kr.WalkNetwork:
    """Copy a network so that no cell is remembered, with its matrix and index ready."""
    copy = net.with_provenance(net.provenance)
    copy.__dict__.update(net.__dict__)
    return copy


def _each_catchment(
    net: kr.WalkNetwork,
    centres: gpd.GeoDataFrame,
    cell_m: float = CELL_M,
    max_access_m: float = MAX_ACCESS_M,
) -> list[shapely.Geometry]:
    """Draw the catchments of each centre alone."""
    each = kr.reach_each(net, centres, LIMIT_M, max_access_m=max_access_m)
    return [
        shape
        for one in each.values()
        for shape in kr.catchments(one, THRESHOLDS_M, cell_m=cell_m).geometry
    ]


def _agree(answers: dict[str, Any]) -> list[str]:
    """Say how much the shapes have in common: they follow different rules."""
    ours = answers.pop("kiezreach, again", None)
    if ours is None:
        return []
    said = []
    for name, shapes in answers.items():
        common = [
            mine.intersection(theirs).area / mine.union(theirs).area
            for mine, theirs in zip(ours, map(shapely.make_valid, shapes), strict=True)
        ]
        said.append(f"{name}: median intersection over union {np.median(common):.3f}")
        if name.startswith("kiezreach") and min(common) < 1 - 1e-9:
            msg = "the polygons differ between the first time and the next"
            raise DisagreementError(msg)
    return said
