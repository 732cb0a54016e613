"""Exact walking distances to the nearest centre.

One multi-source Dijkstra search gives the distance of every node; between nodes, a place on an
edge takes the shorter way round, so that distances are exact to the position on the edge.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from kiezreach.defaults import MAX_ACCESS_M, MAX_SNAP_M
from kiezreach.errors import InputError
from kiezreach.network.segments import EQUAL_M
from kiezreach.network.snap import Snap, point_xy, snap
from kiezreach.reach.lengths import check_length, rounded
from kiezreach.reach.ties import first_of_equally_near

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork

    # Which places it is a way for, its length, and the centre that it leads to.
    Way = tuple[slice | npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.int64]]


BEYOND_M = 20.0  # searched beyond the limit: twice a usual cell, so that a border at it is exact


@dataclass(frozen=True, eq=False)
class Reach:
    """Walking distance to the nearest centre, everywhere on a network.

    Parameters
    ----------
    net
        The network.
    centre_ids
        Index of the centres; positions below refer to it.
    centres
        Where the centres stand on the network.
    centre_xy
        Shape (c, 2): where the centres themselves are, in the network's CRS.
    node_distance
        Shape (n,): metres from each node to its nearest centre, access leg included; inf farther
        than 20 m beyond the limit. Not rounded, so that walks over it add up.
    node_centre
        Shape (n,): position of that centre, the first of equally near ones; -1 where there is
        none.
    limit, max_access_m
        Longest walk and longest access leg of a served point, in metres.
    """

    net: WalkNetwork
    centre_ids: pd.Index
    centres: Snap
    centre_xy: npt.NDArray[np.float64]
    node_distance: npt.NDArray[np.float64]
    node_centre: npt.NDArray[np.int64]
    limit: float
    max_access_m: float

    def distance(self, points: gpd.GeoDataFrame | gpd.GeoSeries) -> npt.NDArray[np.float64]:
        """Return the walking distance of points to their nearest centre.

        Parameters
        ----------
        points
            Points in any CRS.

        Returns
        -------
        array, shape (n,), metres
            Tenths of a micrometre, so that ``<= threshold`` says who is served, and rounding errors
            do not; inf where the distance is beyond the limit or the point is unlinked.
        """
        return self.at(self.snap(points))[0]

    def nearest(self, points: gpd.GeoDataFrame | gpd.GeoSeries) -> npt.NDArray[np.object_]:
        """Return the index label of each point's nearest centre, None where `distance` is inf.

        Of centres whose distances differ by less than 0.1 micrometres, the first in the order of
        index labels.
        """
        return self.labels(self.at(self.snap(points))[1])

    def labels(self, centre: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
        """Turn positions of centres into index labels, -1 into None."""
        label = np.full(len(centre), None, dtype=object)
        label[centre >= 0] = self.centre_ids.to_numpy(dtype=object)[centre[centre >= 0]]
        return label

    def snap(self, points: gpd.GeoDataFrame | gpd.GeoSeries) -> Snap:
        """Tie points to the network with this reach's longest access leg."""
        return snap(self.net, point_xy(points, self.net.crs), self.max_access_m)

    def at(self, place: Snap) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Return distance and nearest centre of points that are already snapped.

        Returns
        -------
        distance : array, shape (n,), metres
            As `distance` returns it: every comparison with a threshold is made with these.
        centre : array, shape (n,)
            Position of the nearest centre, -1 where the distance is inf.
        """
        distance, centre = self.known(place)
        beyond = distance > self.limit
        distance[beyond], centre[beyond] = np.inf, -1
        return distance, centre

    def known(self, place: Snap) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Return what `at` returns, without the cut at the limit.

        A little beyond it walks are still known, so that a border can be drawn at the limit.
        """
        distance = np.full(len(place.edge), np.inf)
        centre = np.full(len(place.edge), -1, dtype=np.int64)
        linked = np.flatnonzero(place.linked)
        edge, offset = place.edge[linked], place.offset[linked]
        walk, nearest = self._along_edge(edge, offset)
        distance[linked] = rounded(walk + place.access[linked])
        centre[linked] = np.where(np.isfinite(walk), nearest, -1)
        return distance, centre

    @cached_property
    def _has_centre(self) -> npt.NDArray[np.bool_]:
        """Whether a centre stands on an edge, for each edge."""
        has_centre = np.zeros(self.net.n_edges, dtype=bool)
        has_centre[self.centres.edge[self.centres.linked]] = True
        return has_centre

    def _along_edge(
        self, edge: npt.NDArray[np.int64], offset: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Shortest way from places on edges, and the first of the centres it is as short to."""
        return shortest(list(self._ways(edge, offset)), len(edge))

    def _ways(self, edge: npt.NDArray[np.int64], offset: npt.NDArray[np.float64]) -> Iterator[Way]:
        """Yield the ways from places on edges: over either end, or along the edge itself."""
        u, v = self.net.edge_nodes[edge].T
        rest = self.net.edge_length[edge] - offset
        yield slice(None), self.node_distance[u] + offset, self.node_centre[u]
        yield slice(None), self.node_distance[v] + rest, self.node_centre[v]
        yield from self.along_edges(edge, offset)

    def along_edges(
        self, edge: npt.NDArray[np.int64], offset: npt.NDArray[np.float64]
    ) -> Iterator[Way]:
        """Yield the ways from places to the centres on their own edge, along that edge."""
        shared = np.flatnonzero(self._has_centre[edge])
        for centre in np.flatnonzero(np.isin(self.centres.edge, edge[shared])):
            here = shared[edge[shared] == self.centres.edge[centre]]
            along = np.abs(offset[here] - self.centres.offset[centre])
            yield here, along + self.centres.access[centre], np.full(len(here), centre)


def shortest(
    ways: Sequence[Way], places: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return the shortest of the ways from each place, and the first centre it is as short to.

    Parameters
    ----------
    ways
        Which places each is a way for, its length in metres, inf where it leads nowhere, and the
        position of the centre that it leads to.
    places
        How many places there are.

    Returns
    -------
    walk : array, shape (places,), metres
        Not rounded; inf where no way leads to a centre.
    centre : array, shape (places,)
        The lowest position of the centres whose ways differ by less than 0.1 micrometres; of no
        meaning where the walk is inf.
    """
    walk = np.full(places, np.inf)
    for here, length, _ in ways:
        walk[here] = np.minimum(walk[here], length)
    nearest = np.full(places, np.iinfo(np.int64).max)
    for here, length, centre in ways:
        equal = length <= walk[here] + EQUAL_M
        nearest[here] = np.where(equal, np.minimum(centre, nearest[here]), nearest[here])
    return walk, nearest


def reach(
    net: WalkNetwork,
    centres: gpd.GeoDataFrame,
    limit: float = np.inf,
    *,
    max_snap_m: float = MAX_SNAP_M,
    max_access_m: float = MAX_ACCESS_M,
) -> Reach:
    """Compute walking distances to the nearest of several centres.

    Parameters
    ----------
    net
        The walking network.
    centres
        Points in any CRS, indexed by their unique id.
    limit
        Longest walk of interest in metres; a low limit is faster. On a network that was clipped
        it is needed, and at most the network's `clip_buffer_m`: longer walks may be shorter in
        truth, over streets that were clipped away.
    max_snap_m
        Longest access leg of a centre in metres; centres farther away serve nobody.
    max_access_m
        Longest access leg of a resident in metres.

    Returns
    -------
    Reach

    Raises
    ------
    InputError
        If the centres have no CRS or repeat an id, a length is none, or the limit is longer than
        the buffer that the network was clipped with, or missing there.

    Examples
    --------
    Who walks to which centre in Berlin, on the packaged network:

    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> import kiezreach as kr
    >>> study = kr.berlin()
    >>> net = kr.read_network(study.path(study.network.file))
    >>> table = pd.read_csv(study.path(study.centres.file), index_col="centre_id")
    >>> centres = gpd.GeoDataFrame(
    ...     table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs="EPSG:4326"
    ... )
    >>> reach = kr.reach(net, centres, limit=800)
    >>> homes = gpd.GeoSeries(gpd.points_from_xy([13.3998, 13.60], [52.5076, 52.40]), crs=4326)
    >>> reach.nearest(homes).tolist()
    ['osm-alte-feuerwache', None]
    >>> reach.distance(homes) <= 500
    array([ True, False])

    Notes
    -----
    Dijkstra's search with all centres as sources at once (`scipy.sparse.csgraph.dijkstra` with
    ``min_only``). Each centre is a node of its own, joined to both ends of its edge, so that
    access leg and offset are part of the search. Ties are settled after it, by id.
    """
    limit, max_snap_m, max_access_m = _checked(net, limit, max_snap_m, max_access_m)
    ids, place, xy = _placed(net, centres, max_snap_m)
    distance, nearest = _search(net, place, limit)
    return Reach(net, ids, place, xy, distance, nearest, limit, max_access_m)


def _placed(
    net: WalkNetwork, centres: gpd.GeoDataFrame, max_snap_m: float
) -> tuple[pd.Index, Snap, npt.NDArray[np.float64]]:
    """Return ids of the centres, where on the network, and where they are."""
    if not centres.index.is_unique:
        twice = centres.index[centres.index.duplicated()][0]
        msg = "the id stands twice among the centres"
        raise InputError(msg, row=f"id {twice}", remedy="Give each centre an id of its own")
    centres = centres.sort_index()  # ties go to the lowest id, whatever the order of rows
    xy = point_xy(centres, net.crs)
    return centres.index, snap(net, xy, max_snap_m), xy


def _checked(
    net: WalkNetwork, limit: float, max_snap_m: float, max_access_m: float
) -> tuple[float, float, float]:
    """Refuse what is no length, and a limit that needs streets which were clipped away."""
    limit = check_length(limit, "the limit", endless=True)
    max_snap_m = check_length(max_snap_m, "max_snap_m", zero=True)
    max_access_m = check_length(max_access_m, "max_access_m", zero=True)
    _check_clipping(net, limit)
    return limit, max_snap_m, max_access_m


def _check_clipping(net: WalkNetwork, limit: float) -> None:
    """Refuse a limit that needs streets which were clipped away."""
    buffer = net.clip_buffer_m
    if buffer is None or limit <= buffer:
        return
    around = f"clipped to an area and {buffer:g} m around"
    if limit == np.inf:
        msg = f"there is no limit, and the network was {around}"
        remedy = f"Give a limit of at most {buffer:g} m" if buffer else "Give a limit"
        raise InputError(msg, remedy=f"{remedy}, or read the network with a larger buffer_m")
    msg = f"the limit of {limit:g} m is too long: the network was {around}"
    raise InputError(msg, remedy=f"Read the network with buffer_m={limit:g} or more")


def _search(
    net: WalkNetwork, centres: Snap, limit: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Distance from every node to the nearest centre, and which one that is."""
    source = np.flatnonzero(centres.linked)
    if not len(source):
        return np.full(net.n_nodes, np.inf), np.full(net.n_nodes, -1, dtype=np.int64)
    graph = with_centres(net, centres, source)
    distance, _, found = dijkstra(
        graph,
        directed=True,
        indices=net.n_nodes + np.arange(len(source)),
        return_predecessors=True,
        min_only=True,
        limit=limit + BEYOND_M,
    )
    nearest = np.full(len(distance), -1, dtype=np.int64)
    reached = np.isfinite(distance)
    nearest[reached] = source[found[reached] - net.n_nodes]
    ends, length = net.edge_nodes, net.edge_length
    nearest = first_of_equally_near(graph, net.n_nodes, ends, length, distance, nearest)
    return distance[: net.n_nodes], nearest[: net.n_nodes]


def with_centres(net: WalkNetwork, centres: Snap, source: npt.NDArray[np.int64]) -> csr_array:
    """Append to the graph one node per centre with a one-way edge to both ends of its edge."""
    edge = centres.edge[source]
    to_u = centres.access[source] + centres.offset[source]
    to_v = centres.access[source] + (net.edge_length[edge] - centres.offset[source])
    data = np.column_stack([to_u, to_v]).ravel()
    graph = net.graph
    indptr = graph.indptr[-1] + 2 * np.arange(1, len(source) + 1)
    size = net.n_nodes + len(source)
    return csr_array(
        (
            np.concatenate([graph.data, data]),
            np.concatenate([graph.indices, net.edge_nodes[edge].ravel()], dtype=np.int32),
            np.concatenate([graph.indptr, indptr], dtype=np.int32),
        ),
        shape=(size, size),
    )


class CentreReaches(Mapping[Hashable, Reach]):
    """The reach of each centre alone, computed when it is asked for."""

    def __init__(
        self,
        net: WalkNetwork,
        centre_ids: pd.Index,
        centres: Snap,
        centre_xy: npt.NDArray[np.float64],
        limit: float,
        max_access_m: float,
    ) -> None:
        self._net, self._limit, self._max_access_m = net, limit, max_access_m
        self._ids, self._centres, self._xy = centre_ids, centres, centre_xy
        # All centres are in the matrix of every search: none leads to another.
        self._graph = with_centres(net, centres, np.flatnonzero(centres.linked))
        self._node = net.n_nodes + np.cumsum(centres.linked) - 1

    def __getitem__(self, centre_id: Hashable) -> Reach:
        """Return the reach of one centre."""
        k = self._ids.get_loc(centre_id)
        one = slice(k, k + 1)
        every = self._centres
        distance = self._distance(k)
        return Reach(
            self._net,
            self._ids[one],
            Snap(every.edge[one], every.offset[one], every.access[one]),
            self._xy[one],
            distance,
            np.where(np.isfinite(distance), 0, -1),
            self._limit,
            self._max_access_m,
        )

    def _distance(self, k: int) -> npt.NDArray[np.float64]:
        """Distance from every node to one centre."""
        if not self._centres.linked[k]:
            return np.full(self._net.n_nodes, np.inf)
        found = dijkstra(self._graph, indices=self._node[k], limit=self._limit + BEYOND_M)
        return found[: self._net.n_nodes]

    def __iter__(self) -> Iterator[Hashable]:
        """Iterate over the ids of the centres, sorted."""
        return iter(self._ids)

    def __len__(self) -> int:
        """Return the number of centres."""
        return len(self._ids)


def reach_each(
    net: WalkNetwork,
    centres: gpd.GeoDataFrame,
    limit: float,
    *,
    max_snap_m: float = MAX_SNAP_M,
    max_access_m: float = MAX_ACCESS_M,
) -> CentreReaches:
    """Compute walking distances to each centre alone.

    Parameters
    ----------
    net, centres, limit, max_snap_m, max_access_m
        As for `reach`.

    Returns
    -------
    mapping from centre id to Reach
        Computed one by one on access, so that the memory does not grow with the centres.
    """
    limit, max_snap_m, max_access_m = _checked(net, limit, max_snap_m, max_access_m)
    ids, place, xy = _placed(net, centres, max_snap_m)
    return CentreReaches(net, ids, place, xy, limit, max_access_m)
