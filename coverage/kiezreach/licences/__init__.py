"""Under which licences stand kiezreach, its libraries, what these carry along, and its data."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from kiezreach.inputs import describe_file, named_files
from kiezreach.licences.declared import distributions, home_page, licence_files, licence_of
from kiezreach.network.file import read_network_file
from kiezreach.study import berlin, packaged_data

TOOL = "kiezreach"
_WORDS_OF_DATA = ("file", "source", "licence", "vintage", "attribution")


def licences() -> dict[str, Any]:
    """List what kiezreach is made of, as it is installed, with licences.

    Returns
    -------
    dict
        ``kiezreach`` and, sorted by name, ``libraries``: ``name, version, licence`` (an SPDX
        expression where the metadata allow one; otherwise what they say; empty where they say
        nothing), ``home_page`` (may be empty) and ``licence_files`` (paths on this machine).
        ``carried``: what libraries bring along and what of it gets into outputs: ``name, inside,
        licence, used, files``. ``data``: ``file, source, licence, vintage, attribution`` of each
        packaged file; ``sources``: path of the page that tells their origins.
    """
    found = distributions(TOOL)
    described = {
        name: {
            "name": name,
            "version": part.version,
            "licence": licence_of(part),
            "home_page": home_page(part),
            "licence_files": [str(path) for path in licence_files(part)],
        }
        for name, part in found.items()
    }
    return {
        "kiezreach": described.pop(TOOL),
        "libraries": list(described.values()),
        "carried": [part for part in carried() if {*part["inside"]} & {*found}],
        "data": _data(),
        "sources": str(packaged_data() / "SOURCES.md"),
    }


def carried() -> list[dict[str, Any]]:
    """List what libraries bring along that has a licence of its own, as it was reviewed.

    Returns
    -------
    list of dict
        ``name``, ``inside`` (libraries), ``licence`` (SPDX), ``used`` (in words), ``files``
        (names of the shared libraries of wheels, without version).
    """
    text = files(__name__).joinpath("carried.toml").read_text(encoding="utf-8")
    return [{"files": [], **part} for part in tomllib.loads(text)["carried"]]


def _data() -> list[dict[str, str]]:
    """List the packaged files, each once; the network knows its own licence."""
    study = berlin()
    rows = [
        describe_file(study, *named)
        for named in named_files(study, read_network_file(study.path(study.network.file)))
    ]
    if study.addresses is not None:  # a build reads them for scenarios alone
        rows.append(describe_file(study, "addresses", study.addresses.file, study.addresses))
    by_file: dict[str, dict[str, str]] = {}
    for row in rows:
        known = by_file.setdefault(row["file"], dict.fromkeys(_WORDS_OF_DATA, ""))
        known.update({word: row[word] for word in _WORDS_OF_DATA if not known[word]})
    return [by_file[name] for name in sorted(by_file)]
