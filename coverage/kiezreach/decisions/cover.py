"""Which sites serve most people: maximal covering, and covering a share with the fewest sites.

MCLP: Church and ReVelle 1974, The maximal covering location problem. LSCP: Toregas, Swain, ReVelle
and Bergman 1971, The location of emergency service facilities; here for a share of the people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from kiezreach.decisions.solver import Allowance, Programme, maximise, without_the_worse

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.decisions.demand import Demand
    from kiezreach.decisions.limits import Rule

_ROUNDING = 1e-6  # of a bound: solvers compute with floating-point numbers
_LEAST = 0.5  # what two different whole numbers are apart, at least


@dataclass(frozen=True, eq=False)
class Choice:
    """A set of sites and how good it is.

    Parameters
    ----------
    sites
        Positions of the sites, rising.
    objective, bound
        What it achieves, and what no set can surpass (or fall below, where less is better).
    settled
        Whether ties between equally good sets were broken by the rule.
    gain
        How many each site serves, where the sites share them out; None where that is left open.
    """

    sites: npt.NDArray[np.int64]
    objective: float
    bound: float
    settled: bool = True
    gain: npt.NDArray[np.int64] | None = None

    @property
    def gap(self) -> float:
        """How far the bound is from the objective, as a share of the larger; 0 if proven."""
        most = max(abs(self.bound), abs(self.objective))
        return abs(self.bound - self.objective) / most if most > 0 else 0.0


@dataclass(frozen=True, eq=False)
class Goal:
    """Something to maximise, in whole units.

    Parameters
    ----------
    site, group
        Shapes (m,) and (g,): worth of choosing a site and of serving a group.
    """

    site: npt.NDArray[np.float64]
    group: npt.NDArray[np.float64]

    @property
    def columns(self) -> npt.NDArray[np.float64]:
        """Shape (m + g,): worth of the columns of a programme."""
        return np.concatenate([self.site, self.group])

    def of(self, demand: Demand, chosen: npt.NDArray[np.int64]) -> float:
        """Return what a set of sites is worth."""
        return float(self.site[chosen].sum() + self.group[demand.reached(chosen)].sum())


def served(demand: Demand, weight: npt.NDArray[np.int64] | None = None) -> Goal:
    """Return the goal of serving as many as possible."""
    worth = demand.weight if weight is None else weight
    return Goal(np.zeros(demand.cover.shape[1]), worth.astype(float))


def few(demand: Demand) -> Goal:
    """Return the goal of choosing as few sites as possible."""
    groups, m = demand.cover.shape
    return Goal(np.full(m, -1.0), np.zeros(groups))


def first(demand: Demand) -> Goal:
    """Return the goal that breaks ties: the set whose sites stand first in the order of ids.

    The sum of their positions counts.
    """
    groups, m = demand.cover.shape
    return Goal(-np.arange(1, m + 1, dtype=float), np.zeros(groups))


def programme_of(demand: Demand, rules: Sequence[Rule]) -> Programme:
    """Return the programme: columns for the sites, then for the groups.

    A group is served if a site that reaches it is chosen.
    """
    groups, m = demand.cover.shape
    reach = hstack([-demand.cover.astype(float), eye_array(groups)], format="csr")
    none = csr_array((0, m + groups), dtype=float)
    wide = [
        hstack([rule.rows, csr_array((rule.rows.shape[0], groups))], format="csr") for rule in rules
    ]
    return Programme(
        rows=vstack([none, reach, *wide], format="csr"),
        row_lower=np.concatenate([np.full(groups, -np.inf), *(rule.lower for rule in rules)]),
        row_upper=np.concatenate([np.zeros(groups), *(rule.upper for rule in rules)]),
        lower=np.zeros(m + groups),
        upper=np.ones(m + groups),
        whole=np.arange(m + groups) < m,
    )


def best_set(
    demand: Demand,
    programme: Programme,
    goals: Sequence[Goal],
    allowance: Allowance,
    known: npt.NDArray[np.int64] | None = None,
) -> Choice | None:
    """Find the best set by the first goal, among those as good by the second, and so on.

    Parameters
    ----------
    demand
        Who could be served.
    programme
        What may be chosen, as `programme_of` returns it.
    goals
        What to maximise, the most important first.
    allowance
        Seconds that may be used.
    known
        A set that may be chosen, if one is known.

    Returns
    -------
    Choice or None
        Objective and bound are those of the first goal; None if no set was found in time, or
        none exists.
    """
    m = demand.cover.shape[1]
    found: tuple[float, float] | None = None
    for goal in goals:
        relaxed = maximise(programme, goal.columns, allowance, relaxed=True)
        if known is not None:
            programme = without_the_worse(programme, relaxed, goal.of(demand, known))
        bound = _whole(min(relaxed.bound, goal.columns.clip(0).sum()))
        if known is None or goal.of(demand, known) < bound:
            solved = maximise(programme, goal.columns, allowance, within=_LEAST)
            bound = -np.inf if solved.status == "optimal" else min(bound, _whole(solved.bound))
            if solved.values is not None:
                other = np.flatnonzero(solved.values[:m] > 0.5)  # noqa: PLR2004 - 1, but for rounding
                if known is None or goal.of(demand, other) > goal.of(demand, known):
                    known = other
        if known is None:
            return None
        value = goal.of(demand, known)
        found = found or (value, max(bound, value))
        if value < bound:
            return Choice(known, *found, settled=False)
        programme = without_the_worse(programme, relaxed, value)
        programme = programme.keeping(goal.columns, value - _LEAST)
    assert found is not None
    assert known is not None
    return Choice(known, *found)


def _whole(bound: float) -> float:
    """Return the highest whole number that a bound allows."""
    return float(np.floor(bound + min(_ROUNDING * max(1.0, abs(bound)), _LEAST / 2)))
