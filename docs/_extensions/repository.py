"""Links of Markdown files that hold on a code host hold on the site too.

The files of `ON_SITE` lie outside docs/ and have a page that includes them; links to them lead to
that page. Links to other files of the repository (a script, a catalogue) become downloads.
"""

from __future__ import annotations

import re
from os.path import relpath
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ON_SITE = {
    "README.md": "index.md",
    "docs/tutorials": "tutorials/README.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "SECURITY.md": "project/reporting.md",
    "benchmarks/README.md": "project/benchmarks.md",
    "data/SOURCES.md": "project/sources.md",
}
_LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)\s#]+)(?=[)#])")


def setup(app: Sphinx) -> dict[str, Any]:
    """Rewrite links when a page, or a file that it includes, is read."""
    app.connect("source-read", _read_page)
    app.connect("include-read", _read_included)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _read_page(_: Sphinx, page: str, source: list[str]) -> None:
    folder = (DOCS / page).parent
    source[0] = relinked(source[0], folder, folder)


def _read_included(app: Sphinx, file: Path, _: str, content: list[str]) -> None:
    page = DOCS / app.env.current_document.docname  # the event has the name without its folder
    content[0] = relinked(content[0], (DOCS / file).resolve().parent, page.parent)


def relinked(text: str, folder: Path, page_folder: Path) -> str:
    """Return a text whose relative links lead from the page that shows it.

    Parameters
    ----------
    text
        Markdown.
    folder
        Folder of the file that the text stands in.
    page_folder
        Folder of the page that shows it.

    Raises
    ------
    ExtensionError
        If a link leads to a file that is not there.
    """

    def replaced(link: re.Match[str]) -> str:
        target = (folder / link[1]).resolve()
        if not target.exists():
            msg = f"{folder.relative_to(ROOT)}: there is no {link[1]}, which a link leads to"
            raise ExtensionError(msg)
        known = ON_SITE.get(target.relative_to(ROOT).as_posix())
        return relpath(DOCS / known if known else target, page_folder)

    return _LINK.sub(replaced, text)
