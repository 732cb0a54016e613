"""The map of a brief: vectors for both the page and the PDF, in no language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

from kiezreach.outputs import style
from kiezreach.outputs.brief.scope import Scope, shape
from kiezreach.outputs.brief.svg import (
    DETAIL_MM,
    GAP_COLOUR,
    HEIGHT_MM,
    MARK_MM,
    WIDTH_MM,
    Parts,
    Sheet,
)
from kiezreach.outputs.print_map.ground import Frame
from kiezreach.outputs.print_map.labels import Room, place_names
from kiezreach.sources.areas import holding_areas

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.outputs.brief.facts import Facts
    from kiezreach.study import Study

_NAME_SIZES = (7.0, 6.0)  # points
_STREET_MM = 0.8  # gaps are one shape over the streets between their blocks


class MapLayers:
    """The layers of all maps of a build, taken apart so that each map finds its share fast.

    Parameters
    ----------
    study, inputs, analysis
        What was asked, with what, and what was found.
    """

    def __init__(self, study: Study, inputs: Inputs, analysis: Analysis) -> None:
        self._areas, self._analysis = inputs.areas, analysis
        self._background = {
            name: Parts(layer)
            for name, layer in inputs.background.items()
            if name in ("green", "water")
        }
        thresholds = sorted(analysis.catchments["threshold_m"], reverse=True)
        shapes = analysis.catchments.set_index("threshold_m").geometry
        self._bands = {t: Parts(shapes.loc[[t]]) for t in thresholds}
        self._colours = style.band_colours(thresholds, study.analysis.gap_threshold_m)
        self._inhabited = Parts(analysis.gaps.geometry)

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
        sheet = Sheet(frame)
        region = shapely.union_all(shapely.make_valid(sheet.move(own.to_numpy())))
        self._draw_ground(sheet, scope, region)
        self._draw_borders(sheet, scope, region)
        marks = self._draw_marks(sheet, facts)
        self._draw_names(sheet, scope, marks)
        sheet.frame_and_scale(region)
        return sheet.svg()

    def _draw_ground(self, sheet: Sheet, scope: Scope, region: shapely.Geometry) -> None:
        """Draw land, green, who is served, who in the place is not, and water."""
        sheet.box(style.OUTSIDE)
        sheet.shapes([region], fill=style.LAND)
        if "green" in self._background:
            sheet.shapes(sheet.near(self._background["green"]), fill=style.GREEN)
        own = shapely.union_all(shape(scope, self._areas).to_numpy())
        sheet.shapes(sheet.near(self._inhabited, own), fill=style.UNSERVED)
        for threshold, parts in self._bands.items():
            sheet.shapes(sheet.near(parts), fill=self._colours[threshold])
        if "water" in self._background:
            sheet.shapes(sheet.near(self._background["water"]), fill=style.WATER)

    def _draw_borders(self, sheet: Sheet, scope: Scope, region: shapely.Geometry) -> None:
        """Fade what lies outside, and draw the borders of the areas that bear names."""
        outside = shapely.difference(sheet.frame.box, region)
        sheet.shapes([outside], fill=style.OUTSIDE, alpha=0.7)
        inner = sheet.move(self._named_areas(scope).geometry.to_numpy())
        lines = shapely.simplify(shapely.boundary(inner), DETAIL_MM)
        sheet.shapes(lines, stroke=style.AREA_BORDER, width=0.18)
        border = shapely.simplify(shapely.boundary(region), DETAIL_MM)
        sheet.shapes([border], stroke=style.DISTRICT_BORDER, width=0.5)

    def _named_areas(self, scope: Scope) -> gpd.GeoDataFrame:
        """Return the areas of the level below the place that lie in it: few enough for names."""
        levels = list(dict.fromkeys(self._areas["level"]))
        known = levels.index(scope.level) if scope.level in levels else -1
        level = levels[min(known + 1, len(levels) - 1)]
        holder = holding_areas(self._areas, level)
        inside = set(holder[list(scope.planning_areas)])
        part = self._areas[self._areas["level"] == level]
        return part[part["area_id"].isin(inside)]

    def _draw_marks(self, sheet: Sheet, facts: Facts) -> list[tuple[float, float]]:
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
        whole = shapely.buffer(
            shapely.simplify(sheet.move(shown.to_numpy()), DETAIL_MM), _STREET_MM
        )
        whole = shapely.buffer(whole, -0.7 * _STREET_MM)
        edges = shapely.simplify(whole, DETAIL_MM)
        sheet.shapes(edges, fill=GAP_COLOUR, alpha=0.25)
        sheet.shapes(shapely.boundary(edges), stroke=GAP_COLOUR, width=0.3)
        for (x, y), centre_id in zip(places, centres.index, strict=True):
            if centre_id in number:
                taken.append(sheet.mark(x, y, number[centre_id], "centre", taken))
        homes = analysis.gaps.set_index("gap_id").loc[shown.index]
        for k, (x, y) in enumerate(sheet.xy(gpd.points_from_xy(homes["x"], homes["y"]))):
            taken.append(sheet.mark(x, y, "ABC"[k], "gap", taken))
        if facts.sites and (proposals := analysis.proposals) is not None:
            sites = proposals.sites.set_index("candidate_id").geometry
            chosen = sites.loc[[site.candidate_id for site in facts.sites]]
            for k, (x, y) in enumerate(sheet.xy(chosen)):
                taken.append(sheet.mark(x, y, "XYZ"[k], "site", taken))
        return taken

    def _draw_names(self, sheet: Sheet, scope: Scope, marks: Sequence[tuple[float, float]]) -> None:
        """Name the areas inside the place where there is room."""
        areas = self._named_areas(scope)
        shapes = sheet.move(areas.geometry.to_numpy())
        r = MARK_MM
        taken = [(x - r, y - r, x + r, y + r) for x, y in marks]
        room = Room(shapely.box(1.0, 1.0, WIDTH_MM - 1.0, HEIGHT_MM - 1.0), taken)
        names = [
            str(name or area) for name, area in zip(areas["name"], areas["area_id"], strict=True)
        ]
        for label in place_names(names, shapes, room, sizes=_NAME_SIZES):
            for line, base in zip(label.lines, label.baselines, strict=True):
                sheet.text(label.x, base, line, label.size, bold=True, halo=True)
