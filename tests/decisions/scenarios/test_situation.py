"""Any sequence of changes gives what a computation from the beginning gives."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiezreach.decisions.scenarios import Situation
from kiezreach.errors import InputError
from kiezreach.network.snap import snap
from kiezreach.reach import reach

from ...reach.random_worlds import X0, Y0, anywhere, at, network, worlds  # noqa: TID252

SNAP_M = 120.0
some = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def situation_of(lines, centres, points, limit=np.inf) -> Situation:
    """A world as it is."""
    every = at(centres).assign(kind="", district_id="")
    homes = at(points).assign(residents=np.arange(1, len(points) + 1), planning_area_id="")
    walks = reach(network(lines), every, limit, max_snap_m=SNAP_M)
    place = walks.snap(homes)
    return Situation(walks, every, homes, place, *walks.at(place), SNAP_M)


def place_of(here: Situation, point, limit=SNAP_M):
    return snap(here.reach.net, np.array([[point[0] + X0, point[1] + Y0]]), limit)


def assert_as_from_the_beginning(here: Situation) -> None:
    """Walks, centres and places are those of a search on the changed network."""
    every = reach(here.reach.net, here.centres, here.reach.limit, max_snap_m=SNAP_M)
    np.testing.assert_allclose(here.reach.node_distance, every.node_distance, rtol=0, atol=1e-8)
    assert here.centres.index.tolist() == here.reach.centre_ids.tolist()
    walk = every.distance(here.residents)
    np.testing.assert_allclose(here.walk, walk, rtol=0, atol=2e-7)
    nearest = every.nearest(here.residents)
    for k in np.flatnonzero(np.isfinite(walk)):
        own = here.nearest_id[k]
        alone = reach(here.reach.net, here.centres.loc[[own]], max_snap_m=SNAP_M)
        # Where two are equally near but for rounding, either may be named.
        assert own == nearest[k] or abs(alone.distance(here.residents)[k] - walk[k]) < 3e-7
    assert (here.nearest_id[~np.isfinite(walk)] == "").all()


@st.composite
def changes(draw):
    """A change of any kind; what it is about is chosen among what is there by then."""
    kind = draw(st.sampled_from(["close", "open", "move", "link", "unlink", "people"]))
    return kind, draw(st.integers(0, 20)), draw(anywhere), draw(anywhere), draw(st.booleans())


def take(here: Situation, change) -> Situation:
    kind, number, one, other, flag = change
    try:
        return _TAKEN[kind](here, number, one, other, flag)
    except InputError:  # a way between one place, or the last way of all
        return here


def close(here, number, *_):
    ids = here.centres.index
    return here.closed(ids[number % len(ids)]) if len(ids) else here


def move(here, number, one, *_):
    ids = here.centres.index
    if not len(ids):
        return here
    chosen = ids[number % len(ids)]
    facts = here.centres.loc[chosen].drop("geometry").to_dict()
    return opened(here.closed(chosen), chosen, one, facts)


def open_one(here, number, one, _, flag):
    name = f"{'!' if flag else 'z'}{len(here.centres)}-{number}-{one}"
    return opened(here, name, one, {"name": "new"})


def link(here, _, one, other, flag):
    ends = place_of(here, one), place_of(here, other)
    there = all(end.linked[0] for end in ends)
    return here.with_way(*ends, 2000.0 if flag else None) if there else here


def unlink(here, number, *rest):
    numbers = [number, number // 2] if rest[-1] else [number]
    return here.without_ways(np.unique(numbers) % here.reach.net.n_edges)


def people(here, _, one, other, __):
    n = len(here.residents)
    more = at([one, other], [f"p{n}", f"q{n}"]).assign(residents=7, planning_area_id="")
    return here.with_residents(more)


_TAKEN = {
    "close": close, "open": open_one, "move": move, "link": link, "unlink": unlink,
    "people": people,
}  # fmt: skip


def opened(here: Situation, centre_id: str, point, facts) -> Situation:
    """Open a centre, also one without a street."""
    spot = shapely.Point(point[0] + X0, point[1] + Y0)
    return here.opened(centre_id, facts, spot, place_of(here, point))


@some
@given(worlds(), st.lists(changes(), min_size=1, max_size=5), st.sampled_from([np.inf, 400.0]))
def test_any_sequence_of_changes_equals_a_full_computation(world, sequence, limit):
    here = situation_of(*world, limit)
    for change in sequence:
        here = take(here, change)
    assert_as_from_the_beginning(here)


def test_people_on_a_closed_way_are_tied_to_the_next_one():
    """Two streets 60 m apart; whoever lives between them uses the other one then."""
    lines = [[(0, 0), (500, 0)], [(0, 60), (500, 60)], [(0, 0), (0, 60)], [(500, 0), (500, 60)]]
    here = situation_of(lines, [(400, 60)], [(250, 20)])
    assert here.walk.tolist() == [20 + 250 + 60 + 100]
    street = place_of(here, (250, 0)).edge
    after = here.without_ways(street)
    assert after.walk.tolist() == [40 + 150]
    assert_as_from_the_beginning(after)


def test_a_centre_on_a_closed_way_is_tied_to_the_next_one():
    lines = [[(0, 0), (500, 0)], [(0, 60), (500, 60)], [(0, 0), (0, 60)], [(500, 0), (500, 60)]]
    here = situation_of(lines, [(250, 20)], [(250, 70)])
    after = here.without_ways(place_of(here, (250, 0)).edge)
    assert after.walk.tolist() == [10 + 40]


def test_people_behind_a_closed_bridge_keep_their_streets_and_reach_nobody():
    here = situation_of(
        [[(0, 0), (0, 100)], [(0, 100), (0, 200)], [(0, 200), (0, 900)]], [(0, 50)], [(0, 300)]
    )
    after = here.without_ways(place_of(here, (0, 150)).edge)
    assert after.place.linked.tolist() == [True]
    assert after.walk.tolist() == [np.inf]


def test_whoever_moves_in_changes_no_other_walk():
    here = situation_of([[(0, 0), (500, 0)]], [(0, 0)], [(100, 0)])
    more = at([(300, 10)], ["new"]).assign(residents=5, planning_area_id="")
    after = here.with_residents(more)
    assert after.walk.tolist() == [100.0, 310.0]
    assert after.residents["residents"].tolist() == [1, 5]


@pytest.mark.parametrize("capacity", [10.0, 0.5])
def test_a_capacity_changes_no_walk(capacity):
    here = situation_of([[(0, 0), (500, 0)]], [(0, 0), (400, 0)], [(100, 0)])
    after = here.resized("001", capacity)
    assert after.centres["capacity"].tolist()[1] == capacity
    assert np.isnan(after.centres["capacity"].iloc[0])
    assert after.reach is here.reach
    assert isinstance(after.centres, gpd.GeoDataFrame)
