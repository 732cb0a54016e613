"""Open geometry files, and check their CRS, their geometries and where they lie."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from kiezreach.errors import InputError, shown
from kiezreach.lonlat import in_plane
from kiezreach.sources.files import require_file
from kiezreach.sources.parquet import read_geoparquet
from kiezreach.sources.vector_files import layer_kinds, read_vector_layer

if TYPE_CHECKING:
    import numpy.typing as npt

_MAX_DEGREES = 360.0
_PARQUET = {".parquet", ".geoparquet"}
_FORMATS = "GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet"
POLYGONS = {"Polygon", "MultiPolygon"}
LINES = {"LineString", "MultiLineString"}


def read_layer(path: Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read a geometry file of any common format.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet; its existence is checked.
    layer
        Layer to read, for a file with several.

    Returns
    -------
    GeoDataFrame
        In the file's own CRS, in two dimensions; the index is the feature's number from 1.

    Raises
    ------
    InputError
        If it is not of its format, has no rows, no CRS, or coordinates that do not fit its CRS.
    """
    try:
        with warnings.catch_warnings():
            # GDAL warns of what is repaired or refused below, in words for programmers.
            warnings.simplefilter("ignore")
            frame = _read(path, layer)
    except InputError:
        raise
    except (
        RuntimeError,
        pa.ArrowException,
        OSError,
        ValueError,
        shapely.errors.ShapelyError,
    ) as error:
        msg = "is not a readable geometry file of its format"
        raise InputError(msg, file=path, remedy=f"Export it again as {_FORMATS}") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        msg = "has no geometry"
        raise InputError(msg, file=path, remedy=f"Give a {_FORMATS} file")
    if frame.empty:
        msg = "has no rows" if layer is None else f"the layer '{layer}' has no rows"
        raise InputError(msg, file=path, remedy="Add them, or export it again")
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    frame = frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame
    frame["geometry"] = frame.geometry.force_2d()
    _check_crs(frame, path)
    return frame


def _read(path: Path, layer: str | None) -> gpd.GeoDataFrame | pd.DataFrame:
    """Read a file by its suffix, and the one layer of it that is meant."""
    if path.suffix.lower() in _PARQUET:
        return read_geoparquet(path)
    names = [name for name, _ in layer_kinds(path)]
    there = ", ".join(shown(name) for name in names)
    if layer is not None and layer not in names:
        msg = f"has no layer '{shown(layer)}'"
        raise InputError(msg, file=path, remedy=f"Set layer to one of: {there}")
    if layer is None and len(names) > 1:
        msg = f"has {len(names)} layers, and the study does not say which to read"
        raise InputError(msg, file=path, remedy=f"Set layer to one of: {there}")
    if not names:
        msg = "has no layer"
        raise InputError(msg, file=path, remedy="Export it again with its layer")
    return read_vector_layer(path, layer or names[0])


