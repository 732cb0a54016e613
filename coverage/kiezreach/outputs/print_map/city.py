"""The map of a whole city: its theme, its furniture, and a closer look at where it is crowded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.outputs import style
from kiezreach.outputs.print_map.furniture import (
    draw_centres,
    draw_names,
    draw_scale,
    emptiest_corner,
    mark_size,
    nearest_other,
    shown_centres,
)
from kiezreach.outputs.print_map.ground import Frame, Ground, round_scale
from kiezreach.outputs.print_map.labels import Room

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt
    from matplotlib.patches import Patch

    from kiezreach.analysis import Analysis
    from kiezreach.outputs.print_map.page import Page
    from kiezreach.outputs.print_map.subject import Subject

# Draws a theme on the ground of a frame, clipped to a patch.
Painter = Callable[["Page", Ground, "Patch"], None]
# Draws what lies over the centres of the large map, and takes room from names.
Crown = Callable[["Page", Ground, "Patch", Room], None]

_INSETS_MM = ((112.0, 82.0), (98.0, 72.0), (86.0, 63.0), (74.0, 54.0), (62.0, 46.0))
_CLOSER = 2.4  # how many times larger than the map an inset is
_CROWDED = 6  # centres whose marks touch: with fewer, no inset is needed
_MOST_HIDDEN = 0.004  # share of an inset that may lie on the city
_TITLE_MM = 5.4
_TITLE_SIZE = 8.0


def draw_city(
    page: Page,
    ground: Ground,
    subject: Subject,
    paint: Painter,
    crown: Crown | None = None,
) -> None:
    """Draw the map of a city with scale, arrow, names, and an inset where centres are crowded.

    Parameters
    ----------
    page, ground
        The sheet, and the ground of its map.
    subject
        What the sheet is about.
    paint
        The theme; for the map and for the inset alike.
    crown
        What lies on top of the map, before names find their place.
    """
    _, inputs, analysis, texts = subject
    frame = ground.frame
    clip = _draw_layers(page, ground, analysis, paint)
    taken = [draw_scale(page, ground, texts, inputs.areas.crs)]
    closer = inset_frame(ground, analysis.centres, taken)
    if closer is not None:
        taken.append(_draw_inset(page, ground, closer, subject, paint))
    points, _ = shown_centres(analysis.centres, frame)
    marks = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    room = Room(frame.box, [box.bounds for box in taken], marks)
    if crown is not None:
        crown(page, ground, clip, room)
    draw_names(page, ground, room)
    page.box(frame.left, frame.bottom, frame.width, frame.height, edge=style.INK, points=0.8)


def _draw_layers(page: Page, ground: Ground, analysis: Analysis, paint: Painter) -> Patch:
    """Draw ground, theme and centres; return the frame to clip to."""
    clip = ground.draw_below(page)
    paint(page, ground, clip)
    ground.draw_above(page, clip)
    draw_centres(page, analysis.centres, ground.frame, clip)
    return clip


def inset_frame(
    ground: Ground, centres: gpd.GeoDataFrame, taken: Sequence[shapely.Polygon]
) -> Frame | None:
    """Find where an inset goes, and what it shows.

    Parameters
    ----------
    ground
        The ground of the large map.
    centres
        All centres.
    taken
        Boxes in corners of the map.

    Returns
    -------
    Frame or None
        The largest box in a corner that hides nothing, around the place with most centres; None
        where the marks of few centres touch, or no corner is free.
    """
    points, _ = shown_centres(centres, ground.frame)
    if len(points) < _CROWDED:
        return None
    crowded = points[nearest_other(points) < mark_size(points)]
    if len(crowded) < _CROWDED:
        return None
    for width, height in _INSETS_MM:
        high = height + _TITLE_MM
        box, hidden = emptiest_corner(ground.frame, ground.region, width, high, taken)
        if hidden <= _MOST_HIDDEN * width * high:
            denominator = round_scale(ground.frame.denominator / _CLOSER)
            left, bottom, _, _ = box.bounds
            share = denominator / ground.frame.denominator
            middle = _densest(crowded, points, width * share, height * share)
            return Frame(left, bottom, width, height, denominator, ground.frame.outdoors(middle))
    return None


def _densest(
    at: npt.NDArray[np.object_], points: npt.NDArray[np.object_], width: float, height: float
) -> tuple[float, float]:
    """Return the middle of the points in the window, around one of `at`, that holds most."""
    x, y = shapely.get_x(at), shapely.get_y(at)
    windows = shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    pairs = shapely.STRtree(points).query(windows, predicate="intersects")
    best = int(np.argmax(np.bincount(pairs[0], minlength=len(at))))
    inside = points[np.sort(pairs[1][pairs[0] == best])]
    return float(shapely.get_x(inside).mean()), float(shapely.get_y(inside).mean())


def _draw_inset(
    page: Page, ground: Ground, closer: Frame, subject: Subject, paint: Painter
) -> shapely.Polygon:
    """Draw the inset and, on the map, what it shows; return the box that it takes."""
    _, inputs, analysis, texts = subject
    seen = Ground(inputs, closer)
    _draw_layers(page, seen, analysis, paint)
    points, _ = shown_centres(analysis.centres, closer)
    marks = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    draw_names(page, seen, Room(closer.box, [], marks))
    x, y, top = closer.left, closer.bottom, closer.bottom + closer.height
    page.box(x, y, closer.width, closer.height, edge=style.INK, points=0.8)
    page.box(x, top, closer.width, _TITLE_MM, colour=style.PAPER, edge=style.INK, points=0.8)
    title = texts("inset", denominator=texts.number(closer.denominator))
    page.text(x + 2.0, top + 1.7, title, _TITLE_SIZE, weight="bold")
    x0, y0, x1, y1 = shapely.bounds(ground.frame.move(np.array([shapely.box(*closer.shown)])))[0]
    for colour, points_wide in ((style.PAPER, 2.6), (style.INK, 1.0)):
        page.box(x0, y0, x1 - x0, y1 - y0, edge=colour, points=points_wide)
    return shapely.box(x, y, x + closer.width, top + _TITLE_MM)
