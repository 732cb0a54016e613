"""Straight lines across squares, between the ways that meet them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt

MAX_ENTRIES = 60  # 1,770 lines: beyond this an outline is a whole quarter, not a square
_TOLERANCE_DEG = 1e-8  # about 1 mm: a line along the outline must not fail by rounding


def surface_from_rings(rings: list[npt.NDArray[np.float64]]) -> shapely.Geometry | None:
    """Make a surface of its outlines, or None where they enclose nothing valid.

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
    xy: npt.NDArray[np.float64],
    outline: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Return the pairs of entries that see each other across the surface.

    Parameters
    ----------
    surface
        The surface, with its holes.
    entries
        Vertices of the outline that other ways meet.
    xy
        Shape (p, 2): coordinates of all vertices, in degrees.
    outline
        Shape (s, 2): pairs of neighbours on the outline, which need no line.

    Returns
    -------
    array, shape (q, 2)
        Pairs of vertices; each line between them lies within the surface.
    """
    first, second = np.triu_indices(len(entries), k=1)
    pairs = np.column_stack([entries[first], entries[second]])
    on_outline = {(min(a, b), max(a, b)) for a, b in outline.tolist()}
    ordered = ((min(a, b), max(a, b)) for a, b in pairs.tolist())
    pairs = pairs[[pair not in on_outline for pair in ordered]]
    if not len(pairs):
        return pairs
    area = surface.buffer(_TOLERANCE_DEG)
    shapely.prepare(area)
    return pairs[shapely.covers(area, shapely.linestrings(xy[pairs]))]
