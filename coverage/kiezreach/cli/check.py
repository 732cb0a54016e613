"""``kiezreach check``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from kiezreach.study import Study

_MARKS = {"error": "ERROR  ", "warning": "warning", "info": "       "}


@click.command("check")
@study_argument
@network_option
@click.option(
    "--norms", "only_norms", is_flag=True, help="Hold the areas against the study's norms instead."
)
@json_option
@cache_option
@quiet_option
@verbose_option
def command(
    study_file: Path | None,
    network: Path | None,
    *,
    only_norms: bool,
    as_json: bool,
    cache: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Check a study and its inputs and report what is in them.

    STUDY is a TOML file; without it, the packaged study of Berlin is checked. Nothing is
    written. The exit code is 2 if a build would stop at an error. With --norms, every area is held
    against the planning norms of the study, and the result is told in the study's language.

    \b
    Examples:
      kiezreach check
      kiezreach check my-town.toml --json
      kiezreach check --norms
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines
    tell = progress(quiet=quiet, verbose=verbose)
    tell("starting")
    if only_norms:
        _check_norms(open_study(study_file, network), tell, as_json=as_json, cache=cache)
        return
    from datetime import UTC, datetime

    from kiezreach.checks import Report, check

    report = Report()
    study = report.attempt("study", lambda: open_study(study_file, network))
    if study is not None:
        report = check(study, datetime.now(UTC).date(), tell, cache=cache)
    tell("done")
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        for finding in report.findings:
            click.echo(f"{_MARKS[finding.severity]} {finding.subject:<10} {finding.text}")
        click.echo("Ready to build." if report.ok else "Not ready: correct the errors first.")
    sys.exit(0 if report.ok else 2)


def _check_norms(study: Study, tell: Callable[[str], None], *, as_json: bool, cache: bool) -> None:
    """Tell how far the areas of a study meet its planning norms."""
    from kiezreach.analysis import norms_alone
    from kiezreach.inputs import read_inputs
    from kiezreach.outputs.norms import NormReport

    inputs = read_inputs(study, tell, cache=cache)
    tell("walking distances")
    report = NormReport(study, inputs.norms, norms_alone(study, inputs))
    tell("done")
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(report.lines()))
