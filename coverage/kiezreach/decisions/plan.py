"""The best sites for further centres, as one answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from kiezreach import defaults
from kiezreach.decisions.answer import answer
from kiezreach.decisions.limits import Limits
from kiezreach.decisions.problem import Problem, counts, homes_of, problem_of
from kiezreach.decisions.question import NO_LIMITS, Model, Question, check_time
from kiezreach.decisions.solver import Allowance
from kiezreach.reach.lengths import check_length

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.decisions.cover import Choice
    from kiezreach.network.model import WalkNetwork


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
        What the set achieves: residents who are served in addition (``mclp``, weighted ones where
        residents are weighted), number of sites (``lscp``), metres that all walk together
        (``p-median``), metres of the longest walk (``p-center``).
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
    k: int | None = 5,
    threshold: float = defaults.GAP_THRESHOLD_M,
    existing: gpd.GeoDataFrame | None = None,
    *,
    model: Model = "mclp",
    share: float | None = None,
    weight: npt.NDArray[np.float64] | None = None,
    limits: Limits = NO_LIMITS,
    longest_walk: float = defaults.MAX_WALK_M,
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
        How many centres may be opened. Fewer are proposed where fewer serve as many. None for any
        number, where a budget or the model sets it.
    threshold
        Walk within which somebody is served, in metres.
    existing
        Centres that stand already: whom they serve is no gain.
    model, share, limits, longest_walk
        As `kiezreach.decisions.Question` explains them (its ``longest_m``).
    weight
        Shape (n,): how much a resident of each row counts, 0 or more; all alike if None.
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
    allowance = Allowance(check_time(time_limit))
    threshold = check_length(threshold, "the threshold")
    number = None if model == "lscp" else k
    question = Question(model, number, share, limits, longest_walk)
    legs = {"max_snap_m": max_snap_m, "max_access_m": max_access_m}
    count = counts(residents)
    known = threshold if question.threshold_is_enough else max(threshold, question.longest_m)
    homes = homes_of(residents, net, existing, known, **legs)
    problem = problem_of(net, homes, count, candidates, threshold, existing, weight=weight, **legs)
    return plan_of(problem, question, answer(problem, question, allowance))


def plan_of(problem: Problem, question: Question, choice: Choice) -> Plan:
    """Put the sites of a choice into the order in which to open them."""
    order, gain = opened(problem, choice)
    sites = problem.sites.iloc[order]
    frame = gpd.GeoDataFrame(
        {"candidate_id": sites.index.to_numpy(dtype=object), "gain": gain},
        geometry=sites.geometry.to_numpy(),
        crs=sites.crs,
    )
    return Plan(
        sites=frame,
        objective=choice.objective,
        bound=choice.bound,
        gap=choice.gap,
        k=len(order) if question.k is None else question.k,
        threshold_m=problem.threshold,
        model=question.model,
        settled=choice.settled,
    )


def opened(problem: Problem, choice: Choice) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Order sites so that each adds most to those before it, and count whom it adds.

    Returns
    -------
    order : array
        Positions of the sites; of those that add as much, the first by id comes first.
    gain : array
        Residents whom each is the first to serve; where sites have room for so many only, those
        assigned to it. They add up to all that the set serves.
    """
    if choice.gain is not None:
        ranked = np.lexsort((choice.sites, -choice.gain))
        return choice.sites[ranked], choice.gain[ranked]
    chosen = np.sort(choice.sites)
    reached = {int(k): problem.walks.home[problem.walks.of(int(k))] for k in chosen}
    worth, count = problem.weight.copy(), problem.residents.copy()
    order, gain = [], []
    while reached:
        best = max(reached, key=lambda k: (worth[reached[k]].sum(), -k))
        who = reached.pop(best)
        order.append(best)
        gain.append(int(count[who].sum()))
        worth[who] = count[who] = 0
    return np.array(order, dtype=np.int64), np.array(gain, dtype=np.int64)
