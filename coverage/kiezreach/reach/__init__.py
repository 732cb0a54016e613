"""Exact walking distances to the nearest centre and to each centre, and the walks themselves."""

from __future__ import annotations

from kiezreach.reach.engine import CentreReaches, Reach, reach, reach_each
from kiezreach.reach.route import Explanation, Route, Stretch, explain
from kiezreach.reach.second import SecondNearest, second_nearest

__all__ = [
    "CentreReaches",
    "Explanation",
    "Reach",
    "Route",
    "SecondNearest",
    "Stretch",
    "explain",
    "reach",
    "reach_each",
    "second_nearest",
]
