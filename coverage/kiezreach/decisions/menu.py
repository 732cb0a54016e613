"""A menu of answers: other numbers, other sets nearly as good, other goals, other assumptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from kiezreach.decisions.answer import answer
from kiezreach.decisions.cover import Choice, Goal, best_set, first, programme_of, served
from kiezreach.decisions.limits import Rule, require_possible
from kiezreach.decisions.solver import Allowance
from kiezreach.errors import InputError
from kiezreach.network.snap import point_xy

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.decisions.problem import Problem
    from kiezreach.decisions.question import Question
    from kiezreach.decisions.situation import Situation


def by_number(problem: Problem, question: Question, most: int, seconds: float) -> Iterator[Choice]:
    """Yield the best set of 1 site, of 2 sites, and so on.

    Parameters
    ----------
    problem, question
        What is asked; its number of sites is replaced.
    most
        The largest number.
    seconds
        Time allowed for each.

    Raises
    ------
    InputError
        If a number of sites cannot keep to the limits.
    """
    for k in range(1, most + 1):
        yield answer(problem, replace(question, k=k), Allowance(seconds))


def alternatives(
    problem: Problem,
    question: Question,
    best: Choice,
    *,
    count: int,
    differing: int,
    tolerance: float,
    same_place_m: float,
    seconds: float,
) -> Iterator[Choice]:
    """Yield sets that are nearly as good and lie elsewhere, the best first.

    Parameters
    ----------
    problem, question, best
        What was asked, and its answer.
    count
        How many at most.
    differing
        At least so many sites have to lie elsewhere than in each set before.
    tolerance
        How much worse than the best set they may be, as a share of it.
    same_place_m
        Sites no farther apart than this in a straight line stand for one place.
    seconds
        Time allowed for each.

    Notes
    -----
    Each set found is excluded with its surroundings: of the next one, at most as many sites as do
    not have to differ may lie near its sites (a no-good cut over places).
    """
    rules: list[Rule] = []
    last = best
    for _ in range(count):
        beside = _around(problem, last.sites, same_place_m).astype(float)
        allowed = max(len(last.sites) - differing, 0)
        rules.append(Rule.single("another place", beside, upper=allowed))
        try:
            last = answer(problem, question, Allowance(seconds), rules)
        except InputError:  # there is no other set
            return
        if abs(last.objective - best.objective) > tolerance * abs(best.objective):
            return
        yield last


def _around(
    problem: Problem, chosen: npt.NDArray[np.int64], same_place_m: float
) -> npt.NDArray[np.bool_]:
    """Shape (m,): whether each site stands for the same place as one that is chosen."""
    xy = point_xy(problem.sites, problem.net.crs)
    beside = np.zeros(len(xy), dtype=bool)
    for one in cKDTree(xy).query_ball_point(xy[chosen], same_place_m):
        beside[one] = True
    return beside


def between_goals(
    problem: Problem,
    question: Question,
    need: npt.NDArray[np.float64],
    *,
    count: int,
    seconds: float,
) -> Iterator[Choice]:
    """Yield sets of which none serves both more residents and more of those in need.

    Parameters
    ----------
    problem
        What was asked, with residents that count the same.
    question
        Number and limits.
    need
        Shape (n,): how much a resident of each home counts by need.
    count
        How many sets at most, 2 or more.
    seconds
        Time allowed for each.

    Notes
    -----
    The epsilon constraint method (Haimes, Lasdon and Wismer 1971): residents served are maximised
    while those in need may not fall below a floor, which rises in even steps from what the first
    goal alone reaches to the most that is possible. Each set is exact: ties in one goal are
    broken by the other (lexicographic), so that no set on the list is beaten in both.
    """
    demand, rules = problem.demand, problem.rules(question.k, question.limits)
    require_possible(rules, len(problem.sites))
    people, needy = served(demand), served(problem.weighed(need).demand)
    programme = programme_of(demand, rules).without(problem.needless(question.limits))
    last = first(demand)

    def solve(floor: float, goals: list[Goal]) -> Choice | None:
        held = programme if floor <= 0 else programme.keeping(needy.columns, floor - 0.5)
        return best_set(demand, held, goals, Allowance(seconds))

    most_people = solve(0.0, [people, needy, last])
    most_needy = solve(0.0, [needy, people, last])
    if most_people is None or most_needy is None:
        return
    low, high = needy.of(demand, most_people.sites), needy.of(demand, most_needy.sites)
    yield most_people
    seen = {tuple(most_people.sites)}
    for step in range(1, count):
        floor = np.ceil(low + (high - low) * step / (count - 1))
        found = solve(floor, [people, needy, last])
        if found is not None and tuple(found.sites) not in seen:
            seen.add(tuple(found.sites))
            yield found


def over_assumptions(
    situation: Situation,
    problem: Problem,
    question: Question,
    thresholds: list[float],
    needs: Mapping[str, npt.NDArray[np.float64]],
    seconds: float,
) -> Iterator[tuple[float, str, Choice, Problem]]:
    """Yield the best set for every threshold, with residents alike and by every need index.

    Parameters
    ----------
    situation, problem, question
        What was asked.
    thresholds
        Thresholds held plausible, in metres.
    needs
        Need of each home by each index held plausible, shape (n,), by its name.
    seconds
        Time allowed for each.

    Yields
    ------
    threshold, name of the need index (empty where residents count the same), choice, problem
    """
    for threshold in thresholds:
        own = situation.problem(problem.sites, threshold, "residents")
        yield threshold, "", answer(own, question, Allowance(seconds)), own
        for name, need in needs.items():
            weighed = own.weighed(need)
            yield threshold, name, answer(weighed, question, Allowance(seconds)), weighed


def times_chosen(
    problem: Problem,
    sites: npt.NDArray[np.int64],
    sets: list[npt.NDArray[np.int64]],
    same_place_m: float,
) -> npt.NDArray[np.float64]:
    """Return for each site in which share of sets it, or one in the same place, is chosen."""
    if not sets:
        return np.full(len(sites), np.nan)
    chosen = [_around(problem, one, same_place_m)[sites] for one in sets]
    return np.mean(chosen, axis=0)


def gained(problem: Problem, choice: Choice, worth: npt.NDArray[np.float64]) -> float:
    """Return what a set serves in addition, where each home is worth so much, shape (n,)."""
    group = problem.demand.group
    there = group >= 0
    reached = problem.demand.reached(choice.sites)
    return float(worth[there][reached[group[there]]].sum())
