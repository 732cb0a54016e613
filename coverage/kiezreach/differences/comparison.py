"""Two builds side by side: inputs, settings, coverage, centres and gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from kiezreach.differences.centres import centre_changes
from kiezreach.differences.coverage import GROUP_KEY, coverage_changes
from kiezreach.differences.gaps import gap_changes
from kiezreach.differences.settings import differing_values

if TYPE_CHECKING:
    from kiezreach.sources.snapshot import Snapshot

Change = tuple[str, object, object]  # path, earlier value, later value


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs between an earlier and a later build.

    Parameters
    ----------
    before, after
        The two builds.
    inputs
        ``file``, ``roles``, ``state`` (``new``, ``gone``, ``changed``), ``vintage_before``,
        ``vintage_after`` of each input file that is not the same.
    settings, versions
        What differs in the study, and in tool, libraries and walk rules.
    coverage, by_group
        As `kiezreach.differences.coverage.coverage_changes` has them.
    centres
        As `kiezreach.differences.centres.centre_changes` has them.
    gaps
        As `kiezreach.differences.gaps.gap_changes` has them.
    """

    before: Snapshot
    after: Snapshot
    inputs: pd.DataFrame
    settings: tuple[Change, ...]
    versions: tuple[Change, ...]
    coverage: pd.DataFrame
    by_group: pd.DataFrame
    centres: pd.DataFrame
    gaps: pd.DataFrame

    @property
    def threshold_m(self) -> float:
        """The gap threshold of the later build, in metres."""
        return self.after.study.analysis.gap_threshold_m


def compare(before: Snapshot, after: Snapshot) -> Comparison:
    """Compare two builds.

    Parameters
    ----------
    before, after
        The earlier and the later build; they may be of different places, which then have nothing
        in common.

    Returns
    -------
    Comparison
    """
    then, now = before.manifest, after.manifest
    crs = after.gaps.crs
    settings = differing_values(then["study"], now["study"])
    parts = ("kiezreach", "libraries", "walk_rules")
    return Comparison(
        before=before,
        after=after,
        inputs=_input_changes(before.inputs, after.inputs),
        settings=tuple(settings),
        versions=tuple(
            change for p in parts for change in differing_values(then.get(p), now.get(p), p)
        ),
        coverage=coverage_changes(before.coverage, after.coverage),
        by_group=coverage_changes(before.by_group, after.by_group, GROUP_KEY),
        centres=centre_changes(before.centres.to_crs(crs), after.centres.to_crs(crs)),
        gaps=gap_changes(before.gaps.to_crs(crs), after.gaps),
    )


def changed_ground(
    comparison: Comparison, inhabited: gpd.GeoDataFrame
) -> tuple[shapely.Geometry, shapely.Geometry, shapely.Geometry]:
    """Return the inhabited ground that gained, lost and kept access at the gap threshold.

    Parameters
    ----------
    comparison
        Two builds.
    inhabited
        Where residents live, in the CRS of the later build.
    """
    crs = comparison.after.catchments.crs
    first, second = (
        _catchment(side.catchments.to_crs(crs), comparison.threshold_m)
        for side in (comparison.before, comparison.after)
    )
    ground = inhabited.to_crs(crs).geometry.to_numpy()
    return (
        _within(ground, shapely.difference(second, first)),
        _within(ground, shapely.difference(first, second)),
        _within(ground, shapely.intersection(first, second)),
    )


def _catchment(catchments: gpd.GeoDataFrame, threshold: float) -> shapely.Geometry:
    """Return the ground within a threshold."""
    return shapely.union_all(catchments.geometry[catchments["threshold_m"] == threshold])


def _within(ground: object, region: shapely.Geometry) -> shapely.Geometry:
    """Return the part of inhabited ground in a region."""
    shapely.prepare(region)
    touched = ground[shapely.intersects(region, ground)]  # type: ignore[index]
    return shapely.union_all(shapely.intersection(touched, region))


def _input_changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """List the input files that came, went or changed; one that has several roles once."""
    was, is_now = (_by_file(frame) for frame in (before, after))
    rows = []
    for file in dict.fromkeys([*is_now, *was]):
        old, new = was.get(file), is_now.get(file)
        if old is not None and new is not None and old["sha256"] == new["sha256"]:
            continue
        known = new or old or {}
        rows.append(
            {
                "file": file,
                "roles": known["roles"],
                "state": "new" if old is None else "gone" if new is None else "changed",
                "vintage_before": "" if old is None else old["vintage"],
                "vintage_after": "" if new is None else new["vintage"],
            }
        )
    columns = ["file", "roles", "state", "vintage_before", "vintage_after"]
    return pd.DataFrame(rows, columns=columns)


def _by_file(inputs: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return hash, vintage and roles of each input file."""
    return {
        str(file): {
            "sha256": rows["sha256"].iloc[0],
            "vintage": str(rows["vintage"].iloc[0]) if "vintage" in rows else "",
            "roles": ", ".join(dict.fromkeys(rows["role"])) if "role" in rows else "",
        }
        for file, rows in inputs.groupby("file", sort=False)
    }
