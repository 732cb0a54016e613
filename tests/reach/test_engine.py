from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiezreach.errors import InputError
from kiezreach.network.snap import snap
from kiezreach.reach import reach, reach_each

from .brute_force import distances
from .random_worlds import X0, Y0, anywhere, at, has_two_main_components, network, several, worlds

STREET = [[(0.0, 0.0), (1000.0, 0.0)]]
# A ring road of 4 x 500 m, with a centre in the middle of its southern side.
RING = [
    [(0.0, 0.0), (500.0, 0.0)],
    [(500.0, 0.0), (500.0, 500.0)],
    [(500.0, 500.0), (0.0, 500.0)],
    [(0.0, 500.0), (0.0, 0.0)],
]


def test_access_legs_of_both_ends_are_walked():
    r = reach(network(STREET), at([(100, 30)]))
    assert r.distance(at([(400, -20)])) == pytest.approx([30 + 300 + 20], abs=1e-6)


def test_two_points_on_one_edge_walk_along_it():
    r = reach(network(RING), at([(100, 0)]))
    assert r.distance(at([(400, 0)])) == pytest.approx([300], abs=1e-6)


def test_the_farthest_place_of_a_ring_lies_inside_an_edge():
    r = reach(network(RING), at([(250, 0)]))
    d = r.distance(at([(250, 500), (0, 500), (500, 500)]))
    assert d == pytest.approx([1000, 750, 750], abs=1e-6)


def test_a_bridge_joins_and_a_crossing_without_common_vertex_does_not():
    crossing = [[(0, 0), (100, 0)], [(50, -50), (50, 50)]]
    joined = [[(0, 0), (50, 0), (100, 0)], [(50, -50), (50, 0), (50, 50)]]
    point = at([(50, 50)])
    assert reach(network(joined), at([(0, 0)])).distance(point) == pytest.approx([100])
    # Not joined: both pieces have one length, so the first stays the main component.
    assert np.isinf(reach(network(crossing), at([(0, 0)]), max_access_m=10).distance(point)).all()


def test_beyond_the_access_limit_nobody_is_served():
    r = reach(network(STREET), at([(0, 0)]))
    assert np.isfinite(r.distance(at([(0, 149.9)]))).all()
    assert np.isinf(r.distance(at([(0, 150.1)]))).all()


def test_a_centre_beyond_the_snap_limit_serves_nobody():
    r = reach(network(STREET), at([(0, 101)]))
    assert not r.centres.linked.any()
    assert np.isinf(r.distance(at([(0, 0)]))).all()


def test_no_centres_reach_nobody():
    r = reach(network(STREET), at([]))
    assert np.isinf(r.distance(at([(0, 0)]))).all()
    assert r.nearest(at([(0, 0)])).tolist() == [None]


def test_the_limit_counts_access_legs_and_is_inclusive():
    r = reach(network(STREET), at([(0, 50)]), limit=350)
    assert np.isfinite(r.distance(at([(300, 0)]))).all()
    assert np.isinf(r.distance(at([(300, 1)]))).all()


def test_equal_distances_go_to_the_lowest_id_whatever_the_order():
    ids = ["b", "a"]
    for places in ([(0, 0), (200, 0)], [(200, 0), (0, 0)]):
        assert reach(network(STREET), at(places, ids)).nearest(at([(100, 0)])).tolist() == ["a"]


def test_several_centres_at_one_place_and_on_one_edge():
    r = reach(network(STREET), at([(300, 0), (300, 0), (500, 0)], ["x", "y", "z"]))
    d, near = r.distance(at([(310, 0), (450, 0)])), r.nearest(at([(310, 0), (450, 0)]))
    assert d == pytest.approx([10, 50])
    assert near.tolist() == ["x", "z"]


def test_a_loop_is_walked_the_shorter_way_round():
    loop = [[(0, 0), (100, 0)], [(100, 0), (200, 0), (200, 100), (100, 100), (100, 0)]]
    r = reach(network(loop), at([(100, 50)]))
    # The centre stands on the loop 50 m before its end, the point 50 m after its start.
    assert r.distance(at([(150, 0)])) == pytest.approx([100])


