"""Clip a network to an area: ways end at their last vertex inside, and nothing is bridged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyproj
import shapely

from kiezreach.errors import InputError, NetworkError
from kiezreach.network.projection import projected
from kiezreach.network.ways import Ways, ways_of_network

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.network.model import WalkNetwork


def clip_network(
    net: WalkNetwork, area: gpd.GeoDataFrame | gpd.GeoSeries, buffer_m: float = 0.0
) -> WalkNetwork:
    """Keep the pieces of ways whose vertices lie within an area.

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

    Raises
    ------
    InputError
        If the area cannot be used; a NetworkError if no way is left.
    """
    polygon = _clip_polygon(area, buffer_m, net.crs)
    ways = ways_of_network(net)
    shapely.prepare(polygon)
    inside, _ = ways.without(~shapely.intersects_xy(polygon, ways.xy))
    if inside.is_first.all():
        msg = "has no way within the area"
        raise NetworkError(msg, remedy="Check that both are of the same region")
    return _rebuilt(net, inside, net.crs)


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
    return ways.to_network(
        crs=crs, tag_names=net.tag_names, quantum_m=net.quantum_m, provenance=net.provenance
    )


def _clip_polygon(
    area: gpd.GeoDataFrame | gpd.GeoSeries, buffer_m: float, crs: str
) -> shapely.Geometry:
    """Return the area with its buffer in the network's CRS."""
    geometry = area.geometry
    remedy = "Give polygons with a CRS"
    if geometry.crs is None:
        msg = "the area has no CRS"
        raise InputError(msg, remedy=remedy)
    geometry = geometry[~(geometry.isna() | geometry.is_empty)]
    if geometry.empty or not geometry.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        msg = "the area is empty or is not made of polygons"
        raise InputError(msg, remedy=remedy)
    if not (math.isfinite(buffer_m) and buffer_m >= 0):
        msg = f"the buffer is {buffer_m} m"
        raise InputError(msg, remedy="Give metres, zero or more")
    return geometry.to_crs(crs).make_valid().union_all().buffer(buffer_m)
