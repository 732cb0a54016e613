"""Ranks over every combination, compared with a calculation by hand and by brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from kiezreach.gaps import FoundGaps, Homes, Members, Plausible, rank_gaps
from kiezreach.network.snap import Snap

BASE, THRESHOLDS = 500.0, (300.0, 500.0, 800.0)


def homes(x, residents, distance, zone, area):
    n = len(x)
    return Homes(
        points=shapely.points(np.asarray(x, dtype=float), np.zeros(n)),
        residents=np.asarray(residents, dtype=np.int64),
        area=np.asarray(area, dtype=object),
        zone=np.asarray(zone, dtype=object),
        place=Snap(np.zeros(n, dtype=np.int64), np.zeros(n), np.zeros(n)),
        distance=np.asarray(distance, dtype=float),
        centre=np.zeros(n, dtype=np.int64),
    )


def found_on_a_line(own, threshold):
    """Gaps of houses 100 m apart on a line: unserved neighbours of one zone are one gap."""
    out = (own.distance > threshold) & (own.residents > 0)
    number, member = -1, np.full(len(out), -1)
    for i in range(len(out)):
        if out[i]:
            number += not (i and out[i - 1] and own.zone[i] == own.zone[i - 1])
            member[i] = number
    x = shapely.get_x(own.points)
    return FoundGaps(
        threshold_m=threshold,
        parts=shapely.box(x[out] - 40, -40, x[out] + 40, 40),
        part_gap=member[out],
        part_zone=own.zone[out],
        member=member,
        small=np.zeros(number + 1, dtype=bool),
    )


def ranked(own, others, need, plausible, **more):
    found = {t: found_on_a_line(own, t) for t in (*THRESHOLDS, BASE)}
    others = {name: Members.by_place(found, other) for name, other in others.items()}
    return found, rank_gaps(found, BASE, own, others=others, need=need, plausible=plausible, **more)


def test_priorities_that_are_equal_on_paper_share_their_rank():
    # 1 x 0.1 + 1 x 0.7 = 2 x 0.4; as floating-point numbers the first is 0.7999999999999999.
    own = homes([0, 100, 200, 300], [1, 1, 0, 2], [900, 900, 10, 900], ["z"] * 4, list("abbc"))
    _, result = ranked(own, {}, pd.Series({"a": 0.1, "b": 0.7, "c": 0.4}), Plausible())
    assert result.rank.tolist() == [[1, 1]]
    assert result.tied.tolist() == [1, 1]


def test_two_gaps_that_change_places():
    own = homes(
        [0, 100, 200, 300, 400],
        [10, 5, 0, 20, 1],
        [900, 600, 10, 600, 600],
        ["z"] * 5,
        list("aabbb"),
    )
    needs = [
        pd.Series({"a": 1.0, "b": 0.25}, name="one"),
        pd.Series({"a": 0.5, "b": 0.5}, name="two"),
    ]
    _, result = ranked(own, {}, needs[0], Plausible(needs=needs, thresholds=(500, 800)))
    # gap 0: 15 residents, 10 beyond 800 m; gap 1: 21 and 0.
    assert result.combinations.to_numpy().tolist() == [
        ["study", 500.0, "one"],
        ["study", 500.0, "two"],
        ["study", 800.0, "one"],
        ["study", 800.0, "two"],
    ]
    assert result.priority.tolist() == [[15, 5.25], [7.5, 10.5], [10, 0], [5, 0]]
    assert result.rank.tolist() == [[1, 2], [2, 1], [1, 2], [1, 2]]
    assert (result.best.tolist(), result.worst.tolist()) == ([1, 1], [2, 2])
    assert result.top_share.tolist() == [1, 1]
    assert result.tied.tolist() == [1, 1]  # three in four are not nine in ten


def test_gaps_are_told_apart_from_a_share_on():
    own = homes([0, 100, 200], [15, 0, 21], [900, 10, 900], ["z"] * 3, list("aab"))
    needs = [pd.Series({"a": 1.0, "b": b}, name=f"{b}") for b in (0.1, 0.2, 0.3, 0.4, 0.9)]
    _, strict = ranked(own, {}, needs[0], Plausible(needs=needs))
    assert strict.tied.tolist() == [1, 1]
    _, loose = ranked(own, {}, needs[0], Plausible(needs=needs), distinguishable_share=0.8)
    assert loose.tied.tolist() == [1, 2]


def test_under_a_shorter_threshold_a_gap_grows_by_those_who_live_in_the_same_gap_then():
    # houses:        0    1    2    3    4    5   (2 is unserved only beyond 300 m, 4 never)
    own = homes(
        [0, 100, 200, 300, 400, 500],
        [10, 10, 10, 10, 10, 10],
        [600, 600, 400, 400, 100, 600],
        ["z"] * 6,
        ["a"] * 6,
    )
    _, result = ranked(own, {}, None, Plausible(thresholds=(300, 500)))
    assert result.priority.tolist() == [[40, 10], [20, 10]]


def test_of_two_gaps_in_one_wider_gap_the_nearer_one_grows():
    own = homes(
        [0, 100, 200, 300, 400, 500],
        [10, 1, 2, 4, 8, 10],
        [600, 400, 400, 400, 400, 600],
        ["z"] * 6,
        ["a"] * 6,
    )
    _, result = ranked(own, {}, None, Plausible(thresholds=(300,)))
    assert result.priority.tolist() == [[13, 22], [10, 10]]


def test_another_spreading_is_counted_by_place_and_its_own_walk():
    own = homes([0, 100, 200], [10, 10, 10], [600, 100, 600], ["z"] * 3, ["a"] * 3)
    other = homes([10, 190, 260], [9, 9, 12], [400, 600, 600], ["z"] * 3, ["a"] * 3)
    _, result = ranked(own, {"blocks": other}, None, Plausible(residents={}))
    assert result.combinations["spreading"].tolist() == ["study", "blocks"]
    assert result.priority.tolist() == [[10, 10], [0, 21]]


def test_where_no_need_is_known_gaps_come_last_and_are_ties():
    own = homes([0, 100, 200, 300, 400], [5, 0, 9, 0, 7], [900] * 5, list("uvwxy"), list("aabbc"))
    _, result = ranked(own, {}, pd.Series({"a": 1.0}), Plausible())
    assert result.best.tolist() == [1, 2, 2]
    assert result.worst.tolist() == [1, 3, 3]
    assert result.tied.tolist() == [1, 2, 2]


def brute_force(own, others, needs):  # noqa: C901 - one definition, read at one go
    """Follow the definition point by point and gap by gap."""
    found = {t: found_on_a_line(own, t) for t in THRESHOLDS}
    base = found[BASE]

    def nearest(x, parts):
        far = [shapely.distance(shapely.Point(x, 0), base_or.parts[p]) for base_or, p in parts]
        return parts[int(np.argmin(far))][1] if parts else None

    def by_place(gaps, zone, x):
        p = nearest(x, [(gaps, p) for p in range(len(gaps.parts)) if gaps.part_zone[p] == zone])
        return -1 if p is None else gaps.part_gap[p]

    def wider_gap(k, t):
        count = {}
        for i in range(len(own.points)):
            if base.member[i] == k:
                w = found[t].member[i]
                count[w] = count.get(w, 0) + own.residents[i]
        return min(count, key=lambda w: (-count[w], w))

    rows = []
    for spread, t in itertools.product([own, *others], THRESHOLDS):
        living = [{} for _ in range(len(base))]
        for i in range(len(spread.points)):
            d, x, zone = spread.distance[i], shapely.get_x(spread.points[i]), spread.zone[i]
            if d <= t or not spread.residents[i]:
                continue
            if d > BASE:
                k = base.member[i] if spread is own else by_place(base, zone, x)
            else:
                w = found[t].member[i] if spread is own else by_place(found[t], zone, x)
                p = nearest(
                    x,
                    [
                        (base, p)
                        for p in range(len(base.parts))
                        if w >= 0 and wider_gap(base.part_gap[p], t) == w
                    ],
                )
                k = -1 if p is None else base.part_gap[p]
            if k >= 0:
                living[k][spread.area[i]] = living[k].get(spread.area[i], 0) + spread.residents[i]
        for need in needs:
            row = []
            for areas in living:
                known = {a: n for a, n in areas.items() if a in need.index}
                total, counted = sum(areas.values()), sum(known.values())
                mean = sum(n * need[a] for a, n in known.items()) / counted if counted else None
                row.append(0.0 if not total else np.nan if mean is None else total * mean)
            rows.append(row)
    return np.array(rows).reshape(len(rows), len(base))


@st.composite
def towns(draw):
    n = draw(st.integers(2, 12))
    sample = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(sample)

    def spread():
        return homes(
            np.arange(n) * 100.0 + rng.integers(-30, 30, n),
            rng.integers(0, 30, n),
            rng.choice([100, 300, 301, 400, 500, 501, 700, 800, 900, np.inf], n),
            np.where(np.arange(n) < n // 2, "y", "z"),
            rng.choice(list("abcd"), n),
        )

    needs = [pd.Series(rng.random(3).round(3), index=list("abc"), name=f"n{k}") for k in range(3)]
    return spread(), [spread(), spread()], needs


@settings(deadline=None, max_examples=60)
@given(towns())
def test_all_combinations_equal_brute_force(town):
    own, others, needs = town
    _, result = ranked(
        own,
        dict(zip("pq", others, strict=True)),
        needs[0],
        Plausible(needs=needs, thresholds=THRESHOLDS),
    )
    expected = brute_force(own, others, needs)
    assert len(result.combinations) == 3 * 3 * 3 == len(expected)
    # A priority is rounded to 6 decimals.
    np.testing.assert_allclose(result.priority, expected, rtol=0, atol=5.01e-7)
    known = np.nan_to_num(result.priority, nan=-1.0)
    for c, row in enumerate(known):
        for g, value in enumerate(row):
            assert result.rank[c, g] == 1 + sum(row > value)
    for g in range(known.shape[1]):
        ranks = [1 + sum(row > row[g]) for row in known]
        last = [sum(row >= row[g]) for row in known]
        assert result.best[g] == min(ranks)
        assert result.worst[g] == max(last)
        above = [np.mean(known[:, h] > known[:, g]) >= 0.9 for h in range(known.shape[1])]
        assert result.tied[g] == 1 + sum(above)
        assert result.top_share[g] == pytest.approx(np.mean([r <= 10 for r in ranks]))
