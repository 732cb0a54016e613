"""Printed maps: A3 sheets for the wall, as pictures and as vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kiezreach.outputs.print_map.coverage import draw_coverage
from kiezreach.outputs.print_map.gaps import draw_gaps
from kiezreach.outputs.print_map.ground import Frame, Ground
from kiezreach.outputs.print_map.page import drawing
from kiezreach.outputs.print_map.sheet import MAP_BOX
from kiezreach.outputs.texts import Texts

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.study import Study

__all__ = ["write_print_maps"]

_SHEETS = {"coverage": draw_coverage, "gaps": draw_gaps}


def write_print_maps(study: Study, inputs: Inputs, analysis: Analysis, folder: Path) -> list[Path]:
    """Write the printed maps of a build.

    Parameters
    ----------
    study
        The study; its language is the maps'.
    inputs
        What was read.
    analysis
        What was found.
    folder
        Folder to write to; it exists.

    Returns
    -------
    list of Path
        ``coverage.png``, ``coverage.pdf``, ``gaps.png`` and ``gaps.pdf``: A3 landscape, pictures
        at 300 dpi, vectors with embedded TrueType fonts; the same bytes for the same results.
    """
    texts = Texts("print_map", study.language)
    ground = Ground(inputs, Frame.around(inputs.areas.total_bounds, *MAP_BOX))
    written = []
    with drawing():
        for name, draw in _SHEETS.items():
            page = draw(study, inputs, analysis, ground, texts)
            png, pdf = folder / f"{name}.png", folder / f"{name}.pdf"
            page.write(png, pdf, texts(f"{name}_title", place=study.name))
            written += [png, pdf]
    return written
