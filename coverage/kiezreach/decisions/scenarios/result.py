"""The difference that a scenario makes: who gains access, who loses it, and how far they walk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.coverage import AreaLevel, weighted_quantile
from kiezreach.criticality import ALL
from kiezreach.decisions.scenarios.base import Base, summed
from kiezreach.groups import AGE_GROUP

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from kiezreach.decisions.scenarios.situation import Situation
    from kiezreach.decisions.scenarios.steps import Change

COLUMNS = (
    "scenario", "level", "area_id", "area_name", "breakdown", "group", "threshold_m", "residents",
    "residents_served_before", "residents_served_after", "gained", "lost",
)  # fmt: skip
_POINT_COLUMNS = (
    "point_id", "planning_area_id", "threshold_m", "residents", "distance_before_m",
    "distance_after_m", "centre_before", "centre_after",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class ScenarioResult:
    """What a scenario changes.

    Parameters
    ----------
    name
        Name of the scenario.
    changes
        What each step did.
    situation
        Centres, residents and walks afterwards.
    table
        `COLUMNS`: residents served before and after per level, area, group and threshold. The
        city has all rows, other areas only where something changes in them; planning areas have
        none by class. ``residents`` are those after the changes; ``gained`` are served after and
        not before, people who move in among them; ``lost`` the other way round.
    gained, lost
        A point and threshold per row, for the points whose residents gain or lose access:
        ``point_id``, ``planning_area_id``, ``threshold_m``, ``residents``,
        ``distance_before_m`` and ``distance_after_m`` (NaN where no centre is reached),
        ``centre_before`` and ``centre_after`` (ids, empty for none).
    walks
        A row per threshold: ``threshold_m``, ``residents_gained``, ``residents_lost``; of those
        who lose: ``before_median_m``, ``after_median_m``, ``after_p90_m`` (NaN where nobody
        loses, or where it is unknown) and ``no_centre`` (residents who reach none any more).
    longer, shorter
        Residents whose walk grows or shrinks by more than a tenth of a micrometre, and by how
        many metres on average; those with a walk both before and after.
    closures
        A row per centre of the base that is gone or stands elsewhere: ``centre_id``, ``name``,
        ``residents_nearest`` (before), ``extra_walk_mean_m``, ``next_distance_median_m``,
        ``next_centre_id``, ``next_centre_name``, as in `kiezreach.criticality`.
    new_gaps
        Of `kiezreach.decisions.scenarios.new_gaps`; None where they were not asked for.
    accessibility
        Of `kiezreach.decisions.scenarios.competition`; None likewise.
    """

    name: str
    changes: tuple[Change, ...]
    situation: Situation
    table: pd.DataFrame
    gained: gpd.GeoDataFrame
    lost: gpd.GeoDataFrame
    walks: pd.DataFrame
    longer: tuple[int, float]
    shorter: tuple[int, float]
    closures: pd.DataFrame
    new_gaps: gpd.GeoDataFrame | None = None
    accessibility: pd.DataFrame | None = None


def compare(
    base: Base, situation: Situation, name: str, changes: Sequence[Change]
) -> ScenarioResult:
    """Compare a changed situation with the base.

    Parameters
    ----------
    base
        What is.
    situation
        What would be, made from the base's situation by changes.
    name
        Name of the scenario.
    changes
        What each step did.

    Returns
    -------
    ScenarioResult
    """
    now, then = base.situation, situation
    new = len(then.residents) - len(now.residents)
    before = np.append(now.walk, np.full(new, np.inf))
    count = then.residents["residents"].to_numpy(dtype=np.int64)
    both = np.isfinite(before) & np.isfinite(then.walk)
    step = np.subtract(then.walk, before, out=np.zeros(len(before)), where=both)
    return ScenarioResult(
        name=name,
        changes=tuple(changes),
        situation=then,
        table=_table(base, then, before, name),
        gained=_points(base, then, before, gain=True),
        lost=_points(base, then, before, gain=False),
        walks=_walks(base.thresholds, before, then.walk, count),
        longer=_mean_change(step, count, step > 0),
        shorter=_mean_change(-step, count, step < 0),
        closures=_closures(base, then),
    )


def _table(base: Base, then: Situation, before: npt.NDArray[np.float64], name: str) -> pd.DataFrame:
    """Count served residents before and after, from the base and the points that change."""
    start = len(base.situation.walk)
    newcomers = then.residents.iloc[start:]
    added = base.people_of(newcomers)
    changed = np.flatnonzero(_any_change(base.thresholds, before[:start], then.walk[:start]))
    people = np.vstack([base.people[changed], added])
    at = np.append(changed, np.arange(start, len(before)))
    frames = []
    for level, more in zip(base.levels, base.levels_of(newcomers), strict=True):
        here = AreaLevel(
            level.name,
            level.area_id,
            level.area_name,
            np.append(level.area_of[changed], more.area_of),
        )
        total = base.residents[level.name] + summed(more, added)
        gained, lost = (
            np.stack([summed(here, people * mask[:, None]) for mask in masks])
            for masks in _changes(base.thresholds, before[at], then.walk[at])
        )
        served = np.stack(base.served[level.name])
        moved = gained.any(axis=(0, 2)) | lost.any(axis=(0, 2)) | summed(more, added).any(axis=1)
        shown = np.flatnonzero(moved | (level is base.levels[0]))
        by_class = level is not base.levels[-1]
        frames.append(_rows(base, level, shown, (total, served, gained, lost), by_class=by_class))
    table = pd.concat(frames, ignore_index=True)
    return table.assign(scenario=name)[list(COLUMNS)]


def _rows(
    base: Base,
    level: AreaLevel,
    shown: npt.NDArray[np.int64],
    counts: tuple[npt.NDArray[np.int64], ...],
    *,
    by_class: bool,
) -> pd.DataFrame:
    """Write the counts of some areas as rows: by area, group and threshold."""
    total, served, gained, lost = counts
    kept = [k for k, (kind, _) in enumerate(base.groups) if by_class or kind in (ALL, AGE_GROUP)]
    area, group, step = (
        grid.ravel()
        for grid in np.meshgrid(shown, kept, range(len(base.thresholds)), indexing="ij")
    )
    there = total[area, group] > 0
    area, group, step = area[there], group[there], step[there]
    names = np.array(base.groups, dtype=object).reshape(-1, 2)
    at = (step, area, group)
    return pd.DataFrame(
        {
            "level": level.name,
            "area_id": level.area_id[area],
            "area_name": level.area_name[area],
            "breakdown": names[group, 0],
            "group": names[group, 1],
            "threshold_m": np.asarray(base.thresholds, dtype=float)[step],
            "residents": total[area, group],
            "residents_served_before": served[at],
            "residents_served_after": served[at] + gained[at] - lost[at],
            "gained": gained[at],
            "lost": lost[at],
        }
    )


def _changes(
    thresholds: Sequence[float], before: npt.NDArray[np.float64], after: npt.NDArray[np.float64]
) -> tuple[list[npt.NDArray[np.bool_]], list[npt.NDArray[np.bool_]]]:
    """Return for each threshold which points gain access, and which lose it."""
    gained = [(after <= t) & (before > t) for t in thresholds]
    lost = [(before <= t) & (after > t) for t in thresholds]
    return gained, lost


def _any_change(
    thresholds: Sequence[float], before: npt.NDArray[np.float64], after: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Return which points gain or lose access at any threshold."""
    gained, lost = _changes(thresholds, before, after)
    return np.any([*gained, *lost], axis=0)


