"""The gaps map: where residents live beyond the reach of every centre, and who comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.outputs import style
from kiezreach.outputs.print_map.additions import (
    addition_rows,
    draw_missing_links,
    draw_proposals,
)
from kiezreach.outputs.print_map.city import draw_city
from kiezreach.outputs.print_map.coverage import draw_kinds
from kiezreach.outputs.print_map.gap_table import TOP, draw_gap_table, listed_gaps
from kiezreach.outputs.print_map.ground import Ground, fill_outline, line_outline, ring_outline
from kiezreach.outputs.print_map.labels import Room, place_numbers
from kiezreach.outputs.print_map.page import Page
from kiezreach.outputs.print_map.sheet import Column, Swatch, draw_head
from kiezreach.outputs.spreading import share_text
from kiezreach.sources.areas import CITY

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt
    from matplotlib.patches import Patch

    from kiezreach.analysis import Analysis
    from kiezreach.outputs.print_map.subject import Subject
    from kiezreach.outputs.texts import Texts
    from kiezreach.study import Study

_STEPS = (1.0, 2.0, 5.0)
_CLASSES = 5
_DISC_MM = 2.9  # radius of a number's disc


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


@dataclass(frozen=True, eq=False)
class GapClasses:
    """Classes of gaps: of all of a study, so that sheets can be compared.

    Parameters
    ----------
    value
        Shape (n,): priority of each gap, or its residents where there is no need index.
    limits
        Limits between the classes, rising.
    by
        What the values are: ``priority`` or ``residents``.
    """

    value: npt.NDArray[np.float64]
    limits: list[float]
    by: str

    @classmethod
    def of(cls, analysis: Analysis) -> GapClasses:
        """Return the classes of a study's gaps."""
        by = "residents" if analysis.need is None else "priority"
        value = analysis.gaps[by].to_numpy(float)
        return cls(value, class_limits(value.tolist()), by)

    @property
    def colours(self) -> list[str]:
        """Colour of each class, from the lowest."""
        return style.class_colours(len(self.limits) + 1)

    @property
    def number(self) -> npt.NDArray[np.int64]:
        """Shape (n,): class of each gap, from 0; -1 where the value is not known."""
        number = np.searchsorted(self.limits, self.value, side="right")
        return np.where(np.isfinite(self.value), number, -1)

    def legend(
        self,
        texts: Texts,
        among: npt.NDArray[np.bool_] | slice = slice(None),
        *,
        all_classes: bool = True,
    ) -> list[Swatch]:
        """Explain the classes from the highest down, with how many of some gaps each holds.

        Parameters
        ----------
        texts
            Catalogue of the printed maps.
        among
            Which gaps are counted; all if absent.
        all_classes
            Explain the classes that hold none of them too.
        """
        number = self.number[among]
        if not len(number):
            return []
        rows = []
        for k in reversed(range(len(self.colours))):
            low = texts.number(self.limits[k - 1], _decimals(self.limits[k - 1])) if k else ""
            last = k == len(self.limits)
            high = "" if last else texts.number(self.limits[k], _decimals(self.limits[k]))
            key = ("class_between" if high else "class_from") if low else "class_below"
            text = texts(key, low=low, high=high) if low or high else texts("class_all")
            count = int((number == k).sum())
            if count or all_classes:
                rows.append(Swatch(self.colours[k], text, _gap_count(count, texts)))
        if unknown := int((number < 0).sum()):
            rows.append(Swatch(style.NO_PRIORITY, texts("no_priority"), _gap_count(unknown, texts)))
        return rows


