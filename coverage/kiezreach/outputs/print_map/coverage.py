"""The coverage map: how far it is on foot to the nearest centre, everywhere in the city."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from kiezreach.outputs import style
from kiezreach.outputs.print_map.furniture import draw_centres, draw_names, draw_scale
from kiezreach.outputs.print_map.ground import Ground, fill_outline, ring_outline
from kiezreach.outputs.print_map.labels import Room
from kiezreach.outputs.print_map.page import MARGIN_MM, Page, Weight, fitting_size, shorten
from kiezreach.outputs.print_map.sheet import Column, Swatch, draw_head, minutes, speed_note
from kiezreach.outputs.print_map.sources import draw_notice, draw_sources
from kiezreach.outputs.spreading import share_text
from kiezreach.sources.areas import CITY

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.outputs.texts import Texts
    from kiezreach.study import Study

_BAR_ROW_MM = 5.4
_LEAST_ROW_MM = 3.4
_LEAST_NAME = 6.6  # points
_BAR_X_MM, _BAR_MM = 41.5, 25.0  # where bars begin in the column, and their full length
_SHARE_MM = 77.0  # where the column of shares ends


def coverage_finding(study: Study, analysis: Analysis, texts: Texts) -> str:
    """Say in one sentence how many residents are served within the gap threshold."""
    threshold = study.analysis.gap_threshold_m
    row = _level_rows(analysis.coverage, CITY, threshold).iloc[0]
    return texts(
        "coverage_finding",
        served=texts.number(row["residents_served"]),
        residents=texts.number(row["residents"]),
        percent=share_text(study, row["share_served"], row["share_low"], row["share_high"]),
        metres=texts.metres(threshold),
    )


def draw_coverage(
    study: Study, inputs: Inputs, analysis: Analysis, ground: Ground, texts: Texts
) -> Page:
    """Draw the coverage map.

    Parameters
    ----------
    study, inputs, analysis
        What was asked, read and found.
    ground
        The ground, moved to the sheet.
    texts
        Catalogue of the printed maps.

    Returns
    -------
    Page
    """
    page = Page()
    finding = coverage_finding(study, analysis, texts)
    draw_head(page, "coverage_title", finding, study, inputs, texts)
    _draw_map(page, study, inputs, analysis, ground, texts)
    _draw_column(page, study, inputs, analysis, texts)
    return page


def _draw_map(
    page: Page, study: Study, inputs: Inputs, analysis: Analysis, ground: Ground, texts: Texts
) -> None:
    """Draw bands, unserved ground, centres and names."""
    frame = ground.frame
    clip = ground.draw_below(page)
    page.fill(fill_outline(frame.place(analysis.gaps.geometry)), style.UNSERVED, clip=clip)
    served = study.analysis.gap_threshold_m
    colours = style.band_colours(analysis.catchments["threshold_m"].tolist(), served)
    shapes = analysis.catchments.set_index("threshold_m").geometry
    for threshold in sorted(colours, reverse=True):
        band = fill_outline(frame.place(shapes.loc[[threshold]]))
        page.fill(band, colours[threshold], clip=clip)
    widest = shapely.clip_by_rect(frame.place(shapes.loc[[max(colours)]]), *frame.box.bounds)
    within = page.window(fill_outline(widest))
    page.fill(ground.inhabited, style.INK, alpha=style.BLOCK_SHADE, clip=within)
    edge = ring_outline(frame.place(shapes.loc[[served]]))
    page.stroke(edge, style.THRESHOLD_LINE, 0.5, clip=clip)
    ground.draw_above(page, clip)
    draw_centres(page, analysis.centres, frame, clip)
    box = draw_scale(page, ground, texts, inputs.areas.crs)
    points = frame.move(analysis.centres.geometry)
    marks = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    draw_names(page, ground, Room(frame.box, [box.bounds], marks))
    page.box(frame.left, frame.bottom, frame.width, frame.height, edge=style.INK, points=0.8)


def _draw_column(
    page: Page, study: Study, inputs: Inputs, analysis: Analysis, texts: Texts
) -> None:
    """Fill the column: legend, figures by district, notice, sources."""
    column = Column(page, texts)
    column.heading(texts("legend_distance"))
    column.legend(_legend(study, texts))
    column.paragraph(speed_note(study, texts), soft=True)
    column.space()
    column.heading(texts("legend_centres"))
    linked = analysis.centres[analysis.centres["linked"].to_numpy(dtype=bool)]
    count = linked["kind"].value_counts().to_dict()
    styles = style.kind_styles(analysis.centres["kind"])
    column.kinds(styles, {kind: count.get(kind, 0) for kind in styles})
    away = len(analysis.centres) - len(linked)
    if away:
        key = "centres_away_one" if away == 1 else "centres_away"
        metres = texts.metres(study.analysis.max_snap_m)
        column.paragraph(texts(key, count=texts.number(away), metres=metres), soft=True)
    column.space()
    foot = draw_sources(page, study, inputs, texts, column.x, MARGIN_MM, column.width)
    foot = draw_notice(page, inputs, texts, column.x, foot + 2.0, column.width)
    _draw_bars(column, study, analysis, texts, foot + 3.0)


def _legend(study: Study, texts: Texts) -> list[Swatch]:
    """Explain bands and unserved ground."""
    served = study.analysis.gap_threshold_m
    thresholds = sorted(study.analysis.thresholds_m)
    colours = style.band_colours(thresholds, served)
    rows = [
        Swatch(
            colours[t],
            texts("up_to", metres=texts.metres(t)),
            texts("about", minutes=minutes(t, study, texts)),
            blocks=True,
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
    areas = _level_rows(analysis.coverage, level.id, served)
    areas = areas.sort_values(["share_served", "area_id"], ascending=[False, True])
    rows = pd.concat([_level_rows(analysis.coverage, CITY, served), areas])
    heading = texts("bars_heading", level=texts.label(level.labels), metres=texts.metres(served))
    column.heading(heading)
    column.paragraph(texts("bars_note"), 7.0, soft=True)
    room = column.y - bottom - 4.6
    height = min(_BAR_ROW_MM, max(room / len(rows), _LEAST_ROW_MM))
    shown = max(min(len(rows), int((room + 1e-6) // height)), 1)
    if shown < len(rows):  # the last row says how many are missing
        lowest = rows.iloc[-(shown - 2) :] if shown > 2 else rows.iloc[:0]  # noqa: PLR2004
        missing = len(rows) - 1 - len(lowest)
        rows = pd.concat([rows.iloc[:1], lowest])
    else:
        missing = 0
    _draw_bar_heads(column, texts)
    for _, row in rows.iterrows():
        _draw_bar(column, row, study, analysis, texts, height)
    if missing:
        column.paragraph(texts("bars_missing", count=texts.number(missing)), 7.0, soft=True)


def _draw_bar_heads(column: Column, texts: Texts) -> None:
    """Write what the columns of figures are."""
    base = column.y - 2.4
    for end, key in ((_SHARE_MM, "bars_share"), (column.width, "bars_unserved")):
        text = texts(key)
        column.page.text(column.x + end, base, text, 6.8, colour=style.INK_SOFT, align="right")
    column.y -= 3.6


def _draw_bar(
    column: Column, row: pd.Series, study: Study, analysis: Analysis, texts: Texts, height: float
) -> None:
    """Draw one area: name, bar of all thresholds, share, and how many are not served."""
    page, x = column.page, column.x
    bold: Weight = "bold" if row["level"] == CITY else "normal"
    size = min(7.8, height * 1.75)
    base = column.y - height / 2 - size * 0.13
    room = _BAR_X_MM - 1.5
    fit = fitting_size(row["area_name"], room, size, _LEAST_NAME, bold)
    page.text(x, base, shorten(row["area_name"], room, fit, bold), fit, weight=bold)
    served = study.analysis.gap_threshold_m
    thresholds = sorted(study.analysis.thresholds_m)
    colours = style.band_colours(thresholds, served)
    table = analysis.coverage
    own = table[(table["level"] == row["level"]) & (table["area_id"] == row["area_id"])]
    share = own.set_index("threshold_m")["share_served"]
    thick = height * 0.62
    low = column.y - height / 2 - thick / 2
    page.box(x + _BAR_X_MM, low, _BAR_MM, thick, colour=style.UNSERVED)
    for threshold in reversed(thresholds):
        part = share[threshold]
        if np.isfinite(part) and part > 0:
            page.box(x + _BAR_X_MM, low, _BAR_MM * part, thick, colour=colours[threshold])
    percent = texts.percent(row["share_served"])
    page.text(x + _SHARE_MM, base, percent, size, weight="bold", align="right")
    unserved = texts.number(row["residents"] - row["residents_served"])
    page.text(x + column.width, base, unserved, size, weight=bold, align="right")
    column.y -= height


def _level_rows(table: pd.DataFrame, level: str, threshold: float) -> pd.DataFrame:
    """Return the rows of one level and threshold."""
    return table[(table["level"] == level) & (table["threshold_m"] == threshold)]
