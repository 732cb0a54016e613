"""Where the holes are: connected inhabited places outside every catchment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kiezreach.catchments import catchments
from kiezreach.coverage import weighted_quantile
from kiezreach.defaults import GAP_JOIN_M
from kiezreach.reach.lengths import check_length, check_thresholds
from kiezreach.sources.areas import area_of_points

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.reach import Reach

_POINT_BUFFER_M = 20.0  # inhabited ground around an unserved point that no polygon shows
_MAX_VERTICES = 256  # of a piece that is cut out of blocks; larger pieces make cutting slow


def gaps(
    residents: gpd.GeoDataFrame,
    inhabited: gpd.GeoDataFrame,
    reach: Reach,
    threshold: float,
    *,
    join_m: float = GAP_JOIN_M,
    catchment: shapely.Geometry | None = None,
    zones: gpd.GeoDataFrame | None = None,
    need: pd.Series | None = None,
    plausible_needs: Sequence[pd.Series] = (),
    plausible_thresholds: Sequence[float] = (),
) -> gpd.GeoDataFrame:
    """Find the connected parts of the inhabited area that no centre reaches.

    Parameters
    ----------
    residents
        Points with ``residents``; optionally ``planning_area_id``.
    inhabited
        Polygons of where residents live.
    reach
        Walking distances.
    threshold
        Walking distance in metres beyond which a place is not served.
    join_m
        Parts no farther from each other than this are one gap: the width of a street.
    catchment
        The catchment of the threshold in the network's CRS, where it is drawn already.
    zones
        Areas with ``area_id`` at whose borders gaps end, for example those that a centre is
        planned for; without them a gap goes on as far as it is connected.
    need
        Need of each planning area between 0 and 1; without it, priority is residents alone.
    plausible_needs, plausible_thresholds
        Variants over which the rank interval is taken.

    Returns
    -------
    GeoDataFrame
        In the network's CRS, ranked: ``gap_id`` (planning area with most of its residents and a
        number), ``rank``, ``rank_best``, ``rank_worst``, ``planning_area_ids`` (separated by
        spaces), ``residents`` (unserved, counted from points), ``need`` (mean over them),
        ``priority`` (residents x need), ``distance_m`` (median walk to the nearest centre, NaN
        where none is reached), ``x``, ``y`` (an inhabited point in its middle), ``geometry``.
        Every unserved resident is in exactly one gap.

    Raises
    ------
    InputError
        If `threshold` or `join_m` is no length, or the threshold is beyond the reach's limit.
    """
    [threshold] = check_thresholds([threshold], reach.limit)
    join_m = check_length(join_m, "join_m", zero=True)
    crs = reach.net.crs
    distance = reach.distance(residents)
    count = residents["residents"].to_numpy(dtype=np.int64)
    unserved = np.flatnonzero((distance > threshold) & (count > 0))
    if not len(unserved):
        return _empty(crs)
    if catchment is None:
        catchment = catchments(reach, [threshold]).geometry.iloc[0]
    points = residents.geometry.to_crs(crs).to_numpy()[unserved]
    parts = _parts(inhabited.geometry.to_crs(crs).to_numpy(), catchment, points, join_m)
    label = _components(parts, join_m, zones)
    own = label[_nearest_part(parts, points)]
    peopled, code = np.unique(own, return_inverse=True)
    area = (
        residents["planning_area_id"].to_numpy(dtype=object)[unserved]
        if "planning_area_id" in residents
        else np.full(len(unserved), "", dtype=object)
    )
    members = pd.DataFrame(
        {
            "gap": code.reshape(-1),
            "area": area,
            "residents": count[unserved],
            "distance": distance[unserved],
            "x": shapely.get_x(points),
            "y": shapely.get_y(points),
        }
    )
    table = _describe(members, len(peopled))
    # Ground around a point may overlap a block of its gap.
    whole = np.array([shapely.union_all(parts[label == k]) for k in peopled], dtype=object)
    whole = _disjoint(whole)
    shapes = [shapely.MultiPolygon(list(_polygons(np.array([shape])))) for shape in whole]
    table["need"] = _mean_need(members, need, len(table))
    table["priority"] = _priority(table["residents"], table["need"], need)
    best, worst, rank = _rank_interval(
        members, table["priority"], need, plausible_needs, [threshold, *plausible_thresholds]
    )
    table = table.assign(rank=rank, rank_best=best, rank_worst=worst)
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=crs)
    return frame.sort_values("rank", ignore_index=True)[_COLUMNS]


_COLUMNS = [
    "gap_id", "rank", "rank_best", "rank_worst", "planning_area_ids", "residents", "need",
    "priority", "distance_m", "x", "y", "geometry",
]  # fmt: skip


def _empty(crs: str) -> gpd.GeoDataFrame:
    """Return a frame without gaps, with every column."""
    columns = {name: pd.Series(dtype=float) for name in _COLUMNS if name != "geometry"}
    text = {name: pd.Series(dtype=object) for name in ("gap_id", "planning_area_ids")}
    return gpd.GeoDataFrame(columns | text, geometry=gpd.GeoSeries([], crs=crs))[_COLUMNS]


def _parts(
    blocks: npt.NDArray[np.object_],
    catchment: shapely.Geometry,
    points: npt.NDArray[np.object_],
    join_m: float,
) -> npt.NDArray[np.object_]:
    """Cut the catchment out of the blocks, and add ground around points that have none."""
    pieces = _subdivide(shapely.get_parts(catchment))
    block, piece = shapely.STRtree(pieces).query(blocks, predicate="intersects")
    left = blocks.copy()
    for b, group in pd.Series(piece).groupby(block, sort=True):
        left[b] = shapely.difference(blocks[b], shapely.union_all(pieces[group.to_numpy()]))
    parts = _polygons(left)
    near, _ = (
        shapely.STRtree(parts).query(points, predicate="dwithin", distance=join_m / 2)
        if len(parts)
        else (np.empty(0, dtype=int), None)
    )
    bare = np.setdiff1d(np.arange(len(points)), near)
    around = shapely.buffer(points[bare], _POINT_BUFFER_M, quad_segs=4)
    return np.concatenate([parts, around])


def _polygons(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Take the polygons of any geometries; cutting may leave lines and points."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return np.asarray(parts[polygon & ~shapely.is_empty(parts)])


def _subdivide(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Halve polygons until each has few vertices, for fast cutting."""
    done = [geometry[:0]]
    while len(geometry):
        small = shapely.get_num_coordinates(geometry) <= _MAX_VERTICES
        done.append(geometry[small])
        geometry = geometry[~small]
        x0, y0, x1, y1 = shapely.bounds(geometry).T
        wide = x1 - x0 > y1 - y0
        xm, ym = np.where(wide, (x0 + x1) / 2, x1), np.where(wide, y1, (y0 + y1) / 2)
        low = shapely.intersection(geometry, shapely.box(x0, y0, xm, ym))
        xs, ys = np.where(wide, xm, x0), np.where(wide, y0, ym)
        high = shapely.intersection(geometry, shapely.box(xs, ys, x1, y1))
        geometry = _polygons(np.concatenate([low, high]))
    return np.concatenate(done)


