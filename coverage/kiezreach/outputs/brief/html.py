"""A brief as one page of HTML that needs no other file and opens no connection."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def brief_html(data: dict[str, Any], svg: str) -> str:
    """Lay a brief out as HTML, with a style for print on two A4 pages.

    Parameters
    ----------
    data
        As `kiezreach.outputs.brief.document.as_data` makes it.
    svg
        The map, whose texts are escaped.

    Returns
    -------
    str
        The page. Every text of the study is escaped where it is printed.
    """
    folder = files("kiezreach.outputs.brief")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(folder.joinpath("brief.html").read_text(encoding="utf-8"))
    style = folder.joinpath("brief.css").read_text(encoding="utf-8")
    return template.render(
        data,
        policy=_POLICY,
        style=Markup(style),  # noqa: S704 - our own
        svg=Markup(_inline(svg)),  # noqa: S704 - made by our own code, its texts escaped
    )


def _inline(svg: str) -> str:
    """Let the map fill its column, and leave its description to the element around it."""
    sized = r'<svg ([^>]*?) width="[^"]*" height="[^"]*"'
    return re.sub(sized, r'<svg \1 aria-hidden="true"', svg, count=1)
