"""The walking network: reading, building, components, snapping and the compact file."""

from __future__ import annotations

from kiezreach.network.build import network_from_lines, network_from_ways
from kiezreach.network.model import Provenance, WalkNetwork

__all__ = ["Provenance", "WalkNetwork", "network_from_lines", "network_from_ways"]