def _points(
    base: Base, then: Situation, before: npt.NDArray[np.float64], *, gain: bool
) -> gpd.GeoDataFrame:
    """List the points that gain or lose access, threshold by threshold."""
    was = np.append(base.situation.nearest_id, [""] * (len(before) - len(base.situation.walk)))
    gained, lost = _changes(base.thresholds, before, then.walk)
    frames = []
    for threshold, change in zip(base.thresholds, gained if gain else lost, strict=True):
        at = np.flatnonzero(change)
        rows = then.residents.iloc[at]
        frame = gpd.GeoDataFrame(
            {
                "point_id": rows.index.to_numpy(dtype=object),
                "planning_area_id": rows["planning_area_id"].to_numpy(dtype=object),
                "threshold_m": float(threshold),
                "residents": rows["residents"].to_numpy(dtype=np.int64),
                "distance_before_m": _known(before[at]),
                "distance_after_m": _known(then.walk[at]),
                "centre_before": was[at],
                "centre_after": then.nearest_id[at],
            },
            geometry=rows.geometry.to_numpy(),
            crs=then.residents.crs,
        )
        frames.append(frame)
    table = pd.concat(frames, ignore_index=True)
    return gpd.GeoDataFrame(table[[*_POINT_COLUMNS, "geometry"]], crs=then.residents.crs)


