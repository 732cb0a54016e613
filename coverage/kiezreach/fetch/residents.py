"""Residents per planning area, from a table of a statistical office."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kiezreach.errors import InputError, shown
from kiezreach.fetch.delivery import Ask, Delivery, Job, Made, deliver
from kiezreach.fetch.record import Origin, Record, toml_table
from kiezreach.outputs.tables import harmless_table
from kiezreach.sources.columns import (
    check_groups_add_up,
    ids,
    require_columns,
    whole_numbers,
)
from kiezreach.sources.downloads.catalogue import find_service
from kiezreach.sources.downloads.files import fetch_file
from kiezreach.sources.files import read_table

if TYPE_CHECKING:
    from kiezreach.sources.downloads.catalogue import ResidentService

NAME = "residents.csv"
ID = "planning_area_id"


def _remedy(service: ResidentService) -> str:
    """Say how to do without the service."""
    return f"Save the file by hand from {service.by_hand} and give it with --file"


def asks(job: Job, service_name: str) -> list[Ask]:
    """Return what a fetch would ask of whom."""
    service = find_service(job.catalogue.residents, service_name, "table of residents")
    return [Ask(f"GET {service.url}", service.title, service.max_mb, service.licence)]


def fetch(job: Job, service_name: str, file: Path | None = None) -> Delivery:
    """Fetch a table of residents, or take it from a file, as totals of planning areas.

    Parameters
    ----------
    job
        Services, folder.
    service_name
        Name in the catalogue, which says what the columns mean.
    file
        The table, where the user has it; nothing is asked then.

    Raises
    ------
    InputError
        If the catalogue has no such table, or the table cannot be read as it says.
    DownloadError
        If the service does not answer as asked.
    """
    service = find_service(job.catalogue.residents, service_name, "table of residents")

    def make(path: Path, record: Record | None) -> Made:
        origin = Origin(service.source, service.licence, service.vintage, service.attribution)
        if file is not None:
            harmless_table(as_totals(file, service)).to_csv(path, lineterminator="\n")
            return Made(origin, notes=(f"from the file {file.name}, saved by hand",))
        known = service.sha256 or (record.known(service.url) if record else None)
        raw, download = fetch_file(
            job.http, service.url, max_mb=service.max_mb, known=known, remedy=_remedy(service)
        )
        harmless_table(as_totals(raw, service)).to_csv(path, lineterminator="\n")
        return Made(origin, (download,))

    return deliver(job, NAME, make)


def snippet(file: str, origin: Origin, service: ResidentService) -> str:
    """Return the table of a study that names the totals."""
    values = {"totals": file, "age_groups": list(service.age_groups), **origin.keys}
    return (
        toml_table("[residents]", values)
        + '\nspread = "block_area"  # or another method; it needs what to spread over:'
        + '\n\n[residents.support.blocks]\nfile = "blocks.gpkg"'
    )


def as_totals(file: Path, service: ResidentService) -> pd.DataFrame:
    """Return a table of residents in the schema of a study.

    Parameters
    ----------
    file
        CSV of the statistical office.
    service
        What its columns mean.

    Returns
    -------
    DataFrame
        Indexed and sorted by ``planning_area_id``: ``residents`` and the age groups.

    Raises
    ------
    InputError
        If a column is missing, an id has not as many digits as it should, a count is none, or
        age groups do not add up.
    """
    raw = read_table(file)
    groups = {"residents": service.residents, **service.age_groups}
    needed = [column for columns in groups.values() for column in columns]
    require_columns(raw, [service.id_column, *needed], file)
    area_id = ids(raw, service.id_column, file)
    if service.id_digits is not None:
        wrong = area_id[~area_id.str.fullmatch(rf"\d{{{service.id_digits}}}")]
        if len(wrong):
            msg = f"'{service.id_column}' is '{shown(wrong.iloc[0])}', which has not"
            msg += f" {service.id_digits} digits"
            remedy = "A spreadsheet cuts leading zeros: save the file again as it was published"
            raise InputError(msg, file=file, row=f"row {wrong.index[0]}", remedy=remedy)
    counts = pd.DataFrame(
        {
            name: sum(whole_numbers(raw, column, file) for column in columns)
            for name, columns in groups.items()
        }
    )
    names = tuple(service.age_groups)
    check_groups_add_up(counts, names, area_id, "age_groups of the service", file)
    return counts.set_index(pd.Index(area_id.to_numpy(), name=ID)).sort_index()
