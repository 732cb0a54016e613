"""``kiezreach check``."""

from __future__ import annotations

import json
import sys
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

_MARKS = {"error": "ERROR  ", "warning": "warning", "info": "       "}


@click.command("check")
@study_argument
@network_option
@json_option
@cache_option
@quiet_option
@verbose_option
def command(
    study_file: Path | None,
    network: Path | None,
    *,
    as_json: bool,
    cache: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Check a study and its inputs and report what is in them.

    STUDY is a TOML file; without it, the packaged study of Berlin is checked. Nothing is
    written. The exit code is 2 if a build would stop at an error.

    \b
    Examples:
      kiezreach check
      kiezreach check my-town.toml --json
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines
    tell = progress(quiet=quiet, verbose=verbose)
    tell("starting")
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
