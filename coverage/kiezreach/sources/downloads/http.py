"""Ask for addresses over HTTP: bounded, patient, resuming."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
import urllib3

from kiezreach.errors import DownloadError, shown
from kiezreach.sources.downloads.answers import (
    MEGABYTE,
    NOT_THERE_ANY_MORE,
    PARTIAL,
    bounded_pieces,
    check_kind,
    check_status,
    failure,
    reason_of,
)
from kiezreach.sources.downloads.manners import (
    LATER,
    Manners,
    TryAgain,
    host_of,
    told_address,
)

_REDIRECTS = 5
_LEADS_NOWHERE = (
    requests.TooManyRedirects,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,  # anything but http and https
    requests.exceptions.MissingSchema,
)


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


class _Session(requests.Session):
    """A session that does not follow redirects: it would take in their bodies, of any size."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return that no answer leads elsewhere."""

    def leads_to(self, response: requests.Response) -> str | None:
        """Return where an answer leads."""
        return super().get_redirect_target(response)


@dataclass
class Http:
    """Asks over HTTP as `manners` say; proxies come from the environment.

    Parameters
    ----------
    manners
        Numbers of attempts and seconds.
    """

    manners: Manners
    _session: _Session = field(init=False)

    def __post_init__(self) -> None:
        self._session = _Session()
        self._session.headers["User-Agent"] = self.manners.user_agent
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
            if response.status_code == NOT_THERE_ANY_MORE:
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
                for piece in self._pieces(response, max_mb - start / MEGABYTE, remedy):
                    stream.write(piece)
                    stream.flush()  # what a killed run has, the next goes on with
                    size += len(piece)
        if total is not None and size != total:
            msg = f"cut off after {size:,} of {total:,} bytes"
            raise TryAgain(msg)

    @contextmanager
    def _asked(
        self, address: str, headers: dict[str, str], remedy: str
    ) -> Iterator[requests.Response]:
        """Send a request, and turn what fails into an error or another attempt."""
        asked = f"GET {address}"
        try:
            with self._followed(address, headers) as response:
                check_status(response, asked, remedy)
                yield response
        except _LEADS_NOWHERE as error:
            msg = f"redirects in vain ({reason_of(error)})"
            raise DownloadError(host_of(asked), told_address(asked), msg, remedy) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise TryAgain(failure(error)) from error

    def _followed(self, address: str, headers: dict[str, str]) -> requests.Response:
        """Send a request, and go where the answer leads, over HTTP alone."""
        limits = self.manners.patience
        hops: list[requests.Response] = []
        while True:
            response = self._session.get(
                address,
                headers=headers,
                timeout=(limits.connect_s, limits.silence_s),
                stream=True,
            )
            response.history = list(hops)
            target = self._session.leads_to(response)
            if target is None:
                return response
            response.close()
            hops.append(response)
            if len(hops) > _REDIRECTS:
                msg = f"Exceeded {_REDIRECTS} redirects."
                raise requests.TooManyRedirects(msg)
            try:
                address = urljoin(response.url, target)
            except ValueError as error:
                raise requests.exceptions.InvalidURL(error) from error

    def _pieces(self, response: requests.Response, max_mb: float, remedy: str) -> Iterator[bytes]:
        """Read an answer as it arrives, within its limits of size and time."""
        asked = f"GET {response.url}"
        yield from bounded_pieces(response, max_mb, self.manners, asked, remedy)


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
    if response.status_code != PARTIAL:
        return 0
    given = response.headers.get("Content-Range", "")
    if not given.startswith(f"bytes {size}-"):
        msg = f"answered with another part of the file than was asked for ({shown(given)})"
        raise TryAgain(msg)
    return size


def _length(response: requests.Response, start: int) -> int | None:
    """Return the size of the whole file, None where the service does not say."""
    with contextlib.suppress(ValueError):
        if response.status_code == PARTIAL:
            return int(response.headers["Content-Range"].rpartition("/")[2])
        return start + int(response.headers.get("Content-Length", ""))
    return None
