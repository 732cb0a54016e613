"""``kiezreach fetch areas``."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from kiezreach.cli.fetch.options import FILE, Shared, job_of, run, shared_options


@click.command("areas")
@click.argument("service", required=False)
@click.option("--osm", type=FILE, help="OpenStreetMap file to take the areas from instead.")
@click.option("--admin-level", default="8", show_default=True, help="With --osm: level of areas.")
@click.option("--within", help="With --osm: name of the area that they lie in.")
@shared_options
def command(
    service: str | None,
    osm: Path | None,
    admin_level: str,
    within: str | None,
    **shared: Unpack[Shared],
) -> None:
    """Fetch areas of every level, as one GeoPackage.

    \b
    Examples:
      kiezreach fetch areas berlin-lor-2021 --out my-berlin
      kiezreach fetch areas --osm liechtenstein.osm.pbf --within Liechtenstein
    """  # noqa: D301
    from kiezreach.fetch import areas as subject
    from kiezreach.fetch import osm_file
    from kiezreach.sources.downloads.catalogue import find_service

    job = job_of(**shared)
    if (service is None) == (osm is None):
        msg = "Name a service (kiezreach fetch services lists them), or give --osm"
        raise click.UsageError(msg)
    if osm is not None:
        run(
            list,
            lambda: osm_file.fetch_areas(job, osm, admin_level, within),
            osm_file.areas_snippet,
            **shared,
        )
        return
    assert service is not None
    run(
        lambda: subject.asks(job, service),
        lambda: subject.fetch(job, service),
        lambda file, origin: subject.snippet(
            file, origin, find_service(job.catalogue.areas, service, "service of areas")
        ),
        **shared,
    )
