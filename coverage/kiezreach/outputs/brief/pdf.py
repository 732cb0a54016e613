"""A brief as PDF: tagged, with bookmarks, the same bytes on every machine."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import matplotlib as mpl
import typst

from kiezreach.outputs.print_map.lettering import printable


def brief_pdf(data: dict[str, Any], svg: str) -> bytes:
    """Set a brief on two A4 pages.

    Parameters
    ----------
    data
        As `kiezreach.outputs.brief.document.as_data` makes it.
    svg
        The map.

    Returns
    -------
    bytes
        PDF/UA-1 without a clock. Fonts are those inside Typst and those that come with
        matplotlib, whatever the machine has; nothing is downloaded.
    """
    template = files("kiezreach.outputs.brief").joinpath("brief.typ").read_bytes()
    content = json.dumps(_printable(data), ensure_ascii=False).encode("utf-8")
    sources: Any = {"main": template, "content.json": content, "map.svg": svg.encode("utf-8")}
    return typst.compile(
        sources,
        font_paths=[Path(mpl.get_data_path(), "fonts", "ttf")],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["ua-1"],
    )


def _printable(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Leave out of every text what the fonts lack: PDF/UA wants a glyph for each character."""
    if isinstance(value, str):
        return "\n".join(map(printable, value.split("\n")))  # plain German: a sentence, a line
    if isinstance(value, dict):
        return {key: _printable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(part) for part in value]
    return value
