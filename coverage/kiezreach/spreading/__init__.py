"""Spread the residents of planning areas over the ground or the points where they live.

Every method keeps the sums of each planning area and age group exactly; they differ in where
inside an area people are put. `spread` is the one entrance.
"""

from __future__ import annotations

from kiezreach.spreading.methods import METHODS, Spreading, spread
from kiezreach.spreading.support import Support

__all__ = ["METHODS", "Spreading", "Support", "spread"]
