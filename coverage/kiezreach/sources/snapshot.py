"""What a finished build found, as frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from kiezreach.errors import InputError
from kiezreach.sources.finished import FinishedBuild
from kiezreach.study import Study
from kiezreach.study.reading import read_values

_COUNTED = ("residents", "residents_served")
_CLASS_COLUMNS = ("profile", "case")


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What two builds are compared by.

    Parameters
    ----------
    study
        The settings.
    manifest
        The content of ``manifest.json``.
    coverage, by_group
        The tables ``coverage`` and ``coverage_by_group``: ids and names are text, thresholds and
        counts are numbers.
    centres, gaps, catchments
        Layers, in the CRS of the study.
    """

    study: Study
    manifest: dict[str, Any]
    coverage: pd.DataFrame
    by_group: pd.DataFrame
    centres: gpd.GeoDataFrame
    gaps: gpd.GeoDataFrame
    catchments: gpd.GeoDataFrame

    @property
    def inputs(self) -> pd.DataFrame:
        """The inputs as the manifest lists them."""
        return pd.DataFrame(self.manifest["inputs"])


@dataclass(frozen=True, eq=False)
class SnapshotGround:
    """What lies under a map of a finished build.

    Parameters
    ----------
    areas
        Areas of every level, with their ``level``.
    inhabited
        Where residents live.
    """

    areas: gpd.GeoDataFrame
    inhabited: gpd.GeoDataFrame


def read_snapshot(build: FinishedBuild) -> Snapshot:
    """Read what a finished build found.

    Parameters
    ----------
    build
        The build.

    Returns
    -------
    Snapshot

    Raises
    ------
    InputError
        If a table or a layer is missing or damaged, or the build is of another version of
        kiezreach, whose study this one does not know.
    """
    study = read_values(build.manifest["study"], Study, str(build.folder / "manifest.json"))
    return Snapshot(
        study=study,
        manifest=build.manifest,
        coverage=_counted(build, "coverage", ["level", "area_id", "area_name"]),
        by_group=_counted(
            build,
            "coverage_by_group",
            ["level", "area_id", "breakdown", "group", *_CLASS_COLUMNS],
        ),
        centres=_layer(build, "centres", "centre_id", "name", "linked", "residents_nearest"),
        gaps=_layer(build, "gaps", "gap_id", "name", "rank", "residents"),
        catchments=_layer(build, "catchments", "threshold_m"),
    )


def read_snapshot_ground(build: FinishedBuild, study: Study) -> SnapshotGround:
    """Read the layers that lie under a map.

    Raises
    ------
    InputError
        As for `read_snapshot`.
    """
    levels = [
        _layer(build, level.id, "area_id", "name").assign(level=level.id)
        for level in study.areas.levels
    ]
    areas = gpd.GeoDataFrame(pd.concat(levels, ignore_index=True), crs=levels[0].crs)
    return SnapshotGround(areas=areas, inhabited=build.layer("inhabited"))


def _counted(build: FinishedBuild, name: str, texts: list[str]) -> pd.DataFrame:
    """Return thresholds and counts of a table as numbers, and some of its texts."""
    table = build.table(name)
    path = build.folder / f"tables/{name}.csv"
    try:
        numbers = {c: pd.to_numeric(table[c]) for c in ("threshold_m", *_COUNTED)}
        return table[texts].assign(**numbers)
    except (KeyError, ValueError) as error:
        msg = f"a column or a number is not as kiezreach build writes it ({error})"
        raise InputError(msg, file=path, remedy="Build it again") from error


def _layer(build: FinishedBuild, name: str, *columns: str) -> gpd.GeoDataFrame:
    """Return a layer that has some columns."""
    layer = build.layer(name)
    if missing := [column for column in columns if column not in layer]:
        msg = f"the column '{missing[0]}' is missing"
        path = build.folder / "layers.gpkg"
        raise InputError(msg, file=path, row=f"layer {name}", remedy="Build it again")
    return layer
