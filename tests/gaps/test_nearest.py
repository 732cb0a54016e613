"""Which part of the ground is nearest to a home, against looking at every part."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from kiezreach.gaps.neighbours import nearest_within


@st.composite
def worlds(draw):
    """Blocks of whole metres that may touch or overlap, and homes in, beside and far from them."""
    whole = st.integers(0, 40)
    corners = draw(st.lists(st.tuples(whole, whole, st.sampled_from("abc")), min_size=1))
    places = draw(st.lists(st.tuples(whole, whole, st.sampled_from("abcd")), min_size=1))
    x, y, group = (np.array(column) for column in zip(*corners, strict=True))
    px, py, own = (np.array(column) for column in zip(*places, strict=True))
    parts = shapely.box(x, y, x + 6, y + 6)
    return shapely.points(px, py), own.astype(object), parts, group.astype(object)


@settings(deadline=None)
@given(worlds())
def test_it_is_the_first_of_the_nearest_parts_of_the_own_group(world):
    points, group, parts, part_group = world
    expected = []
    for point, own in zip(points, group, strict=True):
        there = np.flatnonzero(part_group == own)
        distance = shapely.distance(point, parts[there])
        expected.append(there[distance.argmin()] if len(there) else -1)
    assert nearest_within(points, group, parts, part_group).tolist() == expected


def test_where_there_is_no_part_nothing_is_near():
    none = np.empty(0, dtype=object)
    home, zone = shapely.points([[0.0, 0.0]]), np.array(["a"], dtype=object)
    assert nearest_within(home, zone, none, none).tolist() == [-1]
    assert nearest_within(none, none, home, zone).tolist() == []