def draw_gaps(subject: Subject, ground: Ground, *, grey: bool = False) -> Page:
    """Draw the gaps map.

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
    classes = GapClasses.of(analysis)

    def paint(page: Page, ground: Ground, clip: Patch) -> None:
        page.fill(ground.inhabited, style.INK, alpha=0.07, clip=clip)
        shapes = analysis.catchments.set_index("threshold_m").geometry
        served = ground.frame.place(shapes.loc[[study.analysis.gap_threshold_m]])
        page.fill(fill_outline(served), style.SERVED_GROUND, clip=clip)
        paint_gaps(page, analysis, classes, ground, clip)
        page.stroke(ring_outline(served), style.THRESHOLD_LINE, 0.3, clip=clip)

    def crown(page: Page, ground: Ground, clip: Patch, room: Room) -> None:
        draw_missing_links(page, analysis, ground, clip)
        draw_listed_gaps(page, listed_gaps(analysis.gaps), ground, clip, room)
        draw_proposals(page, analysis, ground, room)

    page = Page(grey=grey)
    finding = gaps_finding(study, analysis, texts)
    draw_head(page, "gaps_title", finding, study, inputs, texts)
    draw_city(page, ground, subject, paint, crown)
    more = addition_rows(analysis, ground, texts)
    _draw_column(page, subject, classes, more)
    return page


def paint_gaps(
    page: Page, analysis: Analysis, classes: GapClasses, ground: Ground, clip: Patch
) -> None:
    """Fill the gaps by their class."""
    geometry = analysis.gaps.geometry.to_numpy()
    number = classes.number
    for k, colour in enumerate(classes.colours):
        own = ground.frame.place(geometry[number == k])
        page.fill(fill_outline(own), colour, clip=clip)
    unknown = fill_outline(ground.frame.place(geometry[number < 0]))
    page.fill(unknown, style.NO_PRIORITY, clip=clip)
    page.stroke(unknown, style.INK_SOFT, 0.4, clip=clip)


def draw_listed_gaps(
    page: Page, listed: gpd.GeoDataFrame, ground: Ground, clip: Patch, room: Room
) -> None:
    """Draw a fine line around the blocks of the listed gaps, and their ranks in discs."""
    shapes = ground.frame.place(listed.geometry)
    page.stroke(line_outline(shapely.boundary(shapes)), style.INK, 0.35, clip=clip)
    draw_ranks(page, listed, ground, room)


def draw_ranks(page: Page, listed: gpd.GeoDataFrame, ground: Ground, room: Room) -> None:
    """Put the ranks of gaps in discs where their middle is."""
    if listed.empty:
        return
    points = ground.frame.move(shapely.points(listed[["x", "y"]].to_numpy(dtype=float)))
    xy = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    for (x, y), rank in zip(place_numbers(xy, _DISC_MM, room), listed["rank"], strict=True):
        page.disc(x, y, _DISC_MM, str(int(rank)))


def _draw_column(page: Page, subject: Subject, classes: GapClasses, more: Sequence[Swatch]) -> None:
    """Fill the column: legend, table of the first gaps, notice, sources."""
    study, inputs, analysis, texts = subject
    column = Column(page, texts)
    metres = texts.metres(study.analysis.gap_threshold_m)
    column.heading(texts(f"legend_{classes.by}"))
    served = Swatch(style.SERVED_GROUND, texts("served_ground", metres=metres))
    column.legend(classes.legend(texts))
    left, right = column.halves()
    left.legend([served, *more[1:]])
    right.legend(more[:1])
    column.below(left, right)
    column.paragraph(explain_gaps(study, classes, texts), 7.0, soft=True)
    column.space(0.2)
    column.heading(texts("legend_centres"))
    draw_kinds(column, analysis.centres, study, texts)
    column.space(0.2)
    draw_gap_table(column, subject, column.foot(study, inputs) + 0.8)


def explain_gaps(study: Study, classes: GapClasses, texts: Texts) -> str:
    """Say what a gap is, what it is classed by, and how."""
    metres = texts.metres(study.analysis.gap_threshold_m)
    level = study.gap_level
    border = texts("gap_border", level=texts.label(level.labels)) if level else ""
    if study.filter is not None:
        border = texts("gap_border_filter", border=border)
    return texts(f"explain_{classes.by}", metres=metres, border=border)


def _gap_count(count: int, texts: Texts) -> str:
    """Write how many gaps a class holds."""
    return texts("gap_count_one" if count == 1 else "gap_count", count=texts.number(count))


def _decimals(value: float) -> int:
    """Return the decimals that a limit of a class needs."""
    return max(0, -int(np.floor(np.log10(value))))
