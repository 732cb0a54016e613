"""``kiezreach fetch buildings``."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from kiezreach.cli.fetch.options import FILE, Shared, job_of, run, shared_options


@click.command("buildings")
@click.option("--osm", type=FILE, required=True, help="OpenStreetMap file.")
@click.option("--area", type=FILE, required=True, help="File of areas.")
@click.option("--layer", help="Layer of that file, where it has several.")
@shared_options
def command(osm: Path, area: Path, layer: str | None, **shared: Unpack[Shared]) -> None:
    """Take homes out of an OpenStreetMap file.

    A study spreads residents over them by the ground that they cover.

    \b
    Example:
      kiezreach fetch buildings --osm liechtenstein.osm.pbf --area areas.gpkg
    """  # noqa: D301
    from kiezreach.fetch import osm_file

    job = job_of(**shared)
    run(
        list,
        lambda: osm_file.fetch_buildings(job, osm, area, layer),
        osm_file.buildings_snippet,
        **shared,
    )
