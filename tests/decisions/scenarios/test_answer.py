"""A scenario's answer: counted anew, and equal to the table of criticality."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

import kiezreach as kr
from kiezreach.analysis import Analysis, analyse, scenario_base
from kiezreach.criticality import ALL
from kiezreach.decisions.scenarios import Base, answer_scenario, compare, run_steps
from kiezreach.errors import InputError
from kiezreach.inputs import Inputs, read_inputs
from kiezreach.outputs.scenario import ScenarioAccount
from kiezreach.reach import reach
from kiezreach.study import Scenario, Step

from ...worlds import CRS, X0, Y0, lonlat, write_small_study  # noqa: TID252

MORE = """\
[[classes]]
id = "poverty"
labels = { de = "Armut", en = "Poverty" }
column = "poverty_pct"
quantiles = 2

[candidates]
file = "candidates.csv"

[addresses]
file = "addresses.csv"

[network]"""
CANDIDATES = "candidate_id,kind,name,lon,lat\nschool,school,Schule,{},{}\n"
ADDRESSES = "street,housenumber,postcode,lon,lat\nLange Straße,5,10115,{},{}\n"
HOUSE = (1510, 1490)  # a candidate and an address, in the north-east, where no centre is
Town = tuple[kr.Study, Inputs, Base]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("study")
    file = write_small_study(folder, study=lambda text: text.replace("[network]", MORE))
    (folder / "candidates.csv").write_text(CANDIDATES.format(*lonlat(*HOUSE)), encoding="utf-8")
    (folder / "addresses.csv").write_text(ADDRESSES.format(*lonlat(*HOUSE)), encoding="utf-8")
    scenario = 'name = "x"\n[[steps]]\nopen = { address = "Lange Str. 5" }\n'
    (folder / "scenario.toml").write_text(scenario, encoding="utf-8")
    with file.open("a", encoding="utf-8") as stream:
        stream.write('\n[[scenarios]]\nfile = "scenario.toml"\n')
    study = kr.read_study(file)
    inputs = read_inputs(study)
    return study, inputs, scenario_base(study, inputs)


@pytest.fixture(scope="module")
def analysis(town: Town) -> Analysis:
    return analyse(town[0], town[1])


def answer(town: Town, *steps: dict):
    return answer_scenario(town[2], scenario_of(*steps))


def scenario_of(*steps: dict) -> Scenario:
    return Scenario(name="test", steps=tuple(Step.model_validate(step) for step in steps))


def city(result, breakdown: str = ALL) -> pd.DataFrame:
    table = result.table[(result.table["level"] == "city")]
    table = table[table["breakdown"] == breakdown]
    return table.set_index(["threshold_m", "group"])


def test_closing_any_one_centre_equals_its_rows_of_criticality(town, analysis):
    rows = analysis.criticality
    for centre_id in town[1].centres.index:
        result = answer(town, {"close": centre_id})
        own = rows[rows["centre_id"] == centre_id]
        for breakdown in (ALL, "age_group", "poverty"):
            expected = own[own["breakdown"] == breakdown]
            expected = expected.set_index(["threshold_m", "group"])["residents_lost"]
            lost = city(result, breakdown)["lost"]
            pd.testing.assert_series_equal(
                lost.sort_index(), expected.sort_index(), check_names=False
            )
        closure, row = result.closures.iloc[0], own[own["breakdown"] == ALL].iloc[0]
        for column in ("extra_walk_mean_m", "next_distance_median_m"):
            assert closure[column] == pytest.approx(row[column], abs=1e-6)
        assert closure["next_centre_id"] == row["next_centre_id"]
        assert closure["next_centre_name"] == row["next_centre_name"]


def test_the_table_counts_as_a_build_of_the_changed_study_does(town):
    """Every level, group and threshold, against coverage on a search from the beginning."""
    study, inputs, base = town
    steps = [
        {"close": "c1"},
        {"open": {"candidate": "school"}},
        {"add_link": {"start": lonlat(1390, 300), "end": lonlat(1600, 710)}},
        {"residents": {"count": 100, "at": lonlat(1480, 1400)}},
    ]
    result = answer(town, *steps)
    then = result.situation
    limits = {"max_snap_m": study.analysis.max_snap_m, "max_access_m": study.analysis.max_access_m}
    walks = reach(then.reach.net, then.centres, study.analysis.max_walk_m, **limits)
    walk, before = walks.distance(then.residents), base.situation.walk
    before = np.append(before, np.full(len(walk) - len(before), np.inf))
    area = then.residents["planning_area_id"].to_numpy()
    assert result.table["gained"].any()
    assert result.table["lost"].any()
    poverty = inputs.classes["poverty"].reindex(area).replace("", "unknown").to_numpy()
    for row in result.table.to_dict(orient="records"):
        here = np.ones(len(area), dtype=bool)
        if row["level"] == "district":
            here = np.array([own[:2] == row["area_id"] for own in area])
        elif row["level"] == "planning_area":
            here = area == row["area_id"]
        column = row["group"] if row["breakdown"] == "age_group" else "residents"
        if row["breakdown"] == "poverty":
            here &= poverty == row["group"]
        count = np.where(here, then.residents[column], 0)
        was, is_now = before <= row["threshold_m"], walk <= row["threshold_m"]
        told = [row[k] for k in ("residents", "residents_served_before", "residents_served_after")]
        assert told == [count.sum(), count[was].sum(), count[is_now].sum()]
        assert row["gained"] == count[is_now & ~was].sum()
        assert row["lost"] == count[was & ~is_now].sum()


def test_areas_in_which_nothing_changes_have_no_rows(town):
    table = answer(town, {"open": {"candidate": "school"}}).table
    assert set(table.loc[table["level"] == "district", "area_id"]) == {"02"}
    assert set(table.loc[table["level"] == "city", "threshold_m"]) == {300.0, 500.0}
    changed = table.groupby(["level", "area_id"])[["gained", "lost"]].sum().sum(axis=1)
    assert (changed > 0).all()


def test_points_say_who_loses_and_where_they_go(town):
    result = answer(town, {"close": "c1"})
    lost = result.lost[result.lost["threshold_m"] == 500]
    assert (
        lost["residents"].sum() == result.walks.set_index("threshold_m").loc[500, "residents_lost"]
    )
    assert (lost["distance_before_m"] <= 500).all()
    assert (lost["distance_after_m"] > 500).all()
    assert set(lost["centre_before"]) == {"c1"}
    assert "c1" not in set(lost["centre_after"])
    assert result.gained.empty


def test_an_opening_undoes_a_closing(town):
    place = town[1].centres.geometry["c1"]
    at = shapely.get_coordinates(town[1].centres.to_crs(4326).geometry["c1"])[0].tolist()
    result = answer(town, {"close": "c1"}, {"open": {"at": at, "id": "c1"}})
    assert result.situation.centres.geometry["c1"].distance(place) < 1e-3
    np.testing.assert_allclose(result.situation.walk, town[2].situation.walk, atol=1e-3)
    assert not result.table[["gained", "lost"]].to_numpy().any()
    assert result.new_gaps is not None
    assert result.new_gaps.empty


def test_an_address_and_a_candidate_are_one_house(town):
    by_address = answer(town, {"open": {"address": "lange strasse 5", "id": "new"}})
    by_candidate = answer(town, {"open": {"candidate": "school", "id": "new"}})
    pd.testing.assert_frame_equal(by_address.table, by_candidate.table)
    assert by_address.changes[0].place == "Lange Straße 5, 10115"
    assert by_candidate.situation.centres.loc["new", "name"] == "Schule"


def test_a_study_names_its_scenarios(analysis, town):
    assert list(analysis.scenarios) == ["x"]
    alone = answer(town, {"open": {"candidate": "school", "id": "new-1"}})
    pd.testing.assert_frame_equal(
        analysis.scenarios["x"].table.drop(columns="scenario"), alone.table.drop(columns="scenario")
    )


def test_new_gaps_are_those_of_the_whole_city(town):
    """Zones without losses are left out of the search; nothing else is."""
    study, inputs, _ = town
    result = answer(town, {"close": "c1"}, {"close": "c3"})
    gaps = result.new_gaps
    assert gaps is not None
    assert gaps["residents_lost"].sum() == city(result).loc[(500, ALL), "lost"]
    assert (
        gaps["residents"].tolist() == (gaps["residents_lost"] + gaps["residents_before"]).tolist()
    )
    closed = inputs.centres.drop(["c1", "c3"])
    changed = analyse(study, replace(inputs, centres=closed, scenarios=())).gaps
    for row in gaps.itertuples():
        own = changed[changed["planning_area_ids"] == row.planning_area_ids]
        assert row.residents in own["residents"].tolist()


def test_people_who_move_in_have_the_mix_of_their_planning_area(town):
    result = answer(town, {"residents": {"count": 1000, "planning_area": "Südwest"}})
    new = result.situation.residents.iloc[len(town[2].situation.walk) :]
    own = town[1].residents
    own = own[own["planning_area_id"] == "0101"]
    assert new["residents"].sum() == 1000
    assert (new["young"] + new["old"] == new["residents"]).all()
    expected = own["young"].sum() / own["residents"].sum() * 1000
    assert abs(new["young"].sum() - expected) <= 1
    assert set(new["planning_area_id"]) == {"0101"}
    ages = {"young": 30, "old": 10}
    asked = {"residents": {"count": 40, "at": lonlat(500, 500), "age_groups": ages}}
    new = answer(town, asked).situation.residents.iloc[-1]
    assert (new["young"], new["old"]) == (30, 10)


def test_people_in_a_polygon_live_evenly_over_it(town):
    corners = [lonlat(*place) for place in ((1100, 1100), (1700, 1100), (1700, 1400), (1100, 1400))]
    new = answer(town, {"residents": {"count": 500, "polygon": corners}}).situation.residents
    new = new.iloc[len(town[2].situation.walk) :]
    shape = shapely.box(X0 + 1100, Y0 + 1100, X0 + 1700, Y0 + 1400).buffer(1)
    assert shapely.covers(shape, new.geometry.to_numpy()).all()
    assert new["residents"].sum() == 500
    assert new["residents"].max() - new["residents"].min() <= 1
    assert new.crs == CRS


def test_a_snapped_centre_stands_on_the_street(town):
    far = {"at": lonlat(1550, 1550), "id": "new"}  # 50 m from each street, as is the middle
    result = answer(town, {"open": {**far, "snapped": True}})
    place = result.situation.reach.centres
    k = result.situation.reach.centre_ids.get_loc("new")
    assert place.access[k] == 0
    assert (
        result.situation.centres.geometry["new"].distance(shapely.Point(X0 + 1550, Y0 + 1550)) > 49
    )


def test_the_same_steps_give_the_same_answer(town):
    steps = [{"close": "c2"}, {"open": {"candidate": "school"}}]
    first, second = answer(town, *steps), answer(town, *steps)
    pd.testing.assert_frame_equal(first.table, second.table)
    pd.testing.assert_frame_equal(pd.DataFrame(first.lost), pd.DataFrame(second.lost))


def test_a_capacity_alone_changes_nothing_that_is_counted(town):
    result = answer(town, {"resize": {"centre": "c1", "capacity": 25}})
    assert not result.table[["gained", "lost"]].to_numpy().any()
    assert result.changes[0].numbers["capacity"] == 25
    opened = answer(town, {"open": {"candidate": "school", "capacity": 80}})
    assert opened.situation.centres.loc["school", "capacity"] == 80


def test_a_capacity_is_shared_where_the_study_asks(tmp_path):
    """Twenty square metres more for all who walk to c1, and nobody else."""
    rules = '[accessibility]\nunit = "m2"\nreach_m = 500\n\n[analysis]'
    file = write_small_study(
        tmp_path,
        study=lambda text: text.replace("[analysis]", rules),
        centres=lambda table: table.assign(capacity="20"),
    )
    study = kr.read_study(file)
    base = scenario_base(study, read_inputs(study))
    steps = scenario_of({"resize": {"centre": "c1", "capacity": 40}})
    table = answer_scenario(base, steps).accessibility
    assert table is not None
    city = table[table["level"] == "city"].iloc[0]
    more = city["capacity_per_1000_after"] - city["capacity_per_1000_before"]
    assert more * city["residents"] / 1000 == pytest.approx(20)
    assert city["residents_without_before"] == city["residents_without_after"]
    assert set(table.loc[table["level"] == "planning_area", "area_id"]) == {"0101"}
    closed = answer_scenario(base, scenario_of({"close": "c1"})).accessibility
    assert closed is not None
    without = closed[closed["level"] == "city"].iloc[0]
    assert without["residents_without_after"] > without["residents_without_before"]


BOW_TIE = [lonlat(*place) for place in ((100, 100), (200, 200), (200, 100), (100, 200))]
BAD = [
    ([{"close": "c9"}], "there is no centre 'c9'"),
    ([{"close": "haus süd"}], r"Did you mean 'c1' \(Haus Süd\)"),
    ([{"close": "c1"}, {"close": "c1"}], "was closed by step 1"),
    ([{"close": "c1"}, {"move": {"centre": "c1", "at": lonlat(500, 500)}}], "was closed by step 1"),
    ([{"move": {"centre": "cc1", "candidate": "school"}}], "Did you mean 'c1'"),
    ([{"resize": {"centre": "nobody", "capacity": 3}}], "there is no centre 'nobody'"),
    ([{"resize": {"centre": "c1", "capacity": 3}}] * 2, "has a capacity of 3 already"),
    ([{"open": {"candidate": "shcool"}}], r"Did you mean 'school' \(Schule\)"),
    ([{"open": {"candidate": "school", "id": "c2"}}], "there is a centre 'c2' already"),
    ([{"open": {"candidate": "school"}}] * 2, "there is a centre 'school' already"),
    ([{"open": {"at": lonlat(50000, 50000)}}], "no street within 100 m"),
    ([{"open": {"at": lonlat(550, 550)[::-1]}}], "swapped: give"),
    ([{"open": {"address": "Kurze Straße 5"}}], "Did you mean Lange Straße"),
    ([{"open": {"address": "Lange Straße 7"}}], "Lange Straße 5, 10115"),
    ([{"open": {"address": "Lange Straße"}}], "has no house number"),
    ([{"add_link": {"start": lonlat(510, 510), "end": lonlat(510, 510)}}], "the same place"),
    ([{"add_link": {"start": lonlat(550, 501), "end": lonlat(550, 520)}}], "the same place"),
    (
        [{"add_link": {"start": lonlat(500, 500), "end": lonlat(600, 1000), "length_m": 20}}],
        "a length of 20 m is impossible",
    ),
    (
        [{"add_link": {"start": lonlat(0, 0), "end": lonlat(1900, 1900)}}],
        "farther than any footbridge",
    ),
    (
        [{"add_link": {"start": lonlat(500, 500), "end": lonlat(600, 1000), "length_m": 9e5}}],
        "a length of 900.0 km is more than any footbridge has",
    ),
    ([{"remove_link": {"at": lonlat(510, 501)}}] * 2, "this place was closed by step 1"),
    ([{"add_link": {"start": lonlat(90000, 0), "end": lonlat(0, 0)}}], "an end of the link has no"),
    ([{"remove_link": {"at": lonlat(90000, 0)}}], "no way is within 50 m"),
    (
        [{"remove_link": {"start": lonlat(510, 510), "end": lonlat(520, 520)}}],
        "no way crosses the line",
    ),
    ([{"residents": {"count": 5, "at": lonlat(-900, 0)}}], "outside the study's areas"),
    ([{"residents": {"count": 5, "planning_area": "Südw"}}], "there is no planning area"),
    (
        [{"residents": {"count": 5, "at": lonlat(500, 500), "age_groups": {"baby": 5}}}],
        "'baby' is no age group",
    ),
    (
        [{"residents": {"count": 5, "polygon": BOW_TIE}}],
        "the polygon is no area",
    ),
]


@pytest.mark.parametrize(("steps", "problem"), BAD, ids=[problem for _, problem in BAD])
def test_a_step_that_cannot_be_taken_says_why(town, steps, problem):
    with pytest.raises(InputError, match=problem) as raised:
        run_steps(town[2], scenario_of(*steps).steps)
    action = scenario_of(*steps).steps[-1].action
    assert raised.value.row == f"step {len(steps)} ({action})"


def test_without_any_centre_nobody_has_a_walk(town):
    result = answer(town, *({"close": centre_id} for centre_id in town[1].centres.index))
    assert np.isinf(result.situation.walk).all()
    assert not city(result)["residents_served_after"].any()
    assert result.walks["no_centre"].tolist() == result.walks["residents_lost"].tolist()
    assert (result.closures["next_centre_id"] == "").all()
    assert result.new_gaps is not None
    assert result.new_gaps["residents_lost"].sum() == city(result).loc[(500, ALL), "lost"]
    told = "\n".join(ScenarioAccount(town[2], result).lines())
    assert "no longer reach any centre" in told


def test_a_way_that_was_built_can_be_closed_again(town):
    ends = {"start": lonlat(520, 300), "end": lonlat(580, 400)}
    line = {"start": lonlat(530, 350), "end": lonlat(570, 351)}
    situation, changes = run_steps(
        town[2], scenario_of({"add_link": ends}, {"remove_link": line}).steps
    )
    assert changes[1].numbers["ways"] == 1
    np.testing.assert_allclose(situation.walk, town[2].situation.walk, atol=1e-6)


def test_a_bridge_that_is_closed_and_built_anew_is_as_before(town):
    """The street piece between two crossings, closed and replaced by a link of its length."""
    piece = lonlat(450, 300)
    ends = {"start": lonlat(400, 300), "end": lonlat(500, 300)}
    situation, changes = run_steps(
        town[2], scenario_of({"remove_link": {"at": piece}}, {"add_link": ends}).steps
    )
    assert changes[0].numbers["length_m"] == pytest.approx(100)
    assert changes[1].numbers["length_m"] == pytest.approx(100, abs=0.2)
    result = compare(town[2], situation, "x", changes)
    np.testing.assert_allclose(result.situation.walk, town[2].situation.walk, atol=120)
