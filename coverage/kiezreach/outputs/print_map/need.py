"""The need map: where need is great, and where nobody can walk to a centre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kiezreach.outputs import style
from kiezreach.outputs.print_map.bars import Bar, bars_of, draw_bar, draw_bar_heads
from kiezreach.outputs.print_map.city import draw_city
from kiezreach.outputs.print_map.coverage import draw_kinds
from kiezreach.outputs.print_map.gap_table import listed_gaps
from kiezreach.outputs.print_map.gaps import draw_ranks
from kiezreach.outputs.print_map.ground import Ground, fill_outline, ring_outline
from kiezreach.outputs.print_map.page import Page
from kiezreach.outputs.print_map.sheet import Column, Swatch, draw_head
from kiezreach.sources.areas import CITY

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.patches import Patch

    from kiezreach.analysis import Analysis
    from kiezreach.outputs.print_map.labels import Room
    from kiezreach.outputs.print_map.subject import Subject
    from kiezreach.outputs.texts import Texts
    from kiezreach.study import Study

LIMITS = (0.2, 0.4, 0.6, 0.8)  # between the classes of the index: it runs from 0 to 1
_SERVED_FADED = 0.62  # opacity of paper over ground that is served
_BAR_MM = 4.4


@dataclass(frozen=True)
class NeedClass:
    """Planning areas of one class of the index.

    Parameters
    ----------
    areas
        Their ids.
    residents
        Who lives there.
    served
        How many of them live within each threshold, by threshold in metres.
    """

    areas: frozenset[str]
    residents: int
    served: dict[float, int]


def need_classes(study: Study, analysis: Analysis) -> list[NeedClass]:
    """Sort the planning areas by their need.

    Parameters
    ----------
    study
        The study.
    analysis
        What was found; it has a need index.

    Returns
    -------
    list of NeedClass
        From the least need to the greatest, limits as `LIMITS`; last the areas without an index.
    """
    need = analysis.residents["planning_area_id"].map(_index(analysis))
    # Areas in which nobody lives are counted too.
    every = _index(analysis)
    number, own = _class_numbers(every.to_numpy()), _class_numbers(need.to_numpy(dtype=float))
    people = analysis.residents["residents"].to_numpy()
    distance = analysis.residents["distance_m"].to_numpy()
    found = []
    for k in (*range(len(LIMITS) + 1), -1):
        count = np.where(own == k, people, 0)
        served = {t: int(count[distance <= t].sum()) for t in study.analysis.thresholds_m}
        areas = frozenset(every.index[number == k])
        found.append(NeedClass(areas, int(count.sum()), served))
    return found


def _index(analysis: Analysis) -> pd.Series:
    """Return the need index of each planning area that has a row."""
    if analysis.need is None:
        msg = "the study has no need index"
        raise ValueError(msg)
    return analysis.need["need"].astype(float)


def _class_numbers(need: np.ndarray) -> np.ndarray:
    """Return the class of each index, -1 where there is none."""
    return np.where(np.isfinite(need), np.searchsorted(LIMITS, need, side="right"), -1)


def need_finding(study: Study, analysis: Analysis, texts: Texts) -> str:
    """Say in one sentence whether those with the greatest need are served."""
    threshold = study.analysis.gap_threshold_m
    classes = need_classes(study, analysis)
    great = next((k for k in reversed(classes[:-1]) if k.residents), None)
    everybody = sum(part.residents for part in classes)
    if great is None:
        return texts("nobody", place=study.name)
    city = 1 - sum(part.served[threshold] for part in classes) / everybody
    low = LIMITS[classes.index(great) - 1] if classes.index(great) else 0.0
    return texts(
        "need_finding",
        low=texts.number(low, 1),
        residents=texts.number(great.residents),
        percent=texts.percent(1 - great.served[threshold] / great.residents),
        metres=texts.metres(threshold),
        place=study.name,
        city_percent=texts.percent(city),
    )


def draw_need(subject: Subject, ground: Ground, *, grey: bool = False) -> Page:
    """Draw the need map of a study that has a need index.

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
    study, inputs, analysis, texts = subject
    classes = need_classes(study, analysis)

    def paint(page: Page, ground: Ground, clip: Patch) -> None:
        _paint_classes(page, classes, ground, clip)
        shapes = analysis.catchments.set_index("threshold_m").geometry
        served = ground.frame.place(shapes.loc[[study.analysis.gap_threshold_m]])
        page.fill(fill_outline(served), style.PAPER, alpha=_SERVED_FADED, clip=clip)
        page.stroke(ring_outline(served), style.THRESHOLD_LINE, 0.5, clip=clip)

    def crown(page: Page, ground: Ground, _: Patch, room: Room) -> None:
        draw_ranks(page, listed_gaps(analysis.gaps), ground, room)

    page = Page(grey=grey)
    finding = need_finding(study, analysis, texts)
    draw_head(page, "need_title", finding, study, inputs, texts)
    draw_city(page, ground, subject, paint, crown)
    _draw_column(page, subject, classes)
    return page


