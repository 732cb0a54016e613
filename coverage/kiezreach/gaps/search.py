"""Find the gaps of each threshold: ground that belongs together, and who lives on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kiezreach.defaults import (
    GAP_CROSSING_M,
    GAP_JOIN_M,
    GAP_MERGE_M,
    GAP_MIN_RESIDENTS,
)
from kiezreach.gaps.ground import disjoint, unserved_ground
from kiezreach.gaps.homes import Homes, zone_of
from kiezreach.gaps.neighbours import Barriers, nearest_within, neighbours
from kiezreach.polygons import polygons

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork

_POINT_BUFFER_M = 20.0  # inhabited ground around an unserved point that no polygon shows


@dataclass(frozen=True)
class GapRules:
    """What makes one gap; lengths are metres.

    Parameters
    ----------
    join_m
        Parts no farther from each other than this are one gap: the width of a street.
    crossing_m
        A barrier does not separate two parts where a way of the walking network crosses it this
        close to the shortest line between them.
    min_residents
        A gap with fewer residents is merged into its nearest neighbour.
    merge_m
        How far away that neighbour may be.
    """

    join_m: float = GAP_JOIN_M
    crossing_m: float = GAP_CROSSING_M
    min_residents: int = GAP_MIN_RESIDENTS
    merge_m: float = GAP_MERGE_M


@dataclass(frozen=True, eq=False)
class FoundGaps:
    """The gaps of one threshold, numbered from 0.

    Parameters
    ----------
    threshold_m
        Walking distance in metres beyond which a place is not served.
    parts, part_gap, part_zone
        Shape (m,): the polygons that the gaps consist of, the gap and the zone of each.
    member
        Shape (n,): the gap of each resident point, -1 where it is in none.
    small
        Shape (g,): whether a gap stays below the least number of residents, because it has no
        neighbour to be merged into.
    """

    threshold_m: float
    parts: npt.NDArray[np.object_]
    part_gap: npt.NDArray[np.int64]
    part_zone: npt.NDArray[np.object_]
    member: npt.NDArray[np.int64]
    small: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of gaps."""
        return len(self.small)

    def shapes(self) -> list[shapely.MultiPolygon]:
        """Return the ground of each gap, without overlaps."""
        # Ground around a point may overlap a block of its gap.
        whole = [shapely.union_all(self.parts[self.part_gap == k]) for k in range(len(self))]
        apart = disjoint(np.array(whole, dtype=object))
        return [shapely.MultiPolygon(list(polygons(np.array([shape])))) for shape in apart]

    def only(self, counted: npt.NDArray[np.bool_]) -> FoundGaps:
        """Keep the members that count, and the gaps that have any; the ground stays as it is.

        Parameters
        ----------
        counted
            Shape (n,): whether a resident point counts.
        """
        member = np.where(counted, self.member, -1)
        kept = np.unique(member[member >= 0])
        number = np.full(len(self) + 1, -1, dtype=np.int64)  # the last one stands for none
        number[kept] = np.arange(len(kept))
        part_gap = number[self.part_gap]
        there = part_gap >= 0
        return FoundGaps(
            threshold_m=self.threshold_m,
            parts=self.parts[there],
            part_gap=part_gap[there],
            part_zone=self.part_zone[there],
            member=number[member],
            small=self.small[kept],
        )


def find_gaps(
    homes: Homes,
    inhabited: gpd.GeoDataFrame,
    catchments: gpd.GeoDataFrame,
    net: WalkNetwork,
    *,
    rules: GapRules = GapRules(),
    zones: gpd.GeoDataFrame | None = None,
    barriers: gpd.GeoDataFrame | None = None,
) -> dict[float, FoundGaps]:
    """Find the connected parts of the inhabited area that no centre reaches, at each threshold.

    Parameters
    ----------
    homes
        Residents, with their zone from the same `zones`.
    inhabited
        Polygons of where residents live.
    catchments
        ``threshold_m`` and geometry in the network's CRS.
    net
        The walking network, whose ways cross barriers.
    rules
        What makes one gap.
    zones
        Areas with ``area_id`` at whose borders gaps end.
    barriers
        ``kind`` and lines or polygons at which gaps end, but where a way crosses them.

    Returns
    -------
    dict
        Gaps by threshold. Every resident beyond the threshold is in exactly one gap.
    """
    blocks = inhabited.geometry.to_crs(net.crs).to_numpy()
    walls = Barriers(barriers, net, rules.crossing_m)
    found = {}
    for threshold, catchment in zip(catchments["threshold_m"], catchments.geometry, strict=True):
        ground = unserved_ground(blocks, catchment, walls.shapes)
        zone = zone_of(shapely.point_on_surface(ground), zones, net.crs)
        found[float(threshold)] = _search(homes, float(threshold), ground, zone, walls, rules)
    return found


