"""The gaps of a study at each of its thresholds, described and ranked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.gaps import (
    OWN_SPREADING,
    GapRules,
    Homes,
    Members,
    Plausible,
    Ranking,
    describe_gaps,
    find_gaps,
    rank_gaps,
)
from kiezreach.gaps.description import candidate_gaps
from kiezreach.gaps.ranking import TOP
from kiezreach.need import plausible_names, plausible_needs

if TYPE_CHECKING:
    from kiezreach.gaps.search import FoundGaps
    from kiezreach.inputs import Inputs
    from kiezreach.network import WalkNetwork
    from kiezreach.reach import Reach
    from kiezreach.study import Study

BARRIERS = ("water", "railway")  # background layers that nobody walks through


@dataclass(frozen=True, eq=False)
class StudyGaps:
    """Where the holes of a study are.

    Parameters
    ----------
    gaps
        The planner's list: gaps of the gap threshold as `kiezreach.gaps.describe_gaps` returns
        them, with ``district_id``, ranked.
    by_threshold
        The gaps of every threshold, each ranked within its own, sorted by threshold and rank.
        The ids of those of another threshold than the gap threshold end in ``@`` and the
        threshold.
    ranks
        ``gap_id``, ``spreading``, ``threshold_m``, ``need``, ``priority``, ``rank``: the rank in
        each combination, of the gaps in the list that are among the first ten in at least one.
    combinations
        What the ranks are taken over: their number, and the variants that are combined.
    candidates
        The study's candidate sites with ``gap_id``, empty where a site lies in no gap.
    """

    gaps: gpd.GeoDataFrame
    by_threshold: gpd.GeoDataFrame
    ranks: pd.DataFrame
    combinations: dict[str, Any]
    candidates: gpd.GeoDataFrame


@dataclass(frozen=True, eq=False)
class AreaFacts:
    """What is known of planning areas, by their id.

    Parameters
    ----------
    need
        Need between 0 and 1, or None.
    deprived
        Whether an area is structurally weak; areas that it does not have are not known.
    only
        Areas whose residents count; all of them if None.
    """

    need: pd.Series | None = None
    deprived: pd.Series | None = None
    only: pd.Index | None = None


def study_homes(study: Study, inputs: Inputs, everywhere: Reach) -> dict[str, Homes]:
    """Place the residents of a study on its network, by every spreading that it names.

    Parameters
    ----------
    study, inputs, everywhere
        As for `study_gaps`.

    Returns
    -------
    dict
        `kiezreach.gaps.OWN_SPREADING` first, then the further ones, sorted by name.
    """
    zones = study_zones(study, inputs)
    frames = {OWN_SPREADING: inputs.residents, **dict(sorted(inputs.spreads.items()))}
    return {name: Homes.of(frame, everywhere, zones) for name, frame in frames.items()}


def study_gaps(
    study: Study,
    inputs: Inputs,
    everywhere: Reach,
    spreads: Mapping[str, Homes],
    catchments: gpd.GeoDataFrame,
    facts: AreaFacts,
) -> StudyGaps:
    """Find, describe and rank the gaps of every threshold of a study.

    Parameters
    ----------
    study, inputs
        What is asked, and of which data.
    everywhere
        Walking distances to the study's centres.
    spreads
        Residents as `study_homes` returns them.
    catchments
        ``threshold_m`` and geometry of the catchments of all thresholds.
    facts
        What is known of the planning areas.

    Returns
    -------
    StudyGaps
    """
    zones = study_zones(study, inputs)
    found = found_gaps(study, inputs, spreads[OWN_SPREADING], everywhere.net, catchments)
    if facts.only is not None:
        counted = np.isin(spreads[OWN_SPREADING].area, facts.only)
        found = {threshold: gaps.only(counted) for threshold, gaps in found.items()}
        spreads = {name: own.counting(facts.only) for name, own in spreads.items()}
    homes = spreads[OWN_SPREADING]
    others = {
        name: Members.by_place(found, spread)
        for name, spread in spreads.items()
        if name != OWN_SPREADING
    }
    plausible = _plausible(study, inputs)
    rankings = {
        threshold: rank_gaps(
            found,
            threshold,
            homes,
            others=others,
            need=facts.need,
            plausible=plausible,
            distinguishable_share=study.ranking.distinguishable_share,
        )
        for threshold in found
    }
    sites = Homes.of(inputs.candidates.assign(residents=0), everywhere, zones)
    own_gap = {threshold: candidate_gaps(gaps, sites) for threshold, gaps in found.items()}
    frames = {
        threshold: _described(
            inputs,
            describe_gaps(
                gaps,
                rankings[threshold],
                homes,
                everywhere,
                need=facts.need,
                age_groups=_age_groups(study, inputs),
                area_names=_finest(inputs).set_index("area_id")["name"],
                centre_names=inputs.centres["name"],
                deprived=facts.deprived,
                candidates=inputs.candidates.assign(gap=own_gap[threshold])
                if study.candidates
                else None,
            ),
        )
        for threshold, gaps in found.items()
    }
    chosen = study.analysis.gap_threshold_m
    own_ids = frames[chosen]["gap_id"]
    return StudyGaps(
        gaps=frames[chosen].reset_index(drop=True),
        by_threshold=_stacked(frames, chosen),
        ranks=_top_ranks(rankings[chosen], own_ids),
        combinations=_described_combinations(rankings[chosen]),
        candidates=inputs.candidates.assign(
            gap_id=own_ids.reindex(own_gap[chosen]).fillna("").to_numpy(dtype=object)
        ),
    )


def found_gaps(
    study: Study, inputs: Inputs, homes: Homes, net: WalkNetwork, catchments: gpd.GeoDataFrame
) -> dict[float, FoundGaps]:
    """Find the gaps of some catchments by the rules of a study.

    Parameters
    ----------
    study, inputs
        The rules, inhabited ground, zones and barriers.
    homes
        Residents, with their zone by `study_zones`.
    net
        The walking network, whose ways cross barriers.
    catchments
        ``threshold_m`` and geometry.
    """
    return find_gaps(
        homes,
        inputs.inhabited,
        catchments,
        net,
        rules=_rules(study),
        zones=study_zones(study, inputs),
        barriers=study_barriers(inputs),
    )


def study_zones(study: Study, inputs: Inputs) -> gpd.GeoDataFrame | None:
    """Return the areas at whose borders gaps end, if the study names a level."""
    level = study.analysis.gap_level
    return inputs.areas[inputs.areas["level"] == level] if level else None


def _rules(study: Study) -> GapRules:
    """Return what makes one gap."""
    settings = study.analysis
    return GapRules(
        join_m=settings.gap_join_m,
        crossing_m=settings.gap_crossing_m,
        min_residents=settings.gap_min_residents,
        merge_m=settings.gap_merge_m,
    )


def study_barriers(inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the study's barriers, else the layers drawn behind the results that are some."""
    if len(inputs.barriers):
        return inputs.barriers
    shapes = {kind: inputs.background[kind] for kind in BARRIERS if kind in inputs.background}
    kinds = [kind for kind, layer in shapes.items() for _ in range(len(layer))]
    geometry = [shape for layer in shapes.values() for shape in layer]
    return gpd.GeoDataFrame({"kind": kinds}, geometry=geometry, crs=inputs.areas.crs)


