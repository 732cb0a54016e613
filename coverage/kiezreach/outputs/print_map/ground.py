"""The map itself: what lies where on the sheet, and the ground under every theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.path import Path as Outline

from kiezreach.outputs import style

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.patches import Patch

    from kiezreach.inputs import Inputs
    from kiezreach.outputs.print_map.page import Page

_DETAIL_MM = 0.05  # what 300 dpi cannot show: half a dot is 0.042 mm
_SPECK_MM2 = 1.0
_ROUND = (1, 1.1, 1.2, 1.25, 1.4, 1.5, 1.6, 1.75, 1.8, 2, 2.25, 2.5, 2.75, 3, 3.5, 4, 4.5, 5, 6,
          7, 7.5, 8, 9, 10)  # fmt: skip
_INNER_MARGIN_MM = 4.0
_BLEED_MM = 2.0  # shapes end so far outside the frame: wider than any line
_BEYOND_FADED, _NEIGHBOURS_FADED = 0.72, 0.6  # opacity of what is laid over ground outside
_MM_PER_M = 1000.0
_SMALLEST_M = 100.0  # a place of no extent is drawn as if it had this one


@dataclass(frozen=True)
class Frame:
    """Where the map lies on the sheet, and at which scale.

    Parameters
    ----------
    left, bottom, width, height
        The frame in millimetres on the sheet.
    denominator
        The scale is 1 to this number.
    centre
        Place of the study that lies in the middle, in metres.
    """

    left: float
    bottom: float
    width: float
    height: float
    denominator: float
    centre: tuple[float, float]

    @classmethod
    def around(
        cls, bounds: Sequence[float], left: float, bottom: float, width: float, height: float
    ) -> Frame:
        """Return the frame that shows bounds in metres at the largest round scale."""
        x0, y0, x1, y1 = bounds
        room = 2 * _INNER_MARGIN_MM
        needed = _MM_PER_M * max(
            max(x1 - x0, _SMALLEST_M) / (width - room), max(y1 - y0, _SMALLEST_M) / (height - room)
        )
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        return cls(left, bottom, width, height, round_scale(needed), middle)

    @property
    def mm_per_m(self) -> float:
        """Millimetres on the sheet for one metre outdoors."""
        return _MM_PER_M / self.denominator

    @property
    def box(self) -> shapely.Polygon:
        """The frame on the sheet."""
        return shapely.box(
            self.left, self.bottom, self.left + self.width, self.bottom + self.height
        )

    def place(self, geometry: npt.NDArray[np.object_] | gpd.GeoSeries) -> npt.NDArray[np.object_]:
        """Move geometries to the sheet, in millimetres, without what lies outside the frame."""
        shapes = self.near(geometry)
        moved = self.move(shapely.clip_by_rect(shapes, *self.window))
        moved = shapely.simplify(moved, _DETAIL_MM, preserve_topology=False)
        return np.asarray(moved[~shapely.is_empty(moved)])

    def near(self, geometry: npt.NDArray[np.object_] | gpd.GeoSeries) -> npt.NDArray[np.object_]:
        """Return the geometries whose bounds touch the frame, where they are in the study."""
        shapes = np.asarray(geometry, dtype=object)
        x0, y0, x1, y1 = shapely.bounds(shapes).T
        left, bottom, right, top = self.window
        return np.asarray(shapes[(x0 <= right) & (x1 >= left) & (y0 <= top) & (y1 >= bottom)])

    @property
    def window(self) -> tuple[float, float, float, float]:
        """What the frame shows, in metres of the study, and a little more."""
        return self._around_centre(_BLEED_MM)

    @property
    def shown(self) -> tuple[float, float, float, float]:
        """What the frame shows, in metres of the study."""
        return self._around_centre(0.0)

    def outdoors(self, place: tuple[float, float]) -> tuple[float, float]:
        """Return where a place on the sheet is in the study, in metres."""
        x0, y0, _, _ = self.shown
        x, y = place
        return x0 + (x - self.left) / self.mm_per_m, y0 + (y - self.bottom) / self.mm_per_m

    def _around_centre(self, more_mm: float) -> tuple[float, float, float, float]:
        """Return the bounds of the frame, grown on all sides, in metres of the study."""
        x, y = self.centre
        across = (self.width / 2 + more_mm) / self.mm_per_m
        up = (self.height / 2 + more_mm) / self.mm_per_m
        return x - across, y - up, x + across, y + up

    def move(self, geometry: npt.NDArray[np.object_] | gpd.GeoSeries) -> npt.NDArray[np.object_]:
        """Move geometries to the sheet, in millimetres, all of them and in full detail."""
        middle = np.array([self.left + self.width / 2, self.bottom + self.height / 2])
        return np.asarray(
            shapely.transform(
                np.asarray(geometry, dtype=object),
                lambda xy: (xy - np.array(self.centre)) * self.mm_per_m + middle,
            )
        )


def round_scale(needed: float) -> float:
    """Return the smallest round denominator of a scale that is at least the one needed."""
    power = 10.0 ** np.floor(np.log10(needed))
    return float(next(r * power for r in _ROUND if r * power >= needed * (1 - 1e-9)))


class Ground:
    """The ground under every theme, moved to the sheet once.

    Parameters
    ----------
    inputs
        Areas, inhabited ground and background.
    frame
        Where the map lies.
    focus
        Area of the coarsest level that the map is of; the others are faded. All of them if absent.
    """

    def __init__(self, inputs: Inputs, frame: Frame, focus: str | None = None) -> None:
        self.frame = frame
        levels = list(dict.fromkeys(inputs.areas["level"]))
        self.several_levels = len(levels) > 1
        self.districts, self.district_shapes = _areas_in(inputs, levels[0], frame)
        self.areas, self.area_shapes = (
            _areas_in(inputs, levels[-1], frame)
            if self.several_levels
            else (self.districts, self.district_shapes)
        )
        self.city = shapely.union_all(shapely.make_valid(self.district_shapes))
        own = self.districts["area_id"].to_numpy() == focus
        self.region = (
            self.city
            if focus is None
            else shapely.union_all(shapely.make_valid(self.district_shapes[own]))
        )
        self.inhabited = fill_outline(frame.place(inputs.inhabited.geometry))
        self.background = {
            name: frame.place(layer) for name, layer in sorted(inputs.background.items())
        }

    def draw_below(self, page: Page) -> Patch:
        """Draw land and green; return the frame, to which all that follows is clipped."""
        f = self.frame
        clip = page.box(f.left, f.bottom, f.width, f.height, colour=style.OUTSIDE)
        page.fill(fill_outline(np.array([self.city], dtype=object)), style.LAND, clip=clip)
        self.draw_green(page, clip)
        return clip

    def draw_green(self, page: Page, clip: Patch) -> None:
        """Draw parks and woods, where they are known."""
        if "green" in self.background:
            page.fill(fill_outline(self.background["green"]), style.GREEN, clip=clip)

    def draw_above(self, page: Page, clip: Patch) -> None:
        """Draw water, railways and borders over the theme, and fade what lies outside."""
        if "water" in self.background:
            water = self.background["water"]
            page.fill(fill_outline(water), style.WATER, clip=clip)
            page.stroke(line_outline(water), style.WATER, 0.6, clip=clip)
        if "railway" in self.background:
            railway = line_outline(self.background["railway"])
            page.stroke(railway, style.RAILWAY, 0.4, clip=clip)
        borders = line_outline(shapely.boundary(self.area_shapes))
        points, alpha = (0.25, 0.55) if self.region is self.city else (0.5, 0.9)
        page.stroke(borders, style.AREA_BORDER, points, alpha=alpha, clip=clip)
        beyond = shapely.difference(self.frame.box, self.city)
        neighbours = shapely.difference(self.city, self.region)
        for faded, alpha in ((beyond, _BEYOND_FADED), (neighbours, _NEIGHBOURS_FADED)):
            page.fill(fill_outline(np.array([faded])), style.OUTSIDE, alpha=alpha, clip=clip)
        if self.several_levels:
            borders = line_outline(shapely.boundary(self.district_shapes))
            page.stroke(borders, style.DISTRICT_BORDER, 0.9, clip=clip)
        around = line_outline(np.array([shapely.boundary(self.region)]))
        page.stroke(around, style.DISTRICT_BORDER, 1.3, clip=clip)


def _areas_in(
    inputs: Inputs, level: str, frame: Frame
) -> tuple[gpd.GeoDataFrame, npt.NDArray[np.object_]]:
    """Return the areas of a level that a frame shows, and their shapes on the sheet.

    Shared borders stay shared, so that no sliver shows between neighbours.
    """
    areas = inputs.areas[inputs.areas["level"] == level]
    seen = shapely.intersects(areas.geometry.to_numpy(), shapely.box(*frame.window))
    areas = areas[np.asarray(seen)]
    return areas, _shared(frame.move(areas.geometry))


def _shared(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Simplify areas to what print shows, neighbours alike."""
    return np.asarray(shapely.coverage_simplify(shapes, _DETAIL_MM))


