"""``kiezreach fetch network``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from kiezreach import defaults
from kiezreach.cli.fetch.options import (
    FILE,
    Shared,
    job_of,
    region_of,
    region_options,
    run,
    shared_options,
)

if TYPE_CHECKING:
    from kiezreach.fetch.delivery import Delivery


@click.command("network")
@region_options
@click.option("--extract", help="Extract to take it from; Overpass is asked without one.")
@click.option("--file", type=FILE, help="OpenStreetMap file to take it from, if you have one.")
@click.option(
    "--buffer-m",
    type=click.FloatRange(0, 100_000),
    default=2 * max(defaults.THRESHOLDS_M),
    show_default=True,
    help="Metres around the areas: as far as walks are to be known.",
)
@shared_options
def command(
    place: str | None,
    area: Path | None,
    layer: str | None,
    extract: str | None,
    file: Path | None,
    buffer_m: float,
    **shared: Unpack[Shared],
) -> None:
    """Fetch the walking network, as an OpenStreetMap file.

    It is cut out of an extract, or asked of Overpass for a small place. With --extract and
    neither --area nor --place, the extract comes whole. Ways of every kind are fetched: which of
    them are walked is decided by the profile of the study.

    \b
    Examples:
      kiezreach fetch network --extract brandenburg --area areas.gpkg --layer district
      kiezreach fetch network --place "Heidelberg, Germany"
    """  # noqa: D301
    from kiezreach.fetch import network as subject

    job = job_of(**shared)
    if extract is not None and file is not None:
        msg = "--extract and --file exclude each other"
        raise click.UsageError(msg)
    whole = extract is not None and place is None and area is None
    region = None if whole else region_of(place, area, layer, buffer_m)

    def fetch() -> Delivery:
        if extract is not None:
            return subject.fetch_from_extract(job, region, extract)
        assert region is not None
        if file is not None:
            return subject.cut_from_file(job, region, file)
        return subject.fetch_from_overpass(job, region)

    run(
        lambda: subject.asks(job, region, extract, file),
        fetch,
        subject.snippet,
        **shared,
    )
