"""Check a built documentation site: links and anchors, and that it asks no other site for anything.

Usage: python scripts/check_site.py FOLDER
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
_SEARCH_ENGINES = ("canonical", "next", "prev", "index", "search")  # relations that load nothing
# Sphinx makes these without the anchors of their links, or they link by script.
_NO_PAGES = ("_static",)


class _Page(HTMLParser):
    """Collects what a page links to, what it loads and which anchors it has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag has."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif given.get("rel") not in _SEARCH_ENGINES and given.get(_LOADED.get(tag, "")):
            self.loaded.append(given[_LOADED[tag]])


def faults(site: Path) -> list[str]:
    """Return each broken link, and each thing that a page would load from elsewhere.

    Parameters
    ----------
    site
        Folder of a built site.
    """
    files = [
        file
        for file in sorted(site.rglob("*.html"))
        if file.relative_to(site).parts[0] not in _NO_PAGES
    ]
    pages = {file.resolve(): _Page(file.read_text(encoding="utf-8")) for file in files}
    found = []
    for file, page in pages.items():
        name = file.relative_to(site.resolve())
        found += [f"{name}: loads {url}" for url in page.loaded if urlsplit(url).netloc]
        local = [url for url in page.links + page.loaded if not urlsplit(url).scheme]
        for url in dict.fromkeys(url for url in local if not urlsplit(url).netloc):
            parts = urlsplit(url)
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            if not target.exists():
                found.append(f"{name}: no file for {url}")
            elif (
                parts.fragment
                and target in pages
                and unquote(parts.fragment) not in pages[target].anchors
            ):
                found.append(f"{name}: no anchor for {url}")
    return found


if __name__ == "__main__":
    told = faults(Path(sys.argv[1]))
    for fault in told:
        print(fault, file=sys.stderr)
    raise SystemExit(bool(told))
