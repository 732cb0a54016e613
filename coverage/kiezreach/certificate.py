"""Proof that drawn catchments say the same as the point rule that counts residents."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.network.snap import Snap, snap

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.reach import Reach

MIN_AGREEMENT = 0.99  # below this a build warns
MARGIN_M = 300.0  # how far outside a catchment points are tried
# Steps of the R2 sequence (M. Roberts, 2018): the inverse powers of the plastic number. Its points
# fill a square evenly for any number of them, and are the same on every run.
_R2 = np.array([0.7548776662466927, 0.5698402909980532])
_TRIES = 512  # times n points of the sequence: a catchment that is missed by all is tiny
_BATCH = 8  # times n points at once


@dataclass(frozen=True)
class Agreement:
    """How well polygons and point rule agree.

    Parameters
    ----------
    threshold_m
        Walking distance of the catchments.
    points
        Points compared, half of them inside.
    agreement
        Share of points on which both say the same, 0 to 1.
    largest_disagreement_m
        Largest distance from a point of disagreement to the polygon's border; 0 if there is none.
    """

    threshold_m: float
    points: int
    agreement: float
    largest_disagreement_m: float

    def as_dict(self) -> dict[str, float]:
        """Return the fields, rounded for the manifest."""
        return {key: round(value, 6) for key, value in asdict(self).items()}


def certify(reach: Reach, catchments: gpd.GeoDataFrame, n: int = 2000) -> list[Agreement]:
    """Compare catchments with the point rule at evenly spread points.

    Parameters
    ----------
    reach
        The walking distances that the catchments were drawn from.
    catchments
        ``threshold_m`` and ``geometry``, as `kiezreach.catchments` returns them.
    n
        Points inside and as many outside (within 300 m) of each catchment; fewer where a
        catchment is so small that they are not found.

    Returns
    -------
    list of Agreement
        One for each catchment that is not empty.
    """
    found = []
    for threshold, shape in zip(catchments["threshold_m"], catchments.geometry, strict=True):
        if shape.is_empty:
            continue
        shapely.prepare(shape)
        xy, inside = _sample(shape, n)
        place: Snap = snap(reach.net, xy, reach.max_access_m)
        differs = (reach.at(place)[0] <= threshold) != inside
        off = shapely.distance(shapely.boundary(shape), shapely.points(xy[differs]))
        found.append(
            Agreement(
                float(threshold),
                len(xy),
                1.0 - float(differs.mean()),
                float(off.max(initial=0.0)),
            )
        )
    return found


def combine(parts: list[Agreement]) -> list[Agreement]:
    """Put the agreements of many catchments together, one for each threshold.

    Parameters
    ----------
    parts
        Agreements of single catchments.

    Returns
    -------
    list of Agreement
        By rising threshold.
    """
    found = []
    for threshold in sorted({part.threshold_m for part in parts}):
        own = [part for part in parts if part.threshold_m == threshold]
        points = sum(part.points for part in own)
        agreed = sum(part.points * part.agreement for part in own)
        worst = max(part.largest_disagreement_m for part in own)
        found.append(Agreement(threshold, points, agreed / points, worst))
    return found


def _sample(
    shape: shapely.Geometry, n: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Take the first n points of the sequence inside a shape, and the first n near it."""
    x0, y0, x1, y1 = shape.bounds
    low = np.array([x0, y0]) - MARGIN_M
    size = np.array([x1, y1]) + MARGIN_M - low
    taken: dict[bool, list[npt.NDArray[np.float64]]] = {True: [], False: []}
    for first in range(0, _TRIES * n, _BATCH * n):
        k = np.arange(first + 1, first + _BATCH * n + 1)[:, None]
        xy = low + (0.5 + k * _R2) % 1.0 * size
        inside = shapely.contains_xy(shape, xy[:, 0], xy[:, 1])
        near = xy[~inside]
        if sum(map(len, taken[False])) < n:
            near = near[shapely.dwithin(shape, shapely.points(near), MARGIN_M)]
            taken[False].append(near)
        taken[True].append(xy[inside])
        if min(sum(map(len, taken[side])) for side in (True, False)) >= n:
            break
    within, outside = (np.concatenate(taken[side])[:n] for side in (True, False))
    return np.concatenate([within, outside]), np.arange(len(within) + len(outside)) < len(within)
