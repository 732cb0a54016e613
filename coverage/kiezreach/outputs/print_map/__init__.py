"""Printed maps: A3 sheets for the wall, as pictures and as vectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kiezreach.outputs.print_map.coverage import draw_coverage
from kiezreach.outputs.print_map.district import districts_of, draw_district
from kiezreach.outputs.print_map.gaps import draw_gaps
from kiezreach.outputs.print_map.ground import Frame, Ground
from kiezreach.outputs.print_map.need import draw_need
from kiezreach.outputs.print_map.page import drawing
from kiezreach.outputs.print_map.press import Sheet, print_sheets
from kiezreach.outputs.print_map.sheet import MAP_BOX
from kiezreach.outputs.print_map.subject import Subject
from kiezreach.outputs.texts import Texts

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.study import Language, Study

__all__ = ["Maps", "write_print_maps"]

Maps = Literal["all", "city", "none"]


def write_print_maps(
    study: Study,
    inputs: Inputs,
    analysis: Analysis,
    folder: Path,
    *,
    maps: Maps = "all",
    processes: int = 1,
) -> list[Path]:
    """Write the printed maps of a build.

    Parameters
    ----------
    study
        The study; its table ``[outputs]`` says in which languages, and whether in grey too.
    inputs
        What was read.
    analysis
        What was found.
    folder
        Folder to write to; it is made if there is a map.
    maps
        ``city``: the maps of the whole city alone; ``none``: none.
    processes
        With more than one, so many other processes write the files; see `print_sheets`.

    Returns
    -------
    list of Path
        ``coverage``, ``gaps``, ``need`` (where the study has a need index) and, of several levels
        of areas, one map for each area of the coarsest, each as PNG (A3 landscape at 300 dpi),
        PDF and SVG (vectors with embedded fonts); the same bytes for the same results. Names end
        in ``-grey`` and in ``.en`` or ``.de`` for what is not in colour or not in the study's
        language.
    """
    if maps == "none":
        return []
    folder.mkdir(exist_ok=True)
    sheets = _sheets(study, inputs, analysis, districts=maps == "all")
    with drawing():
        return print_sheets(sheets, folder, processes)


def _sheets(
    study: Study, inputs: Inputs, analysis: Analysis, *, districts: bool
) -> Iterator[Sheet]:
    """Draw one sheet after the other."""
    languages: tuple[Language, ...] = study.outputs.languages or (study.language,)
    for language in languages:
        told = study.model_copy(update={"language": language})
        suffix = "" if language == study.language else f".{language}"
        for grey in (False, True) if study.outputs.greyscale else (False,):
            for sheet in _variant(told, inputs, analysis, grey=grey, districts=districts):
                name = f"{sheet.name}{'-grey' if grey else ''}{suffix}"
                yield Sheet(name, sheet.title, sheet.page)


def _variant(
    study: Study, inputs: Inputs, analysis: Analysis, *, grey: bool, districts: bool
) -> Iterator[Sheet]:
    """Draw the sheets in the study's language, in colour or in grey."""
    texts = Texts("print_map", study.language)
    subject = Subject(study, inputs, analysis, texts)
    ground = Ground(inputs, Frame.around(inputs.areas.total_bounds, *MAP_BOX))
    themes = {"coverage": draw_coverage, "gaps": draw_gaps, "need": draw_need}
    if analysis.need is None:
        del themes["need"]
    for name, draw in themes.items():
        page = draw(subject, ground, grey=grey)
        yield Sheet(name, texts(f"{name}_title", place=study.name), page)
    areas = districts_of(inputs) if districts else inputs.areas.iloc[:0]
    names = _file_names(study.areas.levels[0].id, areas["area_id"].tolist())
    for name, row in zip(names, areas.itertuples(), strict=True):
        page = draw_district(subject, row.area_id, grey=grey)
        place = texts("district_place", district=row.name or row.area_id, place=study.name)
        yield Sheet(name, texts("coverage_title", place=place), page)


def _file_names(level: str, ids: list[str]) -> list[str]:
    """Return a file name for each area: letters and digits alone, and never the same twice."""
    names: list[str] = []
    for area_id in ids:
        plain = f"{level}-{re.sub('[^A-Za-z0-9]+', '-', area_id).strip('-')}"
        taken = sum(
            re.fullmatch(re.escape(plain) + r"(_\d+)?", name, re.IGNORECASE) is not None
            for name in names
        )
        names.append(f"{plain}_{taken + 1}" if taken else plain)
    return names
