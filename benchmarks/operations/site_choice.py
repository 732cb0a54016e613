"""The sites for twelve further centres in Berlin that serve most residents."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from inputs import Settings
from measuring import AbsentError, Case, DisagreementError, Operation
from peers import spopt_model

import kiezreach as kr
from kiezreach.decisions.answer import answer
from kiezreach.decisions.proposals import candidates_of
from kiezreach.decisions.question import Question
from kiezreach.decisions.situation import Situation
from kiezreach.decisions.solver import Allowance
from kiezreach.inputs import read_inputs

if TYPE_CHECKING:
    from kiezreach.decisions.problem import Problem

K, THRESHOLD_M = 12, 800.0
SECONDS = 300.0
HOUSES, EVERY = "houses of the study", "all candidates"


def inputs(settings: Settings) -> list[str]:  # noqa: ARG001 - as every operation
    """Names of the inputs."""
    return [HOUSES, EVERY]


@cache
def _situation() -> tuple[kr.Study, Situation]:
    """Read the packaged study, without what does not matter here."""
    study = kr.berlin()
    plain = study.residents.model_copy(update={"plausible_spreads": (), "profiles": {}})
    study = study.model_copy(update={"residents": plain, "barriers": ()})
    return study, Situation.alone(study, read_inputs(study))


def operation(settings: Settings, name: str) -> Operation:  # noqa: ARG001 - as every operation
    """Choose sites, with the walks known and from the walks on."""
    study, situation = _situation()
    kinds = study.proposals.kinds if name == HOUSES and study.proposals else None
    candidates = candidates_of(study, kinds, situation.inputs.candidates)
    question = Question("mclp", K)

    def prepared() -> Problem:
        return situation.problem(candidates, THRESHOLD_M, "residents")

    cases = [
        Case(
            "kiezreach, walks known",
            lambda problem: answer(problem, question, Allowance(SECONDS)).objective,
            prepare=prepared,
        ),
        Case(
            "kiezreach, with the walks to all candidates",
            lambda _: answer(prepared(), question, Allowance(SECONDS)).objective,
        ),
    ]
    skipped = {}
    if name == HOUSES:
        try:
            spopt_model.require()
            cases.append(
                Case(
                    "spopt, MCLP with HiGHS, walks known",
                    lambda matrix: spopt_model.most_served(*matrix, THRESHOLD_M, K),
                    prepare=lambda: _matrix(prepared()),
                )
            )
        except AbsentError as absent:
            skipped["spopt"] = str(absent)
    size = f"{len(candidates):,} candidates, {int(situation.residents.sum()):,} residents"
    return Operation(f"Twelve sites for Berlin: {size}", cases, _agree, skipped)


def _matrix(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return the walks of the homes that some candidate reaches as a full matrix, and residents."""
    homes, row = np.unique(problem.walks.home, return_inverse=True)
    matrix = np.full((len(homes), len(problem.sites)), np.inf)
    matrix[row, problem.walks.site] = problem.walks.walk
    return matrix, problem.residents[homes]


def _agree(answers: dict[str, Any]) -> list[str]:
    """Compare what the sets serve."""
    if max(answers.values()) - min(answers.values()) > 0.5:
        msg = f"the sets serve {answers}"
        raise DisagreementError(msg)
    return [f"every set serves {next(iter(answers.values())):,.0f} residents in addition"]
