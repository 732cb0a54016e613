"""``kiezreach init``."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import click

from kiezreach import defaults
from kiezreach.errors import OutputError
from kiezreach.whole import whole_file


@click.command("init")
@click.argument("study_file", metavar="STUDY", required=False, type=click.Path(path_type=Path))
@click.option("--name", default="My town", show_default=True, help="Name of the place.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of study files instead.")
def command(study_file: Path | None, name: str, *, force: bool, schema: bool) -> None:
    """Write a commented study file for another place.

    \b
    Examples:
      kiezreach init heidelberg.toml --name Heidelberg
      kiezreach init --schema > study.schema.json
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines
    if schema:
        from kiezreach.study import Study

        click.echo(json.dumps(Study.model_json_schema(), ensure_ascii=False, indent=2))
        return
    if study_file is None:
        msg = "Name the file to write, for example: kiezreach init heidelberg.toml"
        raise click.UsageError(msg)
    text = study_template(name)
    with whole_file(study_file) as part:
        if study_file.exists() and not force:
            msg = f"{study_file}: exists already. Name another file, or replace it with --force"
            raise OutputError(msg)
        part.write_text(text, encoding="utf-8", newline="\n")
    click.echo(f"{study_file}: name your files in it, then run: kiezreach check {study_file}")


def study_template(name: str) -> str:
    """Return a commented study file with the defaults filled in."""
    text = files("kiezreach.cli").joinpath("study_template.toml").read_text(encoding="utf-8")
    values = {
        key.lower(): list(value) if isinstance(value, tuple) else value
        for key, value in vars(defaults).items()
        if key.isupper()
    }
    printable = "".join(c if c.isprintable() else " " for c in name)
    escaped = json.dumps(printable, ensure_ascii=False)[1:-1]
    return text.format(name=escaped, **values)
