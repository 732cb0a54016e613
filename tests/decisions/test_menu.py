"""The menu: other numbers of sites, other places, other goals."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiezreach.decisions.answer import answer
from kiezreach.decisions.menu import alternatives, between_goals, by_number, gained, times_chosen
from kiezreach.decisions.problem import homes_of, problem_of
from kiezreach.decisions.question import Question
from kiezreach.decisions.solver import Allowance

from .random_towns import streets, town

SEEDS = st.integers(0, 2**32 - 1)
LEGS = {"max_snap_m": 100, "max_access_m": 150}
K, M = 2, 7


def posed(seed: int):
    place = town(seed, m=M)
    homes = homes_of(place.residents, streets(), place.centres, 250, **LEGS)
    count = place.residents["residents"].to_numpy(dtype=np.int64)
    return problem_of(streets(), homes, count, place.candidates, 250, place.centres, **LEGS)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_a_further_site_never_serves_fewer_and_adds_no_more_than_the_first(seed):
    gains = [one.objective for one in by_number(posed(seed), Question(k=1), 5, 60)]
    steps = np.diff([0, *gains])
    assert (steps >= 0).all()
    assert (steps <= gains[0]).all()


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_between_the_goals_no_set_is_beaten_in_both(seed):
    problem = posed(seed)
    need = np.random.default_rng(seed).integers(0, 101, len(problem.residents)) / 100
    people = problem.residents.astype(float)
    found = [
        (gained(problem, one, people), round(gained(problem, one, people * need), 6))
        for one in between_goals(problem, Question(k=K), need, count=4, seconds=60)
    ]
    every = []
    for size in range(K + 1):
        for one in combinations(range(M), size):
            reached = problem.demand.reached(np.array(one, dtype=np.int64))
            group = problem.demand.group
            there = (group >= 0) & reached[group]
            every.append((people[there].sum(), round((people * need)[there].sum(), 6)))
    for mine in found:
        beaten = [o for o in every if o[0] >= mine[0] and o[1] >= mine[1] and o != mine]
        assert not beaten
    assert max(p for p, _ in found) == max(p for p, _ in every)
    assert max(n for _, n in found) == max(n for _, n in every)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_alternatives_are_the_best_of_those_that_lie_elsewhere(seed):
    problem = posed(seed)
    question, apart = Question(k=K), 150
    best = answer(problem, question, Allowance(60))
    xy = np.array([(p.x, p.y) for p in problem.sites.geometry])
    far = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) > apart
    settings = {"differing": 1, "tolerance": 1.0, "same_place_m": apart, "seconds": 60}
    first = next(alternatives(problem, question, best, count=1, **settings), None)
    worth = problem.residents.astype(float)
    elsewhere = [
        gained(problem, _as_choice(best, one), worth)
        for size in range(K + 1)
        for one in combinations(range(M), size)
        if sum(not far[site, best.sites].all() for site in one) <= max(len(best.sites) - 1, 0)
    ]
    if first is None:
        assert max(elsewhere) == 0 < best.objective or best.objective == 0
    else:
        assert first.objective == max(elsewhere)


def _as_choice(choice, sites):
    from dataclasses import replace

    return replace(choice, sites=np.array(sites, dtype=np.int64))


def test_a_place_is_chosen_as_often_as_a_set_holds_a_site_there():
    problem = posed(1)
    sets = [np.array([0, 1]), np.array([0]), np.array([], dtype=np.int64), np.array([2])]
    assert times_chosen(problem, np.array([0, 1]), sets, 0.0).tolist() == [0.5, 0.25]
    assert times_chosen(problem, np.array([0]), sets, 5000.0).tolist() == [0.75]
    assert np.isnan(times_chosen(problem, np.array([0]), [], 0.0)).all()


@pytest.mark.parametrize("model", ["mclp", "p-median", "p-center"])
def test_the_same_question_has_the_same_answer_whatever_the_order_of_rows(model):
    import kiezreach as kr

    place = town(7, n=60, m=15)
    asked = {"k": 3, "threshold": 250, "existing": place.centres, "model": model}
    plan = kr.propose(place.residents, place.candidates, streets(), **asked)
    mixed = place.residents.sample(frac=1, random_state=1)
    again = kr.propose(mixed, place.candidates.iloc[::-1], streets(), **asked)
    assert plan.sites.equals(again.sites)
    assert plan.objective == pytest.approx(again.objective, rel=1e-12)
