"""``kiezreach scenario``."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kiezreach.cli.options import (
    cache_option,
    json_option,
    lonlat,
    network_option,
    open_study,
    quiet_option,
    verbose_option,
)
from kiezreach.cli.progress import progress
from kiezreach.errors import InputError, shown

if TYPE_CHECKING:
    from kiezreach.study import Scenario, Study


@click.command("scenario")
@click.argument("scenario_file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--close", multiple=True, metavar="ID", help="Close a centre.")
@click.option(
    "--open",
    "opened",
    multiple=True,
    metavar="PLACE",
    help="Open a centre: LON,LAT, an address, or the id of a candidate site.",
)
@click.option(
    "--move", multiple=True, nargs=2, metavar="ID PLACE", help="Move a centre to a place."
)
@click.option(
    "--resize", multiple=True, nargs=2, metavar="ID NUMBER", help="Change a centre's capacity."
)
@click.option(
    "--add-link",
    multiple=True,
    nargs=2,
    metavar="LON,LAT LON,LAT[,METRES]",
    help="Build a way: straight, or as long as the third number says.",
)
@click.option(
    "--remove-link",
    multiple=True,
    metavar="LON,LAT",
    help="Close the way at a place, from crossing to crossing.",
)
@click.option(
    "--residents",
    multiple=True,
    nargs=2,
    metavar="NUMBER PLACE",
    help="Let people move in: at LON,LAT, or in a planning area by id or name.",
)
@click.option(
    "--snapped",
    is_flag=True,
    help="Put centres that are opened or moved on the nearest street, up to 2 km away.",
)
@click.option("--name", metavar="TEXT", help="Name of the scenario.  [default: after its steps]")
@click.option("--study", "study_file", type=click.Path(path_type=Path), help="Study file.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for tables, map and layers.  [default: outputs/scenario-NAME]",
)
@click.option("--no-files", is_flag=True, help="Only print; write nothing.")
@network_option
@json_option
@cache_option
@quiet_option
@verbose_option
def command(
    scenario_file: Path | None,
    name: str | None,
    study_file: Path | None,
    out: Path | None,
    network: Path | None,
    *,
    no_files: bool,
    as_json: bool,
    cache: bool,
    quiet: bool,
    verbose: bool,
    **steps: Any,  # noqa: ANN401 - one entry per kind of step
) -> None:
    """Show what would change if a centre opened, closed or moved, a way was built, or people came.

    FILE is a TOML file of steps; without it, give the steps as options, which are taken in the
    order in which they stand below. The study is that of Berlin unless --study names another.

    \b
    Examples:
      kiezreach scenario --close osm-alte-feuerwache --name "Without the Alte Feuerwache"
      kiezreach scenario --open "Karl-Marx-Straße 12, 12043" --json
      kiezreach scenario savings.toml --study my-town.toml --out outputs/savings
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines
    given = _steps(**steps)
    if (scenario_file is None) == (not given):
        msg = "give either a FILE of steps or steps as options, for example --close ID"
        raise click.UsageError(msg)
    if no_files and out is not None:
        msg = "--no-files and --out contradict each other"
        raise click.UsageError(msg)
    tell = progress(quiet=quiet, verbose=verbose)
    tell("starting")
    from kiezreach.analysis import scenario_base
    from kiezreach.decisions.scenarios import answer_scenario
    from kiezreach.inputs import read_inputs
    from kiezreach.outputs.scenario import ScenarioAccount
    from kiezreach.outputs.scenario_files import require_scenario_folder, write_scenario
    from kiezreach.sources.addresses import read_address_book
    from kiezreach.sources.scenarios import read_scenario

    study = open_study(study_file, network)
    scenario = read_scenario(scenario_file) if scenario_file else _scenario(given)
    if name:
        scenario = scenario.model_copy(update={"name": name})
    folder = (out or Path("outputs") / f"scenario-{_slug(scenario.name)}").resolve()
    if not no_files:
        require_scenario_folder(folder)  # before anybody waits
    study = _without_what_scenarios_leave(study)
    book = read_address_book(study)
    inputs = replace(read_inputs(study, tell, cache=cache), address_book=book)
    tell("walking distances")
    base = scenario_base(study, inputs)
    tell(f"scenario {scenario.name}")
    account = ScenarioAccount(base, answer_scenario(base, scenario, scenario_file))
    if not no_files:
        tell("writing tables, map and layers")
        write_scenario(account, folder)
    tell("done")
    if as_json:
        click.echo(json.dumps(account.as_dict(), ensure_ascii=False, indent=2))
        return
    for line in account.lines():
        click.echo(line)
    if not no_files:
        click.echo(account.texts("written", folder=folder))


