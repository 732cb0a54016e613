"""``kiezreach fetch indicators``."""

from __future__ import annotations

from typing import Unpack

import click

from kiezreach.cli.fetch.options import Shared, job_of, run, shared_options


@click.command("indicators")
@click.argument("service")
@shared_options
def command(service: str, **shared: Unpack[Shared]) -> None:
    """Fetch social indicators per planning area, as CSV.

    Values are as published; an area that has none has an empty cell.

    \b
    Example:
      kiezreach fetch indicators berlin-mss-2025 --out my-berlin
    """  # noqa: D301
    from kiezreach.fetch import indicators as subject

    job = job_of(**shared)
    run(
        lambda: subject.asks(job, service),
        lambda: subject.fetch(job, service),
        subject.snippet,
        **shared,
    )
