"""Scenarios: centres that open, close or move, ways that are built or closed, new residents."""

from __future__ import annotations

from kiezreach.decisions.base import Base
from kiezreach.decisions.result import ScenarioResult, compare
from kiezreach.decisions.situation import Situation
from kiezreach.decisions.steps import Change, run_steps

__all__ = ["Base", "Change", "ScenarioResult", "Situation", "compare", "run_steps"]