def _components(
    parts: npt.NDArray[np.object_], join_m: float, zones: gpd.GeoDataFrame | None
) -> npt.NDArray[np.int64]:
    """Find the groups of parts of one zone that are joined by steps of at most `join_m`."""
    a, b = shapely.STRtree(parts).query(parts, predicate="dwithin", distance=join_m)
    if zones is not None:
        inner = gpd.GeoSeries(shapely.point_on_surface(parts), crs=zones.crs)
        zone = area_of_points(inner, zones)
        together = zone[a] == zone[b]
        a, b = a[together], b[together]
    joins = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(parts), len(parts)))
    return np.asarray(connected_components(joins, directed=False)[1], dtype=np.int64)


def _disjoint(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Give ground that two shapes share to the first: blocks may overlap where they meet."""
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for first, second in sorted(zip(a[a < b].tolist(), b[a < b].tolist(), strict=True)):
        shapes[second] = shapely.difference(shapes[second], shapes[first])
    return shapes


def _nearest_part(
    parts: npt.NDArray[np.object_], points: npt.NDArray[np.object_]
) -> npt.NDArray[np.int64]:
    """Return the part that each point belongs to, the first of equally near ones."""
    point, part = shapely.STRtree(parts).query_nearest(points, all_matches=True)
    order = np.lexsort((part, point))
    first = order[np.unique(point[order], return_index=True)[1]]
    return np.asarray(part[first], dtype=np.int64)


def _describe(members: pd.DataFrame, n: int) -> pd.DataFrame:
    """Count and place the gaps, one row per gap in the order of their numbers."""
    by_area = members.groupby(["gap", "area"], sort=True)["residents"].sum().reset_index()
    top = by_area.sort_values(["gap", "residents", "area"], ascending=[True, False, True])
    first = top.drop_duplicates("gap").set_index("gap")["area"]
    weight = members["residents"]
    total = weight.groupby(members["gap"]).sum()
    middle = [(members[axis] * weight).groupby(members["gap"]).sum() / total for axis in ("x", "y")]
    off = np.hypot(
        members["x"] - middle[0].loc[members["gap"]].to_numpy(),
        members["y"] - middle[1].loc[members["gap"]].to_numpy(),
    )
    central = members.loc[off.groupby(members["gap"]).idxmin()].set_index("gap")
    table = pd.DataFrame(
        {
            "area": first,
            "residents": total,
            "planning_area_ids": by_area.groupby("gap")["area"].agg(" ".join),
            "distance_m": weighted_quantile(
                members["gap"].to_numpy(),
                members["distance"].to_numpy(),
                weight.to_numpy(),
                n,
                0.5,
            ),
            "x": central["x"],
            "y": central["y"],
        }
    ).reset_index(drop=True)
    order = table.sort_values(["area", "residents", "x", "y"], ascending=[True, False, True, True])
    number = order.groupby("area").cumcount() + 1
    table["gap_id"] = (table["area"] + "-" + number.astype(str)).str.lstrip("-")
    return table.drop(columns="area")


def _mean_need(
    members: pd.DataFrame,
    need: pd.Series | None,
    n: int,
    weight: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.float64]:
    """Mean need over the residents of each gap whose need is known; NaN where none is."""
    if need is None:
        return np.full(n, np.nan)
    value = need.reindex(members["area"]).to_numpy(dtype=float)
    weight = members["residents"].to_numpy() if weight is None else weight
    known = np.isfinite(value)
    gap = members["gap"].to_numpy()
    total = np.bincount(gap[known], weights=weight[known], minlength=n)
    summed = np.bincount(gap[known], weights=(value * weight)[known], minlength=n)
    with np.errstate(invalid="ignore"):
        return summed / total


def _priority(
    residents: pd.Series, mean_need: pd.Series | npt.NDArray[np.float64], need: pd.Series | None
) -> pd.Series:
    """Unserved residents times need, or residents alone where the study has no need index."""
    return residents.astype(float) if need is None else residents * mean_need


def _rank_interval(
    members: pd.DataFrame,
    priority: pd.Series,
    need: pd.Series | None,
    plausible_needs: Sequence[pd.Series],
    thresholds: Sequence[float],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Best, worst and own rank of each gap; 1 is the highest priority.

    A gap keeps its shape; under another threshold, those of its members count that are unserved
    by that threshold.
    """
    n = len(priority)
    own = _ranks(priority)
    ranks = [own]
    gap = members["gap"].to_numpy()
    needs: list[pd.Series | None] = [need, *plausible_needs]
    for threshold in dict.fromkeys(thresholds):
        weight = np.where(members["distance"] > threshold, members["residents"], 0)
        left = pd.Series(np.bincount(gap, weights=weight, minlength=n))
        ranks += [
            _ranks(_priority(left, _mean_need(members, variant, n, weight), variant))
            for variant in needs
        ]
    return np.min(ranks, axis=0), np.max(ranks, axis=0), own


def _ranks(priority: pd.Series) -> npt.NDArray[np.int64]:
    """Rank from the highest priority down, unknown ones last, ties in the order of rows."""
    order = np.argsort(-priority.fillna(-1.0).to_numpy(), kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    return rank