def _check_crs(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Raise an error if the CRS is missing or plainly not that of the coordinates."""
    if frame.crs is None or not (frame.crs.is_projected or frame.crs.is_geographic):
        msg = "has no CRS" if frame.crs is None else f"its CRS is no place on earth ({frame.crs})"
        remedy = "Assign one in a GIS (for Berlin mostly EPSG:25833 or EPSG:4326) and save again"
        raise InputError(msg, file=path, remedy=remedy)
    extent = np.abs(frame.total_bounds)
    if not np.isfinite(extent).all():
        return  # empty and infinite geometries are named one by one by check_geometry
    name = frame.crs.to_string()
    if frame.crs.is_geographic and extent.max() > _MAX_DEGREES:
        msg = f"its CRS is {name} (degrees), but its coordinates reach {extent.max():.0f}"
        remedy = "Assign the CRS that the coordinates are in (for Berlin mostly EPSG:25833)"
        raise InputError(msg, file=path, remedy=remedy)
    if frame.crs.is_projected and extent.max() <= _MAX_DEGREES:
        msg = f"its CRS is {name} (metres), but its coordinates look like degrees"
        raise InputError(msg, file=path, remedy="Assign EPSG:4326 if they are lon and lat")


def check_geometry(
    frame: gpd.GeoDataFrame, kinds: set[str], path: Path, label: pd.Series | None = None
) -> None:
    """Raise an error if a geometry is missing, empty, infinite, invalid or of another kind.

    Parameters
    ----------
    frame
        Features to check.
    kinds
        Geometry types that are allowed.
    path
        The file they come from.
    label
        Id of each feature, if it has one.
    """
    geometry = frame.geometry.to_numpy()
    kind = frame.geometry.geom_type.to_numpy(dtype=object)
    empty = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    for bad, problem, remedy in (
        (empty, "has no geometry", "Draw it, or remove the row"),
        (
            ~empty & ~_finite(geometry),
            "has a coordinate that is not a finite number",
            "Correct the geometry",
        ),
        (
            ~empty & ~np.isin(kind, list(kinds)),
            "is a {kind}",
            f"Expected: {' or '.join(sorted(kinds))}. Convert it in a GIS",
        ),
        (
            ~empty & ~shapely.is_valid(geometry),
            "has an invalid geometry ({reason})",
            "Repair it in a GIS (fix geometries) and save again",
        ),
    ):
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            row = f"row {frame.index[at]}" if label is None else f"id {shown(label.iloc[at])}"
            reason = shapely.is_valid_reason(geometry[at])
            msg = f"the feature {problem.format(kind=kind[at], reason=reason)}"
            raise InputError(msg, file=path, row=row, remedy=remedy)


def _finite(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Whether all coordinates of each geometry are finite numbers."""
    xy, index = shapely.get_coordinates(geometry, return_index=True)
    finite = np.ones(len(geometry), dtype=bool)
    finite[index[~np.isfinite(xy).all(axis=1)]] = False
    return finite


def check_near(frame: gpd.GeoDataFrame, region: shapely.Geometry, path: Path, *, what: str) -> None:
    """Raise an error if nothing of a layer lies near the study area.

    Parameters
    ----------
    frame
        Features in the study's CRS.
    region
        Study area in the same CRS.
    path
        The file they come from.
    what
        What the features are, for the message.
    """
    bounds = frame.total_bounds
    if np.isfinite(bounds).all():
        box = shapely.box(*bounds)
        if shapely.intersects(box, region):
            return
        where = f"{shapely.distance(box, region) / 1000:,.0f} km outside the study area"
    else:
        where = "where the study's CRS does not reach"
    remedy = "Check the CRS of the file, and that it is of the same place as the areas"
    if is_swapped(frame.geometry, region):
        remedy = "Longitude and latitude are swapped: exchange them"
    msg = f"all {what} lie {where}"
    raise InputError(msg, file=path, remedy=remedy)


def read_repaired(
    path: Path, layer: str | None, kinds: set[str], areas: gpd.GeoDataFrame, *, what: str
) -> gpd.GeoSeries:
    """Read the shapes of a layer whose small faults do no harm: they are repaired.

    Parameters
    ----------
    path
        A geometry file.
    layer
        Layer to read, for a file with several.
    kinds
        Geometry types that are allowed.
    areas
        Areas of the study: their CRS, and near which the shapes must lie.
    what
        What the shapes are, for messages.

    Returns
    -------
    GeoSeries
        In the CRS of `areas`, sorted by their bounds.

    Raises
    ------
    InputError
        If the file, its CRS or a geometry type is wrong, or all of it lies elsewhere.
    """
    require_file(path)
    raw = read_layer(path, layer)
    repaired = raw.geometry.make_valid(method="structure", keep_collapsed=False)
    kept = raw.set_geometry(repaired)[~(repaired.isna() | repaired.is_empty)]
    if kept.empty:
        msg = "has no row with a geometry"
        raise InputError(msg, file=path, remedy="Draw them, or take the layer out of the study")
    check_geometry(kept, kinds, path)
    frame = in_plane(kept, areas.crs)
    check_near(frame, shapely.box(*areas.total_bounds), path, what=what)
    geometry = frame.geometry.to_numpy()
    return gpd.GeoSeries(geometry[np.lexsort(shapely.bounds(geometry).T)], crs=areas.crs)


def is_swapped(geometry: gpd.GeoSeries, region: shapely.Geometry) -> bool:
    """Return whether geometries lie in a region once longitude and latitude are exchanged."""
    west, south, east, north = geometry.to_crs(4326).total_bounds
    if not np.isfinite([west, south, east, north]).all():
        return False
    here = gpd.GeoSeries([region], crs=geometry.crs).to_crs(4326).total_bounds
    return bool(shapely.intersects(shapely.box(south, west, north, east), shapely.box(*here)))
