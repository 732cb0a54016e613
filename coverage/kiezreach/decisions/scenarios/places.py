"""Places that the steps of a scenario name: coordinates, addresses and candidate sites."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from kiezreach.errors import InputError, shown
from kiezreach.network.snap import Snap, snap
from kiezreach.sources.areas import area_of_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kiezreach.decisions.scenarios.base import Base
    from kiezreach.decisions.scenarios.situation import Situation
    from kiezreach.study import Site

_FARTHEST_M = 2000.0  # from a snapped site to its street: beyond, a coordinate is wrong
_MAX_LINK_M = 2000.0  # a new way longer than this is a slip in a coordinate or in its length
_SAME_PLACE_M = 1.0  # coordinates are given to about this
_Degrees = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Spot:
    """A place in the network's CRS, where it stands on the network, and what it is called."""

    point: shapely.Point
    place: Snap
    address: str = ""
    name: str = ""


@dataclass(frozen=True, eq=False)
class Places:
    """Finds places, and refuses those that are none.

    Parameters
    ----------
    base
        The study as it is.
    """

    base: Base

    def point(self, at: _Degrees) -> shapely.Point:
        """Return a place in the network's CRS."""
        return self._projected([at])[0]

    def polygon(self, corners: Sequence[_Degrees]) -> shapely.Polygon:
        """Return a polygon in the network's CRS."""
        shape = shapely.Polygon(self._projected(corners))
        if not shape.is_valid or shape.area <= 0:
            msg = "the polygon is no area: its border crosses itself, or its corners are in line"
            raise InputError(msg, remedy="Give the corners in their order around the area")
        return shape

    def area(self, point: shapely.Point) -> str:
        """Return the id of the planning area that holds a place, empty for none."""
        return self._holding(point, -1)

    def district(self, point: shapely.Point) -> str:
        """Return the id of the area of the coarsest level that holds a place, empty for none."""
        return self._holding(point, 0)

    def site(self, here: Situation, asked: Site) -> Spot:
        """Return where a centre would stand, or say why it cannot."""
        address = name = ""
        if asked.candidate is not None:
            row = self._candidate(asked.candidate)
            point, address, name = row.geometry, row["address"], row["name"]
        elif asked.address is not None:
            book = self.base.inputs.address_book
            if book is None:
                msg = "the study has no table of addresses"
                raise InputError(msg, remedy="Add [addresses] to it, or give at = [lon, lat]")
            address, lonlat = book.find(asked.address)
            point = self.point((lonlat.x, lonlat.y))
        else:
            assert asked.at is not None
            point = self.point(asked.at)
        limit = _FARTHEST_M if asked.snapped else here.max_snap_m
        place = self._on_network(here, point, limit, "the place", asked.at)
        if asked.snapped:
            point = _on_street(here, place)
            place = Snap(place.edge, place.offset, np.zeros(1))
        return Spot(point, place, address, name)

    def way_end(self, here: Situation, at: _Degrees) -> Spot:
        """Return where a new way joins the network."""
        point = self.point(at)
        limit = here.reach.max_access_m
        place = self._on_network(here, point, limit, "an end of the link", at)
        return Spot(_on_street(here, place), place)

    def require_apart(self, one: Spot, other: Spot, length_m: float | None) -> None:
        """Refuse a way between one place, or across a length that no footbridge has."""
        straight = one.point.distance(other.point)
        if straight < _SAME_PLACE_M:
            msg = "the link leads from a place to the same place"
            raise InputError(msg, remedy="Give two ends at two places of the network")
        if straight > _MAX_LINK_M:
            msg = f"the ends are {straight / 1000:,.1f} km apart, farther than any footbridge"
            raise InputError(
                msg, remedy=f"Give ends within {_MAX_LINK_M / 1000:g} km of each other"
            )
        if length_m is not None and length_m > _MAX_LINK_M:
            msg = f"a length of {length_m / 1000:,.1f} km is more than any footbridge has"
            raise InputError(msg, remedy=f"Give at most {_MAX_LINK_M:g} m")

    def _on_network(
        self, here: Situation, point: shapely.Point, limit: float, what: str, at: _Degrees | None
    ) -> Snap:
        """Tie a place to the network, or say how far off it is."""
        place = snap(here.reach.net, shapely.get_coordinates(point), limit)
        if place.linked[0]:
            return place
        away = float(place.access[0])
        across = " on its side of the water" if away <= limit else ""
        off = f"{away / 1000:,.1f} km" if away >= 1000 else f"{away:.0f} m"  # noqa: PLR2004 - metres
        msg = f"{what} has no street within {limit:g} m{across}; the nearest is {off} off"
        remedy = "Give a place near a street"
        if what == "the place" and limit < _FARTHEST_M:
            remedy += ", or say snapped = true (--snapped) to put it on the nearest one"
        if at is not None and self._is_inside(self.point((at[1], at[0]))):
            remedy = f"Longitude and latitude look swapped: give [{at[1]:g}, {at[0]:g}]"
        raise InputError(msg, remedy=remedy)

    def _candidate(self, candidate_id: str) -> gpd.GeoSeries:
        """Return a candidate site."""
        candidates = self.base.inputs.candidates
        if candidate_id in candidates.index:
            return candidates.loc[candidate_id]
        msg = f"there is no candidate site '{shown(candidate_id)}'"
        if candidates.empty:
            raise InputError(msg, remedy="The study has none: add [candidates], or give at")
        close = difflib.get_close_matches(candidate_id, candidates.index.tolist(), n=1, cutoff=0.5)
        hint = ""
        if close:
            hint = f"Did you mean '{close[0]}' ({shown(candidates.loc[close[0], 'name'])})? "
        raise InputError(msg, remedy=f"{hint}The ids stand in the study's file of candidates")

    def _projected(self, places: Sequence[_Degrees]) -> list[shapely.Point]:
        """Return places in the network's CRS."""
        given = gpd.GeoSeries([shapely.Point(*place) for place in places], crs=4326)
        points = given.to_crs(self.base.inputs.network.crs).tolist()
        for place, point in zip(places, points, strict=True):
            if not np.isfinite(shapely.get_coordinates(point)).all():
                msg = f"{place[0]:g}, {place[1]:g} lies off the study's map"
                raise InputError(msg, remedy="Give longitude and latitude in decimal degrees")
        return points

    def _holding(self, point: shapely.Point, position: int) -> str:
        """Return the id of the area of a level that holds a place."""
        areas = self.base.inputs.areas
        level = areas[areas["level"] == areas["level"].iloc[position]]
        points = gpd.GeoSeries([point], crs=self.base.inputs.network.crs).to_crs(areas.crs)
        return str(area_of_points(points, level)[0])

    def _is_inside(self, point: shapely.Point) -> bool:
        """Whether some area of the study holds a place."""
        return bool(self.district(point))


def _on_street(here: Situation, place: Snap) -> shapely.Point:
    """Return where on its street a place is."""
    return here.reach.net.line(int(place.edge[0])).interpolate(float(place.offset[0]))
