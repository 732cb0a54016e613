"""One walk in words, as GeoJSON and for machines."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from kiezreach.lonlat import cut_at_antimeridian, to_lonlat
from kiezreach.outputs.texts import Texts
from kiezreach.reach.route import bearing

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.reach import Explanation, Reach, Route, Stretch
    from kiezreach.study import Study

_BEND_M = 40.0  # without street names, bends smaller than a street is wide are not told
_MIN_SHARE = 0.15  # of the way: an area that the way only touches is not named
_DIRECTIONS = 8
_DEGREES_DECIMALS = 7  # a centimetre, as in OpenStreetMap
# Kinds of ways that walkers recognise, the most telling first.
_KINDS = ("elevator", "steps", "bridge", "tunnel", "indoor", "square", "carriageway")
_ALSO = {"listed_bridge": "bridge"}


class Account:
    """What is told about one walk.

    Parameters
    ----------
    study
        The study: language, thresholds, limits and speed.
    areas, centres
        As the readers of those names return them.
    reach
        The walking distances that were explained.
    found
        The explanation.
    chosen
        Whether the centre was chosen, rather than the nearest.
    """

    def __init__(
        self,
        study: Study,
        areas: gpd.GeoDataFrame,
        centres: gpd.GeoDataFrame,
        reach: Reach,
        found: Explanation,
        *,
        chosen: str | None = None,
    ) -> None:
        self._study, self._areas, self._centres = study, areas, centres
        self._reach, self._found, self._chosen = reach, found, chosen
        self._texts = Texts("explain", study.language)

    def lines(self) -> Iterator[str]:
        """Yield the account in words, line by line, in the study's language."""
        texts, found = self._texts, self._found
        lon, lat = _degrees(found.place, found.crs).coords[0]
        north, east = (
            texts("north" if lat >= 0 else "south"),
            texts("east" if lon >= 0 else "west"),
        )
        at = f"{texts.number(abs(lat), 5)}° {north}, {texts.number(abs(lon), 5)}° {east}"
        yield texts("title_to" if self._chosen else "title", place=self._study.name, at=at)
        if here := self._areas_at(found.place):
            yield texts("area", names=", ".join(here))
        if found.route is None:
            yield self._why_no_route()
        else:
            yield from self._route_lines(found.route)
        if found.next_centre is not None:
            key = "next_other" if self._chosen else "next_centre"
            name, metres = self._name(found.next_centre), texts.metres(found.next_distance_m)
            yield texts(key, name=name, metres=metres)
        elif found.route is not None:
            yield texts("no_next")
        for notice in self.notices():
            yield texts("note", text=notice)
        if attribution := self._reach.net.provenance.attribution:
            yield texts("source", attribution=attribution)

    def notices(self) -> list[str]:
        """Return what must be known to judge the walk."""
        texts, known = self._texts, self._reach.net.provenance
        notices = []
        if known.quality == "approximate":
            notices.append(texts("approximate", accuracy=known.accuracy_in(texts.language)))
        away = int((~self._reach.centres.linked).sum())
        if away:
            limit = texts.metres(self._study.analysis.max_snap_m)
            count, everyone = texts.number(away), texts.number(len(self._centres))
            key = "centres_away_one" if away == 1 else "centres_away"
            notices.append(texts(key, count=count, all=everyone, limit=limit))
        return notices

    def as_dict(self) -> dict[str, Any]:
        """Return the account for machines; lengths in metres."""
        found, route = self._found, self._found.route
        lon, lat = _degrees(found.place, found.crs).coords[0]
        told: dict[str, Any] = {
            "place": {"lon": round(lon, 7), "lat": round(lat, 7)},
            "linked": found.linked,
            "street_m": _millimetres(found.street_m),
            "next_centre_id": found.next_centre,
            "next_distance_m": _millimetres(found.next_distance_m),
            "notices": self.notices(),
        }
        return told | {"route": None if route is None else self._route_properties(route)}

    def geojson(self) -> dict[str, Any]:
        """Return the walk as a GeoJSON FeatureCollection in longitude and latitude (RFC 7946)."""
        found, route = self._found, self._found.route
        place = {"linked": found.linked, "street_m": _millimetres(found.street_m)}
        features = [self._feature("place", found.place, place)]
        if route is not None:
            k = int(self._reach.centre_ids.get_loc(route.centre))
            centre = shapely.Point(self._reach.centre_xy[k])
            legs = (("access_leg", route.access_leg, route.access_m),
                    ("centre_leg", route.centre_leg, route.centre_access_m))  # fmt: skip
            features += [
                self._feature("route", route.way, self._route_properties(route)),
                *(self._feature(k, leg, {"length_m": _millimetres(m)}) for k, leg, m in legs),
                self._feature("centre", centre, self._centre_properties(route.centre)),
            ]
        drawn = [feature for feature in features if feature is not None]
        return {"type": "FeatureCollection", "features": drawn}

    def _route_lines(self, route: Route) -> Iterator[str]:
        """Tell the centre, the distance and the parts of a walk."""
        texts, settings = self._texts, self._study.analysis
        yield texts("centre", name=self._name(route.centre))
        minutes = max(1, round(route.distance_m / settings.walking_speed_m_per_min))
        key = "minutes_one" if minutes == 1 else "minutes"
        yield texts(
            "distance",
            metres=texts.metres(route.distance_m),
            minutes=texts(key, count=texts.number(minutes)),
            speed=texts.number(settings.walking_speed_m_per_min),
        )
        yield self._served(route.distance_m)
        yield ""
        yield from self._parts(route)
        yield ""
        if not self._reach.net.names and route.stretches:
            through = self._areas_along(route.way)
            if through:
                yield texts("through", names=", ".join(through))
            yield texts("nameless")

    def _parts(self, route: Route) -> Iterator[str]:
        """Tell the way in walking order; whole metres that add up to the whole distance."""
        texts = self._texts
        middle = [*self._told_stretches(route)]
        parts = [
            (route.access_m, texts("access")),
            *middle,
            (route.centre_access_m, texts("centre_access")),
        ]
        metres = whole_metres(np.array([length for length, _ in parts]))
        column = [texts.metres(m) for m in metres]
        width = max(map(len, column))
        for text, m, (_, words) in zip(column, metres, parts, strict=True):
            if m > 0:
                yield f"  {text:>{width}}  {words}"
        if not middle:
            yield "  " + texts("no_way")

    def _told_stretches(self, route: Route) -> Iterator[tuple[float, str]]:
        """Yield length and words of each stretch, or of each bend where no street has a name."""
        texts = self._texts
        if not self._reach.net.names:
            for length, towards in _bends(route.way):
                direction = texts(f"direction_{_octant(towards)}")
                yield length, direction[0].upper() + direction[1:]
            return
        for stretch in route.stretches:
            street = stretch.name or self._unnamed(stretch)
            towards = stretch.bearing_deg
            if math.isnan(towards):
                yield stretch.length_m, street
            else:
                direction = texts(f"direction_{_octant(towards)}")
                yield stretch.length_m, texts("stretch", street=street, direction=direction)

    def _unnamed(self, stretch: Stretch) -> str:
        """Say what kind of way it is that bears no name."""
        tags = {_ALSO.get(tag, tag) for tag in stretch.tags}
        kind = next((kind for kind in _KINDS if kind in tags), None)
        words = self._texts(f"way_{kind}" if kind else "way")
        return self._texts("beside", way=words, street=stretch.beside) if stretch.beside else words

    def _served(self, distance: float) -> str:
        """Say at which thresholds the place is served."""
        texts = self._texts
        levels = sorted(self._study.analysis.thresholds_m)
        within = [texts.metres(t) for t in levels if distance <= t]
        beyond = [texts.metres(t) for t in levels if distance > t]
        if not within:
            return texts("unserved", largest=beyond[-1])
        fields = {"within": self._listed(within), "beyond": self._listed(beyond)}
        return texts("served_partly" if beyond else "served", **fields)

    def _listed(self, words: list[str]) -> str:
        """Join words as the language does: a, b and c."""
        *head, last = words or [""]
        return self._texts("and").join(([", ".join(head)] if head else []) + [last])

    def _why_no_route(self) -> str:
        """Say why there is no walk."""
        texts, settings = self._texts, self._study.analysis
        if not self._found.linked:
            metres, limit = texts.metres(self._found.street_m), texts.metres(settings.max_access_m)
            wet = self._found.street_m <= settings.max_access_m
            return texts("across_water" if wet else "unlinked", metres=metres, limit=limit)
        reached = texts.metres(self._reach.limit)
        if self._chosen is None:
            return texts("nothing", limit=reached)
        name = self._name(self._chosen)
        k = int(self._reach.centre_ids.get_loc(self._chosen))
        if self._reach.centres.linked[k]:
            return texts("too_far", name=name, limit=reached)
        metres = texts.metres(self._reach.centres.access[k])
        return texts(
            "centre_unlinked", name=name, metres=metres, limit=texts.metres(settings.max_snap_m)
        )

    def _name(self, centre: object) -> str:
        """Name a centre with its address, where it is known, and its id."""
        row = self._centres.loc[centre]
        known = [row[column] for column in ("name", "address") if row[column]]
        return ", ".join([*known, self._texts("centre_id", id=centre)])

    def _areas_at(self, place: shapely.Point) -> list[str]:
        """Return the names of the areas that hold a place, the finest first."""
        inside = self._areas[self._areas.geometry.intersects(place)]
        return list(dict.fromkeys(reversed(inside["name"].tolist())))

    def _areas_along(self, way: shapely.LineString) -> list[str]:
        """Return the names of the finest areas that hold much of a way, in walking order."""
        finest = self._areas[self._areas["level"] == self._areas["level"].iloc[-1]]
        inside = shapely.intersection(finest.geometry.to_numpy(), way)
        mostly = np.flatnonzero(shapely.length(inside) >= _MIN_SHARE * way.length)
        middle = [way.project(inside[i].interpolate(0.5, normalized=True)) for i in mostly]
        return [finest["name"].iloc[mostly[i]] for i in np.argsort(middle, kind="stable")]

    def _route_properties(self, route: Route) -> dict[str, Any]:
        """Return the figures of a walk."""
        speed = self._study.analysis.walking_speed_m_per_min
        streets = [
            {
                "name": s.name or None,
                "beside": s.beside or None,
                "tags": list(s.tags),
                "length_m": _millimetres(s.length_m),
            }
            for s in route.stretches
        ]
        return {
            "centre_id": route.centre,
            "centre_name": self._centres.loc[route.centre, "name"],
            "distance_m": _millimetres(route.distance_m),
            "access_m": _millimetres(route.access_m),
            "way_m": _millimetres(route.way_m),
            "centre_access_m": _millimetres(route.centre_access_m),
            "minutes": round(route.distance_m / speed, 1),
            "speed_m_per_min": speed,
            "network_quality": self._reach.net.provenance.quality,
            "streets": streets,
        }

    def _centre_properties(self, centre: object) -> dict[str, Any]:
        """Return what is known of a centre."""
        row = self._centres.loc[centre]
        known = {column: row[column] or None for column in ("name", "kind", "address")}
        return {"centre_id": centre} | known

    def _feature(
        self, role: str, geometry: shapely.Geometry, properties: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Make a feature; a part of the walk without length has none."""
        if geometry.is_empty:
            return None
        degrees = shapely.set_precision(
            _degrees(geometry, self._found.crs), 10**-_DEGREES_DECIMALS, mode="pointwise"
        )
        return {
            "type": "Feature",
            "properties": {"role": role} | properties,
            "geometry": shapely.geometry.mapping(degrees),
        }


def whole_metres(lengths: npt.NDArray[np.float64]) -> list[int]:
    """Round lengths so that they add up to their rounded sum (largest remainder)."""
    metres = np.floor(lengths).astype(int)
    missing = round(float(lengths.sum())) - int(metres.sum())
    largest = np.argsort(metres - lengths, kind="stable")[: max(missing, 0)]
    metres[largest] += 1
    return [int(m) for m in metres]


def _bends(way: shapely.LineString) -> Iterator[tuple[float, float]]:
    """Yield length and direction of each part of a way between bends that a walker notices."""
    xy = shapely.get_coordinates(way)
    walked = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    corners = [0]
    for corner in way.simplify(_BEND_M).coords[1:]:
        same = np.flatnonzero((xy[corners[-1] + 1 :] == corner).all(axis=1))
        corners.append(corners[-1] + 1 + int(same[0]))
    for a, b in pairwise(corners):
        yield float(walked[b] - walked[a]), bearing(tuple(xy[a]), tuple(xy[b]))


def _octant(degrees: float) -> int:
    """Return the number of the nearest of the eight directions, from north clockwise."""
    return round(degrees / (360 / _DIRECTIONS)) % _DIRECTIONS


def _degrees(geometry: shapely.Geometry, crs: str) -> shapely.Geometry:
    """Return a geometry in longitude and latitude, cut where it crosses the antimeridian."""
    frame = gpd.GeoDataFrame(geometry=[geometry], crs=crs)
    return cut_at_antimeridian(to_lonlat(frame)).geometry.iloc[0]


def _millimetres(metres: float) -> float | None:
    """Round a length for the output; None where it is not known."""
    return round(float(metres), 3) if math.isfinite(metres) else None
