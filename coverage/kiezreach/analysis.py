"""The whole analysis of a study, from its inputs to every figure and shape; writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.accessibility import accessibility_table
from kiezreach.barrier_mode import (
    barrier_table,
    disagreement,
    mode_classes,
    served_straight,
    straight_catchments,
)
from kiezreach.catchments import catchments
from kiezreach.certificate import Agreement, certify, combine
from kiezreach.classes import deprived_areas, selected_areas
from kiezreach.coverage import coverage_table, with_interval
from kiezreach.decisions.missing_links import missing_links
from kiezreach.decisions.proposals import Proposals, study_proposals
from kiezreach.decisions.scenarios import Base, ScenarioResult, answer_scenario
from kiezreach.decisions.situation import Situation
from kiezreach.disclosure import excluded_rows, reader_warnings
from kiezreach.equity import equity_curves, equity_table
from kiezreach.errors import InputError
from kiezreach.gaps import OWN_SPREADING, Homes
from kiezreach.groups import Walk, coverage_by_group
from kiezreach.need import need_index, need_table
from kiezreach.network.snap import street_near
from kiezreach.norms import norm_table
from kiezreach.reach import Reach, reach, reach_each
from kiezreach.service_areas import service_areas
from kiezreach.study import MissingLinks
from kiezreach.study_centres import centre_criticality, centre_table, each_centre
from kiezreach.study_gaps import AreaFacts, study_barriers, study_gaps, study_homes

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.inputs import Inputs
    from kiezreach.network.snap import Snap
    from kiezreach.study import Study
    from kiezreach.study_networks import ProfileNetwork


@dataclass(frozen=True, eq=False)
class Analysis:
    """What a study found; every frame is in the study's CRS and sorted by its key.

    Parameters
    ----------
    coverage
        As `kiezreach.coverage.coverage` returns it, with a row for the whole city, and
        ``share_low`` and ``share_high`` over all spreadings of the residents.
    by_group
        As `kiezreach.groups.coverage_by_group` returns it.
    equity, equity_curves
        As the functions of `kiezreach.equity` return them.
    gaps, gaps_by_threshold, ranks, combinations, candidates
        As `kiezreach.study_gaps.StudyGaps` holds them.
    centres
        Centres indexed by ``centre_id``: their columns, ``linked``, ``snap_distance_m``,
        ``residents_within_<T>`` for each threshold, ``residents_nearest``,
        ``residents_only_here`` (within the gap threshold of this centre alone).
    criticality
        As `kiezreach.criticality.criticality` returns it.
    residents
        Resident points with ``distance_m`` (NaN where not reached), ``nearest_centre`` (empty
        likewise), ``linked`` and ``access_m``.
    catchments, centre_catchments, service_areas
        ``threshold_m`` and ``geometry``; the same with ``centre_id``; ``centre_id`` and
        ``geometry``.
    need
        Index parts and ``need`` per planning area, or None.
    need_table
        The same taken apart, as `kiezreach.need.need_table` returns it, or None.
    norms
        As `kiezreach.norms.norm_table` returns it; without rows where the study has no norms.
    barriers
        As `kiezreach.barrier_mode.barrier_table` returns it, or None without barriers.
    barrier_mode
        As `kiezreach.barrier_mode.disagreement` returns it for the gap threshold, or None.
    proposals
        As `kiezreach.decisions.proposals.study_proposals` returns it, or None.
    certificate
        How well polygons and point rule agree: ``all centres`` and ``each centre``, by threshold.
    excluded
        Rows that were not used, and residents and centres without a street nearby.
    warnings
        What a reader of the figures must know.
    scenarios
        By its name, what each scenario of the study changes.
    missing_links
        As `kiezreach.decisions.missing_links.missing_links` returns them, or None where the study
        does not ask.
    accessibility
        As `kiezreach.accessibility.accessibility_table` returns it, or None likewise.
    """

    coverage: pd.DataFrame
    by_group: pd.DataFrame
    equity: pd.DataFrame
    equity_curves: pd.DataFrame
    gaps: gpd.GeoDataFrame
    gaps_by_threshold: gpd.GeoDataFrame
    ranks: pd.DataFrame
    combinations: dict[str, Any]
    candidates: gpd.GeoDataFrame
    centres: gpd.GeoDataFrame
    criticality: pd.DataFrame
    residents: gpd.GeoDataFrame
    catchments: gpd.GeoDataFrame
    centre_catchments: gpd.GeoDataFrame
    service_areas: gpd.GeoDataFrame
    need: pd.DataFrame | None
    need_table: pd.DataFrame | None
    norms: pd.DataFrame
    barriers: pd.DataFrame | None
    barrier_mode: gpd.GeoDataFrame | None
    proposals: Proposals | None
    certificate: dict[str, list[Agreement]]
    excluded: pd.DataFrame
    warnings: tuple[str, ...]
    missing_links: gpd.GeoDataFrame | None = None
    scenarios: dict[str, ScenarioResult] = field(default_factory=dict)
    accessibility: pd.DataFrame | None = None


def analyse(study: Study, inputs: Inputs, tell: Callable[[str], None] = lambda _: None) -> Analysis:
    """Answer a study's questions.

    Parameters
    ----------
    study
        The study.
    inputs
        Its inputs, as `kiezreach.inputs.read_inputs` returns them.
    tell
        Called with a few words before each longer step.

    Returns
    -------
    Analysis

    Raises
    ------
    InputError
        If no centre stands near a street.
    """
    settings = study.analysis
    thresholds = sorted(settings.thresholds_m)
    limits = {"max_snap_m": settings.max_snap_m, "max_access_m": settings.max_access_m}
    tell("walking distances")
    everywhere = _reach(study, inputs)
    spreads = study_homes(study, inputs, everywhere)
    own = spreads[OWN_SPREADING]
    place, distance = own.place, own.distance
    residents = inputs.residents.assign(
        distance_m=np.where(np.isfinite(distance), distance, np.nan),
        nearest_centre=pd.Series(
            everywhere.labels(own.centre), index=inputs.residents.index
        ).fillna(""),
        linked=place.linked,
        access_m=place.access,
    )
    tell(f"catchments of {', '.join(f'{t:g}' for t in thresholds)} m")
    shapes = catchments(everywhere, thresholds, cell_m=settings.cell_m)
    tell(f"catchments of {everywhere.centres.linked.sum()} centres, one by one")
    chosen = settings.gap_threshold_m
    each = each_centre(inputs, place, thresholds, chosen, settings.cell_m, limits)
    tell("service areas")
    region = shapely.union_all(_level(inputs.areas, 0).geometry.to_numpy())
    served_by = service_areas(everywhere, region)
    tell("coverage and gaps")
    table = coverage_table(
        inputs.areas,
        residents,
        distance,
        place.linked,
        thresholds=thresholds,
        city_name=study.name,
    )
    table = with_interval(table, _plausible_coverage(study, inputs, spreads))
    need = (
        need_index(inputs.indicators, study.need)
        if study.need is not None and inputs.indicators is not None
        else None
    )
    index = None if need is None else need["need"]
    facts = AreaFacts(
        need=index,
        deprived=next(iter(deprived_areas(study.classes, inputs.classes).values()), None),
        only=None
        if study.filter is None
        else selected_areas(study.filter, inputs.indicators, inputs.classes),
    )
    holes = study_gaps(study, inputs, everywhere, spreads, shapes, facts)
    if study.proposals is not None:
        tell(f"choosing {study.proposals.k} sites for further centres")
    situation = Situation.of(
        study, inputs, everywhere, place=place, walk=distance, need=index, only=facts.only
    )
    proposals = study_proposals(study, situation)
    tell("age groups, classes of areas and equity")
    by_group = _by_group(study, inputs, distance, thresholds)
    evenness = (inputs.areas, inputs.residents, distance, thresholds)
    walk = shapes.set_index("threshold_m").geometry[settings.gap_threshold_m]
    barriers, modes = None, None
    if len(inputs.barriers):
        tell("comparing with straight lines that barriers cut")
        barriers, modes = _barrier_mode(study, inputs, everywhere, distance, walk)
    links = None
    if study.missing_links is not None:
        tell("missing links")
        links = _missing_links(study, inputs, everywhere, own, study.missing_links)
    tell("comparing catchments with the point rule")
    certificate = {
        "all centres": certify(everywhere, shapes),
        "each centre": combine(each.certificate),
    }
    return Analysis(
        coverage=table,
        by_group=by_group,
        equity=equity_table(*evenness, by_group=by_group, need=index),
        equity_curves=equity_curves(*evenness, need=index),
        gaps=holes.gaps,
        gaps_by_threshold=holes.by_threshold,
        ranks=holes.ranks,
        combinations=holes.combinations,
        candidates=holes.candidates,
        centres=centre_table(inputs, everywhere, residents, each),
        criticality=centre_criticality(study, inputs, everywhere, place),
        residents=residents,
        catchments=shapes,
        centre_catchments=each.shapes,
        service_areas=served_by,
        need=need,
        need_table=_need_table(study, inputs),
        norms=_norms(study, inputs, distance),
        barriers=barriers,
        barrier_mode=modes,
        proposals=proposals,
        certificate=certificate,
        excluded=excluded_rows(study, inputs, everywhere, residents),
        warnings=(
            *reader_warnings(study, inputs, everywhere, residents, need, certificate),
            *([] if proposals is None else proposals.warnings),
        ),
        missing_links=links,
        scenarios=_scenarios(study, inputs, everywhere, place, tell),
        accessibility=_accessibility(study, inputs, place),
    )


def _missing_links(
    study: Study, inputs: Inputs, everywhere: Reach, homes: Homes, rules: MissingLinks
) -> gpd.GeoDataFrame:
    """Find links on the way to the threshold that gaps are drawn for."""
    threshold = study.analysis.gap_threshold_m
    barriers = study_barriers(inputs)
    return missing_links(
        everywhere, homes, threshold, inputs.areas, barriers, inputs.inhabited, rules
    )


def _need_table(study: Study, inputs: Inputs) -> pd.DataFrame | None:
    """Take the need index apart, where the study has one."""
    if study.need is None or inputs.indicators is None:
        return None
    people = inputs.residents.groupby("planning_area_id")["residents"].sum()
    return need_table(inputs.areas, inputs.indicators, study.need, inputs.classes, people)


def norms_alone(study: Study, inputs: Inputs) -> pd.DataFrame:
    """Hold the areas against the study's norms, without the rest of the analysis.

    Parameters
    ----------
    study, inputs
        As for `analyse`.

    Returns
    -------
    DataFrame
        As `kiezreach.norms.norm_table` returns it.

    Raises
    ------
    InputError
        If no centre stands near a street.
    """
    everywhere = _reach(study, inputs)
    distance, _ = everywhere.at(everywhere.snap(inputs.residents))
    return _norms(study, inputs, distance)


def links_alone(study: Study, inputs: Inputs) -> gpd.GeoDataFrame:
    """Find missing links without the rest of the analysis, by the usual rules if there are none.

    Parameters
    ----------
    study, inputs
        As for `analyse`.

    Returns
    -------
    GeoDataFrame
        As `kiezreach.decisions.missing_links.missing_links` returns it.

    Raises
    ------
    InputError
        If no centre stands near a street.
    """
    everywhere = _reach(study, inputs)
    homes = Homes.of(inputs.residents, everywhere, None)
    return _missing_links(study, inputs, everywhere, homes, study.missing_links or MissingLinks())


def _norms(study: Study, inputs: Inputs, distance: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Hold the areas against the study's norms, from walking distances that are known."""
    return norm_table(
        inputs.norms,
        inputs.areas,
        inputs.residents,
        distance,
        inputs.centres,
        deprived=deprived_areas(study.classes, inputs.classes),
    )


