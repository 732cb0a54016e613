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
_NUMBERS = ", every number to 12"


def inputs(settings: Settings) -> list[str]:  # noqa: ARG001 - as every operation
    """Names of the inputs."""
    return [HOUSES, EVERY, HOUSES + _NUMBERS, EVERY + _NUMBERS]


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
    kinds = study.proposals.kinds if name.startswith(HOUSES) and study.proposals else None
    candidates = candidates_of(study, kinds, situation.inputs.candidates)
    question = Question("mclp", K)

    def prepared() -> Problem:
        return situation.problem(candidates, THRESHOLD_M, "residents")

    size = f"{len(candidates):,} candidates, {int(situation.residents.sum()):,} residents"
    if name.endswith(_NUMBERS):
        return _by_number(prepared(), size)
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
                    "spopt, MCLP with HiGHS",
                    spopt_model.solve,
                    prepare=lambda: spopt_model.build(*_merged(prepared()), THRESHOLD_M, K),
                    note="on the homes as kiezreach merged them; preparation: its model",
                )
            )
        except AbsentError as absent:
            skipped["spopt"] = str(absent)
    return Operation(f"Twelve sites for Berlin: {size}", cases, _agree, skipped)


def _by_number(problem: Problem, size: str) -> Operation:
    """Choose 1, 2, ... 12 sites; each set has to be proven to be the best."""
    cases = [
        Case(f"k = {k}", lambda _, k=k: answer(problem, Question("mclp", k), Allowance(SECONDS)))
        for k in range(1, K + 1)
    ]

    def proven(answers: dict[str, Any]) -> list[str]:
        if any(found.gap > 0 for found in answers.values()):
            msg = "a set is not proven to be the best"
            raise DisagreementError(msg)
        served = ", ".join(f"{found.objective:,.0f}" for found in answers.values())
        return [f"residents served in addition, all proven: {served}"]

    return Operation(f"Sites for Berlin: {size}", cases, proven)


def _merged(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return a matrix in which a site is near the groups that it serves, and their residents."""
    near = problem.demand.cover.toarray() > 0
    return np.where(near, 0.0, np.inf), problem.demand.weight


def _agree(answers: dict[str, Any]) -> list[str]:
    """Compare what the sets serve."""
    if max(answers.values()) - min(answers.values()) > 0.5:
        msg = f"the sets serve {answers}"
        raise DisagreementError(msg)
    return [f"every set serves {next(iter(answers.values())):,.0f} residents in addition"]
