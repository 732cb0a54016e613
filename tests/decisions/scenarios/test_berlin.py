"""Scenarios on the packaged study of Berlin."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import kiezreach as kr
from kiezreach.analysis import scenario_base
from kiezreach.criticality import ALL, criticality
from kiezreach.decisions.scenarios import Base, compare, run_steps
from kiezreach.inputs import read_inputs
from kiezreach.reach import reach
from kiezreach.sources.addresses import read_address_book
from kiezreach.sources.scenarios import read_scenario
from kiezreach.study import Step

METHOD = Path(__file__).parents[3] / "docs/method.md"


@pytest.fixture(scope="module")
def base() -> Base:
    study = kr.berlin()
    residents = study.residents.model_copy(update={"plausible_spreads": (), "profiles": {}})
    study = study.model_copy(update={"residents": residents})
    inputs = replace(read_inputs(study), address_book=read_address_book(study))
    return scenario_base(study, inputs)


def test_closing_a_centre_equals_its_row_of_criticality(base):
    now = base.situation
    table = criticality(
        now.centres, now.residents, now.reach, now.place, [], base.thresholds
    ).set_index(["centre_id", "threshold_m"])
    assert table["residents_lost"].groupby("threshold_m").sum().tolist() == [
        489902,
        903171,
        1028326,
    ]
    for centre_id in now.centres.index[::20]:
        situation, changes = run_steps(base, [Step(close=centre_id)])
        result = compare(base, situation, "", changes)
        city = result.table[(result.table["level"] == "city") & (result.table["breakdown"] == ALL)]
        own = table.loc[centre_id]
        assert city["lost"].tolist() == own["residents_lost"].tolist()
        closure = result.closures.iloc[0]
        for column in ("extra_walk_mean_m", "next_distance_median_m"):
            np.testing.assert_allclose(closure[column], own[column].iloc[0], rtol=0, atol=1e-6)
        assert closure["next_centre_id"] == own["next_centre_id"].iloc[0]


def test_the_scenario_of_the_documents_equals_a_search_from_the_beginning(base, tmp_path):
    text = METHOD.read_text(encoding="utf-8").split("## Scenarios")[1]
    text = text.split("```toml")[1].split("```")[0]
    assert len(tomllib.loads(text)["steps"]) == 7
    path = tmp_path / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    then, changes = run_steps(base, read_scenario(path).steps, path)
    assert [change.action for change in changes] == [
        "close", "open", "move", "resize", "add_link", "remove_link", "residents"
    ]  # fmt: skip
    settings = base.study.analysis
    limits = {"max_snap_m": settings.max_snap_m, "max_access_m": settings.max_access_m}
    anew = reach(then.reach.net, then.centres, settings.max_walk_m, **limits)
    np.testing.assert_allclose(then.walk, anew.distance(then.residents), rtol=0, atol=2e-7)
    assert (
        then.nearest_id == np.where(np.isinf(then.walk), "", anew.nearest(then.residents))
    ).all()
