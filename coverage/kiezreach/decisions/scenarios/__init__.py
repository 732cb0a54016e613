"""Scenarios: centres that open, close or move, ways that are built or closed, new residents."""

from __future__ import annotations

from kiezreach.decisions.scenarios.answer import answer_scenario
from kiezreach.decisions.scenarios.base import Base
from kiezreach.decisions.scenarios.result import ScenarioResult, compare
from kiezreach.decisions.scenarios.situation import Situation
from kiezreach.decisions.scenarios.steps import Change, run_steps

__all__ = [
    "Base",
    "Change",
    "ScenarioResult",
    "Situation",
    "answer_scenario",
    "compare",
    "run_steps",
]
