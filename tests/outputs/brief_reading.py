"""Reads a brief as its reader does: figures, the notes they lead to, and the cells those name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u00ad-"))  # hyphens come back as either


@dataclass(frozen=True)
class Note:
    """What a note says: a file, what selects its rows, and a column or formula."""

    file: str
    where: dict[str, list[str]]
    column: str


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.figures: list[tuple[str, str]] = []  # number of the note, text of the figure
        self.notes = ""
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.words: list[str] = []
        self.lists: list[str] = []
        self._in: list[str] = []
        self._note_number = ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids += [given["id"]] if given.get("id") else []
        if tag == "a":
            self.links.append(given["href"])
        classes = (given.get("class") or "").split()
        if tag == "a" and "figure" in classes:
            self.figures.append((given["href"].removeprefix("#n"), ""))
        if tag not in ("br", "meta", "path", "rect", "circle"):
            self._in.append(f"{tag}.{classes[0]}" if classes else tag)

    def handle_endtag(self, tag):
        if tag not in ("br", "path", "rect", "circle") and self._in:
            self._in.pop()

    def handle_data(self, data):
        inside = " ".join(self._in)
        if "style" in self._in or "svg" in inside:
            return
        if "span.value" in self._in:
            number, text = self.figures[-1]
            self.figures[-1] = (number, text + data)
        if "p.sources" in self._in:
            return
        if "p.list" in self._in:
            self.lists.append(data)
            return
        if "section.notes" in self._in:
            self.notes += data
        else:
            self.text.append(data)
            if "sup" not in self._in:
                self.words.append(data)


class Brief:
    """A brief in HTML, read back."""

    def __init__(self, path: Path) -> None:
        reader = _Reader()
        reader.feed(path.read_text(encoding="utf-8"))
        self.figures, self.ids, self.links = reader.figures, reader.ids, reader.links
        self.text = " ".join("".join(reader.text).split())
        self.words = " ".join("".join(reader.words).split())  # without the numbers of notes
        self.notes_text = " ".join(reader.notes.split())
        lists = {
            name: ids.split(",")
            for name, ids in re.findall(r"^(P\d+) = (.*)$", "\n".join(reader.lists), re.MULTILINE)
        }
        self.notes = read_notes(self.notes_text, lists)


def read_notes(text: str, lists: dict[str, list[str]]) -> dict[str, Note]:
    """Read notes: ``file [shared] ← command: [where] 1 column; 2 column. [… where] 3 column``."""
    notes: dict[str, Note] = {}
    starts = [*re.finditer(r"(tables/\w+\.csv|manifest\.json)( \[([^\]]*)\])? ← [^:]*: ", text)]
    ends = [start.start() for start in starts[1:]] + [len(text)]
    for start, end in zip(starts, ends, strict=True):
        shared, last = _where(start[3] or ""), {}
        body = text[start.end() : end]
        pattern = r"(?:\[((?:[^\]\"]|\"[^\"]*\")*)\] )?(\d+.[^\[]*)"
        for own, figures in re.findall(pattern, body):
            if own.startswith("…"):
                last = last | _where(own[1:])
            else:
                last = {} if own == "*" else _where(own)
            where = {k: lists.get(values[0], values) for k, values in (shared | last).items()}
            for number, column in re.findall(r"(\d+)\s([^;\[]+)", figures):
                notes[number] = Note(start[1], where, column.strip().rstrip("."))
    return notes


def _where(text: str) -> dict[str, list[str]]:
    found = {}
    for column, values in re.findall(r"(\w+)=((?:\"(?:[^\"]|\"\")*\"|[^;\"])+)", text):
        parts = re.findall(r"\"((?:[^\"]|\"\")*)\"|([^|]+)", values)
        found[column] = [plain or quoted.replace('""', '"') for quoted, plain in parts]
    return found


@cache
def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@cache
def _manifest(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value[int(key) if isinstance(value, list) else key]
    return value


def looked_up(note: Note, folder: Path) -> Any:
    """Return what stands in the outputs of a build where a note says."""
    if note.file == "manifest.json":
        whole = _manifest(folder / note.file)
        if counted := re.fullmatch(r"1 \+ count\((.*)\)", note.column):
            return 1 + len(_at(whole, counted[1]))
        first, *by = (_at(whole, path) for path in note.column.split(" / "))
        return first / by[0] if by else first
    rows = _table(folder / note.file)
    for column, values in note.where.items():
        rows = rows[rows[column].isin(values)]
    if note.column == "count()":
        return len(rows)
    columns = {
        name: pd.to_numeric(rows[name].reset_index(drop=True))
        for name in rows.columns
        if re.search(rf"\b{re.escape(name)}\b", note.column)
    }
    formulas = {"sum": lambda cells: cells.sum(), "round": lambda cells: cells.round()}
    value = eval(note.column, {"__builtins__": {}}, columns | formulas)
    if isinstance(value, pd.Series):
        assert len(value) == 1, f"{note} names {len(value)} rows"
        return value.iloc[0]
    return value


def agrees(text: str, value: Any, language: str) -> bool:
    """Whether a figure as it is printed is the value of its cell, to the decimals printed."""
    if isinstance(value, str):
        digits = re.findall(r"\d+", text)
        return text == value or sorted(digits) == sorted(re.findall(r"\d+", value))
    plain = re.sub(r"[\s%m\u202f\u00a0]", "", text)
    plain = plain.replace(".", "").replace(",", ".") if language == "de" else plain.replace(",", "")
    scale = 100 if text.rstrip().endswith("%") else 1
    decimals = len(plain.partition(".")[2])
    return abs(float(value) * scale - float(plain)) <= 0.5 * 10**-decimals + 1e-9  # halves go up


def squeezed(text: str) -> str:
    """Return a text without white space and invisible characters, as a PDF breaks lines."""
    return re.sub(r"\s", "", text.translate(_INVISIBLE))


def check_figures(brief: Brief, folder: Path, name: str) -> None:
    """Hold every figure of a brief against the cell that its note names."""
    language = "en" if ".en." in name else "de"
    assert len(brief.figures) > 20
    for number, text in brief.figures:
        value = looked_up(brief.notes[number], folder)
        assert agrees(text, value, language), (name, text, value, brief.notes[number])


def check_same(brief: Brief, pdf_text: str, name: str) -> None:
    """Hold a PDF's figures and notes against those of the page, in their order."""
    text, at = squeezed(pdf_text), 0
    for number, figure in brief.figures:
        at = text.find(squeezed(figure + number), at) + 1
        assert at, f"{name}: {figure} with note {number} is missing or out of order"
    for number, note in brief.notes.items():
        assert squeezed(f"{number} {note.column}") in text, f"{name}: note {number} is missing"
