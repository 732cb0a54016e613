"""What is noted beside a fetched file, and what a study has to say about it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from kiezreach import limits
from kiezreach.errors import InputError
from kiezreach.limits import require_ordinary
from kiezreach.sources.downloads.files import Download

_SUFFIX = ".source.toml"


@dataclass(frozen=True)
class Origin:
    """Where data come from, in the words of a study.

    Parameters
    ----------
    source, licence, vintage, attribution
        As the keys of a study.
    terms
        What the service itself says of licence and constraints.
    """

    source: str
    licence: str
    vintage: str
    attribution: str
    terms: str = ""

    @property
    def keys(self) -> dict[str, str]:
        """The keys of a study that are known."""
        names = ("source", "licence", "vintage", "attribution")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


@dataclass(frozen=True)
class Record:
    """What was noted of a file when it was fetched.

    Parameters
    ----------
    sha256
        Of the file.
    downloads
        What it was made of.
    """

    sha256: str
    downloads: tuple[Download, ...]

    def known(self, url: str) -> str | None:
        """Return the hash of what came from an address."""
        return next((d.sha256 for d in self.downloads if d.url == url), None)


def record_path(file: Path) -> Path:
    """Return where the record of a file lies: beside it."""
    return file.with_name(f"{file.name}{_SUFFIX}")


def read_record(file: Path) -> Record | None:
    """Return what was noted of a file, None where nothing was.

    Raises
    ------
    InputError
        If the record is no such record any more.
    """
    path = record_path(file)
    try:
        require_ordinary(path, limits.MAX_SETTINGS_MB)
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        downloads = [Download(d["url"], d["sha256"], d["bytes"]) for d in said["downloads"]]
        return Record(said["sha256"], tuple(downloads))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        msg = "is no record of a download"
        remedy = "Remove it, or fetch the file again with --refresh"
        raise InputError(msg, file=path, remedy=remedy) from error


def record_text(
    name: str, sha256: str, origin: Origin, downloads: tuple[Download, ...], notes: tuple[str, ...]
) -> str:
    """Return the record of a file as TOML.

    Parameters
    ----------
    name
        Name of the file.
    sha256
        Of the file.
    origin
        Where its data come from.
    downloads
        What came from services; none where it was made of a file.
    notes
        What was done to the data.
    """
    told: dict[str, object] = {"file": name, "sha256": sha256, **origin.keys}
    if origin.terms:
        told["terms"] = origin.terms
    if notes:
        told["notes"] = list(notes)
    told["retrieved"] = datetime.now(UTC).date().isoformat()
    told["kiezreach"] = version("kiezreach")
    lines = [
        "# Written by kiezreach fetch. Keep it beside the file: it says where the data are from.",
        _pairs(told),
    ]
    if not downloads:
        lines.append("downloads = []")
    for download in downloads:
        pairs = {"url": download.url, "sha256": download.sha256, "bytes": download.size}
        lines += ["", "[[downloads]]", _pairs(pairs)]
    return "\n".join(lines) + "\n"


def toml_table(header: str, values: Mapping[str, object]) -> str:
    """Return a table of a study as TOML, with its header."""
    return f"{header}\n{_pairs(values)}"


def _pairs(values: Mapping[str, object]) -> str:
    """Return keys and values as lines of TOML."""
    return "\n".join(f"{key} = {_value(value)}" for key, value in values.items())


def _value(value: object) -> str:
    """Return a value as TOML, which has the texts, numbers and lists of JSON."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(v)}" for key, v in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
