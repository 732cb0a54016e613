"""Builds that are finished: their manifest, tables and layers, read back from the folder."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas as gpd
import pandas as pd
from pyogrio.errors import DataLayerError, DataSourceError

from kiezreach import limits
from kiezreach.errors import STEERING, InputError, shown
from kiezreach.sources.files import read_text, require_file
from kiezreach.sources.vector_files import layer_kinds, read_vector_layer
from kiezreach.whole import complete

MANIFEST = "manifest.json"
RUN_LOG = "run-log.json"  # seconds and memory differ from run to run: not hashed, not compared
_DATA_PACKAGE = "datapackage.json"
_BUILD = "study"  # what the manifest of a build tells of, and that of another result does not
_AGAIN = "Give a folder that kiezreach build wrote, or build it again"


@dataclass(frozen=True, eq=False)
class FinishedBuild:
    """A build as its folder holds it.

    Parameters
    ----------
    folder
        The folder.
    manifest
        The content of its ``manifest.json``.
    """

    folder: Path
    manifest: dict[str, Any]

    @property
    def outputs(self) -> dict[str, str]:
        """The SHA-256 of each output by its name, as the manifest has it."""
        return {entry["file"]: entry["sha256"] for entry in self.manifest["outputs"]}

    @property
    def files(self) -> set[str]:
        """Names of the files that are there, but for manifest and run log."""
        there = {
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.is_file()
        }
        return there - {MANIFEST, RUN_LOG}

    def table(self, name: str) -> pd.DataFrame:
        """Return a table with every value as the text that stands there.

        Raises
        ------
        InputError
            If it is missing or no table.
        """
        path = self.folder / f"tables/{name}.csv"
        require_file(path, limits.MAX_TABLE_MB)
        try:
            # The build may be somebody else's: its names end in messages and comments.
            text = STEERING.sub(" ", path.read_text(encoding="utf-8"))
            return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        except (ValueError, pd.errors.ParserError) as error:
            msg = "is not a table as kiezreach build writes it"
            raise InputError(msg, file=path, remedy=_AGAIN) from error

    def layer_names(self) -> list[str]:
        """Return the names of the layers in ``layers.gpkg``.

        Raises
        ------
        InputError
            If it cannot be opened.
        """
        path = self.folder / "layers.gpkg"
        require_file(path)
        try:
            return [name for name, _ in layer_kinds(path)]
        except (DataSourceError, DataLayerError) as error:
            msg = "is not a GeoPackage"
            raise InputError(msg, file=path, remedy=_AGAIN) from error

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return a layer of ``layers.gpkg``; one without geometry as a plain frame.

        Raises
        ------
        InputError
            If it is missing.
        """
        path = self.folder / "layers.gpkg"
        require_file(path)
        try:
            return read_vector_layer(path, name)
        except (DataSourceError, DataLayerError) as error:
            msg = "there is no such layer, or it cannot be read"
            raise InputError(msg, file=path, row=f"layer {shown(name)}", remedy=_AGAIN) from error

    def keys(self) -> dict[str, list[str]]:
        """Return the columns that name a row of each table, by the table's file."""
        package = _json(self.folder / _DATA_PACKAGE)
        try:
            return {
                str(part["path"]): list(part["schema"].get("primaryKey", ()))
                for part in package["resources"]
                if "schema" in part  # tables, not layers
            }
        except (KeyError, TypeError, AttributeError) as error:
            msg = "is no data dictionary of a build"
            raise InputError(msg, file=self.folder / _DATA_PACKAGE, remedy=_AGAIN) from error

    @property
    def study_path(self) -> Path | None:
        """The study file as the run log names it from here; None where it does not."""
        try:
            said = json.loads(read_text(self.folder / RUN_LOG))
            name = said.get("study") if isinstance(said, dict) else None
        except (OSError, ValueError, RecursionError):
            return None
        return self.folder / name if isinstance(name, str) and name else None


def read_finished(folder: str | Path) -> FinishedBuild:
    """Open a finished build.

    Parameters
    ----------
    folder
        Folder that `kiezreach build` wrote.

    Returns
    -------
    FinishedBuild

    Raises
    ------
    InputError
        If it is no such folder, or its manifest is not one of a build.
    """
    folder = Path(folder)
    if not folder.is_dir():
        complete(folder)  # a run that was killed may have moved it aside
    if not folder.is_dir():
        msg = "there is no such folder"
        raise InputError(msg, file=folder, remedy=_AGAIN)
    path = folder / MANIFEST
    manifest = _json(path)
    try:
        whole = "kiezreach" in manifest and isinstance(manifest[_BUILD], dict)
        whole &= all(_inside(entry["file"]) and entry["sha256"] for entry in manifest["outputs"])
        whole &= all(entry["file"] and entry["sha256"] for entry in manifest["inputs"])
    except (KeyError, TypeError):
        whole = False
    if not whole:
        msg = "is not the manifest of a build"
        raise InputError(msg, file=path, remedy=_AGAIN)
    return FinishedBuild(folder.resolve(), manifest)


def _inside(name: str) -> bool:
    """Whether a name stays in the folder."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _json(path: Path) -> Any:  # noqa: ANN401 - as JSON is
    """Return the content of a JSON file."""
    text = read_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = "is not valid JSON"
        raise InputError(msg, file=path, remedy=_AGAIN) from error
