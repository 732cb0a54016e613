"""Walks between homes and the sites that could take in a centre."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from scipy.spatial import cKDTree

from kiezreach.network.snap import Snap, point_xy
from kiezreach.reach import reach_each

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork

_ROUNDING_M = 1e-3  # by so much a walk may seem shorter than the straight line
_SHORTEST_SEARCH_M = 500.0  # searches are grouped by length; shorter ones cost as little as this


@dataclass(frozen=True, eq=False)
class Homes:
    """Places that people walk from; all arrays have shape (n,).

    Parameters
    ----------
    xy
        Shape (n, 2): where they are, in the network's CRS.
    place
        Where they stand on the network.
    walk
        Metres to the nearest centre that exists, inf where there is none.
    """

    xy: npt.NDArray[np.float64]
    place: Snap
    walk: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SiteWalks:
    """The walks between homes and sites that are short enough to matter, sorted by site and home.

    Parameters
    ----------
    home, site
        Shape (p,): positions of both ends.
    walk
        Shape (p,): metres.
    """

    home: npt.NDArray[np.int64]
    site: npt.NDArray[np.int64]
    walk: npt.NDArray[np.float64]

    def of(self, site: int) -> slice:
        """Return where the walks of a site are."""
        return slice(*np.searchsorted(self.site, [site, site + 1]))

    def within(self, longest: npt.NDArray[np.float64]) -> SiteWalks:
        """Return the walks that are no longer than each home's limit, shape (n,)."""
        near = self.walk <= longest[self.home]
        return SiteWalks(self.home[near], self.site[near], self.walk[near])


def site_walks(
    net: WalkNetwork,
    homes: Homes,
    sites: gpd.GeoDataFrame,
    longest: npt.NDArray[np.float64],
    *,
    max_snap_m: float,
    max_access_m: float,
) -> SiteWalks:
    """Find every walk between a home and a site that is no longer than the home's limit.

    Parameters
    ----------
    net
        The walking network.
    homes
        Where people live.
    sites
        Points indexed and sorted by id.
    longest
        Shape (n,): longest walk of interest from each home in metres; a home with 0 or less, or
        without a place on the network, has none.
    max_snap_m, max_access_m
        Longest access legs of sites and homes.

    Returns
    -------
    SiteWalks
        Exact, by the rule of `kiezreach.reach.Reach.at`.

    Notes
    -----
    No walk is shorter than the straight line, so each site is searched only as far as the homes
    need that lie near enough to it.
    """
    xy = point_xy(sites, net.crs)
    near_home, near_site = _near(homes, xy, longest)
    first = np.searchsorted(near_site, np.arange(len(sites) + 1))
    limit = np.zeros(len(sites))
    np.maximum.at(limit, near_site, longest[near_home])
    found: list[tuple[int, npt.NDArray[np.int64], npt.NDArray[np.float64]]] = []
    for group, reached in _searches(limit):
        own = sites.iloc[group]
        each = reach_each(net, own, reached, max_snap_m=max_snap_m, max_access_m=max_access_m)
        for k, alone in zip(group, each.values(), strict=True):
            who = near_home[first[k] : first[k + 1]]
            place = homes.place
            walk, _ = alone.at(Snap(place.edge[who], place.offset[who], place.access[who]))
            near = walk <= longest[who]
            found.append((int(k), who[near], walk[near]))
    found.sort(key=lambda one: one[0])
    none = np.empty(0, dtype=np.int64)
    return SiteWalks(
        home=np.concatenate([none, *(who for _, who, _ in found)]),
        site=np.concatenate([none, *(np.full(len(who), k) for k, who, _ in found)]),
        walk=np.concatenate([none.astype(float), *(walk for _, _, walk in found)]),
    )


def _near(
    homes: Homes, xy: npt.NDArray[np.float64], longest: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pair homes and sites whose straight line is short enough, sorted by site and home."""
    who = np.flatnonzero(homes.place.linked & (longest > 0))
    none = np.empty(0, dtype=np.int64)
    if not len(who) or not len(xy):
        return none, none
    lists = cKDTree(xy).query_ball_point(homes.xy[who], longest[who] + _ROUNDING_M)
    home = np.repeat(who, [len(one) for one in lists])
    site = np.concatenate([none, *(np.asarray(one, dtype=np.int64) for one in lists if one)])
    order = np.lexsort((home, site))
    return home[order], site[order]


def _searches(
    limit: npt.NDArray[np.float64],
) -> Iterator[tuple[npt.NDArray[np.int64], float]]:
    """Group sites by how far they are searched: to the next power of two, at most the longest."""
    most = float(limit.max(initial=0.0))
    if most <= 0:
        most = _SHORTEST_SEARCH_M
    steps = np.ceil(np.log2(np.maximum(limit, _SHORTEST_SEARCH_M) / _SHORTEST_SEARCH_M))
    for step in np.unique(steps):
        reached = min(_SHORTEST_SEARCH_M * 2.0**step, most)
        yield np.flatnonzero(steps == step), reached
