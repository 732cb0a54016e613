"""Capacity of centres shared among residents: by hand, conserved, and as PySAL shares it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from access import Access
from access.weights import step_fn
from hypothesis import given, settings
from hypothesis import strategies as st

import kiezreach as kr
from kiezreach.accessibility import accessibility_table, floating_catchments, walk_weights
from kiezreach.analysis import analyse
from kiezreach.checks import check
from kiezreach.errors import InputError, StudyError
from kiezreach.inputs import read_inputs
from kiezreach.outputs.tables import write_tables
from kiezreach.study import Accessibility, DecayStep

from .worlds import CRS, write_small_study

STEPS = (
    DecayStep(to_m=200, weight=1),
    DecayStep(to_m=400, weight=0.68),
    DecayStep(to_m=600, weight=0.22),
)


def street(*, length: int = 2000) -> kr.WalkNetwork:
    """One straight street from x = 0."""
    import networkx as nx

    graph = nx.Graph(crs=CRS)
    for x in range(0, length + 1, 100):
        graph.add_node(x, x=float(x), y=0.0)
    graph.add_edges_from((x, x + 100) for x in range(0, length, 100))
    return kr.network_from_graph(graph)


def along(*xs: float, **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapely.points([(x, 0) for x in xs]), crs=CRS)


def shares(homes, people, houses, capacity, reach_m, decay=()):
    net = street()
    ids = [f"c{k}" for k in range(len(houses))]
    each = kr.reach_each(net, along(*houses).set_index(pd.Index(ids)), reach_m)
    place = next(iter(each.values())).snap(along(*homes))
    supply = pd.Series(capacity, index=ids, dtype=float)
    return floating_catchments(each, place, np.array(people), supply, reach_m, decay)


def test_two_houses_are_shared_by_those_who_can_walk_there():
    # Homes at 0, 500 and 1,000 m; houses at 100 (60 places) and 900 (30 places); 400 m to walk.
    # The first is shared by 10 + 20 people, the second by 20 + 40; the middle adds both up.
    found = shares([0, 500, 1000], [10, 20, 40], [100, 900], [60, 30], 400)
    assert found == pytest.approx([60 / 30, 60 / 30 + 30 / 60, 30 / 60])


def test_longer_walks_count_less_in_both_steps():
    # One house at 0: homes at 200 (weight 1), 400 (0.68) and 600 m (0.22), each of ten people.
    found = shares([200, 400, 600], [10, 10, 10], [0], [19], 600, STEPS)
    demand = 10 * (1 + 0.68 + 0.22)
    assert found == pytest.approx(np.array([1, 0.68, 0.22]) * 19 / demand)


def test_a_step_holds_its_end_and_nothing_beyond_the_reach_counts():
    walk = np.array([0.0, 200.0, 200.1, 400.0, 600.0])
    assert walk_weights(walk, STEPS).tolist() == [1, 1, 0.68, 0.68, 0.22]
    assert shares([600, 601], [1, 1], [0], [5], 600).tolist() == [5, 0]


def test_a_house_of_unknown_capacity_gives_nothing_and_one_without_people_neither():
    found = shares([0, 1500], [10, 10], [100, 1500, 800], [np.nan, 20, 7], 300)
    assert found.tolist() == [0, 2]


towns = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 2000), min_size=n, max_size=n),
        st.lists(st.integers(1, 50), min_size=n, max_size=n),
    )
)
houses = st.integers(1, 4).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 2000), min_size=n, max_size=n, unique=True),
        st.lists(st.integers(1, 500), min_size=n, max_size=n),
    )
)


@settings(max_examples=40, deadline=None)
@given(towns, houses, st.booleans())
def test_what_is_shared_is_what_the_houses_in_reach_have(town, given_houses, enhanced):
    (homes, people), (places, capacity) = town, given_houses
    found = shares(homes, people, places, capacity, 600, STEPS if enhanced else ())
    reached = [any(abs(place - home) <= 600 for home in homes) for place in places]
    assert found @ np.array(people) == pytest.approx(np.array(capacity) @ np.array(reached))


@settings(max_examples=15, deadline=None)
@given(towns, houses, st.booleans())
def test_pysal_shares_alike(town, given_houses, enhanced):
    (homes, people), (places, capacity) = town, given_houses
    decay = STEPS if enhanced else ()
    cost = pd.DataFrame(
        [
            (i, j, float(abs(home - place)))
            for i, home in enumerate(homes)
            for j, place in enumerate(places)
        ],
        columns=["home", "house", "metres"],
    )
    peer = Access(
        demand_df=pd.DataFrame({"people": people}).rename_axis("home"),
        demand_value="people",
        supply_df=pd.DataFrame({"places": capacity}).rename_axis("house"),
        supply_value="places",
        cost_df=cost,
        cost_origin="home",
        cost_dest="house",
        cost_name="metres",
    )
    weights = step_fn({step.to_m: step.weight for step in STEPS}) if enhanced else None
    ask = peer.enhanced_two_stage_fca if enhanced else peer.two_stage_fca
    expected = ask(max_cost=600, weight_fn=weights)
    expected = expected.iloc[:, 0].reindex(range(len(homes))).fillna(0)
    found = shares(homes, people, places, capacity, 600, decay)
    assert found == pytest.approx(expected.to_numpy(), rel=1e-12)


def test_areas_have_the_mean_over_their_residents_and_the_share_without():
    net = street()
    each = kr.reach_each(net, along(0.0).set_index(pd.Index(["c"])), 400)
    homes = along(0, 300, 1500, residents=[30, 10, 20], planning_area_id=["a", "a", "b"])
    areas = gpd.GeoDataFrame(
        {
            "level": ["district", "plan", "plan", "plan"],
            "area_id": ["d", "a", "b", "empty"],
            "name": ["D", "A", "B", "E"],
            "parent_id": ["", "d", "d", "d"],
        },
        geometry=[shapely.box(x, -9, x + 1, 9) for x in range(4)],
        crs=CRS,
    )
    place = next(iter(each.values())).snap(homes)
    rules = Accessibility(unit="m2", reach_m=400)
    table = accessibility_table(areas, homes, each, place, pd.Series({"c": 80.0}), rules)
    rows = table.set_index(["level", "area_id"])
    # 80 m2 for 40 people, all of them in a: 2,000 per 1,000; 20 of 60 in the district have none.
    assert rows.loc[("plan", "a"), "capacity_per_1000"] == pytest.approx(2000)
    assert rows.loc[("plan", "b"), "capacity_per_1000"] == 0
    assert rows.loc[("district", "d"), "capacity_per_1000"] == pytest.approx(80 / 60 * 1000)
    assert rows.loc[("city", "city"), "share_without"] == pytest.approx(20 / 60)
    assert rows.loc[("plan", "empty"), ["capacity_per_1000", "share_without"]].isna().all()
    assert rows["residents_without"].tolist() == [20, 20, 0, 20, 0]
    assert set(table["method"]) == {"2sfca"}
    assert (table["reach_m"] == 400).all()


ASKED = """
[accessibility]
capacity_column = "seats"
unit = "seats"
reach_m = 500
decay = [{ to_m = 250, weight = 1 }, { to_m = 500, weight = 0.5 }]
"""


WITHIN_400 = 'unit = "m2"\nreach_m = 400\n'


def with_seats(*seats: str):
    return lambda table: table.assign(seats=list(seats))


def test_a_study_with_capacities_has_the_table_and_lists_centres_without(tmp_path: Path):
    file = write_small_study(
        tmp_path / "study", study=lambda t: t + ASKED, centres=with_seats("40", "", "25.5", "10")
    )
    study = kr.read_study(file)
    inputs = read_inputs(study)
    analysis = analyse(study, inputs)
    table = analysis.accessibility
    assert table[["level", "area_id", "method"]].head(4).to_numpy().tolist() == [
        ["city", "city", "2sfca"],
        ["city", "city", "e2sfca"],
        ["district", "01", "2sfca"],
        ["district", "01", "e2sfca"],
    ]
    left_out = analysis.excluded[analysis.excluded["id"] == "c2"]["reason"].tolist()
    assert left_out == ["no value in 'seats': not part of accessibility.csv"]
    assert any("1 of 4 centres have no capacity" in text for text in analysis.warnings)
    write_tables(study, inputs, analysis, tmp_path)
    written = pd.read_csv(tmp_path / "accessibility.csv", dtype=str)
    assert len(written) == len(table)
    seats = pd.read_csv(tmp_path / "centres.csv", index_col="centre_id")["capacity"]
    assert seats["c3"] == 25.5
    assert np.isnan(seats["c2"])


def test_the_check_counts_centres_with_a_capacity(tmp_path: Path):
    file = write_small_study(
        tmp_path, study=lambda t: t + ASKED, centres=with_seats("40", "", "25.5", "10")
    )
    told = [finding.text for finding in check(kr.read_study(file), date(2026, 1, 1)).findings]
    assert "3 of 4 have a capacity (seats)" in told


def test_a_study_that_does_not_ask_has_no_table(tmp_path: Path):
    study = kr.read_study(write_small_study(tmp_path))
    assert analyse(study, read_inputs(study)).accessibility is None


@pytest.mark.parametrize(
    ("seats", "told"),
    [
        (("0", "1", "1", "1"), "'seats' is 0, which is not above 0"),
        (("1", "-4", "1", "1"), "'seats' is -4, which is not above 0"),
        (("1", "12,5", "1", "1"), "with a decimal comma"),
        (("1", "many", "1", "1"), "'seats' is 'many', which is no number"),
        (("", "", "", ""), "no centre has a value in 'seats'"),
    ],
)
def test_capacities_that_are_none_are_refused(tmp_path: Path, seats, told):
    file = write_small_study(tmp_path, study=lambda t: t + ASKED, centres=with_seats(*seats))
    with pytest.raises(InputError, match=told):
        read_inputs(kr.read_study(file))


def test_a_file_without_the_column_is_refused(tmp_path: Path):
    file = write_small_study(tmp_path, study=lambda t: t + ASKED)
    with pytest.raises(InputError, match="has no column 'seats'"):
        read_inputs(kr.read_study(file))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ('unit = "m2"\nreach_m = 9000', "beyond analysis.max_walk_m"),
        ('unit = "m2"', "'accessibility.reach_m' is missing"),
        ("reach_m = 400", "'accessibility.unit' is missing"),
        (
            WITHIN_400 + "decay = [{ to_m = 300, weight = 1 }]",
            "decay ends at 300 m and reach_m is 400",
        ),
        (
            WITHIN_400 + "decay = [{ to_m = 9, weight = 0.5 }, { to_m = 400, weight = 1 }]",
            "decay does not fall",
        ),
        (
            WITHIN_400 + "decay = [{ to_m = 400, weight = 1 }, { to_m = 400, weight = 0.5 }]",
            "decay does not fall",
        ),
        (WITHIN_400 + "decay = [{ to_m = 400, weight = 0 }]", "more than 0"),
    ],
)
def test_rules_that_make_no_sense_are_refused(tmp_path: Path, asked, told):
    file = write_small_study(tmp_path, study=lambda t: f"{t}\n[accessibility]\n{asked}\n")
    with pytest.raises(StudyError) as error:
        kr.read_study(file)
    assert told in str(error.value)
