"""Scenario files: read, and checked as far as that can be done without the study's data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kiezreach.errors import InputError, shown
from kiezreach.sources.files import read_text
from kiezreach.study.reading import read_part
from kiezreach.study.scenario import Scenario

if TYPE_CHECKING:
    from kiezreach.study import Study


def read_scenario(path: str | Path) -> Scenario:
    """Read a scenario file.

    Parameters
    ----------
    path
        A TOML file; docs/method.md shows one.

    Raises
    ------
    InputError
        If it is missing, is no TOML, or has an unknown key, a wrong type or a value that is not
        allowed.
    """
    path = Path(path)
    return read_part(path, read_text(path), Scenario, "docs/method.md shows a scenario file")


def read_scenarios(study: Study) -> tuple[tuple[Path, Scenario], ...]:
    """Read the scenarios that a study names, each with its file.

    Raises
    ------
    InputError
        As for `read_scenario`, and if two scenarios bear one name.
    """
    found = [
        (study.path(part.file), read_scenario(study.path(part.file))) for part in study.scenarios
    ]
    names = [scenario.name for _, scenario in found]
    for (path, scenario), before in zip(found, range(len(found)), strict=True):
        if scenario.name in names[:before]:
            msg = f"another scenario of the study is named '{shown(scenario.name)}' as well"
            raise InputError(msg, file=path, remedy="Give each scenario a name of its own")
    return tuple(found)
