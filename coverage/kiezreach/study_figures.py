"""The figures of a study from walks that are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

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
from kiezreach.classes import deprived_areas, selected_areas
from kiezreach.coverage import coverage_table, with_interval
from kiezreach.decisions.missing_links import missing_links
from kiezreach.decisions.scenarios import Base, ScenarioResult, answer_scenario
from kiezreach.errors import InputError
from kiezreach.gaps import OWN_SPREADING
from kiezreach.groups import Walk, coverage_by_group
from kiezreach.need import need_index, need_table
from kiezreach.network.snap import street_near
from kiezreach.norms import norm_table
from kiezreach.reach import Reach, reach, reach_each
from kiezreach.study_gaps import AreaFacts, study_barriers

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.gaps import Homes
    from kiezreach.inputs import Inputs
    from kiezreach.network.snap import Snap
    from kiezreach.study import MissingLinks, Study
    from kiezreach.study_networks import ProfileNetwork


def study_reach(study: Study, inputs: Inputs) -> Reach:
    """Find the walks to all centres of a study.

    Parameters
    ----------
    study, inputs
        The study, and its inputs as `kiezreach.inputs.read_inputs` returns them.

    Raises
    ------
    InputError
        If no centre stands near a street: nothing could be served.
    """
    settings = study.analysis
    everywhere = reach(inputs.network, inputs.centres, settings.max_walk_m, **settings.legs)
    if not everywhere.centres.linked.any():
        nearest = everywhere.centres.access.min()
        limit = settings.max_snap_m
        msg = f"no centre has a {street_near(limit, 'its')}; the nearest is {nearest:.0f} m off"
        remedy = "Check the centres, the network, or analysis.max_snap_m"
        raise InputError(msg, file=study.path(study.centres.file), remedy=remedy)
    return everywhere


def study_coverage(study: Study, inputs: Inputs, spreads: Mapping[str, Homes]) -> pd.DataFrame:
    """Count the residents served in every area, with the interval over all spreadings of them.

    Parameters
    ----------
    study, inputs
        The study and its inputs.
    spreads
        By its name, where each spreading places the residents, and how far they walk.

    Returns
    -------
    DataFrame
        As `kiezreach.coverage.with_interval` returns it.
    """

    def table(residents: gpd.GeoDataFrame, homes: Homes) -> pd.DataFrame:
        return coverage_table(
            inputs.areas,
            residents,
            homes.distance,
            homes.place.linked,
            thresholds=sorted(study.analysis.thresholds_m),
            city_name=study.name,
        )

    plausible = [table(residents, spreads[name]) for name, residents in inputs.spreads.items()]
    return with_interval(table(inputs.residents, spreads[OWN_SPREADING]), plausible)


def study_need(study: Study, inputs: Inputs) -> pd.DataFrame | None:
    """Return the need index of the planning areas, or None where the study has none."""
    if study.need is None or inputs.indicators is None:
        return None
    return need_index(inputs.indicators, study.need)


def area_facts(study: Study, inputs: Inputs, need: pd.Series | None) -> AreaFacts:
    """Gather what gaps are ranked by and told with, and which planning areas count."""
    deprived = deprived_areas(study.classes, inputs.classes)
    only = None
    if study.filter is not None:
        only = selected_areas(study.filter, inputs.indicators, inputs.classes)
    return AreaFacts(need=need, deprived=next(iter(deprived.values()), None), only=only)


def study_need_table(study: Study, inputs: Inputs) -> pd.DataFrame | None:
    """Take the need index apart, where the study has one."""
    if study.need is None or inputs.indicators is None:
        return None
    people = inputs.residents.groupby("planning_area_id")["residents"].sum()
    return need_table(inputs.areas, inputs.indicators, study.need, inputs.classes, people)


def study_groups(study: Study, inputs: Inputs, distance: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Count the residents served by age group, on every walk that suits it, and by class."""
    settings = study.analysis
    speed = settings.walking_speed_m_per_min
    common = Walk(study.network.profile, inputs.network_case, speed, distance)

    def walk(other: ProfileNetwork) -> Walk:
        walked = distance
        if other.network is not inputs.network:
            longest = settings.max_walk_m
            reached = reach(other.network, inputs.centres, longest, **settings.legs)
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
        sorted(settings.thresholds_m),
        age_groups=study.residents.age_groups,
        suiting={group: walks[name] for group, name in study.residents.profiles.items()},
        classes=inputs.classes,
        class_values={classes.id: classes.groups for classes in study.classes},
    )


def study_norms(study: Study, inputs: Inputs, distance: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Hold the areas against the study's norms, from walking distances that are known."""
    return norm_table(
        inputs.norms,
        inputs.areas,
        inputs.residents,
        distance,
        inputs.centres,
        deprived=deprived_areas(study.classes, inputs.classes),
    )


def study_barrier_mode(
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


def study_missing_links(
    study: Study, inputs: Inputs, everywhere: Reach, homes: Homes, rules: MissingLinks
) -> gpd.GeoDataFrame:
    """Find links on the way to the threshold that gaps are drawn for."""
    threshold = study.analysis.gap_threshold_m
    barriers = study_barriers(inputs)
    return missing_links(
        everywhere, homes, threshold, inputs.areas, barriers, inputs.inhabited, rules
    )


def study_scenarios(
    study: Study, inputs: Inputs, everywhere: Reach, place: Snap, tell: Callable[[str], None]
) -> dict[str, ScenarioResult]:
    """Compare the study's scenarios with the base."""
    base = Base.of(study, inputs, everywhere, place)
    found = {}
    for file, scenario in inputs.scenarios:
        tell(f"scenario {scenario.name}")
        found[scenario.name] = answer_scenario(base, scenario, file)
    return found


def study_accessibility(study: Study, inputs: Inputs, place: Snap) -> pd.DataFrame | None:
    """Share the capacity of the centres that have one, where the study asks."""
    rules, settings = study.accessibility, study.analysis
    if rules is None:
        return None
    known = inputs.centres[inputs.centres["capacity"].notna()]
    each = reach_each(inputs.network, known, rules.reach_m, **settings.legs)
    return accessibility_table(
        inputs.areas, inputs.residents, each, place, known["capacity"], rules, city_name=study.name
    )
