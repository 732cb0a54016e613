"""``kiezreach --licences``."""

from __future__ import annotations

import json
from typing import Any

import click

_UNKNOWN = "not declared"
_COLUMN = 28  # where what is told of each begins


def show(*, as_json: bool) -> None:
    """Print the licences of kiezreach, its libraries, what these carry along, and its data."""
    from kiezreach.licences import licences

    found = licences()
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    own = found["kiezreach"]
    click.echo(f"kiezreach {own['version']}: {own['licence']}")
    for title, entries in (
        ("Libraries, as installed", [_library(part) for part in found["libraries"]]),
        ("What they carry along", [_carried(part) for part in found["carried"]]),
        ("Packaged data", [_file(part) for part in found["data"]]),
    ):
        click.echo(f"\n{title}")
        for name, *told in entries:
            click.echo(_lines(name, "; ".join(filter(None, told))))
    click.echo(f"\nOrigins of the data: {found['sources']}")
    click.echo("Where the full terms lie on this machine: kiezreach --licences --json")


def _lines(name: str, told: str) -> str:
    """Return an entry in two columns; addresses are never divided."""
    import shutil
    import textwrap

    start, indent = f"  {name}".ljust(_COLUMN), " " * _COLUMN
    beside = len(start) == _COLUMN and start.endswith(" ")
    text = textwrap.fill(
        told,
        width=max(60, min(shutil.get_terminal_size().columns, 120)),
        initial_indent=start if beside else indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return text if beside else f"{start}\n{text}"


def _library(part: dict[str, Any]) -> tuple[str, ...]:
    return f"{part['name']} {part['version']}", part["licence"] or _UNKNOWN, part["home_page"]


def _carried(part: dict[str, Any]) -> tuple[str, ...]:
    return part["name"], part["licence"], f"in {', '.join(part['inside'])}", part["used"]


def _file(part: dict[str, str]) -> tuple[str, ...]:
    licence = part["licence"] or _UNKNOWN
    return part["file"], f"{licence}, {part['vintage']}", part["source"], part["attribution"]
