"""A brief as PDF: tagged, with bookmarks, the same bytes on every machine."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import matplotlib as mpl
import typst


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
    content = json.dumps(data, ensure_ascii=False).encode("utf-8")
    sources: Any = {"main": template, "content.json": content, "map.svg": svg.encode("utf-8")}
    return typst.compile(
        sources,
        font_paths=[Path(mpl.get_data_path(), "fonts", "ttf")],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["ua-1"],
    )
