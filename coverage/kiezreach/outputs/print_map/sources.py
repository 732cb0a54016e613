"""What a map must say about itself: its data, their dates and licences, and its weak spot."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from kiezreach.outputs import style
from kiezreach.outputs.print_map.lettering import LINE_SPACING, MM_PER_POINT, wrap
from kiezreach.outputs.spreading import interval_meaning, method_text

if TYPE_CHECKING:
    import pandas as pd

    from kiezreach.inputs import Inputs
    from kiezreach.outputs.print_map.page import Page
    from kiezreach.outputs.texts import Texts
    from kiezreach.study import Study

_SIZE = 5.9  # points; the smallest text on the sheet
_NOTICE_SIZE = 7.6
_PAD_MM = 2.5
_NOT_DRAWN = (
    "norms",
    "barriers",
    "candidates",
    "scenario",
    "address_book",
)  # inputs of tables and layers alone
_DATED = ("residents", "centres", "network")  # what the date line under the title names


def source_lines(files: pd.DataFrame, texts: Texts, also: Collection[str] = ()) -> list[str]:
    """Return one line for each input: who is to be named, the date of the data, the licence.

    Parameters
    ----------
    files
        Inputs as `kiezreach.inputs.Inputs.files` lists them.
    texts
        Catalogue of the printed maps.
    also
        Roles that this map draws and others do not.

    Returns
    -------
    list of str
        In the order of `files`; layers of one file share a line. Inputs of tables alone have none.
    """
    lines = []
    drawn = files[~files["role"].isin(set(_NOT_DRAWN) - set(also))]
    for _, rows in drawn.groupby("file", sort=False):
        credit = _first(rows["attribution"]) or _first(rows["source"])
        roles = ", ".join(_role(role, texts) for role in rows["role"])
        line = credit or f"{roles}: {rows['file'].iloc[0]}"
        vintage = written_date(_first(rows["vintage"]), texts)
        if vintage and vintage not in line:
            line += texts("vintage_after", date=vintage)
        for licence in _first(rows["licence"]).split(", "):
            # "ODbL 1.0 (water)": what it holds for does not tell whether it is named already.
            if _plain(licence.split(" (")[0]) not in _plain(line):
                line += f", {licence}"
        lines.append(line)
    return list(dict.fromkeys(lines))


def date_line(files: pd.DataFrame, texts: Texts) -> str:
    """Say of which day residents, centres and streets are; empty where no date is known."""
    known = files[files["vintage"] != ""].drop_duplicates("role").set_index("role")["vintage"]
    parts = [
        f"{_role(role, texts)} {written_date(known[role], texts)}"
        for role in _DATED
        if role in known.index
    ]
    return texts("dates", parts=" · ".join(parts)) if parts else ""


def written_date(iso: str, texts: Texts) -> str:
    """Write a date of ISO 8601 as the language does; leave a year or anything else as it is."""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return iso
    return texts("date", day=day.day, month=day.month, year=day.year)


def notice_texts(inputs: Inputs, texts: Texts) -> tuple[str, str] | None:
    """Return title and text of the notice about an approximate network; None where it is not."""
    known = inputs.network.provenance
    if known.quality != "approximate":
        return None
    accuracy = known.accuracy_in(texts.language) or texts("accuracy_unknown")
    return texts("approximate_title"), texts("approximate", accuracy=accuracy)


def draw_notice(
    page: Page, inputs: Inputs, texts: Texts, x: float, bottom: float, width: float
) -> float:
    """Draw the notice upwards from `bottom`, if there is one; return where it begins."""
    notice = notice_texts(inputs, texts)
    if notice is None:
        return bottom
    title, text = notice
    inner = width - 2 * _PAD_MM
    lines = len(wrap(title, inner, _NOTICE_SIZE, "bold")) + len(wrap(text, inner, _NOTICE_SIZE))
    height = lines * _NOTICE_SIZE * MM_PER_POINT * LINE_SPACING + 2 * _PAD_MM - 1.0
    page.box(x, bottom, width, height, colour="#fff4dc", edge=style.UNSERVED, points=0.8)
    y = page.paragraph(
        x + _PAD_MM, bottom + height - _PAD_MM + 0.8, inner, title, _NOTICE_SIZE, weight="bold"
    )
    page.paragraph(x + _PAD_MM, y + 0.4, inner, text, _NOTICE_SIZE)
    return bottom + height


def draw_sources(
    page: Page,
    study: Study,
    inputs: Inputs,
    texts: Texts,
    x: float,
    bottom: float,
    width: float,
    *,
    also: Collection[str] = (),
) -> float:
    """Write the sources upwards from the foot of a column; return where they begin."""
    lines = [*_method_lines(study, texts), *source_lines(inputs.files, texts, also)]
    step = _SIZE * MM_PER_POINT * LINE_SPACING
    heights = [len(wrap(line, width, _SIZE)) * step + 0.5 for line in lines]
    top = bottom + sum(heights) + 5.5
    page.text(x, top - 3.5, texts("sources"), 8, weight="bold")
    y = top - 5.0
    for line, height in zip(lines, heights, strict=True):
        page.paragraph(x, y, width, line, _SIZE, colour=style.INK_SOFT)
        y -= height
    return top


def _method_lines(study: Study, texts: Texts) -> list[str]:
    """Say how residents are counted and spread, and what an interval means."""
    lines = [texts("method_note")]
    if method := method_text(study):
        lines.append(texts("method", method=method))
    if meaning := interval_meaning(study):
        lines.append(meaning)
    return lines


def _first(column: pd.Series) -> str:
    """Return the first text of a column that is not empty."""
    return next((str(text) for text in column if text), "")


def _role(role: str, texts: Texts) -> str:
    """Name an input in the language of the map."""
    return texts(f"role_{role}")


def _plain(text: str) -> str:
    """Take letters and digits only: licences are written with and without hyphens."""
    return re.sub(r"\W+", "", text).casefold()
