"""The map of a brief: vectors for both the page and the PDF, in no language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from kiezreach.outputs import style
from kiezreach.outputs.brief.scope import Scope, shape
from kiezreach.outputs.print_map.ground import Frame
from kiezreach.outputs.print_map.labels import Room, place_names

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.outputs.brief.facts import Facts
    from kiezreach.study import Study

WIDTH_MM, HEIGHT_MM = 108.0, 96.0
_DETAIL_MM = 0.08  # what print does not show
_SPECK_MM2 = 0.05
_MARK_MM = 1.75  # radius of a mark with a number
_DOT_MM = 0.8  # of a centre beyond the list, or of another place
_NAME_SIZES = (7.0, 6.0)  # points
_NARROWEST_MM = 24.0  # no word of a usual name is longer
_MM_PER_POINT = 25.4 / 72
_BAR_MM = 30.0
_M_PER_KM = 1000.0
_GAP_EDGE = "#8a3d00"
_STREET_MM = 0.8
_FONT = "DejaVu Sans"


class MapLayers:
    """The layers of all maps of a build, taken apart so that each map finds its share fast.

    Parameters
    ----------
    study, inputs, analysis
        What was asked, with what, and what was found.
    """

    def __init__(self, study: Study, inputs: Inputs, analysis: Analysis) -> None:
        self._areas, self._analysis = inputs.areas, analysis
        self._background = {name: _Parts(layer) for name, layer in inputs.background.items()}
        thresholds = sorted(analysis.catchments["threshold_m"], reverse=True)
        shapes = analysis.catchments.set_index("threshold_m").geometry
        self._bands = {t: _Parts(shapes.loc[[t]]) for t in thresholds}
        self._colours = style.band_colours(thresholds, study.analysis.gap_threshold_m)
        self._inhabited = _Parts(analysis.gaps.geometry)
        self._ground = _Parts(inputs.inhabited.geometry)

    def draw(self, facts: Facts) -> str:
        """Draw the map of a place as SVG.

        Parameters
        ----------
        facts
            What is told of the place: its gaps, centres and sites bear the marks of the text.

        Returns
        -------
        str
            SVG of `WIDTH_MM` x `HEIGHT_MM`, its texts Latin letters, digits and names; scale bar
            in whole metres or kilometres.
        """
        scope = facts.scope
        own = shape(scope, self._areas)
        frame = Frame.around(own.total_bounds, 0.0, 0.0, WIDTH_MM, HEIGHT_MM)
        sheet = _Sheet(frame)
        region = shapely.union_all(shapely.make_valid(sheet.move(own.to_numpy())))
        self._draw_ground(sheet, region)
        self._draw_borders(sheet, scope, region)
        marks = self._draw_marks(sheet, facts)
        self._draw_names(sheet, scope, marks)
        sheet.frame_and_scale(region)
        return sheet.svg()

    def _draw_ground(self, sheet: _Sheet, region: shapely.Geometry) -> None:
        """Draw land, green, who is served and who is not, and water."""
        sheet.box(style.OUTSIDE)
        sheet.shapes([region], fill=style.LAND)
        if "green" in self._background:
            sheet.shapes(sheet.near(self._background["green"]), fill=style.GREEN)
        sheet.shapes(sheet.near(self._inhabited), fill=style.UNSERVED)
        for threshold, parts in self._bands.items():
            sheet.shapes(sheet.near(parts), fill=self._colours[threshold])
        if "water" in self._background:
            sheet.shapes(sheet.near(self._background["water"]), fill=style.WATER)
        if "railway" in self._background:
            lines = sheet.near(self._background["railway"])
            sheet.shapes(lines, stroke=style.RAILWAY, width=0.14)

    def _draw_borders(self, sheet: _Sheet, scope: Scope, region: shapely.Geometry) -> None:
        """Fade what lies outside, and draw the borders of the areas that bear names."""
        outside = shapely.difference(sheet.frame.box, region)
        sheet.shapes([outside], fill=style.OUTSIDE, alpha=0.7)
        inner = sheet.move(self._named_areas(scope).geometry.to_numpy())
        lines = shapely.simplify(shapely.boundary(inner), _DETAIL_MM)
        sheet.shapes(lines, stroke=style.AREA_BORDER, width=0.18)
        border = shapely.simplify(shapely.boundary(region), _DETAIL_MM)
        sheet.shapes([border], stroke=style.DISTRICT_BORDER, width=0.5)

    def _named_areas(self, scope: Scope) -> gpd.GeoDataFrame:
        """Return the areas of the level below the place that lie in it: few enough for names."""
        levels = list(dict.fromkeys(self._areas["level"]))
        known = levels.index(scope.level) if scope.level in levels else -1
        level = levels[min(known + 1, len(levels) - 1)]
        from kiezreach.sources.areas import holding_areas

        holder = holding_areas(self._areas, level)
        inside = set(holder[list(scope.planning_areas)])
        part = self._areas[self._areas["level"] == level]
        return part[part["area_id"].isin(inside)]

    def _draw_marks(self, sheet: _Sheet, facts: Facts) -> list[tuple[float, float]]:
        """Draw centres, gaps and sites; return where marks stand."""
        analysis = self._analysis
        centres = analysis.centres[analysis.centres["linked"].to_numpy(dtype=bool)]
        places = sheet.xy(centres.geometry)
        number = {c.centre_id: str(k) for k, c in enumerate(facts.numbered_centres, 1)}
        taken: list[tuple[float, float]] = []
        for (x, y), centre_id in zip(places, centres.index, strict=True):
            if sheet.holds(x, y) and centre_id not in number:
                sheet.dot(x, y)
        gaps = analysis.gaps.set_index("gap_id").geometry
        shown = gaps.loc[[gap.gap_id for gap in facts.gaps]]
        # Over its streets, a gap is one shape.
        whole = shapely.buffer(shapely.simplify(sheet.move(shown.to_numpy()), _DETAIL_MM), _STREET_MM)
        whole = shapely.buffer(whole, -0.7 * _STREET_MM)
        edges = shapely.simplify(whole, _DETAIL_MM)
        sheet.shapes(edges, fill=_GAP_EDGE, alpha=0.25)
        sheet.shapes(shapely.boundary(edges), stroke=_GAP_EDGE, width=0.3)
        for (x, y), centre_id in zip(places, centres.index, strict=True):
            if centre_id in number:
                taken.append(sheet.mark(x, y, number[centre_id], "centre", taken))
        homes = analysis.gaps.set_index("gap_id").loc[shown.index]
        for k, (x, y) in enumerate(sheet.xy(gpd.points_from_xy(homes["x"], homes["y"]))):
            taken.append(sheet.mark(x, y, "ABC"[k], "gap", taken))
        if facts.sites:
            sites = analysis.proposals.sites  # type: ignore[attr-defined]
            sites = sites.set_index("candidate_id").geometry
            chosen = sites.loc[[site.candidate_id for site in facts.sites]]
            for k, (x, y) in enumerate(sheet.xy(chosen)):
                taken.append(sheet.mark(x, y, "XYZ"[k], "site", taken))
        return taken

    def _draw_names(
        self, sheet: _Sheet, scope: Scope, marks: Sequence[tuple[float, float]]
    ) -> None:
        """Name the areas inside the place where there is room."""
        areas = self._named_areas(scope)
        shapes = sheet.move(areas.geometry.to_numpy())
        r = _MARK_MM
        taken = [(x - r, y - r, x + r, y + r) for x, y in marks]
        room = Room(shapely.box(1.0, 1.0, WIDTH_MM - 1.0, HEIGHT_MM - 1.0), taken)
        names = [str(name or area) for name, area in zip(areas["name"], areas["area_id"], strict=True)]
        for label in place_names(names, shapes, room, sizes=_NAME_SIZES, narrowest_mm=_NARROWEST_MM):
            for line, base in zip(label.lines, label.baselines, strict=True):
                sheet.text(label.x, base, line, label.size, bold=True, halo=True)


class _Parts:
    """Single parts of a layer, found by where they lie."""

    def __init__(self, layer: gpd.GeoSeries) -> None:
        self._parts = shapely.get_parts(shapely.get_parts(np.asarray(layer, dtype=object)))
        self._tree = shapely.STRtree(self._parts)

    def within(self, box: shapely.Polygon) -> npt.NDArray[np.object_]:
        """Return the parts that meet a box, cut to it."""
        found = self._parts[np.sort(self._tree.query(box))]
        return np.asarray(shapely.clip_by_rect(found, *box.bounds))


class _Sheet:
    """SVG in the making; x and y are millimetres from the lower left corner."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._svg: list[str] = []
        half = np.array([WIDTH_MM, HEIGHT_MM]) / 2 / frame.mm_per_m
        low, high = np.array(frame.centre) - half, np.array(frame.centre) + half
        self._box_m = shapely.box(*low, *high)

    def near(self, parts: _Parts) -> npt.NDArray[np.object_]:
        """Return what of a layer the map shows, moved to the sheet and simplified."""
        moved = self.frame.move(parts.within(self._box_m))
        return np.asarray(shapely.simplify(moved, _DETAIL_MM))

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
        path = "".join(_path(np.asarray(geometry, dtype=object), closed=fill != "none"))
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
        if np.hypot(u - x, v - y) > _MARK_MM / 2:
            self._svg.append(
                f'<path d="M{x:.2f} {HEIGHT_MM - y:.2f}L{u:.2f} {HEIGHT_MM - v:.2f}" '
                f'stroke="{style.INK}" stroke-width="0.2"/>'
            )
        fill, ink = {"centre": (style.INK, style.PAPER), "gap": (_GAP_EDGE, style.PAPER)}.get(
            kind, (style.PAPER, style.INK)
        )
        edge = style.INK if kind == "site" else style.PAPER
        r = _MARK_MM
        if kind == "site":
            body = f'<rect x="{u - r:.2f}" y="{HEIGHT_MM - v - r:.2f}" width="{2 * r:g}" height="{2 * r:g}"'
        elif kind == "gap":
            r *= 1.2
            body = f'<path d="M{u:.2f} {HEIGHT_MM - v - r:.2f}l{r:g} {r:g}l-{r:g} {r:g}l-{r:g} -{r:g}z"'
        else:
            body = f'<circle cx="{u:.2f}" cy="{HEIGHT_MM - v:.2f}" r="{r:g}"'
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
        shown = escape(" ".join(text.split()))
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


