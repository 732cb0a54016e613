"""Open vector files through GDAL: four formats, known by their first bytes, and nothing else.

GDAL reads dozens of formats, whatever a file is called. Some are programs rather than data: they
name other files or addresses that GDAL opens in turn. So a file is looked at before GDAL sees it.
"""

from __future__ import annotations

import mmap
import re
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio

from kiezreach import limits
from kiezreach.errors import InputError, shown
from kiezreach.limits import require_within
from kiezreach.sources.files import require_file
from kiezreach.sources.geopackages import GEOPACKAGE, OPEN_OPTIONS, geopackage_layers

if TYPE_CHECKING:
    import pandas as pd

_SHAPEFILE = b"\x00\x00\x27\x0a"
_FLATGEOBUF = b"fgb\x03fgb"
_MARK = b"\xef\xbb\xbf"  # of UTF-8, at the beginning of a text
_ZIP, _GZIP = b"PK", b"\x1f\x8b"
_HEAD_BYTES = 4096
# pyogrio takes a path apart at these, and would open another file than the one looked at.
_OTHER_FILE = re.compile(r"[!;]|\.zip$|^/vsi|^//")
# The name crs, however it is spelt in JSON, and the only ways to give one that lead nowhere.
_CRS = re.compile(rb"""["'](?:c|\\u00[46]3)(?:r|\\u00[57]2)(?:s|\\u00[57]3)["']""", re.IGNORECASE)
_PLAIN_CRS = re.compile(
    rb"""\s*(?: : \s* (?: [^\s{\[/] | \{ \s* "type" \s* : \s* "name" \s* , \s* "properties" \s* :
    \s* \{ \s* "name" \s* : \s* "[^"\\]*" \s* \} \s* \} ) | [,\]}] )""",
    re.VERBOSE,
)


def layer_kinds(path: Path) -> list[tuple[str, str]]:
    """Return the layers of a vector file, each with its type of geometry.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile or FlatGeobuf.

    Raises
    ------
    InputError
        If it is missing, too large, none of these, or holds what is not read: a GeoPackage of
        views, a GeoJSON whose CRS stands elsewhere.
    DataSourceError, DataLayerError
        As pyogrio raises them, if it is damaged.
    """
    if is_geopackage(path):
        return geopackage_layers(path)
    return [(str(name), str(kind)) for name, kind in pyogrio.list_layers(_address(path))]


def read_vector_layer(path: Path, layer: str) -> gpd.GeoDataFrame | pd.DataFrame:
    """Read a layer that `layer_kinds` named, in the CRS of the file; a table without geometry too.

    Parameters
    ----------
    path
        The file.
    layer
        The layer.

    Raises
    ------
    InputError
        As for `layer_kinds`, and if it has too many columns or rows.
    DataSourceError, DataLayerError
        As pyogrio raises them, if it is damaged.
    """
    address = _address(path)
    options = OPEN_OPTIONS if is_geopackage(path) else {}
    held = pyogrio.read_info(address, layer=layer, force_feature_count=True, **options)
    columns = len(held["fields"]) + 1
    require_within(columns, limits.MAX_COLUMNS, "columns", path)
    require_within(columns * held["features"], limits.MAX_CELLS, "values", path)
    return gpd.read_file(address, layer=layer, **options)


def is_geopackage(path: Path) -> bool:
    """Return whether a file begins as a GeoPackage does.

    Raises
    ------
    InputError
        If it is missing or too large.
    """
    return _head(path).startswith(GEOPACKAGE)


def _head(path: Path) -> bytes:
    """Return the beginning of a file that is not too large."""
    require_file(path, limits.MAX_LAYER_MB)
    with path.open("rb") as stream:
        return stream.read(_HEAD_BYTES)


def _address(path: Path) -> str:
    """Return what GDAL opens as the format that the file is of."""
    head = _head(path)
    there = str(path.resolve())
    if _OTHER_FILE.search(there):
        msg = "has a name that GDAL would take for another file"
        remedy = "Rename it: letters, digits, hyphens and dots, and no ! or ; in its folders"
        raise InputError(msg, file=shown(path), remedy=remedy)
    if head.startswith(GEOPACKAGE):
        geopackage_layers(path)
        return there
    if head.startswith((_SHAPEFILE, _FLATGEOBUF)):
        return there
    if head.removeprefix(_MARK).lstrip().startswith(b"{"):
        _require_crs_inside(path)
        return f"GeoJSON:{there}"  # the prefix lets no other reader of JSON at it
    msg = "is not a readable geometry file of its format"
    packed = "Unpack it, and give" if head.startswith((_ZIP, _GZIP)) else "Export it again as"
    remedy = f"{packed} GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet"
    raise InputError(msg, file=path, remedy=remedy)


def _require_crs_inside(path: Path) -> None:
    """Refuse GeoJSON whose CRS is a link: GDAL would ask that address."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for found in _CRS.finditer(text):
            if _PLAIN_CRS.match(text, found.end()) is None:
                msg = "names its CRS in a way that is not read"
                remedy = "Save it again as GeoJSON in EPSG:4326, or as GeoPackage"
                raise InputError(msg, file=path, remedy=remedy)