def fill_outline(geometry: npt.NDArray[np.object_]) -> Outline:
    """Make one outline of all polygons, with holes turning the other way so that they stay open."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    parts = parts[~shapely.is_empty(parts)]
    if not len(parts):
        return _nothing()
    oriented = shapely.orient_polygons(parts)
    _, xy, (rings, _) = shapely.to_ragged_array(oriented, include_z=False)
    codes = np.full(len(xy), Outline.LINETO, dtype=Outline.code_type)
    codes[rings[:-1]] = Outline.MOVETO
    codes[rings[1:] - 1] = Outline.CLOSEPOLY
    return Outline(xy, codes)


def ring_outline(geometry: npt.NDArray[np.object_]) -> Outline:
    """Make one outline of the borders of polygons; specks are left out, as dots of ink."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    rings = shapely.polygons(shapely.get_rings(parts))
    return line_outline(shapely.boundary(rings[shapely.area(rings) >= _SPECK_MM2]))


def line_outline(geometry: npt.NDArray[np.object_]) -> Outline:
    """Make one outline of all lines."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    parts = parts[~shapely.is_empty(parts)]
    if not len(parts):
        return _nothing()
    _, xy, (starts,) = shapely.to_ragged_array(parts, include_z=False)
    codes = np.full(len(xy), Outline.LINETO, dtype=Outline.code_type)
    codes[starts[:-1]] = Outline.MOVETO
    return Outline(xy, codes)


def _nothing() -> Outline:
    """Return an outline that draws nothing."""
    return Outline(np.empty((0, 2)), np.empty(0, dtype=Outline.code_type))
