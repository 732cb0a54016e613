"""``kiezreach fetch centres``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

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

if TYPE_CHECKING:
    from kiezreach.fetch.centres import Rule


@click.command("centres")
@region_options
@click.option("--osm", type=FILE, help="OpenStreetMap file to look in, instead of asking.")
@click.option("--tag", "tags", multiple=True, help="KEY=VALUE of objects that may be centres.")
@click.option(
    "--rule",
    type=click.Choice(["german-names", "none"]),
    default="german-names",
    show_default=True,
    help="What decides: names and tags in German, or nothing.",
)
@click.option("--audit", type=FILE, help="CSV of decisions on single objects: keep or drop.")
@shared_options
def command(
    place: str | None,
    area: Path | None,
    layer: str | None,
    osm: Path | None,
    tags: tuple[str, ...],
    rule: Rule,
    audit: Path | None,
    **shared: Unpack[Shared],
) -> None:
    """Fetch neighbourhood centres from OpenStreetMap.

    They are told from other houses by a rule; centres_left_out.csv beside the list says of every
    other object why it is not in it.

    \b
    Examples:
      kiezreach fetch centres --area my-berlin/areas.gpkg --layer district --out my-berlin
      kiezreach fetch centres --place "Heidelberg, Germany" --out heidelberg
    """  # noqa: D301
    from kiezreach.fetch import centres as subject

    job = job_of(**shared)
    region = region_of(place, area, layer, 0.0)
    run(
        lambda: [] if osm else subject.asks(job, region),
        lambda: subject.fetch(job, region, file=osm, tags=_tags(tags), rule=rule, audit=audit),
        subject.snippet,
        **shared,
    )


def _tags(given: tuple[str, ...]) -> dict[str, tuple[str, ...]] | None:
    """Return the values of each key that was given."""
    found: dict[str, tuple[str, ...]] = {}
    for tag in given:
        key, _, value = tag.partition("=")
        if not key or not value:
            msg = f"--tag {tag}: give KEY=VALUE, such as amenity=library"
            raise click.UsageError(msg)
        found[key] = (*found.get(key, ()), value)
    return found or None
