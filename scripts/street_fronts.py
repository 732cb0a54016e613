"""Find the street fronts of city blocks: where on a block's outline addresses can be.

The outline of every block is cut into short sections. From the middle of each section a line of
sight runs outwards; what it meets first says what the section faces: another block across a gap
that is a street, or a shore, a railway, vegetation without a street before it, or wide open
ground.
"""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

SECTION_M: Final = 15.0
"""Target length of an outline section, about one house front."""

SIGHT_M: Final = 60.0
"""Length of the line of sight; wider gaps are squares, motorways or open land."""

WIDE_STREET_M: Final = 40.0
"""Wider gaps with a block behind them are avenues, squares or motorways."""

MIN_STREET_GAP_M: Final = 3.0
"""Narrower gaps between blocks are drawing tolerance or a shared boundary, not a street."""

MIN_GREEN_GAP_M: Final = 8.0
"""Vegetation nearer than this leaves no room for a street with a pavement before it: known
addresses per km of outline rise from 0.6 to 1.0 here, and to 2.0 beyond 12 m."""

MIN_SHORE_GAP_M: Final = 15.0
"""Water nearer than this is a shore without a street: 0.2 to 0.4 addresses per km, then 1.2."""

MIN_RAILWAY_GAP_M: Final = 20.0
"""A track nearer than this has no street before it: 0.2 to 0.5 addresses per km, then 1.5."""

FloatArray = npt.NDArray[np.float64]
ObjectArray = npt.NDArray[np.object_]


def cut(lines: ObjectArray) -> tuple[npt.NDArray[np.int64], FloatArray, FloatArray]:
    """Cut lines into equal sections of about :data:`SECTION_M`, at least one of each line.

    Returns
    -------
    tuple
        For every section: its line, its length, and how far along the line its middle is; the
        last two in metres.
    """
    total = shapely.length(lines)
    count = np.maximum(np.rint(total / SECTION_M).astype(np.int64), 1)
    line = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    length = (total / count)[line]
    return line, length, (number + 0.5) * length


def cut_outlines(blocks: gpd.GeoDataFrame) -> pd.DataFrame:
    """Cut the outer rings of blocks into sections of about :data:`SECTION_M`.

    Returns
    -------
    pandas.DataFrame
        ``block`` (row number in `blocks`), ``length`` in metres, ``x``, ``y`` of the middle and
        ``nx``, ``ny``, the unit vector that points out of the block.
    """
    parts, block = shapely.get_parts(blocks.geometry.to_numpy(), return_index=True)
    # Counter-clockwise rings have the block on their left, so the right-hand normal points out.
    rings = shapely.get_exterior_ring(shapely.orient_polygons(parts))
    ring_length = shapely.length(rings)
    sliver = ring_length < SECTION_M
    rings, block, ring_length = rings[~sliver], block[~sliver], ring_length[~sliver]
    ring, length, middle = cut(rings)
    xy = _points_along(rings[ring], middle)
    # The direction is taken over some 2 m, so that a kink of the outline does not turn it, and
    # unevenly, so that the tip of a spike has one.
    ahead = _points_along(rings[ring], np.minimum(middle + 1.0, ring_length[ring]))
    behind = _points_along(rings[ring], np.maximum(middle - 0.8, 0.0))
    along = ahead - behind
    along /= np.hypot(along[:, 0], along[:, 1])[:, None]
    return pd.DataFrame(
        {
            "block": block[ring],
            "length": length,
            "x": xy[:, 0],
            "y": xy[:, 1],
            "nx": along[:, 1],
            "ny": -along[:, 0],
        }
    )


def _points_along(lines: ObjectArray, distance: FloatArray) -> FloatArray:
    return np.asarray(
        shapely.get_coordinates(shapely.line_interpolate_point(lines, distance)), dtype=np.float64
    )


def tiles(geometry: gpd.GeoSeries, size_m: float = 1000.0) -> ObjectArray:
    """Cut polygons into square tiles, so that a spatial index can tell their parts apart."""
    xmin, ymin, xmax, ymax = geometry.total_bounds
    gx, gy = np.meshgrid(np.arange(xmin, xmax, size_m), np.arange(ymin, ymax, size_m))
    squares = shapely.box(gx.ravel(), gy.ravel(), gx.ravel() + size_m, gy.ravel() + size_m)
    parts = shapely.get_parts(shapely.make_valid(geometry.to_numpy()))
    square, part = shapely.STRtree(parts).query(squares, predicate="intersects")
    pieces = shapely.get_parts(shapely.intersection(parts[part], squares[square]))
    return np.asarray(pieces[shapely.get_dimensions(pieces) == shapely.get_dimensions(parts[0])])


def first_hit(
    sections: pd.DataFrame,
    obstacles: ObjectArray,
    owner: npt.NDArray[np.int64] | None = None,
) -> FloatArray:
    """Return how far each section's line of sight runs before it meets an obstacle.

    Parameters
    ----------
    sections
        Result of :func:`cut_outlines`.
    obstacles
        Geometries to look at.
    owner
        Block of each obstacle; a section does not see obstacles of its own block.

    Returns
    -------
    numpy.ndarray
        Metres, shape (sections,); inf where nothing is met within :data:`SIGHT_M`.
    """
    start = sections[["x", "y"]].to_numpy()
    normal = sections[["nx", "ny"]].to_numpy()
    ends = np.stack([start + 0.05 * normal, start + SIGHT_M * normal], axis=1)
    sight = shapely.linestrings(ends)
    line, hit = shapely.STRtree(obstacles).query(sight, predicate="intersects")
    if owner is not None:
        foreign = owner[hit] != sections["block"].to_numpy()[line]
        line, hit = line[foreign], hit[foreign]
    seen = shapely.intersection(sight[line], obstacles[hit])
    distance = shapely.distance(shapely.points(start[line]), seen)
    nearest = np.full(len(sections), np.inf)
    np.minimum.at(nearest, line, distance)
    return nearest


def face(
    sections: pd.DataFrame,
    blocks: gpd.GeoDataFrame,
    water: ObjectArray,
    green: ObjectArray,
    railways: ObjectArray,
) -> pd.DataFrame:
    """Say what each section faces: add ``gap`` (metres to the next block) and ``facing``.

    ``facing`` is one of ``street`` (another block across a gap), ``avenue`` (across more than
    40 m), ``none`` (no gap), ``water``, ``railway``, ``green`` (each too near for a street) and
    ``open`` (no block in sight).
    """
    gap = first_hit(sections, blocks.geometry.to_numpy(), np.arange(len(blocks)))
    wet = first_hit(sections, water)
    rail = first_hit(sections, railways)
    lawn = first_hit(sections, green)
    facing = np.select(
        [
            gap < MIN_STREET_GAP_M,
            (wet < MIN_SHORE_GAP_M) & (wet < gap) & (wet <= rail),
            (rail < MIN_RAILWAY_GAP_M) & (rail < gap),
            (lawn < MIN_GREEN_GAP_M) & (lawn < gap),
            gap <= WIDE_STREET_M,
            gap <= SIGHT_M,
        ],
        ["none", "water", "railway", "green", "street", "avenue"],
        default="open",
    )
    return sections.assign(gap=gap, facing=facing)
