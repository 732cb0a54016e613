"""Find the street fronts of city blocks: where on a block's outline addresses can be.

The outline of every block is cut into short sections. From the middle of each section a line of
sight runs outwards; what it meets first says what the section faces: another block across a gap
that is a street, or a shore, a railway, vegetation without a street before it, or wide open
ground.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]
    ObjectArray = npt.NDArray[np.object_]

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

FRONT_FACINGS: Final = ("street", "avenue", "open")
"""Sides of a block with addresses: 1.4 to 3.2 known addresses per km of outline, against 0.2 to
0.3 on sides close to water, a railway, vegetation or another block without a gap."""

OUTWARD_M: Final = 2.0
"""Points stand this far before the block outline, on the pavement, where a third of the gap to the
next block allows."""

NEAR_SIGHT_M: Final = max(MIN_STREET_GAP_M, 3 * OUTWARD_M)
"""Sight that is enough to tell fronts from other sides and to step outward from them."""


def cut(
    lines: ObjectArray, section_m: float = SECTION_M
) -> tuple[npt.NDArray[np.int64], FloatArray, FloatArray]:
    """Cut lines into equal sections of about `section_m`, at least one of each line.

    Returns
    -------
    tuple
        For every section: its line, its length, and how far along the line its middle is; the
        last two in metres.
    """
    total = shapely.length(lines)
    count = np.maximum(np.rint(total / section_m).astype(np.int64), 1)
    line = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    length = (total / count)[line]
    return line, length, (number + 0.5) * length


def cut_outlines(blocks: gpd.GeoDataFrame, section_m: float = SECTION_M) -> pd.DataFrame:
    """Cut the outer rings of blocks into sections of about `section_m`.

    Returns
    -------
    DataFrame
        ``block`` (row number in `blocks`), ``length`` in metres, ``x``, ``y`` of the middle and
        ``nx``, ``ny``, the unit vector that points out of the block. Rings shorter than
        :data:`SECTION_M` have none.
    """
    parts, block = shapely.get_parts(blocks.geometry.to_numpy(), return_index=True)
    # Counter-clockwise rings have the block on their left, so the right-hand normal points out.
    rings = shapely.get_exterior_ring(shapely.orient_polygons(parts))
    ring_length = shapely.length(rings)
    sliver = ring_length < SECTION_M
    rings, block, ring_length = rings[~sliver], block[~sliver], ring_length[~sliver]
    ring, length, middle = cut(rings, section_m)
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


def lines_of_sight(sections: pd.DataFrame, sight_m: FloatArray) -> ObjectArray:
    """Return the line from each section outwards, each as many metres long as `sight_m` says."""
    start = sections[["x", "y"]].to_numpy()
    normal = sections[["nx", "ny"]].to_numpy()
    ends = np.stack([start + 0.05 * normal, start + sight_m[:, None] * normal], axis=1)
    return np.asarray(shapely.linestrings(ends))


def first_hit(
    sections: pd.DataFrame,
    sight: ObjectArray,
    obstacles: ObjectArray,
    owner: npt.NDArray[np.int64] | None = None,
) -> FloatArray:
    """Return how far each section's line of sight runs before it meets an obstacle.

    Parameters
    ----------
    sections
        Result of :func:`cut_outlines`.
    sight
        Line of sight of each.
    obstacles
        Geometries to look at.
    owner
        Block of each obstacle; a section does not see obstacles of its own block.

    Returns
    -------
    array, shape (sections,)
        Metres; inf where nothing is met.
    """
    # Obstacles ask the tree of the many lines: shapely prepares what asks.
    hit, line = shapely.STRtree(sight).query(obstacles, predicate="intersects")
    if owner is not None:
        foreign = owner[hit] != sections["block"].to_numpy()[line]
        line, hit = line[foreign], hit[foreign]
    seen = shapely.intersection(sight[line], obstacles[hit])
    start = sections[["x", "y"]].to_numpy()[line]
    nearest = np.full(len(sections), np.inf)
    np.minimum.at(nearest, line, shapely.distance(shapely.points(start), seen))
    return nearest


def face(
    sections: pd.DataFrame,
    blocks: gpd.GeoDataFrame,
    water: ObjectArray,
    green: ObjectArray,
    railways: ObjectArray,
    sight_m: float = SIGHT_M,
) -> pd.DataFrame:
    """Say what each section faces: add ``gap`` (metres to the next block) and ``facing``.

    ``facing`` is one of ``street`` (another block across a gap), ``avenue`` (across more than
    40 m), ``none`` (no gap), ``water``, ``railway``, ``green`` (each too near for a street) and
    ``open`` (no block within `sight_m`). Which sections are fronts (:data:`FRONT_FACINGS`) does
    not depend on `sight_m` from :data:`NEAR_SIGHT_M` on.
    """
    shapes, own = blocks.geometry.to_numpy(), np.arange(len(blocks))
    # The longest gap that matters before anything but a block, and so for what a block hides.
    short = lines_of_sight(sections, np.full(len(sections), MIN_RAILWAY_GAP_M))
    wet, rail, lawn = (first_hit(sections, short, thing) for thing in (water, railways, green))
    near = np.isfinite(np.minimum(np.minimum(wet, rail), lawn))
    long = lines_of_sight(sections, np.where(near, max(sight_m, MIN_RAILWAY_GAP_M), sight_m))
    gap = first_hit(sections, long, shapes, own)
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


def front_length(sections: pd.DataFrame) -> pd.Series:
    """Return the metres of street front on each section, 0 where it is none.

    A block without any street front has its addresses somewhere: its whole outline counts.
    """
    front = sections["facing"].isin(FRONT_FACINGS)
    has_front = front.groupby(sections["block"]).transform("any")
    return sections["length"].where(front | ~has_front, 0.0)


def step_outward(
    sections: pd.DataFrame, areas: ObjectArray
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Move section middles before the block outline without leaving the planning area.

    Parameters
    ----------
    sections
        ``x``, ``y``, ``nx``, ``ny`` and ``gap`` (metres to the next block).
    areas
        The planning area of each section.

    Returns
    -------
    tuple
        Coordinates on a 0.1 m grid, shape (sections, 2), and whether each lies in its area.
    """
    middle = sections[["x", "y"]].to_numpy()
    normal = sections[["nx", "ny"]].to_numpy()
    reach = np.minimum(OUTWARD_M, sections["gap"].to_numpy() / 3)
    result = middle.copy()
    inside = np.zeros(len(sections), dtype=bool)
    shapely.prepare(areas)
    # From before the outline to behind it: the first that lies in the planning area is taken.
    for step in (reach, np.full(len(sections), -1.0), np.full(len(sections), -5.0)):
        left = np.flatnonzero(~inside)
        trial = np.round(middle[left] + step[left, None] * normal[left], 1)
        good = shapely.contains_properly(areas[left], shapely.points(trial))
        result[left[good]] = trial[good]
        inside[left[good]] = True
    return result, inside
