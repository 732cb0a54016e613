"""Options that several commands share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiezreach.errors import InputError, shown

if TYPE_CHECKING:
    from kiezreach.study import Study

_PARTS = 2  # longitude and latitude

study_argument = click.argument(
    "study_file", metavar="[STUDY]", required=False, type=click.Path(path_type=Path)
)
network_option = click.option(
    "--network",
    type=click.Path(path_type=Path),
    help="Walking network to use instead of the study's: .osm.pbf, .osm, GraphML, a line layer.",
)
cache_option = click.option(
    "--cache/--no-cache",
    "cache",
    default=True,
    show_default=True,
    help="Keep networks that were read, and use those kept (see kiezreach cache).",
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
verbose_option = click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="More on stderr: seconds and memory of each step, what the network file held.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def open_study(study_file: Path | None, network: Path | None) -> Study:
    """Read the study that a command names, or the packaged one of Berlin."""
    from kiezreach.study import berlin, read_study

    study = berlin() if study_file is None else read_study(study_file)
    return study if network is None else study.with_network(network)


def lonlat(text: str, option: str) -> tuple[float, float]:
    """Return longitude and latitude of the text of an option."""
    parts = text.split(",")
    try:
        lon, lat = (float(part) for part in parts) if len(parts) == _PARTS else (math.nan, math.nan)
    except ValueError:
        lon = lat = math.nan
    if not (math.isfinite(lon) and math.isfinite(lat)):
        msg = f"{option} '{shown(text)}' is not a longitude and a latitude"
        remedy = f"Give decimal degrees, for example: {option} 13.4105,52.5035"
        raise InputError(msg, remedy=remedy)
    return lon, lat
