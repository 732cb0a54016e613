"""The walking network: reading, building, components, snapping and the compact file."""

from __future__ import annotations

from kiezreach.network.build import network_from_lines, network_from_ways
from kiezreach.network.graph import network_from_graph
from kiezreach.network.model import Provenance, WalkNetwork
from kiezreach.network.read import read_network, read_network_with_report
from kiezreach.network.report import NetworkReport

__all__ = [
    "NetworkReport",
    "Provenance",
    "WalkNetwork",
    "network_from_graph",
    "network_from_lines",
    "network_from_ways",
    "read_network",
    "read_network_with_report",
]
