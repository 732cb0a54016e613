"""Merge ridges and line pieces into chains between junctions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from skeleton.inputs import Geometries

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Chains:
    """Lines between junctions with their attributes.

    ``clearance`` is the mean distance to the boundary in metres, ``kinds`` (n, 2) the obstacle
    kinds on either side in rising order, taken from most of the length.
    """

    lines: Geometries
    clearance: Floats
    kinds: Ints

    def select(self, mask: npt.NDArray[np.bool_]) -> Chains:
        """Return the chains chosen by a mask."""
        return Chains(self.lines[mask], self.clearance[mask], self.kinds[mask])

    def along(self, kind: int) -> npt.NDArray[np.bool_]:
        """Mark the chains that have an obstacle of this kind on one side."""
        return np.asarray((self.kinds == kind).any(axis=1))


def merge_segments(ends: Floats) -> Geometries:
    """Merge straight pieces (n, 2, 2) at every point where exactly two of them meet."""
    ends = ends[(ends[:, 0] != ends[:, 1]).any(axis=1)]
    if not len(ends):
        return np.array([], dtype=object)
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(ends)))
    return _sorted(shapely.get_parts(merged))


def build_chains(ends: Floats, clearance: Floats, kinds: Ints) -> Chains:
    """Merge ridges to chains and carry their attributes over.

    Parameters
    ----------
    ends
        Both ends of each ridge, (n, 2, 2) in metres.
    clearance
        Distance to the nearer boundary, metres.
    kinds
        Obstacle kinds on either side, (n, 2).
    """
    ends = np.round(ends, 2)
    ends = np.where(_swap(ends)[:, None, None], ends[:, ::-1], ends)
    _, unique = np.unique(ends.reshape(-1, 4), axis=0, return_index=True)
    ends, clearance, kinds = ends[unique], clearance[unique], np.sort(kinds[unique], axis=1)
    lines = merge_segments(ends)
    piece, owner = _pieces(lines)
    source = _match(ends, piece)
    length = np.hypot(*(piece[:, 1] - piece[:, 0]).T)
    total = np.bincount(owner, length, minlength=len(lines))
    mean = np.bincount(owner, length * clearance[source], minlength=len(lines)) / total
    return Chains(lines, mean, _majority(kinds[source], owner, length, len(lines)))


def _swap(ends: Floats) -> npt.NDArray[np.bool_]:
    """Mark pieces whose end comes before their start in x, then y."""
    start, end = ends[:, 0], ends[:, 1]
    return (end[:, 0] < start[:, 0]) | ((end[:, 0] == start[:, 0]) & (end[:, 1] < start[:, 1]))


def _pieces(lines: Geometries) -> tuple[Floats, Ints]:
    """Cut lines into straight pieces, ordered as in ``build_chains``, with their line number."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    inner = owner[1:] == owner[:-1]
    piece = np.stack([xy[:-1][inner], xy[1:][inner]], axis=1)
    piece = np.where(_swap(piece)[:, None, None], piece[:, ::-1], piece)
    return piece, owner[:-1][inner]


def _match(ends: Floats, piece: Floats) -> Ints:
    """Return for each piece the number of the equal ridge."""
    both = np.concatenate([ends, piece]).reshape(-1, 4)
    _, code = np.unique(both, axis=0, return_inverse=True)
    code = code.ravel()
    place = np.zeros(code.max() + 1, dtype=np.int64)
    place[code[: len(ends)]] = np.arange(len(ends))
    return place[code[len(ends) :]]


def _majority(kinds: Ints, owner: Ints, length: Floats, count: int) -> Ints:
    """Return the pair of kinds that most of each chain's length has."""
    pair = kinds[:, 0] * 10 + kinds[:, 1]
    codes, code = np.unique(pair, return_inverse=True)
    share = np.zeros((count, len(codes)))
    np.add.at(share, (owner, code.ravel()), length)
    best = codes[share.argmax(axis=1)]
    return np.stack([best // 10, best % 10], axis=1)


def _sorted(lines: Geometries) -> Geometries:
    """Sort lines by their first, then last point, so that the order is reproducible."""
    first = shapely.get_coordinates(shapely.get_point(lines, 0))
    last = shapely.get_coordinates(shapely.get_point(lines, -1))
    order = np.lexsort([shapely.length(lines), *last.T[::-1], *first.T[::-1]])
    return np.asarray(lines[order])
