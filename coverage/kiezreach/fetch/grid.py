"""Cells of a census grid, from a file that the user has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from kiezreach.errors import InputError
from kiezreach.fetch.delivery import Delivery, Job, Made, deliver
from kiezreach.fetch.record import Origin, Record, toml_table
from kiezreach.fetch.regions import Region, find_region
from kiezreach.sources.columns import require_columns
from kiezreach.sources.downloads.catalogue import find_service
from kiezreach.sources.files import require_file

if TYPE_CHECKING:
    from kiezreach.sources.downloads.catalogue import GridFormat

NAME = "grid.csv"
_ROWS = 200_000  # at once: all of Germany has three million cells


def fetch(job: Job, format_name: str, file: Path, region: Region) -> Delivery:
    """Take the cells of an area out of a census grid.

    Parameters
    ----------
    job
        Formats, folder.
    format_name
        Name in the catalogue, which says what the columns mean.
    file
        The grid: a CSV, unpacked.
    region
        Where; cells that touch it are taken.

    Raises
    ------
    InputError
        If the file is not of that format, or has no inhabited cell in the area.
    """
    form = find_service(job.catalogue.grids, format_name, "format of grids")

    def make(path: Path, _: Record | None) -> Made:
        cells, hidden = _cells(file, form, find_region(job, region))
        cells.to_csv(path, index=False, lineterminator="\n")
        notes = [f"{len(cells):,} cells from the file {file.name}"]
        if hidden:
            notes.append(f"{hidden:,} cells whose count is not published are left out")
        origin = Origin(form.source, form.licence, form.vintage, form.attribution)
        return Made(origin, notes=tuple(notes))

    return deliver(job, NAME, make)


def snippet(file: str, origin: Origin, form: GridFormat) -> str:
    """Return the table of a study that names the grid."""
    keys = {"x_column": "x", "y_column": "y", "crs": form.crs, "cell_m": form.cell_m}
    table = toml_table("[residents.support.grid]", {"file": file, **keys, **origin.keys})
    return f'# In [residents], with totals: spread = "grid"\n{table}'


def _cells(file: Path, form: GridFormat, area: gpd.GeoSeries) -> tuple[pd.DataFrame, int]:
    """Return the inhabited cells that touch an area, and how many hide their count."""
    require_file(file)
    region = area.to_crs(form.crs).union_all().buffer(form.cell_m / 2, cap_style="square")
    shapely.prepare(region)
    west, south, east, north = region.bounds
    found, hidden = [], 0
    for piece in _pieces(file, form):
        x, y = (pd.to_numeric(piece[c], errors="coerce") for c in (form.x_column, form.y_column))
        if x.isna().any() or y.isna().any():
            bad = int((x.isna() | y.isna()).to_numpy().argmax())
            msg = f"'{form.x_column}' or '{form.y_column}' is no number"
            raise InputError(
                msg, file=file, row=f"row {piece.index[bad] + 2}", remedy="Save the file again"
            )
        near = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        near[near] = shapely.intersects_xy(region, x[near].to_numpy(), y[near].to_numpy())
        unknown = piece[form.residents_column].fillna("").str.strip().isin(form.hidden)
        hidden += int((near & unknown).sum())
        near &= ~unknown
        count = pd.to_numeric(piece.loc[near, form.residents_column], errors="coerce")
        if count.isna().any():
            value = piece.loc[count.index[count.isna()][0], form.residents_column]
            msg = f"'{form.residents_column}' is '{value}', which is no number"
            raise InputError(msg, file=file, remedy="Name the value under hidden in the catalogue")
        found.append(pd.DataFrame({"x": x[near], "y": y[near], "residents": count}))
    cells = pd.concat(found) if found else pd.DataFrame(columns=["x", "y", "residents"])
    if not cells["residents"].sum() > 0:
        msg = "has no inhabited cell in the area"
        raise InputError(msg, file=file, remedy="Check that both are of the same country")
    return cells.sort_values(["y", "x"], ignore_index=True), hidden


def _pieces(file: Path, form: GridFormat) -> pd.io.parsers.TextFileReader:
    """Read a large CSV piece by piece, of its columns those that are needed, as text."""
    columns = [form.x_column, form.y_column, form.residents_column]
    try:
        with file.open(encoding="utf-8-sig") as stream:
            first = stream.readline()
        separator = max(";,\t", key=first.count)
        header = pd.DataFrame(columns=[name.strip().strip('"') for name in first.split(separator)])
        require_columns(header, columns, file)
        return pd.read_csv(
            file, sep=separator, usecols=columns, dtype=str, chunksize=_ROWS, encoding="utf-8-sig"
        )
    except UnicodeDecodeError as error:
        msg = "is not a text file in UTF-8"
        remedy = "Unpack the download, and give the CSV in it"
        raise InputError(msg, file=file, remedy=remedy) from error
