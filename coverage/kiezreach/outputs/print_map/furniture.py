"""What every map needs to be read: scale bar, north arrow, marks of centres, names of areas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from kiezreach.outputs import style
from kiezreach.outputs.print_map.ground import Frame, Ground, fill_outline, line_outline
from kiezreach.outputs.print_map.labels import Label, Room, place_names
from kiezreach.outputs.print_map.lettering import Weight

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.patches import Patch

    from kiezreach.inputs import Inputs
    from kiezreach.outputs.print_map.page import Page
    from kiezreach.outputs.texts import Texts

_MARK_MM = (2.1, 3.6)  # of a centre: so that near ones stay two, and lone ones are seen
_BAR_MM = 62.0  # longest scale bar
_BOX_WIDTH_MM, _BOX_HEIGHT_MM = 88.0, 15.0
_M_PER_KM = 1000.0
_NAME_SIZES = (10.5, 9.0, 7.5)
_LOCATOR_MM, _LOCATOR_HEIGHTS_MM = 46.0, (24.0, 60.0)


def draw_scale(page: Page, ground: Ground, texts: Texts, crs: object) -> shapely.Polygon:
    """Draw scale bar and north arrow where they hide least; return the box they take."""
    frame = ground.frame
    box, _ = emptiest_corner(frame, ground.region, _BOX_WIDTH_MM, _BOX_HEIGHT_MM)
    x, y, _, _ = box.bounds
    length = _bar_length(_BAR_MM / frame.mm_per_m)
    if shapely.intersects(box, ground.city):
        page.box(x, y, _BOX_WIDTH_MM, _BOX_HEIGHT_MM, colour=style.PAPER, alpha=0.9)
    _draw_arrow(page, x + 6, y + _BOX_HEIGHT_MM / 2, _convergence(frame, crs), texts)
    left, base = x + 14.0, y + 5.0
    quarter = length * frame.mm_per_m / 4
    for k in range(4):
        colour = style.INK if k % 2 == 0 else style.PAPER
        page.box(left + k * quarter, base, quarter, 1.4, colour=colour, edge=style.INK)
    unit, per_unit = ("km", _M_PER_KM) if length >= _M_PER_KM else ("m", 1.0)
    for k in (0, 2, 4):
        value = length * k / 4 / per_unit
        number = texts.number(value, 0 if value == round(value) else 1)
        text = f"{number} {unit}" if k == 4 else number  # noqa: PLR2004 - the bar has four parts
        page.text(left + k * quarter, base + 2.6, text, 8, align="center")
    scale = texts("scale", denominator=texts.number(frame.denominator))
    page.text(left, base - 3.6, scale, 8, colour=style.INK_SOFT)
    return box


def emptiest_corner(
    frame: Frame,
    region: shapely.Geometry,
    width: float,
    height: float,
    taken: Sequence[shapely.Polygon] = (),
) -> tuple[shapely.Polygon, float]:
    """Find the corner of the map in which a box hides least of the region.

    Parameters
    ----------
    frame
        Where the map lies.
    region
        What the map is of, in millimetres on the sheet.
    width, height
        Of the box, in millimetres.
    taken
        Boxes that are in corners already.

    Returns
    -------
    Polygon
        The box.
    float
        How much of the region it hides, in square millimetres; infinite where it covers another.
    """
    inset = 2.0
    low_x, low_y = frame.left + inset, frame.bottom + inset
    high_x = frame.left + frame.width - inset - width
    high_y = frame.bottom + frame.height - inset - height
    corners = [(low_x, low_y), (high_x, low_y), (low_x, high_y), (high_x, high_y)]
    boxes = [shapely.box(x, y, x + width, y + height) for x, y in corners]
    hidden = [
        np.inf
        if any(shapely.intersects(box, other) for other in taken)
        else round(float(shapely.area(shapely.intersection(box, region))), 3)
        for box in boxes
    ]
    best = int(np.argmin(hidden))
    return boxes[best], hidden[best]


def _bar_length(longest: float) -> float:
    """Return the longest round length in metres that is not longer than this."""
    power = 10.0 ** np.floor(np.log10(longest))
    return float(max(r * power for r in (1, 2, 4, 5) if r * power <= longest * (1 + 1e-9)))


def _convergence(frame: Frame, crs: object) -> float:
    """Return the angle from up to true north in the middle of the map, in radians clockwise."""
    middle = gpd.GeoSeries(gpd.points_from_xy(*np.transpose([frame.centre])), crs=crs).to_crs(4326)
    north = gpd.GeoSeries(gpd.points_from_xy(middle.x, middle.y + 0.01), crs=4326).to_crs(crs)
    dx, dy = north.x[0] - frame.centre[0], north.y[0] - frame.centre[1]
    return float(np.arctan2(dx, dy)) if np.isfinite([dx, dy]).all() else 0.0


def _draw_arrow(page: Page, x: float, y: float, angle: float, texts: Texts) -> None:
    """Draw a needle that points to true north."""
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    needle = np.array([[0.0, 4.6], [2.3, -3.2], [0.0, -1.7], [-2.3, -3.2]])
    at = needle @ turn.T + [x, y - 1.2]
    page.polygon(at, style.INK, 0.6)
    page.polygon(at[[0, 1, 2]], style.INK, 0.6, fill=style.PAPER)
    page.text(x, y + 4.2, texts("north"), 9, weight="bold", align="center")


def draw_centres(
    page: Page,
    centres: gpd.GeoDataFrame,
    frame: Frame,
    clip: Patch,
    *,
    among: npt.NDArray[np.bool_] | None = None,
) -> None:
    """Draw the centres that count, by kind, the last kind beneath the others.

    Parameters
    ----------
    page, frame, clip
        The sheet, where the map lies on it, and what to clip to.
    centres
        All centres: size and look of their marks depend on all of them.
    among
        Which of them to draw; all if absent.
    """
    size = mark_size(shown_centres(centres, frame)[0])
    points, kinds = shown_centres(centres if among is None else centres[among], frame)
    for kind, mark in reversed(style.kind_styles(centres["kind"]).items()):
        own = points[kinds == kind]
        if len(own):
            page.marks(shapely.get_x(own), shapely.get_y(own), mark, size, clip=clip)


def shown_centres(
    centres: gpd.GeoDataFrame, frame: Frame
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Return places on the sheet and kinds of the centres that count and lie in a frame."""
    linked = centres[centres["linked"].to_numpy(dtype=bool)]
    points = frame.move(linked.geometry)
    inside = np.asarray(shapely.intersects(points, frame.box))
    return points[inside], linked["kind"].to_numpy(dtype=object)[inside]


