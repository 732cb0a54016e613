"""``kiezreach build``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    from kiezreach.outputs.print_map import Maps
    from kiezreach.study.outputs import LayerFormat


@click.command("build")
@study_argument
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the outputs.  [default: outputs/NAME-OF-STUDY]",
)
@network_option
@click.option("--frozen", is_flag=True, help="Refuse when anything differs from kiezreach.lock.")
@click.option(
    "--also",
    multiple=True,
    type=click.Choice(["geojson", "geoparquet"]),
    help="Write the layers in this format as well, to the folder layers; can be repeated.",
)
@click.option(
    "--maps",
    type=click.Choice(["all", "city", "none"]),
    default="all",
    show_default=True,
    help="Printed maps to draw: all, those of the whole city, or none.",
)
@json_option
@cache_option
@quiet_option
@verbose_option
def command(
    study_file: Path | None,
    out: Path | None,
    network: Path | None,
    also: tuple[LayerFormat, ...],
    maps: Maps,
    *,
    frozen: bool,
    as_json: bool,
    cache: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Compute catchments, coverage and gaps of a study and write maps and tables.

    STUDY is a TOML file; without it, the packaged study of Berlin is built. An earlier build in
    the folder is replaced once the new one is whole. kiezreach lock writes what --frozen holds to.

    \b
    Examples:
      kiezreach build
      kiezreach build my-town.toml --out outputs/my-town
      kiezreach build my-town.toml --frozen
      kiezreach build --maps none --json
      kiezreach build --network berlin-latest.osm.pbf --out outputs/berlin-osm
      kiezreach build --also geojson --also geoparquet
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines
    tell = progress(quiet=quiet, verbose=verbose)
    tell("starting")
    from kiezreach.build import build
    from kiezreach.outputs.print_map.press import cores

    study = open_study(study_file, network).with_formats(also)
    if frozen:
        from kiezreach.lock import lock_path, require_locked

        tell("comparing with the lock")
        require_locked(study, lock_path(study))
    stem = "berlin" if study_file is None else study_file.stem
    result = build(
        study, out or Path("outputs") / stem, tell=tell, cache=cache, maps=maps, processes=cores()
    )
    tell("done")
    if as_json:
        click.echo(json.dumps(result.manifest, ensure_ascii=False, indent=2, sort_keys=True))
    else:
        _print_summary(result.manifest, result.folder)


def _print_summary(manifest: dict[str, Any], folder: Path) -> None:
    """Print the headline figures and where the map lies."""
    head = manifest["headline"]
    place = manifest["study"]["name"]
    centres = "1 centre" if head["centres"] == 1 else f"{head['centres']} centres"
    click.echo(f"{place}: {head['residents']:,} residents, {centres}")
    ways = 1 + len(manifest["plausible_spreads"])
    for threshold, served in head["served"].items():
        count = f"{served['residents']:>10,}"
        if head["residents"]:
            share = f"{served['share']:.1%}"
            if ways > 1:
                share += f"; {served['share_low']:.1%} to {served['share_high']:.1%}"
            count += f" ({share})"
        click.echo(f"  within {threshold:>5} m on foot: {count}")
    if ways > 1:
        click.echo(f"  Intervals: over {ways} ways of spreading the residents of planning areas")
    for file, count in manifest["excluded"].items():
        click.echo(f"  tables/excluded.csv: {count} {'line' if count == 1 else 'lines'} on {file}")
    for warning in manifest["warnings"]:
        click.echo(f"  Note: {warning}")
    click.echo(f"Map: {folder / 'map.html'}")
