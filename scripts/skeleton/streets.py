"""Street centre lines: which ridges are wide enough to be a street, and their chains."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from skeleton.chains import Chains, build_chains
from skeleton.obstacles import Kind, Obstacles
from skeleton.ridges import join_samples, pocket_ridges, sample_boundaries, voronoi_ridges

SAMPLE_STEP_M = 5.0
# Smallest distance from the centre line to the nearer obstacle (half the gap), metres. Streets of
# 3 m stand for passages; along water and rail half the gap must hold a path beside the bank.
MIN_CLEARANCE_M = {
    (Kind.BLOCK, Kind.BLOCK): 1.5,
    (Kind.BLOCK, Kind.WATER): 3.0,
    (Kind.BLOCK, Kind.RAIL): 5.0,
    (Kind.BLOCK, Kind.OPEN): 0.0,
    (Kind.BLOCK, Kind.MOTORWAY): 4.0,
    (Kind.WATER, Kind.WATER): 2.0,
    (Kind.WATER, Kind.OPEN): 0.0,
    (Kind.RAIL, Kind.RAIL): 3.0,
    (Kind.OPEN, Kind.OPEN): 0.0,
}
POCKET_CLEARANCE_M = 9.0  # half the width of a usual residential street, for dead ends in a block
MAX_BETWEEN_TRACKS_M = 80.0  # a longer line between two rail corridors is railway land
MAX_BANK_STUB_CLEARANCE_M = 7.0  # a narrow dead end along a bank is no promenade
BANK_PRUNING_ROUNDS = 8
TOLERANCE_M = 2.0  # Douglas-Peucker of the zigzag that sampling leaves
OUTSIDE_MARGIN_M = 30.0  # lines on the city border are kept


def street_lines(obstacles: Obstacles, boundary: shapely.Geometry) -> Chains:
    """Return the centre lines of the gaps that are wide enough for a street.

    Parameters
    ----------
    obstacles
        Obstacle polygons (EPSG:25833).
    boundary
        City boundary; lines that leave it are dropped.
    """
    samples = join_samples(
        [
            sample_boundaries(part, int(first), SAMPLE_STEP_M)
            for part, first in zip(obstacles.by_kind, obstacles.offsets, strict=False)
            if len(part)
        ]
    )
    ridges = voronoi_ridges(samples)
    pockets = ridges.select(pocket_ridges(ridges, len(obstacles.blocks)))
    gaps = ridges.select(ridges.labels[:, 0] != ridges.labels[:, 1])
    kinds = np.sort(obstacles.kind_of(gaps.labels), axis=1)
    clearance = gaps.clearance()
    wide = _wide_enough(kinds, clearance)
    # Where a corridor fills its gap, it has no boundary of its own, and the gap still has a ridge.
    wide &= ~_inside(gaps.middle, obstacles.motorways)
    chains = build_chains(
        np.concatenate([gaps.ends[wide], pockets.ends]),
        np.r_[clearance[wide], np.full(len(pockets.ends), POCKET_CLEARANCE_M)],
        np.concatenate([kinds[wide], np.zeros((len(pockets.ends), 2), dtype=np.int64)]),
    )
    return _prune_banks(_plausible(chains, boundary))


def _wide_enough(
    kinds: npt.NDArray[np.int64], clearance: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Mark the ridges whose gap is wide enough for what lies on both sides."""
    keep = np.zeros(len(kinds), dtype=bool)
    for (low, high), minimum in MIN_CLEARANCE_M.items():
        here = (kinds[:, 0] == low) & (kinds[:, 1] == high)
        keep |= here & (clearance >= minimum)
    return keep


def _inside(
    points: npt.NDArray[np.float64], polygons: npt.NDArray[np.object_]
) -> npt.NDArray[np.bool_]:
    """Mark points (n, 2) that lie in one of the polygons."""
    inside = np.zeros(len(points), dtype=bool)
    shapely.prepare(polygons)
    for polygon in polygons:
        x_min, y_min, x_max, y_max = shapely.bounds(polygon)
        near = np.flatnonzero(
            (points[:, 0] >= x_min)
            & (points[:, 0] <= x_max)
            & (points[:, 1] >= y_min)
            & (points[:, 1] <= y_max)
        )
        inside[near] = shapely.contains_xy(polygon, points[near])
    return inside


def _plausible(chains: Chains, boundary: shapely.Geometry) -> Chains:
    """Drop chains between tracks and outside the city, and simplify the rest."""
    city = shapely.buffer(boundary, OUTSIDE_MARGIN_M)
    shapely.prepare(city)
    between = (chains.kinds == Kind.RAIL).all(axis=1)
    keep = ~(between & (shapely.length(chains.lines) > MAX_BETWEEN_TRACKS_M))
    keep &= shapely.contains_properly(city, chains.lines)
    kept = chains.select(keep)
    return Chains(shapely.simplify(kept.lines, TOLERANCE_M), kept.clearance, kept.kinds)


def _prune_banks(chains: Chains) -> Chains:
    """Drop narrow lines along water that end blind, from their ends inwards."""
    for _ in range(BANK_PRUNING_ROUNDS):
        bank = (chains.kinds[:, 0] == Kind.BLOCK) & (chains.kinds[:, 1] == Kind.WATER)
        narrow = bank & (chains.clearance < MAX_BANK_STUB_CLEARANCE_M)
        blind = narrow & dead_ends(chains.lines).any(axis=1)
        if not blind.any():
            break
        chains = chains.select(~blind)
    return chains


def end_nodes(
    lines: npt.NDArray[np.object_],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return the distinct end points (to 1 cm) and the two node numbers of each line."""
    ends = np.stack(
        [shapely.get_coordinates(shapely.get_point(lines, place)) for place in (0, -1)], axis=1
    )
    nodes, number = np.unique(np.round(ends.reshape(-1, 2), 2), axis=0, return_inverse=True)
    return nodes, number.reshape(-1, 2)


def dead_ends(lines: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Mark for each line whether its start and its end touch no other line, (n, 2)."""
    nodes, ends = end_nodes(lines)
    return np.asarray(np.bincount(ends.ravel(), minlength=len(nodes))[ends] == 1)
