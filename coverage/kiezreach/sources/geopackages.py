"""Look into GeoPackages before GDAL does: only plain tables are read.

A GeoPackage is a database, and a view in it is a program: one that never ends is written in a line.
Triggers do nothing to who only reads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kiezreach import limits
from kiezreach.errors import InputError, shown
from kiezreach.limits import require_within

GEOPACKAGE = b"SQLite format 3\x00"
# GDAL looks at no view or table that the GeoPackage does not list.
OPEN_OPTIONS = {"LIST_ALL_TABLES": "NO"}
_STEPS = 100_000  # of SQLite between two looks at how far it is
_LOOKS = 2000  # 200 million steps, some seconds: what is asked here takes thousands
_REMEDY = "Export the layer to a GeoPackage of its own"
_GENERATED = {2, 3}  # hidden columns of table_xinfo: computed when they are read
_LISTED = """
    SELECT c.table_name, c.data_type, coalesce(g.geometry_type_name, '')
    FROM gpkg_contents c LEFT JOIN gpkg_geometry_columns g ON g.table_name = c.table_name
    ORDER BY c.rowid LIMIT ?
"""
_OF_THE_FORMAT = """
    SELECT name FROM sqlite_master
    WHERE name LIKE 'gpkg!_%' ESCAPE '!' AND type IN ('table', 'view')
"""
_KIND = """
    SELECT type, sql FROM sqlite_master WHERE lower(name) = lower(?) AND type IN ('table', 'view')
"""


def geopackage_layers(path: Path) -> list[tuple[str, str]]:
    """Return the layers that a GeoPackage lists, each with its type of geometry.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    list of tuple
        Names and types in capitals, as ``MULTIPOLYGON``; the type of a table is empty.

    Raises
    ------
    InputError
        If it is no GeoPackage, or a layer or what describes the layers is no plain table: a view,
        a virtual table, or a table with computed columns.
    """
    with _opened(path) as file:
        for (name,) in file.execute(_OF_THE_FORMAT).fetchall():
            _require_table(file, str(name), path)
        listed = file.execute(_LISTED, (10 * limits.MAX_LAYERS,)).fetchall()
        require_within(len(listed), limits.MAX_LAYERS, "layers", path)
        for name, _, _ in listed:
            _require_table(file, str(name), path)
    return [(str(n), str(kind)) for n, what, kind in listed if what in {"features", "attributes"}]


def _require_table(file: sqlite3.Connection, name: str, path: Path) -> None:
    """Refuse a name that does not stand for a table with stored values."""
    row = f"layer {shown(name)}"
    for kind, sql in file.execute(_KIND, (name,)).fetchall():
        words = str(sql).upper().split()[:2]
        if kind == "view" or words != ["CREATE", "TABLE"]:
            what = "a view" if kind == "view" else "a virtual table"
            msg = f"is {what}, which is computed when it is read"
            raise InputError(msg, file=path, row=row, remedy=_REMEDY)
    columns = file.execute("SELECT name, hidden FROM pragma_table_xinfo(?)", (name,)).fetchall()
    for column, hidden in columns:
        if hidden in _GENERATED:
            msg = f"the column '{shown(column)}' is computed when it is read"
            raise InputError(msg, file=path, row=row, remedy=_REMEDY)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading alone, and let no question take long."""
    looks = iter(range(_LOOKS))
    address = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as file:
            file.execute("PRAGMA trusted_schema = OFF")
            file.set_progress_handler(lambda: next(looks, None) is None, _STEPS)
            yield file
    except sqlite3.Error as error:
        msg = "is not a readable GeoPackage"
        raise InputError(msg, file=path, remedy="Export it again") from error
