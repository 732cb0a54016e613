"""``kiezreach lock``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kiezreach.cli.options import cache_option, json_option, open_study, study_argument


@click.command("lock")
@study_argument
@cache_option
@json_option
def command(study_file: Path | None, *, cache: bool, as_json: bool) -> None:
    """Write down what a study is made of, so that a frozen build can tell when anything differs.

    kiezreach.lock, beside the study, holds every input with hash, size, licence, vintage and
    origin, the versions of kiezreach and its libraries, and the hashes of the walk rules. Keep it
    with the study. Without STUDY, that of Berlin is locked, in the current folder.

    \b
    Examples:
      kiezreach lock my-town.toml
      kiezreach build my-town.toml --frozen
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines
    from kiezreach.lock import lock_path, write_lock

    study = open_study(study_file, None)
    path = lock_path(study)
    content = write_lock(study, path, cache=cache)
    if as_json:
        click.echo(json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True))
        return
    files = {row["file"]: row["bytes"] for row in content["inputs"]}
    click.echo(f"{path}: {len(files)} input files, {sum(files.values()):,} bytes, are locked")
    for row in content["inputs"]:
        if not (row["licence"] and row["vintage"]):
            click.echo(f"  Note: {row['file']} ({row['role']}) has no licence or no vintage")
