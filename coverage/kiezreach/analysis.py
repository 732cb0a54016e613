"""The whole analysis of a study, from its inputs to every figure and shape; writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.catchments import catchments
from kiezreach.certificate import Agreement, certify, combine
from kiezreach.decisions.proposals import Proposals, study_proposals
from kiezreach.decisions.scenarios import Base, ScenarioResult
from kiezreach.decisions.situation import Situation
from kiezreach.disclosure import excluded_rows, reader_warnings
from kiezreach.equity import equity_curves, equity_table
from kiezreach.gaps import OWN_SPREADING, Homes
from kiezreach.service_areas import service_areas
from kiezreach.study import MissingLinks
from kiezreach.study_centres import centre_criticality, centre_table, each_centre
from kiezreach.study_figures import (
    area_facts,
    study_accessibility,
    study_barrier_mode,
    study_coverage,
    study_groups,
    study_missing_links,
    study_need,
    study_need_table,
    study_norms,
    study_reach,
    study_scenarios,
)
from kiezreach.study_gaps import study_gaps, study_homes

if TYPE_CHECKING:
    from kiezreach.inputs import Inputs
    from kiezreach.reach import Reach
    from kiezreach.study import Study


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
    tell("walking distances")
    everywhere = study_reach(study, inputs)
    spreads = study_homes(study, inputs, everywhere)
    own = spreads[OWN_SPREADING]
    place, distance = own.place, own.distance
    residents = _walked(inputs.residents, everywhere, own)
    tell(f"catchments of {', '.join(f'{t:g}' for t in thresholds)} m")
    shapes = catchments(everywhere, thresholds, cell_m=settings.cell_m)
    tell(f"catchments of {everywhere.centres.linked.sum()} centres, one by one")
    each = each_centre(study, inputs, place)
    tell("service areas")
    served_by = service_areas(everywhere, _region(inputs.areas))
    tell("coverage and gaps")
    coverage = study_coverage(study, inputs, spreads)
    need = study_need(study, inputs)
    index = None if need is None else need["need"]
    facts = area_facts(study, inputs, index)
    holes = study_gaps(study, inputs, everywhere, spreads, shapes, facts)
    if study.proposals is not None:
        tell(f"choosing {study.proposals.k} sites for further centres")
    situation = Situation.of(
        study, inputs, everywhere, place=place, walk=distance, need=index, only=facts.only
    )
    proposals = study_proposals(study, situation)
    tell("age groups, classes of areas and equity")
    by_group = study_groups(study, inputs, distance)
    evenness = (inputs.areas, inputs.residents, distance, thresholds)
    barriers, modes = None, None
    if len(inputs.barriers):
        tell("comparing with straight lines that barriers cut")
        walk = shapes.set_index("threshold_m").geometry[settings.gap_threshold_m]
        barriers, modes = study_barrier_mode(study, inputs, everywhere, distance, walk)
    links = None
    if study.missing_links is not None:
        tell("missing links")
        links = study_missing_links(study, inputs, everywhere, own, study.missing_links)
    tell("comparing catchments with the point rule")
    certificate = {
        "all centres": certify(everywhere, shapes),
        "each centre": combine(each.certificate),
    }
    return Analysis(
        coverage=coverage,
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
        need_table=study_need_table(study, inputs),
        norms=study_norms(study, inputs, distance),
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
        scenarios=study_scenarios(study, inputs, everywhere, place, tell),
        accessibility=study_accessibility(study, inputs, place),
    )


def _walked(residents: gpd.GeoDataFrame, everywhere: Reach, homes: Homes) -> gpd.GeoDataFrame:
    """Add to residents how far they walk, and to which centre."""
    distance = homes.distance
    nearest = pd.Series(everywhere.labels(homes.centre), index=residents.index)
    return residents.assign(
        distance_m=np.where(np.isfinite(distance), distance, np.nan),
        nearest_centre=nearest.fillna(""),
        linked=homes.place.linked,
        access_m=homes.place.access,
    )


def _region(areas: gpd.GeoDataFrame) -> shapely.Geometry:
    """Return the ground of all areas, as those of the coarsest level cover it."""
    coarsest = areas[areas["level"] == areas["level"].iloc[0]]
    return shapely.union_all(coarsest.geometry.to_numpy())


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
    everywhere = study_reach(study, inputs)
    distance, _ = everywhere.at(everywhere.snap(inputs.residents))
    return study_norms(study, inputs, distance)


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
    everywhere = study_reach(study, inputs)
    homes = Homes.of(inputs.residents, everywhere, None)
    rules = study.missing_links or MissingLinks()
    return study_missing_links(study, inputs, everywhere, homes, rules)


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
    everywhere = study_reach(study, inputs)
    return Base.of(study, inputs, everywhere, everywhere.snap(inputs.residents))
