"""The table of the first gaps: their rank and what is sure of it, where, how many, how far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kiezreach.outputs import style
from kiezreach.outputs.print_map.lettering import (
    LINE_SPACING,
    MM_PER_POINT,
    Align,
    fitting_size,
    shorten,
    text_width,
    wrap,
)
from kiezreach.outputs.tables import published

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.outputs.print_map.sheet import Column
    from kiezreach.outputs.print_map.subject import Subject
    from kiezreach.outputs.texts import Texts
    from kiezreach.study import Study

TOP = 10  # gaps that are numbered and listed
_INTERVAL_MM, _TIED_MM, _TOP_MM = 6.5, 23.0, 32.0  # columns of the table; the latter two end there
_RANK_MM, _NAME_MM = 33.5, 32.5  # up to the names, and these
_WALK_MM = 14.0  # of the last column
_LEAST_RANK = 5.0  # points
_SIZE = 7.6  # points
_DETAIL_SIZE = 6.8
_NOTE_FOOT_MM = 0.6  # below the note
_HEADS_MM = 12.8  # of the heading and of the heads of the columns
_ROW_MM, _LEAST_ROW_MM = 10.0, 3.3  # a row of the table; with less, it has no second line


def listed_gaps(gaps: gpd.GeoDataFrame, district: str | None = None) -> gpd.GeoDataFrame:
    """Return the first gaps of all, or of one area of the coarsest level, by their rank."""
    own = gaps if district is None else gaps[gaps["district_id"] == district]
    return own.sort_values(["rank", "gap_id"]).head(TOP)


def draw_gap_table(
    column: Column,
    subject: Subject,
    bottom: float,
    *,
    district: str | None = None,
) -> None:
    """List the first gaps: rank and interval, where, how many residents, how far they walk.

    Parameters
    ----------
    column
        Where to draw.
    subject
        What the sheet is about.
    bottom
        Where the table must end, in millimetres on the sheet.
    district
        Area of the coarsest level of which gaps are listed; all if absent.
    """
    study, inputs, analysis, texts = subject
    holes = listed_gaps(analysis.gaps, district)
    page, x, end = column.page, column.x, column.x + column.width
    if holes.empty:
        column.heading(texts("table_heading_none"))
        metres = texts.metres(study.analysis.gap_threshold_m)
        none = "no_gaps" if district is None else "no_gaps_district"
        none = none if study.filter is None else "no_gaps_filter"
        selection = "" if study.filter is None else texts.label(study.filter.labels)
        column.paragraph(texts(none, metres=metres, filter=selection))
        return
    explained = texts(
        "interval_note",
        combinations=texts.number(analysis.combinations["number"]),
        share=texts.percent(study.ranking.distinguishable_share),
    )
    note = wrap(explained, column.width, 7.0)
    note_height = (len(note) + 0.3) * 7.0 * MM_PER_POINT * LINE_SPACING + _NOTE_FOOT_MM
    room = column.y - bottom - note_height - _HEADS_MM
    height = min(_ROW_MM, max(room / len(holes), _LEAST_ROW_MM))
    holes = holes.head(max(int(room / height + 1e-6), 1))
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
    finest = inputs.areas[inputs.areas["level"] == inputs.areas["level"].iloc[-1]]
    names = finest.set_index("area_id")["name"]
    unserved = _unserved(analysis.residents, study)
    for _, row in published(holes).iterrows():
        page.line(x, column.y, end, column.y, style.RULE, 0.4)
        where = "" if district else _district_name(row, inputs.areas)
        _draw_row(column, row, where, gap_names(row, names, unserved), texts, height)
    column.paragraph(explained, 7.0, soft=True)


def _draw_row(
    column: Column,
    row: pd.Series,
    district: str,
    areas: list[str],
    texts: Texts,
    height: float,
) -> None:
    """Draw one gap of the table, with its district and the names of its planning areas."""
    page, x, end = column.page, column.x, column.x + column.width
    top = column.y
    base = top - min(3.3, 0.78 * height)  # low rows: clear of the rule below
    rank = texts.number(row["rank"])
    size = fitting_size(rank, _INTERVAL_MM - 1.2, 9, _LEAST_RANK, "bold")
    page.text(x + 0.5, base, rank, size, weight="bold")
    best, worst = texts.number(row["rank_best"]), texts.number(row["rank_worst"])
    interval = texts("interval", best=best, worst=worst)
    page.text(x + _INTERVAL_MM, base, interval, _DETAIL_SIZE, colour=style.INK_SOFT)
    page.text(x + _TIED_MM, base, texts.number(row["rank_tied"]), _DETAIL_SIZE, align="right")
    page.text(x + _TOP_MM, base, texts.percent(row["top_ten_share"]), _DETAIL_SIZE, align="right")
    named = row["name"].split(" / ")
    alone = [*named, named[-1].rsplit(" ", maxsplit=1)[0]]  # as it is called without a number
    whole = row["name"] or areas[0]
    first = whole if text_width(whole, _SIZE, "bold") <= _NAME_MM else named[0] or areas[0]
    others = [name for name in areas[1:] if name not in alone]
    left, room = x + _RANK_MM, _NAME_MM
    page.text(left, base, shorten(first, room, _SIZE, "bold"), _SIZE, weight="bold")
    residents = texts.number(row["residents"])
    page.text(end - _WALK_MM, base, residents, _SIZE, weight="bold", align="right")
    page.text(end, base, texts.metres(row["distance_m"]), _SIZE, align="right")
    step = _DETAIL_SIZE * MM_PER_POINT * LINE_SPACING
    lines = int((height - 4.2) / step + 1e-6)
    text = _listed(district, others, end - left, min(lines, 2), texts) if lines > 0 else ""
    if lines < 1 and district:  # the district, at least, where there is room beside the name
        used = min(text_width(first, _SIZE, "bold"), room) + 1.5
        beside = shorten(district, room - used, _DETAIL_SIZE)
        if beside == district:
            page.text(left + used, base, beside, _DETAIL_SIZE, colour=style.INK_SOFT)
    elif text:
        page.paragraph(
            left, base - 0.4, end - left, text, _DETAIL_SIZE, colour=style.INK_SOFT, max_lines=lines
        )
    column.y -= height


def _unserved(residents: pd.DataFrame, study: Study) -> pd.Series:
    """Count the residents beyond the gap threshold in each planning area."""
    missed = ~(residents["distance_m"].to_numpy() <= study.analysis.gap_threshold_m)
    count = pd.Series(residents["residents"].to_numpy()[missed])
    return count.groupby(residents["planning_area_id"].to_numpy()[missed]).sum()


def gap_names(row: pd.Series, names: pd.Series, unserved: pd.Series) -> list[str]:
    """Name the planning areas of a gap, those with most unserved residents first.

    Parameters
    ----------
    row
        A gap as `kiezreach.gaps.gaps` returns it.
    names
        Name of each planning area, by its id.
    unserved
        Residents of each planning area who are not served, by its id.

    Returns
    -------
    list of str
    """
    ids = [area_id for area_id in row["planning_area_ids"].split(" ") if area_id in names.index]
    main = row["gap_id"].rsplit("-", maxsplit=1)[0]
    ids.sort(key=lambda area_id: (area_id != main, -unserved.get(area_id, 0), area_id))
    return [str(names[area_id]) or area_id for area_id in ids] or [row["gap_id"]]


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
