"""geopandas and shapely: the nearest line of each point by a spatial index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network import WalkNetwork


def build(net: WalkNetwork) -> gpd.GeoDataFrame:
    """Make a frame of the streets of the main component, its spatial index ready."""
    streets = gpd.GeoDataFrame(geometry=net.lines[net.main_edges], crs=net.crs)
    assert streets.sindex.size == len(streets)
    return streets


def snap(streets: gpd.GeoDataFrame, points: gpd.GeoSeries) -> npt.NDArray:
    """Distance of points to the nearest street, by a spatial join."""
    joined = gpd.sjoin_nearest(points.to_frame("geometry"), streets, distance_col="away")
    return joined["away"].groupby(level=0).first().to_numpy()  # equally near streets give rows


def nearest(tree: shapely.STRtree, points: gpd.GeoSeries) -> npt.NDArray:
    """Distance of points to the nearest line, by a bare call of the index."""
    return tree.query_nearest(points.to_numpy(), return_distance=True, all_matches=False)[1]
