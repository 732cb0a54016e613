"""The whole answer to a scenario."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kiezreach.decisions.scenarios.competition import shared_capacity
from kiezreach.decisions.scenarios.new_gaps import new_gaps
from kiezreach.decisions.scenarios.result import compare
from kiezreach.decisions.scenarios.steps import run_steps

if TYPE_CHECKING:
    from kiezreach.decisions.scenarios.base import Base
    from kiezreach.decisions.scenarios.result import ScenarioResult
    from kiezreach.study import Scenario


def answer_scenario(base: Base, scenario: Scenario, file: Path | None = None) -> ScenarioResult:
    """Take the steps of a scenario, compare with the base, and find what takes longer.

    Parameters
    ----------
    base
        What is.
    scenario
        The changes.
    file
        The scenario's file, for messages.

    Returns
    -------
    ScenarioResult
        With its new gaps and, where the study asks for it, the capacity that people share.

    Raises
    ------
    InputError
        If a step cannot be taken.
    """
    situation, changes = run_steps(base, scenario.steps, file)
    result = compare(base, situation, scenario.name, changes)
    return replace(
        result,
        new_gaps=new_gaps(base, situation, scenario.name),
        accessibility=shared_capacity(base, situation, scenario.name),
    )
