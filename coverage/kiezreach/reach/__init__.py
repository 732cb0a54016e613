"""Exact walking distances to the nearest centre and to each centre."""

from __future__ import annotations

from kiezreach.reach.engine import CentreReaches, Reach, reach, reach_each

__all__ = ["CentreReaches", "Reach", "reach", "reach_each"]
