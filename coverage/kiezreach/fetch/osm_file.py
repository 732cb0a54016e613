"""Areas, residents and buildings from an OpenStreetMap file, where there are no official data."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.errors import InputError, shown
from kiezreach.fetch.areas import NAME as AREAS
from kiezreach.fetch.areas import write_levels
from kiezreach.fetch.delivery import Delivery, Job, Made, deliver
from kiezreach.fetch.record import Origin, Record, toml_table
from kiezreach.fetch.regions import file_origin
from kiezreach.fetch.residents import NAME as RESIDENTS
from kiezreach.outputs.tables import harmless_table
from kiezreach.sources.areas import area_of_points
from kiezreach.sources.columns import ids, require_columns
from kiezreach.sources.layers import POLYGONS, check_geometry, read_layer
from kiezreach.sources.osm_objects import read_admin_areas, read_objects

BUILDINGS = "buildings.csv"
LEVEL = "municipality"
_HOMES = frozenset(
    {
        "yes", "apartments", "bungalow", "detached", "dormitory", "farm", "house", "residential",
        "semidetached_house", "terrace",
    }
)  # fmt: skip
_SMALLEST_M2 = 40.0  # what covers less ground is a shed or a garage


def fetch_areas(job: Job, file: Path, admin_level: str, within: str | None) -> Delivery:
    """Take the administrative areas of one level out of an OpenStreetMap file.

    Parameters
    ----------
    job
        Folder.
    file
        OpenStreetMap file.
    admin_level
        Value of the tag of that name.
    within
        Name of a larger area that they lie in.

    Raises
    ------
    InputError
        If there are none.
    """

    def make(path: Path, _: Record | None) -> Made:
        found = read_admin_areas(file, admin_level, within)
        frame = found.drop(columns="population").assign(parent_id="")
        metric = frame.to_crs(frame.estimate_utm_crs())
        write_levels({LEVEL: metric[["area_id", "name", "parent_id", "geometry"]]}, path)
        note = f"{len(frame)} areas of admin_level {admin_level} from {file.name}"
        return Made(file_origin(job, file), notes=(note,))

    return deliver(job, AREAS, make)


def fetch_residents(job: Job, file: Path, area_file: Path, layer: str | None) -> Delivery:
    """Take the residents of areas from the tag ``population`` of the places in them.

    The place of an area is the one inside it that has its name; without one, the tag of the area
    itself counts. These are figures that volunteers noted, of various years.

    Raises
    ------
    InputError
        If some area has neither.
    """

    def make(path: Path, _: Record | None) -> Made:
        areas = _read_areas(area_file, layer)
        tagged = read_objects(file, {"population": ()}).to_crs(areas.crs)
        points = gpd.GeoSeries(tagged.representative_point(), crs=areas.crs)
        tagged["area_id"] = area_of_points(points, areas)
        count = {
            area.area_id: _population(tagged, area.area_id, area.name)
            for area in areas.itertuples()
        }
        lacking = [key for key, value in count.items() if value is None]
        if lacking:
            msg = f"notes no population of {len(lacking)} areas, the first is '{shown(lacking[0])}'"
            remedy = "Write residents.csv by hand: planning_area_id and residents"
            raise InputError(msg, file=file, remedy=remedy)
        totals = pd.DataFrame({"planning_area_id": list(count), "residents": count.values()})
        totals = totals.sort_values("planning_area_id")
        harmless_table(totals).to_csv(path, index=False, lineterminator="\n")
        note = f"population as tagged in {file.name}, of various years: no official count"
        return Made(file_origin(job, file), notes=(note,))

    return deliver(job, RESIDENTS, make)


def fetch_buildings(job: Job, file: Path, area_file: Path, layer: str | None) -> Delivery:
    """Take the buildings that may be homes, to spread residents over by the ground they cover.

    Raises
    ------
    InputError
        If there are none in the areas.
    """

    def make(path: Path, _: Record | None) -> Made:
        areas = _read_areas(area_file, layer)
        metric = areas.to_crs(areas.estimate_utm_crs())
        found = read_objects(file, {"building": ()})
        found = found[found["building"].isin(_HOMES) & found.geom_type.isin(POLYGONS)]
        found = found.to_crs(metric.crs)
        found["ground_m2"] = found.area.round(1)
        found = found[found["ground_m2"] >= _SMALLEST_M2]
        points = gpd.GeoSeries(found.representative_point(), crs=metric.crs)
        found["planning_area_id"] = area_of_points(points, metric)
        lonlat = points.to_crs(4326)
        found["lon"], found["lat"] = lonlat.x.round(7), lonlat.y.round(7)
        found = found[found["planning_area_id"] != ""]
        if found.empty:
            msg = "has no building in the areas that may be a home"
            raise InputError(msg, file=file, remedy="Spread residents by another method")
        columns = ["lon", "lat", "planning_area_id", "ground_m2"]
        homes = harmless_table(found[columns].sort_values(columns))
        homes.to_csv(path, index=False, lineterminator="\n")
        note = f"{len(found):,} buildings that may be homes, from {file.name}"
        return Made(file_origin(job, file), notes=(note,))

    return deliver(job, BUILDINGS, make)


def areas_snippet(file: str, origin: Origin) -> str:
    """Return the tables of a study that name the areas."""
    labels = {"de": "Gemeinden", "en": "Municipalities"}
    level = toml_table("[[areas.levels]]", {"id": LEVEL, "labels": labels, "layer": LEVEL})
    return toml_table("[areas]", {"file": file, **origin.keys}) + "\n\n" + level


def residents_snippet(file: str, origin: Origin) -> str:
    """Return the table of a study that names the totals."""
    values = {"totals": file, "spread": "points", **origin.keys}
    return toml_table("[residents]", values)


def buildings_snippet(file: str, origin: Origin) -> str:
    """Return the table of a study that names the buildings."""
    values = {"file": file, "weight_column": "ground_m2", **origin.keys}
    return toml_table("[residents.support.points]", values)


def _read_areas(file: Path, layer: str | None) -> gpd.GeoDataFrame:
    """Read areas that were fetched before."""
    frame = read_layer(file, layer)
    check_geometry(frame, POLYGONS, file)
    require_columns(frame, ["area_id", "name"], file)
    ids(frame, "area_id", file)
    return frame


def _population(tagged: gpd.GeoDataFrame, area_id: str, name: str) -> int | None:
    """Return the population of an area as it is tagged, None where it is not."""
    here = tagged[(tagged["area_id"] == area_id) & (tagged["name"] == name)]
    number = pd.to_numeric(here["population"], errors="coerce").to_numpy(float)
    number = number[np.isfinite(number)]
    return int(number[0]) if len(number) else None
