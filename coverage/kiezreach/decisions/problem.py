"""Where centres could stand and whom they would serve: what every model starts from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.decisions.demand import Demand, merged, needless
from kiezreach.decisions.limits import Limits, Rule, binds_only_above, pairs_apart, rules_of
from kiezreach.decisions.walks import Homes, SiteWalks, site_walks
from kiezreach.errors import InputError
from kiezreach.network.snap import point_xy, snap, street_near
from kiezreach.reach import reach
from kiezreach.reach.lengths import check_length

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork

RESIDENT: Final = 1  # units of a resident where each counts the same
WEIGHTED: Final = 100  # units of a resident that counts fully where they are weighted


@dataclass(frozen=True, eq=False)
class Problem:
    """A problem of site choice; homes are the rows of the residents that were given.

    Parameters
    ----------
    net
        The walking network.
    sites
        Candidates with a street nearby, sorted by id, in the network's CRS.
    unlinked
        Ids of the candidates without one.
    homes
        Where people live.
    residents
        Shape (n,): how many live at each home.
    weight
        Shape (n,): worth of serving each home, in whole units.
    unit
        How many units a fully counted resident has.
    threshold
        Longest walk of somebody who is served, in metres.
    walks
        Walks within the threshold from the homes that no existing centre serves.
    demand
        These homes, merged.
    existing
        Centres that stand already, or None.
    max_snap_m, max_access_m
        Longest access legs of sites and homes.
    """

    net: WalkNetwork
    sites: gpd.GeoDataFrame
    unlinked: pd.Index
    homes: Homes
    residents: npt.NDArray[np.int64]
    weight: npt.NDArray[np.int64]
    unit: int
    threshold: float
    walks: SiteWalks
    demand: Demand
    existing: gpd.GeoDataFrame | None
    max_snap_m: float
    max_access_m: float

    @property
    def unserved(self) -> npt.NDArray[np.bool_]:
        """Shape (n,): whether no existing centre serves a home."""
        return self.homes.walk > self.threshold

    def weighed(self, weight: npt.NDArray[np.float64]) -> Problem:
        """Return the same problem where a resident of each home counts so much, shape (n,)."""
        unit, worth = _units(self.residents, weight)
        return replace(self, unit=unit, weight=worth, demand=self.demand.weighed(worth))

    def rules(self, k: int | None, limits: Limits) -> list[Rule]:
        """Write number and limits as rules on these sites."""
        rules = rules_of(k, limits, self.sites, self.existing)
        return [*rules, *self._apart(limits.min_distance_m)]

    def needless(self, limits: Limits) -> npt.NDArray[np.bool_]:
        """Shape (m,): sites that need not be looked at, whatever is chosen."""
        if not binds_only_above(limits):
            return np.zeros(len(self.sites), dtype=bool)
        columns = [limit.column for limit in limits.areas]
        kind = self.sites.groupby(columns, sort=True).ngroup() if columns else 0
        same = np.asarray(kind) * np.ones(len(self.sites), dtype=np.int64)
        cost = self.sites["cost"].to_numpy(float) if limits.budget is not None else same * 0.0
        return needless(self.demand.cover, same, cost)

    @property
    def room(self) -> npt.NDArray[np.float64] | None:
        """Shape (m,): for how many each site has room, inf where it is not known; None if nowhere.

        The column ``capacity`` of the candidates.
        """
        if "capacity" not in self.sites or self.sites["capacity"].isna().all():
            return None
        return self.sites["capacity"].fillna(np.inf).to_numpy(dtype=float)

    def shorter_walks(self, longest: npt.NDArray[np.float64]) -> SiteWalks:
        """Return the walks to sites that are no longer than each home's limit, shape (n,)."""
        legs = {"max_snap_m": self.max_snap_m, "max_access_m": self.max_access_m}
        return site_walks(self.net, self.homes, self.sites, longest, **legs)

    def _apart(self, least: float) -> list[Rule]:
        """Write a shortest walk between centres as rules."""
        if least <= 0:
            return []
        xy = point_xy(self.sites, self.net.crs)
        place = snap(self.net, xy, self.max_snap_m)
        legs = {"max_snap_m": self.max_snap_m, "max_access_m": self.max_snap_m}
        ends = Homes(xy, place, np.full(len(xy), np.inf))
        walks = site_walks(self.net, ends, self.sites, np.full(len(xy), least), **legs)
        near = (walks.home < walks.site) & (walks.walk < least)
        rules = [pairs_apart(least, walks.home[near], walks.site[near], len(xy))]
        if self.existing is not None and len(self.existing):
            walk, _ = reach(self.net, self.existing, least, **legs).at(place)
            name = f"at least {least:g} m to existing centres"
            rules.append(Rule.single(name, (walk < least).astype(float), upper=0.0))
        return rules


