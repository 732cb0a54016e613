"""Resident points as gaps need them: who lives where, in which zone, and how far they walk."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from kiezreach.sources.areas import area_of_points

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.network.snap import Snap
    from kiezreach.reach import Reach


@dataclass(frozen=True, eq=False)
class Homes:
    """Resident points on the network; all arrays have shape (n,).

    Parameters
    ----------
    points
        In the network's CRS.
    residents
        How many live at each.
    area
        Id of the planning area, empty where unknown.
    zone
        Id of the zone at whose borders gaps end, empty where there is none.
    place
        Where each stands on the network.
    distance
        Walk to the nearest centre in metres, inf where none is reached.
    centre
        Position of that centre, -1 where none is reached.
    """

    points: npt.NDArray[np.object_]
    residents: npt.NDArray[np.int64]
    area: npt.NDArray[np.object_]
    zone: npt.NDArray[np.object_]
    place: Snap
    distance: npt.NDArray[np.float64]
    centre: npt.NDArray[np.int64]

    @classmethod
    def of(cls, residents: gpd.GeoDataFrame, reach: Reach, zones: gpd.GeoDataFrame | None) -> Homes:
        """Place residents on the network.

        Parameters
        ----------
        residents
            Points with ``residents``; optionally ``planning_area_id``.
        reach
            Walking distances.
        zones
            Areas with ``area_id``, or None.
        """
        points = residents.geometry.to_crs(reach.net.crs)
        place = reach.snap(residents)
        distance, centre = reach.at(place)
        blank = np.full(len(residents), "", dtype=object)
        known = "planning_area_id" in residents
        return cls(
            points=points.to_numpy(),
            residents=residents["residents"].to_numpy(dtype=np.int64),
            area=residents["planning_area_id"].to_numpy(dtype=object) if known else blank,
            zone=zone_of(points.to_numpy(), zones, reach.net.crs),
            place=place,
            distance=distance,
            centre=centre,
        )

    def counting(self, areas: Collection[str]) -> Homes:
        """Return the same points, with nobody where the planning area is not among these."""
        counted = np.isin(self.area, list(areas))
        return replace(self, residents=np.where(counted, self.residents, 0))

    def unserved(self, threshold: float) -> npt.NDArray[np.int64]:
        """Return the positions of the points where somebody lives beyond a threshold."""
        return np.flatnonzero((self.distance > threshold) & (self.residents > 0))


def zone_of(
    points: npt.NDArray[np.object_], zones: gpd.GeoDataFrame | None, crs: str
) -> npt.NDArray[np.object_]:
    """Return the id of the zone that holds each point, empty for none."""
    if zones is None:
        return np.full(len(points), "", dtype=object)
    return area_of_points(gpd.GeoSeries(points, crs=crs), zones.to_crs(crs))
