"""Ask for addresses over HTTP: bounded, patient, resuming."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from kiezreach.errors import DownloadError, shown
from kiezreach.sources.downloads.manners import (
    BUSY,
    LATER,
    Manners,
    TryAgain,
    host_of,
    retry_after,
    status_line,
    told_address,
)

_REDIRECTS = 5
_PIECE = 65_536  # bytes at once
_SAID = 2000  # bytes of an error page that are read for what it says
_MEGABYTE = 1_000_000
_PAGES = ("text/html", "application/xhtml+xml")  # what a browser shows instead of the data
_OK, _PARTIAL, _NOT_THERE_ANY_MORE = 200, 206, 416


@dataclass(frozen=True)
class Answer:
    """What came back.

    Parameters
    ----------
    content
        Bytes, unpacked.
    address
        Where it came from in the end, after redirects.
    """

    content: bytes
    address: str

    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """Return the content as JSON.

        Raises
        ------
        TryAgain
            If it is none: answers that are cut off look like that.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            msg = f"answered with {len(self.content):,} bytes that are no JSON"
            raise TryAgain(msg) from error


@dataclass
class Http:
    """Asks over HTTP as `manners` say; proxies come from the environment.

    Parameters
    ----------
    manners
        Numbers of attempts and seconds.
    """

    manners: Manners
    _session: requests.Session = field(init=False)

    def __post_init__(self) -> None:
        self._session = requests.Session()
        self._session.headers["User-Agent"] = self.manners.user_agent
        self._session.max_redirects = _REDIRECTS
        self._session.auth = nobody

    def get(
        self,
        url: str,
        params: dict[str, str | int] | None = None,
        *,
        max_mb: float,
        kinds: tuple[str, ...] = (),
        remedy: str = LATER,
    ) -> Answer:
        """Ask for something that fits into memory.

        Parameters
        ----------
        url, params
            The address.
        max_mb
            Largest answer.
        kinds
            Parts of the content types that are meant, such as ``json``; pages for browsers are
            refused where there are none.
        remedy
            What the user can do where it fails.

        Raises
        ------
        DownloadError
            If there is no such answer after all attempts.
        """
        address = self.address(url, params)
        return self.manners.patiently(
            f"GET {address}", lambda: self.get_once(address, max_mb, kinds, remedy), remedy
        )

    def address(self, url: str, params: dict[str, str | int] | None) -> str:
        """Return an address with its parameters."""
        return str(requests.Request("GET", url, params=params).prepare().url)

    def get_once(
        self, address: str, max_mb: float, kinds: tuple[str, ...] = (), remedy: str = LATER
    ) -> Answer:
        """Ask one time; see `get`.

        Raises
        ------
        TryAgain
            If asking again may help.
        DownloadError
            If it does not.
        """
        with self._asked(address, {}, remedy) as response:
            check_kind(response, kinds, f"GET {address}", remedy)
            content = b"".join(self._pieces(response, max_mb, remedy))
        return Answer(content, response.url)

    def save(self, url: str, part: Path, *, max_mb: float, remedy: str = LATER) -> None:
        """Save a file, going on where an earlier attempt was cut off.

        Parameters
        ----------
        url
            The address.
        part
            Where to; beside it, ``<name>.state`` notes which version of the file is begun. Both
            are left where it fails, so that the next call goes on.
        max_mb
            Largest file.
        remedy
            What the user can do where it fails.

        Raises
        ------
        DownloadError
            If the file is not whole after all attempts.
        """
        self.manners.patiently(
            f"GET {url}", lambda: self._save_once(url, part, max_mb, remedy), remedy
        )
        _state_file(part).unlink(missing_ok=True)

    def _save_once(self, url: str, part: Path, max_mb: float, remedy: str) -> None:
        """Ask for what is missing of a file and append it."""
        begun = _Begun.of(part, url)
        headers = {"Accept-Encoding": "identity"}
        if begun.validator and begun.size:
            headers |= {"Range": f"bytes={begun.size}-", "If-Range": begun.validator}
        with self._asked(url, headers, remedy) as response:
            if response.status_code == _NOT_THERE_ANY_MORE:
                part.unlink(missing_ok=True)
                msg = "has another file now than the one that was begun"
                raise TryAgain(msg, 0)
            check_kind(response, (), f"GET {url}", remedy)
            start = _resumed_at(response, begun.size)
            total = _length(response, start)
            _note(part, url, response)
            size = start
            with part.open("r+b" if start else "wb") as stream:
                stream.seek(start)
                stream.truncate()
                for piece in self._pieces(response, max_mb - start / _MEGABYTE, remedy):
                    stream.write(piece)
                    size += len(piece)
        if total is not None and size != total:
            msg = f"cut off after {size:,} of {total:,} bytes"
            raise TryAgain(msg)

    @contextmanager
    def _asked(
        self, address: str, headers: dict[str, str], remedy: str
    ) -> Iterator[requests.Response]:
        """Send a request, and turn what fails into an error or another attempt."""
        limits = self.manners.patience
        asked = f"GET {address}"
        try:
            with self._session.get(
                address,
                headers=headers,
                timeout=(limits.connect_s, limits.silence_s),
                stream=True,
            ) as response:
                check_status(response, asked, remedy)
                yield response
        except (requests.TooManyRedirects, requests.exceptions.InvalidURL) as error:
            msg = f"redirects in vain ({_reason(error)})"
            raise DownloadError(host_of(asked), told_address(asked), msg, remedy) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise TryAgain(failure(error)) from error

    def _pieces(self, response: requests.Response, max_mb: float, remedy: str) -> Iterator[bytes]:
        """Read an answer as it arrives, within its limits of size and time."""
        asked = f"GET {response.url}"
        yield from bounded_pieces(response, max_mb, self.manners, asked, remedy)


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
        if max(size, read) > max_mb * _MEGABYTE:
            has = max(size, read) / _MEGABYTE
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
    if status in {_OK, _PARTIAL, _NOT_THERE_ANY_MORE}:
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
        return f"could not be reached through the proxy ({_reason(error)})"
    if isinstance(error, requests.exceptions.SSLError):
        return f"could not be connected to safely ({_reason(error)})"
    broken = (urllib3.exceptions.ProtocolError, requests.exceptions.ChunkedEncodingError)
    if isinstance(error, broken):
        return f"cut the answer off ({_reason(error)})"
    return f"could not be reached ({_reason(error)})"


