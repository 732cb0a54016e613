"""Which parts of the ground are neighbours on foot: near, in one zone, no barrier between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork

_SHARE_OF_WIDTH = 0.5  # of the water: half a bridge, where a junction stands in the middle of it
_BESIDE_M = 5.0  # nearly all homes stand in a block or right before it


class Barriers:
    """Barriers on foot, and the places where a way of the walking network crosses them.

    Parameters
    ----------
    barriers
        ``kind`` and lines or polygons, in any CRS; None where there are no barriers.
    net
        The walking network.
    crossing_m
        How far from a crossing two parts of the ground may face each other and still be joined
        by it, in metres.
    """

    def __init__(
        self, barriers: gpd.GeoDataFrame | None, net: WalkNetwork, crossing_m: float
    ) -> None:
        none = np.empty(0, dtype=object)
        raw = none if barriers is None else barriers.geometry.to_crs(net.crs).to_numpy()
        kind = none if barriers is None else barriers["kind"].to_numpy(dtype=object)
        self.shapes, owner = shapely.get_parts(raw, return_index=True)
        self._kind = kind[owner]
        self._crossing_m = crossing_m
        # The few large shapes ask the tree of the many small ones: shapely prepares what asks.
        barrier, way = net.main_tree.query(self.shapes, predicate="intersects")
        ways = net.lines[net.main_edges[way]]
        over = shapely.intersection(ways, self.shapes[barrier])
        self._over, owner = shapely.get_parts(over, return_index=True)
        self._over_kind = self._kind[barrier[owner]]
        self._over_step = _steps(self._over)
        self._over_tree = shapely.STRtree(self._over)

    def separate(self, lines: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
        """Tell for each straight line whether a barrier without a crossing cuts it.

        For each kind of barrier that the line crosses, a way of the network has to cross a
        barrier of that kind near by. Over water it has to lead at least half as far in the
        direction of the line as the line does there, so that a path that dips into the drawn
        bank is no bridge.
        """
        barrier, line = shapely.STRtree(lines).query(self.shapes, predicate="intersects")
        between = shapely.length(lines[line]) > 0  # parts that touch each other are one place
        barrier, line = barrier[between], line[between]
        apart = np.zeros(len(lines), dtype=bool)
        for kind in np.unique(self._kind[barrier].astype(str)):
            own = self._kind[barrier] == kind
            cut, passage = (
                line[own],
                shapely.intersection(lines[line[own]], self.shapes[barrier[own]]),
            )
            width = np.zeros(len(lines))
            np.maximum.at(width, cut, shapely.length(passage))
            apart |= self._unbridged(lines, np.unique(cut), width, kind)
        return apart

    def _unbridged(
        self,
        lines: npt.NDArray[np.object_],
        cut: npt.NDArray[np.int64],
        width: npt.NDArray[np.float64],
        kind: str,
    ) -> npt.NDArray[np.bool_]:
        """Tell which of the cut lines have no crossing of a kind of barrier near by."""
        near, over = self._over_tree.query(
            lines[cut], predicate="dwithin", distance=self._crossing_m
        )
        along = _steps(lines[cut])
        along /= np.hypot(along[:, :1], along[:, 1:])
        across = np.abs((self._over_step[over] * along[near]).sum(axis=1))
        bridges = (self._over_kind[over] == kind) & (across >= _SHARE_OF_WIDTH * width[cut[near]])
        apart = np.zeros(len(lines), dtype=bool)
        apart[np.setdiff1d(cut, cut[near[bridges]])] = True
        return apart


def _steps(lines: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Return the way, shape (n, 2), from the first to the last place of lines; 0 for points."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    number = np.arange(len(lines))
    last = np.searchsorted(owner, number, side="right") - 1
    return np.asarray(xy[last] - xy[np.searchsorted(owner, number)])


def neighbours(
    parts: npt.NDArray[np.object_],
    zone: npt.NDArray[np.object_],
    distance_m: float,
    barriers: Barriers,
    *,
    of: npt.NDArray[np.int64] | None = None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pair the parts that are neighbours on foot.

    Parameters
    ----------
    parts
        Polygons.
    zone
        Shape (n,): the zone of each; parts of two zones are no neighbours.
    distance_m
        Parts no farther apart than this are neighbours, if no barrier separates them.
    barriers
        What separates.
    of
        Positions of the parts whose neighbours are asked for, all of them if absent.

    Returns
    -------
    a, b : arrays, shape (m,)
        Positions of the parts of each pair, sorted, each pair once with ``a < b``.
    """
    asked = np.arange(len(parts)) if of is None else of
    left, right = shapely.STRtree(parts).query(
        parts[asked], predicate="dwithin", distance=distance_m
    )
    left = asked[left]
    pair = np.unique(
        np.column_stack([np.minimum(left, right), np.maximum(left, right)])[
            (left != right) & (zone[left] == zone[right])
        ],
        axis=0,
    ).reshape(-1, 2)
    lines = shapely.shortest_line(parts[pair[:, 0]], parts[pair[:, 1]])
    a, b = pair[~barriers.separate(lines)].T
    return a, b


def nearest_within(
    points: npt.NDArray[np.object_],
    group: npt.NDArray[np.object_] | npt.NDArray[np.int64],
    parts: npt.NDArray[np.object_],
    part_group: npt.NDArray[np.object_] | npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Find the part of a point's own group that is nearest to it, the first of equally near ones.

    Parameters
    ----------
    points, group
        Shape (n,): points and the group that each belongs to.
    parts, part_group
        Shape (m,): polygons and their groups.

    Returns
    -------
    array, shape (n,)
        Position of the part, -1 where the group has none.
    """
    code = pd.factorize(np.concatenate([part_group, group]))[0]
    part_code, code = np.split(code, [len(parts)])
    found = np.full(len(points), -1, dtype=np.int64)
    # Parts that ask are prepared, and many times as fast as points that ask.
    part, point = shapely.STRtree(points).query(parts, predicate="dwithin", distance=_BESIDE_M)
    own = part_code[part] == code[point]
    part, point = part[own], point[own]
    distance = shapely.distance(points[point], parts[part])
    _keep_first(found, point, part, distance)
    left = np.flatnonzero((found < 0) & np.isin(code, part_code))
    for k in np.unique(code[left]):
        asked, there = left[code[left] == k], np.flatnonzero(part_code == k)
        point, part = shapely.STRtree(parts[there]).query_nearest(points[asked], all_matches=True)
        _keep_first(found, asked[point], there[part], np.zeros(len(part)))
    return found


def _keep_first(
    found: npt.NDArray[np.int64],
    point: npt.NDArray[np.int64],
    part: npt.NDArray[np.int64],
    distance: npt.NDArray[np.float64],
) -> None:
    """Note for each point the part that is nearest to it, the first of equally near ones."""
    order = np.lexsort((part, distance, point))
    point, first = np.unique(point[order], return_index=True)
    found[point] = part[order[first]]
