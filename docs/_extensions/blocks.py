"""Languages of code blocks that carry a file's name, as ```` ```toml cut.toml ````."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

_NAMED = re.compile(r"^```(?P<language>toml|csv|python|sh|text) (?P<file>[\w./-]+)$", re.MULTILINE)


def setup(app: Sphinx) -> dict[str, Any]:
    """Show the name above the block."""
    app.connect("source-read", _read_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _read_page(_: Sphinx, __: str, source: list[str]) -> None:
    source[0] = _NAMED.sub(_shown, source[0])


def _shown(block: re.Match[str]) -> str:
    language = "text" if block["language"] == "csv" else block["language"]
    return f"```{{code-block}} {language}\n:caption: {block['file']}\n"