def _path(geometry: npt.NDArray[np.object_], *, closed: bool) -> Iterator[str]:
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


def _free_place(
    x: float, y: float, taken: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """Return the nearest place to a point where a mark covers no other, on the map."""
    r = 1.2 * _MARK_MM + 0.2
    inside = np.clip([x, y], r, [WIDTH_MM - r, HEIGHT_MM - r])
    if not taken:
        return float(inside[0]), float(inside[1])
    others = np.array(taken)
    radius = np.repeat(np.arange(0.0, 16.0, 0.5), 24)
    angle = np.tile(np.arange(24) * (np.pi / 12), len(radius) // 24)
    tries = inside + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    far = np.hypot(*np.moveaxis(tries[:, None] - others[None], -1, 0)).min(axis=1)
    fits = (far >= 2 * _MARK_MM + 0.4) & (tries >= r).all(axis=1)
    fits &= (tries[:, 0] <= WIDTH_MM - r) & (tries[:, 1] <= HEIGHT_MM - r)
    best = tries[np.argmax(fits)] if fits.any() else inside
    return float(best[0]), float(best[1])


def _bar_length(longest: float) -> float:
    """Return the longest of 1, 2, 5 times a power of ten metres that is not longer than this."""
    power = 10.0 ** np.floor(np.log10(longest))
    return float(max(r * power for r in (1, 2, 5) if r * power <= longest * (1 + 1e-9)))
