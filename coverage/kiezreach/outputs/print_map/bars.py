"""Rows of figures with bars: who lives within which walk, by area or by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kiezreach.outputs import style
from kiezreach.outputs.print_map.lettering import Weight, fitting_size, shorten

if TYPE_CHECKING:
    import pandas as pd

    from kiezreach.outputs.print_map.sheet import Column
    from kiezreach.outputs.texts import Texts
    from kiezreach.study import Study

ROW_MM, LEAST_ROW_MM = 5.4, 3.4
_LEAST_NAME = 6.6  # points
_BAR_X_MM, _BAR_MM = 41.5, 25.0  # where bars begin in the column, and their full length
_SHARE_MM = 77.0  # where the column of shares ends


@dataclass(frozen=True)
class Bar:
    """A row: who it is about, and how many of them live within each threshold.

    Parameters
    ----------
    name
        Whom the row is about.
    residents
        How many they are.
    served
        How many of them live within each threshold, by threshold in metres.
    bold
        Whether the row is the one that others are compared with.
    """

    name: str
    residents: int
    served: dict[float, int]
    bold: bool = False


def bars_of(table: pd.DataFrame, level: str, area_ids: Sequence[str], *, bold: bool) -> list[Bar]:
    """Make rows of areas from the table of coverage, in the order of their ids."""
    own = table[(table["level"] == level) & table["area_id"].isin(area_ids)]
    rows = []
    for area_id in area_ids:
        area = own[own["area_id"] == area_id]
        served = dict(zip(area["threshold_m"], area["residents_served"], strict=True))
        first = area.iloc[0]
        rows.append(Bar(str(first["area_name"]), int(first["residents"]), served, bold))
    return rows


def draw_bar_heads(column: Column, texts: Texts) -> None:
    """Write what the columns of figures are."""
    base = column.y - 2.4
    for end, key in ((_SHARE_MM, "bars_share"), (column.width, "bars_unserved")):
        text = texts(key)
        column.page.text(column.x + end, base, text, 6.8, colour=style.INK_SOFT, align="right")
    column.y -= 3.6


def draw_bar(column: Column, row: Bar, study: Study, texts: Texts, height: float = ROW_MM) -> None:
    """Draw one row: name, bar of all thresholds, share, and how many are not served."""
    page, x = column.page, column.x
    weight: Weight = "bold" if row.bold else "normal"
    size = min(7.8, height * 1.75)
    base = column.y - height / 2 - size * 0.13
    room = _BAR_X_MM - 1.5
    fit = fitting_size(row.name, room, size, _LEAST_NAME, weight)
    page.text(x, base, shorten(row.name, room, fit, weight), fit, weight=weight)
    served = study.analysis.gap_threshold_m
    thresholds = sorted(study.analysis.thresholds_m)
    colours = style.band_colours(thresholds, served)
    thick = height * 0.62
    low = column.y - height / 2 - thick / 2
    if row.residents:
        page.box(x + _BAR_X_MM, low, _BAR_MM, thick, colour=style.UNSERVED)
        for threshold in reversed(thresholds):
            part = row.served[threshold] / row.residents
            if part > 0:
                page.box(x + _BAR_X_MM, low, _BAR_MM * part, thick, colour=colours[threshold])
    share = row.served[served] / row.residents if row.residents else np.nan
    percent = texts.percent(share)
    page.text(x + _SHARE_MM, base, percent, size, weight="bold", align="right")
    unserved = texts.number(row.residents - row.served[served])
    page.text(x + column.width, base, unserved, size, weight=weight, align="right")
    column.y -= height
