"""Briefs: two pages on a place for those who decide, as HTML and as PDF, in several editions."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from kiezreach.outputs.brief import content, plain
from kiezreach.outputs.brief.context import Context
from kiezreach.outputs.brief.document import Document, as_data
from kiezreach.outputs.brief.facts import Tables
from kiezreach.outputs.brief.figures import MANIFEST
from kiezreach.outputs.brief.html import brief_html
from kiezreach.outputs.brief.map import MapLayers
from kiezreach.outputs.brief.pdf import brief_pdf
from kiezreach.outputs.brief.scope import Scope
from kiezreach.outputs.brief.wording import Wording
from kiezreach.outputs.commands import command

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.study import Edition, Study

_PLAIN: Edition = "de-leicht"


def write_briefs(
    study: Study,
    inputs: Inputs,
    analysis: Analysis,
    folder: Path,
    scopes: Sequence[Scope],
    editions: Sequence[Edition],
) -> list[Path]:
    """Write the briefs on some places.

    Parameters
    ----------
    study, inputs, analysis
        What was asked, with what, and what was found.
    folder
        Folder to write to; it exists.
    scopes
        The places.
    editions
        The editions of each: ``de``, ``en``, ``de-leicht`` (plain German, Leichte Sprache).

    Returns
    -------
    list of Path
        ``<scope>.<edition>.html`` and ``.pdf``: two A4 pages each, with the same figures; the
        same bytes for the same results.
    """
    tables = Tables(study, inputs, analysis)
    layers = MapLayers(study, inputs, analysis)
    written = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # Typst lets other threads run
        pending = []
        for scope in scopes:
            facts = tables.facts(scope)
            svg = layers.draw(facts)
            for edition in editions:
                context = Context(study, inputs, analysis, facts, Wording(edition))
                data = as_data(brief_document(context), context.wording)
                page = folder / f"{scope.id}.{edition}.html"
                page.write_text(brief_html(data, svg), encoding="utf-8", newline="\n")
                pending.append((page.with_suffix(".pdf"), pool.submit(brief_pdf, data, svg)))
                written.append(page)
        for path, pdf in pending:
            path.write_bytes(pdf.result())
            written.append(path)
    return written


def brief_document(context: Context) -> Document:
    """Return the brief on a place in one edition.

    Parameters
    ----------
    context
        What is told, and in which words.
    """
    say, study = context.wording, context.study
    pages = plain.pages(context) if say.edition == _PLAIN else content.pages(context)
    build = command(study, "build")
    option = shlex.split(context.facts.scope.option)
    credited = dict.fromkeys(text for text in context.inputs.files["attribution"] if text)
    return Document(
        title=say("title", place=context.place),
        kicker=say("kicker"),
        pages=pages,
        sources=tuple(credited),
        command=command(study, "brief", *option, "--lang", say.edition),
        areas=context.facts.scope.area_ids if context.facts.scope.is_list else (),
        commands={"tables": build, MANIFEST: build},
    )
