"""The walk from one place to a centre: where it leads, along which streets, and how far it is."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

from kiezreach.errors import InputError, shown
from kiezreach.network.segments import EQUAL_M
from kiezreach.network.snap import Snap, point_xy, snap
from kiezreach.reach.lengths import rounded

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork
    from kiezreach.reach.engine import Reach

_BESIDE_M = 20.0  # a sidewalk or path this near to a street along its way runs beside it
_MIN_BESIDE_M = 2 * _BESIDE_M  # shorter ways may only cross it
_MIN_BESIDE_SHARE = 0.7
_SAMPLE_M = 10.0
_NO_STEP_M = 1e-6  # pieces shorter than this are rounding, not walking


@dataclass(frozen=True, eq=False)
class Stretch:
    """A part of a walk along one street, or along ways of one kind that bear no name.

    Parameters
    ----------
    name
        Name of the street, empty where it has none.
    tags
        What the network knows of a way without name, for example ``steps``.
    length_m
        Length in metres.
    geometry
        The line walked, in walking order.
    beside
        Name of the street that a way without name runs along, empty where there is none.
    """

    name: str
    tags: tuple[str, ...]
    length_m: float
    geometry: shapely.LineString
    beside: str = ""

    @property
    def bearing_deg(self) -> float:
        """Direction from start to end, clockwise from grid north; NaN where they coincide."""
        return bearing(self.geometry.coords[0], self.geometry.coords[-1])


@dataclass(frozen=True, eq=False)
class Route:
    """The shortest walk from a place to a centre.

    Parameters
    ----------
    centre
        Index label of the centre.
    access_m, way_m, centre_access_m
        Metres from the place to the network, along it, and from it to the centre.
    access_leg, way, centre_leg
        The same three parts as lines in walking order; empty where a part has no length.
    stretches
        The way, street by street.
    """

    centre: Hashable
    access_m: float
    way_m: float
    centre_access_m: float
    access_leg: shapely.LineString
    way: shapely.LineString
    centre_leg: shapely.LineString
    stretches: tuple[Stretch, ...]

    @property
    def distance_m(self) -> float:
        """Walking distance in metres, access legs included, in whole tenths of a micrometre."""
        return float(rounded(np.array(self.access_m + self.way_m + self.centre_access_m)))


@dataclass(frozen=True, eq=False)
class Explanation:
    """What one place's walking distance is made of.

    Parameters
    ----------
    place
        The place.
    crs
        CRS of all geometry.
    linked
        Whether the place is near enough to a street to count as linked.
    street_m
        Metres from the place to the street of the main component that it is tied to; if it is
        unlinked, to the nearest one, which may lie across water.
    route
        The walk to the centre; None where the place is unlinked or no centre is within the limit.
    next_centre, next_distance_m
        Index label of the nearest of the other centres and its walking distance; None and inf
        where none is within the limit.
    """

    place: shapely.Point
    crs: str
    linked: bool
    street_m: float
    route: Route | None = None
    next_centre: Hashable | None = None
    next_distance_m: float = math.inf


def explain(
    reach: Reach, place: gpd.GeoDataFrame | gpd.GeoSeries, centre: Hashable | None = None
) -> Explanation:
    """Return the walk from one place to its nearest centre, or to a given one.

    Parameters
    ----------
    reach
        Walking distances to all centres.
    place
        One point in any CRS.
    centre
        Index label of the centre to walk to; by default the nearest.

    Returns
    -------
    Explanation
        Distances equal those of `Reach.distance`, and a walk that is exactly as long as the
        reach's limit is within it.

    Raises
    ------
    InputError
        If `place` is not one point, has no CRS or is not finite, or the centre is not known.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from kiezreach.network import network_from_lines
    >>> from kiezreach.reach import explain, reach
    >>> crs = "EPSG:25833"
    >>> streets = gpd.GeoSeries([LineString([(0, 0), (300, 0), (300, 400)])], crs=crs)
    >>> net = network_from_lines(streets, names=["Lange Straße"])
    >>> centres = gpd.GeoDataFrame(geometry=[Point(310, 400)], crs=crs, index=["centre"])
    >>> route = explain(reach(net, centres), gpd.GeoSeries([Point(100, 20)], crs=crs)).route
    >>> route.distance_m, [(s.name, s.length_m) for s in route.stretches]
    (630.0, [('Lange Straße', 600.0)])
    """
    if len(place) != 1:
        msg = f"{len(place)} places are given"
        raise InputError(msg, remedy="Give one point, for example points.iloc[[0]]")
    net = reach.net
    xy = point_xy(place, net.crs)
    start = snap(net, xy, reach.max_access_m)
    goal = None if centre is None else _position(reach, centre)
    point, street = shapely.Point(xy[0]), float(start.access[0])
    if not start.linked[0]:
        return Explanation(point, net.crs, linked=False, street_m=street)
    if goal is None:
        # The reach decides, so that ties fall as they do in every count of residents.
        goal = int(reach.at(start)[1][0])
    if goal < 0:
        return Explanation(point, net.crs, linked=True, street_m=street)
    tree = _Tree.around(net, int(start.edge[0]), float(start.offset[0]), reach.limit + EQUAL_M)
    walks = rounded(tree.walks(reach.centres) + start.access[0] + reach.centres.access)
    walks[walks > reach.limit] = np.inf
    route = _route(reach, goal, tree, point, street) if np.isfinite(walks[goal]) else None
    walks[goal] = np.inf
    second = int(np.flatnonzero(walks <= walks.min() + EQUAL_M)[0])  # the first of equally near
    there = bool(np.isfinite(walks[second]))
    return Explanation(
        point,
        net.crs,
        linked=True,
        street_m=street,
        route=route,
        next_centre=reach.centre_ids[second] if there else None,
        next_distance_m=float(walks[second]),
    )


def bearing(start: tuple[float, ...], end: tuple[float, ...]) -> float:
    """Return the direction between two places in degrees clockwise from grid north."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    return math.nan if math.hypot(dx, dy) < _NO_STEP_M else math.degrees(math.atan2(dx, dy)) % 360


