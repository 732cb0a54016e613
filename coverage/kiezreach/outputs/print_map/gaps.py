"""The gaps map: where residents live beyond the reach of every centre, and who comes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.outputs import style
from kiezreach.outputs.print_map.furniture import draw_centres, draw_names, draw_scale
from kiezreach.outputs.print_map.ground import Ground, fill_outline, line_outline, ring_outline
from kiezreach.outputs.print_map.labels import Room, place_numbers
from kiezreach.outputs.print_map.page import (
    LINE_SPACING,
    MARGIN_MM,
    MM_PER_POINT,
    Align,
    Page,
    shorten,
    text_width,
    wrap,
)
from kiezreach.outputs.print_map.sheet import Column, Swatch, draw_head
from kiezreach.outputs.print_map.sources import draw_notice, draw_sources
from kiezreach.outputs.spreading import share_text
from kiezreach.sources.areas import CITY

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt
    import pandas as pd
    from matplotlib.patches import Patch

    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.outputs.texts import Texts
    from kiezreach.study import Study

TOP = 10  # gaps that are numbered and listed
_STEPS = (1.0, 2.0, 5.0)
_CLASSES = 5
_DISC_MM = 2.9  # radius of a number's disc
_INTERVAL_MM, _TIED_MM, _TOP_MM = 6.5, 23.0, 32.0  # columns of the table; the latter two end there
_RANK_MM, _NAME_MM = 33.5, 32.5  # up to the names, and these
_WALK_MM = 14.0  # of the last column
_SIZE = 7.6  # points
_DETAIL_SIZE = 6.8
_ROW_MM, _LEAST_ROW_MM = 10.0, 3.5  # a row of the table; with less, it has no second line


def gaps_finding(study: Study, analysis: Analysis, texts: Texts) -> str:
    """Say in one sentence how many residents live in gaps, and in how many of them most do."""
    threshold = study.analysis.gap_threshold_m
    metres = texts.metres(threshold)
    holes = analysis.gaps
    if study.filter is not None:
        return _finding_of_selection(texts.label(study.filter.labels), metres, holes, texts)
    if holes.empty:
        return texts("no_gaps", metres=metres)
    table = analysis.coverage
    city = table[(table["level"] == CITY) & (table["threshold_m"] == threshold)].iloc[0]
    unserved = int(city["residents"] - city["residents_served"])
    top = holes.nsmallest(TOP, "rank")
    in_top = int(top["residents"].sum())
    fields = {
        "unserved": texts.number(unserved),
        "percent": share_text(
            study, unserved / city["residents"], 1 - city["share_high"], 1 - city["share_low"]
        ),
        "metres": metres,
        "gaps": texts.number(len(holes)),
        "top": texts.number(len(top)),
        "in_top": texts.number(in_top),
        "top_percent": texts.percent(in_top / unserved),
    }
    if len(holes) == 1:
        return texts("gaps_finding_one", **fields)
    return texts("gaps_finding" if len(holes) > TOP else "gaps_finding_few", **fields)


def _finding_of_selection(
    selection: str, metres: str, holes: gpd.GeoDataFrame, texts: Texts
) -> str:
    """Say how many residents live in gaps of the planning areas that the study selects."""
    if holes.empty:
        return texts("no_gaps_filter", filter=selection, metres=metres)
    residents = int(holes["residents"].sum())
    in_top = int(holes.nsmallest(TOP, "rank")["residents"].sum())
    few = "gaps_finding_filter_one" if len(holes) == 1 else "gaps_finding_filter_few"
    return texts(
        "gaps_finding_filter" if len(holes) > TOP else few,
        filter=selection,
        residents=texts.number(residents),
        metres=metres,
        gaps=texts.number(len(holes)),
        top=texts.number(TOP),
        in_top=texts.number(in_top),
        top_percent=texts.percent(in_top / residents if residents else np.nan),
    )


def class_limits(values: Sequence[float]) -> list[float]:
    """Return the limits between at most five classes of values, in steps of 1, 2 and 5.

    Parameters
    ----------
    values
        Residents or priorities; NaN is ignored.

    Returns
    -------
    list of float
        Rising. The highest is the largest such number that is at most half the largest value;
        each lower one is the next of the series; none lies below the smallest value.
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if not len(known) or known.max() <= 0:
        return []
    power = int(np.floor(np.log10(known.max() / 2)))
    series = [s * 10.0**p for p in range(power - 3, power + 1) for s in _STEPS]
    limits = [limit for limit in series if limit <= known.max() / 2][-(_CLASSES - 1) :]
    return [limit for limit in limits if limit > known.min()]