def test_parallel_edges_keep_the_shorter_one():
    parallel = [[(0, 0), (100, 0)], [(0, 0), (0, 300), (100, 300), (100, 0)]]
    r = reach(network(parallel), at([(0, 0)]))
    assert r.distance(at([(100, 0)])) == pytest.approx([100])


def test_each_centre_alone_is_the_reach_of_that_centre():
    net, centres = network(RING), at([(100, 0), (400, 500), (0, 250)])
    points = at([(x, y) for x in range(0, 501, 50) for y in range(0, 501, 50)])
    each = reach_each(net, centres, limit=2000)
    alone = np.array([each[i].distance(points) for i in centres.index])
    together = reach(net, centres, limit=2000).distance(points)
    assert np.array_equal(alone.min(axis=0), together)


@pytest.mark.parametrize("limit", [0, -5, math.nan])
def test_a_limit_that_is_no_length_is_an_error(limit):
    with pytest.raises(InputError, match="limit"):
        reach(network(STREET), at([(0, 0)]), limit=limit)


def test_a_limit_beyond_the_clip_buffer_is_an_error_that_names_the_buffer():
    clipped = replace(network(STREET), clip_buffer_m=400.0)
    centre, home = at([(0, 0)]), at([(300, 0)])
    assert reach(clipped, centre, limit=400).distance(home) == pytest.approx([300])
    for compute in (reach, reach_each):
        with pytest.raises(
            InputError,
            match="limit of 500 m is too long: the network was clipped to an area and 400 m",
        ) as error:
            compute(clipped, centre, limit=500)
        assert "buffer_m=500" in str(error.value)


def test_without_a_limit_a_clipped_network_is_refused():
    """Beyond the buffer, streets are missing over which walks may be shorter."""
    clipped = replace(network(STREET), clip_buffer_m=400.0)
    with pytest.raises(InputError, match="there is no limit, and the network was clipped") as error:
        reach(clipped, at([(0, 0)]))
    assert "Give a limit of at most 400 m, or read the network with a larger" in str(error.value)
    with pytest.raises(InputError, match="Give a limit, or read the network with a larger"):
        reach_each(replace(clipped, clip_buffer_m=0.0), at([(0, 0)]), math.inf)


def test_unlinked_points_and_no_points_have_their_answers():
    r = reach(network(STREET), at([(0, 0)]))
    far = at([(1e7, 1e7), (100, 0)])
    assert r.distance(far).tolist() == [math.inf, 100]
    assert r.nearest(far).tolist() == [None, "000"]
    assert r.snap(far).linked.tolist() == [False, True]
    assert r.snap(far).access[0] > 1e7
    assert r.distance(at([])).shape == (0,)


@pytest.mark.parametrize("place", [(math.nan, 0), (0, math.nan), (math.inf, 0), (0, -math.inf)])
def test_centres_and_points_that_are_not_finite_are_named(place):
    with pytest.raises(InputError, match="finite") as error:
        reach(network(STREET), at([(0, 0), place], ["good", "bad"]))
    assert "id bad" in str(error.value)


def test_the_end_of_a_slanted_street_is_no_negative_way():
    # Found on real streets: rounding puts the place of its end beyond its length.
    for k in range(200):
        line = [(0.0, 0.0), (100.003 + k * 0.317, 33.001 + k * 0.219), (200.0 + k * 0.611, 7.7)]
        net = network([line])
        beyond = np.array([[line[-1][0] + X0 + 3, line[-1][1] + Y0 + 1]])
        spot = snap(net, beyond, 100.0)
        assert 0 <= spot.offset[0] <= net.edge_length[0]


def test_points_without_crs_and_points_that_are_not_finite_are_errors():
    net = network(STREET)
    with pytest.raises(InputError, match="no CRS"):
        reach(net, at([(0, 0)]).set_crs(None, allow_override=True))
    with pytest.raises(InputError, match="finite"):
        reach(net, at([(0, 0)])).distance(at([(math.inf, 0)]))
    with pytest.raises(InputError, match="twice"):
        reach(net, at([(0, 0), (1, 1)], ["a", "a"]))


