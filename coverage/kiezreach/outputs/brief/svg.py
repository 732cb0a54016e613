"""A small map as SVG: shapes, marks, names, scale bar, in millimetres."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from kiezreach.outputs import style
from kiezreach.outputs.print_map.ground import Frame
from kiezreach.outputs.print_map.lettering import printable

if TYPE_CHECKING:
    import numpy.typing as npt

WIDTH_MM, HEIGHT_MM = 108.0, 96.0
DETAIL_MM = 0.1  # what print does not show
_SPECK_MM2 = 0.08
MARK_MM = 1.75  # radius of a mark with a number
_DOT_MM = 0.8  # of a centre without one
_MM_PER_POINT = 25.4 / 72
_BAR_MM = 30.0  # longest scale bar
_M_PER_KM = 1000.0
GAP_COLOUR = "#8a3d00"
_FONT = "DejaVu Sans"


class Parts:
    """Single parts of a layer, found by where they lie."""

    def __init__(self, layer: gpd.GeoSeries) -> None:
        self._parts = shapely.get_parts(shapely.get_parts(layer.to_numpy()))
        self._tree = shapely.STRtree(self._parts)

    def within(
        self, box: shapely.Polygon, place: shapely.Geometry | None
    ) -> npt.NDArray[np.object_]:
        """Return the parts that meet a place, or all, cut to a box."""
        if place is None:
            found = self._parts[np.sort(self._tree.query(box))]
        else:
            found = self._parts[np.sort(self._tree.query(place, predicate="intersects"))]
        return np.asarray(shapely.clip_by_rect(found, *box.bounds))


class Sheet:
    """SVG in the making; x and y are millimetres from the lower left corner."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._svg: list[str] = []
        half = np.array([WIDTH_MM, HEIGHT_MM]) / 2 / frame.mm_per_m
        low, high = np.array(frame.centre) - half, np.array(frame.centre) + half
        self._box_m = shapely.box(*low, *high)

    def near(self, parts: Parts, place: shapely.Geometry | None = None) -> npt.NDArray[np.object_]:
        """Return what of a layer the map shows, or shows in a place, moved and simplified."""
        moved = self.frame.move(parts.within(self._box_m, place))
        return np.asarray(shapely.simplify(moved, DETAIL_MM))

    def move(self, geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        """Move geometries to the sheet as they are."""
        return self.frame.move(geometry)

    def xy(self, points: gpd.GeoSeries) -> list[tuple[float, float]]:
        """Return where points lie on the sheet."""
        moved = self.frame.move(np.asarray(points, dtype=object))
        return list(zip(shapely.get_x(moved).tolist(), shapely.get_y(moved).tolist(), strict=True))

    def holds(self, x: float, y: float) -> bool:
        """Whether a place is on the map."""
        return 0 <= x <= WIDTH_MM and 0 <= y <= HEIGHT_MM

    def box(self, colour: str) -> None:
        """Fill the whole map."""
        self._svg.append(f'<rect width="{WIDTH_MM:g}" height="{HEIGHT_MM:g}" fill="{colour}"/>')

    def shapes(
        self,
        geometry: Sequence[shapely.Geometry] | npt.NDArray[np.object_],
        *,
        fill: str = "none",
        stroke: str = "none",
        width: float = 0.0,
        alpha: float = 1.0,
    ) -> None:
        """Draw geometries as one path."""
        path = "".join(path_commands(np.asarray(geometry, dtype=object), closed=fill != "none"))
        if not path:
            return
        line = f' stroke="{stroke}" stroke-width="{width:g}" stroke-linejoin="round"' * (width > 0)
        faded = f' fill-opacity="{alpha:g}"' * (alpha < 1)
        self._svg.append(f'<path d="{path}" fill="{fill}" fill-rule="evenodd"{line}{faded}/>')

    def dot(self, x: float, y: float) -> None:
        """Draw a centre that has no number."""
        self._svg.append(
            f'<circle cx="{x:.2f}" cy="{HEIGHT_MM - y:.2f}" r="{_DOT_MM:g}" fill="{style.INK}" '
            f'stroke="{style.PAPER}" stroke-width="0.3"/>'
        )

    def mark(
        self, x: float, y: float, text: str, kind: str, taken: list[tuple[float, float]]
    ) -> tuple[float, float]:
        """Draw a mark with a number or letter where it does not cover another; say where."""
        u, v = _free_place(x, y, taken)
        if np.hypot(u - x, v - y) > MARK_MM / 2:
            self._svg.append(
                f'<path d="M{x:.2f} {HEIGHT_MM - y:.2f}L{u:.2f} {HEIGHT_MM - v:.2f}" '
                f'stroke="{style.INK}" stroke-width="0.2"/>'
            )
        fill, ink = {"centre": (style.INK, style.PAPER), "gap": (GAP_COLOUR, style.PAPER)}.get(
            kind, (style.PAPER, style.INK)
        )
        edge = style.INK if kind == "site" else style.PAPER
        r, top = MARK_MM, HEIGHT_MM - v
        if kind == "site":
            left, width = f'x="{u - r:.2f}" y="{top - r:.2f}"', f'width="{2 * r:g}"'
            body = f'<rect {left} {width} height="{2 * r:g}"'
        elif kind == "gap":
            r *= 1.2
            diamond = f"l{r:g} {r:g}l-{r:g} {r:g}l-{r:g} -{r:g}z"
            body = f'<path d="M{u:.2f} {top - r:.2f}{diamond}"'
        else:
            body = f'<circle cx="{u:.2f}" cy="{top:.2f}" r="{r:g}"'
        self._svg.append(f'{body} fill="{fill}" stroke="{edge}" stroke-width="0.3"/>')
        self.text(u, v - 0.72, text, 5.4, bold=True, colour=ink)
        return u, v

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        halo: bool = False,
        colour: str = style.INK,
        anchor: str = "middle",
    ) -> None:
        """Write a line with its middle at x and its baseline at y."""
        weight = ' font-weight="bold"' * bold
        start = (
            f'<text x="{x:.2f}" y="{HEIGHT_MM - y:.2f}" font-family="{_FONT}, sans-serif" '
            f'font-size="{size * _MM_PER_POINT:.3f}" text-anchor="{anchor}"{weight}'
        )
        shown = escape(printable(text))
        if halo:
            self._svg.append(
                f'{start} fill="none" stroke="{style.PAPER}" stroke-width="0.7" '
                f'stroke-opacity="0.85" stroke-linejoin="round" aria-hidden="true">{shown}</text>'
            )
        self._svg.append(f'{start} fill="{colour}">{shown}</text>')

    def frame_and_scale(self, region: shapely.Geometry) -> None:
        """Draw scale bar, north arrow and the frame."""
        length = _bar_length(_BAR_MM / self.frame.mm_per_m)
        width = length * self.frame.mm_per_m
        across = width + 16.0
        corners = [(1.5, 1.5), (WIDTH_MM - across - 1.5, 1.5), (1.5, HEIGHT_MM - 9.5)]
        corners.append((WIDTH_MM - across - 1.5, HEIGHT_MM - 9.5))
        hidden = [
            round(shapely.box(x, y, x + across, y + 8).intersection(region).area, 3)
            for x, y in corners
        ]
        x, y = corners[int(np.argmin(hidden))]
        self._svg.append(
            f'<rect x="{x:.2f}" y="{HEIGHT_MM - y - 8:.2f}" width="{across:.2f}" height="8" '
            f'fill="{style.PAPER}" fill-opacity="0.8"/>'
        )
        base = HEIGHT_MM - y - 2.2
        self._svg.append(
            f'<path d="M{x + 2:.2f} {base - 1:.2f}v1h{width:.2f}v-1" fill="none" '
            f'stroke="{style.INK}" stroke-width="0.3"/>'
        )
        unit = f"{length / _M_PER_KM:g} km" if length >= _M_PER_KM else f"{length:g} m"
        self.text(x + 2 + width / 2, y + 3.8, unit, 6.5)
        left = x + width + 9
        self._svg.append(
            f'<path d="M{left:.2f} {base - 4.6:.2f}l1.3 4.6l-1.3 -1l-1.3 1z" fill="{style.INK}"/>'
        )
        self.text(left + 3.6, y + 3.2, "N", 6.5, bold=True)
        self._svg.append(
            f'<rect x="0.15" y="0.15" width="{WIDTH_MM - 0.3:g}" height="{HEIGHT_MM - 0.3:g}" '
            f'fill="none" stroke="{style.INK}" stroke-width="0.3"/>'
        )

    def svg(self) -> str:
        """Return the finished map."""
        body = "\n".join(self._svg)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM:g}mm" '
            f'height="{HEIGHT_MM:g}mm" viewBox="0 0 {WIDTH_MM:g} {HEIGHT_MM:g}">\n{body}\n</svg>\n'
        )


