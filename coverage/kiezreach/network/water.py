"""Water that nobody walks through: no straight line from a place to its street crosses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.polygons import polygons, subdivide

if TYPE_CHECKING:
    import numpy.typing as npt

_MAX_VERTICES = 32  # of a piece: a line is compared with few vertices
BANK_M = 5.0  # banks are drawn to some metres, and water narrower than twice this is a ditch


class Water:
    """What is left of water when its banks are drawn in by `BANK_M`.

    Parameters
    ----------
    shapes
        Polygons in a projected CRS in metres.
    """

    def __init__(self, shapes: npt.NDArray[np.object_]) -> None:
        inner = polygons(shapely.buffer(shapes, -BANK_M, quad_segs=2))
        self._tree = shapely.STRtree(subdivide(inner, _MAX_VERTICES))

    def crossed(
        self, start: npt.NDArray[np.float64], end: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.bool_]:
        """Return which of the straight lines from `start` to `end`, shapes (n, 2), cross it.

        Lines that are too short to lead across stay on a bridge or a bank.
        """
        wet = np.zeros(len(start), dtype=bool)
        long = np.flatnonzero(np.hypot(*(end - start).T) > 2 * BANK_M)
        lines = shapely.linestrings(np.stack([start[long], end[long]], axis=1))
        wet[long[self._tree.query(lines, predicate="intersects")[0]]] = True
        return wet

    def holds(self, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Return which of the points, shape (n, 2), are in it."""
        inside = np.zeros(len(xy), dtype=bool)
        inside[self._tree.query(shapely.points(xy), predicate="intersects")[0]] = True
        return inside

    def distance(self, xy: npt.NDArray[np.float64], limit: float) -> npt.NDArray[np.float64]:
        """Return how far points, shape (n, 2), are from it in metres, inf beyond the limit."""
        away = np.full(len(xy), np.inf)
        (who, _), distance = self._tree.query_nearest(
            shapely.points(xy), max_distance=limit, return_distance=True, all_matches=False
        )
        away[who] = distance
        return away
