"""The small town of ``tests/worlds.py`` as services send it: features, objects and streets."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import pyproj

from ..worlds import CRS, X0, Y0, districts, planning_areas  # noqa: TID252 - one town for all

_TO_LONLAT = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True)
BEYOND_M, STREET_M, SIDE_M = 300, 100, 2000


def features(frame: gpd.GeoDataFrame, layer: str, **names: str) -> list[dict[str, Any]]:
    """Features of a WFS layer, with columns named as the service does."""
    found = json.loads(frame.to_json())["features"]
    for number, feature in enumerate(found):
        feature["id"] = f"{layer}.{number}"
        feature["properties"] = {
            names[key]: value for key, value in feature["properties"].items() if key in names
        }
    return found


def area_layers() -> dict[str, list[dict[str, Any]]]:
    """Districts, of which the service writes 001 for 01, and planning areas."""
    coarse = districts()
    coarse["area_id"] = "0" + coarse["area_id"]
    fine = planning_areas()
    return {
        "t:districts": features(coarse, "districts", area_id="gem", name="namgem"),
        "t:areas": features(fine, "areas", area_id="plr_id", name="plr_name"),
    }


def area_service(url: str, **changed: Any) -> dict[str, Any]:
    """Table [[areas]] of a catalogue."""
    labels = {"de": "Bezirke", "en": "Districts"}
    return {
        "name": "town",
        "title": "A town",
        "source": "Town hall",
        "licence": "CC BY 4.0",
        "attribution": "© Town hall",
        "vintage": "2024",
        "crs": CRS,
        "levels": [
            {
                "id": "district",
                "labels": labels,
                "url": url,
                "type_name": "t:districts",
                "id_column": "gem",
                "id_last": 2,
                "name_column": "namgem",
            },
            {
                "id": "planning_area",
                "labels": labels,
                "url": url,
                "type_name": "t:areas",
                "id_column": "plr_id",
                "name_column": "plr_name",
                "parent_first": 2,
            },
        ],
    } | changed


def osm_service(url: str, **changed: Any) -> dict[str, Any]:
    """Table [openstreetmap] of a catalogue."""
    return {
        "name": "openstreetmap",
        "title": "OpenStreetMap",
        "source": "OpenStreetMap",
        "licence": "ODbL 1.0",
        "attribution": "© OpenStreetMap contributors",
        "overpass": f"{url}/api",
        "nominatim": url,
        "centre_tags": {"amenity": ["community_centre"]},
    } | changed


def lonlat(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a place on the paper."""
    lon, lat = _TO_LONLAT.transform(X0 + x, Y0 + y)
    return round(lon, 7), round(lat, 7)


def streets() -> list[dict[str, Any]]:
    """A grid of streets as Overpass describes it, one of them closed to everybody."""
    marks = range(-BEYOND_M, SIDE_M + BEYOND_M + 1, STREET_M)
    number = {(x, y): 1 + i for i, (x, y) in enumerate((x, y) for x in marks for y in marks)}
    found: list[dict[str, Any]] = []
    for (x, y), node in number.items():
        lon, lat = lonlat(x, y)
        found.append({"type": "node", "id": node, "lat": lat, "lon": lon})
    for i, mark in enumerate(marks):
        for j, line in enumerate(([(mark, y) for y in marks], [(x, mark) for x in marks])):
            tags = {"highway": "residential", "name": f"Street {i}-{j}"}
            if (i, j) == (0, 0):
                tags["access"] = "no"
            nodes = [number[place] for place in line]
            found.append({"type": "way", "id": 5000 + 2 * i + j, "nodes": nodes, "tags": tags})
    return found


def houses() -> list[dict[str, Any]]:
    """Houses that may be centres: one twice, some of another kind, one outside."""
    place = {
        9001: (510, 510, {"name": "Nachbarschaftshaus Mitte", "operator": "Verein  e.V."}),
        9002: (530, 510, {"name": "Nachbarschaftshaus Mitte", "addr:street": "Weg",
                          "addr:housenumber": "3", "addr:postcode": "12345", "addr:city": "Town"}),
        9003: (1500, 1500, {"name": "Familienzentrum Nord", "wheelchair": "yes"}),
        9004: (1500, 500, {"name": "Jugendclub Ost"}),
        9005: (600, 1500, {"name": "Alte Schmiede"}),
        9006: (700, 1500, {}),
        9007: (9000, 9000, {"name": "Stadtteilzentrum Fern"}),
    }  # fmt: skip
    found: list[dict[str, Any]] = []
    for number, (x, y, tags) in place.items():
        lon, lat = lonlat(x, y)
        own = {"amenity": "community_centre", **tags}
        found.append({"type": "node", "id": number, "lat": lat, "lon": lon, "tags": own})
    corners = [(1000, 1000), (1020, 1000), (1020, 1020), (1000, 1020)]
    for i, (x, y) in enumerate(corners):
        lon, lat = lonlat(x, y)
        found.append({"type": "node", "id": 9100 + i, "lat": lat, "lon": lon, "tags": {}})
    ring = [9100, 9101, 9102, 9103, 9100]
    tags = {"amenity": "community_centre", "name": "Stadtteilzentrum Ring"}
    found.append({"type": "way", "id": 9200, "nodes": ring, "tags": tags})
    return found


def nominatim_place(name: str = "Town") -> dict[str, Any]:
    """What Nominatim says of the town."""
    ring = [lonlat(x, y) for x, y in [(0, 0), (2000, 0), (2000, 2000), (0, 2000), (0, 0)]]
    lon, lat = lonlat(1000, 1000)
    west, south = ring[0]
    east, north = ring[2]
    return {
        "place_id": 1,
        "osm_type": "relation",
        "osm_id": 62,
        "lat": str(lat),
        "lon": str(lon),
        "class": "boundary",
        "type": "administrative",
        "place_rank": 12,
        "importance": 0.5,
        "addresstype": "city",
        "name": name,
        "display_name": f"{name}, Country",
        "boundingbox": [str(south), str(north), str(west), str(east)],
        "geojson": {"type": "Polygon", "coordinates": [ring]},
    }