def path_commands(geometry: npt.NDArray[np.object_], *, closed: bool) -> Iterator[str]:
    """Yield the commands of an SVG path for polygons, or for lines; specks are left out."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    if closed:
        polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
        polygons = polygons[shapely.area(polygons) >= _SPECK_MM2]
        parts = shapely.get_rings(polygons)
    else:
        kinds = (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING)
        parts = parts[np.isin(shapely.get_type_id(parts), kinds)]
    for line in parts:
        xy = shapely.get_coordinates(line)
        whole = np.rint(np.column_stack([xy[:, 0], HEIGHT_MM - xy[:, 1]]) * 100).astype(np.int64)
        keep = np.append(True, (whole[1:] != whole[:-1]).any(axis=1))
        whole = whole[keep]
        if len(whole) < 2:  # noqa: PLR2004 - a line has two ends
            continue
        steps = np.diff(whole, axis=0)
        first = f"M{whole[0, 0] / 100:g} {whole[0, 1] / 100:g}l"
        yield first + " ".join(f"{x / 100:g} {y / 100:g}" for x, y in steps.tolist()) + "z" * closed


def _free_place(x: float, y: float, taken: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the nearest place to a point where a mark covers no other, on the map."""
    r = 1.2 * MARK_MM + 0.2
    inside = np.clip([x, y], r, [WIDTH_MM - r, HEIGHT_MM - r])
    if not taken:
        return float(inside[0]), float(inside[1])
    others = np.array(taken)
    radius = np.repeat(np.arange(0.0, 16.0, 0.5), 24)
    angle = np.tile(np.arange(24) * (np.pi / 12), len(radius) // 24)
    tries = inside + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    far = np.hypot(*np.moveaxis(tries[:, None] - others[None], -1, 0)).min(axis=1)
    fits = (far >= 2 * MARK_MM + 0.4) & (tries >= r).all(axis=1)
    fits &= (tries[:, 0] <= WIDTH_MM - r) & (tries[:, 1] <= HEIGHT_MM - r)
    best = tries[np.argmax(fits)] if fits.any() else inside
    return float(best[0]), float(best[1])


def _bar_length(longest: float) -> float:
    """Return the longest of 1, 2, 5 times a power of ten metres that is not longer than this."""
    power = 10.0 ** np.floor(np.log10(longest))
    return float(max(r * power for r in (1, 2, 5) if r * power <= longest * (1 + 1e-9)))
