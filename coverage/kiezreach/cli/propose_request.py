"""What is asked of ``kiezreach propose``, read from its options."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kiezreach.decisions.dossier import Extras
from kiezreach.decisions.junctions import junctions
from kiezreach.decisions.limits import AreaLimit, Limits
from kiezreach.decisions.proposals import candidates_of
from kiezreach.decisions.question import Model, Question, check_enough, check_time
from kiezreach.decisions.situation import Situation, Weight
from kiezreach.errors import InputError, shown
from kiezreach.inputs import read_inputs
from kiezreach.study import Candidates, Proposals

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.decisions.problem import Problem
    from kiezreach.study import Study

_K = 5
_ALTERNATIVES, _BETWEEN = 3, 7  # sets; so many a meeting can compare
_SPACING_M = 200.0  # of junctions: two street blocks
_JUNCTIONS = "junctions"


@dataclass(frozen=True)
class Request:
    """The options of the command as they were given."""

    k: int | None
    model: Model
    weight: Weight | None
    threshold: float | None
    share: float | None
    area: str | None
    candidates: str | None
    menu: int | None
    alternatives: bool
    pareto: bool
    sensitivity: bool
    per_area: tuple[str, ...]
    district_max: tuple[str, ...]
    budget: float | None
    cost: float | None
    min_distance: float
    time_limit: float | None

    def check(self) -> None:
        """Refuse what is wrong by itself, before anything is read."""
        for name, value in (
            ("budget", self.budget),
            ("cost", self.cost),
            ("min-distance", self.min_distance),
        ):
            if value is not None and not (value >= 0 and math.isfinite(value)):
                msg = f"--{name} is {value:g}"
                raise InputError(msg, remedy="Give a number of 0 or more")
        if self.cost is not None and self.budget is None:
            msg = "--cost says what each centre costs, but there is no budget to keep to"
            raise InputError(msg, remedy="Give a --budget as well, or leave --cost out")
        if self.model == "lscp" and self.k is not None:
            msg = "-k says how many centres, but --model lscp looks for the fewest"
            raise InputError(msg, remedy="Leave -k out, or choose another model")
        if self.time_limit is not None:
            check_time(self.time_limit)
        if (self.menu or self.pareto) and self.model != "mclp":
            what = "--menu" if self.menu else "--pareto"
            msg = f"{what} compares residents served, which --model {self.model} does not maximise"
            raise InputError(msg, remedy="Leave one of the two out")
        self.question(None)

    def question(
        self, k: int | None, limits: Limits | None = None, longest: float = 1.0
    ) -> Question:
        """Return the question, `k` where the number of centres is not given."""
        budget = self.budget is not None
        number = None if self.model == "lscp" else self.k or (None if budget else k or _K)
        if self.k is not None and self.k < 1:
            number = self.k  # refused there
        return Question(
            self.model, number, self.share, limits or Limits(budget=self.budget), longest
        )


@dataclass(frozen=True, eq=False)
class Posed:
    """A request with everything that it takes to answer it."""

    study: Study
    situation: Situation
    problem: Problem
    question: Question
    extras: Extras


def pose(
    request: Request, study: Study, tell: Callable[[str], None], *, cache: bool = True
) -> Posed:
    """Read what a request needs.

    Raises
    ------
    InputError
        If an option, the study or an input is wrong.
    """
    settings = study.proposals or Proposals(k=_K)
    study = _light(study, request)
    inputs = read_inputs(study, tell, cache=cache)
    tell("walking distances")
    situation = Situation.alone(study, inputs)
    if request.area is not None:
        situation = situation.within(*_area(inputs.areas, request.area))
    candidates = _candidates(request, study, settings, situation)
    if request.budget is not None:
        candidates = _costed(candidates, request, study)
    tell("walks to candidates")
    threshold = request.threshold if request.threshold is not None else settings.threshold_m
    problem = situation.problem(
        candidates,
        study.analysis.gap_threshold_m if threshold is None else threshold,
        request.weight or settings.weight,
    )
    check_enough(request.menu, len(problem.sites))  # before anybody waits
    limits = Limits(
        (*_per_area(request, inputs.areas), *_at_most(request, inputs.areas)),
        request.budget,
        request.min_distance,
    )
    k = min(settings.k, len(problem.sites)) if request.k is None else request.k
    seconds = settings.time_limit_s if request.time_limit is None else request.time_limit
    return Posed(
        study,
        situation,
        problem,
        request.question(k, limits, study.analysis.max_walk_m),
        Extras(
            menu=request.menu or 0,
            alternatives=_ALTERNATIVES * request.alternatives,
            pareto=_BETWEEN * request.pareto,
            sensitivity=request.sensitivity,
            same_place_m=settings.same_place_m,
            seconds=seconds,
        ),
    )


def _light(study: Study, request: Request) -> Study:
    """Return the study without what takes long to read and does not touch the choice of sites."""
    residents = study.residents.model_copy(update={"plausible_spreads": (), "profiles": {}})
    changes: dict[str, object] = {"residents": residents, "barriers": (), "norms": None}
    given = request.candidates
    if given is not None and _is_file(given):
        changes["candidates"] = Candidates(file=str(Path(given).resolve()))
    return study.model_copy(update=changes)


def _is_file(given: str) -> bool:
    """Return whether the option names a file, as kinds have no ending."""
    if given.partition(":")[0] == _JUNCTIONS:
        return False
    return bool(Path(given).suffix) or Path(given).is_file()


def _candidates(
    request: Request, study: Study, settings: Proposals, situation: Situation
) -> gpd.GeoDataFrame:
    """Return the places that the option names."""
    given, there = request.candidates, situation.inputs.candidates
    if given is None:
        return candidates_of(study, settings.kinds, there)
    if _is_file(given):
        return candidates_of(study, None, there)
    name, _, spacing = given.partition(":")
    if name == _JUNCTIONS:
        try:
            apart = float(spacing) if spacing else _SPACING_M
        except ValueError:
            apart = math.nan
        return junctions(situation.inputs.network, situation.inputs.areas, apart)
    kinds = [kind.strip() for kind in given.split(",")]
    return candidates_of(study, kinds, there)


def _costed(candidates: gpd.GeoDataFrame, request: Request, study: Study) -> gpd.GeoDataFrame:
    """Return the candidates with what each costs."""
    if request.cost is not None:
        return candidates.assign(cost=request.cost)
    file = None if study.candidates is None else study.path(study.candidates.file)
    if "cost" not in candidates:
        msg = "there is a budget, but the candidates have no column 'cost'"
        raise InputError(msg, file=file, remedy="Add it, or give one cost for all with --cost")
    if (unknown := candidates["cost"].isna()).any():
        row = f"id {shown(candidates.index[unknown][0])}"
        msg = "'cost' is empty, and there is a budget"
        raise InputError(msg, file=file, row=row, remedy="Give every candidate its cost")
    return candidates


def _per_area(request: Request, areas: gpd.GeoDataFrame) -> list[AreaLimit]:
    """Read how many centres the areas of a level are to have at least."""
    found = []
    for given in request.per_area:
        place, _, number = given.rpartition(":")
        level, _, area = place.partition("=")
        levels = list(dict.fromkeys(areas["level"]))
        if level not in levels:
            msg = f"--per-area {shown(given)} names no level of areas"
            example = f"--per-area {levels[0]}:1"
            raise InputError(msg, remedy=f"Levels are {', '.join(levels)}; for example {example}")
        least = _whole(number, f"--per-area {given}")
        found.append(_limit(areas, level, area, at_least=least))
    return found


def _at_most(request: Request, areas: gpd.GeoDataFrame) -> list[AreaLimit]:
    """Read how many new centres the areas of the coarsest level may have."""
    level = str(areas["level"].iloc[0])
    found = []
    for given in request.district_max:
        area, _, number = given.rpartition(":")
        found.append(_limit(areas, level, area, at_most=_whole(number, f"--district-max {given}")))
    return found


def _limit(
    areas: gpd.GeoDataFrame, level: str, area: str, *, at_least: int = 0, at_most: int | None = None
) -> AreaLimit:
    """Make a limit for one area of a level, or for all."""
    own = areas[areas["level"] == level]
    chosen = (_area(own, area)[1],) if area else tuple(own["area_id"])
    names = dict(zip(own["area_id"], own["name"], strict=True))
    return AreaLimit(level, at_least, at_most, chosen, names)


def _whole(given: str, option: str) -> int:
    """Return a whole number of 0 or more."""
    if not given.strip().isdecimal():
        msg = f"{shown(option)} does not end in a whole number of 0 or more"
        raise InputError(msg, remedy="Write it after the colon, for example :1")
    return int(given)


def _area(areas: gpd.GeoDataFrame, asked: str) -> tuple[str, str]:
    """Return level and id of the area that an id or a name means, the coarsest of several."""
    name = asked.strip().casefold()
    meant = areas[(areas["area_id"] == asked) | (areas["name"].str.casefold() == name)]
    own = meant[meant["level"] == meant["level"].iloc[0]] if len(meant) else meant
    if len(own) == 1:
        return str(own["level"].iloc[0]), str(own["area_id"].iloc[0])
    if len(own):
        msg = f"{len(own)} areas are named '{shown(asked)}'"
        raise InputError(msg, remedy=f"Give the id of one: {', '.join(own['area_id'])}")
    near = difflib.get_close_matches(asked, [*areas["name"], *areas["area_id"]], n=1, cutoff=0.4)
    hint = f"Did you mean '{shown(near[0])}'?" if near else "Give the id or the name of an area"
    msg = f"there is no area '{shown(asked)}'"
    raise InputError(msg, remedy=hint)
