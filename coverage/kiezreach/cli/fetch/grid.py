"""``kiezreach fetch grid``."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from kiezreach.cli.fetch.options import (
    FILE,
    Shared,
    job_of,
    region_of,
    region_options,
    run,
    shared_options,
)


@click.command("grid")
@click.argument("form", metavar="FORMAT")
@click.option("--file", type=FILE, required=True, help="The grid, a CSV that you have saved.")
@region_options
@shared_options
def command(
    form: str,
    file: Path,
    place: str | None,
    area: Path | None,
    layer: str | None,
    **shared: Unpack[Shared],
) -> None:
    """Take an area out of a census grid that you have.

    \b
    Example:
      kiezreach fetch grid zensus-2022-100m --file Zensus2022_100m.csv --area areas.gpkg
    """  # noqa: D301
    from kiezreach.fetch import grid as subject
    from kiezreach.fetch.regions import region_asks
    from kiezreach.sources.downloads.catalogue import find_service

    job = job_of(**shared)
    region = region_of(place, area, layer, 0.0)
    run(
        lambda: region_asks(job, region),
        lambda: subject.fetch(job, form, file, region),
        lambda name, origin: subject.snippet(
            name, origin, find_service(job.catalogue.grids, form, "format of grids")
        ),
        **shared,
    )