def _without_what_scenarios_leave(study: Study) -> Study:
    """Leave out what a scenario does not ask for and takes long: other spreadings and profiles."""
    residents = study.residents.model_copy(update={"plausible_spreads": (), "profiles": {}})
    return study.model_copy(update={"residents": residents, "scenarios": ()})


def _steps(
    close: tuple[str, ...],
    opened: tuple[str, ...],
    move: tuple[tuple[str, str], ...],
    resize: tuple[tuple[str, str], ...],
    add_link: tuple[tuple[str, str], ...],
    remove_link: tuple[str, ...],
    residents: tuple[tuple[str, str], ...],
    *,
    snapped: bool,
) -> list[dict[str, Any]]:
    """Return the steps that the options ask for, as a scenario file has them."""
    on_street = {"snapped": True} if snapped else {}
    return [
        *({"close": centre_id} for centre_id in close),
        *({"open": _site(place, "--open") | on_street} for place in opened),
        *(
            {"move": {"centre": centre_id} | _site(place, "--move") | on_street}
            for centre_id, place in move
        ),
        *(
            {"resize": {"centre": name, "capacity": _number(text, "--resize")}}
            for name, text in resize
        ),
        *({"add_link": _link(start, end)} for start, end in add_link),
        *({"remove_link": {"at": lonlat(place, "--remove-link")}} for place in remove_link),
        *({"residents": _housing(text, place)} for text, place in residents),
    ]


def _scenario(steps: list[dict[str, Any]]) -> Scenario:
    """Make a scenario of steps that were given as options, named after them."""
    from kiezreach.study.reading import read_values
    from kiezreach.study.scenario import Scenario

    names = [_name(kind, step) for entry in steps for kind, step in entry.items()]
    return read_values({"name": ", ".join(names), "steps": steps}, Scenario, "the options")


def _name(kind: str, step: Any) -> str:  # noqa: ANN401 - a step of any kind
    """Name a step in a word or two."""
    about = step if isinstance(step, str) else next(iter(step.values()))
    return f"{kind.replace('_', ' ')} {about if isinstance(about, str | int) else ''}".strip()


def _site(place: str, option: str) -> dict[str, Any]:
    """Tell coordinates, addresses and ids of candidates apart."""
    if re.fullmatch(r"[-+\d.\s]+,[-+\d.\s]+", place):
        return {"at": lonlat(place, option)}
    return {"address": place} if " " in place.strip() else {"candidate": place.strip()}


def _link(start: str, end: str) -> dict[str, Any]:
    """Say from where to where a way leads, and how long it is if a third number tells."""
    numbers = end.split(",")
    place, length = ",".join(numbers[:2]), ",".join(numbers[2:])
    link: dict[str, Any] = {"start": lonlat(start, "--add-link")}
    link["end"] = lonlat(place, "--add-link")
    return link | ({"length_m": _number(length, "--add-link")} if length else {})


def _housing(number: str, place: str) -> dict[str, Any]:
    """Say how many move in and where."""
    count = _number(number, "--residents")
    if not count.is_integer():  # nor is what is infinite or no number
        msg = f"--residents: '{shown(number)}' is no number of people"
        raise InputError(msg, remedy="Give a whole number above 0")
    if "," in place:
        return {"count": int(count), "at": lonlat(place, "--residents")}
    return {"count": int(count), "planning_area": place}


def _number(text: str, option: str) -> float:
    """Return a number of an option."""
    try:
        return float(text)
    except ValueError as error:
        msg = f"{option}: '{shown(text)}' is no number"
        raise InputError(msg, remedy="Give a number above 0") from error


def _slug(name: str) -> str:
    """Return a name for a folder."""
    from kiezreach.outputs.data_package import slug

    return slug(name)[:40].strip("-")
