"""The unserved ground: inhabited blocks without the catchment, cut where barriers run through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from kiezreach.polygons import polygons, subdivide, without

if TYPE_CHECKING:
    import numpy.typing as npt

_CLEAR_M = 0.5  # of a barrier: ground that touched it could not be told from ground across it
_SLIVER_M2 = 1000.0  # a piece that the barrier's drawing cuts off, not a place across it


def unserved_ground(
    blocks: npt.NDArray[np.object_],
    catchment: shapely.Geometry,
    barriers: npt.NDArray[np.object_],
) -> npt.NDArray[np.object_]:
    """Take the catchment out of the blocks, and cut what is left at barriers.

    Parameters
    ----------
    blocks
        Polygons of where residents live.
    catchment
        Where the centres reach.
    barriers
        Lines and polygons that ground does not go across.

    Returns
    -------
    array of Polygon
        None of them touches a barrier, but for one that a barrier covers.
    """
    pieces = subdivide(shapely.get_parts(catchment))
    parts = polygons(without(blocks, pieces))
    barrier, block = shapely.STRtree(parts).query(barriers, predicate="intersects")
    if not len(block):
        return parts
    met = np.unique(barrier)
    wide = np.full(len(barriers), None, dtype=object)
    wide[met] = shapely.buffer(barriers[met], _CLEAR_M, quad_segs=1)
    cut = [
        _large(shapely.difference(parts[b], shapely.union_all(wide[group.to_numpy()])), parts[b])
        for b, group in pd.Series(barrier).groupby(block, sort=True)
    ]
    return np.concatenate([np.delete(parts, np.unique(block)), *cut])


def disjoint(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Give ground that two shapes share to the first: blocks may overlap where they meet."""
    shapes = shapes.copy()
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for first, second in sorted(zip(a[a < b].tolist(), b[a < b].tolist(), strict=True)):
        shapes[second] = shapely.difference(shapes[second], shapes[first])
    return shapes


def _large(cut: shapely.Geometry, whole: shapely.Polygon) -> npt.NDArray[np.object_]:
    """Keep the pieces of a cut part that are no slivers, or else the largest one."""
    pieces = polygons(np.array([cut]))
    if not len(pieces):
        return np.array([whole], dtype=object)
    area = shapely.area(pieces)
    return np.asarray(pieces[area >= min(_SLIVER_M2, area.max())])
