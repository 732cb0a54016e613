"""``kiezreach verify``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kiezreach.cli.options import cache_option, json_option, quiet_option, verbose_option
from kiezreach.cli.progress import progress
from kiezreach.errors import shown

if TYPE_CHECKING:
    from kiezreach.verify import FileDifference, Verification

_FIGURES_TOLD = 10  # of each file; --json has all
_DIFFERENT = 1  # exit code


@click.command("verify")
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--study",
    "study_file",
    type=click.Path(path_type=Path),
    help="Study file, where it is not where it was.",
)
@click.option(
    "--network",
    type=click.Path(path_type=Path),
    help="The walking network, where the build had another one than the study's.",
)
@cache_option
@json_option
@quiet_option
@verbose_option
def command(
    out: Path,
    study_file: Path | None,
    network: Path | None,
    *,
    cache: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Build again what the build in OUT was made of, and compare the two byte by byte.

    Exit code 0 if every file is the same; 1 if not, with the figures that differ and by how much.
    Nothing in OUT is changed.

    \b
    Examples:
      kiezreach verify outputs/berlin
      kiezreach verify public/ --study my-town.toml
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines
    tell = progress(quiet=quiet, verbose=verbose)
    tell("starting")
    from kiezreach.outputs.print_map.press import cores
    from kiezreach.sources.finished import read_finished
    from kiezreach.verify import study_of, verify

    finished = read_finished(out)
    study = study_of(finished, study_file, network)
    found = verify(finished, study, tell=tell, cache=cache, processes=cores())
    tell("done")
    if as_json:
        click.echo(json.dumps(_as_dict(found), ensure_ascii=False, indent=2))
    else:
        for line in _lines(found):
            click.echo(line)
    if not found.same:
        click.get_current_context().exit(_DIFFERENT)


def _lines(found: Verification) -> Iterator[str]:
    """Say in words what came of it."""
    if found.same:
        yield f"The same: {found.compared} files, byte for byte"
    else:
        yield f"Not the same: {len(found.files)} of {found.compared} files differ"
    for text in found.inputs:
        yield f"  Input: {text}"
    for path, then, now in found.settings:
        yield f"  Study: {path} was {_value(then)}, is {_value(now)}"
    for path, then, now in found.versions:
        yield f"  Version: {path} was {_value(then)}, is {_value(now)}"
    for difference in found.files:
        yield from _file_lines(difference)


def _file_lines(difference: FileDifference) -> Iterator[str]:
    """Say how one file differs."""
    figures = difference.figures
    count = f": {len(figures)} {'figure' if len(figures) == 1 else 'figures'}"
    yield f"{difference.file} {difference.what}{count if len(figures) else ''}"
    for row in figures.head(_FIGURES_TOLD).to_dict(orient="records"):
        yield f"  {_place(row)}: {_change(row)}"
    if len(figures) > _FIGURES_TOLD:
        yield f"  and {len(figures) - _FIGURES_TOLD} more"


def _place(row: dict[str, Any]) -> str:
    """Say where a figure stands."""
    named = f"{row['row']} ({row['area']})" if row["area"] else str(row["row"])
    return shown_line(named)


def _change(row: dict[str, Any]) -> str:
    """Say what stands in the folder and what was computed."""
    if not row["column"]:
        return "is missing" if row["after"] else "is not computed"
    change = row["change"]
    by = "" if change != change or not change else f" ({change:+.10g})"  # noqa: PLR0124 - NaN
    return f"{row['column']} is {_value(row['before'])}, computed {_value(row['after'])}{by}"


def shown_line(text: str) -> str:
    """Keep a text from a file that anybody may have written on one line."""
    return "".join(c if c.isprintable() else " " for c in text)


def _value(value: object) -> str:
    """Write a value; nothing where there is none."""
    return "nothing" if value is None or value == "" else shown(value)


def _as_dict(found: Verification) -> dict[str, Any]:
    """Return the verification for machines."""
    return {
        "same": found.same,
        "compared": found.compared,
        "inputs": list(found.inputs),
        "study": [dict(zip(("path", "then", "now"), row, strict=True)) for row in found.settings],
        "versions": [dict(zip(("path", "then", "now"), r, strict=True)) for r in found.versions],
        "files": [
            {
                "file": difference.file,
                "what": difference.what,
                "figures": [
                    {name: None if value != value else value for name, value in row.items()}  # noqa: PLR0124 - NaN
                    for row in difference.figures.to_dict(orient="records")
                ],
            }
            for difference in found.files
        ],
    }
