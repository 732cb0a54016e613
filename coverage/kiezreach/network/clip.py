"""Clip a network to an area: ways are cut at vertices, and nothing is bridged."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from kiezreach.errors import InputError, NetworkError
from kiezreach.network.projection import projected
from kiezreach.network.ways import Ways, ways_of_network

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork


def clip_network(
    net: WalkNetwork, area: gpd.GeoDataFrame | gpd.GeoSeries, buffer_m: float = 0.0
) -> tuple[WalkNetwork, npt.NDArray[np.float64]]:
    """Keep every step of a way, from a vertex to the next, that touches an area.

    No step is shortened, so that whatever lies within the area and its buffer keeps its full
    length; `WalkNetwork.clip_buffer_m` says how far walking distances can be trusted. The main
    component is the one that is longest before clipping of those that touch the area, and
    `WalkNetwork.edge_main` marks all that is left of it: the piece of a mainland stays the main
    one beside a whole island, both banks stay where the bridge is clipped away, and an island is
    the main one where the area holds nothing else.

    Parameters
    ----------
    net
        The network.
    area
        Polygons in any CRS.
    buffer_m
        Metres added around them.

    Returns
    -------
    WalkNetwork
    array, shape (c, 2)
        Places at which a way was cut.

    Raises
    ------
    InputError
        If the area cannot be used; a NetworkError if no way is left.
    """
    if not (math.isfinite(buffer_m) and buffer_m >= 0):
        msg = f"the buffer is {buffer_m} m"
        raise InputError(msg, remedy="Give metres, zero or more")
    polygon = _clip_polygon(area, net.crs)
    ways = ways_of_network(net)
    keep = _touching(polygon.buffer(buffer_m) if buffer_m else polygon, ways) & ~ways.is_last
    if not keep.any():
        msg = "has no way within the area"
        raise NetworkError(msg, remedy="Check that both are of the same region")
    near = np.unique(ways.way[_touching(polygon, ways) & ~ways.is_last])
    main = _main(net, near if len(near) else np.unique(ways.way[keep]))
    left, cut = replace(ways, main=main).keeping(keep)
    buffers = [buffer_m] if net.clip_buffer_m is None else [buffer_m, net.clip_buffer_m]
    return replace(_rebuilt(net, left, net.crs), clip_buffer_m=min(buffers)), ways.xy[cut]


def _main(net: WalkNetwork, near: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Return which edges are of the main component, judged by those that are near."""
    if net.edge_main is not None and net.edge_main[near].any():
        return net.edge_main
    # Components are numbered by falling length.
    return np.asarray(net.edge_component == net.edge_component[near].min())


def _touching(polygon: shapely.Geometry, ways: Ways) -> npt.NDArray[np.bool_]:
    """Return, for each position, whether the step to the next touches a polygon."""
    shapely.prepare(polygon)
    left, bottom, right, top = polygon.bounds
    x, y = ways.xy.T
    near = np.flatnonzero((x >= left) & (x <= right) & (y >= bottom) & (y <= top))
    inside = np.zeros(len(ways.xy), dtype=bool)
    inside[near] = shapely.intersects_xy(polygon, ways.xy[near])
    first, second = ways.vertex, np.roll(ways.vertex, -1)
    touches = inside[first] | inside[second]
    # A long step may cross a corner of the area with both of its ends outside.
    across = ~touches & ~ways.is_last
    across &= (np.minimum(x[first], x[second]) <= right) & (np.maximum(x[first], x[second]) >= left)
    across &= (np.minimum(y[first], y[second]) <= top) & (np.maximum(y[first], y[second]) >= bottom)
    at = np.flatnonzero(across)
    lines = shapely.linestrings(np.stack([ways.xy[first[at]], ways.xy[second[at]]], axis=1))
    touches[at] = shapely.intersects(polygon, lines)
    return touches


def network_in_crs(net: WalkNetwork, target: pyproj.CRS) -> WalkNetwork:
    """Return the network in another projected CRS, itself where it is already in it.

    Raises
    ------
    NetworkError
        If the CRS cannot be used where the network lies.
    """
    if pyproj.CRS(net.crs) == target:
        return net
    ways = ways_of_network(net)
    moved = ways.moved(projected(ways.xy, pyproj.CRS(net.crs), target))
    moved.check_finite()
    return _rebuilt(net, moved, target.to_string())


def _rebuilt(net: WalkNetwork, ways: Ways, crs: str) -> WalkNetwork:
    """Build a network of changed ways with everything else as in `net`."""
    built = ways.to_network(
        crs=crs, tag_names=net.tag_names, quantum_m=net.quantum_m, provenance=net.provenance
    )
    return replace(built, clip_buffer_m=net.clip_buffer_m)


def area_digest(area: gpd.GeoDataFrame | gpd.GeoSeries) -> str:
    """Return a fingerprint of an area, for the key of what was clipped to it."""
    crs = "" if area.crs is None else area.crs.to_wkt()
    parts = [wkb or b"" for wkb in shapely.to_wkb(area.geometry.to_numpy())]
    return hashlib.sha256(b"\0".join([crs.encode(), *parts])).hexdigest()


def _clip_polygon(area: gpd.GeoDataFrame | gpd.GeoSeries, crs: str) -> shapely.Geometry:
    """Return the area in the network's CRS."""
    geometry = area.geometry
    remedy = "Give polygons with a CRS"
    if geometry.crs is None:
        msg = "the area has no CRS"
        raise InputError(msg, remedy=remedy)
    geometry = geometry[~(geometry.isna() | geometry.is_empty)]
    if geometry.empty or not geometry.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        msg = "the area is empty or is not made of polygons"
        raise InputError(msg, remedy=remedy)
    return geometry.to_crs(crs).make_valid().union_all()
