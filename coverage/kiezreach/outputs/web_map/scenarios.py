"""What scenarios change: residents who gain or lose a centre within reach, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from kiezreach.criticality import ALL
from kiezreach.outputs.web_map.shapes import Rings, in_degrees, polygons_on_page
from kiezreach.outputs.web_map.values import place, text

if TYPE_CHECKING:
    import pandas as pd

    from kiezreach.analysis import Analysis

_AROUND_HOME_M = 40.0  # ground that is drawn around the homes of those who gain or lose
_TOLERANCE_M = 5.0


def scenarios(analysis: Analysis, thresholds: list[float], command: str) -> list[dict[str, Any]]:
    """List the scenarios of a study, in its order; none where it has none.

    Parameters
    ----------
    analysis
        What was found.
    thresholds
        Walking distances in metres, rising.
    command
        The command that makes the tables of the build.
    """
    return [
        {
            "name": text(name) or str(k + 1),
            "areas": _changes(result.table, thresholds),
            "opened": _places(result.situation.centres, analysis.centres),
            "closed": _places(analysis.centres, result.situation.centres),
            "gained": _where(result.gained, thresholds),
            "lost": _where(result.lost, thresholds),
            "table": "tables/scenarios.csv",
            "command": command,
        }
        for k, (name, result) in enumerate(analysis.scenarios.items())
    ]


def _changes(
    table: pd.DataFrame, thresholds: list[float]
) -> dict[str, dict[str, dict[str, list[int]]]]:
    """Return residents gained and lost by level and area, thresholds rising."""
    rows = table[(table["breakdown"] == ALL) & table["threshold_m"].isin(thresholds)]
    rows = rows.sort_values(["level", "area_id", "threshold_m"])
    found: dict[str, dict[str, dict[str, list[int]]]] = {}
    for (level, area_id), own in rows.groupby(["level", "area_id"], sort=True):
        figures = {name: [int(n) for n in own[name]] for name in ("gained", "lost")}
        found.setdefault(str(level), {})[str(area_id)] = figures
    return found


def _places(some: gpd.GeoDataFrame, others: gpd.GeoDataFrame) -> list[list[float]]:
    """Return the places of centres that are not, or not there, among others."""
    there = others.geometry.reindex(some.index)
    new = some.geometry[~shapely.equals(some.geometry.to_numpy(), there.to_numpy())]
    return [place(point) for point in in_degrees(new.sort_index())]


def _where(homes: gpd.GeoDataFrame, thresholds: list[float]) -> list[Rings]:
    """Draw the ground around homes as one shape per threshold."""
    shapes = [_ground(homes.geometry[homes["threshold_m"] == t]) for t in thresholds]
    return polygons_on_page(gpd.GeoSeries(shapes, crs=homes.crs), _TOLERANCE_M)


def _ground(points: gpd.GeoSeries) -> shapely.Geometry:
    """Return the ground around points."""
    discs = shapely.buffer(points.to_numpy(), _AROUND_HOME_M, quad_segs=3)
    return shapely.union_all(np.asarray(discs))
