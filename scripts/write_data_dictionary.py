"""Write docs/data-dictionary.en.md and .de.md: every table, layer and field of a build.

Usage: python scripts/write_data_dictionary.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kiezreach.outputs.dictionary import dictionary_entries, listed_columns
from kiezreach.outputs.texts import Texts
from kiezreach.study import Language

DOCS = Path(__file__).resolve().parent.parent / "docs"
LANGUAGES: tuple[Language, ...] = ("en", "de")
_COUNTED = ("residents", "centres")  # units that the name of the field tells


class _Placeholders(dict[str, str]):
    """Fills a text's fields with their names: what they stand for depends on the study."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def page(language: Language) -> str:
    """Return the data dictionary as Markdown.

    Parameters
    ----------
    language
        Language of the page.
    """
    entries, texts = dictionary_entries(), Texts("data_dictionary", language)
    lines = [f"# {texts('title')}", "", texts("intro"), ""]
    for kind in ("tables", "layers"):
        lines += [f"## {texts(kind)}", "", texts(f"{kind}_intro"), ""]
        for name, entry in entries[kind].items():
            lines += _section(texts, entries, kind, name, entry)
    return "\n".join(lines).rstrip() + "\n"


def _section(
    texts: Texts, entries: dict[str, Any], kind: str, name: str, entry: dict[str, Any]
) -> list[str]:
    """Describe one table or layer."""
    file = texts("table_file" if kind == "tables" else "layer_name", name=_shown(name))
    about = [_filled(entry[texts.language]) + "."]
    if kind == "layers":
        about.insert(0, f"**{_filled(entry['title'][texts.language])}**.")
    if key := entry.get("key"):
        about.append(texts("key", columns=", ".join(f"`{column}`" for column in key)))
    lines = [f"### {file}", "", " ".join(about), ""]
    if isinstance(entry["columns"], str):
        return [*lines, texts("same_columns", table=entry["columns"]), ""]
    columns = listed_columns(entries, kind, name)
    if not columns:
        return lines
    lines += [texts("header"), "|---|---|---|---|"]
    return [*lines, *(_row(texts, entries, name, column) for column in columns), ""]


def _row(texts: Texts, entries: dict[str, Any], table: str, column: str) -> str:
    """Describe one column."""
    entry = entries.get(f"{table}.{column}") or entries[column]
    kind, meaning = texts(entry["type"]), _filled(entry[texts.language])
    if (unit := entry.get("unit")) and unit not in _COUNTED:
        kind = texts("with_unit", type=kind, unit=texts("share") if unit == "share" else unit)
    if values := entry.get("values"):
        listed = ", ".join(f"`{value}`" for value in values if value)
        meaning = texts("with_values", meaning=meaning, values=listed)
    title = _filled(entry["title"][texts.language])
    return f"| `{_shown(column)}` | {title} | {meaning} | {kind} |"


def _filled(text: str) -> str:
    return text.format_map(_Placeholders())


def _shown(name: str) -> str:
    return name.replace("<", "{").replace(">", "}")


if __name__ == "__main__":
    for language in LANGUAGES:
        (DOCS / f"data-dictionary.{language}.md").write_text(page(language), encoding="utf-8")
