"""The best sites for further centres, as one answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np

from kiezreach import defaults
from kiezreach.decisions.cover import Choice, best_set, first, greedy_set, programme_of, served
from kiezreach.decisions.limits import Limits, Rule, require_possible
from kiezreach.decisions.problem import Problem, counts, homes_of, problem_of
from kiezreach.decisions.solver import Allowance
from kiezreach.errors import InputError, shown
from kiezreach.reach.lengths import check_length

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork

Model = Literal["mclp", "lscp", "p-median", "p-center"]


@dataclass(frozen=True, eq=False)
class Plan:
    """A set of sites for further centres.

    Parameters
    ----------
    sites
        In the order in which to open them, each the one that adds most to those before it:
        ``candidate_id``, ``gain`` (residents who are served then and were not before) and
        geometry, in the network's CRS.
    objective
        What the set achieves, by the model.
    bound
        What no set can surpass (or fall below, where less is better).
    gap
        How far both are apart, as a share of the larger; 0 if the set is proven to be the best.
    k
        How many sites were allowed.
    threshold_m
        Longest walk of somebody who is served.
    model
        What was asked for.
    settled
        Whether ties between equally good sets were broken by the rule, so that there is no
        other answer.
    """

    sites: gpd.GeoDataFrame
    objective: float
    bound: float
    gap: float
    k: int
    threshold_m: float
    model: Model
    settled: bool = True

    @property
    def proven(self) -> bool:
        """Whether no better set exists."""
        return self.gap <= 0


def propose(  # noqa: PLR0913 - five inputs, and settings that are keywords
    residents: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    net: WalkNetwork,
    k: int = 5,
    threshold: float = defaults.GAP_THRESHOLD_M,
    existing: gpd.GeoDataFrame | None = None,
    *,
    weight: npt.NDArray[np.float64] | None = None,
    limits: Limits = Limits(),  # noqa: B008 - immutable
    time_limit: float = defaults.TIME_LIMIT_S,
    max_snap_m: float = defaults.MAX_SNAP_M,
    max_access_m: float = defaults.MAX_ACCESS_M,
) -> Plan:
    """Choose the sites for further centres.

    Parameters
    ----------
    residents
        Points with ``residents``, in any CRS.
    candidates
        Points where centres could stand, indexed by their unique id, in any CRS.
    net
        The walking network.
    k
        How many centres may be opened. Fewer are proposed where fewer serve as many.
    threshold
        Walk within which somebody is served, in metres.
    existing
        Centres that stand already: whom they serve is no gain.
    weight
        Shape (n,): how much a resident of each row counts, 0 or more; all alike if None.
    limits
        What the sites have to keep to.
    time_limit
        Seconds of solving. Where they do not suffice to prove that a set is the best, the best
        one found is returned, with a gap above 0.
    max_snap_m, max_access_m
        Longest access legs of centres and residents, in metres.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If an input is wrong, k is more than there are candidates, or no set keeps to the limits.
    """
    seconds = check_time(time_limit)
    threshold = check_length(threshold, "the threshold")
    legs = {"max_snap_m": max_snap_m, "max_access_m": max_access_m}
    count = counts(residents)
    homes = homes_of(residents, net, existing, threshold, **legs)
    problem = problem_of(net, homes, count, candidates, threshold, existing, weight=weight, **legs)
    check_number(k, problem)
    choice = most_served(problem, problem.rules(k, limits), limits, Allowance(seconds))
    return plan_of(problem, choice, k, "mclp")


def check_time(seconds: float) -> float:
    """Return a time limit, or say what is wrong with it."""
    if isinstance(seconds, bool) or not (isinstance(seconds, (int, float)) and seconds > 0):
        msg = f"the time limit is {shown(seconds)}"
        raise InputError(msg, remedy="Give seconds above 0: without any, nothing can be found")
    return float(seconds)


def check_number(k: object, problem: Problem) -> None:
    """Raise an error if there cannot be so many new centres."""
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        msg = f"the number of new centres is {shown(k)}"
        raise InputError(msg, remedy="Give a whole number of 1 or more")
    there = len(problem.sites)
    if k > there:
        msg = f"{k} new centres are asked for, but there are {there} candidates near a street"
        raise InputError(msg, remedy=f"Ask for at most {there}, or give more candidates")


def most_served(
    problem: Problem, rules: list[Rule], limits: Limits, allowance: Allowance
) -> Choice:
    """Find the set that serves most, of equally good ones the first by the order of ids.

    Raises
    ------
    InputError
        If no set keeps to the rules, or none was found in the time allowed.
    """
    m = len(problem.sites)
    require_possible(rules, m)
    demand = problem.demand
    programme = programme_of(demand, rules).without(np.flatnonzero(problem.needless(limits)))
    known = greedy_set(demand, demand.weight, rules)
    choice = best_set(demand, programme, [served(demand), first(demand)], allowance, known)
    return found_in_time(choice)


def found_in_time(choice: Choice | None) -> Choice:
    """Return a choice, or say that the time was too short for any."""
    if choice is None:
        msg = "no set of sites was found in the time allowed"
        raise InputError(msg, remedy="Allow more time, or loosen the limits")
    return choice


def plan_of(problem: Problem, choice: Choice, k: int, model: Model) -> Plan:
    """Put the sites of a choice into the order in which to open them."""
    order, gain = opened(problem, choice.sites)
    sites = problem.sites.iloc[order]
    frame = gpd.GeoDataFrame(
        {"candidate_id": sites.index.to_numpy(dtype=object), "gain": gain},
        geometry=sites.geometry.to_numpy(),
        crs=sites.crs,
    )
    unit = problem.unit if model == "mclp" else 1
    return Plan(
        sites=frame,
        objective=choice.objective / unit,
        bound=choice.bound / unit,
        gap=choice.gap,
        k=k,
        threshold_m=problem.threshold,
        model=model,
        settled=choice.settled,
    )


def opened(
    problem: Problem, chosen: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Order sites so that each adds most to those before it, and count whom it adds.

    Returns
    -------
    order : array
        Positions of the sites; of those that add as much, the first by id comes first.
    gain : array
        Residents whom each is the first to serve. They add up to all that the set serves.
    """
    reached = {int(k): problem.walks.home[problem.walks.of(int(k))] for k in np.sort(chosen)}
    worth, count = problem.weight.copy(), problem.residents.copy()
    order, gain = [], []
    while reached:
        best = max(reached, key=lambda k: (worth[reached[k]].sum(), -k))
        who = reached.pop(best)
        order.append(best)
        gain.append(int(count[who].sum()))
        worth[who] = count[who] = 0
    return np.array(order, dtype=np.int64), np.array(gain, dtype=np.int64)
