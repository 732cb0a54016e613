"""Assumed paths in parks, squares, forest and fields, where no block front guides a line."""

from __future__ import annotations

import numpy as np
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
LATTICE_MAX_AREA_M2 = 60e4  # in larger areas (forest, fields) a lattice would be invention
LATTICE_MARGIN_M = 9.0


def middle_lines(obstacles: Obstacles, boundary: shapely.Geometry) -> Geometries:
    """Return the middle lines of open areas between blocks and water (EPSG:25833)."""
    tree = shapely.STRtree(obstacles.blocks)
    near = np.unique(
        tree.query(obstacles.open_areas, predicate="dwithin", distance=NEAR_BLOCK_M)[1]
    )
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
    beside_tracks = np.isin(
        obstacles.kind_of(ridges.labels), (Kind.RAIL, Kind.MOTORWAY)
    ).any(axis=1)
    ridges = ridges.select(~beside_tracks)
    areas = shapely.STRtree(shapely.buffer(obstacles.open_areas, MARGIN_M))
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
    parts = shapely.get_parts(np.array(clipped, dtype=object))
    parts = shapely.get_parts(parts)
    return np.asarray(parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING])


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
