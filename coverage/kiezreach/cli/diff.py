"""``kiezreach diff``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kiezreach.cli.options import json_option

_BROKEN = 1  # exit code


@click.command("diff")
@click.argument("before", metavar="A", type=click.Path(path_type=Path))
@click.argument("after", metavar="B", type=click.Path(path_type=Path))
@click.option(
    "--gate",
    "gate_file",
    type=click.Path(path_type=Path),
    help="TOML file of rules that B is held to; one that is broken ends with exit code 1.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for text, Markdown, JSON and a map of what differs.",
)
@click.option("--markdown", is_flag=True, help="Print Markdown, for a comment on a change.")
@json_option
def command(
    before: Path, after: Path, gate_file: Path | None, out: Path | None, *, markdown: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Compare the builds in the folders A and B: what changed, for whom, and where.

    Tells which inputs and settings changed, coverage by class of area and by area, centres that
    came and went, and gaps that appeared, vanished or moved in rank. docs/ci.md shows rules.

    \b
    Examples:
      kiezreach diff outputs/last-year outputs/berlin
      kiezreach diff before/ after/ --gate gates.toml --markdown
      kiezreach diff before/ after/ --out outputs/difference
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines
    if markdown and as_json:
        msg = "--markdown and --json exclude each other"
        raise click.UsageError(msg)
    from kiezreach.differences import compare, judge
    from kiezreach.errors import InputError
    from kiezreach.outputs.difference import DifferenceAccount
    from kiezreach.sources.finished import read_finished
    from kiezreach.sources.gates import read_gates
    from kiezreach.sources.snapshot import read_snapshot, read_snapshot_ground

    gates = None if gate_file is None else read_gates(gate_file)
    if out is not None:
        from kiezreach.outputs.difference_files import require_difference_folder, write_difference

        require_difference_folder(out.resolve())
    first, second = read_finished(before), read_finished(after)
    comparison = compare(read_snapshot(first), read_snapshot(second))
    try:
        verdicts = () if gates is None else judge(gates, comparison)
    except InputError as error:
        raise InputError(
            error.problem, file=gate_file, row=error.row, remedy=error.remedy
        ) from error
    account = DifferenceAccount(comparison, verdicts)
    if out is not None:
        write_difference(account, read_snapshot_ground(second, account.study), out.resolve())
    if as_json:
        click.echo(json.dumps(account.as_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo(account.markdown() if markdown else account.text(), nl=False)
        if out is not None and not markdown:
            click.echo("\n" + account.texts("written", folder=out))
    if any(not verdict.kept for verdict in verdicts):
        for verdict in verdicts:
            if not verdict.kept:
                click.echo(f"Broken rule: {verdict.rule}", err=True)
        click.get_current_context().exit(_BROKEN)
