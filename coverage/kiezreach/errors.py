"""The errors that kiezreach raises on purpose; anything else is a bug."""

from __future__ import annotations

import re
from pathlib import Path

# Characters that do something instead of being seen: codes for terminals, marks that turn the order
# of letters, line ends of other kinds, and what XML cannot hold. Tabs and line
# ends of texts are none of them, nor are the joiners that Persian and Hindi are written with.
STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")
_LONGEST_SHOWN = 60  # characters of a value: enough to find it in the file


def shown(value: object) -> str:
    """Return a value for a message: on one line, printable and not too long."""
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


class KiezreachError(Exception):
    """Root of all errors of this package."""


class InputError(KiezreachError, ValueError):
    """An input is wrong; names the file, the row or id, the value and the remedy.

    Parameters
    ----------
    problem
        What is wrong, as one clause without the place.
    file
        The file concerned, where there is one.
    row
        Row, feature, id or key inside the file.
    remedy
        What the user can do about it.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | Path | None = None,
        row: str | int | None = None,
        remedy: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = None if file is None else str(file)
        self.row = None if row is None else str(row)
        self.remedy = remedy
        super().__init__(problem)

    def __str__(self) -> str:
        """Return the error as one line: place, problem, remedy."""
        place = ", ".join(part for part in (self.file, self.row) if part)
        head = f"{place}: {self.problem}" if place else self.problem
        line = f"{head}. {self.remedy}" if self.remedy else head
        return "".join(c if c.isprintable() else " " for c in line)


class StudyError(InputError):
    """A study file has an unknown key, a wrong type or a value that is not allowed."""


class NetworkError(InputError):
    """A walking network cannot be read or cannot answer what is asked of it."""


class OutputError(KiezreachError, OSError):
    """The output folder cannot be written; the earlier output is untouched."""


class DownloadError(KiezreachError, OSError):
    """A service did not answer as asked; names the host, the request, the answer and the remedy.

    Parameters
    ----------
    host
        Who was asked.
    asked
        What was asked, with its address.
    answer
        What came back, as one clause.
    remedy
        What the user can do about it.
    """

    def __init__(self, host: str, asked: str, answer: str, remedy: str) -> None:
        self.host, self.asked, self.answer, self.remedy = host, asked, answer, remedy
        super().__init__(f"{host}: {answer}")

    def __str__(self) -> str:
        """Return the error as one line: who, what, answer, remedy."""
        line = f"{self.host}: {self.answer}. Asked was: {self.asked}. {self.remedy}"
        return "".join(c if c.isprintable() else " " for c in line)


class CacheError(KiezreachError, OSError):
    """The cache of networks cannot be cleared."""