def problem_of(
    net: WalkNetwork,
    homes: Homes,
    residents: npt.NDArray[np.int64],
    candidates: gpd.GeoDataFrame,
    threshold: float,
    existing: gpd.GeoDataFrame | None,
    *,
    weight: npt.NDArray[np.float64] | None = None,
    max_snap_m: float,
    max_access_m: float,
) -> Problem:
    """Prepare a problem of site choice.

    Parameters
    ----------
    net, candidates, threshold, existing, max_snap_m, max_access_m
        As for `kiezreach.propose`.
    homes
        Where people live, with walks to the existing centres as far as the threshold at least.
    residents
        Shape (n,): how many live at each home.
    weight
        Shape (n,): how much a resident of each home counts, 0 or more; all fully if None.

    Returns
    -------
    Problem

    Raises
    ------
    InputError
        If the candidates have no CRS, a weight is negative, an id stands twice, or no candidate
        has a street nearby.
    """
    threshold = check_length(threshold, "the threshold")
    limits = {"max_snap_m": max_snap_m, "max_access_m": max_access_m}
    sites, unlinked = _linked(candidates, net, max_snap_m)
    unit, worth = _units(residents, weight)
    wanted = np.where((homes.walk > threshold) & (residents > 0), threshold, 0.0)
    walks = site_walks(net, homes, sites, wanted, **limits)
    return Problem(
        net=net,
        sites=sites,
        unlinked=unlinked,
        homes=homes,
        residents=residents,
        weight=worth,
        unit=unit,
        threshold=threshold,
        walks=walks,
        demand=merged(walks, worth, len(sites)),
        existing=existing,
        **limits,
    )


def homes_of(
    residents: gpd.GeoDataFrame,
    net: WalkNetwork,
    existing: gpd.GeoDataFrame | None,
    longest: float,
    *,
    max_snap_m: float,
    max_access_m: float,
) -> Homes:
    """Place residents on a network and find their walks to the centres that exist.

    Parameters
    ----------
    residents, net, existing, max_snap_m, max_access_m
        As for `kiezreach.propose`.
    longest
        How far walks are searched for, in metres.
    """
    xy = point_xy(residents, net.crs)
    place = snap(net, xy, max_access_m)
    if existing is None or existing.empty:
        return Homes(xy, place, np.full(len(xy), np.inf))
    near = reach(net, existing, longest, max_snap_m=max_snap_m, max_access_m=max_access_m)
    return Homes(xy, place, near.at(place)[0])


def _linked(
    candidates: gpd.GeoDataFrame, net: WalkNetwork, max_snap_m: float
) -> tuple[gpd.GeoDataFrame, pd.Index]:
    """Return the candidates that stand near a street, and the ids of the others."""
    if not candidates.index.is_unique:
        twice = candidates.index[candidates.index.duplicated()][0]
        msg = "the id stands twice among the candidates"
        raise InputError(msg, row=f"id {twice}", remedy="Give each candidate an id of its own")
    xy = point_xy(candidates, net.crs)
    linked = snap(net, xy, max_snap_m).linked
    if not linked.any():
        msg = f"none of the {len(candidates)} candidates has a {street_near(max_snap_m, 'its')}"
        raise InputError(msg, remedy="Check the places of the candidates and their CRS")
    return candidates[linked].to_crs(net.crs).sort_index(), candidates.index[~linked].sort_values()


def counts(residents: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    """Return how many live at each row.

    Raises
    ------
    InputError
        If a count is negative, broken or missing.
    """
    given = residents["residents"].to_numpy(dtype=float)
    bad = ~((given >= 0) & (given == np.floor(given)) & np.isfinite(given))
    if bad.any():
        at = int(bad.argmax())
        msg = f"'residents' is {given[at]:g}"
        remedy = "Give whole numbers of 0 or more"
        raise InputError(msg, row=f"id {residents.index[at]}", remedy=remedy)
    return given.astype(np.int64)


def _units(
    count: npt.NDArray[np.int64], weight: npt.NDArray[np.float64] | None
) -> tuple[int, npt.NDArray[np.int64]]:
    """Return units of a resident and the worth of each home in them."""
    if weight is None:
        return RESIDENT, count
    if not (weight >= 0).all() or not np.isfinite(weight).all():
        msg = "a weight of residents is negative or missing"
        raise InputError(msg, remedy="Give numbers of 0 or more")
    return WEIGHTED, np.rint(count * weight * WEIGHTED).astype(np.int64)
