"""Served in a straight line that no barrier cuts: a rule to compare the walk with.

The rule is that of Berlin's atlas of green space (Umweltatlas Berlin, map 06.05, "Versorgung mit
öffentlichen, wohnungsnahen Grünanlagen", edition of 2017, note 4): a place within 500 m in a
straight line counts as supplied, unless railways, large waters or motorways lie in between and
make the way there hard. The atlas takes such barriers as closed and does not ask for bridges and
underpasses; so does this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.coverage import coverage_table
from kiezreach.reach.lengths import rounded

if TYPE_CHECKING:
    import numpy.typing as npt

_QUAD_SEGS = 64  # of a disc: its polygon is at most 0.01 % of the radius off the circle
_ROUND = 1 / np.cos(np.pi / (4 * _QUAD_SEGS))  # makes the polygon hold the circle
_ASHORE_M = 0.001  # how far from the bank someone on the water counts: beyond rounding
_AREA = 2  # dimensions of an area
CLASSES = ("both", "straight_only", "walk_only", "neither")


def straight_catchments(
    centres: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame, thresholds: Sequence[float]
) -> gpd.GeoDataFrame:
    """Cut the disc around each centre at barriers and keep the part in which the centre stands.

    Parameters
    ----------
    centres
        Points in a projected CRS in metres.
    barriers
        Lines and polygons in the same CRS. What lies behind the end of a barrier is connected
        around it, if the way around lies within the disc.
    thresholds
        Radii in metres.

    Returns
    -------
    GeoDataFrame
        ``centre_id`` (the index of `centres`), ``threshold_m`` and geometry, in their order.
        Water is left out of the shapes. A centre on a barrier belongs to the ground next to it.
    """
    obstacles = barriers.geometry.to_numpy()
    is_water = shapely.get_dimensions(obstacles) == _AREA
    lines, waters = obstacles[~is_water], obstacles[is_water]
    trees = shapely.STRtree(lines), shapely.STRtree(waters)
    shapes = []
    for point in centres.geometry.to_numpy():
        for radius in thresholds:
            disc = point.buffer(radius * _ROUND, quad_segs=_QUAD_SEGS)
            near = [tree.geometries[tree.query(disc, predicate="intersects")] for tree in trees]
            shapes.append(_part_with(point, disc, *near))
    return gpd.GeoDataFrame(
        {
            "centre_id": np.repeat(centres.index.to_numpy(dtype=object), len(thresholds)),
            "threshold_m": np.tile(np.asarray(thresholds, dtype=float), len(centres)),
        },
        geometry=np.array(shapes, dtype=object),
        crs=centres.crs,
    )


def _part_with(
    point: shapely.Point,
    disc: shapely.Polygon,
    lines: npt.NDArray[np.object_],
    waters: npt.NDArray[np.object_],
) -> shapely.Polygon:
    """Return the part of a disc that a point can reach without crossing a line or water."""
    ground = shapely.difference(disc, shapely.union_all(waters)) if len(waters) else disc
    if len(lines):
        # Lines stay whole: cut at the disc first, rounding could leave their ends short of it.
        # Those that end inside the disc part nothing; faces of water and outside are no ground.
        edges = shapely.union_all([shapely.boundary(ground), *lines])
        faces = shapely.get_parts(shapely.polygonize([edges]))
        parts = faces[shapely.covers(ground, shapely.point_on_surface(faces))]
    else:
        parts = shapely.get_parts(ground)
    if not len(parts):
        return shapely.Polygon()
    nearest = int(np.argmin(shapely.distance(parts, point)))
    return parts[nearest]


def served_straight(
    residents: gpd.GeoDataFrame,
    centres: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame,
    shapes: gpd.GeoDataFrame,
    thresholds: Sequence[float],
) -> npt.NDArray[np.bool_]:
    """Say which residents the rule serves.

    Parameters
    ----------
    residents, centres, barriers
        In one projected CRS in metres.
    shapes
        As `straight_catchments` returns them for these centres and barriers.
    thresholds
        Distances in metres.

    Returns
    -------
    array of bool, shape (n, k)
        Row per resident point, column per threshold. Someone on the water counts at its bank.
    """
    points = _ashore(residents.geometry.to_numpy(), barriers.geometry.to_numpy())
    tree = shapely.STRtree(points)
    places = centres.geometry.reindex(shapes["centre_id"]).to_numpy()
    served = np.zeros((len(points), len(thresholds)), dtype=bool)
    for k, threshold in enumerate(thresholds):
        chosen = (shapes["threshold_m"] == threshold).to_numpy()
        shape, who = tree.query(shapes.geometry.to_numpy()[chosen], predicate="intersects")
        near = shapely.distance(residents.geometry.to_numpy()[who], places[chosen][shape])
        served[who[rounded(near) <= threshold], k] = True
    return served


def _ashore(
    points: npt.NDArray[np.object_], barriers: npt.NDArray[np.object_]
) -> npt.NDArray[np.object_]:
    """Move points on the water to its nearest bank: borders of water are generalised."""
    waters = barriers[shapely.get_dimensions(barriers) == _AREA]
    water, who = shapely.STRtree(points).query(waters, predicate="contains")
    moved = points.copy()
    ways = shapely.shortest_line(points[who], shapely.boundary(waters[water]))
    ends = shapely.get_coordinates(ways).reshape(-1, 2, 2)
    step = ends[:, 1] - ends[:, 0]
    beyond = step / np.hypot(*step.T)[:, None] * _ASHORE_M
    moved[who] = shapely.points(ends[:, 1] + beyond)
    return moved


def barrier_table(
    areas: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    distance: npt.NDArray[np.float64],
    straight: npt.NDArray[np.bool_],
    thresholds: Sequence[float],
    city_name: str = "",
) -> pd.DataFrame:
    """Count in each area whom the two rules serve.

    Parameters
    ----------
    areas, residents, thresholds, city_name
        As for `kiezreach.coverage.coverage_table`.
    distance
        Shape (n,): walking distance of each row of `residents`, inf where not reached.
    straight
        Shape (n, k): whether the barrier rule serves it, as `served_straight` says.

    Returns
    -------
    DataFrame
        Tidy: ``level``, ``area_id``, ``area_name``, ``threshold_m``, ``residents`` and, of these,
        ``served_both``, ``served_straight_only``, ``served_walk_only``, ``served_neither``.
    """
    keys = ["level", "area_id", "area_name", "threshold_m"]
    linked = np.ones(len(residents), dtype=bool)
    steps = range(len(CLASSES))
    frames = []
    for k, threshold in enumerate(thresholds):
        kind = mode_classes(distance, straight[:, k], threshold)
        number = pd.Index(CLASSES).get_indexer(pd.Index(kind)).astype(float)
        # With the number of its class for a distance, a resident is counted from that step on.
        counted = coverage_table(
            areas, residents, number, linked, thresholds=steps, city_name=city_name
        ).assign(threshold_m=float(threshold))
        running = counted["residents_served"].to_numpy().reshape(-1, len(CLASSES))
        table = counted.iloc[:: len(CLASSES)][[*keys, "residents"]]
        each = np.diff(running, axis=1, prepend=0)
        frames.append(table.assign(**{f"served_{c}": each[:, n] for n, c in enumerate(CLASSES)}))
    # Every frame has the same rows in the same order: interleave them.
    merged = pd.concat(frames, ignore_index=True)
    rows = np.arange(len(merged)).reshape(len(frames), -1).T.ravel()
    return merged.iloc[rows].reset_index(drop=True)


def mode_classes(
    distance: npt.NDArray[np.float64], straight: npt.NDArray[np.bool_], threshold: float
) -> npt.NDArray[np.object_]:
    """Return for each resident point which of the rules serves it: one of `CLASSES`."""
    walk = distance <= threshold
    return np.select(
        [walk & straight, straight, walk], list(CLASSES[:3]), default=CLASSES[3]
    ).astype(object)


def disagreement(
    inhabited: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    classes: npt.NDArray[np.object_],
    straight: shapely.Geometry,
    walk: shapely.Geometry,
) -> gpd.GeoDataFrame:
    """Draw the inhabited ground that one rule serves and the other does not, at one threshold.

    Parameters
    ----------
    inhabited
        Polygons in which residents live.
    residents
        Points with ``residents``.
    classes
        Shape (n,): which of the rules serves each of them, as `mode_classes` says.
    straight, walk
        Ground that each rule serves.

    Returns
    -------
    GeoDataFrame
        ``served`` (``straight_only`` or ``walk_only``), ``residents`` (by the point rule, not
        from the shape) and geometry.
    """
    count = residents["residents"].to_numpy()
    blocks = inhabited.geometry.to_numpy()
    grounds = {
        "straight_only": shapely.difference(straight, walk),
        "walk_only": shapely.difference(walk, straight),
    }
    return gpd.GeoDataFrame(
        {"served": list(grounds), "residents": [int(count[classes == c].sum()) for c in grounds]},
        geometry=[_within(blocks, ground) for ground in grounds.values()],
        crs=inhabited.crs,
    )


def _within(blocks: npt.NDArray[np.object_], ground: shapely.Geometry) -> shapely.MultiPolygon:
    """Return the parts of blocks that lie on a ground."""
    parts = shapely.get_parts(ground)
    part, block = shapely.STRtree(blocks).query(parts, predicate="intersects")
    cut = shapely.get_parts(shapely.get_parts(shapely.intersection(blocks[block], parts[part])))
    is_area = (shapely.get_dimensions(cut) == _AREA) & ~shapely.is_empty(cut)
    return shapely.multipolygons(shapely.get_parts(shapely.union_all(cut[is_area])))
