"""``kiezreach explain``."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiezreach.cli.options import (
    json_option,
    lonlat,
    network_option,
    open_study,
    quiet_option,
    study_argument,
    verbose_option,
)
from kiezreach.cli.progress import progress
from kiezreach.errors import InputError, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pandas as pd

    from kiezreach.outputs.explain import Account
    from kiezreach.outputs.explain_area import AreaAccount
    from kiezreach.study import Study


@click.command("explain")
@study_argument
@click.option("--at", metavar="LON,LAT", help="A place, in decimal degrees: the walk from there.")
@click.option("--area", metavar="ID", help="A planning area, by id or name: need and coverage.")
@click.option("--centre", metavar="ID", help="Walk to this centre instead of the nearest.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="GeoJSON file to write the walk to."
)
@network_option
@json_option
@quiet_option
@verbose_option
def command(
    study_file: Path | None,
    at: str | None,
    area: str | None,
    centre: str | None,
    out: Path | None,
    network: Path | None,
    *,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Explain the walk from one place street by street, or the need of one planning area.

    STUDY is a TOML file; without it, the packaged study of Berlin is asked. Words and numbers
    come in the study's language.

    \b
    Examples:
      kiezreach explain --at 13.4105,52.5035
      kiezreach explain --at 13.4105,52.5035 --network berlin.osm.pbf --out walk.geojson
      kiezreach explain my-town.toml --at 8.6821,49.4122 --centre library --json
      kiezreach explain --area 01100101
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines
    tell = progress(quiet=quiet, verbose=verbose)
    if at is None and area is not None and (centre, out) == (None, None):
        study = _opened(study_file, network, tell)
        account: AreaAccount | Account = _account_of_area(study, area, tell)
    elif at is not None and area is None:
        place = lonlat(at, "--at")
        study = _opened(study_file, network, tell)
        walk = _account_of_walk(study, place, centre, tell)
        if out is not None:
            _write(out, json.dumps(walk.geojson(), ensure_ascii=False, indent=1) + "\n")
        account = walk
    else:
        msg = "give either --at, with --centre and --out if you like, or --area"
        raise click.UsageError(msg)
    tell("done")
    if as_json:
        click.echo(json.dumps(account.as_dict(), ensure_ascii=False, indent=2))
    else:
        for line in account.lines():
            click.echo(line)


def _opened(study_file: Path | None, network: Path | None, tell: Callable[[str], None]) -> Study:
    """Read the study; the libraries that are loaded with it take a moment."""
    tell("starting")
    return open_study(study_file, network)


def _account_of_walk(
    study: Study, at: tuple[float, float], centre: str | None, tell: Callable[[str], None]
) -> Account:
    """Find the walk from a place."""
    from kiezreach.outputs.explain import Account
    from kiezreach.reach import explain, reach
    from kiezreach.sources.areas import read_areas
    from kiezreach.sources.centres import read_centres
    from kiezreach.study_networks import read_study_network

    tell("reading areas and centres")
    areas = read_areas(study)
    place = _place(*at, areas)
    centres, excluded = read_centres(study, areas)
    if centre is not None:
        _check_centre(centre, centres, excluded)
    tell(f"reading the walking network {study.path(study.network.file).name}")
    net, _ = read_study_network(study, areas)
    tell("walking")
    settings = study.analysis
    walks = reach(net, centres, settings.max_walk_m, **settings.legs)
    return Account(study, areas, centres, walks, explain(walks, place, centre), chosen=centre)


def _account_of_area(study: Study, asked: str, tell: Callable[[str], None]) -> AreaAccount:
    """Take the need of a planning area apart and count who is served there."""
    from kiezreach.classes import area_classes
    from kiezreach.coverage import coverage
    from kiezreach.inputs import require_usable
    from kiezreach.need import need_table
    from kiezreach.outputs.explain_area import AreaAccount, AreaFacts
    from kiezreach.reach import reach
    from kiezreach.sources.area_search import planning_area
    from kiezreach.sources.areas import read_areas
    from kiezreach.sources.centres import read_centres
    from kiezreach.sources.indicators import read_indicators
    from kiezreach.sources.residents import read_residents
    from kiezreach.study_networks import read_study_network

    tell("reading areas, centres and residents")
    areas = read_areas(study)
    area_id = planning_area(areas, asked)
    centres, _ = read_centres(study, areas)
    residents, _ = read_residents(study, areas)
    table = read_indicators(study, areas)
    people = residents.groupby("planning_area_id")["residents"].sum()
    classes = area_classes(study.classes, table.numbers, table.texts, people)
    require_usable(study, table.numbers, classes)
    need = study.need and need_table(areas, table.numbers, study.need, classes, people)
    tell(f"reading the walking network {study.path(study.network.file).name}")
    network, _ = read_study_network(study, areas)
    tell("walking distances")
    finest = areas[areas["level"] == study.areas.levels[-1].id]
    served = coverage(
        finest[finest["area_id"] == area_id],
        residents[residents["planning_area_id"] == area_id],
        reach(network, centres, study.analysis.max_walk_m, **study.analysis.legs),
        study.analysis.thresholds_m,
    )
    return AreaAccount(
        study,
        area_id,
        AreaFacts(
            areas=areas,
            indicators=table.numbers if study.indicators else None,
            classes=classes,
            need=need,
            coverage=served[served["area_id"] == area_id],
            excluded=table.excluded,
            provenance=network.provenance,
        ),
    )


def _place(lon: float, lat: float, areas: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the place if it lies in the study's areas."""
    import geopandas as gpd
    import shapely

    from kiezreach.lonlat import lonlat_bounds

    ground = areas.geometry[areas["level"] == areas["level"].iloc[-1]].union_all()
    both = [(lon, lat), (lat, lon)]
    # Beyond the globe there is nothing to project; such a pair may still be exchanged.
    points = [shapely.Point(x, y) if abs(x) <= 180 and abs(y) <= 90 else None for x, y in both]  # noqa: PLR2004 - degrees
    found = gpd.GeoSeries(points, crs=4326).to_crs(areas.crs)
    away = shapely.distance(found.to_numpy(), ground)
    if away[0] == 0:
        return found.iloc[[0]]
    west, south, east, north = lonlat_bounds(areas)
    if away[1] == 0:
        msg = f"--at {lon:g},{lat:g}: longitude and latitude are swapped"
        raise InputError(msg, remedy=f"Exchange them: --at {lat:g},{lon:g}")
    far = f"{away[0] / 1000:,.1f} km outside" if math.isfinite(away[0]) else "outside"
    msg = f"--at {lon:g},{lat:g} is {far} the study area"
    remedy = (
        f"Give a place between longitude {west:.2f} and {east:.2f}, "
        f"latitude {south:.2f} and {north:.2f}"
    )
    raise InputError(msg, remedy=remedy)


def _check_centre(centre: str, centres: gpd.GeoDataFrame, excluded: pd.DataFrame) -> None:
    """Refuse a centre that does not count, and say which id may have been meant."""
    import difflib

    if centre in centres.index:
        return
    left_out = excluded.loc[excluded["id"] == centre, "reason"]
    if len(left_out):
        msg = f"the centre '{shown(centre)}' does not count in this study: {left_out.iloc[0]}"
        raise InputError(msg, remedy="Choose another, or change centres.kinds of the study")
    close = difflib.get_close_matches(centre, centres.index.tolist(), n=1, cutoff=0.5)
    hint = f"Did you mean '{close[0]}'? " if close else ""
    msg = f"there is no centre '{shown(centre)}'"
    raise InputError(msg, remedy=f"{hint}The ids stand in the study's centres file")


def _write(path: Path, text: str) -> None:
    """Write a file, or say why it cannot be written."""
    from kiezreach.whole import whole_file

    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")
