"""Tie points to the nearest place on an edge of the main component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.errors import InputError
from kiezreach.network.segments import EQUAL_M

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork


_TRIED_AT_ONCE = 8  # candidates of a point whose nearest street lies across water


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


def street_near(limit: float, whose: str = "their") -> str:
    """Name what an unlinked place lacks, in words that hold with and without water.

    Parameters
    ----------
    limit
        Longest access leg in metres.
    whose
        "its" or "their", as the sentence needs it.
    """
    return f"street within {limit:g} m on {whose} side of the water"


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
        Of several places that are equally near, the one that `Segments.first_of_equal` chooses.
        Where the network knows water, no access leg crosses it; a point without another street
        is unlinked, and its `access` tells how far the nearest street is, across the water.
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
    order = np.argsort(which, kind="stable")
    which, segment = net.segments.of_edges(which[order], net.main_edges[found[order]])
    off, along = net.segments.nearest(xy[near[which]], segment)
    chosen = net.segments.first_of_equal(which, off, segment, along)
    segment, along = segment[chosen], along[chosen]
    place = snapped(net, segment, along, off[chosen])
    edge[near], offset[near], access[near] = place.edge, place.offset, place.access
    if net.water is not None:
        legs = net.water.crossed(xy[near], net.segments.places(segment, along))
        wet = near[legs]
        dry = nearest_dry(net, xy[wet], limit)
        edge[wet], offset[wet] = dry.edge, dry.offset
        access[wet[dry.linked]] = dry.access[dry.linked]
    return Snap(edge, offset, access)


def nearest_dry(net: WalkNetwork, xy: npt.NDArray[np.float64], limit: float) -> Snap:
    """Tie points to the nearest place that a straight line leads to without crossing water.

    Of each straight piece of a street, its nearest place is tried.

    Parameters
    ----------
    net, xy, limit
        As for `snap`; the network knows water.
    """
    found = Snap(np.full(len(xy), -1, dtype=np.int64), np.zeros(len(xy)), np.full(len(xy), np.inf))
    if net.water is None or not len(xy):
        return found
    land = np.flatnonzero(~net.water.holds(xy))  # from the water no line is dry
    which, edges = net.main_tree.query(
        shapely.points(xy[land]), predicate="dwithin", distance=limit
    )
    which = land[which]
    order = np.argsort(which, kind="stable")
    which, segment = net.segments.of_edges(which[order], net.main_edges[edges[order]])
    off, along = net.segments.nearest(xy[which], segment)
    within = off <= limit
    which, segment, off, along = which[within], segment[within], off[within], along[within]
    order = np.lexsort((off, which))
    which, segment, off, along = which[order], segment[order], off[order], along[order]
    rank = np.arange(len(which)) - np.searchsorted(which, which)
    open_points = np.ones(len(xy), dtype=bool)
    # From the nearest candidates outwards: most points find dry ground soon.
    for first in range(0, int(rank.max(initial=-1)) + 1, _TRIED_AT_ONCE):
        tried = np.flatnonzero((rank >= first) & (rank < first + _TRIED_AT_ONCE))
        tried = tried[open_points[which[tried]]]
        places = net.segments.places(segment[tried], along[tried])
        tried = tried[~net.water.crossed(xy[which[tried]], places)]
        chosen = tried[
            net.segments.first_of_equal(which[tried], off[tried], segment[tried], along[tried])
        ]
        place, who = snapped(net, segment[chosen], along[chosen], off[chosen]), which[chosen]
        found.edge[who], found.offset[who], found.access[who] = (
            place.edge,
            place.offset,
            place.access,
        )
        open_points[who] = False
    return found


def snapped(
    net: WalkNetwork,
    segment: npt.NDArray[np.int64],
    along: npt.NDArray[np.float64],
    access: npt.NDArray[np.float64],
) -> Snap:
    """Turn places on segments, with their access legs, into places on edges."""
    edge = net.segments.edge[segment]
    # Rounding may put the end of an edge beyond its length, and no walk is shorter than nothing.
    offset = np.clip(net.segments.along[segment] + along, 0.0, net.edge_length[edge])
    return Snap(edge, offset, access)
