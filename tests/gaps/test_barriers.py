"""Gaps end where people cannot walk on, and go on where a way leads across."""

from __future__ import annotations

import pandas as pd
import pytest

import kiezreach as kr
from kiezreach.gaps import GapRules

from .two_banks import (
    CANAL,
    NO_BARRIER,
    NORTH,
    RAILWAY,
    SOUTH,
    blocks,
    box,
    line,
    people,
    point,
    reach_with,
)

BOTH = people((2090, 80, 30), (2090, 20, 20))
UNDERPASS = [(2100, 0), (2100, 100)]


def gaps(barriers, *ways, inhabited=None, residents=BOTH):
    ground = blocks(NORTH, SOUTH) if inhabited is None else inhabited
    return kr.gaps(residents, ground, reach_with(*ways), 800, barriers=barriers)


def sizes(barriers, *ways, **other):
    return sorted(gaps(barriers, *ways, **other)["residents"])


def test_without_a_barrier_both_banks_are_one_gap():
    assert sizes(None) == [50]
    assert sizes(NO_BARRIER) == [50]


def test_a_railway_divides():
    assert sizes(RAILWAY) == [20, 30]


def test_an_underpass_joins_again():
    assert sizes(RAILWAY, UNDERPASS) == [50]


@pytest.mark.parametrize(("x", "expected"), [(2270, [50]), (2400, [20, 30])])
def test_an_underpass_joins_what_is_near_to_it(x, expected):
    # The blocks end at x = 2180; a crossing counts up to 100 m from where they face each other.
    near = blocks(box(2170, 55, 2180, 90), box(2170, 10, 2180, 45))
    residents = people((2175, 80, 30), (2175, 20, 20))
    across = [(x, 0), (x, 100)]
    assert sizes(RAILWAY, across, inhabited=near, residents=residents) == expected


def test_a_street_that_ends_at_the_railway_joins_nothing():
    assert sizes(RAILWAY, [(2100, 0), (2100, 48)], [(2100, 52), (2100, 100)]) == [20, 30]


def test_a_canal_divides_but_at_a_bridge():
    assert sizes(CANAL) == [20, 30]
    assert sizes(CANAL, UNDERPASS) == [50]


def test_a_path_that_dips_into_the_drawn_bank_is_no_bridge():
    in_and_out = [(2000, 0), (2090, 48), (2180, 0)]
    along = [(2000, 0), (2050, 47), (2150, 47), (2200, 0)]  # 100 m of it, 1 m off the bank
    assert sizes(CANAL, in_and_out) == [20, 30]
    assert sizes(CANAL, along) == [20, 30]


def test_a_slanting_bridge_and_one_with_a_junction_on_it_join():
    assert sizes(CANAL, [(2090, 0), (2090, 45), (2096, 55), (2100, 100)]) == [50]
    assert sizes(CANAL, [(2100, 0), (2100, 49)], [(2100, 49), (2100, 100)]) == [50]


def test_a_crossing_of_the_railway_is_none_of_the_canal_beside_it():
    both = RAILWAY.assign(geometry=[line([(500, 52), (4000, 52)])])
    canal = CANAL.assign(geometry=[box(500, 46, 4000, 50)])
    barriers = pd.concat([both, canal], ignore_index=True)
    over_railway_only = [(2100, 100), (2100, 51)]
    assert sizes(barriers, over_railway_only) == [20, 30]
    assert sizes(barriers, UNDERPASS) == [50]


def test_a_block_that_a_railway_runs_through_is_cut():
    whole = blocks(box(2000, 10, 2180, 90))
    found = gaps(RAILWAY, inhabited=whole)
    assert sorted(found["residents"]) == [20, 30]
    for row, at in zip(found.itertuples(), [(2090, 80), (2090, 20)], strict=True):
        assert row.geometry.intersects(point(*at))
    assert not found.geometry.intersects(RAILWAY.geometry.iloc[0]).any()


def test_a_sliver_beyond_the_railway_is_no_place_of_its_own():
    # The block's drawing reaches 2 m beyond the line: 360 m2 that nobody lives on.
    found = gaps(RAILWAY, inhabited=blocks(NORTH, box(2000, 10, 2180, 52)))
    assert sorted(found["residents"]) == [20, 30]
    south = found[found["residents"] == 20].geometry.iloc[0]
    assert not south.intersects(box(2000, 51, 2180, 52))


def test_small_gaps_join_the_nearest_neighbour():
    far = box(2300, 10, 2400, 45)  # 120 m beside the southern block
    ground = blocks(SOUTH, far)
    residents = people((2090, 20, 200), (2350, 20, 8))
    reach = reach_with()
    assert sorted(kr.gaps(residents, ground, reach, 800)["residents"]) == [8, 200]
    merged = kr.gaps(residents, ground, reach, 800, rules=GapRules(min_residents=50))
    assert merged["residents"].tolist() == [208]
    assert not merged["small"].any()
    near_only = GapRules(min_residents=50, merge_m=100)
    kept = kr.gaps(residents, ground, reach, 800, rules=near_only)
    assert kept.set_index("residents")["small"].to_dict() == {200: False, 8: True}


def test_three_small_gaps_become_one_that_is_large_enough():
    ground = blocks(*(box(x, 10, x + 40, 45) for x in (2000, 2150, 2300)))
    residents = people((2020, 20, 20), (2170, 20, 30), (2320, 20, 10))
    found = kr.gaps(residents, ground, reach_with(), 800, rules=GapRules(min_residents=60))
    assert found["residents"].tolist() == [60]


def test_a_small_gap_does_not_join_over_a_barrier_or_a_border():
    residents = people((2090, 80, 8), (2090, 20, 200))
    rules = GapRules(min_residents=50)
    apart = kr.gaps(
        residents, blocks(NORTH, SOUTH), reach_with(), 800, rules=rules, barriers=RAILWAY
    )
    assert apart.set_index("residents")["small"].to_dict() == {200: False, 8: True}
    zones = blocks(box(0, 50, 4000, 200), box(0, -100, 4000, 50)).assign(area_id=["n", "s"])
    apart = kr.gaps(residents, blocks(NORTH, SOUTH), reach_with(), 800, rules=rules, zones=zones)
    assert apart.set_index("residents")["small"].to_dict() == {200: False, 8: True}