def _paint_classes(page: Page, classes: list[NeedClass], ground: Ground, clip: Patch) -> None:
    """Fill planning areas by their class, inhabited blocks darker, with parks on top."""
    ids = ground.areas["area_id"].to_numpy()
    colours = [*style.need_colours(len(LIMITS) + 1), style.NO_NEED]
    for part, colour in zip(classes, colours, strict=True):
        own = np.array([area_id in part.areas for area_id in ids], dtype=bool)
        page.fill(fill_outline(ground.area_shapes[own]), colour, clip=clip)
    ground.draw_green(page, clip)
    page.fill(ground.inhabited, style.INK, alpha=style.BLOCK_SHADE, clip=clip)


def _draw_column(page: Page, subject: Subject, classes: list[NeedClass]) -> None:
    """Fill the column: legend, figures by class, what the index is, notice, sources."""
    study, inputs, analysis, texts = subject
    column = Column(page, texts)
    metres = texts.metres(study.analysis.gap_threshold_m)
    column.heading(texts("legend_need"))
    column.legend(_legend(classes, texts))
    line = Swatch(style.THRESHOLD_LINE, texts("need_served", metres=metres), line=True)
    rows = [line]
    if len(analysis.gaps):
        rows.append(Swatch(style.INK, texts("need_gaps"), number="1"))
    column.legend(rows)
    column.paragraph(_explained(study, texts), 7.0, soft=True)
    column.space(2.0)
    column.heading(texts("legend_centres"))
    draw_kinds(column, analysis.centres, study, texts)
    column.space(2.0)
    column.heading(texts("need_bars", metres=metres))
    column.paragraph(texts("need_bars_note"), 7.0, soft=True)
    draw_bar_heads(column, texts)
    for bar in (*bars_of(analysis.coverage, CITY, [CITY], bold=True), *_bars(classes, texts)):
        draw_bar(column, bar, study, texts, _BAR_MM)
    column.foot(study, inputs)


def _legend(classes: list[NeedClass], texts: Texts) -> list[Swatch]:
    """Explain the classes from the greatest need down, with how many areas each holds."""
    colours = style.need_colours(len(LIMITS) + 1)
    rows = [
        Swatch(colour, _class_name(k, texts), _area_count(part, texts), blocks=True)
        for k, (part, colour) in enumerate(zip(classes[:-1], colours, strict=True))
    ][::-1]
    if classes[-1].areas:
        count = _area_count(classes[-1], texts)
        rows.append(Swatch(style.NO_NEED, texts("no_need"), count))
    return rows


def _area_count(part: NeedClass, texts: Texts) -> str:
    """Write how many planning areas a class holds."""
    count = len(part.areas)
    return texts("area_count_one" if count == 1 else "area_count", count=texts.number(count))


def _class_name(k: int, texts: Texts) -> str:
    """Name a class by its limits."""
    low = texts.number(LIMITS[k - 1], 1) if k else ""
    high = texts.number(LIMITS[k], 1) if k < len(LIMITS) else ""
    key = ("class_between" if high else "class_from") if low else "class_below"
    return texts(key, low=low, high=high)


def _bars(classes: list[NeedClass], texts: Texts) -> list[Bar]:
    """Make a row of figures of each class in which somebody lives, the greatest need first."""
    named = [
        Bar(_class_name(k, texts), part.residents, part.served)
        for k, part in enumerate(classes[:-1])
        if part.residents
    ][::-1]
    rest = classes[-1]
    return [*named, Bar(texts("no_need"), rest.residents, rest.served)] if rest.residents else named


def _explained(study: Study, texts: Texts) -> str:
    """Say what the index is made of."""
    parts = () if study.need is None else study.need.parts
    listed = " · ".join(
        texts("need_part", name=texts.label(part.labels), weight=texts.number(part.weight, 1))
        for part in parts
    )
    return texts("explain_need", parts=listed)
