"""The sheet of paper: A3 landscape, addressed in millimetres."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch, Polygon, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.patheffects import Stroke
from matplotlib.transforms import Affine2D

from kiezreach.outputs import style
from kiezreach.outputs.print_map.lettering import (
    LINE_SPACING,
    MM_PER_POINT,
    Align,
    Weight,
    font,
    printable,
    wrap,
)

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.artist import Artist
    from matplotlib.patches import Patch

WIDTH_MM, HEIGHT_MM = 420.0, 297.0  # A3 landscape, ISO 216
MARGIN_MM = 10.0  # what office printers leave white is less
_MM_PER_INCH = 25.4
_POINTS_PER_INCH = 72.0
# Shapes are drawn in points with one decimal, 0.035 mm: no eye sees more, and files of vectors
# are half as large as with the six decimals that matplotlib would write.
_SHAPE_DECIMALS = 1


class Page:
    """One sheet; whatever is drawn later lies on top.

    Lengths are millimetres from the lower left corner, font sizes are points.

    Parameters
    ----------
    grey
        Draw in shades of grey, with patterns where shades alone would not tell two things apart.
    """

    def __init__(self, *, grey: bool = False) -> None:
        self.grey = grey
        self.figure = Figure(figsize=(WIDTH_MM / _MM_PER_INCH, HEIGHT_MM / _MM_PER_INCH))
        self.figure.set_facecolor(style.PAPER)
        self.axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self.axes.set_xlim(0.0, WIDTH_MM)
        self.axes.set_ylim(0.0, HEIGHT_MM)
        self.axes.set_axis_off()

    def fill(
        self,
        outline: Outline,
        colour: str,
        *,
        alpha: float = 1.0,
        pattern: str = "",
        clip: Patch | None,
    ) -> None:
        """Fill an outline; on a sheet in grey with a pattern of matplotlib's, if one is given."""
        patch = PathPatch(outline, alpha=alpha, linewidth=0, **self._face(colour, pattern))
        self._add_shape(patch, clip)

    def window(self, outline: Outline) -> Patch:
        """Return an outline to clip to; it is not drawn."""
        patch = PathPatch(outline)
        self._in_points(patch)
        return patch

    def stroke(
        self,
        outline: Outline,
        colour: str,
        points: float,
        *,
        alpha: float = 1.0,
        dashes: tuple[float, ...] = (),
        clip: Patch | None,
    ) -> None:
        """Draw an outline as a line of a width in points; `dashes` are lengths of its widths."""
        patch = PathPatch(
            outline,
            fill=False,
            edgecolor=self._ink(colour),
            linewidth=points,
            alpha=alpha,
            joinstyle="round",
            capstyle="butt",
            linestyle=(0, dashes) if dashes else "solid",
        )
        self._add_shape(patch, clip)

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
        pattern: str = "",
    ) -> Rectangle:
        """Draw a rectangle from its lower left corner; see `fill`."""
        patch = Rectangle((x, y), width, height, alpha=alpha, linewidth=0)
        patch.set(**self._face(colour, pattern) if colour else {"facecolor": "none"})
        self._add(patch, None)
        if edge:
            frame = Rectangle((x, y), width, height, fill=False)
            frame.set(edgecolor=self._ink(edge), linewidth=points, alpha=alpha)
            self._add(frame, None)
        return patch

    def line(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        colour: str,
        points: float,
        *,
        dashes: tuple[float, ...] = (),
    ) -> None:
        """Draw a straight line; `dashes` are lengths of its widths."""
        line = LineCollection([[(x0, y0), (x1, y1)]], colors=self._ink(colour), linewidths=points)
        if dashes:
            line.set_linestyle((0, dashes))
        self._add(line, None)

    def polygon(
        self, xy: npt.NDArray[np.float64], edge: str, points: float, fill: str | None = None
    ) -> None:
        """Draw a polygon by its corners, filled with the colour of its edge unless told."""
        patch = Polygon(xy, linewidth=points)
        patch.set(facecolor=self._ink(fill or edge), edgecolor=self._ink(edge))
        patch.set_joinstyle("round")
        self._add(patch, None)

    def disc(
        self, x: float, y: float, radius: float, text: str, *, colour: str = style.INK
    ) -> None:
        """Draw a disc with a few white characters in it."""
        disc = Circle((x, y), radius, facecolor=self._ink(colour), edgecolor=style.PAPER)
        self._add(disc, None)
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
                markerfacecolor=self._ink(mark.colour),
                markeredgecolor=self._ink(colour),
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
                color=style.PAPER if beneath else self._ink(colour),
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

    def _ink(self, colour: str) -> str:
        """Return a colour as this sheet has it."""
        return style.grey(colour) if self.grey else colour

    def _face(self, colour: str, pattern: str) -> dict[str, str]:
        """Return how to fill with a colour: in grey, some have a pattern."""
        drawn = pattern or style.GREY_PATTERNS.get(colour, "")
        if self.grey and drawn:
            return {
                "facecolor": style.PAPER,
                "edgecolor": style.grey(style.INK_SOFT),  # the colour of the pattern's lines
                "hatch": drawn,
            }
        return {"facecolor": self._ink(colour), "edgecolor": "none"}

    def _add_shape(self, patch: PathPatch, clip: Patch | None) -> None:
        """Put an outline on top of the others."""
        self._in_points(patch)
        self._add(patch, clip)

    def _in_points(self, patch: PathPatch) -> None:
        """Write the outline of a patch in points on the sheet, rounded."""
        outline = patch.get_path()
        points = np.round(np.asarray(outline.vertices) / MM_PER_POINT, _SHAPE_DECIMALS)
        patch.set_path(Outline(points, outline.codes))
        inches = Affine2D().scale(1 / _POINTS_PER_INCH)
        patch.set_transform(inches + self.figure.dpi_scale_trans)

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
        mpl.rc("svg", fonttype="none", hashsalt="kiezreach")  # text as text, ids from the content
        mpl.rc("hatch", linewidth=0.45)
        mpl.rc("path", simplify=False)  # shapes come simplified to what print shows
        # Text as wide as it was measured; a name may hold dollar signs.
        mpl.rc("text", hinting="none", parse_math=False)
        yield
