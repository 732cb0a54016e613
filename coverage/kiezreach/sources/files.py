"""Open tables and layers, and say in one sentence what is wrong with a file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from kiezreach.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

_MAX_DEGREES = 360.0
_ORDINARY_DIGITS = 2  # 1 to 12 are numbers, not codes that lost a zero
_PARQUET = {".parquet", ".geoparquet"}


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def require_file(path: Path) -> None:
    """Raise an error unless there is a file with something in it.

    Raises
    ------
    InputError
        If it is missing, a folder, or empty.
    """
    if not path.is_file():
        msg = "there is no such file" if not path.is_dir() else "is a folder, not a file"
        raise InputError(msg, file=path, remedy="Correct the path in the study")
    if path.stat().st_size == 0:
        msg = "the file is empty"
        raise InputError(msg, file=path, remedy="Get the file again")


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV with a header line; every value stays the text that it is.

    Parameters
    ----------
    path
        CSV in UTF-8, separated by comma, semicolon or tab.

    Returns
    -------
    DataFrame
        Strings; the index is the line number in the file, starting at 2 below the header.

    Raises
    ------
    InputError
        If it is missing, empty, or not such a file.
    """
    require_file(path)
    remedy = "Save it as CSV in UTF-8, with a header line and commas between the values"
    try:
        with path.open(encoding="utf-8-sig") as stream:
            header = stream.readline()
        separator = max(",;\t", key=header.count)
        table = pd.read_csv(
            path,
            sep=separator,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            skip_blank_lines=False,
            index_col=False,
            on_bad_lines="error",
        )
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        reason = str(error).strip().splitlines()[0]
        msg = f"is not a readable CSV ({reason})"
        raise InputError(msg, file=path, remedy=remedy) from error
    if table.empty:
        msg = "has no rows"
        raise InputError(msg, file=path, remedy=remedy)
    table.columns = table.columns.str.strip()
    table = table.apply(lambda column: column.str.strip())
    table.index = pd.RangeIndex(2, len(table) + 2)
    return table