def _position(reach: Reach, centre: Hashable) -> int:
    """Return the position of a centre in the reach."""
    if centre not in reach.centre_ids:
        msg = f"there is no centre '{shown(centre)}'"
        raise InputError(msg, remedy="Give the index label of one of the reach's centres")
    return int(reach.centre_ids.get_loc(centre))


@dataclass(frozen=True, eq=False)
class _Tree:
    """Shortest ways from one place on an edge to all nodes."""

    net: WalkNetwork
    edge: int
    offset: float
    distance: npt.NDArray[np.float64]
    before: npt.NDArray[np.int32]

    @classmethod
    def around(cls, net: WalkNetwork, edge: int, offset: float, limit: float) -> _Tree:
        """Search from a place, which becomes a node joined to both ends of its edge."""
        graph, n = net.graph, net.n_nodes
        to_ends = [offset, float(net.edge_length[edge]) - offset]
        joined = csr_array(
            (
                np.concatenate([graph.data, to_ends]),
                np.concatenate([graph.indices, net.edge_nodes[edge]], dtype=np.int32),
                np.append(graph.indptr, graph.indptr[-1:] + np.int32(2)),
            ),
            shape=(n + 1, n + 1),
        )
        distance, before = dijkstra(
            joined, indices=np.array([n]), return_predecessors=True, limit=limit
        )
        return cls(net, edge, offset, distance[0], before[0])

    def walks(self, places: Snap) -> npt.NDArray[np.float64]:
        """Metres along the network to places on it, inf where they are unlinked."""
        found = np.full(len(places.edge), np.inf)
        linked = np.flatnonzero(places.linked)
        over = self._over_ends(places.edge[linked], places.offset[linked])
        found[linked] = np.minimum(over.min(axis=0), self._directly(places)[linked])
        return found

    def steps(self, places: Snap, k: int) -> list[tuple[int, float, float]]:
        """Return edge, first and last offset of each piece of the way to place number k."""
        edge, offset = int(places.edge[k]), float(places.offset[k])
        over_u, over_v = self._over_ends(places.edge[[k]], places.offset[[k]])[:, 0]
        if self._directly(places)[k] <= min(over_u, over_v):
            return [(edge, self.offset, offset)]
        last = int(self.net.edge_nodes[edge, int(over_v < over_u)])
        nodes = [last]
        while self.before[nodes[-1]] != self.net.n_nodes:
            nodes.append(int(self.before[nodes[-1]]))
        nodes.reverse()
        first_end = self._end_towards(self.edge, nodes[0], self.offset)
        last_end = self._end_towards(edge, last, offset)
        between = [
            (e, 0.0, length) if self.net.edge_nodes[e, 0] == a else (e, length, 0.0)
            for a, e in zip(nodes, self._edges_between(nodes), strict=False)
            for length in [float(self.net.edge_length[e])]
        ]
        return [(self.edge, self.offset, first_end), *between, (edge, last_end, offset)]

    def _over_ends(
        self, edge: npt.NDArray[np.int64], offset: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Metres to places by way of the first and of the second end of their edge."""
        u, v = self.net.edge_nodes[edge].T
        rest = self.net.edge_length[edge] - offset
        return np.stack([self.distance[u] + offset, self.distance[v] + rest])

    def _directly(self, places: Snap) -> npt.NDArray[np.float64]:
        """Metres to places along the edge that they share with the start, else inf."""
        return np.where(places.edge == self.edge, np.abs(places.offset - self.offset), np.inf)

    def _end_towards(self, edge: int, node: int, offset: float) -> float:
        """Offset of the end of an edge that is at a node; of a loop, the nearer one."""
        u, v = self.net.edge_nodes[edge]
        length = float(self.net.edge_length[edge])
        if u == v:
            return 0.0 if offset <= length - offset else length
        return 0.0 if node == u else length

    def _edges_between(self, nodes: list[int]) -> Iterator[int]:
        """Yield the shortest edge between each node of a path and the next."""
        ends = self.net.edge_nodes
        near = np.flatnonzero(np.isin(ends, nodes).all(axis=1))
        near = near[np.argsort(self.net.edge_length[near], kind="stable")]
        shortest: dict[frozenset[int], int] = {}
        for edge in near.tolist():
            shortest.setdefault(frozenset(ends[edge].tolist()), edge)
        for pair in pairwise(nodes):
            yield shortest[frozenset(pair)]


def _route(reach: Reach, goal: int, tree: _Tree, place: shapely.Point, access: float) -> Route:
    """Put the walk to one centre together."""
    net, centres = reach.net, reach.centres
    steps = tree.steps(centres, goal)
    start = net.lines[steps[0][0]].interpolate(steps[0][1])
    end = net.lines[steps[-1][0]].interpolate(steps[-1][2])
    pieces = [(edge, a, b) for edge, a, b in steps if abs(b - a) > _NO_STEP_M]
    stretches = tuple(_stretches(net, pieces))
    return Route(
        centre=reach.centre_ids[goal],
        access_m=access,
        way_m=sum(abs(b - a) for _, a, b in steps),
        centre_access_m=float(centres.access[goal]),
        access_leg=_line([place, start]),
        way=_line([shapely.Point(xy) for s in stretches for xy in s.geometry.coords]),
        centre_leg=_line([end, shapely.Point(reach.centre_xy[goal])]),
        stretches=stretches,
    )


def _stretches(net: WalkNetwork, pieces: list[tuple[int, float, float]]) -> Iterator[Stretch]:
    """Join neighbouring pieces of one name, or without name and of one kind."""
    run: list[tuple[int, float, float]] = []
    for piece in pieces:
        if run and _street(net, piece[0]) != _street(net, run[-1][0]):
            yield _stretch(net, run)
            run = []
        run.append(piece)
    if run:
        yield _stretch(net, run)


def _street(net: WalkNetwork, edge: int) -> tuple[str, tuple[str, ...]]:
    """Name of an edge's street; where it has none, the tags that tell its kind."""
    number = int(net.edge_name[edge])
    if number >= 0:
        return str(net.names[number]), ()
    bits = int(net.edge_tags[edge])
    return "", tuple(name for bit, name in enumerate(net.tag_names) if bits >> bit & 1)


def _stretch(net: WalkNetwork, run: list[tuple[int, float, float]]) -> Stretch:
    """Make one stretch of pieces that follow each other."""
    name, tags = _street(net, run[0][0])
    length = sum(abs(b - a) for _, a, b in run)
    points = [
        shapely.Point(xy) for edge, a, b in run for xy in substring(net.lines[edge], a, b).coords
    ]
    line = _line(points)
    return Stretch(name, tags, length, line, "" if name else _beside(net, line))


def _beside(net: WalkNetwork, line: shapely.LineString) -> str:
    """Name the street that a line keeps to for most of its length."""
    if line.length < _MIN_BESIDE_M:
        return ""
    near = net.main_edges[net.main_tree.query(line, predicate="dwithin", distance=_BESIDE_M)]
    near = near[net.edge_name[near] >= 0]
    points = shapely.line_interpolate_point(line, np.arange(0.0, line.length, _SAMPLE_M))
    found, most = "", _MIN_BESIDE_SHARE
    for number in np.unique(net.edge_name[near]):
        street = shapely.multilinestrings(net.lines[near[net.edge_name[near] == number]])
        share = float((shapely.distance(street, points) <= _BESIDE_M).mean())
        if share > most:
            found, most = str(net.names[number]), share
    return found


def _line(points: list[shapely.Point]) -> shapely.LineString:
    """Join points that follow each other; empty if they are all at one place."""
    xy = shapely.get_coordinates(points)
    new = np.ones(len(xy), dtype=bool)
    new[1:] = np.hypot(*np.diff(xy, axis=0).T) > _NO_STEP_M
    return shapely.LineString(xy[new] if new.sum() > 1 else [])
