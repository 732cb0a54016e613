"""The data dictionary: what every table, layer and column of the outputs means, in two languages.

Its texts stand in ``texts/fields.toml``; `data_package` and `geopackage` hand them out.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from kiezreach.study import Language, Study

Geometry = Literal["point", "line", "polygon"]
_PLACEHOLDER = re.compile(r"<(\w+)>")


@dataclass(frozen=True)
class LayerText:
    """What a layer is.

    Parameters
    ----------
    title
        Its name in words.
    meaning
        What a feature of it is.
    geometry
        Of which kind all its features are.
    """

    title: str
    meaning: str
    geometry: Geometry


class Dictionary:
    """What columns, tables and layers mean, in the study's language.

    Parameters
    ----------
    study
        The study: its language, its filter, and what columns and layers are named after.

    Raises
    ------
    KeyError
        By its methods, for a column, table or layer without an entry: a fault of the program.
    """

    def __init__(self, study: Study) -> None:
        entries = dictionary_entries()
        self._language: Language = study.language
        self._gap = f"{study.analysis.gap_threshold_m:g}"
        self._filter = study.filter and str(getattr(study.filter.labels, study.language))
        self._tables = entries.pop("tables")
        self._layers = _expanded(entries.pop("layers"), study)
        self._filtered = entries.pop("filtered")
        self._described = entries.pop("described")
        self.title: str = entries.pop("package")[self._language].format(place=study.name)
        self._columns = _expanded(entries, study)

    def key(self, table: str, column: str) -> str:
        """Return the name of the entry that describes a column of a table or layer."""
        own = f"{table}.{column}"
        return own if own in self._columns else column

    def field(self, table: str, column: str) -> dict[str, Any]:
        """Describe a column of a table or layer as a field of a Table Schema."""
        entry, words = self._columns[self.key(table, column)]
        field = {
            "name": column,
            "title": entry["title"][self._language].format(**words),
            "type": entry["type"],
            "description": entry[self._language].format(**words),
        }
        if unit := entry.get("unit"):
            field["unit"] = unit
        if entry.get("values"):
            field["constraints"] = {"enum": entry["values"]}
        elif unit == "share":
            field["constraints"] = {"minimum": 0, "maximum": 1}
        return field

    def table(self, name: str, columns: list[str]) -> tuple[str, dict[str, Any]]:
        """Return what a row of a table is, and its Table Schema."""
        entry = self._tables[name]
        schema: dict[str, Any] = {"fields": [self.field(name, column) for column in columns]}
        schema["missingValues"] = [""]
        if key := entry.get("key"):
            schema["primaryKey"] = key
        if other := entry.get("refers_to"):
            shared = [c for c in key or () if c in self._tables[other]["key"]]
            reference = {"resource": other, "fields": shared}
            schema["foreignKeys"] = [{"fields": shared, "reference": reference}]
        return self._of_filter(entry, entry[self._language]), schema

    def layer(self, name: str) -> LayerText:
        """Say what a layer is; its title names the filter that restricts it."""
        entry, words = self._layers[name]
        words = words | {"gap": self._gap}
        title = entry["title"][self._language].format(**words)
        meaning = entry[self._language].format(**words)
        return LayerText(self._of_filter(entry, title), meaning, entry["geometry"])

    def described(self, meaning: str, method: str) -> str:
        """Join what a layer is and how its residents were spread."""
        return str(self._described[self._language].format(meaning=meaning, method=method))

    def _of_filter(self, entry: Mapping[str, Any], title: str) -> str:
        """Name the study's filter in a title, where it restricts what the title is of."""
        if not (self._filter and entry.get("filtered")):
            return title
        return str(self._filtered[self._language].format(title=title, filter=self._filter))

    @property
    def columns(self) -> frozenset[str]:
        """Names of the entries that describe columns."""
        return frozenset(self._columns)

    @property
    def tables(self) -> frozenset[str]:
        """Names of the tables that are described."""
        return frozenset(self._tables)

    @property
    def layers(self) -> frozenset[str]:
        """Names of the layers that are described."""
        return frozenset(self._layers)


def dictionary_entries() -> dict[str, Any]:
    """Return the entries of ``fields.toml``, placeholders in angle brackets as they stand."""
    text = files("kiezreach.outputs.texts").joinpath("fields.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def listed_columns(entries: Mapping[str, Any], kind: str, name: str) -> list[str]:
    """Return the columns that a table or layer can have.

    Parameters
    ----------
    entries
        As `dictionary_entries` returns them.
    kind
        ``tables`` or ``layers``.
    name
        Name of the entry there.
    """
    columns = entries[kind][name]["columns"]
    return listed_columns(entries, "tables", columns) if isinstance(columns, str) else columns


def distinct_titles(titles: Mapping[str, str]) -> dict[str, str]:
    """Add the name behind a title in brackets where several would read the same."""
    count = Counter(titles.values())
    return {k: f"{title} ({k})" if count[title] > 1 else title for k, title in titles.items()}


def _expanded(
    entries: Mapping[str, Any], study: Study
) -> dict[str, tuple[dict[str, Any], dict[str, str]]]:
    """Return the entries by the names they stand for, with the words that their texts take."""
    return {
        name: (entry, words)
        for pattern, entry in entries.items()
        for name, words in names_in_study(pattern, study)
    }


def names_in_study(pattern: str, study: Study) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the names that a pattern stands for in a study, with the words of their texts.

    Parameters
    ----------
    pattern
        Name of an entry; part of it may stand in angle brackets.
    study
        The study.
    """
    found = _PLACEHOLDER.search(pattern)
    if found is None:
        yield pattern, {}
        return
    kind, language = found[1], study.language
    parts = study.need.parts if study.need else ()
    named = {
        "threshold": {f"{t:g}": f"{t:g}" for t in study.analysis.thresholds_m},
        "indicator": {part.column: getattr(part.labels, language) for part in parts},
        "age_group": {group: group for group in study.residents.age_groups},
        "classes": {part.id: getattr(part.labels, language) for part in study.classes},
        "level": {part.id: getattr(part.labels, language) for part in study.areas.levels},
    }
    for name, words in named[kind].items():
        yield pattern.replace(found[0], name), {kind: words}
