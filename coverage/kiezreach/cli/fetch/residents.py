"""``kiezreach fetch residents``."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from kiezreach.cli.fetch.options import FILE, Shared, job_of, needed, run, shared_options


@click.command("residents")
@click.argument("service", required=False)
@click.option("--file", type=FILE, help="The table, if you have saved it by hand.")
@click.option("--osm", type=FILE, help="OpenStreetMap file to take populations from instead.")
@click.option("--area", type=FILE, help="With --osm: the areas.")
@click.option("--layer", help="With --osm: layer of that file.")
@shared_options
def command(
    service: str | None,
    file: Path | None,
    osm: Path | None,
    area: Path | None,
    layer: str | None,
    **shared: Unpack[Shared],
) -> None:
    """Fetch residents per planning area, as CSV.

    These are totals; a study spreads them over blocks, addresses or a grid.

    \b
    Examples:
      kiezreach fetch residents berlin-2025-12 --out my-berlin
      kiezreach fetch residents berlin-2025-12 --file EWR_L21_202512E_Matrix.csv
    """  # noqa: D301
    from kiezreach.fetch import osm_file
    from kiezreach.fetch import residents as subject
    from kiezreach.sources.downloads.catalogue import find_service

    job = job_of(**shared)
    if (service is None) == (osm is None):
        msg = "Name a table (kiezreach fetch services lists them), or give --osm with --area"
        raise click.UsageError(msg)
    if osm is not None:
        around = needed(area, "--area")
        run(
            list,
            lambda: osm_file.fetch_residents(job, osm, around, layer),
            osm_file.residents_snippet,
            **shared,
        )
        return
    assert service is not None
    run(
        lambda: [] if file else subject.asks(job, service),
        lambda: subject.fetch(job, service, file),
        lambda name, origin: subject.snippet(
            name, origin, find_service(job.catalogue.residents, service, "table of residents")
        ),
        **shared,
    )
