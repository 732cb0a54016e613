"""Walks after a change equal those of a search from the beginning, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kiezreach.errors import InputError
from kiezreach.network.changes import with_link, without_edges
from kiezreach.network.snap import Snap, snap
from kiezreach.reach import reach
from kiezreach.reach.update import change_network, close_centres, open_centre

from .random_worlds import X0, Y0, anywhere, at, network, worlds
from .random_worlds import several as _several

SNAP_M = 150.0
on_edge = st.tuples(st.floats(0, 0.99), st.sampled_from([0.0, 0.2, 0.5, 0.51, 1.0]))
several = settings(_several, max_examples=40)
LADDER = [[(0, 0), (1000, 0)], [(0, 100), (1000, 100)], [(0, 0), (0, 100)]]


def assert_same(updated, expected):
    """Distances to the last bit, centres by their id."""
    np.testing.assert_array_equal(updated.node_distance, expected.node_distance)
    assert (
        updated.labels(updated.node_centre).tolist()
        == expected.labels(expected.node_centre).tolist()
    )
    assert updated.centre_ids.tolist() == expected.centre_ids.tolist()


def place_of(net, point):
    return snap(net, np.array([[point[0] + X0, point[1] + Y0]]), SNAP_M)


def linked(net, start, end, length=None):
    """The network with a way between two points."""
    return with_link(net, place_of(net, start), place_of(net, end), length)


def test_closing_hands_the_people_to_the_next_centre():
    net = network([[(0, 0), (1000, 0)]])
    r = reach(net, at([(100, 0), (900, 0)], ["a", "b"]))
    after = close_centres(r, np.array([1])).reach
    assert after.distance(at([(800, 0)])).tolist() == [700.0]
    assert after.nearest(at([(800, 0)])).tolist() == ["a"]


def test_closing_the_last_centre_leaves_nobody_a_walk():
    r = reach(network([[(0, 0), (1000, 0)]]), at([(100, 0)]))
    update = close_centres(r, np.array([0]))
    assert update.reach.distance(at([(800, 0)])).tolist() == [np.inf]
    assert update.touched.all()


def test_a_footbridge_shortens_the_walk_and_nobody_lives_on_it():
    r = reach(network(LADDER), at([(800, 0)]))
    home = at([(800, 100), (700, 51)])  # the second is nearest to the bridge, were it a street
    assert r.distance(home).tolist() == [1700.0, 1649.0]
    bridge = linked(r.net, (700, 0), (700, 100))
    after = change_network(r, bridge).reach
    assert after.distance(home).tolist() == [300.0, 249.0]
    assert bridge.net.edge_length.sum() == r.net.edge_length.sum() + 100


def test_a_way_may_be_longer_than_the_straight_line():
    r = reach(network(LADDER), at([(800, 0)]))
    after = change_network(r, linked(r.net, (700, 0), (700, 100), 250.0)).reach
    np.testing.assert_allclose(after.distance(at([(700, 100)])), [350.0])


@pytest.mark.parametrize(
    ("end", "length", "problem"),
    [((700, 0), None, "same place"), ((700, 100), 80.0, "a length of 80 m is impossible")],
)
def test_a_way_that_cannot_be(end, length, problem):
    net = network(LADDER)
    with pytest.raises(InputError, match=problem):
        linked(net, (700, 0), end, length)


def test_a_closed_street_cuts_off_whoever_lives_behind_it():
    r = reach(network([*LADDER, [(1000, 100), (1500, 100)]]), at([(800, 0)]))
    middle = int(place_of(r.net, (0, 50)).edge[0])
    after = change_network(r, without_edges(r.net, np.array([middle]))).reach
    assert after.distance(at([(500, 0), (500, 100)])).tolist() == [300.0, np.inf]


@several
@given(worlds(), st.data())
def test_closing_any_centres_equals_a_search_without_them(world, data):
    lines, centres, _ = world
    every = at(centres)
    r = reach(network(lines), every, data.draw(st.sampled_from([np.inf, 300.0])), max_snap_m=SNAP_M)
    gone = data.draw(st.lists(st.sampled_from(range(len(centres))), unique=True))
    kept = [k for k in range(len(centres)) if k not in gone]
    update = close_centres(r, np.array(gone, dtype=np.int64))
    expected = reach(r.net, every.iloc[kept], r.limit, max_snap_m=SNAP_M)
    assert_same(update.reach, expected)
    assert update.position[kept].tolist() == list(range(len(kept)))


@several
@given(worlds(), anywhere, st.sampled_from(["!", "000x", "~"]))
def test_opening_a_centre_equals_a_search_with_it(world, point, name):
    lines, centres, _ = world
    r = reach(network(lines), at(centres), max_snap_m=SNAP_M)
    xy = np.array([point[0] + X0, point[1] + Y0])
    update = open_centre(r, name, place_of(r.net, point), xy)
    both = at([*centres, point], [*r.centre_ids, name])
    assert_same(update.reach, reach(r.net, both, max_snap_m=SNAP_M))


@several
@given(worlds(), st.tuples(on_edge, on_edge), st.sampled_from([1.0, 1.7]))
def test_a_new_way_equals_a_search_with_it(world, places, longer):
    lines, centres, points = world
    r = reach(network(lines), at(centres), max_snap_m=SNAP_M)
    edges = [int(part * r.net.n_edges) for part, _ in places]
    ends = [
        Snap(np.array([edge]), np.array([r.net.edge_length[edge] * along]), np.zeros(1))
        for edge, (_, along) in zip(edges, places, strict=True)
    ]
    a, b = (r.net.lines[int(p.edge[0])].interpolate(p.offset[0]) for p in ends)
    assume(a.distance(b) > 1)
    changed = with_link(r.net, *ends, longer * a.distance(b))
    update = change_network(r, changed)
    # The last bit of an offset behind a cut hangs on the order of sums.
    expected = reach(changed.net, at(centres), max_snap_m=SNAP_M)
    np.testing.assert_allclose(
        update.reach.node_distance, expected.node_distance, rtol=0, atol=1e-8
    )
    homes = r.snap(at(points))
    walk = expected.distance(at(points))
    np.testing.assert_allclose(update.reach.at(changed.moved(homes))[0], walk, rtol=0, atol=2e-7)
    still = ~update.touched[changed.moved(homes).edge] & homes.linked
    np.testing.assert_allclose(walk[still], r.at(homes)[0][still], rtol=0, atol=2e-7)


@several
@given(worlds(), st.data())
def test_closed_ways_equal_a_search_without_them(world, data):
    lines, centres, _ = world
    r = reach(network(lines), at(centres), max_snap_m=SNAP_M)
    free = np.setdiff1d(np.arange(r.net.n_edges), r.centres.edge)
    assume(1 <= len(free) < r.net.n_edges)
    gone = data.draw(st.lists(st.sampled_from(free.tolist()), unique=True, min_size=1))
    changed = without_edges(r.net, np.array(gone))
    update = change_network(r, changed)
    # Of a centre that is snapped anew, the last bit of the offset hangs on the order of edges.
    expected = reach(changed.net, at(centres), max_snap_m=SNAP_M)
    np.testing.assert_allclose(
        update.reach.node_distance, expected.node_distance, rtol=0, atol=1e-8
    )
