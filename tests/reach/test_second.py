"""The second nearest centre equals the nearest one on the same network without the first."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kiezreach.reach import reach, second_nearest

from .random_worlds import at, lattice, network, worlds
from .random_worlds import several as _several

several = settings(_several, max_examples=60)
STREET = [[(0, 0), (1000, 0)]]


def second(lines, centres, points, limit=np.inf, ids=None):
    """Walks to the second nearest centre and the labels of both."""
    r = reach(network(lines), at(centres, ids), limit, max_snap_m=200)
    place = r.snap(at(points))
    _, nearest = r.at(place)
    walk, after = second_nearest(r).at(place, nearest)
    return walk.tolist(), r.labels(nearest).tolist(), r.labels(after).tolist()


def without_the_nearest(lines, centres, points, limit):
    """The same, by a search without each place's nearest centre."""
    net, every, homes = network(lines), at(centres), at(points)
    first = reach(net, every, limit, max_snap_m=200).nearest(homes)
    walk, label = np.full(len(points), np.inf), np.full(len(points), None, dtype=object)
    for closed in {name for name in first if name is not None}:
        rest = reach(net, every.drop(closed), limit, max_snap_m=200)
        here = first == closed
        walk[here], label[here] = rest.distance(homes)[here], rest.nearest(homes)[here]
    return walk, label


def test_along_one_street():
    walk, nearest, after = second(STREET, [(100, 0), (300, 20), (900, 0)], [(0, 0), (250, 5)])
    assert nearest == ["000", "001"]
    assert after == ["001", "000"]
    assert walk == [320.0, 155.0]


def test_centres_at_one_place_are_second_to_each_other_in_the_order_of_ids():
    walk, nearest, after = second(STREET, [(500, 0)] * 3, [(400, 0)], ids=["c", "a", "b"])
    assert (walk, nearest, after) == ([100.0], ["a"], ["b"])


def test_a_single_centre_has_none_behind_it():
    assert second(STREET, [(500, 0)], [(400, 0)]) == ([np.inf], ["000"], [None])


def test_a_second_centre_beyond_the_limit_is_none():
    assert second(STREET, [(500, 0), (801, 0)], [(400, 0)], limit=400)[0] == [np.inf]
    assert second(STREET, [(500, 0), (800, 0)], [(400, 0)], limit=400)[0] == [400.0]


def test_a_region_is_entered_at_its_far_side():
    """The nearest centre stands between the home and the second, which a detour leads to."""
    ring = [[(0, 0), (1000, 0)], [(1000, 0), (1000, 100)], [(1000, 100), (0, 100)]]
    ring += [[(0, 100), (0, 0)], [(0, 0), (-500, 0)]]
    walk, nearest, after = second(ring, [(-100, 0), (1000, 50)], [(-400, 0)])
    assert (walk, nearest, after) == ([1450.0], ["000"], ["001"])


@several
@given(worlds(), st.sampled_from([np.inf, 250.0, 600.0]))
def test_it_is_the_nearest_without_the_first(world, limit):
    lines, centres, points = world
    walk, _, after = second(lines, centres, points, limit)
    expected, label = without_the_nearest(lines, centres, points, limit)
    np.testing.assert_allclose(walk, expected, rtol=0, atol=2e-7)
    # Where rounding errors could decide between two centres, either may be named.
    assert [a for a, b in zip(after, label, strict=True) if (a is None) != (b is None)] == []


@several
@given(st.lists(lattice, min_size=2, max_size=6), st.lists(lattice, min_size=1, max_size=5))
def test_on_a_grid_full_of_ties_the_first_by_id_is_second(centres, points):
    grid = [[(100 * x, 100 * y), (100 * x + 100, 100 * y)] for x in range(5) for y in range(6)]
    grid += [[(100 * x, 100 * y), (100 * x, 100 * y + 100)] for x in range(6) for y in range(5)]
    places = [[(100 * x, 100 * y) for x, y in some] for some in (centres, points)]
    walk, _, after = second(grid, *places)
    expected, label = without_the_nearest(grid, *places, np.inf)
    assert walk == expected.tolist()
    assert after == label.tolist()
