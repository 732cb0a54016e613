"""A small town that can be drawn on paper: a complete study, with any of its files changed.

Two districts, west and east, hold two planning areas of 1 km x 1 km each. Streets lie 100 m apart
and reach 1,300 m beyond the town. All lengths are metres on the paper, whose (0, 0) is the town's
lower left corner.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

CRS = "EPSG:25833"
X0, Y0 = 390_000.0, 5_820_000.0  # in the middle of Berlin
STREET_M = 100
BEYOND_M = 1300

STUDY = """\
name = "Smalltown"
language = "en"
crs = "EPSG:25833"
outputs = { briefs = false }
[areas]
file = "areas.gpkg"
vintage = "2024"

[[areas.levels]]
id = "district"
labels = { de = "Bezirke", en = "Districts" }
layer = "district"

[[areas.levels]]
id = "planning_area"
labels = { de = "Planungsräume", en = "Planning areas" }
layer = "planning_area"

[centres]
file = "centres.csv"

[residents]
file = "residents.parquet"
age_groups = ["young", "old"]

[inhabited]
file = "inhabited.parquet"

[indicators]
file = "indicators.csv"

[need]
parts = [
    { column = "poverty_pct", labels = { de = "Armut", en = "Poverty" } },
    { column = "unemployment_pct", labels = { de = "Arbeitslosigkeit", en = "Unemployment" } },
]

[network]
file = "streets.parquet"

[background.water]
file = "water.parquet"

[analysis]
thresholds_m = [300, 500]
gap_threshold_m = 500
gap_level = "district"
cell_m = 20
"""


def on_paper(*xy: tuple[float, float]) -> gpd.GeoSeries:
    """Points at places of the paper."""
    return gpd.GeoSeries([shapely.Point(X0 + x, Y0 + y) for x, y in xy], crs=CRS)


def lonlat(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a place of the paper."""
    point = on_paper((x, y)).to_crs(4326)[0]
    return round(point.x, 6), round(point.y, 6)


def _box(x: float, y: float, x1: float, y1: float) -> shapely.Polygon:
    return shapely.box(X0 + x, Y0 + y, X0 + x1, Y0 + y1)


def districts() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"area_id": ["01", "02"], "name": ["West", "East"]},
        geometry=[_box(0, 0, 1000, 2000), _box(1000, 0, 2000, 2000)],
        crs=CRS,
    )


def planning_areas() -> gpd.GeoDataFrame:
    corners = [(0, 0), (0, 1000), (1000, 0), (1000, 1000)]
    return gpd.GeoDataFrame(
        {
            "area_id": ["0101", "0102", "0201", "0202"],
            "name": ["Südwest", "Nordwest", "Südost", "Nordost"],
            "parent_id": ["01", "01", "02", "02"],
        },
        geometry=[_box(x, y, x + 1000, y + 1000) for x, y in corners],
        crs=CRS,
    )


def centres() -> pd.DataFrame:
    """Four centres: one in each planning area but the north-east, and one just outside."""
    places = {"c1": (210, 310), "c2": (510, 1490), "c3": (1390, 210), "c4": (2110, 700)}
    return pd.DataFrame(
        {
            "centre_id": list(places),
            "name": ["Haus Süd", "Haus Nord", "Treff Ost", "Treff am Rand"],
            "kind": ["Nachbarschaftshaus", "Nachbarschaftshaus", "Treff", "Treff"],
            "lon": [str(lonlat(*place)[0]) for place in places.values()],
            "lat": [str(lonlat(*place)[1]) for place in places.values()],
        }
    )


def residents() -> gpd.GeoDataFrame:
    """Sixty-four points, 250 m apart, with 10 to 25 residents each."""
    x, y = (axis.ravel() for axis in np.meshgrid(*[np.arange(120, 2000, 250)] * 2))
    young = 5 + np.arange(len(x)) % 6
    old = 5 + np.arange(len(x)) % 11
    area = np.char.add(
        np.where(x < 1000, "01", "02").astype(str), np.where(y < 1000, "01", "02").astype(str)
    )
    return gpd.GeoDataFrame(
        {
            "point_id": [f"p{i:02d}" for i in range(len(x))],
            "planning_area_id": area.astype(object),
            "residents": young + old,
            "young": young,
            "old": old,
        },
        geometry=shapely.points(X0 + x, Y0 + y),
        crs=CRS,
    )


