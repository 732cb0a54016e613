"""Worlds drawn on paper: OpenStreetMap files whose nodes are given in metres."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pyproj
import pytest
from scipy.sparse.csgraph import dijkstra

from kiezreach.network import WalkNetwork

CRS = "EPSG:25833"
ORIGIN = np.array([390_000.0, 5_820_000.0])  # the paper's (0, 0), in the middle of Berlin
ROUNDING_M = 0.05  # OpenStreetMap stores 1e-7 degrees, about a centimetre

Tags = Mapping[str, str]


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())


@pytest.fixture
def write_osm(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes an .osm file of nodes in metres on the paper."""

    def write(
        nodes: Mapping[int, tuple[float, float]],
        ways: Mapping[int, tuple[Sequence[int], Tags]],
        *,
        node_tags: Mapping[int, Tags] | None = None,
        relations: Mapping[int, tuple[Sequence[tuple[int, str]], Tags]] | None = None,
        name: str = "paper.osm",
        head: str = "",
    ) -> Path:
        to_degrees = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
        text = [f'<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">{head}']
        for node, (x, y) in nodes.items():
            lon, lat = to_degrees.transform(x + ORIGIN[0], y + ORIGIN[1])
            tags = _tags((node_tags or {}).get(node, {}))
            text.append(f'<node id="{node}" lat="{lat:.7f}" lon="{lon:.7f}">{tags}</node>')
        for way, (refs, way_tags) in ways.items():
            members = "".join(f'<nd ref="{ref}"/>' for ref in refs)
            text.append(f'<way id="{way}">{members}{_tags(way_tags)}</way>')
        for relation, (parts, relation_tags) in (relations or {}).items():
            members = "".join(f'<member type="way" ref="{r}" role="{role}"/>' for r, role in parts)
            text.append(f'<relation id="{relation}">{members}{_tags(relation_tags)}</relation>')
        path = tmp_path / name
        path.write_text("\n".join([*text, "</osm>"]), encoding="utf-8")
        return path

    return write


@dataclass(frozen=True)
class Paper:
    """Asks a network about places on the paper."""

    net: WalkNetwork

    def nodes_at(self, place: tuple[float, float]) -> list[int]:
        """Return the nodes at a place in metres on the paper."""
        offset = self.net.node_xy - ORIGIN - place
        return np.flatnonzero(np.hypot(*offset.T) < ROUNDING_M).tolist()

    def walk(self, start: tuple[float, float], end: tuple[float, float]) -> float:
        """Return the walking distance between two places that have a node, inf where none."""
        starts, ends = self.nodes_at(start), self.nodes_at(end)
        if not starts or not ends:
            return float("inf")
        distance = dijkstra(self.net.graph, directed=False, indices=starts)
        return float(distance[:, ends].min())

    @property
    def length(self) -> float:
        """Length of all edges in metres."""
        return float(self.net.edge_length.sum())


@pytest.fixture
def paper() -> type[Paper]:
    """Return the class that asks a network about places on the paper."""
    return Paper


@pytest.fixture(scope="session")
def real_networks() -> Path:
    """Return the folder of real extracts beside the repository, or skip."""
    folder = Path(__file__).parents[3] / "shared" / "data" / "networks"
    if not folder.is_dir():
        pytest.skip("the real extracts of ../shared/data/networks are not here")
    return folder