def _barrier_mode(
    study: Study,
    inputs: Inputs,
    everywhere: Reach,
    distance: npt.NDArray[np.float64],
    walk: shapely.Geometry,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Compare walks with straight lines that barriers cut, from the centres that are linked."""
    thresholds = sorted(study.analysis.thresholds_m)
    centres = inputs.centres[everywhere.centres.linked]
    shapes = straight_catchments(centres, inputs.barriers, thresholds)
    straight = served_straight(inputs.residents, centres, inputs.barriers, shapes, thresholds)
    table = barrier_table(
        inputs.areas, inputs.residents, distance, straight, thresholds, city_name=study.name
    )
    chosen = study.analysis.gap_threshold_m
    classes = mode_classes(distance, straight[:, thresholds.index(chosen)], chosen)
    line = shapely.union_all(shapes.geometry[shapes["threshold_m"] == chosen].to_numpy())
    return table, disagreement(inputs.inhabited, inputs.residents, classes, line, walk)


def _level(areas: gpd.GeoDataFrame, position: int) -> gpd.GeoDataFrame:
    """Return the areas of the coarsest (0) or finest (-1) level."""
    return areas[areas["level"] == areas["level"].iloc[position]]


def _reach(study: Study, inputs: Inputs) -> Reach:
    """Find the walks to all centres of a study, some of which stand near a street."""
    settings = study.analysis
    limits = {"max_snap_m": settings.max_snap_m, "max_access_m": settings.max_access_m}
    everywhere = reach(inputs.network, inputs.centres, settings.max_walk_m, **limits)
    _require_linked(everywhere, study)
    return everywhere


def _require_linked(everywhere: Reach, study: Study) -> None:
    """Raise an error if no centre stands near a street: nothing could be served."""
    if not everywhere.centres.linked.any():
        nearest = everywhere.centres.access.min()
        limit = study.analysis.max_snap_m
        msg = f"no centre has a {street_near(limit, 'its')}; the nearest is {nearest:.0f} m off"
        remedy = "Check the centres, the network, or analysis.max_snap_m"
        raise InputError(msg, file=study.path(study.centres.file), remedy=remedy)


def _scenarios(
    study: Study, inputs: Inputs, everywhere: Reach, place: Snap, tell: Callable[[str], None]
) -> dict[str, ScenarioResult]:
    """Compare the study's scenarios with the base."""
    base = Base.of(study, inputs, everywhere, place)
    found = {}
    for file, scenario in inputs.scenarios:
        tell(f"scenario {scenario.name}")
        found[scenario.name] = answer_scenario(base, scenario, file)
    return found


def scenario_base(study: Study, inputs: Inputs) -> Base:
    """Return what scenarios are compared with, without the rest of the analysis.

    Parameters
    ----------
    study, inputs
        As for `analyse`.

    Raises
    ------
    InputError
        If no centre stands near a street.
    """
    settings = study.analysis
    limits = {"max_snap_m": settings.max_snap_m, "max_access_m": settings.max_access_m}
    everywhere = reach(inputs.network, inputs.centres, settings.max_walk_m, **limits)
    _require_linked(everywhere, study)
    return Base.of(study, inputs, everywhere, everywhere.snap(inputs.residents))


def _accessibility(study: Study, inputs: Inputs, place: Snap) -> pd.DataFrame | None:
    """Share the capacity of the centres that have one, where the study asks."""
    rules, settings = study.accessibility, study.analysis
    if rules is None:
        return None
    known = inputs.centres[inputs.centres["capacity"].notna()]
    limits = {"max_snap_m": settings.max_snap_m, "max_access_m": settings.max_access_m}
    each = reach_each(inputs.network, known, rules.reach_m, **limits)
    return accessibility_table(
        inputs.areas, inputs.residents, each, place, known["capacity"], rules, city_name=study.name
    )


def _by_group(
    study: Study, inputs: Inputs, distance: npt.NDArray[np.float64], thresholds: list[float]
) -> pd.DataFrame:
    """Count the residents served by age group, on every walk that suits it, and by class."""
    settings = study.analysis
    speed = settings.walking_speed_m_per_min
    common = Walk(study.network.profile, inputs.network_case, speed, distance)
    limits = {"max_snap_m": settings.max_snap_m, "max_access_m": settings.max_access_m}

    def walk(other: ProfileNetwork) -> Walk:
        walked = distance
        if other.network is not inputs.network:
            longest = settings.max_walk_m
            reached = reach(other.network, inputs.centres, longest, **limits)
            walked = reached.distance(inputs.residents)
        return Walk(other.profile, other.case, other.speed_m_per_min, walked)

    walks = {
        profile: tuple(walk(other) for other in others)
        for profile, others in inputs.profile_networks.items()
    }
    return coverage_by_group(
        inputs.areas,
        inputs.residents,
        common,
        thresholds,
        age_groups=study.residents.age_groups,
        suiting={group: walks[name] for group, name in study.residents.profiles.items()},
        classes=inputs.classes,
        class_values={classes.id: classes.groups for classes in study.classes},
    )


def _plausible_coverage(
    study: Study, inputs: Inputs, spreads: Mapping[str, Homes]
) -> list[pd.DataFrame]:
    """Count the residents served by each further spreading of them."""
    return [
        coverage_table(
            inputs.areas,
            residents,
            spreads[name].distance,
            spreads[name].place.linked,
            thresholds=sorted(study.analysis.thresholds_m),
            city_name=study.name,
        )
        for name, residents in inputs.spreads.items()
    ]
