"""The best set of sites for a question."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kiezreach.decisions.capacity import most_assigned
from kiezreach.decisions.cover import Choice, best_set, few, first, programme_of, served
from kiezreach.decisions.farthest import Farthest, shortest_longest
from kiezreach.decisions.limits import Rule, conflict, one_by_one, require_possible
from kiezreach.decisions.question import Question, check_enough
from kiezreach.decisions.savings import Savings, most_saved
from kiezreach.decisions.solver import maximise
from kiezreach.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.decisions.problem import Problem
    from kiezreach.decisions.solver import Allowance


def answer(
    problem: Problem, question: Question, allowance: Allowance, also: Sequence[Rule] = ()
) -> Choice:
    """Find the best set of sites.

    Parameters
    ----------
    problem
        Where centres could stand, and whom they would serve.
    question
        What the best set is.
    allowance
        Seconds that may be used.
    also
        Further rules that the set has to keep to.

    Returns
    -------
    Choice
        Objective and bound: residents served in addition (``mclp``; weighted ones where residents
        are weighted), number of sites (``lscp``), metres that all residents walk together
        (``p-median``), metres of the longest walk (``p-center``).

    Raises
    ------
    InputError
        If more sites are asked for than there are, no set keeps to the limits, or none was found
        in the time allowed.
    """
    check_enough(question.k, len(problem.sites))
    rules = [*problem.rules(question.k, question.limits), *also]
    possible = require_possible(rules, len(problem.sites))
    needless = problem.needless(question.limits)
    if also:  # they may need what is needless otherwise
        needless = np.zeros_like(needless)
    found = _ANSWERS[question.model](_Task(problem, question, rules, possible, needless, allowance))
    if found is None:
        msg = "no set of sites was found in the time allowed"
        raise InputError(msg, remedy="Allow more time, or loosen the limits")
    return found


@dataclass(frozen=True, eq=False)
class _Task:
    """A question with its rules, a set that keeps to them, needless sites, and the seconds left."""

    problem: Problem
    question: Question
    rules: list[Rule]
    possible: npt.NDArray[np.int64]
    needless: npt.NDArray[np.bool_]
    allowance: Allowance

    def known(
        self, added: Callable[[Sequence[int]], npt.NDArray[np.float64]]
    ) -> npt.NDArray[np.int64]:
        """Return a set to begin with: the sites that add most one by one, if the rules let them."""
        found = one_by_one(self.rules, len(self.problem.sites), added)
        return self.possible if found is None else found


def _most_served(task: _Task) -> Choice | None:
    """Serve most; of equally good sets, take the first by the order of ids."""
    problem, rules = task.problem, task.rules
    demand = problem.demand
    known = task.known(demand.added)
    found: Choice | None
    if problem.room is not None:
        found = most_assigned(demand, problem.room, rules, task.allowance, known)
    else:
        programme = programme_of(demand, rules).without(task.needless)
        goals = [served(demand), first(demand)]
        found = best_set(demand, programme, goals, task.allowance, known)
    return found and _scaled(found, problem.unit)


def _fewest(task: _Task) -> Choice | None:
    """Serve a share with the fewest sites; of equally few, those that serve most."""
    problem, question, rules = task.problem, task.question, task.rules
    assert question.share is not None
    demand, m = problem.demand, len(problem.sites)
    total = int(problem.weight.sum())
    already = int(problem.weight[~problem.unserved].sum())
    missing = math.ceil(question.share * total) - already
    if missing <= 0:
        return Choice(np.empty(0, dtype=np.int64), 0.0, 0.0)
    if missing > demand.weight.sum():
        most = (already + demand.weight.sum()) / total
        msg = (
            f"all {m} candidates together would bring those served within {problem.threshold:g} m "
            f"to {most:.1%}, not to {question.share:.1%}"
        )
        raise InputError(msg, remedy="Ask for a smaller share, or give more candidates")
    share = Rule.single("the share", served(demand).columns, lower=missing)
    programme = programme_of(demand, rules).with_rows(share.rows, share.lower, share.upper)
    programme = programme.without(task.needless)
    known = one_by_one(rules, m, demand.added)
    if known is not None:
        enough = [n for n in range(len(known) + 1) if _reaches(problem, known[:n], missing)]
        known = known[: enough[0]] if enough else None
    goals = [few(demand), served(demand), first(demand)]
    found = best_set(demand, programme, goals, task.allowance, known)
    if found is None and not task.allowance.spent:
        raise _beyond_the_limits(task, share)
    return found and _scaled(found, -1)


def _beyond_the_limits(task: _Task, share: Rule) -> InputError:
    """Return the error that names the limits within which a share cannot be served."""
    demand, none = task.problem.demand, np.zeros(sum(task.problem.demand.cover.shape))

    def possible(rules: Sequence[Rule]) -> bool:
        programme = programme_of(demand, rules).with_rows(share.rows, share.lower, share.upper)
        return maximise(programme, none, task.allowance).status != "infeasible"

    names = "; ".join(rule.name for rule in conflict(task.rules, possible))
    msg = f"no choice of sites can serve {task.question.share:.1%} of the residents within "
    msg += f"{task.problem.threshold:g} m and keep to this: {names}"
    return InputError(msg, remedy="Ask for a smaller share, or loosen the limits")


def _reaches(problem: Problem, chosen: npt.NDArray[np.int64], missing: int) -> bool:
    """Return whether a set serves as many as are missing."""
    return bool(problem.demand.weight[problem.demand.reached(chosen)].sum() >= missing)


def _shortest(task: _Task) -> Choice | None:
    """Shorten the walks of all most; what is told is how far all walk then."""
    problem, question, rules = task.problem, task.question, task.rules
    now = np.minimum(problem.homes.walk, question.longest_m)
    weight = np.where(problem.homes.place.linked, problem.weight, 0) / problem.unit
    walks = problem.shorter_walks(np.where(weight > 0, now, 0.0))
    savings = Savings.of(walks, now, weight, problem.homes.xy, len(problem.sites))
    found = most_saved(savings, rules, task.allowance, task.known(savings.added))
    total = float((weight * now).sum())
    return found and replace(found, objective=total - found.objective, bound=total - found.bound)


def _least_far(task: _Task) -> Choice | None:
    """Make the longest walk as short as it can be."""
    problem, question, rules = task.problem, task.question, task.rules
    counted = problem.homes.place.linked & (problem.weight > 0)
    limit = np.where(counted, np.minimum(problem.homes.walk, question.longest_m), 0.0)
    walks = problem.shorter_walks(limit)
    reached = (problem.homes.walk <= question.longest_m) | ~counted
    now = np.where(counted & ~reached, np.inf, limit)
    farthest = Farthest(walks, now, len(problem.sites))
    reached[walks.home] = True
    if not reached.all():
        msg = (
            f"{int(problem.residents[~reached].sum())} residents reach neither a centre nor a "
            f"candidate within {question.longest_m:g} m, so that no longest walk can be told"
        )
        raise InputError(msg, remedy="Search for longer walks, or give candidates near them")
    known = min(task.known(problem.demand.added), task.possible, key=farthest.longest)
    found = shortest_longest(farthest, problem.demand, rules, task.allowance, known)
    if found is None and not task.allowance.spent:
        msg = f"no choice of sites brings everybody within {question.longest_m:g} m of a centre"
        raise InputError(msg, remedy="Allow more sites, or search for longer walks")
    return found


def _scaled(choice: Choice, unit: int) -> Choice:
    """Return a choice with its figures in residents, or in sites."""
    return replace(choice, objective=choice.objective / unit, bound=choice.bound / unit)


_ANSWERS = {
    "mclp": _most_served,
    "lscp": _fewest,
    "p-median": _shortest,
    "p-center": _least_far,
}
