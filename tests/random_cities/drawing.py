"""Small cities drawn at random, with all their files: most of them odd, some of them spoilt.

A city is drawn on paper in metres, its lower left corner at (0, 0), as rows and columns of
planning areas with streets, centres and residents. Then a few things are made odd (`odd`, `asked`),
which a build has to cope with or refuse, and now and then one is made wrong (`wrong`).
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st

from .asked import ASKED
from .city import XY, City, Draw, rarely
from .odd import ODD_FILES
from .wrong import WRONG

# CRS and the corner of the paper in it: Berlin, across the antimeridian, across the equator, and
# far in the north.
PLACES = {
    "Berlin": ("EPSG:25833", 390_000.0, 5_820_000.0),
    "Taveuni": ("EPSG:32760", 819_800.0, 8_134_400.0),
    "Pontianak": ("EPSG:32749", 313_000.0, 9_999_800.0),
    "Longyearbyen": ("EPSG:32633", 515_000.0, 8_684_000.0),
}


@st.composite
def cities(draw: Draw) -> City:
    """Draw a city of which most of what can be odd is ordinary."""
    place = "Berlin" if not rarely(draw, 0.2) else draw(st.sampled_from(list(PLACES)))
    crs, *corner = PLACES[place]
    city = City(crs, tuple(corner), told=[place])
    _ordinary(draw, city)
    for change in draw(st.lists(st.sampled_from([*ODD_FILES, *ASKED]), max_size=5, unique=True)):
        city.told.append(change.__name__)
        change(draw, city)
    _close_levels(city)
    if rarely(draw, 0.25):
        change = draw(st.sampled_from(WRONG))
        city.told.append(f"wrong: {change.__name__}")
        change(draw, city)
    return city


def _ordinary(draw: Draw, city: City) -> None:
    """Draw the ground plan: areas in rows and columns, streets, places and the simplest study."""
    columns, rows = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    side = draw(st.sampled_from([200, 300]))
    width, height = columns * side, rows * side
    boxes = [
        shapely.box(x, y, x + side, y + side)
        for x in range(0, width, side)
        for y in range(0, height, side)
    ]
    n = len(boxes)
    parent = [f"{i // rows + 1:02d}" for i in range(n)]
    own = [f"{p}{i % rows + 1:02d}" for i, p in enumerate(parent)]
    city.levels["planning_area"] = city.frame(
        boxes, area_id=own, name=[f"Kiez {i}" for i in own], parent_id=parent
    )
    spacing, beyond = draw(st.sampled_from([(50, 50), (100, 100), (100, 300), (75, 0)]))
    city.layers["streets"] = city.frame(_streets(width, height, spacing, beyond))
    anywhere = st.tuples(st.integers(5, width - 5), st.integers(5, height - 5))
    at = draw(st.lists(anywhere, min_size=1, max_size=4))
    _set_centres(city, at)
    homes = draw(st.lists(anywhere, min_size=1, max_size=12))
    young = draw(st.lists(st.integers(0, 40), min_size=len(homes), max_size=len(homes)))
    inside = [min(x // side, columns - 1) * rows + min(y // side, rows - 1) for x, y in homes]
    city.layers["residents"] = city.frame(
        [shapely.Point(x, y) for x, y in homes],
        point_id=[f"p{i:02d}" for i in range(len(homes))],
        planning_area_id=[own[i] for i in inside],
        residents=[v + 7 for v in young],
        young=young,
        old=7,
    )
    city.study.update(_study(draw(st.integers(1, 2))))


def _streets(width: int, height: int, spacing: int, beyond: int) -> list[shapely.LineString]:
    x = np.arange(-beyond, width + beyond + 1, spacing, dtype=float)
    y = np.arange(-beyond, height + beyond + 1, spacing, dtype=float)
    across = [shapely.LineString(np.column_stack([x, np.full(len(x), v)])) for v in y]
    return across + [shapely.LineString(np.column_stack([np.full(len(y), v), y])) for v in x]


def _set_centres(city: City, places: list[XY]) -> None:
    """Give the city a table of centres at places of the paper."""
    lonlat = city.lonlat(places)
    ids = [f"c{i}" for i in range(len(places))]
    city.tables["centres"] = pd.DataFrame(
        {"centre_id": ids, "name": [f"Haus {i}" for i in ids], "kind": "house",
         "lon": [lon for lon, _ in lonlat], "lat": [lat for _, lat in lonlat]}, dtype=object,
    )  # fmt: skip


def _study(levels: int) -> dict[str, Any]:
    labels = {
        "district": {"de": "Bezirke", "en": "Districts"},
        "planning_area": {"de": "Planungsräume", "en": "Planning areas"},
    }
    used = ["district", "planning_area"][-levels:]
    return {
        "name": "Smalltown",
        "areas": {
            "file": "areas.gpkg",
            "levels": [{"id": i, "labels": labels[i], "layer": i} for i in used],
        },
        "centres": {"file": "centres.csv"},
        "residents": {"file": "residents.parquet", "age_groups": ["young", "old"]},
        "network": {"file": "streets.parquet"},
        "analysis": {
            "thresholds_m": [150, 250], "gap_threshold_m": 250, "max_walk_m": 400, "cell_m": 25,
            "gap_min_residents": 10,
        },
        "outputs": {"briefs": False},
    }  # fmt: skip


def _close_levels(city: City) -> None:
    """Draw the upper level around what the planning areas have become."""
    areas = city.levels["planning_area"]
    ids = list(dict.fromkeys(areas["parent_id"]))
    shapes = [
        shapely.union_all(areas.geometry[areas["parent_id"] == i].buffer(0).to_numpy()) for i in ids
    ]
    upper = gpd.GeoDataFrame(
        {"area_id": ids, "name": [f"Bezirk {i}" for i in ids]}, geometry=shapes, crs=areas.crs
    )
    city.levels["district"] = upper
