"""Areas of every level, from a Web Feature Service or an OpenStreetMap file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from kiezreach.errors import InputError
from kiezreach.fetch.delivery import Ask, Delivery, Job, Made, deliver
from kiezreach.fetch.record import Origin, Record, toml_table
from kiezreach.sources.columns import check_leading_zeros, ids
from kiezreach.sources.downloads.catalogue import find_service
from kiezreach.sources.downloads.wfs import (
    CAPABILITIES,
    CAPABILITIES_MB,
    WfsLayer,
    read_capabilities,
    read_features,
)
from kiezreach.sources.layers import POLYGONS, check_geometry

if TYPE_CHECKING:
    from kiezreach.sources.downloads.catalogue import AreaLayer, AreaService
    from kiezreach.sources.downloads.files import Download

NAME = "areas.gpkg"
_STAMP = "1980-01-01T00:00:00.000Z"  # as the last change of every layer: not the moment of fetching
_REMEDY = "Try again later, or export the layers in a GIS and name that file in the study"


def _layer(service: AreaService, level: AreaLayer) -> WfsLayer:
    """Return how a level is asked for."""
    return WfsLayer(
        level.url, level.type_name, level.id_column, service.page, service.max_mb, service.crs
    )


def asks(job: Job, service_name: str) -> list[Ask]:
    """Return what a fetch would ask of whom."""
    service = find_service(job.catalogue.areas, service_name, "service of areas")
    asked = []
    for url in dict.fromkeys(level.url for level in service.levels):
        address = job.http.address(url, CAPABILITIES)
        asked.append(Ask(f"GET {address}", "what the service offers", CAPABILITIES_MB, ""))
    for level in service.levels:
        address = job.http.address(level.url, _layer(service, level).params(0, service.page))
        what = f"{level.labels.en}, {service.page} at a time"
        asked.append(Ask(f"GET {address}", what, service.max_mb, service.licence))
    return asked


def fetch(job: Job, service_name: str) -> Delivery:
    """Fetch the areas of a service as one GeoPackage with a layer for each level.

    Parameters
    ----------
    job
        Services, folder.
    service_name
        Name in the catalogue.

    Raises
    ------
    InputError
        If the catalogue has no such service, or what it sends cannot be the areas of a study.
    DownloadError
        If the service does not answer as asked.
    """
    service = find_service(job.catalogue.areas, service_name, "service of areas")

    def make(path: Path, _: Record | None) -> Made:
        frames: dict[str, gpd.GeoDataFrame] = {}
        downloads: list[Download] = []
        terms: dict[str, str] = {}
        offered = {
            url: read_capabilities(job.http, url, _REMEDY)
            for url in dict.fromkeys(level.url for level in service.levels)
        }
        for level in service.levels:
            here = offered[level.url]
            terms[level.url] = here.terms
            raw, download = read_features(job.http, _layer(service, level), here, _REMEDY)
            frames[level.id] = _as_level(raw, level)
            downloads.append(download)
        write_levels(frames, path)
        told = " | ".join(dict.fromkeys(text for text in terms.values() if text))
        origin = Origin(service.source, service.licence, service.vintage, service.attribution, told)
        return Made(origin, tuple(downloads))

    return deliver(job, NAME, make)


def snippet(file: str, origin: Origin, service: AreaService) -> str:
    """Return the tables of a study that name the areas."""
    tables = [toml_table("[areas]", {"file": file, **origin.keys})]
    tables += [
        toml_table(
            "[[areas.levels]]",
            {"id": level.id, "labels": level.labels.model_dump(), "layer": level.id},
        )
        for level in service.levels
    ]
    return "\n\n".join(tables)


def write_levels(frames: dict[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write levels as layers of a GeoPackage; the same areas give the same bytes.

    Parameters
    ----------
    frames
        ``area_id, name, parent_id`` and polygons, by the name of the level.
    path
        File to write.
    """
    options = {"OGR_CURRENT_DATE": _STAMP, "OGR_GPKG_ALLOW_THREADED_RTREE": "NO"}
    before = {key: pyogrio.get_gdal_config_option(key) for key in options}
    pyogrio.set_gdal_config_options(options)
    try:
        for name, frame in frames.items():
            pyogrio.write_dataframe(
                frame,
                path,
                layer=name,
                driver="GPKG",
                append=path.exists(),
                geometry_type="MultiPolygon",
                promote_to_multi=True,
            )
    finally:
        pyogrio.set_gdal_config_options(before)


def _as_level(raw: gpd.GeoDataFrame, level: AreaLayer) -> gpd.GeoDataFrame:
    """Return the features of a service in the schema of a study, repaired and checked."""
    url = Path(level.type_name)
    columns = {"id": level.id_column, "name": level.name_column, "parent": level.parent_column}
    for column in (name.lower() for name in columns.values() if name):
        if column not in raw:
            there = ", ".join(c for c in raw.columns if c != "geometry")
            msg = f"has no column '{column}' any more"
            remedy = f"It has {there}: correct the service in a catalogue of your own"
            raise InputError(msg, file=url, remedy=remedy)
    area_id = ids(raw, level.id_column.lower(), url, unique=False)
    if level.id_last is not None:
        area_id = area_id.str[-level.id_last :]
    area_id = ids(area_id.to_frame("id"), "id", url)
    check_leading_zeros(area_id, url)
    parent = np.full(len(raw), "", dtype=object)
    if level.parent_first is not None:
        parent = area_id.str[: level.parent_first].to_numpy(dtype=object)
    elif level.parent_column is not None:
        parent = ids(raw, level.parent_column.lower(), url, unique=False).to_numpy(dtype=object)
    geometry = raw.geometry.force_2d()
    broken = ~geometry.is_valid
    if broken.any():
        geometry[broken] = geometry[broken].make_valid(method="structure", keep_collapsed=False)
    # One official name has two spaces in a row.
    name = raw[level.name_column.lower()].astype("string").fillna("").str.split().str.join(" ")
    frame = gpd.GeoDataFrame(
        {"area_id": area_id.to_numpy(), "name": name.to_numpy(dtype=object), "parent_id": parent},
        geometry=shapely.normalize(geometry.to_numpy()),
        crs=raw.crs,
    )
    check_geometry(frame, POLYGONS, url, frame["area_id"])
    return frame.sort_values("area_id", ignore_index=True)
