"""The frame of every printed map: title and finding above, the map, and a column beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING

from kiezreach.outputs import style
from kiezreach.outputs.print_map.page import (
    HEIGHT_MM,
    MARGIN_MM,
    WIDTH_MM,
    Page,
    fitting_size,
    shorten,
    text_width,
    wrap,
)
from kiezreach.outputs.print_map.sources import date_line

if TYPE_CHECKING:
    from kiezreach.inputs import Inputs
    from kiezreach.outputs.style import KindStyle
    from kiezreach.outputs.texts import Texts
    from kiezreach.study import Study

COLUMN_MM = 98.0  # width of the column beside the map
COLUMN_X = WIDTH_MM - MARGIN_MM - COLUMN_MM
MAP_TOP = HEIGHT_MM - 37.5
MAP_BOX = (MARGIN_MM, MARGIN_MM, COLUMN_X - 7.0 - MARGIN_MM, MAP_TOP - MARGIN_MM)
_TITLE_SIZES = (25.0, 13.0)  # points: largest, smallest
_FINDING_SIZE = 13.5
_HEADING_SIZE = 10.5
_ROW_SIZE = 8.4
_ROW_MM = 4.75
_SWATCH_MM = (8.0, 3.6)
_MARK_ROOM_MM = 5.6  # of a mark and the blanks around it
_LEAST_SIZE = 6.6
_MOST_KINDS = 16  # kinds of centres that a legend names


@dataclass(frozen=True)
class Swatch:
    """A row of a legend: a coloured field and what it means.

    Parameters
    ----------
    colour
        Fill of the field.
    text, detail
        What it means, and a remark in soft ink.
    line
        Draw a line in the field's place.
    blocks
        Show in half of the field how inhabited blocks look in this colour.
    """

    colour: str
    text: str
    detail: str = ""
    line: bool = False
    blocks: bool = False


def draw_head(
    page: Page, key: str, finding: str, study: Study, inputs: Inputs, texts: Texts
) -> None:
    """Write title, finding and dates across the sheet."""
    width = WIDTH_MM - 2 * MARGIN_MM
    # Of a title that is too long, the place is cut and never the question.
    room = width - text_width(texts(key, place=""), _TITLE_SIZES[1], "bold")
    title = texts(key, place=shorten(study.name, room, _TITLE_SIZES[1], "bold"))
    size = fitting_size(title, width, *_TITLE_SIZES, "bold")
    page.text(MARGIN_MM, HEIGHT_MM - 17.5, title, size, weight="bold")
    size = _FINDING_SIZE
    while size > 9.0 and len(wrap(finding, width, size)) > 1:  # noqa: PLR2004 - points
        size -= 0.5
    end = page.paragraph(
        MARGIN_MM, HEIGHT_MM - 20.5, width, finding, size, colour=style.INK, max_lines=2
    )
    dates = date_line(inputs.files, texts)
    if dates:
        page.text(MARGIN_MM, end - 3.6, shorten(dates, width, 8.5), 8.5, colour=style.INK_SOFT)


class Column:
    """The column beside the map, filled from the top.

    Parameters
    ----------
    page
        The sheet.
    texts
        Catalogue of the printed maps.
    """

    def __init__(self, page: Page, texts: Texts) -> None:
        self.page, self.texts = page, texts
        self.x, self.width = COLUMN_X, COLUMN_MM
        self.y = MAP_TOP

    def heading(self, text: str) -> None:
        """Write a heading under a rule."""
        self.page.line(self.x, self.y, self.x + self.width, self.y, style.INK, 0.8)
        self.y -= 1.2
        self.paragraph(text, _HEADING_SIZE, weight_bold=True)
        self.y -= 1.2

    def paragraph(
        self, text: str, size: float = 7.6, *, weight_bold: bool = False, soft: bool = False
    ) -> None:
        """Write a paragraph."""
        self.y = self.page.paragraph(
            self.x,
            self.y,
            self.width,
            text,
            size,
            weight="bold" if weight_bold else "normal",
            colour=style.INK_SOFT if soft else style.INK,
        )
        self.y -= 0.8

    def space(self, mm: float = 3.5) -> None:
        """Leave some room."""
        self.y -= mm

    def legend(self, rows: Sequence[Swatch]) -> None:
        """Draw coloured fields with what they mean."""
        wide, high = _SWATCH_MM
        for row in rows:
            middle = self.y - _ROW_MM / 2
            if row.line:
                self.page.line(self.x, middle, self.x + wide, middle, row.colour, 1.6)
            else:
                self.page.box(
                    self.x, middle - high / 2, wide, high,
                    colour=row.colour, edge=style.INK_SOFT, points=0.3,
                )  # fmt: skip
                if row.blocks:
                    self.page.box(
                        self.x + wide / 2, middle - high / 2, wide / 2, high,
                        colour=style.INK, alpha=style.BLOCK_SHADE,
                    )  # fmt: skip
            room = self.width - wide - 3
            text = shorten(row.text, room, _ROW_SIZE)
            self.page.text(self.x + wide + 3, middle - 1.05, text, _ROW_SIZE)
            if row.detail:
                end = self.x + self.width
                self.page.text(
                    end, middle - 1.05, row.detail, _ROW_SIZE, colour=style.INK_SOFT, align="right"
                )
            self.y -= _ROW_MM

    def mark(self, mark: KindStyle, text: str) -> None:
        """Draw one mark with what it means."""
        middle = self.y - _ROW_MM / 2
        self.page.marks([self.x + 4.0], [middle], mark, 3.4)
        room = self.width - _SWATCH_MM[0] - 3
        self.page.text(
            self.x + _SWATCH_MM[0] + 3, middle - 1.05, shorten(text, room, _ROW_SIZE), _ROW_SIZE
        )
        self.y -= _ROW_MM

    def kinds(self, styles: dict[str, KindStyle], count: dict[str, int]) -> None:
        """Draw the marks of the kinds of centres, in two columns if they fit, with their number."""
        shown = list(styles)[:_MOST_KINDS]
        names = {
            kind: f"{self._kind_name(kind)} ({self.texts.number(count[kind])})" for kind in shown
        }
        widest = max(text_width(name, _ROW_SIZE) for name in names.values())
        in_half = widest <= self.width / 2 - _MARK_ROOM_MM
        columns = 2 if in_half or len(shown) > _MOST_KINDS / 2 else 1
        room = self.width / columns - _MARK_ROOM_MM
        for k, kind in enumerate(shown):
            x = self.x + self.width / columns * (k % columns)
            middle = self.y - _ROW_MM * (k // columns) - _ROW_MM / 2
            self.page.marks([x + 1.6], [middle], styles[kind], 2.6)
            name, size = names[kind], fitting_size(names[kind], room, _ROW_SIZE, _LEAST_SIZE)
            if text_width(name, size) > room:
                number = f" ({self.texts.number(count[kind])})"
                left = room - text_width(number, size)
                name = shorten(self._kind_name(kind), left, size) + number
            self.page.text(x + 4.6, middle - 1.05, name, size)
        self.y -= _ROW_MM * ((len(shown) + columns - 1) // columns)
        if len(styles) > len(shown):
            more = self.texts.number(len(styles) - len(shown))
            self.paragraph(self.texts("more_kinds", count=more), soft=True)

    def _kind_name(self, kind: str) -> str:
        """Name a kind; `other` and the empty one have words of their own."""
        if kind == style.OTHER_KIND:
            return self.texts("kind_other")
        return kind or self.texts("kind_unknown")


def minutes(metres: float, study: Study, texts: Texts) -> str:
    """Write how long a walk takes at the study's speed, in whole minutes."""
    walk = metres / study.analysis.walking_speed_m_per_min
    return texts("minutes", count=texts.number(floor(walk + 0.5)))


def speed_note(study: Study, texts: Texts) -> str:
    """Name the speed that times are computed with."""
    speed = study.analysis.walking_speed_m_per_min
    return texts(
        "speed",
        per_minute=texts.number(speed, 0 if speed == round(speed) else 1),
        per_hour=texts.number(speed * 60 / 1000, 1),
    )
