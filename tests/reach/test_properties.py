"""What must hold in every world, whatever its streets."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kiezreach.catchments import catchments
from kiezreach.defaults import MAX_ACCESS_M
from kiezreach.network import WalkNetwork
from kiezreach.network.clip import clip_network
from kiezreach.network.snap import Snap, snap
from kiezreach.reach import reach, reach_each

from .random_worlds import (
    CRS,
    X0,
    Y0,
    anywhere,
    at,
    has_two_main_components,
    lattice,
    network,
    several,
    worlds,
)

EPSILON_M = 1e-6
CELL_M = 20.0
fewer = settings(several, max_examples=40)  # catchments of a whole world take longer


@st.composite
def worlds_with_another_street(draw):
    """A world, and a street that starts in its main component and ends anywhere."""
    lines, centres, points = draw(worlds())
    net = network(lines)
    main = np.unique(net.edge_nodes[net.main_edges])
    known = {tuple(xy) for xy in np.round(net.node_xy[main] - (X0, Y0)).tolist()}
    start = draw(st.sampled_from(sorted(known)))
    end = tuple(100.0 * v for v in draw(lattice))
    assume(start != end)
    # No other street of the world bends at a place with these fractions of a metre.
    own = 0.25 + 0.005
    middle = tuple((a + b) / 2 + own for a, b in zip(start, end, strict=True))
    return lines, [start, middle, end], centres, points


def on_streets(net: WalkNetwork, shares: list[tuple[int, float]]) -> list[tuple[float, float]]:
    """Places on the main component, in metres on the paper."""
    lines = net.lines[net.main_edges]
    picked = [lines[k % len(lines)].interpolate(s, normalized=True) for k, s in shares]
    return [(p.x - X0, p.y - Y0) for p in picked]


def same_places(a: Snap, b: Snap, net_a: WalkNetwork, net_b: WalkNetwork) -> np.ndarray:
    """Whether points stand at one place on two networks."""
    both = a.linked & b.linked
    xy = [
        shapely.get_coordinates(shapely.line_interpolate_point(n.lines[s.edge], s.offset))
        for n, s in ((net_a, a), (net_b, b))
    ]
    return both & (np.hypot(*(xy[0] - xy[1]).T) < EPSILON_M)


def passed_through(street: list[tuple[float, float]], spots) -> np.ndarray:
    """Whether a street passes through places without joining there: they may be on either."""
    drawn = shapely.LineString([(x + X0, y + Y0) for x, y in street])
    joined = shapely.distance(shapely.Point(drawn.coords[0]), spots) < EPSILON_M
    return ~joined & (shapely.distance(drawn, spots) < 0.001)


places = st.lists(st.tuples(st.integers(0, 20), st.floats(0, 1)), min_size=1, max_size=8)


@several
@given(worlds_with_another_street(), places, places)
def test_another_street_never_lengthens_a_walk_between_places_on_streets(world, homes, goals):
    lines, street, _, _ = world
    assume(not has_two_main_components(lines))
    before, after = network(lines), network([*lines, street])
    centres, points = at(on_streets(before, goals)), at(on_streets(before, homes))
    assume(not passed_through(street, [*centres.geometry, *points.geometry]).any())
    old, new = (reach(net, centres).distance(points) for net in (before, after))
    assert (new <= old + EPSILON_M).all()


@fewer
@given(worlds_with_another_street(), places, st.integers(50, 900))
def test_another_street_never_shrinks_a_catchment_where_access_stays(world, goals, threshold):
    # A new street may be nearer to a place than the old one, and a detour: there, and only
    # there, a walk may become longer. At the middle of a cell the polygon is exact.
    lines, street, _, _ = world
    assume(not has_two_main_components(lines))
    before, after = network(lines), network([*lines, street])
    centres = at(on_streets(before, goals))
    assume(not passed_through(street, list(centres.geometry)).any())
    old, new = (
        catchments(reach(n, centres), [threshold], cell_m=CELL_M).geometry.iloc[0]
        for n in (before, after)
    )
    assume(not old.is_empty)
    west, south, east, north = old.bounds
    x, y = (
        (np.arange(np.floor(low / CELL_M), np.ceil(high / CELL_M)) + 0.5) * CELL_M
        for low, high in ((west, east), (south, north))
    )
    cells = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    was = snap(before, cells, 150)
    kept = same_places(was, snap(after, cells, 150), before, after)
    spots = shapely.line_interpolate_point(before.lines[was.edge], was.offset)
    kept &= ~passed_through(street, spots)
    inside = shapely.contains_xy(old, cells) & kept
    assert shapely.contains_xy(new, cells[inside]).all()


@fewer
@given(worlds(), anywhere, st.integers(50, 900))
def test_another_centre_never_shrinks_a_catchment(world, extra, threshold):
    lines, centres, _ = world
    net = network(lines)
    old, new = (
        catchments(reach(net, at(c)), [threshold], cell_m=CELL_M).geometry.iloc[0]
        for c in (centres, [*centres, extra])
    )
    assert old.difference(new).area < EPSILON_M


@fewer
@given(worlds(), st.lists(st.integers(20, 1200), min_size=2, max_size=3, unique=True))
def test_larger_thresholds_contain_smaller_ones(world, thresholds):
    lines, centres, _ = world
    found = catchments(reach(network(lines), at(centres)), thresholds, cell_m=CELL_M)
    assert found["threshold_m"].tolist() == sorted(thresholds)
    assert found.geometry.is_valid.all()
    for small, large in zip(found.geometry, found.geometry[1:], strict=False):
        assert small.difference(large).area < EPSILON_M


@several
@given(worlds(), st.integers(1, 1500), st.integers(1, 1500))
def test_a_larger_limit_only_adds(world, one, other):
    lines, centres, points = world
    net, (low, high) = network(lines), sorted((one, other))
    near, far = (reach(net, at(centres), limit=t).distance(at(points)) for t in (low, high))
    served = np.isfinite(near)
    assert np.array_equal(near[served], far[served])
    assert (far[~served] > low).all()


@several
@given(worlds(), st.integers(10, 200), lattice, lattice)
def test_clipping_changes_no_walk_within_the_buffer(world, limit, corner, other):
    """The buffer also holds the streets that centres and points at its end are tied to."""
    lines, centres, points = world
    assume(not has_two_main_components(lines))
    net = network(lines)
    box = shapely.box(*(100.0 * np.minimum(corner, other)), *(100.0 * np.maximum(corner, other)))
    area = gpd.GeoSeries([box.buffer(20)], crs=CRS).translate(X0, Y0)
    assume(shapely.intersects(net.lines[net.main_edges], area.iloc[0]).any())
    clipped, _ = clip_network(net, area, limit + MAX_ACCESS_M)
    places = at(points)[at(points).intersects(area.iloc[0]).to_numpy()]
    whole, part = (reach(n, at(centres), limit).distance(places) for n in (net, clipped))
    assert np.allclose(whole, part, atol=EPSILON_M)


@several
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_points_does_not_matter(world, random):
    lines, centres, points = world
    r = reach(network(lines), at(centres))
    order = random.sample(range(len(points)), len(points))
    together = r.distance(at(points))
    assert np.array_equal(r.distance(at([points[k] for k in order])), together[order])
    alone = [r.distance(at([p]))[0] for p in points]
    assert np.array_equal(alone, together)


@several
@given(worlds(), st.tuples(st.integers(-50_000, 50_000), st.integers(-50_000, 50_000)))
def test_moving_the_world_changes_nothing(world, step):
    def moved(xy):
        return [(x + step[0], y + step[1]) for x, y in xy]

    lines, centres, points = world
    assume(not has_two_main_components(lines))
    here = reach(network(lines), at(centres))
    there = reach(network([moved(line) for line in lines]), at(moved(centres)))
    assert np.allclose(here.distance(at(points)), there.distance(at(moved(points))), atol=EPSILON_M)
    assert here.nearest(at(points)).tolist() == there.nearest(at(moved(points))).tolist()


@fewer
@given(worlds(), st.tuples(st.integers(-50, 50), st.integers(-50, 50)), st.integers(50, 900))
def test_moving_the_world_by_whole_cells_moves_the_catchment(world, cells, threshold):
    lines, centres, _ = world
    assume(not has_two_main_components(lines))
    dx, dy = (k * CELL_M for k in cells)
    # Odd offsets keep whole rows of cells from lying equally near to two streets, where a cell
    # may fall to either.
    still = [[(x + 3.137, y + 7.291) for x, y in part] for part in (*lines, centres)]
    moved = [[(x + dx, y + dy) for x, y in part] for part in still]
    here, there = (
        catchments(reach(network(ls), at(cs)), [threshold], cell_m=CELL_M).geometry.iloc[0]
        for *ls, cs in (still, moved)
    )
    back = shapely.transform(there, lambda xy: xy - (dx, dy))
    # Equal but for rounding of coordinates: a border may move by a fraction of a millimetre.
    assert here.symmetric_difference(back).area <= 0.01 + 0.001 * here.length


@several
@given(worlds())
def test_two_centres_differ_at_most_by_the_walk_between_them(world):
    lines, centres, points = world
    net, goals = network(lines), at(centres)
    each = reach_each(net, goals, np.inf)
    spot = snap(net, np.array([(p.x, p.y) for p in goals.geometry]), 100.0)
    linked = [i for i, there in enumerate(spot.linked) if there]
    walk = {i: each[goals.index[i]].distance(at(points)) for i in linked}
    for i in linked:
        for j in linked:
            legs = spot.access[i] + spot.access[j]
            between = each[goals.index[i]].distance(at([centres[j]]))[0] - legs
            there = np.isfinite(walk[i])
            assert np.array_equal(there, np.isfinite(walk[j]))
            apart = (walk[i][there] - spot.access[i]) - (walk[j][there] - spot.access[j])
            assert (np.abs(apart) <= between + EPSILON_M).all()
