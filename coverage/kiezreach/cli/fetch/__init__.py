"""``kiezreach fetch``: one file per subject."""

from __future__ import annotations

import click

from kiezreach.cli.fetch.areas import command as areas
from kiezreach.cli.fetch.buildings import command as buildings
from kiezreach.cli.fetch.centres import command as centres
from kiezreach.cli.fetch.grid import command as grid
from kiezreach.cli.fetch.indicators import command as indicators
from kiezreach.cli.fetch.network import command as network
from kiezreach.cli.fetch.residents import command as residents
from kiezreach.cli.fetch.services import command as services


@click.group("fetch")
def command() -> None:
    """Fetch official data and OpenStreetMap as files that a study can name.

    Nothing else in kiezreach opens connections. Each file comes with its licence and attribution
    (FILE.source.toml), and the tables to put into a study are printed. --dry-run tells what
    would be asked of whom. Exit code 3: a service did not answer as asked.

    \b
    Examples:
      kiezreach fetch services
      kiezreach fetch areas berlin-lor-2021 --out my-berlin --dry-run
      kiezreach fetch network --place "Heidelberg, Germany" --out heidelberg
    """  # noqa: D301 - click reads the character itself: what follows keeps its lines


for _subject in (services, areas, residents, buildings, indicators, centres, network, grid):
    command.add_command(_subject)
