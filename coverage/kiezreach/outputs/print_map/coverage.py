"""The coverage map: how far it is on foot to the nearest centre, everywhere in the city."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import shapely

from kiezreach.outputs import style
from kiezreach.outputs.print_map.bars import (
    LEAST_ROW_MM,
    ROW_MM,
    bars_of,
    draw_bar,
    draw_bar_heads,
)
from kiezreach.outputs.print_map.city import draw_city
from kiezreach.outputs.print_map.ground import Ground, fill_outline, ring_outline
from kiezreach.outputs.print_map.page import Page
from kiezreach.outputs.print_map.sheet import Column, Swatch, draw_head, minutes, speed_note
from kiezreach.outputs.spreading import share_text
from kiezreach.sources.areas import CITY

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.patches import Patch

    from kiezreach.analysis import Analysis
    from kiezreach.outputs.print_map.subject import Subject
    from kiezreach.outputs.texts import Texts
    from kiezreach.study import Study


def coverage_finding(study: Study, analysis: Analysis, texts: Texts) -> str:
    """Say in one sentence how many residents are served within the gap threshold."""
    threshold = study.analysis.gap_threshold_m
    row = level_rows(analysis.coverage, CITY, threshold).iloc[0]
    if not row["residents"]:
        return texts("nobody", place=study.name)
    return texts(
        "coverage_finding",
        served=texts.number(row["residents_served"]),
        residents=texts.number(row["residents"]),
        percent=share_text(study, row["share_served"], row["share_low"], row["share_high"]),
        metres=texts.metres(threshold),
    )


def draw_coverage(subject: Subject, ground: Ground, *, grey: bool = False) -> Page:
    """Draw the coverage map.

    Parameters
    ----------
    subject
        What the sheet is about.
    ground
        The ground, moved to the sheet.
    grey
        Draw in shades of grey.

    Returns
    -------
    Page
    """
    study, _, analysis, texts = subject

    def paint(page: Page, ground: Ground, clip: Patch) -> None:
        page.fill(
            fill_outline(ground.frame.place(analysis.gaps.geometry)), style.UNSERVED, clip=clip
        )
        thresholds = sorted(study.analysis.thresholds_m)
        paint_bands(page, study, analysis, ground, clip, thresholds)

    page = Page(grey=grey)
    finding = coverage_finding(study, analysis, texts)
    draw_head(page, "coverage_title", finding, study, subject.inputs, texts)
    draw_city(page, ground, subject, paint)
    _draw_column(page, subject)
    return page


def paint_bands(
    page: Page,
    study: Study,
    analysis: Analysis,
    ground: Ground,
    clip: Patch,
    thresholds: list[float],
    *,
    dotted: bool = False,
) -> None:
    """Draw the catchments of some thresholds, the nearest on top, and the border of the served.

    On a sheet in grey they may be `dotted`: beside gaps, whose shades are as dark as theirs.
    """
    frame = ground.frame
    served = study.analysis.gap_threshold_m
    colours = style.band_colours(sorted(study.analysis.thresholds_m), served)
    shapes = analysis.catchments.set_index("threshold_m").geometry
    for threshold in sorted(thresholds, reverse=True):
        band = fill_outline(frame.place(shapes.loc[[threshold]]))
        pattern = dots(thresholds, threshold) if dotted else ""
        page.fill(band, colours[threshold], pattern=pattern, clip=clip)
    widest = shapely.clip_by_rect(frame.place(shapes.loc[[max(thresholds)]]), *frame.box.bounds)
    within = page.window(fill_outline(widest))
    page.fill(ground.inhabited, style.INK, alpha=style.BLOCK_SHADE, clip=within)
    edge = ring_outline(frame.place(shapes.loc[[served]]))
    page.stroke(edge, style.THRESHOLD_LINE, 0.5, clip=clip)


def dots(thresholds: list[float], threshold: float) -> str:
    """Return the pattern of a band on a sheet in grey, denser the nearer the centre is."""
    return "." * (3 + 3 * sum(t >= threshold for t in thresholds))


def _draw_column(page: Page, subject: Subject) -> None:
    """Fill the column: legend, figures by district, notice, sources."""
    study, inputs, analysis, texts = subject
    column = Column(page, texts)
    column.heading(texts("legend_distance"))
    column.legend(band_legend(study, texts, sorted(study.analysis.thresholds_m)))
    column.paragraph(speed_note(study, texts), soft=True)
    column.space()
    column.heading(texts("legend_centres"))
    draw_kinds(column, analysis.centres, study, texts)
    column.space()
    _draw_bars(column, study, analysis, texts, column.foot(study, inputs) + 3.0)


def draw_kinds(
    column: Column,
    centres: gpd.GeoDataFrame,
    study: Study,
    texts: Texts,
    *,
    among: gpd.GeoDataFrame | None = None,
) -> None:
    """Explain the marks of centres with their number, and how many have no mark.

    Parameters
    ----------
    column
        Where to draw.
    centres
        All centres: a kind has the same mark on every sheet.
    study, texts
        The study, and the catalogue of the printed maps.
    among
        Centres that are counted, and whose kinds are shown; all if absent.
    """
    counted = centres if among is None else among
    linked = counted[counted["linked"].to_numpy(dtype=bool)]
    count = linked["kind"].value_counts().to_dict()
    shown = set(counted["kind"])
    styles = {
        kind: mark for kind, mark in style.kind_styles(centres["kind"]).items() if kind in shown
    }
    column.kinds(styles, {kind: count.get(kind, 0) for kind in styles})
    away = len(counted) - len(linked)
    if away:
        key = "centres_away_one" if away == 1 else "centres_away"
        metres = texts.metres(study.analysis.max_snap_m)
        column.paragraph(texts(key, count=texts.number(away), metres=metres), soft=True)


def band_legend(
    study: Study, texts: Texts, thresholds: list[float], *, dotted: bool = False
) -> list[Swatch]:
    """Explain the bands of some thresholds, unserved ground, and the border of the served."""
    served = study.analysis.gap_threshold_m
    colours = style.band_colours(sorted(study.analysis.thresholds_m), served)
    rows = [
        Swatch(
            colours[t],
            texts("up_to", metres=texts.metres(t)),
            texts("about", minutes=minutes(t, study, texts)),
            blocks=True,
            pattern=dots(thresholds, t) if dotted else "",
        )
        for t in thresholds
    ]
    rows.append(
        Swatch(style.UNSERVED, texts("inhabited_beyond", metres=texts.metres(thresholds[-1])))
    )
    line = texts("threshold_line", metres=texts.metres(served))
    rows.append(Swatch(style.THRESHOLD_LINE, line, line=True))
    return rows


def _draw_bars(
    column: Column, study: Study, analysis: Analysis, texts: Texts, bottom: float
) -> None:
    """Draw the share of residents served in each area of the coarsest level."""
    served = study.analysis.gap_threshold_m
    level = study.areas.levels[0]
    areas = level_rows(analysis.coverage, level.id, served)
    areas = areas.sort_values(["share_served", "area_id"], ascending=[False, True])
    heading = texts("bars_heading", level=texts.label(level.labels), metres=texts.metres(served))
    column.heading(heading)
    column.paragraph(texts("bars_note"), 7.0, soft=True)
    room = column.y - bottom - 4.6
    total = len(areas) + 1
    height = min(ROW_MM, max(room / total, LEAST_ROW_MM))
    shown = max(min(total, int((room + 1e-6) // height)), 1)
    missing = 0
    if shown < total:  # the last row says how many are missing
        lowest = areas.iloc[-(shown - 2) :] if shown > 2 else areas.iloc[:0]  # noqa: PLR2004
        missing, areas = len(areas) - len(lowest), lowest
    draw_bar_heads(column, texts)
    rows = bars_of(analysis.coverage, CITY, [CITY], bold=True)
    rows += bars_of(analysis.coverage, level.id, areas["area_id"].tolist(), bold=False)
    for row in rows:
        draw_bar(column, row, study, texts, height)
    if missing:
        column.paragraph(texts("bars_missing", count=texts.number(missing)), 7.0, soft=True)


def level_rows(table: pd.DataFrame, level: str, threshold: float) -> pd.DataFrame:
    """Return the rows of one level and threshold."""
    return table[(table["level"] == level) & (table["threshold_m"] == threshold)]