def test_points_in_degrees_are_converted():
    net, centres = network(STREET), at([(0, 0)])
    points = at([(300, 20)])
    d = reach(net, centres.to_crs(4326)).distance(points.to_crs(4326))
    assert d == pytest.approx([320], abs=1e-3)


@settings(several, max_examples=400)
@given(worlds())
def test_distances_equal_a_brute_force_reference_to_a_millimetre(world):
    lines, centres, points = world
    if has_two_main_components(lines):
        return
    found = reach(network(lines), at(centres)).distance(at(points))
    expected = np.array(distances(lines, centres, points, 100.0, 150.0))
    assert np.array_equal(np.isinf(found), np.isinf(expected))
    assert np.allclose(found[np.isfinite(found)], expected[np.isfinite(found)], atol=1e-3)


@several
@given(worlds(), anywhere)
def test_another_centre_never_lengthens_a_walk(world, extra):
    lines, centres, points = world
    net = network(lines)
    before = reach(net, at(centres)).distance(at(points))
    after = reach(net, at([*centres, extra])).distance(at(points))
    assert (after <= before + 1e-9).all()


@several
@given(worlds(), st.randoms(use_true_random=False))
def test_order_and_direction_of_lines_and_centres_do_not_matter(world, random):
    lines, centres, points = world
    if has_two_main_components(lines):
        return
    ids = [f"c{k}" for k in range(len(centres))]
    before = reach(network(lines), at(centres, ids)).distance(at(points))
    mixed = [line[::-1] if random.random() < 0.5 else line for line in lines]
    random.shuffle(mixed)
    order = random.sample(range(len(centres)), len(centres))
    again = reach(network(mixed), at([centres[k] for k in order], [ids[k] for k in order]))
    assert np.allclose(before, again.distance(at(points)), atol=1e-6)


@several
@given(worlds())
def test_splitting_a_street_changes_nothing(world):
    lines, centres, points = world
    if has_two_main_components(lines):
        return
    split = [part for a, b, c in lines for part in ([a, b], [b, c])]
    before = reach(network(lines), at(centres)).distance(at(points))
    after = reach(network(split), at(centres)).distance(at(points))
    assert np.allclose(before, after, atol=1e-6)


@pytest.mark.parametrize("twin", [[(0, 0), (700, 35)], [(700, 35), (0, 0)]])
def test_a_way_drawn_twice_is_one_street(twin):
    """A centre on one of the twins and a point on the other stand on one street."""
    rest = [[(0, 0), (0, 900)], [(0, 900), (700, 900)], [(700, 900), (700, 35)]]
    points = at([(x, x / 20 + 3 * (-1) ** k) for k, x in enumerate(range(20, 700, 13))])
    once = reach(network([[(0, 0), (700, 35)], *rest]), at([(333, 18)]))
    twice = reach(network([[(0, 0), (700, 35)], twin, *rest]), at([(333, 18)]))
    assert twice.net.n_edges == once.net.n_edges
    assert np.array_equal(twice.distance(points), once.distance(points))


def test_a_place_equally_near_to_two_arms_of_one_street_goes_to_the_western_one():
    street = [(-50, 0), (-50, 200), (20, 200), (20, -20), (0, -20), (0, 150)]
    home, centre = at([(10, 100)]), at([(-50, 0)])
    whole = reach(network([street]), centre).distance(home)
    cut = reach(network([street[:4], street[3:]]), centre).distance(home)
    assert whole == cut == pytest.approx([10 + 200 + 70 + 220 + 20 + 120])


def test_streets_that_share_a_line_but_no_joint_are_chosen_by_shape_not_by_order():
    two = [[(0, 0), (300, 0)], [(-50, 0), (350, 0), (350, 100), (300, 0)]]
    walks = [
        reach(network(lines), at([(-50, 20)])).distance(at([(150, 10)]))
        for lines in (two, two[::-1])
    ]
    assert walks[0] == walks[1]
