"""The largest of what is read: a file made to harm takes no more than memory and time allow.

The limits are far above what a city needs. Whoever has more raises all of
them at once in the environment, and not in a study, which may come from somebody else.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

from kiezreach.errors import InputError, shown

FACTOR_VARIABLE = "KIEZREACH_LIMIT_FACTOR"
MEGABYTE = 1_000_000

MAX_SETTINGS_MB = 2.0  # a study, rules, a lock, a manifest: Berlin's largest has 0.15 MB
MAX_LINE_DOTS = 200  # of a study: each dot of a key costs the reader as much as all before it
MAX_TABLE_MB = 200.0  # a CSV: all 400,000 addresses of Berlin have 25 MB; a few GB in memory
MAX_LINE_CHARS = 1_000_000  # of a CSV: 2,000 values of 500 characters
MAX_LAYER_MB = 2000.0  # a layer, unpacked: all buildings of Berlin have about 500 MB
MAX_CELLS = 100_000_000  # rows x columns of a table or layer: 0.8 GB of numbers
MAX_COLUMNS = 2000  # columns of a table or layer: as many as a GeoPackage can have
MAX_LAYERS = 1000  # layers of a file
MAX_NESTING = 100  # brackets inside brackets in a setting; shapes inside shapes in a geometry
MAX_OSM_XML_TIMES = 100.0  # unpacked size of .osm.gz and .osm.bz2: XML shrinks to a twentieth
MAX_OSM_PBF_TIMES = 20.0  # unpacked size of .osm.pbf: its blocks shrink to a half or a third
MAX_OSM_SCRATCH_TIMES = 30.0  # what is copied out of an OpenStreetMap file: mostly 3 times its size
MIN_OSM_MB = 200.0  # and that any OpenStreetMap file may unpack to and copy, however small


def raised(limit: float) -> float:
    """Return a limit times the factor that the environment sets; 1 unless it does.

    Raises
    ------
    InputError
        If the factor is no number from 1 on.
    """
    text = os.environ.get(FACTOR_VARIABLE, "1")
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not 1 <= factor < math.inf:
        msg = f"{FACTOR_VARIABLE} is '{shown(text)}'"
        raise InputError(msg, remedy="Set it to a number from 1 on, or not at all")
    return limit * factor


def require_within(amount: float, limit: float, unit: str, path: Path) -> None:
    """Refuse a file that holds more than a limit.

    Parameters
    ----------
    amount
        How much it holds.
    limit
        One of the limits above.
    unit
        What is counted, in the plural.
    path
        The file.

    Raises
    ------
    InputError
        If it is more, times the factor of the environment.
    """
    most = raised(limit)
    if amount > most:
        msg = f"has {_told(amount)} {unit}, and {_told(most)} are the most that is read"
        remedy = (
            "Check that it is the right file. If it is, raise all such limits with "
            f"{FACTOR_VARIABLE}={math.ceil(amount / limit)} in the environment"
        )
        raise InputError(msg, file=shown(path), remedy=remedy)


def _told(amount: float) -> str:
    """Return an amount for a message, rounded up to a tenth."""
    return f"{math.ceil(amount * 10) / 10:,.1f}".removesuffix(".0")


def require_ordinary(path: Path, most_mb: float | None = None) -> None:
    """Refuse a device or a pipe, which could keep its reader for ever, and a file too large.

    Parameters
    ----------
    path
        What may be a file; nothing is said of one that is not there.
    most_mb
        Largest size in MB (10^6 bytes), one of `defaults`; any where none is given.

    Raises
    ------
    InputError
        If it is.
    """
    try:
        special = path.exists() and not (path.is_file() or path.is_dir())
        size = path.stat().st_size if path.is_file() else 0
    except (OSError, ValueError):
        return  # whoever opens it says what is wrong
    if special:
        msg = "is a device or a pipe, not a file"
        raise InputError(msg, file=shown(path), remedy="Save what it gives as a file")
    if most_mb is not None:
        require_within(size / MEGABYTE, most_mb, "MB", path)
