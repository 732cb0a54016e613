"""Indicators per planning area, from a Web Feature Service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kiezreach.errors import InputError
from kiezreach.fetch.delivery import Ask, Delivery, Job, Made, deliver
from kiezreach.fetch.record import Origin, Record, toml_table
from kiezreach.outputs.tables import harmless_table
from kiezreach.sources.columns import ids
from kiezreach.sources.downloads.catalogue import find_service
from kiezreach.sources.downloads.wfs import (
    CAPABILITIES,
    CAPABILITIES_MB,
    WfsLayer,
    read_capabilities,
    read_features,
)

if TYPE_CHECKING:
    from kiezreach.sources.downloads.catalogue import IndicatorService, IndicatorTable

ID = "planning_area_id"
_REMEDY = "Try again later, or save the table by hand as a CSV and name that file in the study"


def file_name(service: IndicatorService) -> str:
    """Return the name of the file of a service."""
    return f"{service.name}.csv"


def _layer(service: IndicatorService, table: IndicatorTable) -> WfsLayer:
    """Return how a table is asked for; its polygons are not used."""
    return WfsLayer(service.url, table.type_name, service.id_column, service.page, service.max_mb)


def asks(job: Job, service_name: str) -> list[Ask]:
    """Return what a fetch would ask of whom."""
    service = find_service(job.catalogue.indicators, service_name, "service of indicators")
    address = job.http.address(service.url, CAPABILITIES)
    asked = [Ask(f"GET {address}", "what the service offers", CAPABILITIES_MB, "")]
    for table in service.tables:
        address = job.http.address(service.url, _layer(service, table).params(0, service.page))
        what = f"{table.type_name}, {service.page} areas at a time"
        asked.append(Ask(f"GET {address}", what, service.max_mb, service.licence))
    return asked


def fetch(job: Job, service_name: str) -> Delivery:
    """Fetch the indicators of a service as one CSV, values as published.

    Raises
    ------
    InputError
        If the catalogue has no such service, or the tables cannot be joined.
    DownloadError
        If the service does not answer as asked.
    """
    service = find_service(job.catalogue.indicators, service_name, "service of indicators")

    def make(path: Path, _: Record | None) -> Made:
        offered = read_capabilities(job.http, service.url, _REMEDY)
        tables, downloads = [], []
        for table in service.tables:
            raw, download = read_features(job.http, _layer(service, table), offered, _REMEDY)
            tables.append(_columns(pd.DataFrame(raw), table, service))
            downloads.append(download)
        joined = pd.concat(tables, axis=1)
        harmless_table(joined.sort_index()).to_csv(path, lineterminator="\n")
        origin = Origin(
            service.source, service.licence, service.vintage, service.attribution, offered.terms
        )
        return Made(origin, tuple(downloads), notes=_missing_note(joined))

    return deliver(job, file_name(service), make)


def snippet(file: str, origin: Origin) -> str:
    """Return the table of a study that names the indicators."""
    return toml_table("[[indicators]]", {"file": file, **origin.keys})


def _columns(raw: pd.DataFrame, table: IndicatorTable, service: IndicatorService) -> pd.DataFrame:
    """Return the columns that are taken, under their names in a study."""
    where = Path(table.type_name)
    lacking = [column for column in table.columns if column.lower() not in raw]
    if lacking:
        there = ", ".join(column for column in raw if column != "geometry")
        msg = f"has no column '{lacking[0]}' any more"
        remedy = f"It has {there}: correct the service in a catalogue of your own"
        raise InputError(msg, file=where, remedy=remedy)
    index = pd.Index(ids(raw, service.id_column.lower(), where), name=ID)
    taken = {name: raw[column.lower()].to_numpy() for column, name in table.columns.items()}
    frame = pd.DataFrame(taken, index=index)
    for name in frame:
        number = pd.to_numeric(frame[name], errors="coerce")
        frame[name] = frame[name].mask(number.isin(service.missing))
        # An index is a whole number, also where some areas have none.
        if number.notna().any() and (number.dropna() % 1 == 0).all():
            frame[name] = pd.to_numeric(frame[name], errors="coerce").astype("Int64")
    return frame


def _missing_note(joined: pd.DataFrame) -> tuple[str, ...]:
    """Say how many areas have no value in some column."""
    lacking = int(joined.isna().any(axis=1).sum())
    return (f"{lacking} areas lack some value, as published",) if lacking else ()
