"""The reference of TOML files, generated from the models that read them.

The directive ``toml-reference`` takes a model as ``module:Class`` and lists every table and key
with type, unit, default, bounds and meaning.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

_UNITS = {
    "_m_per_min": "m/min", "_m2": "m²", "_m": "m", "_s": "s", "_mb": "MB",
    "_percent": "%", "_points": "percentage points",
}  # fmt: skip
_WORDS = {"string": "text", "integer": "whole number", "boolean": "true or false"}
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
_EVERYDAY = {"Labels"}  # tables of words that need no section of their own


class TomlReference(SphinxDirective):
    """Lists the keys of a model."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return its sections."""
        module, name = self.arguments[0].split(":")
        schema = getattr(import_module(module), name).model_json_schema()
        return self.parse_text_to_nodes("\n".join(reference(schema)), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("toml-reference", TomlReference)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def reference(schema: dict[str, Any]) -> Iterator[str]:
    """Yield the reference of a file as lines of Markdown: its own keys, then table by table.

    Parameters
    ----------
    schema
        JSON schema of the file.
    """
    known = schema.get("$defs", {})
    yield from ("## At the top", "")
    yield from _table(schema, known, "")
    waiting = list(_tables(schema, known, ""))
    shown: dict[str, str] = {}
    while waiting:
        name, path, several = waiting.pop(0)
        header = f"[[{path}]]" if several else f"[{path}]"
        yield from ("", f"## `{header}`", "")
        if name in shown:
            yield f"As [`{shown[name]}`](#{_anchor(shown[name])})."
            continue
        shown[name] = header
        yield known[name].get("description", "").replace("\n", " ")
        yield from _table(known[name], known, path)
        waiting = [*_tables(known[name], known, f"{path}."), *waiting]


def _anchor(header: str) -> str:
    """Return the anchor that MyST, as code hosts do, gives a heading."""
    return "".join(c for c in header.lower() if c.isalnum() or c in "_-")


def _table(part: dict[str, Any], known: dict[str, Any], path: str) -> Iterator[str]:
    yield from ("", "| key | type | default | meaning |", "|---|---|---|---|")
    for key, value in part["properties"].items():
        need = "**required**" if key in part.get("required", ()) else _default(value)
        meaning = value.get("description") or _about(value, known)
        if not meaning:
            msg = f"the key {path}.{key} has no docstring"
            raise ValueError(msg)
        yield f"| `{key}` | {_cell(_type(value, known, key))} | {need} | {_cell(meaning)} |"


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("``", "`").replace("|", "\\|")


def _default(value: dict[str, Any]) -> str:
    default = value.get("default")
    if isinstance(default, dict):
        return "see below"
    return "" if default in (None, "", []) else f"`{json.dumps(default, ensure_ascii=False)}`"


def _about(value: dict[str, Any], known: dict[str, Any]) -> str:
    """Return what is said of a key that has no words of its own."""
    if inner := next(_inner(value), None):
        return str(known[inner].get("description", "").split("\n")[0])
    return ""


def _type(value: dict[str, Any], known: dict[str, Any], key: str) -> str:
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return '`{ de = "…", en = "…" }`' if name in _EVERYDAY else "table"
    if kinds := value.get("anyOf") or value.get("oneOf"):
        told = [_type(kind, known, key) for kind in kinds if kind.get("type") != "null"]
        return " or ".join(dict.fromkeys(told))
    if choices := value.get("enum") or [value[key] for key in ("const",) if key in value]:
        return " or ".join(f"`{json.dumps(option)}`" for option in choices)
    if value.get("type") in ("array", "object"):
        return _several(value, known, key)
    kind = _WORDS.get(value.get("type", ""), value.get("type", "any"))
    unit = next((unit for end, unit in _UNITS.items() if key.endswith(end)), "")
    bounds = [f"{sign} {value[bound]:g}" for bound, sign in _BOUNDS.items() if bound in value]
    return ", ".join([kind, *([unit] if unit and kind != "text" else []), *bounds])


def _several(value: dict[str, Any], known: dict[str, Any], key: str) -> str:
    """Return the type of a list, of a pair of numbers, or of a table of one's own keys."""
    if value["type"] == "object":
        return f"table of {_type(value.get('additionalProperties', {}), known, '')}"
    if "prefixItems" in value:
        return ", ".join(_type(item, known, "") for item in value["prefixItems"])
    item = _type(value["items"], known, key)
    return "tables" if item == "table" else f"list of {item}"


def _inner(value: object) -> Iterator[str]:
    """Yield the names of the tables that a value can hold."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for key in ("anyOf", "oneOf", "items", "additionalProperties"):
            yield from _inner(value.get(key))
    elif isinstance(value, list):
        for part in value:
            yield from _inner(part)


def _tables(
    part: dict[str, Any], known: dict[str, Any], before: str
) -> Iterator[tuple[str, str, bool]]:
    """Yield the name, path and number of each table inside another, in the order of its keys."""
    for key, value in part["properties"].items():
        for name in dict.fromkeys(_inner(value)):
            if name not in _EVERYDAY and "properties" in known[name]:
                yield name, f"{before}{key}", "array" in json.dumps(value)