def read_layer(path: Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read a geometry file of any common format.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet.
    layer
        Layer to read, for a file with several.

    Returns
    -------
    GeoDataFrame
        In the file's own CRS; the index is the feature's number, starting at 1.

    Raises
    ------
    InputError
        If it is missing, empty or not of its format, has no rows, no CRS, or coordinates that
        do not fit its CRS.
    """
    require_file(path)
    try:
        if path.suffix in _PARQUET:
            frame = gpd.read_parquet(path)
        else:
            frame = gpd.read_file(path, layer=layer or _only_layer(path))
    except DataLayerError as error:
        names = ", ".join(pyogrio.list_layers(path)[:, 0])
        msg = f"has no layer '{layer}'"
        raise InputError(msg, file=path, remedy=f"Its layers are: {names}") from error
    except (DataSourceError, pa.ArrowException, OSError, ValueError) as error:
        msg = "is not a readable geometry file of its format"
        remedy = "Give a GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet file"
        raise InputError(msg, file=path, remedy=remedy) from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        msg = "has no features with geometry"
        raise InputError(msg, file=path, remedy="Check the file in a GIS")
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    _check_crs(frame, path)
    return frame


def _only_layer(path: Path) -> str | None:
    """Return the layer of a file that has one, and ask for a name where it has several."""
    names = pyogrio.list_layers(path)[:, 0]
    if len(names) > 1:
        msg = f"has {len(names)} layers and the study does not say which"
        remedy = f"Set layer to one of: {', '.join(names)}"
        raise InputError(msg, file=path, remedy=remedy)
    return names[0] if len(names) else None


def _check_crs(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Raise an error if the CRS is missing or plainly not that of the coordinates."""
    if frame.crs is None:
        msg = "has no CRS"
        remedy = "Assign one in a GIS (for Berlin mostly EPSG:25833 or EPSG:4326) and save again"
        raise InputError(msg, file=path, remedy=remedy)
    extent = np.abs(frame.total_bounds)
    if not np.isfinite(extent).all():
        return  # empty geometries are named one by one by whoever reads the layer
    name = frame.crs.to_string()
    if frame.crs.is_geographic and extent.max() > _MAX_DEGREES:
        msg = f"says {name} (degrees), but its coordinates reach {extent.max():.0f}"
        raise InputError(msg, file=path, remedy="Assign the CRS that the coordinates are in")
    if frame.crs.is_projected and extent.max() <= _MAX_DEGREES:
        msg = f"says {name} (metres), but its coordinates look like degrees"
        raise InputError(msg, file=path, remedy="Assign EPSG:4326 if they are lon and lat")


def require_columns(frame: pd.DataFrame, columns: list[str], path: Path) -> None:
    """Raise an error that names the columns which are missing and those that are there."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        msg = f"has no column {', '.join(repr(c) for c in missing)}"
        there = ", ".join(str(c) for c in frame.columns if c != "geometry")
        remedy = f"Its columns are: {there}. Rename one, or name it in the study"
        raise InputError(msg, file=path, remedy=remedy)


def ids(frame: pd.DataFrame, column: str, path: Path, *, unique: bool = True) -> pd.Series:
    """Return a column of ids as text, checked.

    Raises
    ------
    InputError
        If one is missing, stands twice, or seems to have lost its leading zero.
    """
    values = frame[column]
    if pd.api.types.is_numeric_dtype(values) and values.notna().all():
        values = values.astype("int64") if (values % 1 == 0).all() else values
    text = values.astype("string").fillna("").str.strip()
    empty = text == ""
    if empty.any():
        msg = f"'{column}' is empty"
        raise InputError(msg, file=path, row=f"row {empty.idxmax()}", remedy="Give every row an id")
    if unique and text.duplicated().any():
        value = text[text.duplicated()].iloc[0]
        rows = ", ".join(str(row) for row in text.index[text == value])
        msg = f"the id '{value}' stands in rows {rows}"
        remedy = "Give every row an id of its own"
        raise InputError(msg, file=path, row=f"id {value}", remedy=remedy)
    return text.astype(object)


def check_leading_zeros(text: pd.Series, path: Path) -> None:
    """Raise an error if ids look as if a spreadsheet had cut their leading zeros.

    Official codes of one level have one length; digits of two neighbouring lengths are the
    mark of a column that was read as numbers.
    """
    length = text.str.len()
    longest = int(length.max())
    cut = length == longest - 1
    if longest <= _ORDINARY_DIGITS or not cut.any() or not text.str.isdigit().all():
        return
    if (length[~cut] == longest).all():
        short = text[cut].iloc[0]
        msg = f"the id '{short}' has {longest - 1} digits where others have {longest}"
        remedy = f"It seems to have lost its leading zero: '0{short}'. Store ids as text"
        raise InputError(msg, file=path, row=f"id {short}", remedy=remedy)


def check_known(text: pd.Series, known: set[str], what: str, path: Path) -> None:
    """Raise an error if an id is not among the known ones, with a hint at lost zeros."""
    unknown = text[~text.isin(known)]
    if unknown.empty:
        return
    value = unknown.iloc[0]
    padded = next((k for k in known if k.lstrip("0") == value.lstrip("0")), None)
    remedy = (
        f"'{padded}' exists: the id lost its leading zero. Store ids as text"
        if padded
        else f"{len(unknown)} rows have ids that no {what} has. Check that both are of one year"
    )
    msg = f"'{value}' is not the id of a {what}"
    raise InputError(msg, file=path, row=f"row {unknown.index[0]}", remedy=remedy)


def whole_numbers(frame: pd.DataFrame, column: str, path: Path) -> npt.NDArray[np.int64]:
    """Return a column of counts.

    Raises
    ------
    InputError
        If a value is missing, no number, negative or fractional.
    """
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    raw = frame[column].to_numpy(dtype=object)
    for bad, problem in (
        (~np.isfinite(values), "is missing or no number"),
        (values < 0, "is negative"),
        (values % 1 != 0, "is not a whole number"),
    ):
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            shown = "" if pd.isna(raw[at]) else str(raw[at])
            msg = f"'{column}' {problem}: '{shown}'"
            remedy = "Give a whole number of 0 or more"
            raise InputError(msg, file=path, row=f"row {frame.index[at]}", remedy=remedy)
    return values.astype(np.int64)


def check_geometry(
    frame: gpd.GeoDataFrame, kinds: set[str], path: Path, label: pd.Series | None = None
) -> None:
    """Raise an error if a geometry is missing, empty, invalid or of another kind.

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
    empty = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    other = ~empty & ~frame.geometry.geom_type.isin(kinds).to_numpy()
    invalid = ~empty & ~shapely.is_valid(geometry)
    for bad, problem in ((empty, "empty"), (other, "other"), (invalid, "invalid")):
        if not bad.any():
            continue
        at = int(np.flatnonzero(bad)[0])
        row = f"row {frame.index[at]}" if label is None else f"id {label.iloc[at]}"
        match problem:
            case "empty":
                msg, remedy = "the geometry is empty", "Remove the row or draw its geometry"
            case "other":
                msg = f"the geometry is a {geometry[at].geom_type}"
                remedy = f"Expected: {', '.join(sorted(kinds))}"
            case _:
                msg = f"the geometry is invalid ({shapely.is_valid_reason(geometry[at])})"
                remedy = "Repair it in a GIS (fix geometries) and save again"
        raise InputError(msg, file=path, row=row, remedy=remedy)


def check_overlap(
    frame: gpd.GeoDataFrame, region: shapely.Geometry, path: Path, *, what: str
) -> None:
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
    box = shapely.box(*frame.total_bounds)
    if shapely.intersects(box, region):
        return
    remedy = "Check its CRS, and that it is of the same place as the areas"
    lonlat = frame.to_crs(4326).total_bounds
    here = gpd.GeoSeries([region], crs=frame.crs).to_crs(4326).total_bounds
    swapped = shapely.box(lonlat[1], lonlat[0], lonlat[3], lonlat[2])
    if shapely.intersects(swapped, shapely.box(*here)):
        remedy = "Its lon and lat are swapped: exchange them"
    msg = f"all {what} lie {shapely.distance(box, region) / 1000:.0f} km outside the areas"
    raise InputError(msg, file=path, remedy=remedy)
