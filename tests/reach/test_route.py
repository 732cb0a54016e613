from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given

from kiezreach.errors import InputError
from kiezreach.network import WalkNetwork, network_from_lines
from kiezreach.reach import Explanation, explain, reach, reach_each

from .random_worlds import CRS, X0, Y0, at, network, several, worlds


def town(streets: dict[str, list[tuple[float, float]]], tags: list[str] | None = None):
    """A network of named streets; names with a leading dot are nameless ways."""
    lines = [shapely.LineString([(x + X0, y + Y0) for x, y in line]) for line in streets.values()]
    names = np.array(["" if name.startswith(".") else name for name in streets], dtype=object)
    kinds = sorted(set(tags or []) - {""})
    bits = [0 if not tag else 1 << kinds.index(tag) for tag in tags or [""] * len(lines)]
    return network_from_lines(
        gpd.GeoSeries(lines, crs=CRS),
        names=names,
        tags=np.array(bits, dtype=np.uint32),
        tag_names=tuple(kinds),
    )


def streets(found: Explanation) -> list[tuple[str, float]]:
    assert found.route is not None
    return [(s.name, round(s.length_m, 6)) for s in found.route.stretches]


def on_paper(line: shapely.LineString) -> list[tuple[float, float]]:
    return [(round(x - X0, 6), round(y - Y0, 6)) for x, y in line.coords]


def test_the_way_is_told_street_by_street():
    net = town({"A": [(0, 0), (100, 0)], "B": [(100, 0), (100, 50)], "C": [(100, 50), (300, 50)]})
    found = explain(reach(net, at([(250, 60)])), at([(20, -5)]))
    assert streets(found) == [("A", 80), ("B", 50), ("C", 150)]
    route = found.route
    assert (route.access_m, route.way_m, route.centre_access_m) == pytest.approx((5, 280, 10))
    assert route.distance_m == pytest.approx(295)
    assert on_paper(route.access_leg) == [(20, -5), (20, 0)]
    assert on_paper(route.way) == [(20, 0), (100, 0), (100, 50), (250, 50)]
    assert on_paper(route.centre_leg) == [(250, 50), (250, 60)]
    assert [s.bearing_deg for s in route.stretches] == pytest.approx([90, 0, 90])


def test_edges_of_one_street_are_one_stretch_and_return_later_as_another():
    net = town(
        {
            "A": [(0, 0), (100, 0)],
            ".": [(100, 0), (100, 30)],
            "A again": [(100, 30), (200, 30)],
            "B": [(50, 0), (50, -90)],
        }
    )
    two_edges = town({"A": [(0, 0), (50, 0), (100, 0)], "B": [(50, 0), (50, -90)]})
    assert streets(explain(reach(two_edges, at([(100, 0)])), at([(0, 0)]))) == [("A", 100)]
    assert streets(explain(reach(net, at([(200, 30)])), at([(0, 0)]))) == [
        ("A", 100),
        ("", 30),
        ("A again", 100),
    ]


def test_ways_without_name_are_told_by_their_kind():
    lines = {".1": [(0, 0), (40, 0)], ".2": [(40, 0), (70, 0)], ".3": [(70, 0), (90, 0)]}
    net = town(lines, ["", "steps", "steps"])
    route = explain(reach(net, at([(90, 0)])), at([(0, 0)])).route
    assert [(s.tags, round(s.length_m, 6)) for s in route.stretches] == [((), 40), (("steps",), 50)]


def test_a_sidewalk_is_told_with_the_street_that_it_runs_along():
    net = town(
        {
            "Lange Straße": [(0, 10), (300, 10)],
            ".sidewalk": [(0, 0), (300, 0)],
            ".crossing": [(0, 0), (0, 10)],
            ".lane": [(300, 0), (300, -200)],
        }
    )
    stretches = explain(reach(net, at([(300, -150)])), at([(100, -1)])).route.stretches
    assert [(s.name, s.beside) for s in stretches] == [("", "")]  # a corner: half of it is the lane
    stretches = explain(reach(net, at([(290, -1)])), at([(100, -1)])).route.stretches
    assert [(s.name, s.beside) for s in stretches] == [("", "Lange Straße")]
    stretches = explain(reach(net, at([(300, -150)])), at([(301, -50)])).route.stretches
    assert [(s.name, s.beside) for s in stretches] == [("", "")]


def test_place_and_centre_on_one_edge_walk_along_it_in_either_direction():
    net = town({"A": [(0, 0), (60, 80), (160, 80)]})
    for centre, home in (((20, 80 / 3), (110, 80)), ((110, 80), (20, 80 / 3))):
        route = explain(reach(net, at([centre])), at([home])).route
        assert route.distance_m == pytest.approx(100 - 100 / 3 + 50)
        assert on_paper(route.way)[1] == (60, 80)
        assert route.way.length == pytest.approx(route.way_m)


def test_on_one_edge_the_way_over_its_ends_may_be_shorter():
    loop = {"Ring": [(0, 0), (0, 200), (300, 200), (300, 0), (10, 0)], "Gap": [(10, 0), (0, 0)]}
    found = explain(reach(town(loop), at([(0, 20)])), at([(40, 0)]))
    assert streets(found) == [("Ring", 30), ("Gap", 10), ("Ring", 20)]


