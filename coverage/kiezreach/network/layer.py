"""Networks from line layers: GeoPackage, GeoJSON, Shapefile, FlatGeobuf and GeoParquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from kiezreach.errors import InputError, NetworkError
from kiezreach.lonlat import lonlat_bounds, utm_zone
from kiezreach.network.build import network_from_lines
from kiezreach.network.model import Provenance
from kiezreach.network.projection import is_metric
from kiezreach.network.ways import plain_name
from kiezreach.sources.parquet import read_geoparquet
from kiezreach.sources.vector_files import layer_kinds, read_vector_layer

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyproj

    from kiezreach.network.model import WalkNetwork

# What the readers of vector files raise on damaged files.
_DAMAGE = (RuntimeError, ValueError, OSError, shapely.errors.ShapelyError)
_REMEDY = "Give a file with one layer of lines"


def is_geoparquet(path: Path) -> bool:
    """Return whether a Parquet file is a GeoParquet layer.

    Raises
    ------
    NetworkError
        If it is no Parquet file.
    """
    try:
        return b"geo" in (pq.read_schema(path).metadata or {})
    except (pa.ArrowException, ValueError, OSError) as error:
        msg = "is not a readable Parquet file"
        raise NetworkError(msg, file=path, remedy="Fetch or export it again") from error


def network_from_layer(path: Path, crs: pyproj.CRS | None = None) -> WalkNetwork:
    """Read a line layer and join it where vertices coincide; every line is walkable.

    A column ``name`` names the streets.

    Parameters
    ----------
    path
        The file.
    crs
        CRS in metres to convert degrees to; by default the UTM zone of the data. A layer in
        metres keeps its CRS.

    Raises
    ------
    NetworkError
        If the file is not a layer of lines with a CRS, or it has several lines of which no two
        share a vertex: such a layer was drawn for the eye, and nobody could walk from one street
        to the next. One line alone, and a layer in which only some are joined, are read; the
        network report tells how much of it is in one piece.
    """
    is_parquet = path.name.lower().endswith(".parquet")
    layer = _read_geoparquet(path) if is_parquet else _read_vector_file(path)
    shapes = layer.geometry.to_numpy()
    if (shapely.is_missing(shapes) | shapely.is_empty(shapes)).all():
        msg = "holds no lines"
        raise NetworkError(msg, file=path, remedy=_REMEDY)
    if layer.crs is not None and not is_metric(layer.crs):
        _check_degrees(layer, path)
        layer = layer.to_crs(crs or utm_zone(lonlat_bounds(layer)))
    if not np.isfinite(layer.get_coordinates().to_numpy()).all():
        msg = "has coordinates that are not finite"
        raise NetworkError(msg, file=path, remedy="Check its coordinates and its CRS")
    net = network_from_lines(
        layer, names=_street_names(layer), provenance=Provenance(source=path.name)
    )
    _check_joined(net, layer, path)
    return net


def _check_joined(net: WalkNetwork, layer: gpd.GeoDataFrame, path: Path) -> None:
    """Refuse a layer of several lines of which no two share a vertex."""
    parts = shapely.get_parts(layer.geometry.to_numpy())
    lines = int(np.count_nonzero(shapely.length(parts) > 0))
    components = int(net.edge_component.max()) + 1
    if lines > 1 and components == lines:
        msg = f"none of its {lines:,} lines shares a vertex with another: no street leads on"
        remedy = "Split the lines where they meet and snap their ends together (QGIS: v.clean)"
        raise NetworkError(msg, file=path, remedy=remedy)


def _street_names(layer: gpd.GeoDataFrame) -> npt.NDArray[np.object_] | None:
    """Return the name of each line from the column `name`, where there is one."""
    column = next((c for c in layer.columns if str(c).lower() == "name"), None)
    if column is None:
        return None
    return np.array([plain_name(value) for value in layer[column]], dtype=object)


def _read_geoparquet(path: Path) -> gpd.GeoDataFrame:
    """Read a GeoParquet layer."""
    try:
        return read_geoparquet(path)
    except InputError as error:
        raise NetworkError(error.problem, file=path, row=error.row, remedy=error.remedy) from error
    except (*_DAMAGE, pa.ArrowException, KeyError) as error:
        msg = f"cannot be read as GeoParquet ({_one_line(error)})"
        raise NetworkError(msg, file=path, remedy="Export it again") from error


def _read_vector_file(path: Path) -> gpd.GeoDataFrame:
    """Read the one line layer of a vector file."""
    try:
        layers = layer_kinds(path)
        if len(layers) > 1:
            layers = [(name, kind) for name, kind in layers if "LINESTRING" in kind.upper()]
        frame = read_vector_layer(path, layers[0][0]) if len(layers) == 1 else None
    except InputError as error:
        raise NetworkError(error.problem, file=path, row=error.row, remedy=error.remedy) from error
    except _DAMAGE as error:
        msg = f"cannot be read as a line layer ({_one_line(error)})"
        raise NetworkError(msg, file=path, remedy=_REMEDY) from error
    if len(layers) != 1:
        names = ", ".join(name for name, _ in layers) or "none"
        msg = f"has {len(layers)} layers of lines ({names})"
        raise NetworkError(msg, file=path, remedy=_REMEDY)
    if not isinstance(frame, gpd.GeoDataFrame):
        msg = "holds no geometry"
        raise NetworkError(msg, file=path, remedy=_REMEDY)
    return frame


def _check_degrees(layer: gpd.GeoDataFrame, path: Path) -> None:
    """Refuse metres that are declared as degrees, as GeoJSON files often have them."""
    left, bottom, right, top = layer.total_bounds
    if layer.crs.is_geographic and (np.abs([left, right, bottom, top]) > [180, 180, 90, 90]).any():
        extent = f"x {left:.0f} to {right:.0f}, y {bottom:.0f} to {top:.0f}"
        msg = f"has coordinates that cannot be degrees ({extent})"
        raise NetworkError(msg, file=path, remedy="Declare the CRS that the coordinates are in")


def _one_line(error: Exception) -> str:
    """Return a library's message as part of a sentence."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
