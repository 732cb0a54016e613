"""Surveyed lines: join parts of the cycle network and OSM cycleways that the skeleton lacks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from skeleton.inputs import Geometries

SAME_STREET_M = 14.0  # a real line this near to a skeleton line is the same street
MIN_PIECE_M = 12.0
MIN_CHAIN_M = 20.0
MAX_CONNECTOR_M = 25.0
OVERSHOOT_M = 0.5  # connectors run past the line they meet, so that noding finds the crossing
TOLERANCE_M = 1.0


def missing_lines(real: Geometries, skeleton: Geometries, barriers: Geometries) -> Geometries:
    """Return the parts of real lines farther than 14 m from the skeleton, merged to chains.

    Short parts are dropped as noise, but never one that leads over water, rail or a motorway.
    """
    tree = shapely.STRtree(skeleton)
    line, near = tree.query(real, predicate="dwithin", distance=SAME_STREET_M)
    rest = real.copy()
    order = np.argsort(line, kind="stable")
    line, near = line[order], near[order]
    owners, start = np.unique(line, return_index=True)
    for owner, group in zip(owners, np.split(near, start[1:]), strict=True):
        covered = shapely.union_all(shapely.buffer(skeleton[group], SAME_STREET_M, quad_segs=2))
        rest[owner] = shapely.difference(real[owner], covered)
    pieces = shapely.get_parts(rest)
    is_line = shapely.get_type_id(pieces) == shapely.GeometryType.LINESTRING
    pieces = pieces[is_line]
    pieces = pieces[(shapely.length(pieces) > MIN_PIECE_M) | _over(pieces, barriers)]
    pieces = shapely.simplify(pieces, TOLERANCE_M)
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(pieces)))
    return np.asarray(merged[(shapely.length(merged) > MIN_CHAIN_M) | _over(merged, barriers)])


def _over(lines: Geometries, barriers: Geometries) -> npt.NDArray[np.bool_]:
    """Mark lines that touch a barrier."""
    marked = np.zeros(len(lines), dtype=bool)
    marked[shapely.STRtree(barriers).query(lines, predicate="intersects")[0]] = True
    return marked


def connectors(lines: Geometries, skeleton: Geometries) -> Geometries:
    """Return short lines from the ends of real lines to the skeleton."""
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    tree = shapely.STRtree(skeleton)
    (end, near), distance = tree.query_nearest(ends, return_distance=True, all_matches=False)
    close = distance <= MAX_CONNECTOR_M
    shortest = shapely.shortest_line(ends[end[close]], skeleton[near[close]])
    return overshoot(shortest[shapely.length(shortest) > 0])


def overshoot(lines: Geometries, *, both: bool = False) -> Geometries:
    """Lengthen straight lines by half a metre at their end, or at both ends."""
    xy = shapely.get_coordinates(lines).reshape(-1, 2, 2)
    along = xy[:, 1] - xy[:, 0]
    step = along / np.hypot(*along.T)[:, None] * OVERSHOOT_M
    start = xy[:, 0] - step if both else xy[:, 0]
    return np.asarray(shapely.linestrings(np.stack([start, xy[:, 1] + step], axis=1)))
