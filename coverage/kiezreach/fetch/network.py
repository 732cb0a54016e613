"""The walking network: cut out of a whole extract, or asked of Overpass for a small place."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from kiezreach.errors import DownloadError
from kiezreach.fetch.delivery import Ask, Delivery, Job, Made, deliver
from kiezreach.fetch.record import Origin, Record, toml_table
from kiezreach.fetch.regions import (
    Region,
    file_origin,
    find_region,
    openstreetmap,
    region_asks,
)
from kiezreach.network.extract import clip_osm_file, network_keys, write_elements
from kiezreach.sources.downloads.catalogue import find_service
from kiezreach.sources.downloads.files import fetch_file
from kiezreach.sources.downloads.manners import host_of
from kiezreach.sources.osm_objects import data_date

if TYPE_CHECKING:
    from kiezreach.sources.downloads.catalogue import Extract
    from kiezreach.sources.downloads.files import Download

NAME = "network.osm.pbf"
_REMEDY = "Try again later, or save the file by hand and give it with --file"
_PBF_HEAD = b"OSMHeader"  # within the first bytes of every .osm.pbf
_HEAD_BYTES = 64
_CHECKSUM_MB = 0.01


def asks(
    job: Job, region: Region | None, extract: str | None, file: Path | None = None
) -> list[Ask]:
    """Return what a fetch would ask of whom."""
    around = [] if region is None else region_asks(job, region)
    if file is not None:
        return around
    if extract is None:
        osm = openstreetmap(job)
        keys = ", ".join(network_keys())
        status = Ask(f"GET {osm.overpass}/status", "when there is a free slot", 0.1, "")
        what = f"every way with {keys} in the area, and its nodes"
        query = Ask(f"POST {osm.overpass}/interpreter", what, osm.max_mb, osm.licence)
        return [*around, status, query]
    service = find_service(job.catalogue.extracts, extract, "extract")
    whole = Ask(f"GET {service.url}", service.title, service.max_mb, service.licence)
    if service.checksum is None or service.sha256 is not None:
        return [*around, whole]
    check = Ask(f"GET {service.checksum}", "its checksum", _CHECKSUM_MB, "")
    return [*around, check, whole]


def fetch_from_overpass(job: Job, region: Region) -> Delivery:
    """Fetch every way of a small place, whoever may use it, as an OpenStreetMap file.

    Raises
    ------
    InputError
        If there is no such place, or it is too large.
    DownloadError
        If a service does not answer as asked.
    """
    from kiezreach.sources.downloads.openstreetmap import find_ways

    osm = openstreetmap(job)

    def make(path: Path, _: Record | None) -> Made:
        area = find_region(job, region)
        elements, date, download = find_ways(job.http, osm, area, network_keys())
        write_elements(elements, date, path)
        origin = Origin(osm.source, osm.licence, date or osm.vintage, osm.attribution)
        return Made(origin, (download,), notes=(_ways_note(elements), _around_note(region)))

    return deliver(job, NAME, make)


def fetch_from_extract(job: Job, region: Region | None, extract: str) -> Delivery:
    """Fetch an extract whole, and cut the region out of it, if one is given.

    Raises
    ------
    InputError
        If the catalogue has no such extract, or the region is wrong.
    DownloadError
        If the server does not answer as asked, or the file is not the one that it says.
    """
    service = find_service(job.catalogue.extracts, extract, "extract")

    def make(path: Path, record: Record | None) -> Made:
        whole, download = _whole_extract(job, service, record)
        date = data_date(whole) or service.vintage
        origin = Origin(service.source, service.licence, date, service.attribution)
        return _cut(job, region, whole, path, origin, (download,))

    return deliver(job, NAME, make)


def cut_from_file(job: Job, region: Region, file: Path) -> Delivery:
    """Cut a region out of an OpenStreetMap file that the user has; nothing is asked.

    Raises
    ------
    InputError
        If the file or the region is wrong.
    """

    def make(path: Path, _: Record | None) -> Made:
        return _cut(job, region, file, path, file_origin(job, file), ())

    return deliver(job, NAME, make)


def snippet(file: str, origin: Origin) -> str:
    """Return the table of a study that names the network."""
    return toml_table("[network]", {"file": file, **origin.keys})


def _whole_extract(job: Job, service: Extract, record: Record | None) -> tuple[Path, Download]:
    """Download an extract, or take it from where downloads are kept."""
    known = service.sha256 or (record.known(service.url) if record else None)
    whole, download = fetch_file(
        job.http,
        service.url,
        max_mb=service.max_mb,
        known=known,
        checksum=service.checksum,
        remedy=_REMEDY,
    )
    with whole.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if _PBF_HEAD not in head:
        whole.unlink()
        told = "sent a file that is no OpenStreetMap extract (.osm.pbf)"
        raise DownloadError(host_of(service.url), f"GET {service.url}", told, _REMEDY)
    return whole, download


def _cut(
    job: Job,
    region: Region | None,
    whole: Path,
    path: Path,
    origin: Origin,
    downloads: tuple[Download, ...],
) -> Made:
    """Write the part of a file that lies in a region, or all of it."""
    if region is None:
        shutil.copyfile(whole, path)
        return Made(origin, downloads)
    count = clip_osm_file(whole, find_region(job, region), path)
    told = f"{count:,} ways cut out of {whole.name}"
    return Made(origin, downloads, notes=(told, _around_note(region)))


def _ways_note(elements: list[dict[str, object]]) -> str:
    """Say how many ways there are."""
    count = sum(element["type"] == "way" for element in elements)
    return f"{count:,} ways, of every kind: the profile of the study decides which are walked"


def _around_note(region: Region) -> str:
    """Say how far around the areas the network reaches."""
    return f"it reaches {region.buffer_m:,.0f} m around the areas: no walk beyond that is known"
