"""Options and steps that every fetch has."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

from kiezreach.cli.options import json_option, quiet_option

if TYPE_CHECKING:
    from kiezreach.fetch.delivery import Ask, Delivery, Job
    from kiezreach.fetch.record import Origin
    from kiezreach.fetch.regions import Region

_Command = TypeVar("_Command", bound=Callable[..., Any])

FILE = click.Path(path_type=Path)
catalogue_option = click.option(
    "--catalogue", "own", type=FILE, help="Catalogue with services of your own (docs/fetch.md)."
)


class Shared(TypedDict):
    """The options that every fetch has."""

    out: Path
    refresh: bool
    dry_run: bool
    own: Path | None
    as_json: bool
    quiet: bool


def shared_options(function: _Command) -> _Command:
    """Add the options that every fetch has."""
    options = (
        click.option(
            "-o",
            "--out",
            type=FILE,
            default=Path(),
            show_default="this folder",
            help="Folder for the file.",
        ),
        click.option(
            "--refresh", is_flag=True, help="Replace what is there; take data that have changed."
        ),
        click.option(
            "--dry-run", is_flag=True, help="Tell what would be asked of whom, and ask nothing."
        ),
        catalogue_option,
        json_option,
        quiet_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


def region_options(function: _Command) -> _Command:
    """Add the options that say where to look."""
    options = (
        click.option("--place", help="Name of a place, such as 'Heidelberg, Germany'."),
        click.option("--area", type=FILE, help="File of areas, such as a fetched areas.gpkg."),
        click.option("--layer", help="Layer of that file, where it has several."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def job_of(*, out: Path, refresh: bool, own: Path | None, quiet: bool, **_: object) -> Job:
    """Return what every fetch needs."""
    from kiezreach.fetch.delivery import Job
    from kiezreach.sources.downloads.catalogue import read_catalogue
    from kiezreach.sources.downloads.http import Http
    from kiezreach.sources.downloads.manners import Manners

    def tell(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    catalogue = read_catalogue(own)
    return Job(catalogue, Http(Manners(catalogue.patience, tell)), out, refresh)


def region_of(place: str | None, area: Path | None, layer: str | None, buffer_m: float) -> Region:
    """Return where to look."""
    from kiezreach.fetch.regions import Region

    if (place is None) == (area is None):
        msg = "Say where to look: --area with a file of areas, or --place with a name"
        raise click.UsageError(msg)
    return Region(area, layer, place, buffer_m)


def needed(given: Path | None, option: str) -> Path:
    """Return an option that is needed here."""
    if given is None:
        msg = f"{option} is needed with --osm"
        raise click.UsageError(msg)
    return given


def run(
    asks: Callable[[], list[Ask]],
    fetch: Callable[[], Delivery],
    snippet: Callable[[str, Origin], str],
    *,
    dry_run: bool,
    as_json: bool,
    **_: object,
) -> None:
    """Tell what would be asked, or fetch and tell what came."""
    if dry_run:
        _tell_asks(asks(), as_json=as_json)
        return
    delivery = fetch()
    made = delivery.made
    table = "" if made is None else snippet(delivery.file.name, made.origin)
    if as_json:
        told = {
            "file": str(delivery.file),
            "fetched": made is not None,
            "notes": [] if made is None else list(made.notes),
            "study": table,
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    if made is None:
        click.echo(f"{delivery.file}: is there already, as it was fetched; --refresh asks again")
        return
    click.echo(f"{delivery.file}: {'replaced' if delivery.replaced else 'fetched'}")
    for note in made.notes:
        click.echo(f"  {note}")
    click.echo(f"  {made.origin.licence}; {made.origin.attribution}")
    click.echo(f"\nIn the study, beside the file:\n\n{table}")


def _tell_asks(asked: list[Ask], *, as_json: bool) -> None:
    """Print what would be asked of whom."""
    if as_json:
        rows = [
            {
                "host": ask.host,
                "request": ask.address,
                "what": ask.what,
                "max_mb": ask.max_mb,
                "licence": ask.licence,
            }
            for ask in asked
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for ask in asked:
        licence = f"; {ask.licence}" if ask.licence else ""
        click.echo(f"{ask.host}: {ask.what} (at most {ask.max_mb:g} MB{licence})")
        click.echo(f"  {ask.address}")
    click.echo("Nothing was asked." if asked else "Nothing would be asked: it is made of files.")
