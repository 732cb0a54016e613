"""The press: sheets become files, on as many cores as it is given."""

from __future__ import annotations

import base64
import io
import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from threading import Thread

import numpy as np
from fontTools import subset
from fontTools.ttLib import TTFont
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kiezreach.errors import OutputError
from kiezreach.outputs.print_map.lettering import FAMILY, FONT_FILES, Weight
from kiezreach.outputs.print_map.page import Page, drawing

DPI = 300
_MOST_PROCESSES = 4  # each takes some 250 MB
_PNG_COMPRESSION = 2  # of 9; the highest takes ten times as long and saves a twentieth
# Always in the fonts of a vector file, so that most sheets share theirs: Latin of Europe, quotes.
_COMMON = frozenset([*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2030), 0x202F])
_CSS_WEIGHT: dict[Weight, int] = {"normal": 400, "bold": 700}


@dataclass(frozen=True, eq=False)
class Sheet:
    """A page with the name of its files.

    Parameters
    ----------
    name
        Name of its files, without an ending.
    title
        Title that the files tell of themselves.
    page
        What is on it.
    """

    name: str
    title: str
    page: Page


def cores() -> int:
    """Return how many processor cores to print on: those this process may use, at most four."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(usable or 1, _MOST_PROCESSES)


def print_sheets(sheets: Iterable[Sheet], folder: Path, processes: int = 1) -> list[Path]:
    """Write sheets as pictures and as vectors.

    Parameters
    ----------
    sheets
        The sheets, which may be drawn while earlier ones are written.
    folder
        Folder to write to; it exists.
    processes
        With more than one, so many other processes write while this one draws. They are spawned,
        which a script without ``if __name__ == "__main__"`` cannot have done.

    Returns
    -------
    list of Path
        Of each sheet its PNG, PDF and SVG; the same bytes whatever the number of processes.

    Raises
    ------
    OutputError
        If one of the other processes is ended from outside.
    """
    if processes <= 1:
        return [path for sheet in sheets for path in print_sheet(sheet, folder)]
    try:
        with _pool(processes) as pool:
            waiting: list[Future[list[Path]]] = [
                pool.submit(print_sheet, sheet, folder, DPI) for sheet in sheets
            ]
            return [path for done in waiting for path in done.result()]
    except BrokenProcessPool as error:
        msg = (
            f"{folder}: a process that writes maps was ended, perhaps because memory ran out. "
            "Draw fewer maps (--maps city or --maps none)"
        )
        raise OutputError(msg) from error


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Start processes that write; what waits is dropped when something goes wrong."""
    pool = ProcessPoolExecutor(
        processes,
        mp_context=get_context("spawn"),
        initializer=_end_with_parent,
    )
    try:
        yield pool
    except BaseException:
        for worker in active_children():
            worker.terminate()  # nobody waits for sheets that are not wanted any more
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Leave Ctrl-C to the process that draws, and end when that one does, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    """End this process when its parent is gone: nobody tells it of one that was killed."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def print_sheet(sheet: Sheet, folder: Path, dpi: int | None = None) -> list[Path]:
    """Write one sheet without a clock or the name of a tool; return its PNG, PDF and SVG."""
    png, pdf, svg = (folder / f"{sheet.name}.{ending}" for ending in ("png", "pdf", "svg"))
    figure = sheet.page.figure
    with drawing():
        _write_png(sheet, png, dpi or DPI)
        FigureCanvasPdf(figure)
        stamps = dict.fromkeys(("Creator", "Producer", "CreationDate"))
        figure.savefig(pdf, format="pdf", metadata={**stamps, "Title": sheet.title})
        FigureCanvasSVG(figure)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata=_svg_metadata(sheet))
    svg.write_text(_with_fonts(text.getvalue(), sheet.page), encoding="utf-8")
    return [png, pdf, svg]


def _write_png(sheet: Sheet, path: Path, dpi: int) -> None:
    """Write the picture, without the transparency that paper does not have."""
    figure = sheet.page.figure
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    about = PngInfo()
    about.add_text("Title", sheet.title)
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    picture = Image.fromarray(pixels).convert("RGB")
    picture.save(path, "png", dpi=(dpi, dpi), pnginfo=about, compress_level=_PNG_COMPRESSION)


def _svg_metadata(sheet: Sheet) -> dict[str, str | None]:
    """Tell the title alone."""
    return {**dict.fromkeys(("Creator", "Date", "Format", "Type")), "Title": sheet.title}


def _with_fonts(svg: str, page: Page) -> str:
    """Put the fonts into a vector file: its text stays text, and looks alike everywhere."""
    own = {ord(c) for text in page.axes.texts for c in text.get_text()}
    faces = "".join(
        f"@font-face{{font-family:'{FAMILY}';font-weight:{css};"
        f"src:url(data:font/woff;base64,{_font_part(weight, _COMMON | own)})}}"
        for weight, css in _CSS_WEIGHT.items()
    )
    return svg.replace("<defs>", f"<defs>\n  <style>{faces}</style>", 1)


@lru_cache(maxsize=8)
def _font_part(weight: Weight, characters: frozenset[int]) -> str:
    """Return the part of a font that holds some characters, as WOFF in base 64."""
    options = subset.Options(flavor="woff", hinting=False, notdef_outline=True)
    options.drop_tables += ["FFTM"]  # a stamp of the tool that made the font
    with TTFont(FONT_FILES[weight], recalcTimestamp=False) as whole:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=characters)
        cutter.subset(whole)
        file = io.BytesIO()
        whole.flavor = "woff"
        whole.save(file)
    return base64.b64encode(file.getvalue()).decode("ascii")
