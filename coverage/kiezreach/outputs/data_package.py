"""The data dictionary of a build: a Frictionless Data Package that describes every table.

The form is that of the Data Package standard, version 1 (specs.frictionlessdata.io).
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiezreach.sources.files import sha256

if TYPE_CHECKING:
    from kiezreach.inputs import Inputs
    from kiezreach.study import Study

DATA_PACKAGE = "datapackage.json"
_TABLES, _PACKAGE = "tables", "package"  # entries of the registry that are no columns


def write_data_package(study: Study, inputs: Inputs, folder: Path) -> Path:
    """Describe every CSV in the folder ``tables`` of a build.

    Parameters
    ----------
    study, inputs
        What was asked, and with what.
    folder
        The build's folder.

    Returns
    -------
    Path
        ``datapackage.json``: per table its path, hash, dialect, columns (name, type, unit,
        description in the study's language) and keys; licences and sources of the inputs.

    Raises
    ------
    KeyError
        If a column or a table has no entry in ``texts/fields.toml``: a fault of the program.
    """
    registry = Registry(study)
    paths = sorted((folder / _TABLES).glob("*.csv"))
    package = {
        "profile": "tabular-data-package",
        "name": slug(study.name),
        "title": registry.title,
        "licenses": _licences(inputs),
        "sources": _sources(inputs),
        "resources": [_resource(registry, path, folder) for path in paths],
    }
    text = json.dumps(package, ensure_ascii=False, indent=2)
    path = folder / DATA_PACKAGE
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


class Registry:
    """What columns and tables mean, in the study's language.

    Parameters
    ----------
    study
        The study: its language, and the columns that are named after its settings.
    """

    def __init__(self, study: Study) -> None:
        text = files("kiezreach.outputs.texts").joinpath("fields.toml").read_text(encoding="utf-8")
        entries: dict[str, dict[str, Any]] = tomllib.loads(text)
        self._language = study.language
        self._tables: dict[str, dict[str, Any]] = entries.pop(_TABLES)
        self.title: str = entries.pop(_PACKAGE)[self._language].format(place=study.name)
        self._columns = {
            name: (entry, words)
            for pattern, entry in entries.items()
            for name, words in _expanded(pattern, study)
        }

    def key(self, table: str, column: str) -> str:
        """Return the name of the entry that describes a column of a table."""
        own = f"{table}.{column}"
        return own if own in self._columns else column

    def field(self, table: str, column: str) -> dict[str, Any]:
        """Describe a column of a table as a field of a Table Schema."""
        entry, words = self._columns[self.key(table, column)]
        field = {
            "name": column,
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
        return entry[self._language], schema

    @property
    def columns(self) -> frozenset[str]:
        """Names of the entries that describe columns."""
        return frozenset(self._columns)

    @property
    def tables(self) -> frozenset[str]:
        """Names of the tables that are described."""
        return frozenset(self._tables)


def _expanded(pattern: str, study: Study) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the columns that a name in the registry stands for, with the words of its text."""
    kinds = re.findall(r"<(\w+)>", pattern)
    if not kinds:
        yield pattern, {}
        return
    parts = study.need.parts if study.need else ()
    named = {
        "threshold": {f"{t:g}": f"{t:g}" for t in study.analysis.thresholds_m},
        "indicator": {part.column: getattr(part.labels, study.language) for part in parts},
        "age_group": {group: group for group in study.residents.age_groups},
        "classes": {part.id: getattr(part.labels, study.language) for part in study.classes},
    }
    (kind,) = kinds
    for name, words in named[kind].items():
        yield pattern.replace(f"<{kind}>", name), {kind: words}


def _resource(registry: Registry, path: Path, folder: Path) -> dict[str, Any]:
    """Describe one table."""
    with path.open(encoding="utf-8", newline="") as stream:
        columns = next(csv.reader(stream))
    title, schema = registry.table(path.stem, columns)
    return {
        "profile": "tabular-data-resource",
        "name": path.stem.replace("_", "-"),
        "title": title,
        "path": path.relative_to(folder).as_posix(),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path)}",
        "dialect": {
            "delimiter": ",",
            "lineTerminator": "\n",
            "quoteChar": '"',
            "doubleQuote": True,
            "header": True,
        },
        "schema": schema,
    }


def _licences(inputs: Inputs) -> list[dict[str, str]]:
    """List the licences of the inputs: the tables are derived from all of them."""
    named = sorted(
        {licence for text in inputs.files["licence"] if text for licence in text.split(", ")}
    )
    spelt = {slug(name): name for name in reversed(named)}  # "ODbL 1.0" and "ODbL-1.0" are one
    return [{"name": slug, "title": spelt[slug]} for slug in sorted(spelt)]


def _sources(inputs: Inputs) -> list[dict[str, str]]:
    """List the inputs with what is said about them."""
    return [
        {
            "title": row.source or row.role,
            "path": row.file,
            "role": row.role,
            "licence": row.licence,
            "vintage": row.vintage,
        }
        for row in inputs.files.itertuples()
    ]


def slug(text: str) -> str:
    """Make a name of letters, digits, dots and hyphens, as the standard asks for.

    Parameters
    ----------
    text
        A name in any language.
    """
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9.]+", "-", plain).strip("-") or "kiezreach"
