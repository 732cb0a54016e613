"""The derivation from input layers to one connected network."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from kiezreach.network import Provenance, WalkNetwork, network_from_lines
from skeleton import (
    bridge_evidence,
    crossings,
    noding,
    open_areas,
    real_lines,
    street_names,
    streets,
)
from skeleton.inputs import CRS, Geometries, Layers, read_layers
from skeleton.motorways import Motorways, read_motorways
from skeleton.obstacles import Kind, Obstacles, build_obstacles

QUANTUM_M = 0.1
TAGS = ("inferred_crossing", "listed_bridge", "assumed_path", "cycle_network")
SAME_LINE_M = 0.3  # noding moves lines by up to a grid cell
SOURCE = (
    "Street skeleton of Berlin: centre lines of the gaps between 12,308 statistical blocks, "
    "Berlin's priority cycle network, OpenStreetMap water, railways and cycleways"
)
ATTRIBUTION = (
    "© OpenStreetMap contributors (ODbL 1.0); blocks 2010: Senatsverwaltung für Stadtentwicklung "
    "Berlin; priority cycle network: Senatsverwaltung Berlin (dl-de/by-2-0)"
)
LICENCE = "ODbL-1.0"
DATA_DATE = "2010 (blocks), 2021 (water, railways), 2023 (cycleways)"


@dataclass(frozen=True)
class Parts:
    """Lines of each origin before they are joined (EPSG:25833)."""

    streets: Geometries
    assumed: Geometries
    crossings: Geometries
    bridges: Geometries
    real: Geometries


def report(message: str, start: float) -> None:
    """Print one line of progress with the seconds since the start to stderr."""
    print(f"[{time.monotonic() - start:6.1f} s] {message}", file=sys.stderr, flush=True)


def derive(shared: Path) -> WalkNetwork:
    """Derive the walking network from the inputs below ``shared``."""
    start = time.monotonic()
    layers, motorways = read_layers(shared), read_motorways()
    obstacles = build_obstacles(layers, motorways.corridors)
    report(f"obstacles: {sum(map(len, obstacles.by_kind)):,} polygons", start)
    lines = streets.street_lines(obstacles, layers.boundary)
    report(f"street lines: {_km(lines.lines):,.0f} km", start)
    assumed = assume_paths(obstacles, layers)
    report(f"assumed paths in open areas: {_km(assumed):,.0f} km", start)
    inferred = crossings.infer_crossings(lines, obstacles)
    confirmed, names = confirm(inferred, obstacles, layers, motorways, shared, start)
    parts = add_real(lines.lines, assumed, confirmed, names, obstacles, layers, start)
    network = join(parts, obstacles, start)
    report(f"network: {network.n_edges:,} edges, {network.edge_length.sum() / 1e3:,.0f} km", start)
    return network


def assume_paths(obstacles: Obstacles, layers: Layers) -> Geometries:
    """Return assumed paths in parks and squares, and in settlements whose blocks are missing."""
    areas = open_areas.walkable_areas(obstacles, layers.green)
    settled = open_areas.settled_areas(obstacles.open_areas, layers.settlements_without_blocks)
    wooded = open_areas.cover_share(areas, layers.forest) > open_areas.MAX_FOREST_SHARE
    return np.concatenate(
        [
            open_areas.middle_lines(obstacles, areas, layers.boundary),
            open_areas.park_lattice(np.concatenate([areas[~wooded], settled])),
        ]
    )


def confirm(
    inferred: crossings.Crossings,
    obstacles: Obstacles,
    layers: Layers,
    motorways: Motorways,
    shared: Path,
    start: float,
) -> tuple[Geometries, bridge_evidence.KnownBridges]:
    """Keep the inferred crossings for which there is evidence, and say how many."""
    known = bridge_evidence.read_known_bridges()
    real = np.concatenate([layers.cycle_network, layers.cycleways])
    evidence = bridge_evidence.judge_crossings(
        inferred,
        obstacles.barriers(),
        real,
        street_names.read_named_places(shared),
        known,
        motorways,
    )
    for kind in (Kind.WATER, Kind.RAIL, Kind.MOTORWAY):
        counts = Counter(evidence[inferred.kind == kind])
        rejected = counts.pop("", 0)
        kept = ", ".join(f"{count} by {why}" for why, count in sorted(counts.items()))
        report(
            f"crossings of {kind.name.lower()}: {sum(counts.values()) + rejected} inferred, "
            f"{sum(counts.values())} confirmed ({kept}), {rejected} rejected",
            start,
        )
    return inferred.lines[evidence != ""], known


def add_real(
    lines: Geometries,
    assumed: Geometries,
    confirmed: Geometries,
    known: bridge_evidence.KnownBridges,
    obstacles: Obstacles,
    layers: Layers,
    start: float,
) -> Parts:
    """Add surveyed lines that the skeleton lacks, then known bridges that nothing crosses yet."""
    skeleton = np.concatenate([lines, assumed, confirmed])
    city = shapely.buffer(layers.boundary, -1)
    shapely.prepare(city)
    cycleways = layers.cycleways[shapely.intersects(city, layers.cycleways)]
    surveyed = np.concatenate([layers.cycle_network, cycleways])
    # An assumed path never stands in for a surveyed one.
    streets_alone = np.concatenate([lines, confirmed])
    missing = real_lines.missing_lines(surveyed, streets_alone, obstacles.barriers())
    connectors = real_lines.connectors(missing, skeleton)
    report(f"surveyed lines that were missing: {_km(missing):,.0f} km", start)
    real = np.concatenate([missing, connectors])
    bridges, names = bridge_evidence.add_missing(
        known, np.concatenate([skeleton, real]), obstacles.barriers(), obstacles.blocks
    )
    report(f"known bridges added: {len(names)} ({', '.join(names)})", start)
    return Parts(lines, assumed, confirmed, real_lines.overshoot(bridges, both=True), real)


def join(parts: Parts, obstacles: Obstacles, start: float) -> WalkNetwork:
    """Node all lines, keep the main component, and tag its edges by origin."""
    everything = np.concatenate(
        [parts.streets, parts.assumed, parts.crossings, parts.bridges, parts.real]
    )
    graph = noding.prune_stubs(noding.node_lines(everything))
    graph = noding.link_islands(graph, np.concatenate([obstacles.blocks, obstacles.barriers()]))
    report(f"noded: {len(graph.lines):,} edges, {_km(graph.lines):,.0f} km", start)
    graph = noding.main_component(graph)
    tags = tag_edges(graph.lines, parts)
    lines = noding.simplify_lines(graph.lines)
    kept = shapely.length(lines) > 0
    return network_from_lines(
        gpd.GeoSeries(lines[kept], crs=CRS),
        tags=tags[kept],
        tag_names=TAGS,
        quantum_m=QUANTUM_M,
        provenance=Provenance(
            source=SOURCE,
            data_date=DATA_DATE,
            licence=LICENCE,
            attribution=ATTRIBUTION,
            quality="approximate",
            accuracy="not yet measured",
        ),
    )


def tag_edges(edges: Geometries, parts: Parts) -> npt.NDArray[np.uint32]:
    """Return the tag bits of each edge.

    A crossing marks the edge that runs through its middle; assumed paths and surveyed lines mark
    the edges whose middle lies on them and not on a street line.
    """
    tags = np.zeros(len(edges), dtype=np.uint32)
    tree = shapely.STRtree(edges)
    for bit, lines in enumerate((parts.crossings, parts.bridges)):
        if len(lines):
            middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
            edge = tree.query(middle, predicate="dwithin", distance=SAME_LINE_M)[1]
            tags[edge] |= np.uint32(1 << bit)
    middle = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    on_street = _lies_on(middle, parts.streets)
    for bit, lines in enumerate((parts.assumed, parts.real), start=2):
        here = _lies_on(middle, lines) & ~on_street
        tags[here] |= np.uint32(1 << bit)
    return tags


def _lies_on(points: Geometries, lines: Geometries) -> npt.NDArray[np.bool_]:
    """Mark points that lie on one of the lines, to 0.3 m."""
    marked = np.zeros(len(points), dtype=bool)
    tree = shapely.STRtree(lines)
    marked[tree.query(points, predicate="dwithin", distance=SAME_LINE_M)[0]] = True
    return marked


def _km(lines: Geometries) -> float:
    """Return the total length in kilometres."""
    return float(shapely.length(lines).sum() / 1e3)
