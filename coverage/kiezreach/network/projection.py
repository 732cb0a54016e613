"""Coordinate reference systems in metres, and the conversion of bare coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj

from kiezreach.errors import InputError
from kiezreach.lonlat import bounds_of, utm_zone

if TYPE_CHECKING:
    import numpy.typing as npt

LONLAT = "EPSG:4326"


def utm_crs(lonlat: npt.NDArray[np.float64]) -> pyproj.CRS:
    """Return the UTM zone in the middle of coordinates in degrees, shape (n, 2)."""
    return utm_zone(bounds_of(lonlat))


def is_metric(crs: pyproj.CRS) -> bool:
    """Return whether both axes of a CRS are metres in a plane."""
    return crs.is_projected and all(axis.unit_name in ("metre", "meter") for axis in crs.axis_info)


def metric_crs(crs: object) -> pyproj.CRS:
    """Return a CRS that lengths can be measured in.

    Raises
    ------
    InputError
        If it is not known or not in metres.
    """
    remedy = "Give a projected CRS in metres, for example EPSG:25833 for Berlin"
    try:
        parsed = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        msg = f"'{crs}' is not a known CRS"
        raise InputError(msg, remedy=remedy) from error
    if not is_metric(parsed):
        msg = f"the CRS {parsed.to_string()} is not in metres"
        raise InputError(msg, remedy=remedy)
    return parsed


def projected(
    xy: npt.NDArray[np.float64], source: pyproj.CRS, target: pyproj.CRS
) -> npt.NDArray[np.float64]:
    """Return coordinates, shape (n, 2), in another CRS; inf where it cannot be used.

    They are rounded to 6 decimals where the CRS is in metres: versions of PROJ differ in the last
    digits of what they compute.
    """
    if source == target:
        return xy
    transformer = pyproj.Transformer.from_crs(source, target, always_xy=True)
    moved = np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    return np.round(moved, 6) if is_metric(target) else moved