def test_a_loop_is_left_by_its_nearer_side():
    net = network([[(0, 0), (100, 0)], [(100, 0), (200, 0), (200, 100), (100, 100), (100, 0)]])
    found = explain(reach(net, at([(0, 0)])), at([(150, 0)]))
    assert on_paper(found.route.way) == [(150, 0), (100, 0), (0, 0)]
    found = explain(reach(net, at([(100, 50)])), at([(150, 0)]))
    assert found.route.distance_m == pytest.approx(100)
    assert on_paper(found.route.way) == [(150, 0), (100, 0), (100, 50)]


def test_of_parallel_edges_the_shorter_one_is_walked():
    both = {"Detour": [(0, 0), (0, 300), (100, 300), (100, 0)], "Short": [(0, 0), (100, 0)]}
    ends = {"West": [(-50, 0), (0, 0)], "East": [(100, 0), (150, 0)]}
    found = explain(reach(town(both | ends), at([(150, 0)])), at([(-50, 0)]))
    assert streets(found) == [("West", 50), ("Short", 100), ("East", 50)]


def test_place_and_centre_at_one_spot_have_legs_without_way():
    found = explain(reach(town({"A": [(0, 0), (100, 0)]}), at([(50, 0)])), at([(50, 0)]))
    route = found.route
    assert route.distance_m == pytest.approx(0)
    assert route.stretches == ()
    assert route.way.is_empty
    assert route.access_leg.is_empty
    assert route.centre_leg.is_empty


def test_an_unlinked_place_says_how_far_the_street_is():
    found = explain(reach(town({"A": [(0, 0), (100, 0)]}), at([(50, 0)])), at([(50, 151)]))
    assert not found.linked
    assert found.route is None
    assert found.street_m == pytest.approx(151)


def test_nothing_in_reach():
    net = town({"A": [(0, 0), (1000, 0)]})
    for r in (
        reach(net, at([])),
        reach(net, at([(1000, 0)]), limit=900),
        reach(net, at([(0, 101)])),
    ):
        found = explain(r, at([(0, 0)]))
        assert found.linked
        assert (found.route, found.next_centre, found.next_distance_m) == (None, None, math.inf)


def test_a_limit_met_exactly_is_in_reach():
    net = town({"A": [(0, 0), (1000, 0)]})
    assert explain(reach(net, at([(1000, 0)]), limit=1000), at([(0, 0)])).route is not None


def test_a_chosen_centre_and_the_nearest_of_the_others():
    net = town({"A": [(0, 0), (1000, 0)]})
    r = reach(net, at([(100, 0), (300, 0), (900, 0)], ["a", "b", "c"]))
    nearest = explain(r, at([(0, 0)]))
    assert (nearest.route.centre, nearest.next_centre, nearest.next_distance_m) == ("a", "b", 300)
    chosen = explain(r, at([(0, 0)]), "c")
    assert (chosen.route.centre, chosen.route.distance_m) == ("c", 900)
    assert (chosen.next_centre, chosen.next_distance_m) == ("a", 100)


def test_equal_walks_go_to_the_lowest_id():
    net = town({"A": [(0, 0), (200, 0)]})
    found = explain(reach(net, at([(200, 0), (0, 0)], ["b", "a"])), at([(100, 0)]))
    assert (found.route.centre, found.next_centre) == ("a", "b")


def test_what_is_no_single_known_place_is_an_error():
    r = reach(town({"A": [(0, 0), (100, 0)]}), at([(0, 0)], ["a"]))
    with pytest.raises(InputError, match="2 places"):
        explain(r, at([(0, 0), (1, 1)]))
    with pytest.raises(InputError, match="no CRS"):
        explain(r, at([(0, 0)]).set_crs(None, allow_override=True))
    with pytest.raises(InputError, match="finite"):
        explain(r, at([(math.nan, 0)]))
    with pytest.raises(InputError, match="no centre 'b'"):
        explain(r, at([(0, 0)]), "b")


def lies_on(net: WalkNetwork, line: shapely.LineString) -> bool:
    every = shapely.multilinestrings(net.lines)
    return bool((shapely.distance(every, shapely.points(line.coords)) < 1e-6).all())


@several
@given(worlds())
def test_the_route_is_as_long_as_the_distance_and_lies_on_the_network(world):
    lines, centres, points = world
    net = network(lines)
    r, each = reach(net, at(centres)), reach_each(net, at(centres), np.inf)
    expected, nearest = r.distance(at(points)), r.nearest(at(points))
    alone = np.array([each[i].distance(at(points)) for i in r.centre_ids])
    for k, point in enumerate(points):
        found = explain(r, at([point]))
        if not np.isfinite(expected[k]):
            assert found.route is None
            continue
        route = found.route
        assert route.centre == nearest[k]
        assert route.distance_m == pytest.approx(expected[k], abs=1e-3)
        drawn = route.access_leg.length + route.way.length + route.centre_leg.length
        assert drawn == pytest.approx(expected[k], abs=1e-3)
        assert sum(s.length_m for s in route.stretches) == pytest.approx(route.way_m, abs=1e-3)
        assert lies_on(net, route.way)
        others = alone[r.centre_ids != route.centre, k]
        assert found.next_distance_m == pytest.approx(min(others, default=math.inf), abs=1e-3)
