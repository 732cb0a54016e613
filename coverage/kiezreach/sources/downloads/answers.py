"""Judge answers over HTTP: their status, kind and size, and the time that they take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
import urllib3

from kiezreach.errors import DownloadError, shown
from kiezreach.sources.downloads.manners import (
    BUSY,
    Manners,
    TryAgain,
    host_of,
    retry_after,
    status_line,
    told_address,
)

OK, PARTIAL, NOT_THERE_ANY_MORE = 200, 206, 416
MEGABYTE = 1_000_000
_PIECE = 65_536  # bytes at once
_SAID = 2000  # bytes of an error page that are read for what it says
_PAGES = ("text/html", "application/xhtml+xml")  # what a browser shows instead of the data


def bounded_pieces(
    response: requests.Response, max_mb: float, manners: Manners, asked: str, remedy: str
) -> Iterator[bytes]:
    """Read the body of an answer as it arrives, within its limits of size and time.

    Parameters
    ----------
    response
        An answer that was asked for as a stream.
    max_mb
        Its largest size, unpacked.
    manners
        How long it may take.
    asked, remedy
        For messages.

    Raises
    ------
    DownloadError
        If it is too large.
    TryAgain
        If it takes too long.
    """
    begun, size = manners.clock(), 0
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal():
        size = int(announced)
    read = 0
    while True:
        if max(size, read) > max_mb * MEGABYTE:
            has = max(size, read) / MEGABYTE
            msg = f"has {has:,.1f} MB or more; {max_mb:,.1f} MB are the most that is taken"
            told = f"{remedy}, or raise max_mb of the service in a catalogue of your own"
            raise DownloadError(host_of(asked), told_address(asked), msg, told)
        # What has arrived, at once: a full piece of a slow answer could take hours.
        piece: bytes = response.raw.read1(_PIECE, decode_content=True)
        if not piece:
            return
        read += len(piece)
        if manners.clock() - begun > manners.patience.total_s:
            msg = f"was not through after {manners.patience.total_s:,.0f} s ({read:,} bytes)"
            raise TryAgain(msg)
        yield piece


def check_status(response: requests.Response, asked: str, remedy: str) -> None:
    """Raise an error or ask for another attempt unless an answer is a good one.

    Raises
    ------
    TryAgain
        If the service is busy or has a fault that may pass.
    DownloadError
        If it refuses, or leads from https to an open connection.
    """
    status = response.status_code
    hops = [hop.url for hop in (*response.history, response)]
    if urlsplit(hops[0]).scheme == "https" and any(urlsplit(h).scheme != "https" for h in hops):
        msg = f"redirects to an address without encryption ({shown(hops[-1])})"
        raise DownloadError(host_of(asked), told_address(asked), msg, remedy)
    if status in {OK, PARTIAL, NOT_THERE_ANY_MORE}:
        return
    told = status_line(status, response.reason, _said(response))
    if status in BUSY:
        raise TryAgain(told, retry_after(response.headers.get("Retry-After")))
    raise DownloadError(host_of(asked), told_address(asked), told, remedy)


def check_kind(
    response: requests.Response, kinds: tuple[str, ...], asked: str, remedy: str
) -> None:
    """Raise an error if an answer is of another content type than what was asked for.

    Parameters
    ----------
    kinds
        Parts of the types that are meant; without any, all but pages for browsers.

    Raises
    ------
    DownloadError
        If it is of another type; with what the service says, which is mostly why.
    """
    given = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    wrong = not any(kind in given for kind in kinds) if kinds else given in _PAGES
    if wrong:
        said = _said(response)
        msg = f"answered with {shown(given or 'no content type')}"
        msg += f" where {' or '.join(kinds)} was asked for" if kinds else ", a page for browsers"
        msg += f": '{shown(said)}'" if said else ""
        raise DownloadError(host_of(asked), told_address(asked), msg, remedy)


def failure(error: Exception) -> str:
    """Say in one clause why a connection failed."""
    if isinstance(error, (requests.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError)):
        return "could not be connected to in time"
    if isinstance(error, (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError)):
        return "sent nothing for too long"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"could not be reached through the proxy ({reason_of(error)})"
    if isinstance(error, requests.exceptions.SSLError):
        return f"could not be connected to safely ({reason_of(error)})"
    broken = (urllib3.exceptions.ProtocolError, requests.exceptions.ChunkedEncodingError)
    if isinstance(error, broken):
        return f"cut the answer off ({reason_of(error)})"
    return f"could not be reached ({reason_of(error)})"


def reason_of(error: BaseException) -> str:
    """Return the innermost reason of an error of the libraries, which wrap it several times."""
    while True:
        inner = [getattr(error, "reason", None), *error.args[:1], error.__cause__]
        found = next((part for part in inner if isinstance(part, BaseException)), None)
        if found is None:
            break
        error = found
    told = error.strerror if isinstance(error, OSError) and error.strerror else error
    return shown(told) or type(error).__name__


def _said(response: requests.Response) -> str:
    """Return the words of an error page, without its markup."""
    try:
        text = response.raw.read1(_SAID, decode_content=True).decode("utf-8", "replace")
    except (urllib3.exceptions.HTTPError, OSError):
        return ""
    title = re.search(r"(?s)<(?:title|\w*:?ExceptionText)>(.*?)</", text)
    plain = title[1] if title else re.sub(r"(?s)<[^>]*>", " ", text)
    return " ".join(plain.split())
