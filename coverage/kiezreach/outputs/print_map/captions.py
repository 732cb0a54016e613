"""Names of places: beside their mark where there is room, else at the end of a line to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.outputs.print_map.labels import Label, Room, lines_box
from kiezreach.outputs.print_map.lettering import Weight, breakable, text_width, wrap

if TYPE_CHECKING:
    import numpy.typing as npt

_ANGLES = np.arange(24) * (np.pi / 12)  # from the right of the mark, anticlockwise
_DISTANCES_MM = (0.5, 1.5, 3.0, 5.0, 7.5, 10.5, 14.0, 18.0, 23.0, 29.0)
_WIDEST_MM = 34.0  # longer names are broken
_WIDEST_WORD_MM = 60.0  # unless it is one long word
_WORD_ROOM_MM = 0.2
_MOST_LINES = 4
_LEADER_MM = 2.0  # farther from its mark, a name has a line to it
_MARK_COST_MM = 15.0  # farther from its mark a name goes rather than cover another
_CROSSED_COST_MM = 12.0  # rather than have its line cross another name
_STEEP_COST_MM = 0.8  # rather than stand above or below its mark


@dataclass(frozen=True)
class Caption:
    """A name that has found its place.

    Parameters
    ----------
    label
        The name, or None where no place was free.
    leader
        Two places on the sheet that a line joins; None where the name stands beside its mark.
    """

    label: Label | None
    leader: tuple[tuple[float, float], tuple[float, float]] | None = None


def place_captions(
    names: Sequence[str],
    points: npt.NDArray[np.float64],
    mark_mm: float,
    room: Room,
    *,
    size: float,
    weight: Weight = "normal",
) -> list[Caption]:
    """Place the names of points beside them.

    Parameters
    ----------
    names
        Names; an empty one has no place.
    points
        Shape (n, 2): where their marks are, in millimetres on the sheet.
    mark_mm
        Size of the marks.
    room
        Where names may go; the boxes of those placed are added to it.
    size, weight
        Font size in points, and weight.

    Returns
    -------
    list of Caption
        One for each name. Those with the most neighbours have the first choice.
    """
    captions = [Caption(None)] * len(names)
    for k in _most_crowded_first(points):
        word = max((text_width(part, size, weight) for part in breakable(names[k])), default=0.0)
        widest = min(max(_WIDEST_MM, word + _WORD_ROOM_MM), _WIDEST_WORD_MM)
        lines = wrap(names[k], widest, size, weight, _MOST_LINES)
        if lines:
            box = lines_box(lines, size, weight)
            captions[k] = _place(lines, box, points[k], mark_mm, room, size)
    return captions


def _most_crowded_first(points: npt.NDArray[np.float64]) -> list[int]:
    """Return the numbers of points, those with most others within a name's width first."""
    if not len(points):
        return []
    apart = np.hypot(*(points[:, np.newaxis] - points[np.newaxis]).T)
    near = (apart < _WIDEST_MM).sum(axis=0)
    return [int(k) for k in np.lexsort((np.arange(len(points)), -near))]


def _place(
    lines: list[str],
    box: tuple[float, float],
    point: npt.NDArray[np.float64],
    mark_mm: float,
    room: Room,
    size: float,
) -> Caption:
    """Find the free place for one name that costs least."""
    width, height = box
    away, angle = (part.ravel() for part in np.meshgrid(_DISTANCES_MM, _ANGLES, indexing="ij"))
    reach = mark_mm / 2 + away
    x = point[0] + np.cos(angle) * (reach + width / 2)
    y = point[1] + np.sin(angle) * (reach + height / 2)
    boxes = np.column_stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
    free = room.free(boxes)
    if not free.any():
        return Caption(None)
    x, y, boxes, away, angle = x[free], y[free], boxes[free], away[free], angle[free]
    ends = np.column_stack(
        [np.clip(point[0], boxes[:, 0], boxes[:, 2]), np.clip(point[1], boxes[:, 1], boxes[:, 3])]
    )
    leaders = shapely.linestrings(np.stack([np.broadcast_to(point, ends.shape), ends], axis=1))
    crossed = _crossings(leaders, room) * (away > _LEADER_MM)
    cost = away + _STEEP_COST_MM * np.abs(np.sin(angle)) + 0.1 * (np.cos(angle) < 0)
    cost += _MARK_COST_MM * room.covered(boxes) + _CROSSED_COST_MM * crossed
    best = int(np.argmin(np.round(cost, 6)))
    left, low, right, high = (float(value) for value in boxes[best])
    room.taken.append((left, low, right, high))
    label = Label.centred(lines, float(x[best]), float(y[best]), height, size)
    if away[best] <= _LEADER_MM:
        return Caption(label)
    start = (float(point[0]), float(point[1]))
    return Caption(label, (start, (float(ends[best, 0]), float(ends[best, 1]))))


def _crossings(leaders: npt.NDArray[np.object_], room: Room) -> npt.NDArray[np.int64]:
    """Count the boxes that each line runs through."""
    if not room.taken:
        return np.zeros(len(leaders), dtype=np.int64)
    boxes = shapely.box(*np.array(room.taken).T)
    pairs = shapely.STRtree(boxes).query(leaders, predicate="intersects")
    return np.bincount(pairs[0], minlength=len(leaders))
