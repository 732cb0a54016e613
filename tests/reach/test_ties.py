"""Of equally near centres the one with the lowest id is the nearest, whatever the order of rows."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kiezreach.reach import explain, reach

from .brute_force import distances
from .random_worlds import at, has_two_main_components, lattice, network, several

# Five by five squares of 100 m.
GRID = [[(100 * x, 100 * y), (100 * x + 100, 100 * y)] for x in range(5) for y in range(6)] + [
    [(100 * x, 100 * y), (100 * x, 100 * y + 100)] for x in range(6) for y in range(5)
]
HOMES = [(x, y) for x in range(3, 500, 31) for y in range(7, 500, 29)]
STAR = [[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(100, 0), (100, 100)]]
HUB = (100, 0)
NEAR_M = 10.0  # places of other components than the main one have no street this near


@pytest.mark.parametrize("place", [(250, 250), (200, 200), (230, 200)])
def test_of_two_centres_at_one_place_the_first_is_nearest_to_all(place):
    r = reach(network(GRID), at([place, place], ["b", "a"]))
    assert Counter(r.nearest(at(HOMES))) == {"a": len(HOMES)}
    assert set(r.node_centre.tolist()) == {0}


@pytest.mark.parametrize("order", list(permutations(STAR)))
def test_the_order_of_streets_does_not_choose_among_the_ends_of_a_star(order):
    ends = at([(200, 0), (0, 0), (100, 100)], ["a", "b", "c"])
    r = reach(network(list(order)), ends)
    assert r.nearest(at([HUB, (100, -5)])).tolist() == ["a", "a"]


def test_a_tie_goes_on_through_the_streets_behind_it():
    """From the hub on, one street leads away: all along it both centres are equally near."""
    away = [[HUB, (100, -100)], [(100, -100), (100, -200)], [(100, -200), (100, -300)]]
    for ids in (["a", "b"], ["b", "a"]):
        r = reach(network([*STAR[:2], *away]), at([(0, 0), (200, 0)], ids))
        assert r.nearest(at([(100, y) for y in range(0, -301, -25)])).tolist() == ["a"] * 13


def test_a_tie_does_not_pass_a_nearer_centre():
    """Beyond the third centre, the walk to the first two is longer."""
    away = [[HUB, (100, -100)], [(100, -100), (100, -200)]]
    centres = at([(0, 0), (200, 0), (100, -100)], ["b", "a", "c"])
    r = reach(network([*STAR[:2], *away]), centres)
    assert r.nearest(at([HUB, (100, -40), (100, -150)])).tolist() == ["a", "c", "c"]


@pytest.mark.parametrize(("longer", "nearest"), [(1e-8, "a"), (0.002, "b")])
def test_walks_that_differ_by_rounding_are_equal_and_others_are_not(longer, nearest):
    street = network([[(0, 0), (1000, 0)]])
    r = reach(street, at([(100 - longer, 0), (500, 0)], ["a", "b"]))
    assert r.nearest(at([(300, 0)])).tolist() == [nearest]


def test_beyond_the_limit_a_tie_names_no_centre():
    r = reach(network(STAR), at([(0, 0), (200, 0)], ["b", "a"]), limit=100)
    assert r.nearest(at([HUB, (100, 50), (100, 1)])).tolist() == ["a", None, None]


def test_the_next_centre_of_a_tie_is_the_next_in_order():
    r = reach(network(STAR), at([(0, 0), (200, 0), (100, 100)], ["c", "b", "a"]))
    found = explain(r, at([HUB]))
    assert (found.route.centre, found.next_centre, found.next_distance_m) == ("a", "b", 100.0)


steps = st.sampled_from([(1, 0), (0, 1)])
shares = st.sampled_from([0.0, 0.25, 0.5, 1.0])


@st.composite
def worlds_of_ties(draw):
    """Streets of one length between neighbours of a lattice; places at their parts.

    The lattice is turned so that its streets are 60 m long one way and 80 m the other: exactly
    100 m on paper, and not quite so to a computer.
    """
    links = draw(st.lists(st.tuples(lattice, steps), min_size=6, max_size=40, unique=True))
    lines = [
        [(60 * x - 80 * y + 0.137, 80 * x + 60 * y + 0.291) for x, y in ends]
        for (x0, y0), (dx, dy) in links
        for ends in [[(x0, y0), (x0 + dx, y0 + dy)]]
    ]

    def place():
        line, share = draw(st.sampled_from(lines)), draw(shares)
        return tuple(a + share * (b - a) for a, b in zip(*line, strict=True))

    centres = [place() for _ in range(draw(st.integers(2, 5)))]
    return lines, centres, [place() for _ in range(8)]


@several
@given(worlds_of_ties(), st.randoms(use_true_random=False))
def test_ties_fall_as_by_trying_every_centre(world, random):
    lines, centres, points = world
    assume(not has_two_main_components(lines))
    ids = [f"c{k}" for k in range(len(centres))]
    walks = np.array([distances(lines, [c], points, NEAR_M, NEAR_M) for c in centres])
    shortest = walks.min(axis=0)
    first = (walks <= shortest + 1e-6).argmax(axis=0)
    expected = [ids[k] if np.isfinite(d) else None for k, d in zip(first, shortest, strict=True)]
    mixed = [line[::-1] if random.random() < 0.5 else line for line in lines]
    random.shuffle(mixed)
    order = random.sample(range(len(centres)), len(centres))
    shuffled = at([centres[k] for k in order], [ids[k] for k in order])
    r = reach(network(mixed), shuffled, max_snap_m=NEAR_M, max_access_m=NEAR_M)
    assert r.nearest(at(points)).tolist() == expected
