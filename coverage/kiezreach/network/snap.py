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
        Where several edges are equally near, the place with the smallest x, then y, is taken,
        so that the order of edges does not matter.
    """
    n = len(xy)
    edge = np.full(n, -1, dtype=np.int64)
    offset, access = np.zeros(n), np.full(n, np.inf)
    if n == 0:
        return Snap(edge, offset, access)
    points = shapely.points(xy)
    (which, found), distance = net.main_tree.query_nearest(
        points, return_distance=True, all_matches=True
    )
    candidate = net.main_edges[found]
    along = shapely.line_locate_point(net.lines[candidate], points[which])
    # Rounding may put the end of an edge beyond its length, and no walk is shorter than nothing.
    along = np.clip(along, 0.0, net.edge_length[candidate])
    place = shapely.get_coordinates(shapely.line_interpolate_point(net.lines[candidate], along))
    place = np.round(place, 6)  # one place on two edges must compare equal
    order = np.lexsort((candidate, place[:, 1], place[:, 0], which))
    first = order[np.unique(which[order], return_index=True)[1]]
    who = which[first]
    edge[who], offset[who], access[who] = candidate[first], along[first], distance[first]
    edge[access > limit] = -1
    return Snap(edge, offset, access)
