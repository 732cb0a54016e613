"""How long to wait, how often to ask again and when to give up, the same for every service."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TypeVar
from urllib.parse import urlsplit

from requests.utils import requote_uri

from kiezreach.errors import DownloadError, shown
from kiezreach.sources.downloads.catalogue import Patience

_Answer = TypeVar("_Answer")

BUSY = frozenset({408, 429, 500, 502, 503, 504})  # statuses that may pass
LATER = "Try again later"
_VERB = re.compile(r"[A-Z]+ ")
_LONGEST_TOLD = 300  # characters of an address or of what a service says


class TryAgain(Exception):  # noqa: N818 - no error yet: the next attempt may succeed
    """An answer that may be another one in a while.

    Parameters
    ----------
    answer
        What came back, as one clause.
    wait_s
        Seconds to wait, where the service says so.
    """

    def __init__(self, answer: str, wait_s: float | None = None) -> None:
        self.answer, self.wait_s = answer, wait_s
        super().__init__(answer)


@dataclass(frozen=True)
class Manners:
    """How a service is asked.

    Parameters
    ----------
    patience
        Numbers of attempts and seconds, as the catalogue has them.
    tell
        Is told of every wait.
    sleep, clock
        Wait for seconds; count them.
    """

    patience: Patience = field(default_factory=Patience)
    tell: Callable[[str], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    @property
    def user_agent(self) -> str:
        """The project and its version, and whom to write to where the user has said it."""
        contact = f"; {self.patience.contact}" if self.patience.contact else ""
        return f"kiezreach/{version('kiezreach')} (walks to neighbourhood centres{contact})"

    def patiently(self, asked: str, attempt: Callable[[], _Answer], remedy: str = LATER) -> _Answer:
        """Ask until there is an answer, with waits that double, a few times at most.

        Parameters
        ----------
        asked
            What is asked, with its address, for messages.
        attempt
            Asks once; raises `TryAgain` where asking again may help.
        remedy
            What the user can do where it does not.

        Raises
        ------
        DownloadError
            If the last attempt fails too, or the service asks for more patience than there is.
        """
        limits = self.patience
        for number in range(1, limits.attempts + 1):
            try:
                return attempt()
            except TryAgain as again:
                doubling = limits.first_wait_s * 2 ** (number - 1)
                wait = max(again.wait_s, 0.0) if again.wait_s is not None else doubling
                last = number == limits.attempts
                if last or wait > limits.longest_wait_s:
                    times = "1 attempt" if number == 1 else f"{number} attempts"
                    told = f"{again.answer} ({times})"
                    if not last:
                        told += f"; it asks to wait for {wait:.0f} s"
                    raise DownloadError(
                        host_of(asked), told_address(asked), told, remedy
                    ) from again
                self.tell(f"{host_of(asked)}: {again.answer}; asking again in {wait:.0f} s")
                self.sleep(wait)
        msg = "attempts is at least 1"  # the catalogue sees to it
        raise AssertionError(msg)


def host_of(asked: str) -> str:
    """Return the host in an address, or in a request that begins with GET or POST."""
    return urlsplit(asked.split(" ", 1)[-1]).netloc.rpartition("@")[2] or "an unknown host"


def told_address(asked: str) -> str:
    """Return a request for a message: to be copied, a few lines at most, without a password."""
    # Before the address there may be a verb; in it, OSMnx leaves blanks as they are.
    verb, _, address = asked.partition(" ") if _VERB.match(asked) else ("", "", asked)
    parts = urlsplit(address)
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    text = f"{verb} {requote_uri(plain)}".strip()
    return text if len(text) <= _LONGEST_TOLD else f"{text[: _LONGEST_TOLD - 3]}..."


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a header Retry-After, which may also name a moment."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds()


def status_line(status: int, reason: str | None, said: str = "") -> str:
    """Say which status came back, and what the service says to it."""
    told = f"answered {status} {reason or ''}".strip()
    text = " ".join(said.split())
    return f"{told}, saying '{shown(text)}'" if text else told
