"""The sites that a study asks for, in its analysis and its tables."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import kiezreach as kr
from kiezreach.analysis import analyse
from kiezreach.decisions.proposals import study_proposals
from kiezreach.decisions.situation import Situation
from kiezreach.inputs import Inputs, read_inputs
from kiezreach.outputs.tables import proposal_table

from ..worlds import write_candidates, write_small_study  # noqa: TID252 - one small town for all

PROPOSALS = '[candidates]\nfile = "candidates.csv"\n[proposals]\nk = 2\n[analysis]'


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[kr.Study, Inputs]:
    folder = tmp_path_factory.mktemp("study")
    file = write_small_study(folder, study=lambda text: text.replace("[analysis]", PROPOSALS))
    write_candidates(folder / "candidates.csv")
    study = kr.read_study(file)
    return study, read_inputs(study)


def changed(study: kr.Study, **settings) -> kr.Study:
    return study.model_copy(update={"proposals": study.proposals.model_copy(update=settings)})


def test_an_analysis_holds_the_sites_and_their_gain_is_that_of_coverage(town):
    study, inputs = town
    analysis = analyse(study, inputs)
    sites = analysis.proposals.sites
    opened = inputs.candidates.loc[sites["candidate_id"], ["geometry"]]
    both = kr.reach(
        inputs.network,
        pd.concat([inputs.centres[["geometry"]], opened]),
        study.analysis.max_walk_m,
    )
    served = both.distance(inputs.residents) <= 500
    before = analysis.residents["distance_m"].to_numpy() <= 500
    count = inputs.residents["residents"].to_numpy()
    assert sites["residents_gained"].sum() == count[served & ~before].sum() > 0
    assert analysis.proposals.objective == sites["residents_gained"].sum()
    assert sites["rank"].tolist() == [1, 2]
    assert sites["residents_gained"].is_monotonic_decreasing


def test_a_study_that_asks_for_none_has_none(town):
    study, inputs = town
    plain = study.model_copy(update={"proposals": None})
    assert study_proposals(plain, Situation.alone(plain, inputs)) is None


def test_kinds_and_weight_of_the_study_hold(town):
    study, inputs = town
    school = changed(study, kinds=("school",), weight="need")
    found = study_proposals(school, Situation.alone(school, inputs))
    assert set(found.sites["kind"]) == {"school"}
    assert found.objective == pytest.approx(found.weighted_gained, abs=0.5)


def test_a_kind_that_no_candidate_has_is_named(town):
    study, inputs = town
    castle = changed(study, kinds=("castle",))
    with pytest.raises(kr.InputError, match="kind 'castle'"):
        study_proposals(castle, Situation.alone(castle, inputs))


def test_proposals_without_candidates_say_what_is_missing(town):
    study, inputs = town
    empty = replace(inputs, candidates=inputs.candidates.iloc[:0])
    with pytest.raises(kr.InputError, match="there are no candidates"):
        study_proposals(study, Situation.alone(study, empty))


def test_more_sites_than_there_are_candidates_are_refused_by_the_study_s_name(town):
    study, inputs = town
    many = changed(study, k=50).located(study.file)
    with pytest.raises(kr.InputError, match="at most 5") as error:
        study_proposals(many, Situation.alone(many, inputs))
    assert (error.value.file, error.value.row) == (str(study.file), "[proposals]")


def test_where_everybody_is_served_nothing_is_proposed_and_the_table_is_empty(town):
    study, inputs = town
    wide = changed(study, threshold_m=4000.0)
    found = study_proposals(wide, Situation.alone(wide, inputs))
    assert len(proposal_table(found.sites)) == 0
    assert (found.objective, found.gap) == (0, 0)
