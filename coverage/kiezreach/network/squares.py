"""Straight lines across squares: between the ways that meet them, and around what stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt

MAX_POINTS = 60  # 1,770 lines at most: an outline with more is a quarter, not a square
_PAIRS = np.tril_indices(MAX_POINTS, k=-1)  # the first n (n - 1) / 2 are all pairs of n points
_TOLERANCE_DEG = 1e-8  # about 1 mm: a line along the outline must not fail by rounding


def surface_from_rings(rings: list[npt.NDArray[np.float64]]) -> shapely.Geometry | None:
    """Make a surface of its outlines, or None where they enclose nothing.

    Parameters
    ----------
    rings
        Coordinates of the lines that form the outer and inner outlines, in any order.
    """
    lines = [shapely.linestrings(ring) for ring in rings if len(ring) > 1]
    surface = shapely.build_area(shapely.node(shapely.geometrycollections(lines)))
    usable = not surface.is_empty and surface.is_valid and surface.area > 0
    return surface if usable else None


def lines_across(
    surface: shapely.Geometry,
    entries: npt.NDArray[np.int64],
    outline: npt.NDArray[np.int64],
    xy: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """Return the pairs of vertices between which people walk straight across a surface.

    Parameters
    ----------
    surface
        The surface, with its holes.
    entries
        Vertices of the outline that other ways meet.
    outline
        Shape (s, 2): pairs of neighbours on the outlines, which need no line.
    xy
        Shape (p, 2): coordinates of all vertices, in degrees.

    Returns
    -------
    array, shape (q, 2)
        Pairs of vertices; each line between them lies within the surface. Where the corners
        that a path may bend around are few enough, they are among them, so that every shortest
        path over the surface between two entries is there.
    """
    bends = _bends(surface, np.array(sorted(set(outline.ravel().tolist()))), xy)
    points = np.array(sorted({*entries.tolist(), *bends}), dtype=np.int64)
    if len(points) > MAX_POINTS:
        points = entries
    first, second = _PAIRS[0], _PAIRS[1]
    size = len(points) * (len(points) - 1) // 2
    pairs = np.column_stack([points[second[:size]], points[first[:size]]])
    beside = {(min(a, b), max(a, b)) for a, b in outline.tolist()}
    useful = np.array([pair not in beside for pair in map(tuple, pairs.tolist())], dtype=bool)
    for vertex in set(bends) - set(entries.tolist()):
        for end, far in ((0, 1), (1, 0)):
            at = np.flatnonzero(useful & (pairs[:, end] == vertex))
            useful[at] = _grazes(bends[vertex], xy[pairs[at, far]])
    pairs = pairs[useful]
    if not len(pairs):
        return pairs
    area = surface.buffer(_TOLERANCE_DEG)
    shapely.prepare(area)
    return pairs[shapely.covers(area, shapely.linestrings(xy[pairs]))]


def _bends(
    surface: shapely.Geometry, vertices: npt.NDArray[np.int64], xy: npt.NDArray[np.float64]
) -> dict[int, npt.NDArray[np.float64]]:
    """Find the vertices at which the outline points into the surface.

    Returns
    -------
    dict
        By vertex, shape (3, 2): the corners before, at and after it on the outline.
    """
    places = map(tuple, xy[vertices].tolist())
    vertex_at = dict(zip(places, vertices.tolist(), strict=True))
    bends = {}
    for ring in shapely.get_rings(shapely.orient_polygons(surface)):
        at = shapely.get_coordinates(ring)[:-1]
        step = np.arange(len(at))
        corners = np.stack([at[step - 1], at, at[(step + 1) % len(at)]], axis=1)
        # The surface is to the left of every outline: a turn to the right points into it.
        for corner in corners[_turn(*corners.transpose(1, 0, 2)) < 0]:
            vertex = vertex_at.get((corner[1, 0], corner[1, 1]))
            if vertex is not None:
                bends[vertex] = corner
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
