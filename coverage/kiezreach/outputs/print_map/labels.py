"""Where names and numbers go: near their place, and never on top of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.outputs.print_map.lettering import (
    LINE_SPACING,
    MM_PER_POINT,
    Weight,
    breakable,
    text_width,
    wrap,
)

if TYPE_CHECKING:
    import numpy.typing as npt

Box = tuple[float, float, float, float]  # x0, y0, x1, y1 in millimetres

_PAD_MM = 0.8  # free room around a label
_ACROSS, _UP = np.linspace(0.02, 0.98, 9), np.linspace(0.1, 0.9, 3)  # places in a label's box
_STEP_MM = 1.0  # grid of the places that are tried
_MARK_COST_MM = 14.0  # farther from the middle a label goes rather than cover one mark
_SIZE_COST_MM = 4.0  # rather than become smaller by one point
_CUT_COST_MM = 25.0  # rather than lose its end
_OUTSIDE_COST_MM = 52.0  # rather than lie outside its area altogether
_MOST_OUTSIDE = 0.6  # with more of it outside, a name would seem another area's
_WIDEST_MM = 42.0  # longer names are broken
_NARROWEST_MM = 14.0
_WORD_ROOM_MM = 0.2  # a name is as wide as its longest word, which is not cut
_ASCENT, _DESCENT = 0.76, 0.24  # of the font size, above and below the baseline


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

    @classmethod
    def centred(cls, lines: Sequence[str], x: float, y: float, height: float, size: float) -> Label:
        """Return lines whose box, `height` high, has its middle at a place."""
        em = size * MM_PER_POINT
        first = y + height / 2 - _PAD_MM - em * _ASCENT
        baselines = tuple(first - k * em * LINE_SPACING for k in range(len(lines)))
        return cls(tuple(lines), x, baselines, size)


def lines_box(lines: Sequence[str], size: float, weight: Weight) -> tuple[float, float]:
    """Return width and height, in millimetres, of the box that lines take with some room around."""
    em = size * MM_PER_POINT
    width = max(text_width(line, size, weight) for line in lines) + 2 * _PAD_MM
    return width, em * (_ASCENT + LINE_SPACING * (len(lines) - 1) + _DESCENT) + 2 * _PAD_MM


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
    mark_radius
        How far around such a place its mark reaches, in millimetres.
    """

    frame: shapely.Polygon
    taken: list[Box] = field(default_factory=list)
    marks: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))

    mark_radius: float = 1.2

    def free(self, boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Tell which boxes, shape (k, 4), lie in the frame and touch no other."""
        x0, y0, x1, y1 = boxes.T
        left, bottom, right, top = self.frame.bounds
        free = (x0 >= left) & (y0 >= bottom) & (x1 <= right) & (y1 <= top)
        for a0, b0, a1, b1 in self.taken:
            free &= (x0 >= a1) | (x1 <= a0) | (y0 >= b1) | (y1 <= b0)
        return np.asarray(free)

    def without_marks(self) -> Room:
        """Return the same room with the marks taken: no label may touch one."""
        corners = np.column_stack([self.marks - self.mark_radius, self.marks + self.mark_radius])
        boxes: list[Box] = [(x0, y0, x1, y1) for x0, y0, x1, y1 in corners.tolist()]
        return Room(self.frame, [*self.taken, *boxes], self.marks, self.mark_radius)

    def covered(self, boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Count the marks under each box."""
        count = np.zeros(len(boxes), dtype=np.int64)
        x0, y0, x1, y1 = (boxes + np.array([-1, -1, 1, 1]) * self.mark_radius).T
        for x, y in self.marks:
            count += (x0 < x) & (x < x1) & (y0 < y) & (y < y1)
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
        best: tuple[float, Label | None, Box] = (np.inf, None, (0.0, 0.0, 0.0, 0.0))
        for size in sizes:
            smaller = _SIZE_COST_MM * (sizes[0] - size)
            if best[0] <= smaller:
                break
            cost, label, box = _place(names[k], areas[k], room, size, weight)
            best = min(best, (cost + smaller, label, box), key=lambda found: found[0])
        if best[1] is not None:
            placed.append(best[1])
            room.taken.append(best[2])
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
        u, v = float(result[k, 0]), float(result[k, 1])
        room.taken.append((u - radius, v - radius, u + radius, v + radius))
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
) -> tuple[float, Label | None, Box]:
    """Find the best free place for one name: its cost, infinite where there is none."""
    nothing = (np.inf, None, (0.0, 0.0, 0.0, 0.0))
    x0, _, x1, _ = area.bounds
    word = max((text_width(part, size, weight) for part in breakable(name)), default=0.0)
    widest = min(_WIDEST_MM, max(0.7 * (x1 - x0), _NARROWEST_MM, word + _WORD_ROOM_MM))
    lines = wrap(name, widest, size, weight, 3)
    if not lines:
        return nothing
    width, height = lines_box(lines, size, weight)
    x, y = _grid(area)
    boxes = np.column_stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
    free = room.free(boxes)
    x, y, boxes = x[free], y[free], boxes[free]
    outside = _share_outside(boxes, area)
    near = outside <= _MOST_OUTSIDE
    if not near.any():
        return nothing
    x, y, boxes, outside = x[near], y[near], boxes[near], outside[near]
    middle = shapely.centroid(area)
    off = np.hypot(x - middle.x, y - middle.y)
    cost = off + _MARK_COST_MM * room.covered(boxes) + _OUTSIDE_COST_MM * outside
    cost = np.round(cost, 6)
    cost += _CUT_COST_MM * lines[-1].endswith("…")
    best = int(np.argmin(cost))
    left, low, right, high = (float(value) for value in boxes[best])
    label = Label.centred(lines, float(x[best]), (low + high) / 2, height, size)
    return float(cost[best]), label, (left, low, right, high)


def _grid(area: shapely.Geometry) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the places of a grid inside an area, and its middle."""
    x0, y0, x1, y1 = area.bounds
    step = max(_STEP_MM, (x1 - x0) / 60, (y1 - y0) / 60)
    columns, rows = np.meshgrid(np.arange(x0, x1 + step, step), np.arange(y0, y1 + step, step))
    inner = shapely.point_on_surface(area)
    x, y = np.append(columns, inner.x), np.append(rows, inner.y)
    shapely.prepare(area)
    inside = shapely.intersects_xy(area, x, y)
    return x[inside], y[inside]


def _share_outside(
    boxes: npt.NDArray[np.float64], area: shapely.Geometry
) -> npt.NDArray[np.float64]:
    """Return the share of each box, from 0 to 1, that lies outside an area, by places in it."""
    x0, y0, x1, y1 = boxes.T[:, :, np.newaxis]
    across, up = (part.ravel() for part in np.meshgrid(_ACROSS, _UP))
    shapely.prepare(area)
    inside = shapely.intersects_xy(area, x0 + (x1 - x0) * across, y0 + (y1 - y0) * up)
    return np.asarray(1 - inside.mean(axis=1))