def _known(walk: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return walks, NaN where no centre is reached."""
    return np.where(np.isfinite(walk), walk, np.nan)


def _walks(
    thresholds: Sequence[float],
    before: npt.NDArray[np.float64],
    after: npt.NDArray[np.float64],
    count: npt.NDArray[np.int64],
) -> pd.DataFrame:
    """Say how far those walk who lose access, before and after."""
    rows = []
    for threshold, gain, loss in zip(thresholds, *_changes(thresholds, before, after), strict=True):
        weight = count[loss]
        quantile = {
            name: weighted_quantile(np.zeros(loss.sum(), dtype=np.int64), walk[loss], weight, 1, q)[
                0
            ]
            for name, walk, q in (
                ("before_median_m", before, 0.5),
                ("after_median_m", after, 0.5),
                ("after_p90_m", after, 0.9),
            )
        }
        nowhere = int(count[loss & np.isinf(after)].sum())
        head = {"threshold_m": float(threshold), "residents_gained": int(count[gain].sum())}
        rows.append({**head, "residents_lost": int(weight.sum()), **quantile, "no_centre": nowhere})
    return pd.DataFrame(rows)


def _mean_change(
    step: npt.NDArray[np.float64], count: npt.NDArray[np.int64], some: npt.NDArray[np.bool_]
) -> tuple[int, float]:
    """Return how many residents a change of walks concerns, and its mean in metres."""
    people = int(count[some].sum())
    return people, float((step[some] * count[some]).sum() / people) if people else 0.0


def _closures(base: Base, then: Situation) -> pd.DataFrame:
    """Say what becomes of the people of each centre that is gone or stands elsewhere."""
    now = base.situation
    kept = then.centres.geometry.reindex(now.centres.index)
    away = ~now.centres.geometry.geom_equals(kept)
    walk, ids = then.walk[: len(now.walk)], then.nearest_id[: len(now.walk)]
    count = now.residents["residents"].to_numpy(dtype=np.int64)
    rows = []
    for centre_id in now.centres.index[away]:
        own = (now.nearest_id == centre_id) & (count > 0)
        known = own & np.isfinite(walk)
        weight = count[known]
        moved = pd.Series(weight).groupby(ids[known]).sum()
        other = "" if moved.empty else str(moved.index[moved.to_numpy().argmax()])
        extra = walk[known] - now.walk[known]
        code = np.zeros(int(own.sum()), dtype=np.int64)
        rows.append(
            {
                "centre_id": centre_id,
                "name": now.centres.loc[centre_id, "name"],
                "residents_nearest": int(count[own].sum()),
                "extra_walk_mean_m": np.average(extra, weights=weight) if len(extra) else np.nan,
                "next_distance_median_m": weighted_quantile(code, walk[own], count[own], 1, 0.5)[0],
                "next_centre_id": other,
                "next_centre_name": then.centres["name"].get(other, ""),
            }
        )
    columns = [
        "centre_id", "name", "residents_nearest", "extra_walk_mean_m", "next_distance_median_m",
        "next_centre_id", "next_centre_name",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
