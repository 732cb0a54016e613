"""Straight lines across squares: between the ways that meet them, and around what stands there."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt

MAX_POINTS = 60  # 1,770 lines at most: an outline with more is a quarter, not a square
_PAIRS = np.tril_indices(MAX_POINTS, k=-1)  # the first n (n - 1) / 2 are all pairs of n points
_TOLERANCE_DEG = 1e-8  # about 1 mm: a line along the outline must not fail by rounding


def surfaces_from_rings(
    outlines: list[list[npt.NDArray[np.float64]]],
) -> npt.NDArray[np.object_]:
    """Make surfaces of their outlines.

    Parameters
    ----------
    outlines
        For each surface the coordinates of the lines that form its outer and inner outlines, in
        any order.

    Returns
    -------
    array, shape (len(outlines),)
        Polygons and MultiPolygons; None where the outlines enclose nothing, or where not all of
        their coordinates are known.
    """
    drawn = [
        (number, ring)
        for number, rings in enumerate(outlines)
        if all(np.isfinite(ring).all() for ring in rings)
        for ring in rings
        if len(ring) > 1
    ]
    surfaces = np.full(len(outlines), None, dtype=object)
    if not drawn:
        return surfaces
    length = [len(ring) for _, ring in drawn]
    lines = shapely.linestrings(
        np.concatenate([ring for _, ring in drawn]),
        indices=np.repeat(np.arange(len(drawn)), length),
    )
    shapely.geometrycollections(lines, indices=[number for number, _ in drawn], out=surfaces)
    surfaces = shapely.build_area(shapely.node(surfaces))
    usable = ~shapely.is_empty(surfaces) & shapely.is_valid(surfaces) & (shapely.area(surfaces) > 0)
    surfaces[~usable] = None
    return surfaces


def lines_across(
    surfaces: npt.NDArray[np.object_],
    entries: list[npt.NDArray[np.int64]],
    outlines: list[list[npt.NDArray[np.int32]]],
    xy: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the pairs of vertices between which people walk straight across surfaces.

    Parameters
    ----------
    surfaces
        Shape (s,): the surfaces, with their holes.
    entries
        Vertices of each outline that other ways meet, rising.
    outlines
        Vertices of the lines that form each outline: neighbours on it need no line.
    xy
        Shape (p, 2): coordinates of all vertices, in degrees.

    Returns
    -------
    array, shape (q, 2)
        Pairs of vertices; each line between them lies within its surface. Where the corners
        that a path may bend around are few enough, they are among them, so that every shortest
        path over the surface between two entries is there.
    array, shape (q,)
        Surface of each pair, not falling.
    """
    bends = _bends(surfaces, outlines, xy)
    useful = [_useful_pairs(*parts, xy) for parts in zip(entries, bends, outlines, strict=True)]
    pairs = np.concatenate([*useful, np.empty((0, 2), dtype=np.int64)])
    surface = np.repeat(np.arange(len(surfaces)), [len(part) for part in useful])
    areas = np.full(len(surfaces), None, dtype=object)
    asked = np.unique(surface)
    areas[asked] = shapely.buffer(surfaces[asked], _TOLERANCE_DEG)
    shapely.prepare(areas)
    within = shapely.covers(areas[surface], shapely.linestrings(xy[pairs]))
    return pairs[within], surface[within]


def _useful_pairs(
    entries: npt.NDArray[np.int64],
    bends: dict[int, npt.NDArray[np.float64]],
    outline: list[npt.NDArray[np.int32]],
    xy: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """Return the pairs of entries and bends that a shortest path may go between."""
    points = np.array(sorted({*entries.tolist(), *bends}), dtype=np.int64)
    if len(points) > MAX_POINTS:
        points = entries
    first, second = _PAIRS[0], _PAIRS[1]
    size = len(points) * (len(points) - 1) // 2
    pairs = np.column_stack([points[second[:size]], points[first[:size]]])
    beside = {(min(step), max(step)) for ring in outline for step in pairwise(ring.tolist())}
    useful = np.array([pair not in beside for pair in map(tuple, pairs.tolist())], dtype=bool)
    for vertex in set(bends) - set(entries.tolist()):
        for end, far in ((0, 1), (1, 0)):
            at = np.flatnonzero(useful & (pairs[:, end] == vertex))
            useful[at] = _grazes(bends[vertex], xy[pairs[at, far]])
    return pairs[useful]


def _bends(
    surfaces: npt.NDArray[np.object_],
    outlines: list[list[npt.NDArray[np.int32]]],
    xy: npt.NDArray[np.float64],
) -> list[dict[int, npt.NDArray[np.float64]]]:
    """Find the vertices at which outlines point into their surface.

    Returns
    -------
    list of dict
        For each surface by vertex, shape (3, 2): the corners before, at and after it on the
        outline.
    """
    rings, surface = shapely.get_rings(shapely.orient_polygons(surfaces), return_index=True)
    at, ring = shapely.get_coordinates(rings, return_index=True)
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    last = np.flatnonzero(np.diff(ring, append=-1))
    before = np.arange(len(at)) - 1
    before[first] = last - 1  # the last place of a ring is its first again
    step = np.delete(np.arange(len(at)), last)
    corners = np.stack([at[before[step]], at[step], at[step + 1]], axis=1)
    # The surface is to the left of every outline: a turn to the right points into it.
    inward = _turn(*corners.transpose(1, 0, 2)) < 0
    bends: list[dict[int, npt.NDArray[np.float64]]] = [{} for _ in surfaces]
    vertex_at: dict[tuple[float, float], int] = {}
    of = -1
    for number, corner in zip(surface[ring[step[inward]]].tolist(), corners[inward], strict=True):
        if number != of:
            of, vertices = number, np.unique(np.concatenate(outlines[number]))
            vertex_at = dict(zip(map(tuple, xy[vertices].tolist()), vertices.tolist(), strict=True))
        vertex = vertex_at.get((corner[1, 0], corner[1, 1]))
        if vertex is not None:
            bends[number][vertex] = corner
    return bends


def _grazes(corner: npt.NDArray[np.float64], far: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return whether paths from the points `far`, shape (n, 2), could bend around a corner.

    They can if both sides of the outline at the corner lie on one side of the path.
    """
    before, at, after = corner
    grazes: npt.NDArray[np.bool_] = _turn(far, at, before) * _turn(far, at, after) >= 0
    return grazes


def _turn(
    a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], c: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return a value that is positive where the path a-b-c turns left, zero where straight."""
    into, out = b - a, c - b
    return np.asarray(into[..., 0] * out[..., 1] - into[..., 1] * out[..., 0])
