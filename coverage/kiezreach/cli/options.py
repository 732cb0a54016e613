"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kiezreach.study import Study

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
