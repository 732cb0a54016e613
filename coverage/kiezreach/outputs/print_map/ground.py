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
        power = 10.0 ** np.floor(np.log10(needed))
        denominator = next(r * power for r in _ROUND if r * power >= needed * (1 - 1e-9))
        return cls(left, bottom, width, height, denominator, ((x0 + x1) / 2, (y0 + y1) / 2))

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
        """Move geometries to the sheet, in millimetres, leaving out what lies outside."""
        moved = self.move(geometry)
        moved = moved[shapely.intersects(moved, self.box)]
        moved = shapely.simplify(moved, _DETAIL_MM, preserve_topology=False)
        return moved[~shapely.is_empty(moved)]

    def move(self, geometry: npt.NDArray[np.object_] | gpd.GeoSeries) -> npt.NDArray[np.object_]:
        """Move geometries to the sheet, in millimetres, all of them and in full detail."""
        middle = np.array([self.left + self.width / 2, self.bottom + self.height / 2])
        return np.asarray(
            shapely.transform(
                np.asarray(geometry, dtype=object),
                lambda xy: (xy - np.array(self.centre)) * self.mm_per_m + middle,
            )
        )


class Ground:
    """The ground under every theme, moved to the sheet once.

    Parameters
    ----------
    inputs
        Areas, inhabited ground and background.
    frame
        Where the map lies.
    """

    def __init__(self, inputs: Inputs, frame: Frame) -> None:
        self.frame = frame
        levels = list(dict.fromkeys(inputs.areas["level"]))
        self.districts = inputs.areas[inputs.areas["level"] == levels[0]]
        finest = inputs.areas[inputs.areas["level"] == levels[-1]]
        # Shared borders stay shared, so that no sliver shows between neighbours.
        self.area_shapes = _shared(frame.move(finest.geometry))
        self.district_shapes = (
            _shared(frame.move(self.districts.geometry)) if len(levels) > 1 else self.area_shapes
        )
        self.several_levels = len(levels) > 1
        self.region = shapely.union_all(shapely.make_valid(self.district_shapes))
        self.inhabited = fill_outline(frame.place(inputs.inhabited.geometry))
        self.background = {
            name: frame.place(layer) for name, layer in sorted(inputs.background.items())
        }

    def draw_below(self, page: Page) -> Patch:
        """Draw land and green; return the frame, to which all that follows is clipped."""
        f = self.frame
        clip = page.box(f.left, f.bottom, f.width, f.height, colour=style.OUTSIDE)
        page.fill(fill_outline(self._region_parts()), style.LAND, clip=clip)
        if "green" in self.background:
            page.fill(fill_outline(self.background["green"]), style.GREEN, clip=clip)
        return clip

    def draw_above(self, page: Page, clip: Patch) -> None:
        """Draw water, railways and borders over the theme, and fade what lies outside."""
        if "water" in self.background:
            water = self.background["water"]
            page.fill(fill_outline(water), style.WATER, clip=clip)
            page.stroke(line_outline(water), style.WATER, 0.6, clip=clip)
        if "railway" in self.background:
            railway = line_outline(self.background["railway"])
            page.stroke(railway, style.RAILWAY, 0.4, clip=clip)
        outside = shapely.difference(self.frame.box, self.region)
        page.fill(fill_outline(np.array([outside])), style.OUTSIDE, alpha=0.72, clip=clip)
        borders = line_outline(shapely.boundary(self.area_shapes))
        page.stroke(borders, style.AREA_BORDER, 0.25, alpha=0.55, clip=clip)
        if self.several_levels:
            borders = line_outline(shapely.boundary(self.district_shapes))
            page.stroke(borders, style.DISTRICT_BORDER, 0.9, clip=clip)
        page.stroke(
            line_outline(np.array([shapely.boundary(self.region)])),
            style.DISTRICT_BORDER,
            1.3,
            clip=clip,
        )

    def _region_parts(self) -> npt.NDArray[np.object_]:
        return np.array([self.region], dtype=object)


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
