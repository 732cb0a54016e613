"""``kiezreach cache``."""

from __future__ import annotations

import json

import click

from kiezreach.cli.options import json_option

_MEGABYTE = 1_000_000


@click.group("cache")
def command() -> None:
    """List or clear the walking networks that were read before.

    A network that was read from OpenStreetMap, a graph or a line layer is kept in the cache
    folder of the platform, so that it need not be read again as long as the file, the profile
    and kiezreach stay the same. KIEZREACH_CACHE_DIR names another folder.

    \b
    Examples:
      kiezreach cache list
      kiezreach cache clear
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines


@command.command("list")
@json_option
def list_entries(*, as_json: bool) -> None:
    """List the networks in the cache, the newest first."""
    from kiezreach.network.cache import cache_folder, entries

    found = entries()
    if as_json:
        rows = [
            {
                "file": entry.file,
                "profile": entry.profile,
                "bytes": entry.size,
                "written": entry.written.isoformat(timespec="seconds"),
                "path": str(entry.path),
            }
            for entry in found
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for entry in found:
        size = f"{entry.size / _MEGABYTE:,.1f} MB"
        click.echo(f"{entry.written:%Y-%m-%d %H:%M} UTC {size:>10}  {entry.profile}  {entry.file}")
    total = sum(entry.size for entry in found) / _MEGABYTE
    click.echo(f"{len(found)} networks, {total:,.1f} MB in {cache_folder()}")


@command.command("clear")
def clear_entries() -> None:
    """Remove all networks from the cache."""
    from kiezreach.network.cache import cache_folder, clear

    freed = clear()
    click.echo(f"{freed / _MEGABYTE:,.1f} MB removed from {cache_folder()}")
