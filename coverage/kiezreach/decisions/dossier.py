"""An answer with its menu: everything that `kiezreach propose` tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kiezreach.decisions import menu
from kiezreach.decisions.answer import answer
from kiezreach.decisions.plan import opened
from kiezreach.decisions.proposals import Proposals, proposals_of
from kiezreach.decisions.situation import counting
from kiezreach.decisions.solver import Allowance
from kiezreach.errors import InputError
from kiezreach.need import plausible_names, plausible_needs

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.decisions.cover import Choice
    from kiezreach.decisions.problem import Problem
    from kiezreach.decisions.question import Question
    from kiezreach.decisions.situation import Situation
    from kiezreach.study import Study


@dataclass(frozen=True)
class Extras:
    """What is asked beside the best set.

    Parameters
    ----------
    menu
        The best set of every number of sites up to this one; 0 for none.
    alternatives
        How many sets that lie elsewhere.
    pareto
        How many sets between the goals.
    sensitivity
        Whether the plausible thresholds and needs are gone through.
    tolerance
        How much worse than the best an alternative may be, as a share of it.
    same_place_m
        Sites no farther apart than this stand for one place.
    seconds
        Time allowed for each set.
    """

    menu: int = 0
    alternatives: int = 0
    pareto: int = 0
    sensitivity: bool = False
    tolerance: float = 0.05
    same_place_m: float = 400.0
    seconds: float = 60.0


@dataclass(frozen=True, eq=False)
class Dossier:
    """The best set, and what else is on the menu.

    Parameters
    ----------
    proposals
        The best set.
    extras
        What was asked beside it.
    menu, alternatives, pareto
        Sets by number of sites, nearly as good ones elsewhere, and those between the goals.
    sensitivity
        ``threshold_m``, ``need_variant`` (empty where residents count the same), ``rank``,
        ``candidate_id``, ``residents_gained``: the sites of every variant.
    times
        Indexed by the rank of each proposed site: ``alike`` and ``by_need``, the share of variants
        in which this place is chosen, of those in which residents count the same and of those
        with a need index (NaN where there are none). ``times_chosen`` of the sites is their mean:
        both goals count the same, however many indices there are.
    """

    proposals: Proposals
    extras: Extras = Extras()
    menu: list[Proposals] = field(default_factory=list)
    alternatives: list[Proposals] = field(default_factory=list)
    pareto: list[Proposals] = field(default_factory=list)
    sensitivity: pd.DataFrame | None = None
    times: pd.DataFrame | None = None


def differing(count: int) -> int:
    """Return how many sites of an alternative have to lie elsewhere: a third of them."""
    return max(1, round(count / 3))


def require_somebody(problem: Problem) -> None:
    """Raise an error if no candidate can serve anybody who is not served already.

    Raises
    ------
    InputError
        Which says whether there is nobody, or nobody near a candidate.
    """
    if problem.demand.cover.shape[0]:
        return
    m, metres = len(problem.sites), f"{problem.threshold:g} m"
    left = int(problem.residents[problem.unserved].sum())
    if not left:
        msg = f"everybody lives within {metres} of a centre already"
        raise InputError(msg, remedy="Ask with a shorter threshold")
    msg = f"none of the {m} candidates lies within {metres} of one of the {left} residents "
    msg += "who are not served: none stands in a gap or near one"
    raise InputError(msg, remedy="Give other candidates, or a longer threshold")


def dossier(
    study: Study,
    situation: Situation,
    problem: Problem,
    question: Question,
    extras: Extras,
    tell: Callable[[str], None] = lambda _: None,
) -> Dossier:
    """Answer a question, and put together the menu that was asked for.

    Parameters
    ----------
    study, situation, problem, question, extras
        What is asked.
    tell
        Called with a few words before each longer step.

    Raises
    ------
    InputError
        If there is no answer.
    """
    require_somebody(problem)
    tell("choosing sites")
    best = answer(problem, question, Allowance(extras.seconds))

    def described(choice: Choice, number: int | None = None) -> Proposals:
        asked = question if number is None else replace(question, k=number)
        return proposals_of(problem, asked, choice, situation)

    found = Dossier(described(best), extras)
    if extras.menu:
        tell(f"the best set of every number up to {extras.menu}")
        sets = menu.by_number(problem, question, extras.menu, extras.seconds)
        found = replace(found, menu=[described(one, k + 1) for k, one in enumerate(sets)])
    if extras.alternatives:
        tell("sets that lie elsewhere")
        others = menu.alternatives(
            problem,
            question,
            best,
            count=extras.alternatives,
            differing=differing(len(best.sites)),
            tolerance=extras.tolerance,
            same_place_m=extras.same_place_m,
            seconds=extras.seconds,
        )
        found = replace(found, alternatives=[described(one) for one in others])
    if extras.pareto:
        tell("sets between most residents and most need")
        between = menu.between_goals(
            problem, question, _need(situation), count=extras.pareto, seconds=extras.seconds
        )
        found = replace(found, pareto=[described(one) for one in between])
    if extras.sensitivity:
        tell("plausible thresholds and needs")
        found = _with_sensitivity(found, study, situation, problem, question, best, extras)
    return found


def _need(situation: Situation) -> npt.NDArray[np.float64]:
    """Return how much residents count by need."""
    weight = situation.weight("need")
    assert weight is not None
    return weight


def _with_sensitivity(
    found: Dossier,
    study: Study,
    situation: Situation,
    problem: Problem,
    question: Question,
    best: Choice,
    extras: Extras,
) -> Dossier:
    """Go through the plausible assumptions, and count how often each site is chosen."""
    thresholds = sorted(study.ranking.thresholds_m or study.analysis.thresholds_m)
    rows: list[tuple[float, str, int, object, int]] = []
    sets: dict[bool, list[npt.NDArray[np.int64]]] = {False: [], True: []}
    variants = menu.over_assumptions(
        situation, problem, question, thresholds, _needs(study, situation), extras.seconds
    )
    for threshold, name, choice, own in variants:
        order, gain = opened(own, choice)
        sets[bool(name)].append(choice.sites)
        rows += [
            (threshold, name, rank, own.sites.index[k], int(count))
            for rank, (k, count) in enumerate(zip(order, gain, strict=True), start=1)
        ]
    order, _ = opened(problem, best)
    times = pd.DataFrame(
        {
            kind: menu.times_chosen(problem, order, sets[needy], extras.same_place_m)
            for kind, needy in (("alike", False), ("by_need", True))
        },
        index=found.proposals.sites["rank"],
    )
    share = times.mean(axis=1).to_numpy()
    sites = found.proposals.sites.assign(times_chosen=share)
    columns = ["threshold_m", "need_variant", "rank", "candidate_id", "residents_gained"]
    return replace(
        found,
        proposals=replace(found.proposals, sites=sites),
        sensitivity=pd.DataFrame(rows, columns=columns),
        times=times,
    )


def _needs(study: Study, situation: Situation) -> dict[str, npt.NDArray[np.float64]]:
    """Return how much residents count by every need index held plausible, by its name."""
    indicators = situation.inputs.indicators
    if study.need is None or indicators is None:
        return {}
    area = situation.inputs.residents["planning_area_id"]
    indices = plausible_needs(indicators, study.need)
    return {
        name: counting(area.map(index).to_numpy(dtype=float))
        for name, index in zip(plausible_names(study.need), indices, strict=True)
    }
