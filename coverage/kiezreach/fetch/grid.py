"""Cells of a census grid, from a file that the user has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from kiezreach import limits
from kiezreach.errors import InputError, shown
from kiezreach.fetch.delivery import Delivery, Job, Made, deliver
from kiezreach.fetch.record import Origin, Record, toml_table
from kiezreach.fetch.regions import Region, find_region
from kiezreach.limits import require_within
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
    require_file(file, limits.MAX_LAYER_MB)
    region = area.to_crs(form.crs).union_all().buffer(form.cell_m / 2, cap_style="square")
    shapely.prepare(region)
    found = [pd.DataFrame(columns=["x", "y", "residents"])]
    hidden = 0
    with _pieces(file, form) as pieces:
        for piece in pieces:
            x, y = (_numbers(piece, c, file) for c in (form.x_column, form.y_column))
            near = pd.Series(shapely.intersects_xy(region, x, y), index=piece.index)
            text = piece[form.residents_column].fillna("").str.strip()
            hidden += int((near & text.isin(form.hidden)).sum())
            near &= ~text.isin(form.hidden)
            count = _numbers(piece[near], form.residents_column, file)
            found.append(pd.DataFrame({"x": x[near], "y": y[near], "residents": count}))
    cells = pd.concat([part for part in found if len(part)] or found)
    if not cells["residents"].sum() > 0:
        msg = "has no inhabited cell in the area"
        raise InputError(msg, file=file, remedy="Check that both are of the same country")
    return cells.sort_values(["y", "x"], ignore_index=True), hidden


def _numbers(piece: pd.DataFrame, column: str, file: Path) -> pd.Series:
    """Return a column of a piece as numbers."""
    values = pd.to_numeric(piece[column], errors="coerce")
    if values.isna().any():
        at = values.index[values.isna()][0]
        msg = f"'{column}' is '{shown(piece.loc[at, column])}', which is no number"
        remedy = "Save the file again as published; values that hide a count are named in the"
        remedy += " catalogue, under hidden"
        raise InputError(msg, file=file, row=f"row {at + 2}", remedy=remedy)
    return values


def _pieces(file: Path, form: GridFormat) -> pd.io.parsers.TextFileReader:
    """Read a large CSV piece by piece, of its columns those that are needed, as text."""
    columns = [form.x_column, form.y_column, form.residents_column]
    try:
        with file.open(encoding="utf-8-sig") as stream:
            first = stream.readline(limits.MAX_LINE_CHARS + 1)
        require_within(len(first), limits.MAX_LINE_CHARS, "characters in a line", file)
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
