"""The map of one district: its catchments, gaps and centres by name, amid faded neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.outputs import style
from kiezreach.outputs.print_map.additions import (
    addition_rows,
    draw_missing_links,
    draw_proposals,
)
from kiezreach.outputs.print_map.bars import bars_of, draw_bar, draw_bar_heads
from kiezreach.outputs.print_map.captions import place_captions
from kiezreach.outputs.print_map.coverage import band_legend, draw_kinds, level_rows, paint_bands
from kiezreach.outputs.print_map.furniture import (
    draw_centres,
    draw_locator,
    draw_scale,
    mark_size,
    shown_centres,
    write_label,
)
from kiezreach.outputs.print_map.gap_table import draw_gap_table, listed_gaps
from kiezreach.outputs.print_map.gaps import GapClasses, draw_listed_gaps, paint_gaps
from kiezreach.outputs.print_map.ground import Frame, Ground, ring_outline
from kiezreach.outputs.print_map.labels import Room, place_names
from kiezreach.outputs.print_map.page import Page
from kiezreach.outputs.print_map.sheet import BEYOND_DASHES, MAP_BOX, Column, Swatch, draw_head
from kiezreach.outputs.spreading import share_text
from kiezreach.sources.areas import CITY

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.outputs.print_map.subject import Subject
    from kiezreach.outputs.texts import Texts
    from kiezreach.study import Study

_MARK_EDGE_MM = 0.3  # around the mark of a centre
_CENTRE_SIZE = 7.2  # points
_AREA_SIZES = (7.2, 6.4)
_NEIGHBOUR_SIZES = (10.5, 9.0)


def districts_of(inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the areas that have a sheet of their own: the coarsest of several levels."""
    levels = list(dict.fromkeys(inputs.areas["level"]))
    if len(levels) == 1:
        return inputs.areas.iloc[:0]
    return inputs.areas[inputs.areas["level"] == levels[0]].sort_values("area_id")


def district_finding(study: Study, analysis: Analysis, district: str, texts: Texts) -> str:
    """Say in a sentence or two how many residents of a district are served, and where not."""
    threshold = study.analysis.gap_threshold_m
    row = _row(study, analysis, district)
    if not row["residents"]:
        return texts("nobody", place=_name(row))
    city = level_rows(analysis.coverage, CITY, threshold).iloc[0]
    told = texts(
        "district_finding",
        served=texts.number(row["residents_served"]),
        residents=texts.number(row["residents"]),
        percent=share_text(study, row["share_served"], row["share_low"], row["share_high"]),
        metres=texts.metres(threshold),
        city_percent=texts.percent(city["share_served"]),
        place=study.name,
    )
    first = listed_gaps(analysis.gaps, district).head(1)
    if first.empty:
        return told
    gap = first.iloc[0]
    residents = texts.number(gap["residents"])
    name = gap["name"] or gap["gap_id"]
    return texts("district_gap", told=told, name=name, residents=residents)


def _row(study: Study, analysis: Analysis, district: str) -> pd.Series:
    """Return the figures of a district within the gap threshold."""
    level = study.areas.levels[0].id
    rows = level_rows(analysis.coverage, level, study.analysis.gap_threshold_m)
    return rows[rows["area_id"] == district].iloc[0]


def _name(row: pd.Series) -> str:
    """Name a district, by its id where it has no name."""
    return str(row["area_name"]) or str(row["area_id"])


def draw_district(subject: Subject, district: str, *, grey: bool = False) -> Page:
    """Draw the map of one area of the coarsest level.

    Parameters
    ----------
    subject
        What the sheet is about.
    district
        Id of the area.
    grey
        Draw in shades of grey.

    Returns
    -------
    Page
    """
    study, inputs, analysis, texts = subject
    areas = districts_of(inputs)
    bounds = areas[areas["area_id"] == district].total_bounds
    ground = Ground(inputs, Frame.around(bounds, *MAP_BOX), district)
    page = Page(grey=grey)
    row = _row(study, analysis, district)
    place = texts("district_place", district=_name(row), place=study.name)
    finding = district_finding(study, analysis, district, texts)
    draw_head(page, "coverage_title", finding, study, inputs, texts, place=place)
    classes = GapClasses.of(analysis)
    unnamed = _draw_map(page, subject, ground, classes, district)
    walks = [*_walk_rows(study, texts), *addition_rows(analysis, ground, texts)]
    _draw_column(page, subject, classes, walks, district, unnamed)
    return page


