"""Gaps of two builds, matched by their ground: squares on paper."""

from __future__ import annotations

import geopandas as gpd
import shapely

from kiezreach.differences.gaps import gap_changes


def gaps(*rows: tuple[str, int, int, tuple[float, float, float, float]]) -> gpd.GeoDataFrame:
    """Gaps by id, rank, residents and bounds; the name of each is its id in capitals."""
    ids, ranks, people, boxes = zip(*rows, strict=True) if rows else ((), (), (), ())
    return gpd.GeoDataFrame(
        {
            "gap_id": list(ids),
            "name": [i.upper() for i in ids],
            "rank": list(ranks),
            "residents": list(people),
        },
        geometry=[shapely.box(*box) for box in boxes],
        crs="EPSG:25833",
    )


def told(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> set[tuple[object, ...]]:
    rows = gap_changes(before, after)
    return {
        (row.gap_id_before, row.gap_id_after, row.state, row.part_of)
        for row in rows.astype(object).where(rows.notna(), None).itertuples()
    }


def test_a_gap_with_another_id_on_the_same_ground_is_the_same():
    one, other = gaps(("a", 1, 10, (0, 0, 10, 10))), gaps(("b", 3, 12, (1, 0, 11, 10)))
    assert told(one, other) == {("a", "b", "same", "")}
    row = gap_changes(one, other).iloc[0]
    assert (row["rank_before"], row["rank_after"]) == (1, 3)
    assert (row["residents_before"], row["residents_after"]) == (10, 12)


def test_an_id_that_went_to_other_ground_is_another_gap():
    one, other = gaps(("a", 1, 10, (0, 0, 10, 10))), gaps(("a", 1, 10, (20, 0, 30, 10)))
    assert told(one, other) == {("a", None, "vanished", ""), (None, "a", "appeared", "")}


def test_less_than_half_of_the_smaller_ground_is_not_the_same_gap():
    one = gaps(("a", 1, 10, (0, 0, 10, 10)))
    half, less = (gaps(("b", 1, 10, (x, 0, x + 10, 10))) for x in (5, 6))
    assert told(one, half) == {("a", "b", "same", "")}
    assert told(one, less) == {("a", None, "vanished", ""), (None, "b", "appeared", "")}


def test_of_a_gap_that_is_cut_the_larger_part_goes_on():
    one = gaps(("a", 1, 10, (0, 0, 10, 10)))
    two = gaps(("b", 1, 7, (0, 0, 7, 10)), ("c", 2, 3, (8, 0, 10, 10)))
    assert told(one, two) == {("a", "b", "same", ""), (None, "c", "appeared", "A")}
    assert told(two, one) == {("b", "a", "same", ""), ("c", None, "vanished", "A")}


def test_two_that_share_as_much_ground_are_told_apart_by_their_id():
    one = gaps(("a", 1, 10, (0, 0, 10, 10)))
    halves = gaps(("b", 1, 5, (0, 0, 5, 10)), ("a", 2, 5, (5, 0, 10, 10)))
    assert ("a", "a", "same", "") in told(one, halves)


def test_without_gaps_on_one_side_all_appear_or_vanish():
    some = gaps(("a", 1, 10, (0, 0, 10, 10)))
    assert told(gaps(), some) == {(None, "a", "appeared", "")}
    assert told(some, gaps()) == {("a", None, "vanished", "")}
    assert told(gaps(), gaps()) == set()
