"""``kiezreach propose``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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

_MODELS = ("mclp", "lscp", "p-median", "p-center")


@click.command("propose")
@study_argument
@click.option("-k", "k", type=int, help="How many further centres.  [default: the study's, or 5]")
@click.option(
    "--model",
    type=click.Choice(_MODELS),
    default="mclp",
    show_default=True,
    help="mclp: most residents served; lscp: fewest centres for --share; p-median: shortest walks "
    "of all; p-center: shortest longest walk.",
)
@click.option("--weight", type=click.Choice(["residents", "need"]), help="Who counts how much.")
@click.option("--threshold", type=float, help="Walk within which somebody is served, in metres.")
@click.option("--share", type=float, help="With --model lscp: share to be served, such as 0.5.")
@click.option("--within", "area", metavar="AREA", help="Only residents of this area count.")
@click.option(
    "--candidates",
    metavar="KINDS|FILE|junctions[:M]",
    help="Kinds of the study's candidates, comma-separated; a file of places; or all junctions, "
    "M metres apart.",
)
@click.option("--menu", type=click.IntRange(min=1), help="The best set of 1, 2, ... so many.")
@click.option("--alternatives", is_flag=True, help="Sets nearly as good that lie elsewhere.")
@click.option("--pareto", is_flag=True, help="Sets between most residents and most need.")
@click.option(
    "--sensitivity",
    is_flag=True,
    help="How often a site is chosen under other plausible thresholds and weights.",
)
@click.option(
    "--per-area",
    multiple=True,
    metavar="LEVEL[=ID]:N",
    help="At least N centres in each area of a level, existing ones counted; repeatable.",
)
@click.option(
    "--district-max",
    multiple=True,
    metavar="[ID:]N",
    help="At most N new centres in each area of the coarsest level, or in one; repeatable.",
)
@click.option("--budget", type=float, help="What all new centres may cost together.")
@click.option("--cost", type=float, help="What each costs.  [default: column cost of the file]")
@click.option("--min-distance", type=float, default=0.0, help="Shortest walk between centres, m.")
@click.option("--time-limit", type=float, help="Seconds for each set.  [default: the study's, 60]")
@click.option("--dry-run", is_flag=True, help="Only tell how large the problem is.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for tables and map.")
@network_option
@json_option
@cache_option
@quiet_option
@verbose_option
def command(
    study_file: Path | None,
    network: Path | None,
    out: Path | None,
    *,
    as_json: bool,
    cache: bool,
    quiet: bool,
    verbose: bool,
    dry_run: bool,
    **asked: Any,  # noqa: ANN401 - the fields of a Request
) -> None:
    """Propose sites for further centres.

    Existing centres stay. Among the candidates, the sites are found that together serve most
    residents who are not served yet; that no other set is better is proven, or the gap is told.
    Words and numbers come in the study's language. Without --out nothing is written.

    \b
    Examples:
      kiezreach propose -k 12 --out sites
      kiezreach propose -k 12 --menu 12 --alternatives --pareto --sensitivity --out sites
      kiezreach propose --model lscp --share 0.5 --within Mitte
      kiezreach propose -k 20 --per-area prognoseraum:1 --district-max 3 --weight need
      kiezreach propose my-town.toml -k 3 --candidates houses.csv --budget 900000
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines
    if dry_run and as_json:
        msg = "--dry-run and --json contradict each other"
        raise click.UsageError(msg)
    tell = progress(quiet=quiet, verbose=verbose)
    tell("starting")
    from kiezreach.cli.propose_request import Request, pose
    from kiezreach.decisions.dossier import dossier
    from kiezreach.outputs.proposals import ProposalReport, size_lines, write_proposals

    request = Request(**asked)
    request.check()
    posed = pose(request, open_study(study_file, network), tell, cache=cache)
    if dry_run:
        click.echo(
            "\n".join(size_lines(posed.study, posed.situation, posed.problem, posed.question))
        )
        return
    found = dossier(posed.study, posed.situation, posed.problem, posed.question, posed.extras, tell)
    report = ProposalReport(posed.study, posed.situation, posed.problem, posed.question, found)
    if out is not None:
        write_proposals(report, out, tell)
    tell("done")
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(report.lines()))
        if out is not None:
            click.echo(f"\n{out}")
