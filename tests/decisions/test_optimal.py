"""The sets are the best ones: as exhaustive search and spopt find them."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kiezreach as kr
from kiezreach.decisions.limits import AreaLimit, Limits

from .random_towns import Town, streets, town

THRESHOLD = 250
SEEDS = st.integers(0, 2**32 - 1)


def subsets(m: int, k: int):
    return (list(one) for size in range(k + 1) for one in combinations(range(m), size))


def gain(place: Town, chosen: list[int], threshold: float = THRESHOLD) -> int:
    """Residents whom a set serves and existing centres do not."""
    reached = (place.walks[:, chosen] <= threshold).any(axis=1)
    new = reached & ~(place.now <= threshold)
    return int(place.residents["residents"].to_numpy()[new].sum())


def ask(place: Town, **settings):
    asked = {"k": 2, "threshold": THRESHOLD, "existing": place.centres} | settings
    return kr.propose(place.residents, place.candidates, streets(), **asked)


def positions(place: Town, plan) -> list[int]:
    return place.candidates.index.get_indexer(plan.sites["candidate_id"]).tolist()


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(1, 4))
def test_no_set_serves_more(seed, k):
    place = town(seed)
    plan = ask(place, k=k)
    best = max(gain(place, chosen) for chosen in subsets(7, k))
    assert plan.objective == plan.bound == best == gain(place, positions(place, plan))
    assert plan.sites["gain"].sum() == best
    assert plan.proven


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_weights_count_and_large_figures_are_proven_too(seed):
    place = town(seed, n=40, m=10)
    place.residents["residents"] *= 9973
    weight = np.random.default_rng(seed).random(40)
    plan = ask(place, k=3, weight=weight)
    worth = np.rint(place.residents["residents"].to_numpy() * weight * 100)
    new = ~(place.now <= THRESHOLD)
    best = max(
        worth[new & (place.walks[:, chosen] <= THRESHOLD).any(axis=1)].sum()
        for chosen in subsets(10, 3)
    )
    assert plan.objective == plan.bound == pytest.approx(best / 100)
    assert plan.proven


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.sampled_from([0.3, 0.5, 0.8]))
def test_no_smaller_set_serves_the_share(seed, share):
    place = town(seed, m=8)
    people = place.residents["residents"].to_numpy()
    served = people[place.now <= THRESHOLD].sum()
    enough = [
        len(chosen)
        for chosen in subsets(8, 8)
        if served + gain(place, chosen) >= share * people.sum()
    ]
    if not enough:
        with pytest.raises(kr.InputError, match="all 8 candidates together would bring"):
            ask(place, model="lscp", share=share)
        return
    plan = ask(place, model="lscp", share=share)
    assert plan.objective == plan.bound == min(enough) == len(plan.sites)
    assert served + gain(place, positions(place, plan)) >= share * people.sum()


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(1, 3), st.integers(0, 2))
def test_no_set_makes_the_walks_of_all_shorter(seed, k, centres):
    place = town(seed, centres=centres)
    walks, now = place.walks, np.minimum(place.now, 5000)
    people = place.residents["residents"].to_numpy()

    def total(chosen: list[int]) -> float:
        return float(people @ np.minimum(now, walks[:, chosen].min(axis=1, initial=np.inf)))

    best = min(total(chosen) for chosen in subsets(7, k))
    plan = ask(place, k=k, model="p-median")
    assert plan.objective == pytest.approx(best, rel=1e-6)
    assert plan.objective == pytest.approx(total(positions(place, plan)))
    assert plan.proven


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(1, 3), st.integers(0, 2))
def test_no_set_makes_the_longest_walk_shorter(seed, k, centres):
    place = town(seed, centres=centres)
    lived = place.residents["residents"].to_numpy() > 0
    walks, now = place.walks[lived], place.now[lived]

    def longest(chosen: list[int]) -> float:
        return float(np.minimum(now, walks[:, chosen].min(axis=1, initial=np.inf)).max())

    best = min(longest(chosen) for chosen in subsets(7, k))
    plan = ask(place, k=k, model="p-center")
    assert plan.objective == plan.bound == best
    assert longest(positions(place, plan)) == best


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.data())
def test_limits_hold_and_no_other_set_that_keeps_to_them_serves_more(seed, data):
    place = town(seed, m=8)
    random = np.random.default_rng(seed)
    cost = random.integers(1, 9, 8)
    district = random.choice(["A", "B"], 8)
    place.candidates["cost"], place.candidates["district"] = cost, district
    place.centres["district"] = "A"
    budget = data.draw(st.integers(5, 25))
    most = data.draw(st.integers(1, 3))
    least = data.draw(st.integers(0, 2))
    distance = data.draw(st.sampled_from([0.0, 200.0, 400.0]))
    ends = Town(place.candidates.assign(residents=1), place.candidates, place.centres)
    apart, from_centre = ends.walks, ends.now

    def keeps(chosen: list[int]) -> bool:
        own = district[chosen].tolist()
        return (
            cost[chosen].sum() <= budget
            and own.count("A") <= most
            and own.count("B") <= most
            and (own.count("A") + 1 >= least and own.count("B") >= least)
            and all(apart[i, j] >= distance for i, j in combinations(chosen, 2))
            and (from_centre[chosen] >= distance).all()
        )

    limits = Limits((AreaLimit("district", least, most, ("A", "B")),), budget, distance)
    allowed = [gain(place, chosen) for chosen in subsets(8, 3) if keeps(chosen)]
    if not allowed:
        with pytest.raises(kr.InputError, match="no choice of sites"):
            ask(place, k=3, limits=limits)
        return
    plan = ask(place, k=3, limits=limits)
    assert keeps(positions(place, plan))
    assert plan.objective == plan.bound == max(allowed)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_no_site_takes_more_than_it_has_room_for_and_no_set_takes_more(seed):
    place = town(seed, n=12, m=5, centres=0)
    room = np.random.default_rng(seed).integers(0, 90, 5).astype(float)
    room[0] = np.nan  # not known: no limit
    place.candidates["capacity"] = room
    plan = ask(place, k=2)
    best = max(_most_assigned(place, chosen, room) for chosen in subsets(5, 2))
    assert plan.objective == plan.bound == best == plan.sites["gain"].sum()
    given_room = place.candidates["capacity"].fillna(np.inf)[plan.sites["candidate_id"]]
    assert (plan.sites["gain"].to_numpy() <= given_room.to_numpy()).all()


def _most_assigned(place: Town, chosen: list[int], room: np.ndarray) -> float:
    """Residents who find room, as a maximal flow."""
    import networkx as nx

    flow = nx.DiGraph()
    flow.add_nodes_from(["from", "to"])
    for i, count in enumerate(place.residents["residents"]):
        flow.add_edge("from", ("home", i), capacity=int(count))
    for j in chosen:
        limit = {} if np.isnan(room[j]) else {"capacity": room[j]}
        flow.add_edge(("site", j), "to", **limit)
        for i in np.flatnonzero(place.walks[:, j] <= THRESHOLD):
            flow.add_edge(("home", int(i)), ("site", j))
    return nx.maximum_flow_value(flow, "from", "to")


@pytest.mark.parametrize(
    ("model", "worse"), [("mclp", -1), ("lscp", 1), ("p-median", 1), ("p-center", 1)]
)
def test_without_time_the_best_set_known_is_told_with_its_gap(model, worse):
    place = town(3, n=60, m=15)
    share = {"share": 0.6} if model == "lscp" else {}
    rushed = ask(place, k=3, model=model, time_limit=1e-9, **share)
    proven = ask(place, k=3, model=model, **share)
    assert 0 < rushed.gap <= 1
    assert not rushed.proven
    assert not rushed.settled
    assert (rushed.objective - proven.objective) * worse >= 0
    assert (proven.objective - rushed.bound) * worse >= 0


@pytest.mark.parametrize("model", ["mclp", "p-median"])
def test_without_time_a_set_that_keeps_to_a_demand_is_told(model):
    place = town(3, n=60, m=15)
    last = place.candidates.assign(area=["a"] * 14 + ["b"])  # the best ones lie elsewhere
    needs = Limits((AreaLimit("area", at_least=1, areas=("b",)),))
    rushed = ask(
        replace(place, candidates=last, centres=None),
        k=1,
        model=model,
        limits=needs,
        time_limit=1e-9,
    )
    assert positions(place, rushed) == [14]


def test_without_time_nobody_is_sent_to_a_full_site():
    place = town(3, n=60, m=15)
    small = replace(place, candidates=place.candidates.assign(capacity=100.0))
    rushed = ask(small, k=3, time_limit=1e-9)
    assert 0 < rushed.objective <= 300
    assert rushed.gap > 0
    assert (rushed.sites["gain"] <= 100).all()


def test_limits_that_leave_a_share_out_of_reach_are_named():
    place = town(3, n=60, m=15)
    split = place.candidates.assign(area=["a"] * 8 + ["b"] * 7)
    none = Limits((AreaLimit("area", at_most=0, areas=("a", "b")),), min_distance_m=1.0)
    with pytest.raises(
        kr.InputError, match=r"serve 60\.0% .* and keep to this: at most 0 new ones in [ab]"
    ):
        ask(replace(place, candidates=split, centres=None), model="lscp", share=0.6, limits=none)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("model", ["mclp", "lscp", "p-median", "p-center"])
def test_spopt_finds_the_same_optimum(seed, model):
    place = town(seed, n=40, m=12, centres=0)
    walks = place.walks
    everywhere = walks <= 400
    place = Town(place.residents[everywhere.any(axis=1)], place.candidates, None)
    walks = walks[everywhere.any(axis=1)]
    weight = place.residents["residents"].to_numpy()
    with warnings.catch_warnings():
        # spopt and pulp warn of their own future; their answers are what counts here.
        warnings.simplefilter("ignore")
        theirs = _spopt(model, walks, weight)
    share = {"share": 1.0} if model == "lscp" else {}
    lived = Town(place.residents.assign(residents=weight + (model != "mclp")), *_rest(place))
    plan = ask(lived, k=3, model=model, threshold=400, **share)
    assert plan.objective == pytest.approx(theirs, abs=0.1)


def _rest(place: Town):
    return place.candidates, place.centres


def _spopt(model: str, walks: np.ndarray, weight: np.ndarray) -> float:
    """Ask spopt; homes without residents count as one there too, but for MCLP."""
    import pulp
    from spopt.locate import LSCP, MCLP, PCenter, PMedian

    solver = pulp.PULP_CBC_CMD(msg=False)
    if model == "mclp":
        found = MCLP.from_cost_matrix(walks, weight, service_radius=400, p_facilities=3)
    elif model == "lscp":
        found = LSCP.from_cost_matrix(walks, service_radius=400)
    elif model == "p-median":
        found = PMedian.from_cost_matrix(walks, weight + 1, p_facilities=3)
    else:
        found = PCenter.from_cost_matrix(walks, p_facilities=3)
    solved = found.solve(solver)
    return float(pulp.value(solved.problem.objective))
