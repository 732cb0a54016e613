"""``kiezreach links``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kiezreach.cli.options import (
    cache_option,
    json_option,
    network_option,
    open_study,
    quiet_option,
    study_argument,
    verbose_option,
)
from kiezreach.cli.progress import progress


@click.command("links")
@study_argument
@click.option(
    "--max-length",
    type=click.FloatRange(1, 500, min_open=True),
    metavar="METRES",
    help="Longest link, up to 500.",
)
@click.option(
    "--across",
    multiple=True,
    type=click.Choice(["water", "railway", "motorway", "block"]),
    help="Only links across this; block: no known barrier. May stand several times.",
)
@click.option("--top", type=click.IntRange(1, 1000), metavar="N", help="How many links to list.")
@network_option
@json_option
@cache_option
@quiet_option
@verbose_option
def command(
    study_file: Path | None,
    max_length: float | None,
    across: tuple[str, ...],
    top: int | None,
    network: Path | None,
    *,
    as_json: bool,
    cache: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """List the new crossings and passages that would bring most people within reach.

    STUDY is a TOML file; without it, the packaged study of Berlin is asked. What is not said here
    is as the study's table [missing_links] has it. Words come in the study's language.

    \b
    Examples:
      kiezreach links
      kiezreach links --across railway --across water --top 10
      kiezreach links my-town.toml --max-length 80 --json
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines
    tell = progress(quiet=quiet, verbose=verbose)
    tell("starting")
    from kiezreach.analysis import links_alone
    from kiezreach.inputs import read_inputs
    from kiezreach.outputs.links import LinkReport
    from kiezreach.study import MissingLinks

    study = open_study(study_file, network)
    asked = {"max_link_m": max_length, "across": across or None, "links_listed": top}
    rules = (study.missing_links or MissingLinks()).model_copy(
        update={name: value for name, value in asked.items() if value is not None}
    )
    study = study.model_copy(update={"missing_links": rules})
    inputs = read_inputs(study, tell, cache=cache)
    tell("missing links")
    report = LinkReport(study, inputs.network.provenance, links_alone(study, inputs))
    tell("done")
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(report.lines()))
