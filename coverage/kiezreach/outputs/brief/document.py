"""A brief as a document: blocks on two pages, and a note for every figure.

The document knows nothing of HTML or PDF; both are rendered from what `as_data` makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

from kiezreach.outputs.brief.figures import Figure
from kiezreach.outputs.brief.notes import Notes
from kiezreach.outputs.brief.wording import Runs, Wording

Align = Literal["left", "right"]


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Some sentences."""

    runs: Runs
    style: Literal["body", "lead", "small"] = "body"
    title: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a table: its head and its cells; a row of a head alone divides the table."""

    head: Runs
    cells: tuple[Runs, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table; the first column heads the rows.

    Parameters
    ----------
    caption
        What the table holds.
    columns
        Head of each column.
    align
        Of each column.
    rows
        Its rows.
    wide
        Columns that share what room is left.
    """

    caption: str
    columns: tuple[str, ...]
    align: tuple[Align, ...]
    rows: tuple[Row, ...]
    wide: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Item:
    """An item of a list, with a mark that stands on the map too, or none."""

    text: Runs
    mark: str = ""
    title: str = ""


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class Swatch:
    """One entry of the map's legend."""

    kind: Literal["fill", "centre", "dot", "gap", "site"]
    text: str
    colour: str = ""
    mark: str = ""


@dataclass(frozen=True)
class MapFigure:
    """The map, with what it shows in words and its legend."""

    description: str
    legend: tuple[Swatch, ...]


@dataclass(frozen=True)
class Box:
    """Some blocks set apart."""

    title: str
    blocks: tuple[Block, ...]
    style: Literal["quote", "words"] = "words"


@dataclass(frozen=True)
class Pair:
    """Blocks beside each other, `share` of the width for the left ones."""

    left: tuple[Block, ...]
    right: tuple[Block, ...]
    share: float = 0.5


_LONGEST_ON_PAPER = 24  # values of a list
_ONE_LINE = 24  # characters: what is longer may be broken
Block = Heading | Paragraph | Table | Items | MapFigure | Box | Pair


@dataclass(frozen=True)
class Document:
    """A brief in one edition.

    Parameters
    ----------
    title, kicker
        Its title and what kind of paper it is.
    pages
        The blocks of both pages.
    sources
        Who is to be named, one line each.
    command
        The command that writes this brief.
    areas
        The planning areas that the command lists, if any.
    commands
        By file of figures, the command that writes it.
    """

    title: str
    kicker: str
    pages: tuple[tuple[Block, ...], tuple[Block, ...]]
    sources: tuple[str, ...]
    command: str
    areas: tuple[str, ...] = ()
    commands: dict[str, str] = field(default_factory=dict)


def as_data(document: Document, wording: Wording) -> dict[str, Any]:
    """Turn a document into plain lists and dictionaries that templates print.

    A figure becomes its text ``v`` and the number ``n`` of its note, counted as it is read.
    Figures that stand in the same cell share a note.
    """
    notes = Notes()
    command = document.command
    if name := notes.name(document.areas):
        command = command.replace(",".join(document.areas), name)
    pages = [[_plain(block, wording, notes) for block in page] for page in document.pages]
    return {
        "edition": wording.edition,
        "language": wording.language,
        "plain": wording.edition == "de-leicht",
        "title": document.title,
        "kicker": document.kicker,
        "pages": pages,
        "notes": list(notes.groups(document.commands)),
        "notes_title": wording("notes_title"),
        "lists": [_listed(name, values, wording) for name, values in notes.lists()],
        "notes_explained": wording("notes_explained", command=command),
        "sources_title": wording("sources_title"),
        "sources": list(document.sources),
        "back_label": wording.template("back_label"),
        "page_label": wording("page_label"),
    }


def _listed(name: str, values: tuple[str, ...], wording: Wording) -> dict[str, str]:
    """Spell out a list that notes name; the shorter form is for paper."""
    whole = wording("list", name=name, values=",".join(values))
    if len(values) <= _LONGEST_ON_PAPER:
        return {"whole": whole, "short": whole}
    return {"whole": whole, "short": wording("list_short", name=name, count=str(len(values)))}


def _plain(part: object, wording: Wording, notes: Notes) -> Any:  # noqa: ANN401 - what JSON holds
    """Turn blocks and sentences into what JSON holds."""
    if isinstance(part, Figure):
        written = part.written(wording)
        first = part.source not in notes
        long = len(written) > _ONE_LINE
        return {"v": written, "n": notes.number(part.source), "first": first, "long": long}
    if is_dataclass(part) and not isinstance(part, type):
        named = {f.name: _plain(getattr(part, f.name), wording, notes) for f in fields(part)}
        return {"type": type(part).__name__.lower()} | named
    if isinstance(part, tuple):
        return [_plain(each, wording, notes) for each in part]
    return _clean(part) if isinstance(part, str) else part


def _clean(text: str) -> str:
    """Drop characters that no page can print: controls, and halves of pairs."""
    return "".join(
        c if c.isprintable() or c in "\n\u00a0\u202f\u00ad\u200b\u200d\u200e\u200f" else " "
        for c in text
    )
