"""Tie points to the nearest place on an edge of the main component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork


EQUAL_M = 1e-6  # places whose distances differ by less are equally near


@dataclass(frozen=True, eq=False)
class Snap:
    """Where points stand on a network; one entry per point.

    Parameters
    ----------
    edge
        Shape (n,): edge index, -1 where the point is unlinked.
    offset
        Shape (n,): metres along the edge from its first node.
    access
        Shape (n,): length of the access leg in metres, also where the point is unlinked.
    """

    edge: npt.NDArray[np.int64]
    offset: npt.NDArray[np.float64]
    access: npt.NDArray[np.float64]

    @property
    def linked(self) -> npt.NDArray[np.bool_]:
        """Shape (n,): whether the point has a place on the network."""
        return self.edge >= 0


def point_xy(points: gpd.GeoDataFrame | gpd.GeoSeries, crs: str) -> npt.NDArray[np.float64]:
    """Return the coordinates of a point frame in the network's CRS.

    Parameters
    ----------
    points
        Points in any CRS.
    crs
        The network's CRS.

    Returns
    -------
    array, shape (n, 2), metres

    Raises
    ------
    InputError
        If the frame has no CRS, or a geometry is no point, empty, or not finite.
    """
    geometry = points.geometry
    if geometry.crs is None:
        msg = "the points have no CRS"
        raise InputError(msg, remedy="Set it, for example with .set_crs('EPSG:4326')")
    array = geometry.to_crs(crs).to_numpy()
    bad = (shapely.get_type_id(array) != 0) | shapely.is_empty(array)
    xy = np.full((len(array), 2), np.nan)
    xy[~bad] = shapely.get_coordinates(array[~bad])
    bad |= ~np.isfinite(xy).all(axis=1)
    if bad.any():
        first = geometry.index[np.flatnonzero(bad)[0]]
        msg = f"{bad.sum()} geometries are not points with finite coordinates"
        raise InputError(msg, row=f"id {first}", remedy="Repair or remove these rows")
    return xy


def first_of_equal(
    which: npt.NDArray[np.int64],
    distance: npt.NDArray[np.float64],
    place: npt.NDArray[np.float64],
    edge: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Choose among equally near places: the smallest x, then y, then edge.

    Places whose distances differ by less than rounding (a micrometre) are equally near, so that
    neither the order of edges nor the origin of coordinates decides.

    Parameters
    ----------
    which
        Shape (k,): number of the point that each candidate belongs to, not falling.
    distance, place, edge
        Shapes (k,), (k, 2), (k,): the candidates.

    Returns
    -------
    array
        Position of the chosen candidate of each point that has one, in the order of the points.
    """
    starts = np.flatnonzero(np.diff(which, prepend=-1))
    if not len(starts):
        return starts
    nearest = np.minimum.reduceat(distance, starts)
    count = np.diff(starts, append=len(which))
    equal = np.flatnonzero(distance <= np.repeat(nearest, count) + EQUAL_M)
    x, y = np.round(place[equal], 6).T  # one place on two edges must compare equal
    order = equal[np.lexsort((edge[equal], y, x, which[equal]))]
    chosen: npt.NDArray[np.int64] = order[np.flatnonzero(np.diff(which[order], prepend=-1))]
    return chosen


def snap(net: WalkNetwork, xy: npt.NDArray[np.float64], limit: float) -> Snap:
    """Tie points to the nearest place on an edge of the main component.

    Parameters
    ----------
    net
        The network.
    xy
        Shape (n, 2): points in the network's CRS.
    limit
        Longest access leg in metres; points farther away are unlinked.

    Returns
    -------
    Snap
        Of several places that are equally near, the one that `first_of_equal` chooses.
    """
    n = len(xy)
    edge = np.full(n, -1, dtype=np.int64)
    offset, access = np.zeros(n), np.full(n, np.inf)
    if n == 0:
        return Snap(edge, offset, access)
    points = shapely.points(xy)
    (who, _), distance = net.main_tree.query_nearest(
        points, return_distance=True, all_matches=False
    )
    access[who] = distance
    near = np.flatnonzero(access <= limit)
    which, found = net.main_tree.query(
        points[near], predicate="dwithin", distance=access[near] + EQUAL_M
    )
    order = np.lexsort((found, which))
    which, candidate = which[order], net.main_edges[found[order]]
    lines, spots = net.lines[candidate], points[near[which]]
    # Rounding may put the end of an edge beyond its length, and no walk is shorter than nothing.
    along = np.clip(shapely.line_locate_point(lines, spots), 0.0, net.edge_length[candidate])
    place = shapely.get_coordinates(shapely.line_interpolate_point(lines, along))
    chosen = first_of_equal(which, shapely.distance(lines, spots), place, candidate)
    edge[near], offset[near] = candidate[chosen], along[chosen]
    return Snap(edge, offset, access)
