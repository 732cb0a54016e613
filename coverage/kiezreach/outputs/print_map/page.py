"""The sheet of paper: A3 landscape, addressed in millimetres, with text that is measured first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.patches import Circle, PathPatch, Polygon, Rectangle
from matplotlib.patheffects import Stroke
from matplotlib.textpath import text_to_path

from kiezreach.outputs import style

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from matplotlib.artist import Artist
    from matplotlib.patches import Patch
    from matplotlib.path import Path as Outline

WIDTH_MM, HEIGHT_MM = 420.0, 297.0  # A3 landscape, ISO 216
MARGIN_MM = 10.0  # what office printers leave white is less
MM_PER_POINT = 25.4 / 72
LINE_SPACING = 1.28  # of the font size
DPI = 300
_MM_PER_INCH = 25.4
# Anything but the fonts that come with matplotlib would look different on another machine.
_FONTS = {
    weight: Path(mpl.get_data_path(), "fonts", "ttf", file)
    for weight, file in (("normal", "DejaVuSans.ttf"), ("bold", "DejaVuSans-Bold.ttf"))
}
_REPLACEMENT = "\N{WHITE VERTICAL RECTANGLE}"  # for characters that the font lacks

Weight = Literal["normal", "bold"]
Align = Literal["left", "center", "right"]


class Page:
    """One sheet; whatever is drawn later lies on top.

    Lengths are millimetres from the lower left corner, font sizes are points.
    """

    def __init__(self) -> None:
        self.figure = Figure(figsize=(WIDTH_MM / _MM_PER_INCH, HEIGHT_MM / _MM_PER_INCH))
        self.figure.set_facecolor(style.PAPER)
        self.axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self.axes.set_xlim(0.0, WIDTH_MM)
        self.axes.set_ylim(0.0, HEIGHT_MM)
        self.axes.set_axis_off()

    def fill(
        self, outline: Outline, colour: str, *, alpha: float = 1.0, clip: Patch | None
    ) -> None:
        """Fill an outline."""
        patch = PathPatch(outline, facecolor=colour, edgecolor="none", linewidth=0, alpha=alpha)
        self._add(patch, clip)

    def window(self, outline: Outline) -> Patch:
        """Return an outline to clip to; it is not drawn."""
        patch = PathPatch(outline)
        patch.set_transform(self.axes.transData)
        return patch

    def stroke(
        self,
        outline: Outline,
        colour: str,
        points: float,
        *,
        alpha: float = 1.0,
        clip: Patch | None,
    ) -> None:
        """Draw an outline as a line of a width in points."""
        patch = PathPatch(
            outline,
            fill=False,
            edgecolor=colour,
            linewidth=points,
            alpha=alpha,
            joinstyle="round",
            capstyle="butt",
        )
        self._add(patch, clip)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        colour: str | None = None,
        edge: str | None = None,
        points: float = 0.5,
        alpha: float = 1.0,
    ) -> Rectangle:
        """Draw a rectangle from its lower left corner."""
        patch = Rectangle(
            (x, y),
            width,
            height,
            facecolor=colour or "none",
            edgecolor=edge or "none",
            linewidth=points if edge else 0,
            alpha=alpha,
        )
        self._add(patch, None)
        return patch

    def line(self, x0: float, y0: float, x1: float, y1: float, colour: str, points: float) -> None:
        """Draw a straight line."""
        self._add(LineCollection([[(x0, y0), (x1, y1)]], colors=colour, linewidths=points), None)

    def polygon(
        self, xy: npt.NDArray[np.float64], edge: str, points: float, fill: str | None = None
    ) -> None:
        """Draw a polygon by its corners, filled with the colour of its edge unless told."""
        patch = Polygon(xy, facecolor=fill or edge, edgecolor=edge, linewidth=points)
        patch.set_joinstyle("round")
        self._add(patch, None)

    def disc(self, x: float, y: float, radius: float, text: str) -> None:
        """Draw a dark disc with a few characters in it."""
        self._add(Circle((x, y), radius, facecolor=style.INK, edgecolor=style.PAPER), None)
        size = 9.5 if len(text) < 3 else 7.0  # noqa: PLR2004 - digits
        middle = y - 0.36 * size * MM_PER_POINT
        self.text(x, middle, text, size, weight="bold", colour=style.PAPER, align="center")

    def marks(
        self,
        x: Sequence[float],
        y: Sequence[float],
        mark: style.KindStyle,
        size_mm: float,
        *,
        clip: Patch | None = None,
    ) -> None:
        """Draw the mark of a kind of centres at some places, with an edge that sets it off."""
        size = size_mm / MM_PER_POINT
        # White around dark around the fill: it shows on any ground, and in grey.
        for colour, width, grown in ((style.PAPER, 1.6, 0.6), (style.INK, 0.5, 0.0)):
            lines = self.axes.plot(
                x,
                y,
                linestyle="none",
                marker=mark.marker,
                markersize=size + grown,
                markerfacecolor=mark.colour,
                markeredgecolor=colour,
                markeredgewidth=width,
                zorder=1,
            )
            if clip is not None:
                lines[0].set_clip_path(clip)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        weight: Weight = "normal",
        colour: str = style.INK,
        align: Align = "left",
        halo_mm: float = 0.0,
    ) -> None:
        """Write one line with its baseline at y."""
        shown = printable(text)
        # The halo is a copy beneath: text with an effect becomes outlines, and no PDF finds it.
        for beneath in [True, False] if halo_mm else [False]:
            written = self.axes.text(
                x,
                y,
                shown,
                fontproperties=font(size, weight),
                color=style.PAPER if beneath else colour,
                ha=align,
                va="baseline",
                parse_math=False,
                zorder=1,
            )
            if beneath:
                width = 2 * halo_mm / MM_PER_POINT
                effect = Stroke(
                    linewidth=width, foreground=style.PAPER, alpha=0.85, joinstyle="round"
                )
                written.set_path_effects([effect])

    def paragraph(
        self,
        x: float,
        top: float,
        width: float,
        text: str,
        size: float,
        *,
        weight: Weight = "normal",
        colour: str = style.INK,
        max_lines: int | None = None,
    ) -> float:
        """Write text broken to a width below `top`, and return where it ends."""
        for line in wrap(text, width, size, weight, max_lines):
            top -= size * MM_PER_POINT * LINE_SPACING
            self.text(x, top, line, size, weight=weight, colour=colour)
        return top - size * MM_PER_POINT * (LINE_SPACING - 1)

    def write(self, png: Path, pdf: Path, title: str) -> None:
        """Write the sheet as a picture and as vectors, without a clock or the name of a tool."""
        FigureCanvasAgg(self.figure)
        self.figure.savefig(
            png,
            dpi=DPI,
            metadata={"Software": None, "Title": title},
            pil_kwargs={"compress_level": 6},
        )
        FigureCanvasPdf(self.figure)
        stamps = dict.fromkeys(("Creator", "Producer", "CreationDate"))
        self.figure.savefig(pdf, metadata={**stamps, "Title": title})

    def _add(self, artist: Artist, clip: Patch | None) -> None:
        """Put an artist on top of the others."""
        artist.set_zorder(1)
        self.axes.add_artist(artist)
        if clip is not None:
            artist.set_clip_path(clip)


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with our own settings, whatever the user's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rc("pdf", fonttype=42, compression=6)
        mpl.rc("path", simplify=False)  # shapes come simplified to what print shows
        # Text as wide as it was measured; a name may hold dollar signs.
        mpl.rc("text", hinting="none", parse_math=False)
        yield


def font(size: float, weight: Weight = "normal") -> FontProperties:
    """Return a font of a size in points."""
    return FontProperties(fname=str(_FONTS[weight]), size=size)


def printable(text: str) -> str:
    """Write text with the characters that both fonts have, without control characters."""
    known = _characters()
    one_line = re.sub(r"[\s\x00-\x1f\x7f]+", _keep_spaces, text)
    return "".join(c if ord(c) in known else _REPLACEMENT for c in one_line)


def _keep_spaces(space: re.Match[str]) -> str:
    """Turn white space into one blank, but leave single spaces of their own width."""
    return space[0] if space[0] in "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}" else " "


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    """Return the characters that both fonts have."""
    normal, bold = (set(get_font(str(file)).get_charmap()) for file in _FONTS.values())
    return frozenset(normal & bold)


@lru_cache(maxsize=4096)
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


def wrap(
    text: str, width: float, size: float, weight: Weight = "normal", max_lines: int | None = None
) -> list[str]:
    """Break text into lines of a width in millimetres, at blanks, hyphens and slashes."""
    lines: list[str] = []
    line = ""
    # A piece is what may not be broken, with the blanks that follow it.
    for piece in re.findall(r"[^ \-/]*[\-/]?(?: +|(?<=[\-/])|$)", text):
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
