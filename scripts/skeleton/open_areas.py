"""Assumed paths in parks, squares, forest and fields, where no block front guides a line."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from skeleton.chains import merge_segments
from skeleton.inputs import Geometries
from skeleton.obstacles import Kind, Obstacles
from skeleton.ridges import join_samples, sample_boundaries, voronoi_ridges
from skeleton.streets import OUTSIDE_MARGIN_M

SAMPLE_STEP_M = 12.0
NEAR_BLOCK_M = 60.0  # blocks that shape the middle line of an open area
MARGIN_M = 12.0  # middle lines run on to the street beside the area
TOLERANCE_M = 6.0  # an assumed path needs no finer shape
LATTICE_SPACING_M = 70.0  # usual distance between paths of a Berlin park
LATTICE_MAX_AREA_M2 = 60e4  # a lattice in a larger park would be invention
PATHS_MAX_AREA_M2 = 300e4  # the Tiergarten (210 ha) has paths; larger areas are forest or fields
BESIDE_CORRIDOR_M = 12.0
MAX_CORRIDOR_SHARE = 0.25  # of the outline along rail or motorway: more is railway land
MIN_GREEN_SHARE = 0.5
MAX_FOREST_SHARE = 0.5  # in a wood only middle lines are assumed, no lattice
# Parks behind a ticket gate, by a point inside (EPSG:25833): Zoologischer Garten.
FENCED = shapely.points([[387_150.0, 5_818_850.0]])
LATTICE_MARGIN_M = 9.0


def middle_lines(
    obstacles: Obstacles, open_areas: Geometries, boundary: shapely.Geometry
) -> Geometries:
    """Return the middle lines of open areas between blocks and water (EPSG:25833)."""
    tree = shapely.STRtree(obstacles.blocks)
    near = np.unique(tree.query(open_areas, predicate="dwithin", distance=NEAR_BLOCK_M)[1])
    offsets = obstacles.offsets
    shaping = [
        (obstacles.blocks[near], Kind.BLOCK),
        (obstacles.water, Kind.WATER),
        (obstacles.rail, Kind.RAIL),
        (obstacles.motorways, Kind.MOTORWAY),
    ]
    samples = join_samples(
        [
            sample_boundaries(part, int(offsets[kind]), SAMPLE_STEP_M)
            for part, kind in shaping
            if len(part)
        ]
    )
    ridges = voronoi_ridges(samples)
    ridges = ridges.select(ridges.labels[:, 0] != ridges.labels[:, 1])
    corridor = np.isin(obstacles.kind_of(ridges.labels), (Kind.RAIL, Kind.MOTORWAY))
    beside_tracks = corridor[:, 0] | corridor[:, 1]
    ridges = ridges.select(~beside_tracks)
    areas = shapely.STRtree(shapely.buffer(open_areas, MARGIN_M))
    within = np.zeros(len(ridges.ends), dtype=bool)
    within[areas.query(shapely.points(ridges.middle), predicate="within")[0]] = True
    lines = merge_segments(np.round(ridges.ends[within], 2))
    city = shapely.buffer(boundary, OUTSIDE_MARGIN_M)
    shapely.prepare(city)
    lines = lines[shapely.contains_properly(city, lines)]
    return np.asarray(shapely.simplify(lines, TOLERANCE_M))


def park_lattice(open_areas: Geometries) -> Geometries:
    """Return a lattice of assumed paths in open areas up to 60 ha (EPSG:25833).

    The lattice follows the longer side of the area, as park paths mostly do.
    """
    clipped = [
        shapely.intersection(_lattice(area), shapely.buffer(area, LATTICE_MARGIN_M, quad_segs=2))
        for area in open_areas[shapely.area(open_areas) < LATTICE_MAX_AREA_M2]
    ]
    parts = shapely.get_parts(shapely.get_parts(np.array(clipped, dtype=object)))
    return np.asarray(parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING])


def settled_areas(open_areas: Geometries, settlements: Geometries) -> Geometries:
    """Return the parts of open areas where people live although no block is in the data."""
    area, settlement = shapely.STRtree(open_areas).query(settlements, predicate="intersects")[::-1]
    parts = shapely.get_parts(shapely.intersection(open_areas[area], settlements[settlement]))
    return np.asarray(parts[shapely.area(parts) > 0])


def walkable_areas(obstacles: Obstacles, green: Geometries) -> Geometries:
    """Return the open areas in which paths may be assumed.

    Not in forest and fields above 300 ha, where a path would be invention, not in land beside a
    motorway or between railway tracks, unless most of it is green, and not in the zoo.
    """
    areas = obstacles.open_areas
    small = shapely.area(areas) < PATHS_MAX_AREA_M2
    corridors = np.concatenate([obstacles.motorways, obstacles.rail])
    outline = shapely.boundary(areas)
    near, corridor = shapely.STRtree(outline).query(
        corridors, predicate="dwithin", distance=BESIDE_CORRIDOR_M
    )[::-1]
    zone = shapely.buffer(corridors[corridor], BESIDE_CORRIDOR_M, quad_segs=2)
    along = np.bincount(
        near, shapely.length(shapely.intersection(outline[near], zone)), minlength=len(areas)
    )
    beside = along > MAX_CORRIDOR_SHARE * shapely.length(areas)
    mostly_green = cover_share(areas, green) > MIN_GREEN_SHARE
    open_to_all = ~shapely.intersects(areas[:, None], FENCED[None, :]).any(axis=1)
    return np.asarray(areas[small & open_to_all & (~beside | mostly_green)])


def cover_share(areas: Geometries, patches: Geometries) -> npt.NDArray[np.float64]:
    """Return the share of each area that patches cover (which do not overlap)."""
    area, patch = shapely.STRtree(patches).query(areas, predicate="intersects")
    part = shapely.area(shapely.intersection(areas[area], patches[patch]))
    return np.bincount(area, part, minlength=len(areas)) / shapely.area(areas)


def _lattice(area: shapely.Geometry) -> shapely.Geometry:
    """Return two sets of parallel lines across the smallest rectangle around an area."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(area))
    origin, u, v = corners[0], corners[1] - corners[0], corners[3] - corners[0]
    lines = []
    for across, along in ((u, v), (v, u)):
        width, depth = np.hypot(*across), np.hypot(*along)
        count = max(1, round(width / LATTICE_SPACING_M))
        overhang = along / depth * 2 * LATTICE_MARGIN_M
        for place in (np.arange(count) + 0.5) / count:
            start = origin + across * place
            lines.append([start - overhang, start + along + overhang])
    return shapely.multilinestrings(shapely.linestrings(np.array(lines)))
