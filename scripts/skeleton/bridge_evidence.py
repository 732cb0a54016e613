"""Decide which inferred crossings exist, and add known bridges that the inference missed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from skeleton.crossings import Crossings
from skeleton.inputs import CRS, Geometries
from skeleton.motorways import Motorways
from skeleton.obstacles import Kind
from skeleton.street_names import NamedPlaces

KNOWN_BRIDGES_CSV = Path(__file__).with_name("known_bridges.csv")
BARRIERS = {"water": Kind.WATER, "rail": Kind.RAIL, "motorway": Kind.MOTORWAY}

REAL_LINE_M = 25.0  # a surveyed line this near to the middle of the crossing is the same bridge
BESIDE_BARRIER_M = 15.0  # the real line must reach beyond both banks
MIN_COSINE = 0.8  # 37 degrees between the real line and the inferred one
NAME_RADIUS_M = 130.0  # an address this near to a street end lies on that street or the next
MAX_BARRIER_BETWEEN_M = 8.0  # an address across the barrier does not speak for this side
KNOWN_BRIDGE_M = 40.0  # accuracy of the listed positions
MIN_MOTORWAY_ANGLE_DEG = 45.0
ALREADY_CROSSED_M = 60.0
SEARCH_RADIUS_M = 110.0
SEARCH_STEP_M = 10.0
MAX_ADDED_M = 190.0
MAX_THROUGH_BLOCK_M = 30.0  # blocks drawn to the water line across a bridge head
OFF_POSITION_WEIGHT = 2.0  # metres of extra span that one metre off the listed position is worth


@dataclass(frozen=True)
class KnownBridges:
    """Bridges and underpasses listed by hand; ``walkable`` is False for places without one."""

    table: pd.DataFrame
    points: Geometries

    def positions(self, *, walkable: bool) -> Geometries:
        """Return the points (EPSG:25833) of places with, or without, a bridge."""
        return np.asarray(self.points[(self.table["walkable"] == "yes") == walkable])


def read_known_bridges(path: Path = KNOWN_BRIDGES_CSV) -> KnownBridges:
    """Read the list of known bridges."""
    table = pd.read_csv(path)
    points = gpd.GeoSeries.from_xy(table["lon"], table["lat"], crs=4326).to_crs(CRS)
    return KnownBridges(table, np.asarray(points.to_numpy()))


def judge_crossings(
    crossings: Crossings,
    barriers: Geometries,
    real: Geometries,
    places: NamedPlaces,
    known: KnownBridges,
    motorways: Motorways,
) -> npt.NDArray[np.object_]:
    """Return the evidence for each crossing, an empty text where there is none.

    Parameters
    ----------
    crossings
        Inferred crossings.
    barriers
        Polygons of water, rail and motorways.
    real
        Surveyed lines (cycle network, OSM cycleways).
    places
        Points with street names.
    known
        Hand-made list; it overrules everything else.
    motorways
        Motorway centre lines, which a crossing must cross and not follow.
    """
    evidence = np.full(len(crossings.lines), "", dtype=object)
    over_motorway = crossings.kind == Kind.MOTORWAY
    evidence[over_motorway & _across(crossings.lines, motorways)] = "aligned streets"
    evidence[_same_street(crossings.lines, barriers, places)] = "same street on both sides"
    evidence[_on_real_line(crossings.lines, barriers, real)] = "surveyed line"
    evidence[_near(crossings.lines, known.positions(walkable=True))] = "known bridge"
    evidence[_near(crossings.lines, known.positions(walkable=False))] = ""
    return evidence


def add_missing(
    known: KnownBridges, network: Geometries, barriers: Geometries, blocks: Geometries
) -> tuple[Geometries, list[str]]:
    """Return lines for known bridges that nothing crosses yet, and their names.

    Parameters
    ----------
    known
        Hand-made list.
    network
        All lines of the skeleton with the crossings found so far.
    barriers, blocks
        Polygons that must, and must not, lie between the two ends.
    """
    line_tree, barrier_tree = shapely.STRtree(network), shapely.STRtree(barriers)
    block_tree = shapely.STRtree(blocks)
    lines, names = [], []
    walkable = known.table["walkable"] == "yes"
    for name, point in zip(known.table["name"][walkable], known.points[walkable], strict=True):
        near = network[line_tree.query(point, predicate="dwithin", distance=SEARCH_RADIUS_M)]
        zone = shapely.buffer(point, SEARCH_RADIUS_M)
        barrier = shapely.intersection(
            shapely.union_all(barriers[barrier_tree.query(zone, predicate="intersects")]), zone
        )
        if shapely.is_empty(barrier) or _is_crossed(point, near, barrier):
            continue
        block = blocks[block_tree.query(zone, predicate="intersects")]
        link = _best_link(point, near, barrier, block)
        if link is not None:
            lines.append(link)
            names.append(name)
    return np.array(lines, dtype=object), names


def _is_crossed(point: shapely.Point, lines: Geometries, barrier: shapely.Geometry) -> bool:
    """Tell whether a line leads across the barrier near the point."""
    over = shapely.intersection(lines, barrier)
    over = over[shapely.length(over) > 1]
    return bool((shapely.distance(over, point) < ALREADY_CROSSED_M).any())


def _best_link(
    point: shapely.Point, lines: Geometries, barrier: shapely.Geometry, blocks: Geometries
) -> shapely.LineString | None:
    """Return the shortest straight line across the barrier through the listed position."""
    pieces = shapely.intersection(lines, shapely.buffer(point, SEARCH_RADIUS_M))
    xy = np.unique(
        np.round(shapely.get_coordinates(shapely.segmentize(pieces, SEARCH_STEP_M)), 1), axis=0
    )
    if len(xy) < 2:
        return None
    a, b = np.triu_indices(len(xy), 1)
    span = np.hypot(*(xy[a] - xy[b]).T)
    possible = (span > 5) & (span < MAX_ADDED_M)
    a, b, span = a[possible], b[possible], span[possible]
    links = shapely.linestrings(np.stack([xy[a], xy[b]], axis=1))
    off = shapely.distance(links, point)
    keep = off < KNOWN_BRIDGE_M
    links, span, off = links[keep], span[keep], off[keep]
    solid = shapely.union_all(blocks)
    for best in np.argsort(span + OFF_POSITION_WEIGHT * off, kind="stable"):
        link = links[best]
        through = shapely.length(shapely.intersection(link, solid))
        if through < MAX_THROUGH_BLOCK_M and _separates(barrier, link):
            return link
    return None


def _separates(barrier: shapely.Geometry, link: shapely.LineString) -> bool:
    """Tell whether a line crosses the barrier from side to side."""
    rest = shapely.get_parts(shapely.difference(link, barrier))
    return len(rest) >= 2 and not shapely.intersects(barrier, shapely.get_point(link, 0))


def _near(lines: Geometries, points: Geometries) -> npt.NDArray[np.bool_]:
    """Mark lines within 40 m of a listed position."""
    marked = np.zeros(len(lines), dtype=bool)
    if len(points):
        hit = shapely.STRtree(lines).query(points, predicate="dwithin", distance=KNOWN_BRIDGE_M)
        marked[hit[1]] = True
    return marked


def _across(lines: Geometries, motorways: Motorways) -> npt.NDArray[np.bool_]:
    """Mark lines that meet the nearest motorway at 45 degrees or more."""
    tree = shapely.STRtree(motorways.centre_lines)
    nearest = motorways.centre_lines[tree.nearest(lines)]
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    at = shapely.line_locate_point(nearest, middle)
    ahead = shapely.line_interpolate_point(nearest, np.minimum(at + 5, shapely.length(nearest)))
    behind = shapely.line_interpolate_point(nearest, np.maximum(at - 5, 0))
    course = shapely.get_coordinates(ahead) - shapely.get_coordinates(behind)
    cosine = np.abs((_unit(course) * _unit(_course(lines))).sum(axis=1))
    return np.asarray(cosine < np.cos(np.radians(MIN_MOTORWAY_ANGLE_DEG)))


def _on_real_line(
    lines: Geometries, barriers: Geometries, real: Geometries
) -> npt.NDArray[np.bool_]:
    """Mark crossings along which a surveyed line leads over the same barrier."""
    over = _over_barrier(lines, barriers)
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    has = ~shapely.is_empty(over)
    middle[has] = shapely.centroid(over[has])
    radius = np.maximum(40.0, shapely.length(over) / 2 + BESIDE_BARRIER_M)
    line, other = shapely.STRtree(real).query(lines, predicate="dwithin", distance=REAL_LINE_M)
    part = shapely.intersection(real[other], shapely.buffer(middle[line], radius[line]))
    piece, owner = shapely.get_parts(part, return_index=True)
    is_line = shapely.length(piece) > 0
    piece, line = piece[is_line], line[owner[is_line]]
    course = _course(piece)
    long = np.hypot(*course.T) > np.maximum(20.0, 0.8 * shapely.length(over[line]))
    parallel = np.abs((_unit(course) * _unit(_course(lines[line]))).sum(axis=1)) > MIN_COSINE
    close = shapely.distance(piece, middle[line]) <= REAL_LINE_M
    marked = np.zeros(len(lines), dtype=bool)
    marked[line[long & parallel & close]] = True
    return marked


def _same_street(
    lines: Geometries, barriers: Geometries, places: NamedPlaces
) -> npt.NDArray[np.bool_]:
    """Mark crossings whose two ends have addresses of the same street, each on its own side."""
    place_tree, barrier_tree = shapely.STRtree(places.points), shapely.STRtree(barriers)
    names: list[list[set[str]]] = [[], []]
    for side, position in enumerate((0, -1)):
        for end in shapely.get_point(lines, position):
            near = place_tree.query(end, predicate="dwithin", distance=NAME_RADIUS_M)
            sight = shapely.shortest_line(end, places.points[near])
            which, barrier = barrier_tree.query(sight, predicate="intersects")
            blocked = np.bincount(
                which,
                shapely.length(shapely.intersection(sight[which], barriers[barrier])),
                minlength=len(near),
            )
            names[side].append(set(places.names[near[blocked < MAX_BARRIER_BETWEEN_M]]))
    return np.array([bool(a & b) for a, b in zip(*names, strict=True)], dtype=bool)


def _over_barrier(lines: Geometries, barriers: Geometries) -> Geometries:
    """Return the part of each line over barriers."""
    line, barrier = shapely.STRtree(barriers).query(lines, predicate="intersects")
    parts = [shapely.union_all(barriers[barrier[line == number]]) for number in range(len(lines))]
    return np.asarray(shapely.intersection(lines, np.array(parts, dtype=object)))


def _course(lines: Geometries) -> npt.NDArray[np.float64]:
    """Return the vector from the start to the end of each line, metres."""
    start = shapely.get_coordinates(shapely.get_point(lines, 0))
    return np.asarray(shapely.get_coordinates(shapely.get_point(lines, -1)) - start)


def _unit(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return vectors of length one."""
    return np.asarray(vectors / np.maximum(np.hypot(*vectors.T), 1e-9)[:, None])
