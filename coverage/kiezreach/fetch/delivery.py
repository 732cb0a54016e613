"""Put fetched files in place: whole or not at all, with a record, never over somebody's work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kiezreach.errors import DownloadError, OutputError, shown
from kiezreach.fetch.record import Origin, Record, read_record, record_path, record_text
from kiezreach.sources.downloads.catalogue import Catalogue
from kiezreach.sources.downloads.files import Download
from kiezreach.sources.downloads.http import Http
from kiezreach.sources.downloads.manners import host_of
from kiezreach.sources.files import sha256
from kiezreach.whole import complete, whole_files


@dataclass(frozen=True)
class Ask:
    """What would be asked of whom.

    Parameters
    ----------
    address
        With GET or POST before it.
    what
        What for, in words.
    max_mb
        Largest answer.
    licence
        Licence of what comes back.
    """

    address: str
    what: str
    max_mb: float
    licence: str

    @property
    def host(self) -> str:
        """Who is asked."""
        return urlsplit(self.address.split(" ", 1)[1]).netloc


@dataclass(frozen=True)
class Job:
    """What every fetch needs.

    Parameters
    ----------
    catalogue
        The services.
    http
        How to ask them.
    out
        Folder for the files.
    refresh
        Replace what is there, and take what has changed.
    """

    catalogue: Catalogue
    http: Http
    out: Path
    refresh: bool = False


@dataclass(frozen=True)
class Made:
    """A file that was made, before it is put in place.

    Parameters
    ----------
    origin
        Where its data come from.
    downloads
        What came from services.
    notes
        What was done to the data, and what is to be known of them; in words.
    """

    origin: Origin
    downloads: tuple[Download, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delivery:
    """A file in its place.

    Parameters
    ----------
    file
        Where it lies.
    made
        What is known of it; None where it was there already and nothing was asked.
    replaced
        Whether it took the place of another one.
    """

    file: Path
    made: Made | None
    replaced: bool = False


def deliver(job: Job, name: str, make: Callable[[Path, Record | None], Made]) -> Delivery:
    """Make a file and put it in its place with its record, unless it is there already.

    Parameters
    ----------
    job
        Folder, and whether to replace what is there.
    name
        Name of the file.
    make
        Makes it at a path that it is given, with the record of an earlier fetch that it has to
        agree with, if there is one.

    Returns
    -------
    Delivery

    Raises
    ------
    OutputError
        If another file is in its place, or it cannot be written.
    DownloadError
        If a service does not answer, or has other data than were recorded.
    """
    target = job.out / name
    complete(target)
    record = None if job.refresh else read_record(target)
    if target.exists() and not job.refresh:
        if record is not None and sha256(target) == record.sha256:
            return Delivery(target, None)
        told = "was changed since it was fetched" if record else "is there already"
        msg = f"{shown(target)}: {told}. Move it away, or replace it with --refresh"
        raise OutputError(msg)
    replaced = target.exists()
    with whole_files(job.out, name) as work:
        made = make(work / name, record)
        _check_unchanged(made, record)
        text = record_text(name, sha256(work / name), made.origin, made.downloads, made.notes)
        record_path(work / name).write_text(text, encoding="utf-8", newline="\n")
    return Delivery(target, made, replaced)


def _check_unchanged(made: Made, record: Record | None) -> None:
    """Raise an error if a service has other data than when they were recorded."""
    if record is None:
        return
    for download in made.downloads:
        before = record.known(download.url)
        if before is not None and before != download.sha256:
            told = f"has other data now than were recorded: {before[:12]} then, "
            told += f"{download.sha256[:12]} now (sha256)"
            remedy = "Take the new ones with --refresh, or look for the old ones by hand"
            raise DownloadError(host_of(download.url), download.url, told, remedy)
