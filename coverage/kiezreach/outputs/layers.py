"""Layers of a build: every shape that it found, with its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from kiezreach.outputs.tables import centre_table, gap_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kiezreach.analysis import Analysis
    from kiezreach.decisions.scenarios import ScenarioResult
    from kiezreach.inputs import Inputs
    from kiezreach.study import Study


def layers(study: Study, inputs: Inputs, analysis: Analysis) -> dict[str, gpd.GeoDataFrame]:
    """Return every layer by name, in the order in which a map stacks them, bottom first."""
    wide = _wide_coverage(analysis.coverage)
    found: dict[str, gpd.GeoDataFrame] = {"inhabited": inputs.inhabited}
    for level in reversed(study.areas.levels):
        areas = inputs.areas[inputs.areas["level"] == level.id].drop(columns="level")
        areas = areas.merge(wide.loc[level.id], left_on="area_id", right_index=True)
        if analysis.need is not None and level == study.areas.levels[-1]:
            areas = areas.merge(
                analysis.need[["need"]], left_on="area_id", right_index=True, how="left"
            )
        found[level.id] = areas
    if analysis.barrier_mode is not None:
        found["barrier_mode"] = analysis.barrier_mode
    by_threshold = analysis.gaps_by_threshold
    if len(analysis.candidates):
        found["candidates"] = analysis.candidates.drop(columns="row").reset_index()
    return found | {
        "service_areas": analysis.service_areas,
        "centre_catchments": analysis.centre_catchments,
        "catchments": analysis.catchments.iloc[::-1],
        "gaps_by_threshold": gpd.GeoDataFrame(
            gap_table(by_threshold), geometry=by_threshold.geometry
        ),
        "gaps": gpd.GeoDataFrame(gap_table(analysis.gaps), geometry=analysis.gaps.geometry),
        "residents": analysis.residents.drop(columns="row").reset_index(),
        **_decisions(analysis),
        **scenario_differences(analysis.scenarios),
        "centres": _centres(study, inputs, analysis),
    }


def _decisions(analysis: Analysis) -> dict[str, gpd.GeoDataFrame]:
    """Return what could be built, where the study asks: new links and sites."""
    sites = None if analysis.proposals is None else analysis.proposals.sites
    asked = {"missing_links": analysis.missing_links, "proposals": sites}
    return {name: frame for name, frame in asked.items() if frame is not None}


def scenario_differences(scenarios: Mapping[str, ScenarioResult]) -> dict[str, gpd.GeoDataFrame]:
    """Return who gains and loses access, and in which gaps, by the name of the layer.

    Parameters
    ----------
    scenarios
        Results by the names of their scenarios.

    Returns
    -------
    dict
        ``new_gaps`` (where they were asked for), ``gained`` and ``lost``, each with a column
        ``scenario``; nothing where there is no scenario.
    """
    found: dict[str, list[gpd.GeoDataFrame]] = {"new_gaps": [], "gained": [], "lost": []}
    for name, result in scenarios.items():
        for layer, frames in found.items():
            frame = getattr(result, layer)
            if frame is not None:
                frames.append(frame.assign(scenario=name))
    return {
        layer: gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)
        for layer, frames in found.items()
        if frames
    }


def _centres(study: Study, inputs: Inputs, analysis: Analysis) -> gpd.GeoDataFrame:
    """Return the centres with whom they serve and what their residents would have without them."""
    table = centre_table(analysis.centres).set_index("centre_id")
    known = ["address", "wheelchair", "source", "source_date", "note", "floor_space_m2"]
    table = table.join(inputs.centres[known])
    closed = analysis.criticality
    closed = closed[
        (closed["breakdown"] == "all") & (closed["threshold_m"] == study.analysis.gap_threshold_m)
    ].set_index("centre_id")
    table = table.join(
        closed[
            ["extra_walk_mean_m", "next_distance_median_m", "next_centre_id", "next_centre_name"]
        ]
    )
    return gpd.GeoDataFrame(
        table.reset_index(),
        geometry=analysis.centres.geometry.to_numpy(),
        crs=analysis.centres.crs,
    )


def _wide_coverage(coverage: pd.DataFrame) -> pd.DataFrame:
    """Put the thresholds side by side, one row per level and area."""
    fixed = coverage.drop_duplicates(["level", "area_id"]).set_index(["level", "area_id"])
    wide = coverage.pivot_table(
        index=["level", "area_id"],
        columns="threshold_m",
        values=["residents_served", "share_served", "share_low", "share_high"],
        dropna=False,
    )
    wide.columns = [f"{name}_{threshold:g}" for name, threshold in wide.columns]
    columns = ["residents", "median_distance_m", "p90_distance_m", "unlinked"]
    return fixed[columns].join(wide)
