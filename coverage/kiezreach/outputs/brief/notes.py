"""The notes of a brief: for each figure its file, row and column, in as few words as it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kiezreach.outputs.brief.figures import Source, Where

LONGEST_LIST = 8  # values of a key that are written out; longer lists get a name


class Notes:
    """The notes of a document, numbered as its figures are met."""

    def __init__(self) -> None:
        self._number: dict[Source, int] = {}
        self._names: dict[tuple[str, ...], str] = {}

    def __contains__(self, source: Source) -> bool:
        return source in self._number

    def number(self, source: Source) -> int:
        """Return the number of the note on a source."""
        return self._number.setdefault(source, len(self._number) + 1)

    def name(self, values: tuple[str, ...]) -> str:
        """Return the name of a long list of values, under which notes speak of it."""
        if len(values) <= LONGEST_LIST:
            return ""
        return self._names.setdefault(values, f"P{len(self._names) + 1}")

    def lists(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the lists that have a name; complete once the notes are written."""
        for values, name in self._names.items():
            yield name, values

    def groups(self, commands: dict[str, str]) -> Iterator[dict[str, Any]]:
        """Yield the notes of each file: what all its figures share, then row by row."""
        by_file: dict[str, list[Source]] = {}
        for source in self._number:
            by_file.setdefault(source.file, []).append(source)
        for file, sources in by_file.items():
            shared = _shared(sources)
            rows: dict[Where, list[dict[str, Any]]] = {}
            for source in sources:
                own = tuple(pair for pair in source.where if pair not in shared)
                entry = {"n": self._number[source], "column": source.column}
                rows.setdefault(own, []).append(entry)
            before = [(), *rows][:-1]
            yield {
                "file": file,
                "command": commands.get(file, commands["tables"]),
                "shared": self._written(shared),
                "rows": [
                    {"where": self._changed(last, own), "figures": figures}
                    for last, (own, figures) in zip(before, rows.items(), strict=True)
                ],
            }

    def _changed(self, last: Where, where: Where) -> str:
        """Write what selects rows: after three dots, only what differs from the row before.

        A star stands for all rows.
        """
        if not where and last:
            return "*"
        same = [column for column, _ in last] == [column for column, _ in where]
        new = tuple(pair for pair in where if pair not in last)
        return f"… {self._written(new)}" if same and len(new) < len(where) else self._written(where)

    def _written(self, where: Where) -> str:
        """Write what selects rows: ``level=district; area_id=08|09``; nothing is two quotes."""
        return "; ".join(
            f"{column}={self.name(values) or '|'.join(map(_quoted, values))}"
            for column, values in where
        )


def _shared(sources: Sequence[Source]) -> Where:
    """Return what selects the rows of all sources of a file."""
    first = sources[0].where if len(sources) > 1 else ()
    return tuple(pair for pair in first if all(pair in source.where for source in sources))


def _quoted(value: str) -> str:
    """Write a value of a key: in double quotes where it is no plain word."""
    plain = bool(value) and all(c.isalnum() or c in "_.@-:" for c in value)
    return value if plain else '"' + value.replace('"', '""') + '"'
