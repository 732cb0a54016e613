"""Where names and numbers go: near their place, and never on top of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.outputs.print_map.page import LINE_SPACING, MM_PER_POINT, Weight, text_width, wrap

if TYPE_CHECKING:
    import numpy.typing as npt

_PAD_MM = 0.8  # free room around a label
_STEP_MM = 2.0  # grid of the places that are tried
_MARK_COST_MM = 8.0  # farther from the middle a label goes rather than cover one mark
_OUTSIDE_COST_MM = 60.0  # rather than lie outside its area altogether
_WIDEST_MM = 42.0  # longer names are broken
_ASCENT = 0.76  # of the font size, from the baseline to the top of a capital


@dataclass(frozen=True)
class Label:
    """A label that has found its place.

    Parameters
    ----------
    lines
        Its text, from the top.
    x
        Its middle, in millimetres.
    baselines
        One for each line, in millimetres.
    size
        Font size in points.
    """

    lines: tuple[str, ...]
    x: float
    baselines: tuple[float, ...]
    size: float


@dataclass
class Room:
    """What is left of the map for labels.

    Parameters
    ----------
    frame
        Boxes must lie in it.
    taken
        Boxes that no label may touch: x0, y0, x1, y1 in millimetres.
    marks
        Shape (n, 2): places that a label had better not cover.
    """

    frame: shapely.Polygon
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)
    marks: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))

    def free(self, boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Tell which boxes, shape (k, 4), lie in the frame and touch no other."""
        x0, y0, x1, y1 = boxes.T
        left, bottom, right, top = self.frame.bounds
        free = (x0 >= left) & (y0 >= bottom) & (x1 <= right) & (y1 <= top)
        for a0, b0, a1, b1 in self.taken:
            free &= (x0 >= a1) | (x1 <= a0) | (y0 >= b1) | (y1 <= b0)
        return np.asarray(free)

    def covered(self, boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Count the marks under each box."""
        count = np.zeros(len(boxes), dtype=np.int64)
        for x, y in self.marks:
            count += (boxes[:, 0] < x) & (x < boxes[:, 2]) & (boxes[:, 1] < y) & (y < boxes[:, 3])
        return count


def place_names(
    names: Sequence[str],
    areas: npt.NDArray[np.object_],
    room: Room,
    *,
    sizes: Sequence[float],
    weight: Weight = "bold",
) -> list[Label]:
    """Place the names of areas inside them.

    Parameters
    ----------
    names, areas
        Names and the polygons that bear them, in millimetres on the sheet.
    room
        Where labels may go; the boxes of those placed are added to it.
    sizes
        Font sizes in points, tried from the first.
    weight
        Weight of the font.

    Returns
    -------
    list of Label
        Names for which no place was free are left out.
    """
    placed = []
    # The smallest areas have the least choice.
    for k in np.lexsort((np.arange(len(names)), shapely.area(areas))):
        for size in sizes:
            label = _place(names[k], areas[k], room, size, weight)
            if label is not None:
                placed.append(label)
                break
    return placed


def place_numbers(
    points: npt.NDArray[np.float64], radius: float, room: Room
) -> npt.NDArray[np.float64]:
    """Move circles apart as little as it takes, the first ones least.

    Parameters
    ----------
    points
        Shape (n, 2): where the circles belong.
    radius
        Their radius in millimetres.
    room
        What they must not touch; their boxes are added to it.

    Returns
    -------
    array, shape (n, 2)
        Where they go.
    """
    result = points.copy()
    for k, point in enumerate(points):
        x, y = _rings(point, 6 * radius)
        boxes = np.column_stack([x - radius, y - radius, x + radius, y + radius])
        free = room.free(boxes)
        if free.any():
            first = int(np.flatnonzero(free)[0])
            result[k] = x[first], y[first]
        box = (*(result[k] - radius), *(result[k] + radius))
        room.taken.append(tuple(float(v) for v in box))  # type: ignore[arg-type]
    return result


def _rings(
    point: npt.NDArray[np.float64], farthest: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return places around a point, from the point outwards."""
    radius = np.repeat(np.arange(0.0, farthest, 0.5), 24)
    angle = np.tile(np.arange(24) * (np.pi / 12), len(radius) // 24)
    return point[0] + radius * np.cos(angle), point[1] + radius * np.sin(angle)


def _place(
    name: str, area: shapely.Geometry, room: Room, size: float, weight: Weight
) -> Label | None:
    """Find the best free place for one name, or None."""
    x0, y0, x1, y1 = area.bounds
    lines = wrap(name, min(_WIDEST_MM, max(0.7 * (x1 - x0), 14.0)), size, weight, 3)
    if not lines:
        return None
    em = size * MM_PER_POINT
    width = max(text_width(line, size, weight) for line in lines) + 2 * _PAD_MM
    height = em * (_ASCENT + LINE_SPACING * (len(lines) - 1) + 0.24) + 2 * _PAD_MM
    x, y = _grid(area)
    boxes = np.column_stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
    free = room.free(boxes)
    if not free.any():
        return None
    x, y, boxes = x[free], y[free], boxes[free]
    cost = _cost(x, y, boxes, area, room)
    best = int(np.argmin(np.round(cost, 6)))
    room.taken.append(tuple(float(v) for v in boxes[best]))  # type: ignore[arg-type]
    first = boxes[best, 3] - _PAD_MM - em * _ASCENT
    baselines = tuple(float(first - k * em * LINE_SPACING) for k in range(len(lines)))
    return Label(tuple(lines), float(x[best]), baselines, size)


def _grid(area: shapely.Geometry) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the places of a grid inside an area, and its middle."""
    x0, y0, x1, y1 = area.bounds
    step = max(_STEP_MM, (x1 - x0) / 60, (y1 - y0) / 60)
    x, y = np.meshgrid(np.arange(x0, x1 + step, step), np.arange(y0, y1 + step, step))
    inner = shapely.point_on_surface(area)
    x, y = np.append(x.ravel(), inner.x), np.append(y.ravel(), inner.y)
    shapely.prepare(area)
    inside = shapely.intersects_xy(area, x, y)
    return x[inside], y[inside]


def _cost(
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    boxes: npt.NDArray[np.float64],
    area: shapely.Geometry,
    room: Room,
) -> npt.NDArray[np.float64]:
    """Weigh each place: off the middle, over marks, outside the area."""
    middle = shapely.centroid(area)
    off = np.hypot(x - middle.x, y - middle.y)
    shapes = shapely.box(*boxes.T)
    inside = shapely.area(shapely.intersection(shapely.buffer(area, 0), shapes))
    outside = 1 - inside / shapely.area(shapes)
    return np.asarray(off + _MARK_COST_MM * room.covered(boxes) + _OUTSIDE_COST_MM * outside)