def _plausible(study: Study, inputs: Inputs) -> Plausible:
    """Gather the variants of the ranking, each need under a name that says what it is made of."""
    thresholds = study.ranking.thresholds_m or study.analysis.thresholds_m
    if study.need is None or inputs.indicators is None:
        return Plausible(thresholds=thresholds)
    names = plausible_names(study.need)
    indices = plausible_needs(inputs.indicators, study.need)
    needs = [index.rename(name) for index, name in zip(indices, names, strict=True)]
    return Plausible(needs=needs, thresholds=thresholds)


def _finest(inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the planning areas."""
    return inputs.areas[inputs.areas["level"] == inputs.areas["level"].iloc[-1]]


def _age_groups(study: Study, inputs: Inputs) -> pd.DataFrame:
    """Return the age groups of each resident point, by its number."""
    groups = pd.DataFrame(inputs.residents[list(study.residents.age_groups)])
    return groups.reset_index(drop=True)


def _described(inputs: Inputs, gaps: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the area of the coarsest level in which a gap's main planning area lies."""
    areas = inputs.areas
    own = gaps["gap_id"].str.rsplit("-", n=1).str[0]
    levels = list(dict.fromkeys(areas["level"]))
    for level in reversed(levels[1:]):  # two levels may use the same ids
        part = areas[areas["level"] == level]
        own = own.map(part.set_index("area_id")["parent_id"])
    gaps.insert(4, "district_id", own.astype(object))
    return gaps


def _stacked(frames: Mapping[float, gpd.GeoDataFrame], chosen: float) -> gpd.GeoDataFrame:
    """Put the gaps of all thresholds into one table, with ids that are unique in it."""
    named = [
        frame if threshold == chosen else frame.assign(gap_id=frame["gap_id"] + f"@{threshold:g}")
        for threshold, frame in sorted(frames.items())
    ]
    crs = frames[chosen].crs
    return gpd.GeoDataFrame(pd.concat(named, ignore_index=True), geometry="geometry", crs=crs)


def _top_ranks(ranking: Ranking, ids: pd.Series) -> pd.DataFrame:
    """List the ranks of the gaps that some combination puts among the first ten."""
    top = ids[ranking.best[ids.index] <= TOP]
    made_of = ranking.combinations
    columns = ["gap_id", *made_of.columns, "priority", "rank"]
    frames = [
        made_of.assign(
            gap_id=gap_id, priority=ranking.priority[:, number], rank=ranking.rank[:, number]
        )
        for number, gap_id in top.sort_values().items()
    ]
    if not frames:
        return pd.DataFrame(columns=columns)
    return pd.concat(frames, ignore_index=True)[columns]


def _described_combinations(ranking: Ranking) -> dict[str, Any]:
    """Say what the ranks are taken over."""
    made_of = ranking.combinations
    return {
        "number": len(made_of),
        "spreadings": made_of["spreading"].drop_duplicates().tolist(),
        "thresholds_m": made_of["threshold_m"].drop_duplicates().tolist(),
        "needs": made_of["need"].drop_duplicates().tolist(),
    }