def mark_size(points: npt.NDArray[np.object_]) -> float:
    """Return the size of marks in millimetres: half of how far a centre is from the next."""
    if len(points) < 2:  # noqa: PLR2004 - a pair
        return _MARK_MM[1]
    return float(np.clip(np.median(nearest_other(points)) / 2, *_MARK_MM))


def nearest_other(points: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Return how far each point is from the nearest other one."""
    tree = shapely.STRtree(points)
    pairs, distance = tree.query_nearest(points, exclusive=True, return_distance=True)
    # A point that equals others is at no distance from them, though the search leaves them out.
    nearest = np.zeros(len(points))
    nearest[pairs[0]] = distance
    xy = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    _, group, count = np.unique(xy, axis=0, return_inverse=True, return_counts=True)
    nearest[count[group.ravel()] > 1] = 0.0
    return nearest


def draw_locator(
    page: Page, ground: Ground, inputs: Inputs, focus: str, taken: Sequence[shapely.Polygon]
) -> shapely.Polygon:
    """Draw where in the city an area of the coarsest level lies; return the box that it takes."""
    districts = inputs.areas[inputs.areas["level"] == inputs.areas["level"].iloc[0]]
    x0, y0, x1, y1 = districts.total_bounds
    height = float(np.clip(_LOCATOR_MM * (y1 - y0) / max(x1 - x0, 1.0), *_LOCATOR_HEIGHTS_MM))
    box, _ = emptiest_corner(ground.frame, ground.region, _LOCATOR_MM, height, taken)
    left, bottom, _, _ = box.bounds
    page.box(left, bottom, _LOCATOR_MM, height, colour=style.PAPER, edge=style.INK_SOFT)
    scale = max((x1 - x0) / (_LOCATOR_MM - 4), (y1 - y0) / (height - 4), 1.0)
    small = Frame(left, bottom, _LOCATOR_MM, height, scale * 1000, ((x0 + x1) / 2, (y0 + y1) / 2))
    shapes = shapely.coverage_simplify(small.move(districts.geometry), 0.15)
    page.fill(fill_outline(shapes), style.OUTSIDE, clip=None)
    own = districts["area_id"].to_numpy() == focus
    page.fill(fill_outline(shapes[own]), style.NEAREST, clip=None)
    page.stroke(line_outline(shapely.boundary(shapes)), style.INK_SOFT, 0.35, clip=None)
    return box


def draw_names(page: Page, ground: Ground, room: Room, colour: str = style.INK) -> None:
    """Write the names of the coarsest areas where there is room."""
    names = [str(name) for name in ground.districts["name"]]
    for label in place_names(names, ground.district_shapes, room, sizes=_NAME_SIZES):
        write_label(page, label, weight="bold", colour=colour)


def write_label(page: Page, label: Label, *, weight: Weight = "normal", colour: str) -> None:
    """Write the lines of a label on a halo."""
    for line, baseline in zip(label.lines, label.baselines, strict=True):
        page.text(
            label.x,
            baseline,
            line,
            label.size,
            weight=weight,
            colour=colour,
            align="center",
            halo_mm=0.05 * label.size,
        )