def _draw_map(
    page: Page, subject: Subject, ground: Ground, classes: GapClasses, district: str
) -> list[str]:
    """Draw the map; return the names of centres for which there was no room."""
    study, inputs, analysis, texts = subject
    frame = ground.frame
    clip = ground.draw_below(page)
    served = study.analysis.gap_threshold_m
    thresholds = sorted(study.analysis.thresholds_m)
    paint_gaps(page, analysis, classes, ground, clip)
    bands = [t for t in thresholds if t <= served]
    paint_bands(page, study, analysis, ground, clip, bands, dotted=True)
    shapes = analysis.catchments.set_index("threshold_m").geometry
    for threshold in [t for t in thresholds if t > served]:
        edge = ring_outline(frame.place(shapes.loc[[threshold]]))
        page.stroke(edge, style.THRESHOLD_LINE, 0.5, dashes=BEYOND_DASHES, clip=clip)
    own = analysis.centres["district_id"].to_numpy() == district
    draw_centres(page, analysis.centres, frame, clip, among=~own)
    ground.draw_above(page, clip)
    draw_centres(page, analysis.centres, frame, clip, among=own)
    box = draw_scale(page, ground, texts, inputs.areas.crs)
    located = draw_locator(page, ground, inputs, district, [box])
    points, _ = shown_centres(analysis.centres, frame)
    marks = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    size = mark_size(points)
    room = Room(frame.box, [box.bounds, located.bounds], marks, size / 2 + _MARK_EDGE_MM)
    draw_missing_links(page, analysis, ground, clip)
    draw_listed_gaps(page, listed_gaps(analysis.gaps, district), ground, clip, room)
    draw_proposals(page, analysis, ground, room)
    unnamed = _name_centres(page, analysis.centres[own], frame, size, room)
    _name_areas(page, ground, district, room.without_marks())
    page.box(frame.left, frame.bottom, frame.width, frame.height, edge=style.INK, points=0.8)
    return unnamed


def _name_centres(
    page: Page, centres: gpd.GeoDataFrame, frame: Frame, size_mm: float, room: Room
) -> list[str]:
    """Write the names of a district's centres; return those for which there was no room."""
    linked = centres[centres["linked"].to_numpy(dtype=bool)]
    points = frame.move(linked.geometry)
    inside = np.asarray(shapely.intersects(points, frame.box))
    names = [str(name) or str(key) for key, name in linked["name"].items()]
    names = [name for name, seen in zip(names, inside, strict=True) if seen]
    xy = np.column_stack([shapely.get_x(points), shapely.get_y(points)])[inside]
    captions = place_captions(names, xy, size_mm, room, size=_CENTRE_SIZE, weight="bold")
    for caption in captions:
        if caption.leader is not None:
            (x0, y0), (x1, y1) = caption.leader
            page.line(x0, y0, x1, y1, style.PAPER, 1.6)
            page.line(x0, y0, x1, y1, style.INK, 0.5)
    for caption in captions:
        if caption.label is not None:
            write_label(page, caption.label, weight="bold", colour=style.INK)
    return [name for name, own in zip(names, captions, strict=True) if own.label is None]


def _name_areas(page: Page, ground: Ground, district: str, room: Room) -> None:
    """Write the names of the district's planning areas and of its neighbours, if there is room."""
    inside = shapely.intersects(shapely.point_on_surface(ground.area_shapes), ground.region)
    names = [str(name) for name in ground.areas["name"][inside]]
    shapes = ground.area_shapes[inside]
    for label in place_names(names, shapes, room, sizes=_AREA_SIZES, weight="normal"):
        write_label(page, label, colour=style.AREA_NAME)
    shapes = shapely.intersection(shapely.make_valid(ground.district_shapes), ground.frame.box)
    others = (ground.districts["area_id"].to_numpy() != district) & (shapely.area(shapes) > 0)
    names, shapes = [str(name) for name in ground.districts["name"][others]], shapes[others]
    for label in place_names(names, shapes, room, sizes=_NEIGHBOUR_SIZES):
        write_label(page, label, weight="bold", colour=style.INK_SOFT)


def _draw_column(
    page: Page,
    subject: Subject,
    classes: GapClasses,
    walks: list[Swatch],
    district: str,
    unnamed: list[str],
) -> None:
    """Fill the column: legend, figures and gaps of the district, notice, sources."""
    study, inputs, analysis, texts = subject
    column = Column(page, texts)
    served = study.analysis.gap_threshold_m
    own = analysis.gaps["district_id"].to_numpy() == district
    left, right = column.halves()
    left.heading(texts("legend_walk"))
    left.legend(walks)
    right.heading(texts(f"legend_{classes.by}"))
    right.legend(classes.legend(texts, own, all_classes=False))
    column.below(left, right)
    column.space(1.5)
    column.heading(texts("legend_centres"))
    centres = analysis.centres
    draw_kinds(column, centres, study, texts, among=centres[centres["district_id"] == district])
    if unnamed:
        column.paragraph(texts("unnamed_centres", names=", ".join(unnamed)), 7.0, soft=True)
    column.space(1.5)
    column.heading(texts("bars_own", metres=texts.metres(served)))
    draw_bar_heads(column, texts)
    level = study.areas.levels[0].id
    for bar in (
        *bars_of(analysis.coverage, level, [district], bold=True),
        *bars_of(analysis.coverage, CITY, [CITY], bold=False),
    ):
        draw_bar(column, bar, study, texts)
    foot = column.foot(study, inputs)
    column.space(1.5)
    draw_gap_table(column, subject, foot + 2.0, district=district)


def _walk_rows(study: Study, texts: Texts) -> list[Swatch]:
    """Explain the bands of what is served and the borders of thresholds."""
    served = study.analysis.gap_threshold_m
    thresholds = sorted(study.analysis.thresholds_m)
    bands = band_legend(study, texts, [t for t in thresholds if t <= served], dotted=True)
    rows = [row for row in bands if row.blocks]
    rows.append(
        Swatch(style.THRESHOLD_LINE, texts("limit", metres=texts.metres(served)), line=True)
    )
    return rows + [
        Swatch(style.THRESHOLD_LINE, texts("limit", metres=texts.metres(t)), line=True, dashed=True)
        for t in thresholds
        if t > served
    ]