def _search(
    homes: Homes,
    threshold: float,
    ground: npt.NDArray[np.object_],
    zone: npt.NDArray[np.object_],
    walls: Barriers,
    rules: GapRules,
) -> FoundGaps:
    """Join the ground of one threshold into gaps and give every unserved point its own."""
    unserved = homes.unserved(threshold)
    points, own_zone = homes.points[unserved], homes.zone[unserved]
    near = nearest_within(points, own_zone, ground, zone)
    bare = near < 0
    bare[~bare] = shapely.distance(points[~bare], ground[near[~bare]]) > rules.join_m / 2
    around = shapely.buffer(points[bare], _POINT_BUFFER_M, quad_segs=4)
    near[bare] = len(ground) + np.arange(bare.sum())
    parts = np.concatenate([ground, around])
    zone = np.concatenate([zone, own_zone[bare]])
    a, b = neighbours(parts, zone, rules.join_m, walls)
    joins = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(parts), len(parts)))
    label = connected_components(joins, directed=False)[1].astype(np.int64)
    residents = np.bincount(label[near], homes.residents[unserved], minlength=len(label))
    label = _merged(parts, zone, label, residents, walls, rules)
    peopled, code = np.unique(label[near], return_inverse=True)
    there = np.isin(label, peopled)
    member = np.full(len(homes.points), -1, dtype=np.int64)
    member[unserved] = code.reshape(-1)
    size = np.bincount(code.reshape(-1), homes.residents[unserved], minlength=len(peopled))
    return FoundGaps(
        threshold_m=threshold,
        parts=parts[there],
        part_gap=np.searchsorted(peopled, label[there]),
        part_zone=zone[there],
        member=member,
        small=size < rules.min_residents,
    )


def _merged(
    parts: npt.NDArray[np.object_],
    zone: npt.NDArray[np.object_],
    label: npt.NDArray[np.int64],
    residents: npt.NDArray[np.number],
    walls: Barriers,
    rules: GapRules,
) -> npt.NDArray[np.int64]:
    """Merge groups of parts that are too small into the nearest peopled one, smallest first."""
    small = (residents > 0) & (residents < rules.min_residents)
    peopled = np.flatnonzero(residents[label] > 0)
    asked = np.flatnonzero(small[label[peopled]])
    if not len(asked):
        return label
    a, b = neighbours(parts[peopled], zone[peopled], rules.merge_m, walls, of=asked)
    a, b = peopled[a], peopled[b]
    links = pd.DataFrame(
        {"a": label[a], "b": label[b], "m": shapely.distance(parts[a], parts[b])}
    ).query("a != b")
    links = pd.concat([links, links.rename(columns={"a": "b", "b": "a"})])
    links = links.groupby(["a", "b"], as_index=False, sort=True)["m"].min()
    into, size = np.arange(len(residents)), residents.copy()
    for k in sorted(np.flatnonzero(small).tolist(), key=lambda k: (residents[k], k)):
        if size[into[k]] >= rules.min_residents:
            continue  # a smaller one has been merged into it
        around = links[np.isin(into[links["a"]], into[k]) & (into[links["b"]] != into[k])]
        if len(around):
            nearest = int(around["b"].to_numpy()[np.lexsort((around["b"], around["m"]))[0]])
            size[into[nearest]] += size[into[k]]
            into[into == into[k]] = into[nearest]
    return into[label]
