"""The gaps of a small town at each threshold: tables, ids, sums, partners."""

from __future__ import annotations

import pandas as pd
import pytest

import kiezreach as kr
from kiezreach.analysis import analyse
from kiezreach.inputs import read_inputs

from .worlds import lonlat, write_small_study

CANDIDATES = """
[candidates]
file = "candidates.csv"
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    file = write_small_study(folder, study=lambda text: text + CANDIDATES)
    rows = [
        ("s", "school", (1490, 1490)),
        ("d", "daycare", (1510, 1600)),
        ("x", "school", (510, 1480)),
    ]
    pd.DataFrame(
        {
            "candidate_id": [row[0] for row in rows],
            "kind": [row[1] for row in rows],
            "name": ["Schule", "Kita", "Schule am Zentrum"],
            "lon": [lonlat(*row[2])[0] for row in rows],
            "lat": [lonlat(*row[2])[1] for row in rows],
        }
    ).to_csv(folder / "candidates.csv", index=False)
    study = kr.read_study(file)
    inputs = read_inputs(study, cache=False)
    return study, inputs, analyse(study, inputs)


def test_residents_and_age_groups_over_gaps_are_the_unserved_at_every_threshold(town):
    study, _, result = town
    walk = result.residents["distance_m"].fillna(float("inf"))
    columns = ["residents", "young", "old"]
    for threshold in study.analysis.thresholds_m:
        own = result.gaps_by_threshold[result.gaps_by_threshold["threshold_m"] == threshold]
        unserved = result.residents.loc[walk > threshold, columns].sum()
        assert own[columns].sum().tolist() == unserved.tolist()
        city = result.coverage[
            (result.coverage["level"] == "city") & (result.coverage["threshold_m"] == threshold)
        ].iloc[0]
        assert unserved["residents"] == city["residents"] - city["residents_served"]


def test_the_list_is_that_of_the_gap_threshold_and_ids_are_unique_in_all(town):
    study, _, result = town
    everything = result.gaps_by_threshold
    assert everything["gap_id"].is_unique
    own = everything[everything["threshold_m"] == study.analysis.gap_threshold_m]
    pd.testing.assert_frame_equal(
        pd.DataFrame(own.reset_index(drop=True)), pd.DataFrame(result.gaps)
    )
    assert everything["gap_id"].str.endswith("@300").eq(everything["threshold_m"] == 300).all()
    for _, part in everything.groupby("threshold_m"):
        assert part["rank"].tolist() == list(range(1, len(part) + 1))


def test_ranks_are_taken_over_every_combination(town):
    _, _, result = town
    # 2 thresholds x 3 standardisations x 1 set of weights x 1 spreading.
    assert result.combinations["number"] == 6
    assert result.combinations["thresholds_m"] == [300, 500]
    assert len(result.combinations["needs"]) == 3
    spans = result.ranks.groupby("gap_id")["rank"].agg(["min", "max", "size"])
    listed = result.gaps.set_index("gap_id").loc[spans.index]
    assert (spans["size"] == 6).all()
    assert (spans["min"] == listed["rank_best"]).all()
    assert (spans["max"] <= listed["rank_worst"]).all()


def test_partners_and_candidates_name_each_other(town):
    _, _, result = town
    inside = result.candidates[result.candidates["gap_id"] != ""]
    assert sorted(inside.index) == ["d", "s"]
    for gap_id, sites in inside.groupby("gap_id"):
        row = result.gaps.set_index("gap_id").loc[gap_id]
        assert row["partner_ids"] == " ".join(sorted(sites.index))
        assert row["partners_school"] == (sites["kind"] == "school").sum()


def test_a_ranking_threshold_must_be_analysed(tmp_path):
    def change(text):
        return text + "[ranking]\nthresholds_m = [400]\n"

    with pytest.raises(kr.InputError, match=r"ranking\.thresholds_m has 400"):
        kr.read_study(write_small_study(tmp_path, study=change))
