"""Where to look: the areas of a file, or a place by its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from kiezreach.errors import InputError
from kiezreach.fetch.delivery import Ask, Job
from kiezreach.fetch.record import Origin
from kiezreach.sources.files import require_file
from kiezreach.sources.layers import POLYGONS, check_geometry, read_layer
from kiezreach.sources.osm_objects import data_date

if TYPE_CHECKING:
    from kiezreach.sources.downloads.catalogue import OpenStreetMap

_PLACE_MB = 20.0


@dataclass(frozen=True)
class Region:
    """A region, given by a file or by a name.

    Parameters
    ----------
    file, layer
        Areas, and which layer of the file.
    place
        Name of a place, such as ``Heidelberg, Germany``.
    buffer_m
        How far around it, in metres.
    """

    file: Path | None = None
    layer: str | None = None
    place: str | None = None
    buffer_m: float = 0.0


def openstreetmap(job: Job) -> OpenStreetMap:
    """Return the services of OpenStreetMap.

    Raises
    ------
    InputError
        If the catalogue has none.
    """
    if job.catalogue.openstreetmap is None:
        msg = "the catalogue has no table [openstreetmap]"
        raise InputError(msg, remedy="Add it; docs/fetch.md shows one")
    return job.catalogue.openstreetmap


def file_origin(job: Job, file: Path) -> Origin:
    """Return where an OpenStreetMap file that the user has is from."""
    osm = openstreetmap(job)
    return Origin("OpenStreetMap", osm.licence, data_date(file), osm.attribution)


def region_asks(job: Job, region: Region) -> list[Ask]:
    """Return what finding a region would ask of whom: nothing, where a file gives it."""
    if region.place is None:
        return []
    osm = openstreetmap(job)
    address = job.http.address(f"{osm.nominatim}/search", {"q": region.place})
    return [Ask(f"GET {address}", f"the outline of {region.place}", _PLACE_MB, osm.licence)]


def find_region(job: Job, region: Region) -> gpd.GeoSeries:
    """Return a region with what lies around it, in a CRS in metres.

    Raises
    ------
    InputError
        If neither a file nor a place is given, the file is wrong, or there is no such place.
    DownloadError
        If the service that knows places does not answer.
    """
    if region.file is not None:
        require_file(region.file)
        frame = read_layer(region.file, region.layer)
        check_geometry(frame, POLYGONS, region.file)
    elif region.place is not None:
        from kiezreach.sources.downloads.openstreetmap import find_place

        frame = find_place(job.http, openstreetmap(job), region.place)
    else:
        msg = "it is not said where to look"
        remedy = "Give --area with a file of areas, or --place with the name of a place"
        raise InputError(msg, remedy=remedy)
    metric = frame.geometry.to_crs(frame.to_crs(4326).estimate_utm_crs())
    whole = gpd.GeoSeries([metric.union_all()], crs=metric.crs)
    return whole.buffer(region.buffer_m) if region.buffer_m else whole