def _reason(error: BaseException) -> str:
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


def nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Send no password, which requests would else look for in the user's .netrc."""
    return request


@dataclass(frozen=True)
class _Begun:
    """What is there of a file, and the mark of the version that it is a part of."""

    size: int = 0
    validator: str = ""

    @classmethod
    def of(cls, part: Path, url: str) -> _Begun:
        """Return what is there of the file at an address."""
        try:
            state = json.loads(_state_file(part).read_text(encoding="utf-8"))
            if state["url"] != url:
                return cls()
            return cls(part.stat().st_size, str(state["validator"]))
        except (OSError, ValueError, KeyError, TypeError):
            return cls()


def _state_file(part: Path) -> Path:
    """Return where the version of a begun file is noted."""
    return part.with_name(f"{part.name}.state")


def _note(part: Path, url: str, response: requests.Response) -> None:
    """Note the version that is begun: its ETag, or else when it was last changed."""
    etag = response.headers.get("ETag", "")
    strong = etag if etag and not etag.startswith("W/") else ""
    validator = strong or response.headers.get("Last-Modified", "")
    text = json.dumps({"url": url, "validator": validator})
    _state_file(part).write_text(text, encoding="utf-8")


def _resumed_at(response: requests.Response, size: int) -> int:
    """Return where in the file an answer begins: at what was asked for, or at its beginning."""
    if response.status_code != _PARTIAL:
        return 0
    given = response.headers.get("Content-Range", "")
    if not given.startswith(f"bytes {size}-"):
        msg = f"answered with another part of the file than was asked for ({shown(given)})"
        raise TryAgain(msg)
    return size


def _length(response: requests.Response, start: int) -> int | None:
    """Return the size of the whole file, None where the service does not say."""
    with contextlib.suppress(ValueError):
        if response.status_code == _PARTIAL:
            return int(response.headers["Content-Range"].rpartition("/")[2])
        return start + int(response.headers.get("Content-Length", ""))
    return None
