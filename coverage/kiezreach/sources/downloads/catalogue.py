"""The services that data can be fetched from, as data: ``catalogue.toml``, and the user's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from kiezreach.errors import InputError, shown
from kiezreach.sources.files import read_text
from kiezreach.study import Labels
from kiezreach.study.parts import Part
from kiezreach.study.reading import read_part

_HERE = frozenset({"127.0.0.1", "localhost", "::1"})  # a mirror on the same machine
_EXAMPLE = "docs/fetch.md shows a catalogue"


def _address(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in _HERE):
        msg = f"'{shown(url)}' is no https address. Give one that begins with https://"
        raise ValueError(msg)
    return url


Address = Annotated[str, AfterValidator(_address)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
Megabytes = Annotated[float, Field(gt=0, le=100_000)]


class Patience(Part):
    """How often and how long services are asked; seconds."""

    attempts: Annotated[int, Field(ge=1, le=20)] = 5
    first_wait_s: Annotated[float, Field(ge=0)] = 2.0
    """Wait before the second attempt; each further one waits twice as long."""
    longest_wait_s: Annotated[float, Field(ge=0)] = 120.0
    """A service that asks for a longer wait is not waited for."""
    connect_s: Annotated[float, Field(gt=0)] = 10.0
    silence_s: Annotated[float, Field(gt=0)] = 180.0
    """How long a service may send nothing: Overpass needs up to three minutes for a query."""
    total_s: Annotated[float, Field(gt=0)] = 3600.0
    """How long one answer may take in all."""
    contact: Annotated[str, Field(pattern=r"^[ -~]*$")] = ""
    """Address of whoever runs large or regular downloads; services ask for it."""


class Origin(Part):
    """What a study and its maps have to say about data."""

    name: Name
    title: str
    source: str
    licence: str
    attribution: str
    vintage: str = ""
    """Date or year that the data describe; empty where the service says it."""
    max_mb: Megabytes = 100.0
    """An answer that is larger is refused."""


class AreaLayer(Part):
    """A level of areas in a WFS, and how its columns become those of a study."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    labels: Labels
    url: Address
    type_name: str
    id_column: str
    id_last: Annotated[int, Field(ge=1)] | None = None
    """How many characters at the end of the column are the id; all if absent."""
    name_column: str
    parent_first: Annotated[int, Field(ge=1)] | None = None
    """How many characters at the beginning of the id are that of the area one level up."""
    parent_column: str | None = None
    """Column that has it, where the id does not."""


class AreaService(Origin):
    """Areas from a Web Feature Service, from the coarsest level to the finest."""

    crs: str
    page: Annotated[int, Field(ge=1)] = 200
    """Features that are asked for at a time."""
    levels: Annotated[tuple[AreaLayer, ...], Field(min_length=1)]


class ResidentService(Origin):
    """A table (CSV) of residents per planning area."""

    url: Address
    by_hand: str
    """Page on which a person finds the file."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Of the file, where it is known."""
    encoding: str = "utf-8"
    id_column: str
    id_digits: Annotated[int, Field(ge=1)] | None = None
    residents: tuple[str, ...]
    """Columns that add up to the residents."""
    age_groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Columns that add up to each age group."""


class IndicatorTable(Part):
    """A layer of a WFS, of which some columns are taken under names of our own."""

    type_name: str
    columns: dict[str, str]
    """Name in the study by column of the service."""


class IndicatorService(Origin):
    """Indicators per area from a Web Feature Service; its tables are joined by area."""

    url: Address
    id_column: str
    page: Annotated[int, Field(ge=1)] = 200
    missing: tuple[float, ...] = ()
    """Numbers that stand for no value."""
    tables: Annotated[tuple[IndicatorTable, ...], Field(min_length=1)]


class Extract(Origin):
    """A file of OpenStreetMap data of a region (.osm.pbf)."""

    url: Address
    checksum: Address | None = None
    """Address of its MD5 checksum, where the server publishes one."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class GridFormat(Origin):
    """A population grid that a person has downloaded: a CSV with the middles of cells."""

    by_hand: str
    x_column: str
    y_column: str
    residents_column: str
    crs: str
    cell_m: Annotated[float, Field(gt=0)]
    hidden: tuple[str, ...] = ()
    """Values that stand for a count that is not published."""


class OpenStreetMap(Origin):
    """The services of OpenStreetMap that answer questions."""

    overpass: Address
    nominatim: Address
    max_km2: Annotated[float, Field(gt=0)] = 500.0
    """Larger places are to be taken from an extract."""
    centre_tags: dict[str, tuple[str, ...]]
    """Objects that may be centres."""


class Catalogue(Part):
    """Every service by its name."""

    patience: Patience = Patience()
    areas: tuple[AreaService, ...] = ()
    residents: tuple[ResidentService, ...] = ()
    indicators: tuple[IndicatorService, ...] = ()
    extracts: tuple[Extract, ...] = ()
    grids: tuple[GridFormat, ...] = ()
    openstreetmap: OpenStreetMap | None = None


_Service = TypeVar("_Service", bound=Origin)


def find_service(services: tuple[_Service, ...], name: str, what: str) -> _Service:
    """Return the service of a name.

    Raises
    ------
    InputError
        If there is none.
    """
    found = next((service for service in services if service.name == name), None)
    if found is None:
        msg = f"the catalogue has no {what} '{shown(name)}'"
        there = ", ".join(service.name for service in services) or "none"
        raise InputError(msg, remedy=f"It has: {there}. A file for --catalogue can add others")
    return found


def read_catalogue(own: Path | None = None) -> Catalogue:
    """Return the packaged catalogue, with the services of a file of the user's own.

    Parameters
    ----------
    own
        A TOML file of the same form; its services take the place of packaged ones of the same
        name, its patience and its OpenStreetMap those of the packaged file.

    Raises
    ------
    StudyError
        If the file has an unknown key, a wrong type or a value that is not allowed.
    """
    packaged = _packaged()
    if own is None:
        return packaged
    mine = read_part(own, read_text(own), Catalogue, _EXAMPLE)
    merged: dict[str, object] = {
        "areas": _merged(packaged.areas, mine.areas),
        "residents": _merged(packaged.residents, mine.residents),
        "indicators": _merged(packaged.indicators, mine.indicators),
        "extracts": _merged(packaged.extracts, mine.extracts),
        "grids": _merged(packaged.grids, mine.grids),
    }
    if "patience" in mine.model_fields_set:
        merged["patience"] = mine.patience
    if mine.openstreetmap is not None:
        merged["openstreetmap"] = mine.openstreetmap
    return packaged.model_copy(update=merged)


@cache
def _packaged() -> Catalogue:
    """Return the packaged catalogue."""
    path = Path(__file__).with_name("catalogue.toml")
    return read_part(path, path.read_text(encoding="utf-8"), Catalogue, _EXAMPLE)


def _merged(packaged: tuple[_Service, ...], mine: tuple[_Service, ...]) -> tuple[_Service, ...]:
    """Put the user's services before the packaged ones, of which those of the same name go."""
    names = {service.name for service in mine}
    return (*mine, *(service for service in packaged if service.name not in names))
