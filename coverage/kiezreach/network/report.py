"""What was read and what was kept: the account that `kiezreach check` prints."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj

from kiezreach.network.projection import LONLAT, projected
from kiezreach.network.rules import SQUARE_TAG, UNKNOWN_TAG

if TYPE_CHECKING:
    import numpy.typing as npt

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
    lon, lat
        The same place in degrees.
    main
        Whether points may snap to it: the main component, or a piece that clipping left of it.
    """

    length_m: float
    edges: int
    x: float
    y: float
    lon: float
    lat: float
    main: bool


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
        Number of parts that are not joined; points snap to the main one alone.
    main_m
        Length of the main one.
    main_pieces
        Number of parts that clipping made of it.
    largest
        The longest of all parts, falling.
    cut_edges
        Number of edges that end where a way was cut: at the border of the area asked for, or
        where the file does not hold the next node. People walk on there, the network does not.
    cut_length_m
        Length of these edges.
    unknown_m
        Length of edges that the profile may be unable to use: their tags do not say.
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
    main_m: float
    main_pieces: int
    largest: tuple[Component, ...]
    cut_edges: int = 0
    cut_length_m: float = 0.0
    unknown_m: float = 0.0
    ways: WayCount | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values, for JSON."""
        # Not asdict(self): it takes a Counter for a plain dict and breaks it.
        ways = None if self.ways is None else vars(self.ways)
        counts = ways and {k: dict(v) if isinstance(v, Counter) else v for k, v in ways.items()}
        return vars(self) | {"largest": [asdict(part) for part in self.largest], "ways": counts}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> NetworkReport:
        """Make the report of what `as_dict` returned, after JSON as well."""
        ways = values["ways"]
        if ways is not None:
            counts: dict[str, Any] = {
                name: Counter(count) if isinstance(count, dict) else count
                for name, count in ways.items()
            }
            ways = WayCount(**counts)
        largest = tuple(Component(**part) for part in values["largest"])
        return cls(**(values | {"largest": largest, "ways": ways}))

    def lines(self) -> list[str]:
        """Return the report as lines of text; those that belong to the line above are indented."""
        pieces = f", which clipping left in {self.main_pieces:,}" if self.main_pieces > 1 else ""
        text = [
            f"{self.file}: {self.kind}, data of {self.data_date or 'unknown date'}",
            f"{self.nodes:,} nodes, {self.edges:,} edges, {self.length_m / 1000:,.1f} km",
            f"{self.components:,} components, {self.main_m / 1000:,.1f} km in the main one{pieces}",
        ]
        text += [
            f"  island of {part.length_m:,.0f} m at {part.x:.0f}, {part.y:.0f} "
            f"(lon {part.lon:.5f}, lat {part.lat:.5f})"
            for part in self.largest
            if not part.main
        ]
        if self.cut_edges:
            length = f"{self.cut_length_m / 1000:,.1f} km"
            text.append(f"{self.cut_edges:,} dead ends where ways were cut, {length} of edges")
        if self.unknown_m:
            text.append(f"{self.unknown_m / 1000:,.1f} km of which the tags leave open their use")
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
    net: WalkNetwork,
    *,
    file: str,
    kind: str,
    cut_xy: npt.NDArray[np.float64],
    ways: WayCount | None = None,
) -> NetworkReport:
    """Measure a network.

    Parameters
    ----------
    net
        The network.
    file, kind
        Where it was read from.
    cut_xy
        Shape (c, 2): places at which ways were cut, in the network's CRS.
    ways
        Account of the OpenStreetMap ways.
    """
    component, main = net.edge_component, net.main_edges
    counted = np.where(_tagged(net, SQUARE_TAG), 0.0, net.edge_length)
    length = np.bincount(component, counted).astype(np.float64)
    edges = np.bincount(component)
    cut = _cut_edges(net, cut_xy)
    return NetworkReport(
        file=file,
        kind=kind,
        data_date=net.provenance.data_date,
        nodes=net.n_nodes,
        edges=net.n_edges,
        length_m=float(counted.sum()),
        components=len(edges),
        main_m=float(counted[main].sum()),
        main_pieces=len(np.unique(component[main])),
        largest=_largest_components(net, length, edges),
        cut_edges=int(np.count_nonzero(cut)),
        cut_length_m=float(net.edge_length[cut].sum()),
        unknown_m=float(counted[_tagged(net, UNKNOWN_TAG)].sum()),
        ways=ways,
    )


def _tagged(net: WalkNetwork, name: str) -> npt.NDArray[np.bool_]:
    """Return which edges bear a tag bit."""
    if name not in net.tag_names:
        return np.zeros(net.n_edges, dtype=bool)
    bit = np.uint32(net.tag_names.index(name))
    return (net.edge_tags >> bit & np.uint32(1)).astype(bool)


def _largest_components(
    net: WalkNetwork, length: npt.NDArray[np.float64], edges: npt.NDArray[np.int64]
) -> tuple[Component, ...]:
    """Say how large the largest components are and where they lie."""
    number = min(len(edges), _LISTED_COMPONENTS)
    middle = np.empty((number, 2))
    for part in range(number):
        ends = net.node_xy[net.edge_nodes[net.edge_component == part].reshape(-1)]
        middle[part] = (ends.min(axis=0) + ends.max(axis=0)) / 2
    main = np.isin(np.arange(number), net.edge_component[net.main_edges])
    lonlat = projected(middle, pyproj.CRS(net.crs), pyproj.CRS(LONLAT))
    return tuple(
        Component(
            length_m=float(length[part]),
            edges=int(edges[part]),
            x=float(middle[part, 0]),
            y=float(middle[part, 1]),
            lon=float(lonlat[part, 0].round(6)),
            lat=float(lonlat[part, 1].round(6)),
            main=bool(main[part]),
        )
        for part in range(number)
    )


def _cut_edges(net: WalkNetwork, cut_xy: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return which edges have a dead end at one of the places where ways were cut."""
    is_dead_end = np.bincount(net.edge_nodes.reshape(-1), minlength=net.n_nodes) == 1
    # Places on the grid of the network, each as one complex number that can be looked up.
    ends, cut = (
        np.round(xy / net.quantum_m) @ [1, 1j] for xy in (net.node_xy[is_dead_end], cut_xy)
    )
    is_dead_end[is_dead_end] = np.isin(ends, cut)
    return is_dead_end[net.edge_nodes].any(axis=1)
