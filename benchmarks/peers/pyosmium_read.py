"""pyosmium: the bare read that every reader built on it must pay for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import osmium


def read(path: Path) -> tuple[int, int]:
    """Pass every node and every way of a file to Python, look at it, and keep nothing."""
    nodes = ways = 0
    item: Any
    for item in osmium.FileProcessor(path, osmium.osm.NODE | osmium.osm.WAY):
        if item.is_node():
            nodes += 1
        else:
            ways += 1
    return nodes, ways
