"""What every map needs to be read: scale bar, north arrow, marks of centres, names of areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from kiezreach.outputs import style
from kiezreach.outputs.print_map.ground import Frame, Ground
from kiezreach.outputs.print_map.labels import Room, place_names

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.patches import Patch

    from kiezreach.outputs.print_map.page import Page
    from kiezreach.outputs.texts import Texts

_MARK_MM = (2.1, 3.6)  # of a centre: so that near ones stay two, and lone ones are seen
_BAR_MM = 62.0  # longest scale bar
_BOX_WIDTH_MM, _BOX_HEIGHT_MM = 88.0, 15.0
_M_PER_KM = 1000.0
_NAME_SIZES = (10.5, 9.0, 7.5)


def draw_scale(page: Page, ground: Ground, texts: Texts, crs: object) -> shapely.Polygon:
    """Draw scale bar and north arrow where they hide least; return the box they take."""
    frame = ground.frame
    box = _emptiest_corner(frame, ground.region)
    x, y, _, _ = box.bounds
    length = _bar_length(_BAR_MM / frame.mm_per_m)
    if shapely.intersects(box, ground.region):
        page.box(x, y, _BOX_WIDTH_MM, _BOX_HEIGHT_MM, colour=style.PAPER, alpha=0.85)
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


def _emptiest_corner(frame: Frame, region: shapely.Geometry) -> shapely.Polygon:
    """Return the corner box of the map that covers least of the region."""
    inset = 2.0
    low_x, low_y = frame.left + inset, frame.bottom + inset
    high_x = frame.left + frame.width - inset - _BOX_WIDTH_MM
    high_y = frame.bottom + frame.height - inset - _BOX_HEIGHT_MM
    corners = [(low_x, low_y), (high_x, low_y), (low_x, high_y), (high_x, high_y)]
    boxes = [shapely.box(x, y, x + _BOX_WIDTH_MM, y + _BOX_HEIGHT_MM) for x, y in corners]
    hidden = [round(shapely.area(shapely.intersection(box, region)), 3) for box in boxes]
    return boxes[int(np.argmin(hidden))]


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


def draw_centres(page: Page, centres: gpd.GeoDataFrame, frame: Frame, clip: Patch) -> None:
    """Draw the centres that count, by kind, the last kind beneath the others."""
    linked = centres[centres["linked"].to_numpy(dtype=bool)]
    points = frame.move(linked.geometry)
    size = _mark_size(points)
    kinds = linked["kind"].to_numpy(dtype=object)
    for kind, mark in reversed(style.kind_styles(centres["kind"]).items()):
        own = points[kinds == kind]
        if len(own):
            page.marks(shapely.get_x(own), shapely.get_y(own), mark, size, clip=clip)


def _mark_size(points: npt.NDArray[np.object_]) -> float:
    """Return the size of marks in millimetres: half of how far a centre is from the next."""
    if len(points) < 2:  # noqa: PLR2004 - a pair
        return _MARK_MM[1]
    tree = shapely.STRtree(points)
    _, distance = tree.query_nearest(
        points, exclusive=True, all_matches=False, return_distance=True
    )
    return float(np.clip(np.median(distance) / 2, *_MARK_MM)) if len(distance) else _MARK_MM[1]


def draw_names(page: Page, ground: Ground, room: Room, colour: str = style.INK) -> None:
    """Write the names of the coarsest areas where there is room."""
    names = [str(name) for name in ground.districts["name"]]
    for label in place_names(names, ground.district_shapes, room, sizes=_NAME_SIZES):
        for line, baseline in zip(label.lines, label.baselines, strict=True):
            page.text(
                label.x,
                baseline,
                line,
                label.size,
                weight="bold",
                colour=colour,
                align="center",
                halo_mm=0.55,
            )
