"""The interactive map of a build: one HTML file that needs no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiezreach.outputs.web_map.content import map_content
from kiezreach.outputs.web_map.page import map_page
from kiezreach.outputs.web_map.templates import Templates

if TYPE_CHECKING:
    from pathlib import Path

    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.study import Study

__all__ = ["write_web_map"]


def write_web_map(study: Study, inputs: Inputs, analysis: Analysis, path: Path) -> None:
    """Write the interactive map.

    Parameters
    ----------
    study
        The study; the map opens in its language and can be switched to the other.
    inputs
        Its inputs, in any projected CRS.
    analysis
        What was found.
    path
        The HTML file to write. The same arguments give the same bytes.
    """
    content = map_content(study, inputs, analysis)
    page = map_page(content, Templates("web_map", study.language))
    path.write_text(page, encoding="utf-8", newline="\n")
