"""Areas, places and buildings of an OpenStreetMap file, for places without other open data."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import osmium
import pandas as pd
import shapely
from osmium.filter import KeyFilter, TagFilter

from kiezreach import limits
from kiezreach.errors import InputError
from kiezreach.limits import MEGABYTE, require_within
from kiezreach.sources.files import require_file
from kiezreach.sources.osm_bounds import readable_osm

_DAMAGE = (
    RuntimeError, ValueError, OSError, EOFError, zlib.error, osmium.InvalidLocationError
)  # fmt: skip
_INDEX = ["element", "id"]
# Official codes of areas, the first that all areas of a level have.
_CODES = ("de:amtlicher_gemeindeschluessel", "ISO3166-2", "ref:INE", "ref")


def read_objects(path: Path, tags: Mapping[str, tuple[str, ...]]) -> gpd.GeoDataFrame:
    """Return the objects with certain tags.

    Parameters
    ----------
    path
        An OpenStreetMap file.
    tags
        Values by key; objects with any of them are found, and with any value where there is none.

    Returns
    -------
    GeoDataFrame
        Indexed by kind (node, way, relation) and number; tags as columns of text, empty where
        an object has none; points or polygons in EPSG:4326. Sorted.

    Raises
    ------
    InputError
        If the file is no such file.
    """
    wanted = [(key, value) for key, values in tags.items() for value in values]
    narrow = TagFilter(*wanted) if wanted else KeyFilter(*tags)
    rows, index, shapes = [], [], []
    make = osmium.geom.WKBFactory()
    keys: set[str] = set()
    characters = 0
    with _readable(path) as readable:
        thing: Any
        for thing in osmium.FileProcessor(readable).with_areas(narrow).with_filter(narrow):
            if thing.is_node():
                shape, kind, number = make.create_point(thing), "node", thing.id
            elif thing.is_area():
                kind = "way" if thing.from_way() else "relation"
                shape, number = make.create_multipolygon(thing), thing.orig_id()
            else:
                continue  # ways and relations come again as the areas that they bound
            rows.append(dict(thing.tags))
            keys.update(rows[-1])
            characters += sum(map(len, rows[-1].values()))
            require_within(len(rows) * len(keys), limits.MAX_CELLS, "values", path)
            require_within(characters / MEGABYTE, limits.MAX_TABLE_MB, "MB of texts", path)
            index.append((kind, number))
            shapes.append(shapely.from_wkb(shape))
    kinds, numbers = [kind for kind, _ in index], [number for _, number in index]
    names = pd.MultiIndex.from_arrays([kinds, numbers], names=_INDEX)
    frame = pd.DataFrame(rows, index=names).fillna("")
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=4326).sort_index()


def read_admin_areas(path: Path, level: str, within: str | None = None) -> gpd.GeoDataFrame:
    """Return the administrative areas of a level whose borders are whole in a file.

    Parameters
    ----------
    path
        An OpenStreetMap file.
    level
        Value of ``admin_level``: 8 are municipalities in much of Europe, 9 and 10 parts of them.
    within
        Name of an administrative area in the file that they must lie in; an extract also holds
        neighbours.

    Returns
    -------
    GeoDataFrame
        ``area_id`` (the official code where all have one of a kind, else r and the number of the
        relation), ``name``, ``population`` (text, empty where it is not tagged), polygons in
        EPSG:4326; sorted by id.

    Raises
    ------
    InputError
        If there is none, or no area of that name.
    """
    found = read_objects(path, {"boundary": ("administrative",)})
    found = found[found.index.get_level_values("element") == "relation"]
    for column in ("admin_level", "name", "population", *_CODES):
        if column not in found:
            found[column] = ""
    areas = found[found["admin_level"] == level]
    if within is not None:
        outer = found[(found["name"] == within) & (found["admin_level"] != level)]
        if outer.empty:
            msg = f"has no administrative area named '{within}' whose border is whole"
            remedy = "Name it as OpenStreetMap does, or leave it out"
            raise InputError(msg, file=path, remedy=remedy)
        inside = shapely.contains_xy(
            outer.union_all(), *areas.representative_point().get_coordinates().to_numpy().T
        )
        areas = areas[inside]
    if areas.empty:
        levels = ", ".join(sorted(set(found["admin_level"]) - {""}, key=lambda v: (len(v), v)))
        msg = f"has no administrative area of level {level} whose border is whole"
        raise InputError(msg, file=path, remedy=f"Levels in the file: {levels or 'none'}")
    code = next((c for c in _CODES if areas[c].ne("").all() and areas[c].is_unique), None)
    number = areas.index.get_level_values("id")
    area_id = areas[code].to_numpy() if code else [f"r{n}" for n in number]
    frame = areas[["name", "population", "geometry"]].reset_index(drop=True)
    frame.insert(0, "area_id", area_id)
    return frame.sort_values("area_id", ignore_index=True)


def data_date(path: Path) -> str:
    """Return the day that the head of an OpenStreetMap file names; empty where it names none.

    Raises
    ------
    InputError
        If the file is no such file.
    """
    with _readable(path) as readable, osmium.io.Reader(readable) as reader:
        header = reader.header()
        date = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    return str(date)[:10]


@contextmanager
def _readable(path: Path) -> Iterator[Path]:
    """Give what libosmium may read, and turn what it raises on damage into one error."""
    require_file(path)
    try:
        with TemporaryDirectory(prefix="kiezreach-") as folder:
            yield readable_osm(path, Path(folder))
    except InputError:
        raise
    except _DAMAGE as error:
        msg = f"cannot be read as OpenStreetMap data ({str(error).strip()})"
        remedy = "The file is damaged, cut short or of another format: fetch it again"
        raise InputError(msg, file=path, remedy=remedy) from error
