"""The sites that are proposed for a study, with all that a planner wants to know about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.decisions.limits import Limits
from kiezreach.decisions.plan import Model, check_number, most_served, opened
from kiezreach.decisions.problem import Problem, problem_of
from kiezreach.decisions.solver import Allowance
from kiezreach.decisions.walks import Homes
from kiezreach.errors import InputError, shown
from kiezreach.network.snap import point_xy, snap
from kiezreach.sources.areas import holding_areas

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.inputs import Inputs
    from kiezreach.network.model import WalkNetwork
    from kiezreach.network.snap import Snap
    from kiezreach.reach import Reach
    from kiezreach.study import Proposals as Settings
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
    """

    sites: gpd.GeoDataFrame
    objective: float
    bound: float
    gap: float
    settled: bool
    k: int
    threshold_m: float
    model: Model


def study_proposals(
    study: Study,
    inputs: Inputs,
    everywhere: Reach,
    place: Snap,
    walk: npt.NDArray[np.float64],
    *,
    need: pd.Series | None,
    only: pd.Index | None,
) -> Proposals | None:
    """Propose the sites that a study asks for.

    Parameters
    ----------
    study, inputs, everywhere
        What is asked, with what, and the walks to the centres that exist.
    place, walk
        Shape (n,): where the residents stand on the network, and their walks.
    need
        Need of each planning area, or None.
    only
        Planning areas whose residents count; all of them if None.

    Returns
    -------
    Proposals or None
        None where the study asks for none.

    Raises
    ------
    InputError
        If the study names a kind that no candidate has, or asks for more sites than there are.
    """
    settings = study.proposals
    if settings is None:
        return None
    people = inputs.residents
    area = people["planning_area_id"]
    counted = np.ones(len(people), dtype=bool) if only is None else area.isin(only).to_numpy()
    homes = Homes(point_xy(people, inputs.network.crs), place, walk)
    residents = np.where(counted, people["residents"].to_numpy(dtype=np.int64), 0)
    own_need = None if need is None else area.map(need).to_numpy(dtype=float)
    problem = problem_of(
        inputs.network,
        homes,
        residents,
        candidates_of(study, settings, inputs.candidates),
        settings.threshold_m or study.analysis.gap_threshold_m,
        inputs.centres,
        weight=None if settings.weight == "residents" else weight_of(own_need),
        max_snap_m=study.analysis.max_snap_m,
        max_access_m=study.analysis.max_access_m,
    )
    check_number(settings.k, problem)
    limits = Limits()
    rules = problem.rules(settings.k, limits)
    choice = most_served(problem, rules, limits, Allowance(settings.time_limit_s))
    return Proposals(
        sites=described(problem, choice.sites, inputs, everywhere, own_need),
        objective=choice.objective / problem.unit,
        bound=choice.bound / problem.unit,
        gap=choice.gap,
        settled=choice.settled,
        k=settings.k,
        threshold_m=problem.threshold,
        model="mclp",
    )


def candidates_of(
    study: Study, settings: Settings, candidates: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the candidates of the kinds that the study allows.

    Raises
    ------
    InputError
        If it names a kind that no candidate has.
    """
    if settings.kinds is None:
        return candidates
    there = sorted(set(candidates["kind"]))
    for kind in settings.kinds:
        if kind not in there:
            msg = f"no candidate is of the kind '{shown(kind)}'"
            remedy = f"Choose among {', '.join(there)}"
            raise InputError(msg, file=study.file, row="proposals.kinds", remedy=remedy)
    return candidates[candidates["kind"].isin(settings.kinds)]


def weight_of(need: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64]:
    """Return how much a resident counts by need; where the need is not known, nothing.

    Raises
    ------
    InputError
        If there is no need index at all.
    """
    if need is None:
        msg = "sites cannot be weighed by need: the study has no need index"
        raise InputError(msg, remedy="Add a table [need], or weigh by residents")
    return np.nan_to_num(need, nan=0.0)


def described(
    problem: Problem,
    chosen: npt.NDArray[np.int64],
    inputs: Inputs,
    everywhere: Reach,
    need: npt.NDArray[np.float64] | None,
) -> gpd.GeoDataFrame:
    """Describe chosen sites, in the order in which to open them.

    Parameters
    ----------
    problem, chosen
        What was asked, and the positions of the sites.
    inputs, everywhere
        Names of areas and centres, and the walks to centres.
    need
        Shape (n,): need of each home, NaN where not known; None without an index.

    Returns
    -------
    GeoDataFrame
        As `Proposals.sites`.
    """
    order, gained = opened(problem, chosen)
    sites = problem.sites.iloc[order]
    place = snap(problem.net, point_xy(sites, problem.net.crs), problem.max_snap_m)
    distance, centre = everywhere.at(place)
    near = pd.Series(everywhere.labels(centre), dtype=object).fillna("")
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
            "need": _mean_need(problem, order, need),
            "nearest_centre_id": near,
            "nearest_centre_name": near.map(inputs.centres["name"]).fillna(""),
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
