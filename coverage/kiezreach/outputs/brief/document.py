"""A brief as a document: blocks on two pages, and a note for every figure.

The document knows nothing of HTML or PDF; both are rendered from what `as_data` makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

from kiezreach.outputs.brief.figures import MANIFEST, Figure, Source
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


_ONE_LINE = 24  # characters: what is longer may be broken
_Where = tuple[tuple[str, tuple[str, ...]], ...]
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
    commands
        By file of figures, the command that writes it.
    """

    title: str
    kicker: str
    pages: tuple[tuple[Block, ...], tuple[Block, ...]]
    sources: tuple[str, ...]
    command: str
    commands: dict[str, str] = field(default_factory=dict)


def as_data(document: Document, wording: Wording) -> dict[str, Any]:
    """Turn a document into plain lists and dictionaries that templates print.

    A figure becomes its text ``v`` and the number ``n`` of its note, counted as it is read.
    Figures that stand in the same cell share a note.
    """
    notes = _Notes()
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
        "notes_explained": wording("notes_explained", command=document.command),
        "sources_title": wording("sources_title"),
        "sources": list(document.sources),
        "command": document.command,
        "file_label": wording("file_label"),
        "command_label": wording("command_label"),
        "back_label": wording.template("back_label"),
        "page_label": wording("page_label"),
    }


class _Notes:
    """The notes of a document, numbered as its figures are met."""

    def __init__(self) -> None:
        self._number: dict[Source, int] = {}

    def __contains__(self, source: Source) -> bool:
        return source in self._number

    def number(self, source: Source) -> int:
        """Return the number of the note on a source."""
        return self._number.setdefault(source, len(self._number) + 1)

    def groups(self, commands: dict[str, str]) -> Iterator[dict[str, Any]]:
        """Yield the notes of each file: what all its figures share, then row by row."""
        by_file: dict[str, list[Source]] = {}
        for source in self._number:
            by_file.setdefault(source.file, []).append(source)
        for file, sources in by_file.items():
            shared = _shared(sources)
            rows: dict[_Where, list[dict[str, Any]]] = {}
            for source in sources:
                own = tuple(pair for pair in source.where if pair not in shared)
                entry = {"n": self._number[source], "column": source.column}
                rows.setdefault(own, []).append(entry)
            before = [(), *rows][:-1]
            yield {
                "file": file,
                "command": commands.get(file, commands["tables"]),
                "shared": _written(shared),
                "rows": [
                    {"where": _changed(last, own), "figures": figures}
                    for last, (own, figures) in zip(before, rows.items(), strict=True)
                ],
                "path": file == MANIFEST,
            }


def _shared(sources: Sequence[Source]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what selects the rows of all sources of a file."""
    first = sources[0].where if len(sources) > 1 else ()
    return tuple(pair for pair in first if all(pair in source.where for source in sources))


def _changed(last: _Where, where: _Where) -> str:
    """Write what selects rows: after three dots, only what differs from the row before.

    A star stands for all rows.
    """
    if not where and last:
        return "*"
    same = [column for column, _ in last] == [column for column, _ in where]
    new = tuple(pair for pair in where if pair not in last)
    return f"… {_written(new)}" if same and len(new) < len(where) else _written(where)


def _written(where: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    """Write what selects rows: ``level=district; area_id=08|09``; the empty value is two quotes."""
    return "; ".join(
        f"{column}={'|'.join(_quoted(value) for value in values)}" for column, values in where
    )


def _quoted(value: str) -> str:
    """Write a value of a key: in double quotes where it is no plain word."""
    plain = bool(value) and all(c.isalnum() or c in "_.@-:" for c in value)
    return value if plain else '"' + value.replace('"', '""') + '"'


def _plain(part: object, wording: Wording, notes: _Notes) -> Any:  # noqa: ANN401 - what JSON holds
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
