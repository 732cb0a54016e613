"""Lettering: the fonts of every sheet, and lines that are measured before they are written."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Literal

import matplotlib as mpl
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.textpath import text_to_path

MM_PER_POINT = 25.4 / 72
LINE_SPACING = 1.28  # of the font size

Weight = Literal["normal", "bold"]
Align = Literal["left", "center", "right"]

FAMILY = "DejaVu Sans"
# Anything but the fonts that come with matplotlib would look different on another machine.
FONT_FILES: dict[Weight, Path] = {
    "normal": Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"),
    "bold": Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans-Bold.ttf"),
}
_REPLACEMENT = "\N{WHITE VERTICAL RECTANGLE}"  # for characters that the font lacks
_NOT_WRITTEN = ("Cc", "Cf", "Cs")  # Unicode: controls, of direction too, and halves of characters
_JOINER, _NON_JOINER = "\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"
_TONES = ("\N{EMOJI MODIFIER FITZPATRICK TYPE-1-2}", "\N{EMOJI MODIFIER FITZPATRICK TYPE-6}")


@lru_cache(maxsize=256)
def font(size: float, weight: Weight = "normal") -> FontProperties:
    """Return a font of a size in points."""
    return FontProperties(family=FAMILY, weight=weight, fname=str(FONT_FILES[weight]), size=size)


@lru_cache(maxsize=65536)
def printable(text: str) -> str:
    """Write text with the characters that both fonts have.

    What they lack is an empty rectangle, one for each character that a reader would count: an
    emoji of several code points is one. Controls are left out, those that turn the direction of
    writing too: a name could put the words around it in another order.
    """
    known = _characters()
    shown: list[str] = []
    before = ""
    for c in re.sub(r"[\s\x00-\x1f\x7f]+", _keep_spaces, text):
        written = c == _NON_JOINER or unicodedata.category(c) not in _NOT_WRITTEN
        # What joins an emoji of several characters: the first one stands for all.
        part = before == _JOINER or _TONES[0] <= c <= _TONES[1] or unicodedata.category(c) == "Mn"
        if written and ord(c) in known:
            shown.append(c)
        elif written and not part:
            shown.append(_REPLACEMENT)
        before = c
    return "".join(shown)


def _keep_spaces(space: re.Match[str]) -> str:
    """Turn white space into one blank, but leave single spaces of their own width."""
    return space[0] if space[0] in "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}" else " "


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    """Return the characters that both fonts have."""
    normal, bold = (set(get_font(str(file)).get_charmap()) for file in FONT_FILES.values())
    return frozenset(normal & bold)


@lru_cache(maxsize=65536)
def text_width(text: str, size: float, weight: Weight = "normal") -> float:
    """Return the width of one line in millimetres."""
    if not text:
        return 0.0
    shown = printable(text)
    width, _, _ = text_to_path.get_text_width_height_descent(
        shown, font(size, weight), ismath=False
    )
    return float(width) * MM_PER_POINT


def fitting_size(
    text: str, width: float, largest: float, smallest: float, weight: Weight = "normal"
) -> float:
    """Return the largest font size, in half points, at which a line fits a width."""
    size = largest
    while size > smallest and text_width(text, size, weight) > width:
        size -= 0.5
    return size


def shorten(text: str, width: float, size: float, weight: Weight = "normal") -> str:
    """Cut a line to a width, with an ellipsis where something is missing."""
    if text_width(text, size, weight) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle].rstrip() + "…", size, weight) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def breakable(text: str) -> list[str]:
    """Return the parts of a text between which a line may end, without blanks around them."""
    return [piece.strip() for piece in _pieces(text) if piece.strip()]


def _pieces(text: str) -> list[str]:
    """Return what may not be broken, each with the blanks that follow it."""
    return re.split(r"(?<= )(?=[^ ])|(?<=[-/])(?=\w)", text)


def wrap(
    text: str, width: float, size: float, weight: Weight = "normal", max_lines: int | None = None
) -> list[str]:
    """Break text into lines of a width in millimetres, at blanks, hyphens and slashes."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if text_width((line + piece).rstrip(), size, weight) <= width:
            line += piece
            continue
        if line:
            lines.append(line.rstrip())
        line = piece
        while text_width(line.rstrip(), size, weight) > width and len(line.rstrip()) > 1:
            fits = max(len(shorten(line.rstrip(), width, size, weight)) - 1, 1)
            lines.append(line[:fits])
            line = line[fits:]
    if line.strip():
        lines.append(line.rstrip())
    if max_lines is not None and len(lines) > max_lines:
        rest = " ".join(lines[max_lines - 1 :])
        cut = shorten(rest, width, size, weight)
        lines = [*lines[: max_lines - 1], cut if cut.endswith("…") else cut + " …"]
    return lines
