"""The sites that are proposed for a study, with all that a planner wants to know about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.decisions.answer import answer
from kiezreach.decisions.menu import gained
from kiezreach.decisions.plan import opened
from kiezreach.decisions.problem import Problem
from kiezreach.decisions.question import Model, Question
from kiezreach.decisions.situation import counting
from kiezreach.decisions.solver import Allowance
from kiezreach.errors import InputError, shown
from kiezreach.network.snap import point_xy, snap
from kiezreach.sources.areas import holding_areas

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.decisions.cover import Choice
    from kiezreach.decisions.situation import Situation
    from kiezreach.network.model import WalkNetwork
    from kiezreach.network.snap import Snap
    from kiezreach.study import Study


@dataclass(frozen=True, eq=False)
class Proposals:
    """Sites for further centres.

    Parameters
    ----------
    sites
        In the study's CRS, in the order in which to open them: ``rank``, ``candidate_id``,
        ``name``, ``kind``, ``address`` (where the file has none, the nearest street that has a
        name), ``planning_area_id``, ``planning_area_name``, ``district_id``,
        ``residents_gained`` (served when it opens, and not before), ``need`` (mean over them,
        NaN where not known), ``nearest_centre_id``, ``nearest_centre_name``,
        ``nearest_centre_m`` (walk to the nearest centre that exists, NaN where there is none),
        ``times_chosen`` (in how many of the plausible variants it is chosen, 0 to 1; NaN where
        that was not asked).
    objective, bound, gap, settled
        As `kiezreach.decisions.Plan` holds them.
    k, threshold_m, model
        What was asked for.
    weighted_gained
        Residents gained, weighted by need, those without a need index with nothing; NaN without
        any index.
    """

    sites: gpd.GeoDataFrame
    objective: float
    bound: float
    gap: float
    settled: bool
    k: int
    threshold_m: float
    model: Model
    weighted_gained: float = np.nan

    @property
    def warnings(self) -> list[str]:
        """What a reader of the sites must know."""
        if self.gap <= 0:
            return []
        return [
            f"proposed sites are not proven to be the best: gap {self.gap:.2%} in the time allowed"
        ]

    @property
    def residents_gained(self) -> int:
        """Residents who are served in addition."""
        return int(self.sites["residents_gained"].sum())


def study_proposals(study: Study, situation: Situation) -> Proposals | None:
    """Propose the sites that a study asks for.

    Parameters
    ----------
    study
        The study.
    situation
        The state of things before.

    Returns
    -------
    Proposals or None
        None where the study asks for none; without sites where nobody would gain.

    Raises
    ------
    InputError
        If the study names a kind that no candidate has, or asks for more sites than there are.
    """
    settings = study.proposals
    if settings is None:
        return None
    try:
        candidates = candidates_of(study, settings.kinds, situation.inputs.candidates)
        threshold = settings.threshold_m or study.analysis.gap_threshold_m
        problem = situation.problem(candidates, threshold, settings.weight)
        question = Question("mclp", settings.k)
        choice = answer(problem, question, Allowance(settings.time_limit_s))
        return proposals_of(problem, question, choice, situation)
    except InputError as error:  # which file asks for it is known here alone
        file, row = error.file or study.file, error.row or "[proposals]"
        raise InputError(error.problem, file=file, row=row, remedy=error.remedy) from error


def proposals_of(
    problem: Problem, question: Question, choice: Choice, situation: Situation
) -> Proposals:
    """Describe the answer to a question."""
    return Proposals(
        sites=described(problem, choice, situation),
        objective=choice.objective,
        bound=choice.bound,
        gap=choice.gap,
        settled=choice.settled,
        k=len(choice.sites) if question.k is None else question.k,
        threshold_m=problem.threshold,
        model=question.model,
        weighted_gained=np.nan
        if situation.need is None
        else gained(problem, choice, problem.residents * counting(situation.need)),
    )


def candidates_of(
    study: Study, kinds: Sequence[str] | None, candidates: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the candidates of some kinds, or all of them.

    Raises
    ------
    InputError
        If there are none, or one of the kinds is that of no candidate.
    """
    if candidates.empty:
        msg = "there are no candidates where a centre could stand"
        remedy = "Name a file of them in the study, under [candidates]"
        raise InputError(msg, file=study.file, row="candidates", remedy=remedy)
    if kinds is None:
        return candidates
    there = sorted(set(candidates["kind"]))
    for kind in kinds:
        if kind not in there:
            msg = f"no candidate is of the kind '{shown(kind)}'"
            raise InputError(msg, file=study.file, remedy=f"Choose among {', '.join(there)}")
    return candidates[candidates["kind"].isin(kinds)]


def described(problem: Problem, choice: Choice, situation: Situation) -> gpd.GeoDataFrame:
    """Describe chosen sites, in the order in which to open them.

    Parameters
    ----------
    problem, choice
        What was asked, and the sites chosen.
    situation
        Names of areas and centres, walks to centres, and need.

    Returns
    -------
    GeoDataFrame
        As `Proposals.sites`.
    """
    inputs = situation.inputs
    order, gained = opened(problem, choice)
    sites = problem.sites.iloc[order]
    place = snap(problem.net, point_xy(sites, problem.net.crs), problem.max_snap_m)
    distance, centre = situation.everywhere.at(place)
    near = pd.Series(situation.everywhere.labels(centre), dtype=object).fillna("")
    finest = inputs.areas[inputs.areas["level"] == inputs.areas["level"].iloc[-1]]
    area = sites["planning_area_id"].reset_index(drop=True)
    coarsest = holding_areas(inputs.areas, inputs.areas["level"].iloc[0])
    street = streets_near(problem.net, place)
    return gpd.GeoDataFrame(
        {
            "rank": np.arange(1, len(sites) + 1),
            "candidate_id": sites.index.to_numpy(dtype=object),
            "name": sites["name"].to_numpy(dtype=object),
            "kind": sites["kind"].to_numpy(dtype=object),
            "address": np.where(sites["address"] == "", street, sites["address"]),
            "planning_area_id": area,
            "planning_area_name": area.map(finest.set_index("area_id")["name"]).fillna(""),
            "district_id": area.map(coarsest).fillna(""),
            "residents_gained": gained,
            "need": _mean_need(problem, order, situation.need),
            "nearest_centre_id": near,
            "nearest_centre_name": near.map(inputs.centres["name"]).astype(object).fillna(""),
            "nearest_centre_m": np.where(np.isfinite(distance), distance, np.nan),
            "times_chosen": np.nan,
        },
        geometry=sites.geometry.to_numpy(),
        crs=sites.crs,
    )


def streets_near(net: WalkNetwork, place: Snap) -> npt.NDArray[np.object_]:
    """Return the name of the street that each place is on, empty where it has none."""
    names = np.array([*net.names, ""], dtype=object)
    return names[np.where(place.linked, net.edge_name[place.edge], -1)]


def _mean_need(
    problem: Problem, order: npt.NDArray[np.int64], need: npt.NDArray[np.float64] | None
) -> npt.NDArray[np.float64]:
    """Return the mean need of the residents whom each site is the first to serve."""
    found = np.full(len(order), np.nan)
    if need is None:
        return found
    count = np.where(np.isnan(need), 0, problem.residents)
    known = np.nan_to_num(need, nan=0.0)
    for i, k in enumerate(order):
        who = problem.walks.home[problem.walks.of(int(k))]
        if total := count[who].sum():
            found[i] = float((known[who] * count[who]).sum()) / total
        count[who] = 0
    return found