def draw_gaps(
    study: Study, inputs: Inputs, analysis: Analysis, ground: Ground, texts: Texts
) -> Page:
    """Draw the gaps map.

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
    finding = gaps_finding(study, analysis, texts)
    draw_head(page, "gaps_title", finding, study, inputs, texts)
    value = analysis.gaps["residents" if analysis.need is None else "priority"].to_numpy(float)
    limits = class_limits(value.tolist())
    _draw_map(page, study, inputs, analysis, ground, texts, value, limits)
    _draw_column(page, study, inputs, analysis, texts, value, limits)
    return page


def _draw_map(
    page: Page,
    study: Study,
    inputs: Inputs,
    analysis: Analysis,
    ground: Ground,
    texts: Texts,
    value: npt.NDArray[np.float64],
    limits: list[float],
) -> None:
    """Draw served ground, gaps by class, centres, numbers and names."""
    frame = ground.frame
    clip = ground.draw_below(page)
    page.fill(ground.inhabited, style.INK, alpha=0.07, clip=clip)
    shapes = analysis.catchments.set_index("threshold_m").geometry
    served = frame.place(shapes.loc[[study.analysis.gap_threshold_m]])
    page.fill(fill_outline(served), style.SERVED_GROUND, clip=clip)
    colours = style.class_colours(len(limits) + 1)
    number = np.searchsorted(limits, value, side="right")
    geometry = analysis.gaps.geometry.to_numpy()
    for k, colour in enumerate(colours):
        own = frame.place(geometry[(number == k) & np.isfinite(value)])
        page.fill(fill_outline(own), colour, clip=clip)
    unknown = fill_outline(frame.place(geometry[~np.isfinite(value)]))
    page.fill(unknown, style.NO_PRIORITY, clip=clip)
    page.stroke(unknown, style.INK_SOFT, 0.4, clip=clip)
    page.stroke(ring_outline(served), style.THRESHOLD_LINE, 0.3, clip=clip)
    ground.draw_above(page, clip)
    draw_centres(page, analysis.centres, frame, clip)
    top = analysis.gaps[analysis.gaps["rank"] <= TOP].sort_values("rank")
    _outline_top(page, top, ground, clip)
    box = draw_scale(page, ground, texts, inputs.areas.crs)
    points = frame.move(analysis.centres.geometry)
    marks = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    room = Room(frame.box, [box.bounds], marks)
    _draw_numbers(page, top, ground, room)
    draw_names(page, ground, room)
    page.box(frame.left, frame.bottom, frame.width, frame.height, edge=style.INK, points=0.8)


def _outline_top(page: Page, top: gpd.GeoDataFrame, ground: Ground, clip: Patch) -> None:
    """Draw a fine line around the blocks of the gaps that are listed."""
    shapes = ground.frame.place(top.geometry)
    page.stroke(line_outline(shapely.boundary(shapes)), style.INK, 0.35, clip=clip)


def _draw_numbers(page: Page, top: gpd.GeoDataFrame, ground: Ground, room: Room) -> None:
    """Put the ranks of the listed gaps in discs where their middle is."""
    if top.empty:
        return
    points = ground.frame.move(shapely.points(top[["x", "y"]].to_numpy(dtype=float)))
    xy = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    for (x, y), rank in zip(place_numbers(xy, _DISC_MM, room), top["rank"], strict=True):
        page.disc(x, y, _DISC_MM, str(int(rank)))


def _draw_column(
    page: Page,
    study: Study,
    inputs: Inputs,
    analysis: Analysis,
    texts: Texts,
    value: npt.NDArray[np.float64],
    limits: list[float],
) -> None:
    """Fill the column: legend, table of the first gaps, notice, sources."""
    column = Column(page, texts)
    metres = texts.metres(study.analysis.gap_threshold_m)
    by = "residents" if analysis.need is None else "priority"
    column.heading(texts(f"legend_{by}"))
    rows = _class_rows(value, limits, texts)
    rows.append(Swatch(style.SERVED_GROUND, texts("served_ground", metres=metres)))
    column.legend(rows)
    level = study.gap_level
    border = texts("gap_border", level=texts.label(level.labels)) if level else ""
    if study.filter is not None:
        border = texts("gap_border_filter", border=border)
    column.paragraph(texts(f"explain_{by}", metres=metres, border=border), 7.0, soft=True)
    column.space(2.0)
    styles = style.kind_styles(analysis.centres["kind"])
    linked = analysis.centres[analysis.centres["linked"].to_numpy(dtype=bool)]
    count = linked["kind"].value_counts().to_dict()
    column.heading(texts("legend_centres"))
    column.kinds(styles, {kind: count.get(kind, 0) for kind in styles})
    column.space(2.5)
    foot = draw_sources(page, study, inputs, texts, column.x, MARGIN_MM, column.width)
    foot = draw_notice(page, inputs, texts, column.x, foot + 2.0, column.width)
    _draw_table(column, study, inputs, analysis, texts, foot + 2.0)


def _class_rows(value: npt.NDArray[np.float64], limits: list[float], texts: Texts) -> list[Swatch]:
    """Explain the classes from the highest down, with how many gaps each holds."""
    if not len(value):
        return []
    colours = style.class_colours(len(limits) + 1)
    known = value[np.isfinite(value)]
    number = np.searchsorted(limits, known, side="right")
    rows = []
    for k in reversed(range(len(colours))):
        low = texts.number(limits[k - 1], _decimals(limits[k - 1])) if k else ""
        high = texts.number(limits[k], _decimals(limits[k])) if k < len(limits) else ""
        key = ("class_between" if high else "class_from") if low else "class_below"
        text = texts(key, low=low, high=high) if low or high else texts("class_all")
        rows.append(Swatch(colours[k], text, _gap_count(int((number == k).sum()), texts)))
    if len(known) < len(value):
        count = _gap_count(len(value) - len(known), texts)
        rows.append(Swatch(style.NO_PRIORITY, texts("no_priority"), count))
    return rows


def _gap_count(count: int, texts: Texts) -> str:
    """Write how many gaps a class holds."""
    return texts("gap_count_one" if count == 1 else "gap_count", count=texts.number(count))


def _decimals(value: float) -> int:
    """Return the decimals that a limit of a class needs."""
    return max(0, -int(np.floor(np.log10(value))))


def _draw_table(
    column: Column, study: Study, inputs: Inputs, analysis: Analysis, texts: Texts, bottom: float
) -> None:
    """List the first gaps: rank and interval, where, how many residents, how far they walk."""
    holes = analysis.gaps.sort_values("rank").head(TOP)
    page, x, end = column.page, column.x, column.x + column.width
    if holes.empty:
        column.heading(texts("table_heading_none"))
        column.paragraph(gaps_finding(study, analysis, texts))
        return
    heading = "table_heading" if len(holes) > 1 else "table_heading_one"
    column.heading(texts(heading, count=texts.number(len(holes))))
    base = column.y - 2.4
    heads: tuple[tuple[float, str, Align], ...] = (
        (x, "table_rank", "left"),
        (x + _TIED_MM, "table_tied", "right"),
        (x + _TOP_MM, "table_top", "right"),
        (x + _RANK_MM, "table_where", "left"),
        (end - _WALK_MM, "table_residents", "right"),
        (end, "table_walk", "right"),
    )
    for at, key, align in heads:
        page.text(at, base, texts(key), _DETAIL_SIZE, colour=style.INK_SOFT, align=align)
    column.y = base - 1.4
    explained = texts(
        "interval_note",
        combinations=texts.number(analysis.combinations["number"]),
        share=texts.percent(study.ranking.distinguishable_share),
    )
    note = wrap(explained, column.width, 7.0)
    note_height = (len(note) + 0.3) * 7.0 * MM_PER_POINT * LINE_SPACING
    room = column.y - bottom - note_height
    height = min(_ROW_MM, max(room / len(holes), _LEAST_ROW_MM))
    for _, row in holes.head(int(room / height + 1e-6)).iterrows():
        page.line(x, column.y, end, column.y, style.RULE, 0.4)
        _draw_row(column, row, study, inputs, analysis, texts, height)
    column.paragraph(explained, 7.0, soft=True)


def _draw_row(
    column: Column,
    row: pd.Series,
    study: Study,
    inputs: Inputs,
    analysis: Analysis,
    texts: Texts,
    height: float,
) -> None:
    """Draw one gap of the table."""
    page, x, end = column.page, column.x, column.x + column.width
    top = column.y
    base = top - min(3.3, 0.78 * height)  # low rows: clear of the rule below
    page.text(x + 1.0, base, texts.number(row["rank"]), 9, weight="bold")
    best, worst = texts.number(row["rank_best"]), texts.number(row["rank_worst"])
    interval = texts("interval", best=best, worst=worst)
    page.text(x + _INTERVAL_MM, base, interval, _DETAIL_SIZE, colour=style.INK_SOFT)
    page.text(x + _TIED_MM, base, texts.number(row["rank_tied"]), _DETAIL_SIZE, align="right")
    page.text(x + _TOP_MM, base, texts.percent(row["top_ten_share"]), _DETAIL_SIZE, align="right")
    named = row["name"].split(" / ")
    alone = [*named, named[-1].rsplit(" ", maxsplit=1)[0]]  # as it is called without a number
    areas = gap_names(row, inputs.areas, analysis.residents, study)
    whole = row["name"] or areas[0]
    first = whole if text_width(whole, _SIZE, "bold") <= _NAME_MM else named[0] or areas[0]
    others = [name for name in areas[1:] if name not in alone]
    district = _district_name(row, inputs.areas)
    left, room = x + _RANK_MM, _NAME_MM
    page.text(left, base, shorten(first, room, _SIZE, "bold"), _SIZE, weight="bold")
    residents = texts.number(row["residents"])
    page.text(end - _WALK_MM, base, residents, _SIZE, weight="bold", align="right")
    page.text(end, base, texts.metres(row["distance_m"]), _SIZE, align="right")
    step = _DETAIL_SIZE * MM_PER_POINT * LINE_SPACING
    lines = int((height - 4.2) / step + 1e-6)
    text = _listed(district, others, end - left, max(min(lines, 2), 1), texts)
    if lines < 1 and district:  # the district, at least, where there is room beside the name
        used = min(text_width(first, _SIZE, "bold"), room) + 1.5
        beside = shorten(district, room - used, _DETAIL_SIZE)
        if beside == district:
            page.text(left + used, base, beside, _DETAIL_SIZE, colour=style.INK_SOFT)
    elif text and lines > 0:
        page.paragraph(
            left, base - 0.4, end - left, text, _DETAIL_SIZE, colour=style.INK_SOFT, max_lines=lines
        )
    column.y -= height


def gap_names(
    row: pd.Series, areas: gpd.GeoDataFrame, residents: pd.DataFrame, study: Study
) -> list[str]:
    """Name the planning areas of a gap, those with most unserved residents first.

    Parameters
    ----------
    row
        A gap as `kiezreach.gaps.gaps` returns it.
    areas
        Areas of all levels.
    residents
        Residents as `kiezreach.analysis.Analysis` holds them.
    study
        The study; its gap threshold counts.

    Returns
    -------
    list of str
    """
    finest = areas[areas["level"] == areas["level"].iloc[-1]].set_index("area_id")
    ids = [area_id for area_id in row["planning_area_ids"].split(" ") if area_id in finest.index]
    unserved = residents[~(residents["distance_m"] <= study.analysis.gap_threshold_m)]
    count = unserved.groupby("planning_area_id")["residents"].sum()
    main = row["gap_id"].rsplit("-", maxsplit=1)[0]
    ids.sort(key=lambda area_id: (area_id != main, -count.get(area_id, 0), area_id))
    return [str(finest["name"][area_id]) or area_id for area_id in ids] or [row["gap_id"]]


def _district_name(row: pd.Series, areas: gpd.GeoDataFrame) -> str:
    """Name the area of the coarsest level that a gap is in; empty where there is one level."""
    coarsest = areas[areas["level"] == areas["level"].iloc[0]].set_index("area_id")["name"]
    if (
        areas["level"].iloc[0] == areas["level"].iloc[-1]
        or row["district_id"] not in coarsest.index
    ):
        return ""
    return str(coarsest[row["district_id"]])


def _listed(district: str, names: list[str], width: float, lines: int, texts: Texts) -> str:
    """Write the district and as many names as fit, and how many more there are."""
    text = district
    for shown in range(len(names), -1, -1):
        text = ", ".join(names[:shown])
        if 0 < shown < len(names):
            text = texts("and_more", names=text, count=texts.number(len(names) - shown))
        elif not shown and names:
            text = texts("more", count=texts.number(len(names)))
        if district:
            text = texts("within", district=district, names=text) if text else district
        if len(wrap(text, width, _DETAIL_SIZE)) <= lines:
            break
    return text
