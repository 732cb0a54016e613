"""``kiezreach brief``."""

from __future__ import annotations

import json
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
    import geopandas as gpd

    from kiezreach.outputs.brief.scope import Scope
    from kiezreach.study import Edition, Study

_EDITIONS = ("de", "en", "de-leicht")


@click.command("brief")
@study_argument
@click.option(
    "--area",
    "area_ids",
    metavar="ID",
    multiple=True,
    help="Area of any level, as tables/coverage.csv names it; once for each brief.",
)
@click.option(
    "--planning-areas",
    metavar="ID,ID",
    help="One brief on these planning areas together: ids, separated by commas.",
)
@click.option("--name", default="", help="What the list of planning areas is called.")
@click.option(
    "--lang",
    "editions",
    type=click.Choice(_EDITIONS),
    multiple=True,
    help="Edition; once for each. de-leicht is plain German.  [default: the study's language]",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("briefs"),
    show_default=True,
    help="Folder for the briefs; other files in it stay.",
)
@network_option
@json_option
@cache_option
@quiet_option
@verbose_option
def command(  # noqa: PLR0913 - one for each option
    study_file: Path | None,
    area_ids: tuple[str, ...],
    planning_areas: str | None,
    name: str,
    editions: tuple[Edition, ...],
    out: Path,
    network: Path | None,
    *,
    as_json: bool,
    cache: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Write briefs of two pages, as HTML and PDF, on districts, other areas or planning areas.

    STUDY is a TOML file; without it, the packaged study of Berlin is used. Without --area and
    --planning-areas, the brief is on all areas together. Every figure has a note that leads to
    its row in the tables of `kiezreach build`.

    \b
    Examples:
      kiezreach brief --area 08 --lang de --lang de-leicht
      kiezreach brief --planning-areas 08100101,08100102 --name "Around Hasenheide" --lang en
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines
    tell = progress(quiet=quiet, verbose=verbose)
    tell("starting")
    from kiezreach.analysis import analyse
    from kiezreach.inputs import read_inputs
    from kiezreach.outputs.brief import write_briefs
    from kiezreach.whole import whole_files

    study = open_study(study_file, network)
    inputs = read_inputs(study, tell, cache=cache)
    scopes = _scopes(study, inputs.areas, area_ids, planning_areas, name)
    analysis = analyse(study, inputs, tell)
    tell("writing the briefs")
    chosen = tuple(dict.fromkeys(editions)) or (study.language,)
    with whole_files(out, "briefs") as work:
        names = [path.name for path in write_briefs(study, inputs, analysis, work, scopes, chosen)]
    paths = [out / name for name in names]
    tell("done")
    if as_json:
        click.echo(json.dumps([path.as_posix() for path in paths], ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(map(str, paths)))


def _scopes(
    study: Study,
    areas: gpd.GeoDataFrame,
    area_ids: tuple[str, ...],
    planning_areas: str | None,
    name: str,
) -> list[Scope]:
    """Return what briefs are asked for; an area that is not there is refused before any work."""
    from kiezreach.outputs.brief import scope

    if name and planning_areas is None:
        msg = "--name is for a list: add --planning-areas, or leave it out"
        raise click.UsageError(msg)
    scopes = [scope.area(areas, area_id) for area_id in dict.fromkeys(area_ids)]
    if planning_areas is not None:
        ids = [part.strip() for part in planning_areas.split(",") if part.strip()]
        scopes.append(scope.planning_areas(areas, ids, name))
    return scopes or [scope.city(study, areas)]
