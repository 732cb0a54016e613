"""What was read and what was kept: the account that `kiezreach check` prints."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kiezreach.network.rules import SQUARE_TAG

if TYPE_CHECKING:
    from kiezreach.network.model import WalkNetwork

_LISTED_COMPONENTS = 10


@dataclass(frozen=True)
class Component:
    """A part of the network that no way joins to the others.

    Parameters
    ----------
    length_m
        Length of its edges.
    edges
        Number of its edges.
    x, y
        Middle of its extent in the network's CRS, to find it on a map.
    """

    length_m: float
    edges: int
    x: float
    y: float


@dataclass
class WayCount:
    """What happened to the ways of one OpenStreetMap file.

    Parameters
    ----------
    read
        Ways that were looked at.
    kept
        Ways kept, by class (``highway=residential``).
    dropped
        Ways left out, by the rule that decided.
    unusable
        Ways that the rules keep but that have fewer than two nodes in the file.
    holes
        Places where a way was cut because nodes are missing from the file.
    barriers
        Nodes that end a way, by the rule that decided.
    squares
        Surfaces walked straight across.
    squares_outline_only
        Surfaces walked only along their outline: broken or incomplete outlines, and surfaces
        that too many ways meet.
    unknown
        Ways and nodes that are walked although the tags leave open whether the profile can use
        them, by the rule that doubts it.
    """

    read: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    unusable: int = 0
    holes: int = 0
    barriers: Counter[str] = field(default_factory=Counter)
    squares: int = 0
    squares_outline_only: int = 0
    unknown: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class NetworkReport:
    """What a network file held and what became of it.

    Parameters
    ----------
    file
        The file read.
    kind
        Kind of file, in words.
    data_date
        Date of the data, ISO 8601, or an empty string.
    nodes, edges
        Size of the network.
    length_m
        Length of all edges; edges that cross a square straight are not counted.
    components
        Number of parts that are not joined; points snap to the longest alone.
    largest
        The longest of them, falling.
    ways
        Account of the ways, for OpenStreetMap files only.
    """

    file: str
    kind: str
    data_date: str
    nodes: int
    edges: int
    length_m: float
    components: int
    largest: tuple[Component, ...]
    ways: WayCount | None = None

    def lines(self) -> list[str]:
        """Return the report as lines of text."""
        main = self.largest[0].length_m if self.largest else 0.0
        text = [
            f"{self.file}: {self.kind}, data of {self.data_date or 'unknown date'}",
            f"{self.nodes:,} nodes, {self.edges:,} edges, {self.length_m / 1000:,.1f} km",
            f"{self.components:,} components, {main / 1000:,.1f} km in the main one",
        ]
        text += [
            f"  island of {part.length_m:,.0f} m at {part.x:.0f}, {part.y:.0f}"
            for part in self.largest[1:]
        ]
        return text + (_way_lines(self.ways) if self.ways else [])


def _way_lines(ways: WayCount) -> list[str]:
    """Return the account of the ways as lines of text."""
    kept = sum(ways.kept.values())
    return [
        f"{ways.read:,} ways read, {kept:,} kept",
        *(f"  {count:,} {name}" for name, count in _ranked(ways.kept)),
        f"{sum(ways.dropped.values()):,} left out",
        *(f"  {count:,} {name}" for name, count in _ranked(ways.dropped)),
        f"{ways.unusable:,} without two nodes in the file, {ways.holes:,} cut at missing nodes",
        *(f"  {count:,} barriers: {name}" for name, count in _ranked(ways.barriers)),
        *(f"  {count:,} walked, but unknown: {name}" for name, count in _ranked(ways.unknown)),
        f"{ways.squares:,} surfaces crossed, {ways.squares_outline_only:,} outline only",
    ]


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return the counts, falling, then by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def describe_network(
    net: WalkNetwork, *, file: str, kind: str, ways: WayCount | None = None
) -> NetworkReport:
    """Measure a network.

    Parameters
    ----------
    net
        The network.
    file, kind
        Where it was read from.
    ways
        Account of the OpenStreetMap ways.
    """
    component = net.edge_component
    counted = net.edge_length.copy()
    if SQUARE_TAG in net.tag_names:
        across = (net.edge_tags >> np.uint32(net.tag_names.index(SQUARE_TAG))) & np.uint32(1)
        counted[across == 1] = 0.0
    length = np.bincount(component, counted)
    edges = np.bincount(component)
    largest = []
    for number in range(min(len(edges), _LISTED_COMPONENTS)):
        ends = net.node_xy[net.edge_nodes[component == number].reshape(-1)]
        x, y = (ends.min(axis=0) + ends.max(axis=0)) / 2
        largest.append(Component(float(length[number]), int(edges[number]), float(x), float(y)))
    return NetworkReport(
        file=file,
        kind=kind,
        data_date=net.provenance.data_date,
        nodes=net.n_nodes,
        edges=net.n_edges,
        length_m=float(counted.sum()),
        components=len(edges),
        largest=tuple(largest),
        ways=ways,
    )
