"""Files of rules that a new build is held to."""

from __future__ import annotations

from pathlib import Path

from kiezreach.sources.files import read_text
from kiezreach.study.gates import GateFile
from kiezreach.study.reading import read_part


def read_gates(path: str | Path) -> GateFile:
    """Read a file of rules.

    Parameters
    ----------
    path
        A TOML file; docs/ci.md shows one.

    Raises
    ------
    InputError
        If it is missing, is no TOML, holds no rule, or has an unknown key, a wrong type or a
        value that is not allowed.
    """
    path = Path(path)
    return read_part(path, read_text(path), GateFile, "docs/ci.md shows a file of rules")
