"""Junctions of the walking network as places for a centre, wherever a house is found there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from kiezreach.errors import InputError
from kiezreach.reach.lengths import check_length
from kiezreach.sources.areas import area_of_points

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork

KIND = "junction"
_ENDS = 3  # of streets that meet in a junction, at least


def junctions(net: WalkNetwork, areas: gpd.GeoDataFrame, spacing_m: float) -> gpd.GeoDataFrame:
    """Return the junctions inside the areas, thinned to a spacing.

    Parameters
    ----------
    net
        The walking network.
    areas
        Areas of all levels.
    spacing_m
        Shortest straight line between two of them, in metres.

    Returns
    -------
    GeoDataFrame
        Points like `kiezreach.sources.candidates.read_candidates` returns them. ``name`` are the
        names of the streets that meet, as far as they have any; the id tells the place.

    Raises
    ------
    InputError
        If the spacing is no length, or no junction lies inside the areas.

    Notes
    -----
    From west to east, a junction stays unless one that stayed is nearer than the spacing.
    """
    check_length(spacing_m, "the spacing of junctions")
    nodes = net.edge_nodes[net.main_edges]
    number, ends = np.unique(nodes, return_counts=True)
    number = number[ends >= _ENDS]
    points = gpd.GeoSeries(shapely.points(net.node_xy[number]), crs=net.crs).to_crs(areas.crs)
    finest = areas[areas["level"] == areas["level"].iloc[-1]]
    area = area_of_points(points, finest)
    inside = np.flatnonzero(area != "")
    if not len(inside):
        msg = "no junction of the walking network lies inside the areas"
        raise InputError(msg, remedy="Check that network and areas belong together")
    xy = net.node_xy[number[inside]]
    order = np.lexsort(xy.T[::-1])
    kept = inside[order][_thinned(xy[order], spacing_m)]
    corner = net.node_xy[number[kept]]
    frame = gpd.GeoDataFrame(
        {
            "candidate_id": [f"junction-{x:.0f}-{y:.0f}" for x, y in corner],
            "kind": KIND,
            "name": _meeting(net, number[kept]),
            "address": "",
            "operator": "",
            "planning_area_id": area[kept],
            "row": kept,
        },
        geometry=points.iloc[kept].to_numpy(),
        crs=areas.crs,
    )
    return frame.drop_duplicates("candidate_id").set_index("candidate_id").sort_index()


def _thinned(xy: npt.NDArray[np.float64], spacing_m: float) -> npt.NDArray[np.int64]:
    """Return the positions of the points that stay."""
    tree = cKDTree(xy)
    stays = np.ones(len(xy), dtype=bool)
    for k in range(len(xy)):
        if stays[k]:
            near = np.asarray(tree.query_ball_point(xy[k], spacing_m * (1 - 1e-12)), dtype=int)
            stays[near[near > k]] = False
    return np.flatnonzero(stays)


def _meeting(net: WalkNetwork, node: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """Return the names of the streets that meet in nodes, joined by slashes."""
    names = pd.Series(np.array([*net.names, ""], dtype=object)[net.edge_name])
    ends = pd.DataFrame({"node": net.edge_nodes.ravel(), "name": np.repeat(names, 2)})
    ends = ends[(ends["name"] != "") & ends["node"].isin(node)].drop_duplicates()
    joined = ends.sort_values("name").groupby("node")["name"].agg(" / ".join)
    return joined.reindex(node).fillna("").to_numpy(dtype=object)