def inhabited() -> gpd.GeoDataFrame:
    """One block of 80 m x 80 m in each square of streets."""
    steps = range(0, 2000, STREET_M)
    blocks = [_box(x + 10, y + 10, x + 90, y + 90) for x in steps for y in steps]
    return gpd.GeoDataFrame(geometry=blocks, crs=CRS)


def indicators() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "planning_area_id": ["0101", "0102", "0201", "0202"],
            "poverty_pct": ["10.5", "20", "", "40"],
            "unemployment_pct": ["5", "5.5", "7", "9"],
        }
    )


def write_candidates(path: Path) -> None:
    """Write five houses that could take in a centre; two stand side by side."""
    places = {
        "school-1": (1500, 1500), "school-2": (1520, 1500), "library-1": (700, 900),
        "youth-1": (1300, 1000), "youth-2": (300, 1000),
    }  # fmt: skip
    table = pd.DataFrame({"candidate_id": list(places), "name": [f"Haus {i}" for i in places]})
    table["kind"] = table["candidate_id"].str.partition("-")[0]
    table["lon"], table["lat"] = zip(*(lonlat(*place) for place in places.values()), strict=True)
    table.to_csv(path, index=False)


def streets() -> gpd.GeoDataFrame:
    """Streets 100 m apart, with a vertex at each crossing."""
    steps = np.arange(-BEYOND_M, 2000 + BEYOND_M + 1, STREET_M, dtype=float)
    lines = [shapely.LineString(np.column_stack([X0 + steps, steps * 0 + Y0 + y])) for y in steps]
    lines += [shapely.LineString(np.column_stack([steps * 0 + X0 + x, Y0 + steps])) for x in steps]
    return gpd.GeoDataFrame(geometry=lines, crs=CRS)


def water() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[_box(640, 640, 660, 660)], crs=CRS)


_TABLES = {"centres": centres, "indicators": indicators}
_LAYERS = {"residents": residents, "inhabited": inhabited, "streets": streets, "water": water}
_LEVELS = {"district": districts, "planning_area": planning_areas}


def write_small_study(folder: Path, **changes: Callable | str | bytes | None) -> Path:
    """Write the study and all its files.

    Parameters
    ----------
    folder
        Folder to write to; it is made if it does not exist.
    changes
        By part (``district``, ``planning_area``, ``centres``, ``residents``, ``inhabited``,
        ``indicators``, ``streets``, ``water``): a function from the part's frame to another
        frame; text or bytes that stand in the file instead; or None to leave the file out.
        For ``study``, a function from its text to another, or text, bytes or None. ``areas`` is
        the file of both levels: text, bytes or None.

    Returns
    -------
    Path
        The study file.
    """
    parts = {"study", "areas", *_TABLES, *_LAYERS, *_LEVELS}
    if unknown := set(changes) - parts:
        msg = f"no part of the study: {unknown}"
        raise ValueError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _unchanged_files().items():
        (folder / name).write_bytes(content)
    for part, change in changes.items():
        _change(folder, part, change)
    return folder / "study.toml"


def file_of(part: str) -> str:
    """Name of the file that holds a part of the study."""
    if part in _TABLES:
        return f"{part}.csv"
    if part == "study":
        return "study.toml"
    return f"{part}.parquet" if part in _LAYERS else "areas.gpkg"


def _change(folder: Path, part: str, change: Callable | str | bytes | None) -> None:
    path = folder / file_of(part)
    if not callable(change):
        path.unlink()
        if change is not None:
            path.write_bytes(change.encode() if isinstance(change, str) else change)
    elif part in _LEVELS:
        with warnings.catch_warnings(action="ignore"):  # a layer without CRS is written with one
            change(_LEVELS[part]()).to_file(path, layer=part)
    elif part in _LAYERS:
        change(_LAYERS[part]()).to_parquet(path)
    elif part in _TABLES:
        change(_TABLES[part]()).to_csv(path, index=False)
    else:
        path.write_text(change(STUDY), encoding="utf-8")


@cache
def _unchanged_files() -> dict[str, bytes]:
    """The files of the unchanged study, by name; written once."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for part, make in _LEVELS.items():
            make().to_file(folder / file_of(part), layer=part)
        for part, make in _LAYERS.items():
            make().to_parquet(folder / file_of(part))
        for part, make in _TABLES.items():
            make().to_csv(folder / file_of(part), index=False)
        (folder / "study.toml").write_text(STUDY, encoding="utf-8")
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
