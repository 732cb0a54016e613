"""One change to Berlin: its figures from what it touches, and by computing all anew."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from inputs import Settings
from measuring import Case, DisagreementError, Operation

import kiezreach as kr
from kiezreach.analysis import scenario_base
from kiezreach.decisions.scenarios import Base, ScenarioResult, Situation, compare, run_steps
from kiezreach.inputs import read_inputs
from kiezreach.reach import reach
from kiezreach.study import Step

CHANGES: dict[str, dict[str, Any]] = {
    "close a centre": {"close": "osm-n9052669580"},
    "open a centre": {"open": {"at": (13.45, 52.45)}},
    "move a centre": {"move": {"centre": "osm-n9052669580", "at": (13.43, 52.47)}},
    "build a footbridge": {"add_link": {"start": (13.4533, 52.4925), "end": (13.4507, 52.4945)}},
    "close a bridge": {"remove_link": {"start": (13.448, 52.504), "end": (13.444, 52.5)}},
    "5,000 people move in": {"residents": {"count": 5000, "at": (13.43, 52.47)}},
}


def inputs(settings: Settings) -> list[str]:  # noqa: ARG001 - the same whatever was asked for
    """Names of the inputs."""
    return list(CHANGES)


def operation(settings: Settings, name: str) -> Operation:  # noqa: ARG001 - as above
    """Change one thing."""
    steps = [Step.model_validate(CHANGES[name])]
    cases = [
        Case("all computed anew", lambda then: _anew(_base(), then), before=lambda _: _then(steps)),
        Case("kiezreach scenario: the figures", lambda _: _what_if(_base(), steps)),
    ]
    return Operation(f"What if: {name}, Berlin", cases, _agree)


@cache
def _base() -> Base:
    """Return Berlin as it is, counted."""
    study = kr.berlin()
    residents = study.residents.model_copy(update={"plausible_spreads": (), "profiles": {}})
    study = study.model_copy(update={"residents": residents})
    base = scenario_base(study, read_inputs(study))
    assert base.served
    assert base.residents
    return base


def _what_if(base: Base, steps: list[Step]) -> ScenarioResult:
    """Compute what the change touches."""
    situation, changes = run_steps(base, steps)
    return compare(base, situation, "", changes)


def _then(steps: list[Step]) -> Situation:
    """Return the centres, residents and network after the change, nothing of it in use yet."""
    situation, _ = run_steps(_base(), steps)
    if situation.reach.net is _base().situation.reach.net:
        return situation
    return replace(situation, reach=replace(situation.reach, net=replace(situation.reach.net)))


def _anew(base: Base, then: Situation) -> ScenarioResult:
    """Search from all centres, tie all residents to the network, count all of them."""
    settings = base.study.analysis
    limits = {"max_snap_m": settings.max_snap_m, "max_access_m": settings.max_access_m}
    walks = reach(then.reach.net, then.centres, settings.max_walk_m, **limits)
    place = walks.snap(then.residents)
    walk, nearest = walks.at(place)
    uncounted = Base(base.study, base.inputs, base.situation)
    after = replace(then, reach=walks, place=place, walk=walk, nearest=nearest)
    return compare(uncounted, after, "", ())


def _agree(answers: dict[str, Any]) -> list[str]:
    """Compare every figure and every walk."""
    if len(answers) < 2:
        return []
    anew, ours = answers.values()
    apart = np.nanmax(
        np.abs(np.nan_to_num(anew.situation.walk) - np.nan_to_num(ours.situation.walk))
    )
    if not anew.table.equals(ours.table) or apart > 1e-6:
        msg = f"the tables differ, or walks are up to {apart:g} m apart"
        raise DisagreementError(msg)
    return [f"{len(ours.table)} rows alike, walks at most {apart:.1e} m apart"]
