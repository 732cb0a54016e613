"""What the metadata of installed libraries say of their licences, in old ways and new."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_CLASSIFIER = "License :: "
# Names that older metadata use, in a classifier or in the field, and what SPDX calls them.
_SPDX_OF_NAME = {
    "apache software license": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "cmu license (mit-cmu)": "MIT-CMU",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}
_REDISTRIBUTION = "Redistribution and use in source and binary forms"  # begins both BSD texts
_PERMISSION = "Permission is hereby granted, free of charge, to any person obtaining a copy"
_THIRD_CLAUSE = re.compile(
    r"Neither the names? (of|nor)|names? of .{1,80} may not be used", re.DOTALL
)
_HOME = (
    "homepage",
    "home",
    "repository",
    "coderepository",
    "source",
    "sourcecode",
    "documentation",
)
_LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice|third_party)[^/]*$", re.IGNORECASE)


def distributions(name: str) -> dict[str, Distribution]:
    """Find a distribution and all that it needs here, as installed.

    Parameters
    ----------
    name
        Where to begin.

    Returns
    -------
    dict
        By normalised name, sorted. What is needed and not installed is left out.
    """
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        key = canonicalize_name(waiting.pop())
        if key in found:
            continue
        try:
            found[key] = distribution(key)
        except PackageNotFoundError:
            continue
        waiting += needed_by(found[key])
    return dict(sorted(found.items()))


def needed_by(part: Distribution) -> list[str]:
    """Name what a distribution needs on this machine, without extras."""
    requirements = [Requirement(text) for text in part.requires or []]
    return [
        one.name for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})
    ]


def licence_of(part: Distribution) -> str:
    """Return the licence of a distribution.

    Parameters
    ----------
    part
        The distribution, as installed.

    Returns
    -------
    str
        Its licence expression; else what SPDX calls the licence that the field ``License`` or the
        text of the licence names; else the classifiers' words; else nothing.
    """
    field = _field(part, "License").strip()
    classified = [
        line.rpartition(" :: ")[2]
        for line in part.metadata.get_all("Classifier") or []
        if line.startswith(_CLASSIFIER) and not line.endswith("OSI Approved")
    ]
    named = [_field(part, "License-Expression"), field, *classified]
    known = next(filter(None, map(_spdx, named)), "") or _spdx_of_text(field)
    for path in [] if known else licence_files(part):
        known = known or _spdx_of_text(path.read_text(encoding="utf-8", errors="replace"))
    return known or ", ".join(classified) or field.partition("\n")[0]


def licence_files(part: Distribution) -> list[Path]:
    """Return the files with the terms of a distribution, as installed."""
    named = [
        path
        for path in part.files or []
        if any(folder.endswith((".dist-info", "licenses")) for folder in path.parts[:-1])
        and _LICENCE_FILE.search(path.name)
    ]
    return sorted(
        path for path in (Path(str(part.locate_file(p))) for p in named) if path.is_file()
    )


def home_page(part: Distribution) -> str:
    """Return where a distribution is at home, or nothing where its metadata do not say."""
    entries = [line.partition(", ") for line in part.metadata.get_all("Project-URL") or []]
    urls = {re.sub(r"[\s_-]", "", label.lower()): url.strip() for label, _, url in entries}
    return next((urls[label] for label in _HOME if label in urls), _field(part, "Home-page"))


def _field(part: Distribution, name: str) -> str:
    """Return a field of the metadata, or nothing."""
    return (part.metadata.get_all(name) or [""])[0]


def _spdx(name: str) -> str:
    """Return a licence's SPDX expression, or nothing where the words name none."""
    try:
        return str(canonicalize_license_expression(name))
    except InvalidLicenseExpression:
        return _SPDX_OF_NAME.get(name.lower(), "")


def _spdx_of_text(text: str) -> str:
    """Recognise the few licences that libraries of ours declare by their text alone."""
    first_line = text.strip().partition("\n")[0].strip()
    words = " ".join(text.split())
    if known := _SPDX_OF_NAME.get(first_line.lower(), ""):
        return known
    if _REDISTRIBUTION in words:
        return "BSD-3-Clause" if _THIRD_CLAUSE.search(words) else "BSD-2-Clause"
    return "MIT" if _PERMISSION in words else ""
