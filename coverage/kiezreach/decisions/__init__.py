"""Scenarios: centres that open, close or move, ways that are built or closed, new residents."""

from __future__ import annotations

from kiezreach.decisions.answer import answer_scenario
from kiezreach.decisions.base import Base
from kiezreach.decisions.result import ScenarioResult, compare
from kiezreach.decisions.situation import Situation
from kiezreach.decisions.steps import Change, run_steps

__all__ = [
    "Base",
    "Change",
    "ScenarioResult",
    "Situation",
    "answer_scenario",
    "compare",
    "run_steps",
]
