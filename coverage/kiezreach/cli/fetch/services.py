"""``kiezreach fetch services``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kiezreach.cli.fetch.options import FILE
from kiezreach.cli.options import json_option


@click.command("services")
@click.option("--catalogue", "own", type=FILE, help="Catalogue with services of your own.")
@json_option
def command(own: Path | None, *, as_json: bool) -> None:
    """List the services of the catalogue.

    \b
    Example:
      kiezreach fetch services
    """  # noqa: D301
    from kiezreach.sources.downloads.catalogue import read_catalogue

    found = read_catalogue(own)
    if as_json:
        click.echo(json.dumps(found.model_dump(mode="json"), ensure_ascii=False, indent=2))
        return
    kinds = {
        "areas": found.areas,
        "residents": found.residents,
        "indicators": found.indicators,
        "network --extract": found.extracts,
        "grid": found.grids,
    }
    for kind, group in kinds.items():
        for service in group:
            click.echo(f"{kind:<18} {service.name:<18} {service.title} ({service.licence})")
    if found.openstreetmap is not None:
        osm = found.openstreetmap
        click.echo(f"{'centres, network':<18} {osm.name:<18} {osm.title} ({osm.licence})")
