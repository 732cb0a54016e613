"""The frame of every printed map: title and finding above, the map, and a column beside it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING

from kiezreach.outputs import style
from kiezreach.outputs.print_map.lettering import fitting_size, shorten, text_width, wrap
from kiezreach.outputs.print_map.page import HEIGHT_MM, MARGIN_MM, WIDTH_MM, Page
from kiezreach.outputs.print_map.sources import date_line, draw_notice, draw_sources

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
_FINDING_SIZES = (13.5, 10.5)
_TWO_LINES_SIZE = 12.0
_UNEVEN = 1.03  # by so much the first line may be longer than half of both
_HEADING_SIZE = 10.5
_ROW_SIZE, _NARROW_ROW_SIZE = 8.4, 7.8
_BETWEEN_MM = 5.0  # two narrow columns
_ROW_MM = 4.75
_SWATCH_MM = (8.0, 3.6)
_MARK_ROOM_MM = 5.6  # of a mark and the blanks around it
_LEAST_SIZE = 6.6
BEYOND_DASHES = (5.0, 3.0)  # of the border of a threshold beyond that of the served, in widths
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
    line, dashed
        Draw a line in the field's place; a dashed one.
    number
        Draw a disc with this number in the field's place.
    pattern
        Pattern of the field on a sheet in grey; see `kiezreach.outputs.print_map.page.Page.fill`.
    blocks
        Show in half of the field how inhabited blocks look in this colour.
    """

    colour: str
    text: str
    detail: str = ""
    line: bool = False
    dashed: bool = False
    number: str = ""
    pattern: str = ""
    blocks: bool = False


def draw_head(
    page: Page,
    key: str,
    finding: str,
    study: Study,
    inputs: Inputs,
    texts: Texts,
    *,
    place: str | None = None,
) -> None:
    """Write title, finding and dates across the sheet; the place is the study's unless given."""
    width = WIDTH_MM - 2 * MARGIN_MM
    # Of a title that is too long, the place is cut and never the question.
    room = width - text_width(texts(key, place=""), _TITLE_SIZES[1], "bold")
    title = texts(key, place=shorten(place or study.name, room, _TITLE_SIZES[1], "bold"))
    size = fitting_size(title, width, *_TITLE_SIZES, "bold")
    page.text(MARGIN_MM, HEIGHT_MM - 17.5, title, size, weight="bold")
    size = fitting_size(finding, width, *_FINDING_SIZES)
    room = width
    if text_width(finding, size) > width:  # two lines, as long as each other
        size = _TWO_LINES_SIZE
        room = min(max(text_width(finding, size) / 2 * _UNEVEN, width / 2), width)
        while room < width and len(wrap(finding, room, size)) > 2:  # noqa: PLR2004 - lines
            room = min(room * _UNEVEN, width)
    end = page.paragraph(
        MARGIN_MM, HEIGHT_MM - 20.5, room, finding, size, colour=style.INK, max_lines=2
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
        self.row_size = _ROW_SIZE

    def halves(self) -> tuple[Column, Column]:
        """Return two narrow columns side by side from here on; see `below`."""
        parts = (Column(self.page, self.texts), Column(self.page, self.texts))
        for k, part in enumerate(parts):
            part.width = (self.width - _BETWEEN_MM) / 2
            part.x = self.x + k * (part.width + _BETWEEN_MM)
            part.y, part.row_size = self.y, _NARROW_ROW_SIZE
        return parts

    def below(self, *parts: Column) -> None:
        """Go on below narrow columns."""
        self.y = min(part.y for part in parts)

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

    def foot(self, study: Study, inputs: Inputs, also: Collection[str] = ()) -> float:
        """Write sources and notice upwards from the foot of the sheet; return where they begin.

        Inputs of the roles in `also` are named too, which other maps do not draw.
        """
        top = draw_sources(
            self.page, study, inputs, self.texts, self.x, MARGIN_MM, self.width, also=also
        )
        return draw_notice(self.page, inputs, self.texts, self.x, top + 2.0, self.width)

    def legend(self, rows: Sequence[Swatch]) -> None:
        """Draw coloured fields with what they mean."""
        wide, high = _SWATCH_MM
        with_details = all(self._has_room(row) for row in rows)
        for row in rows:
            middle = self.y - _ROW_MM / 2
            if row.number:
                self.page.disc(self.x + wide / 2, middle, 2.0, row.number, colour=row.colour)
            elif row.line:
                width, dashes = (0.8, BEYOND_DASHES) if row.dashed else (1.6, ())
                self.page.line(
                    self.x, middle, self.x + wide, middle, row.colour, width, dashes=dashes
                )
            else:
                self.page.box(
                    self.x, middle - high / 2, wide, high,
                    colour=row.colour, edge=style.INK_SOFT, points=0.3, pattern=row.pattern,
                )  # fmt: skip
                if row.blocks:
                    self.page.box(
                        self.x + wide / 2, middle - high / 2, wide / 2, high,
                        colour=style.INK, alpha=style.BLOCK_SHADE,
                    )  # fmt: skip
            room = self.width - wide - 3
            size = fitting_size(row.text, room, self.row_size, _LEAST_SIZE)
            self.page.text(self.x + wide + 3, middle - 1.05, shorten(row.text, room, size), size)
            if row.detail and with_details:
                end = self.x + self.width
                self.page.text(
                    end, middle - 1.05, row.detail, size, colour=style.INK_SOFT, align="right"
                )
            self.y -= _ROW_MM

    def _has_room(self, row: Swatch) -> bool:
        """Tell whether text and remark of a row stand beside each other."""
        used = text_width(row.text, self.row_size) + text_width(row.detail, self.row_size)
        return used + 1.5 <= self.width - _SWATCH_MM[0] - 3

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
        widest = max((text_width(name, _ROW_SIZE) for name in names.values()), default=0.0)
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
