"""Infer bridges and underpasses: two street ends that face each other across a barrier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from skeleton.chains import Chains
from skeleton.inputs import Geometries
from skeleton.obstacles import Kind, Obstacles
from skeleton.streets import end_nodes

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEAR_BARRIER_M = 40.0  # a street end this near to a barrier may lead across it
BANK_SAMPLE_STEP_M = 5.0
DIRECTION_BASE_M = 60.0  # stretch of street whose direction counts
TIP_M = 12.0  # the very end bends towards the junction and is left out
MIN_STREET_M = 10.0
SPAN_M = (8.0, 160.0)  # street end to street end
MAX_OVER_BARRIER_M = 90.0  # the longest inner-city bridges; longer ones must be listed by name
MAX_ANGLE_DEG = 22.0
MAX_ANGLE_WITH_SMALL_OFFSET_DEG = 35.0
SMALL_OFFSET_M = 18.0
MAX_THROUGH_BLOCK_M = 3.0
SPAN_WEIGHT_M = 200.0  # a span this long counts as much as one end that points sideways


@dataclass(frozen=True)
class StreetEnds:
    """Street ends near a barrier: place, unit direction outwards, node number."""

    xy: Floats
    direction: Floats
    node: Ints


@dataclass(frozen=True)
class Crossings:
    """Inferred crossings: straight lines and the kind of barrier each one leads across."""

    lines: Geometries
    kind: Ints

    def select(self, mask: npt.NDArray[np.bool_]) -> Crossings:
        """Return the crossings chosen by a mask."""
        return Crossings(self.lines[mask], self.kind[mask])


def infer_crossings(streets: Chains, obstacles: Obstacles) -> Crossings:
    """Pair street ends that face each other across water, rail or motorway."""
    barriers = obstacles.barriers()
    ends = street_ends(streets, barriers)
    a, b, score = _facing_pairs(ends)
    lines = shapely.linestrings(np.stack([ends.xy[a], ends.xy[b]], axis=1))
    over = _length_inside(lines, barriers)
    through = _length_inside(lines, obstacles.blocks)
    possible = (over > 0) & (over <= MAX_OVER_BARRIER_M) & (through < MAX_THROUGH_BLOCK_M)
    a, b, score, lines = a[possible], b[possible], score[possible], lines[possible]
    chosen = _best_partners(ends.node[a], ends.node[b], score)
    return Crossings(lines[chosen], barrier_kind(lines[chosen], obstacles))


def street_ends(streets: Chains, barriers: Geometries) -> StreetEnds:
    """Return the ends of streets near a barrier with their outward direction."""
    nodes, ends = end_nodes(streets.lines)
    banks = shapely.get_coordinates(
        shapely.segmentize(shapely.boundary(barriers), BANK_SAMPLE_STEP_M)
    )
    to_bank = np.asarray(cKDTree(banks).query(nodes, distance_upper_bound=NEAR_BARRIER_M)[0])
    near = to_bank <= NEAR_BARRIER_M
    along_barrier = np.isin(streets.kinds, (Kind.WATER, Kind.RAIL, Kind.MOTORWAY)).any(axis=1)
    length = shapely.length(streets.lines)
    usable = ~along_barrier & (length >= MIN_STREET_M)
    line, side = np.nonzero(near[ends] & usable[:, None])
    base = np.minimum(length[line], DIRECTION_BASE_M)
    tip = np.minimum(base / 3, TIP_M)
    start = _from_end(streets.lines[line], base, side)
    direction = _from_end(streets.lines[line], tip, side) - start
    norm = np.hypot(*direction.T)
    straight = norm >= MIN_STREET_M / 2
    node = ends[line, side]
    return StreetEnds(nodes[node][straight], (direction / norm[:, None])[straight], node[straight])


def barrier_kind(lines: Geometries, obstacles: Obstacles) -> Ints:
    """Return the kind of the barrier that each line crosses (water before rail and motorway)."""
    kind = np.full(len(lines), int(Kind.MOTORWAY))
    for value, polygons in (
        (Kind.RAIL, obstacles.rail),
        (Kind.WATER, obstacles.water),
    ):
        if len(polygons):
            kind[shapely.STRtree(polygons).query(lines, predicate="intersects")[0]] = value
    return kind


def _from_end(lines: Geometries, distance: Floats, side: Ints) -> Floats:
    """Return the point at a distance from the start (side 0) or the end (side 1)."""
    at = np.where(side == 0, distance, shapely.length(lines) - distance)
    return shapely.get_coordinates(shapely.line_interpolate_point(lines, at))


def _facing_pairs(ends: StreetEnds) -> tuple[Ints, Ints, Floats]:
    """Return pairs of ends that point at each other, with a score (higher is better)."""
    points = shapely.points(ends.xy)
    a, b = shapely.STRtree(points).query(points, predicate="dwithin", distance=SPAN_M[1])
    a, b = a[a < b], b[a < b]
    gap = ends.xy[b] - ends.xy[a]
    span = np.hypot(*gap.T)
    apart = (span > SPAN_M[0]) & (ends.node[a] != ends.node[b])
    a, b, gap, span = a[apart], b[apart], gap[apart], span[apart]
    cos_a = (gap * ends.direction[a]).sum(axis=1) / span
    cos_b = -(gap * ends.direction[b]).sum(axis=1) / span
    worst = np.minimum(cos_a, cos_b)
    offset = span * np.sqrt(np.maximum(0, 1 - worst**2))
    facing = worst > np.cos(np.radians(MAX_ANGLE_DEG))
    facing |= (worst > np.cos(np.radians(MAX_ANGLE_WITH_SMALL_OFFSET_DEG))) & (
        offset < SMALL_OFFSET_M
    )
    score = cos_a + cos_b - span / SPAN_WEIGHT_M
    return a[facing], b[facing], score[facing]


def _length_inside(lines: Geometries, polygons: Geometries) -> Floats:
    """Return the length of each line inside the polygons, metres, counted at points 1 m apart.

    Point tests on prepared polygons are far faster than cutting lines with large rivers.
    """
    line, polygon = shapely.STRtree(polygons).query(lines)
    count = np.maximum(np.rint(shapely.length(lines[line])).astype(np.int64), 1)
    at = _ranges(count)
    owner = np.repeat(np.arange(len(line)), count)
    share = (at + 0.5) / count[owner]
    xy = shapely.get_coordinates(lines).reshape(-1, 2, 2)[line[owner]]
    point = xy[:, 0] + (xy[:, 1] - xy[:, 0]) * share[:, None]
    shapely.prepare(polygons)
    inside = shapely.contains_xy(polygons[polygon[owner]], point)
    hits = np.zeros(len(lines))
    np.add.at(hits, line[owner], inside)
    return hits


def _ranges(count: Ints) -> Ints:
    """Return 0 to count - 1 for each count, one after the other."""
    start = np.cumsum(count) - count
    return np.arange(count.sum()) - np.repeat(start, count)


def _best_partners(a: Ints, b: Ints, score: Floats) -> Ints:
    """Give every node at most one partner, best pairs first."""
    taken: set[int] = set()
    chosen = []
    for pair in np.lexsort([b, a, -score]):
        ends = {int(a[pair]), int(b[pair])}
        if ends & taken:
            continue
        taken |= ends
        chosen.append(pair)
    return np.array(chosen, dtype=np.int64)
