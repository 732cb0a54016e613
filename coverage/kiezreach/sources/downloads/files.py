"""Download whole files through pooch: verified, resumed, never half there."""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256 as new_sha256
from pathlib import Path
from typing import IO

import platformdirs
import pooch

from kiezreach.errors import DownloadError, OutputError
from kiezreach.sources.downloads.http import Http
from kiezreach.sources.downloads.manners import host_of, told_address
from kiezreach.sources.files import sha256

FOLDER_VARIABLE = "KIEZREACH_DOWNLOAD_DIR"
_CHECKSUM_MB = 0.01
_MD5 = re.compile(r"\b[0-9a-fA-F]{32}\b")


@dataclass(frozen=True)
class Download:
    """A file or an answer that came from a service.

    Parameters
    ----------
    url
        Where from.
    sha256
        Of its bytes; of the answers of a service that orders them anew each time, of what they
        say, in an order of its own.
    size
        Bytes.
    """

    url: str
    sha256: str
    size: int


def download_folder() -> Path:
    """Return where downloads are kept; the variable KIEZREACH_DOWNLOAD_DIR names another."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    return platformdirs.user_cache_path("kiezreach", appauthor=False) / "downloads"


def fetch_file(
    http: Http,
    url: str,
    *,
    max_mb: float,
    known: str | None = None,
    checksum: str | None = None,
    remedy: str,
) -> tuple[Path, Download]:
    """Download a file into the folder of downloads, or take it from there.

    Parameters
    ----------
    http
        How to ask.
    url
        The file.
    max_mb
        Its largest size.
    known
        Its SHA-256, where it is known or was recorded when it was fetched before: a file that is
        there already and has it is not asked for again.
    checksum
        Address of its MD5 checksum, where the server publishes one; of no use with `known`.
    remedy
        What the user can do where it fails.

    Returns
    -------
    Path
        Where it lies; it is to be copied, not to be changed.
    Download

    Raises
    ------
    DownloadError
        If it cannot be had whole, or is another file than the one that is known.
    """
    folder = download_folder()
    folder.mkdir(parents=True, exist_ok=True)
    name = pooch.utils.unique_file_name(url)
    target = folder / name
    published = "" if known or checksum is None else _published_md5(http, checksum, remedy)
    if not known and not published:
        target.unlink(missing_ok=True)  # what is not known may have changed
    expected = f"sha256:{known}" if known else f"md5:{published}" if published else None
    _quieten()
    try:
        pooch.retrieve(
            url,
            known_hash=expected,
            fname=name,
            path=folder,
            downloader=_Resuming(http, max_mb, folder / f"{name}.part", remedy),
        )
    except ValueError as error:  # what pooch raises for another hash
        told = "has another file now than the one that is known"
        told += f": expected is {expected}" if expected else ""
        raise DownloadError(host_of(url), f"GET {told_address(url)}", told, remedy) from error
    return target, Download(url, sha256(target), target.stat().st_size)


@dataclass(frozen=True)
class _Resuming:
    """Downloads for pooch; what an attempt has left is gone on with."""

    http: Http
    max_mb: float
    part: Path
    remedy: str

    def __call__(self, url: str, output_file: str | IO[bytes], _: object) -> None:
        """Download a file to where pooch wants it."""
        with _alone_at(self.part):
            self.http.save(url, self.part, max_mb=self.max_mb, remedy=self.remedy)
            if isinstance(output_file, str):
                self.part.replace(output_file)
                return
            with self.part.open("rb") as stream:
                shutil.copyfileobj(stream, output_file)
            self.part.unlink()


@contextmanager
def _alone_at(part: Path) -> Iterator[None]:
    """Let no other run go on with the same file meanwhile; a lock ends with its process."""
    with part.with_name(f"{part.name}.lock").open("w") as lock:
        try:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            pass  # Windows has none: two runs at once are not kept apart there
        except BlockingIOError as error:
            msg = f"{part}: another run is fetching the same file. Wait for it, then try again"
            raise OutputError(msg) from error
        yield


def _published_md5(http: Http, checksum: str, remedy: str) -> str:
    """Return the MD5 checksum that a server publishes of a file."""
    answer = http.get(checksum, max_mb=_CHECKSUM_MB, remedy=remedy)
    found = _MD5.search(answer.content.decode("ascii", "replace"))
    if found is None:
        told = "publishes no MD5 checksum there"
        raise DownloadError(host_of(checksum), f"GET {told_address(checksum)}", told, remedy)
    return found[0].lower()


def _quieten() -> None:
    """Keep pooch from telling users about its cache."""
    pooch.get_logger().setLevel(logging.WARNING)


def digest(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal digits."""
    return new_sha256(content).hexdigest()
