"""Write docs/examples/smalltown: a town that can be drawn on paper, for the tutorials.

Usage: python scripts/example_town.py

Two districts of 1 x 2 km, west and east, each of two planning areas; streets 200 m apart that reach
1 km beyond; 256 homes with 5 to 15 people. Coordinates are metres from the lower left corner until
they are written as degrees.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

from pyproj import Transformer

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "examples" / "smalltown"
CRS, X0, Y0 = "EPSG:25833", 390_000, 5_820_000
SIDE_M, STREET_M, BEYOND_M, HOME_M = 2000, 200, 1000, 125
_TO_DEGREES = Transformer.from_crs(CRS, 4326, always_xy=True)
Place = tuple[float, float]


def lonlat(x: float, y: float) -> Place:
    """Return longitude and latitude of a place of the paper."""
    lon, lat = _TO_DEGREES.transform(X0 + x, Y0 + y)
    return round(lon, 6), round(lat, 6)


def box(x: float, y: float, width: float, height: float) -> dict[str, object]:
    """Return a rectangle, with a corner wherever four areas can meet."""
    corners = [(x, y), (x + width, y), (x + width, y + height / 2), (x + width, y + height),
               (x, y + height), (x, y + height / 2), (x, y)]  # fmt: skip
    return {"type": "Polygon", "coordinates": [[lonlat(*corner) for corner in corners]]}


def features(rows: list[tuple[dict[str, object], dict[str, object]]]) -> str:
    """Return a GeoJSON file, one feature a line."""
    lines = [
        json.dumps({"type": "Feature", "properties": said, "geometry": shape}, ensure_ascii=False)
        for said, shape in rows
    ]
    listed = ",\n".join(lines)
    return f'{{"type": "FeatureCollection", "features": [\n{listed}\n]}}\n'


def districts() -> str:
    """Return west and east."""
    return features([
        ({"area_id": "01", "name": "West"}, box(0, 0, 1000, 2000)),
        ({"area_id": "02", "name": "East"}, box(1000, 0, 1000, 2000)),
    ])  # fmt: skip


def planning_areas() -> str:
    """Return the four quarters."""
    named = {"0101": "Southwest", "0102": "Northwest", "0201": "Southeast", "0202": "Northeast"}
    corners = product((0, 1000), (0, 1000))
    return features([
        ({"area_id": area, "name": name, "parent_id": area[:2]}, box(x, y, 1000, 1000))
        for (area, name), (x, y) in zip(named.items(), corners, strict=True)
    ])  # fmt: skip


def homes() -> str:
    """Return homes with people, more of them in the north."""
    middle = range(HOME_M // 2, SIDE_M, HOME_M)
    rows: list[tuple[dict[str, object], dict[str, object]]] = []
    for number, (y, x) in enumerate(product(middle, middle)):
        said = {"point_id": f"h{number:03d}", "residents": 5 + number % 4 + 7 * (y > 1000)}
        rows.append((said, {"type": "Point", "coordinates": lonlat(x, y)}))
    return features(rows)


def streets() -> str:
    """Return streets that share a vertex wherever they cross."""
    along = range(-BEYOND_M, SIDE_M + BEYOND_M + 1, STREET_M)
    east = [[(x, y) for x in along] for y in along]
    north = [[(x, y) for y in along] for x in along]
    return features([
        ({"name": f"Street {number + 1}"},
         {"type": "LineString", "coordinates": [lonlat(*place) for place in places]})
        for number, places in enumerate(east + north)
    ])  # fmt: skip


def centres() -> str:
    """Return the list that people edit."""
    houses = {
        "c1": ("House at the mill", (210, 310)),
        "c2": ("House in the north", (510, 1490)),
        "c3": ("Meeting point east", (1390, 210)),
    }
    lines = ["centre_id,name,kind,lon,lat"]
    for centre, (name, place) in houses.items():
        lon, lat = lonlat(*place)
        lines.append(f"{centre},{name},neighbourhood house,{lon},{lat}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = {
        "districts.geojson": districts(), "planning_areas.geojson": planning_areas(),
        "homes.geojson": homes(), "streets.geojson": streets(), "centres.csv": centres(),
    }  # fmt: skip
    for name, text in files.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
