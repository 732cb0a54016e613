"""Build again what a finished build was made of, and compare the two byte by byte."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd

from kiezreach.build import build
from kiezreach.differences import differing_figures, differing_values
from kiezreach.errors import InputError, shown
from kiezreach.outputs.manifest import portable_study
from kiezreach.outputs.print_map import Maps
from kiezreach.sources.files import sha256
from kiezreach.sources.finished import MANIFEST, FinishedBuild, read_finished
from kiezreach.study import berlin, read_study
from kiezreach.study.outputs import LayerFormat

if TYPE_CHECKING:
    from kiezreach.study import Study

_VERSIONS = ("kiezreach", "libraries", "walk_rules")
_NAMES = {"area_id": "area_name", "centre_id": "name", "gap_id": "name", "planning_area_id": "name"}
_NAMING_TABLES = ("coverage", "centres", "gaps", "need")
_EPOCH = "SOURCE_DATE_EPOCH"


@dataclass(frozen=True, eq=False)
class FileDifference:
    """A file that is not the same.

    Parameters
    ----------
    file
        Its name within the folder.
    what
        In a few words what differs.
    figures
        Figures that differ, as `kiezreach.differences.differing_figures` lists them, for a table
        or the layers; empty for others.
    """

    file: str
    what: str
    figures: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Verification:
    """What came of building again.

    Parameters
    ----------
    compared
        Number of files compared.
    files
        Those that are not the same.
    settings
        Path, value in the folder and value now of each setting of the study that differs.
    inputs
        Inputs that are not as they were, each in a few words.
    versions
        Path, version then and now of tool, libraries and walk rules that are others.
    """

    compared: int
    files: tuple[FileDifference, ...]
    settings: tuple[tuple[str, object, object], ...]
    inputs: tuple[str, ...]
    versions: tuple[tuple[str, object, object], ...]

    @property
    def same(self) -> bool:
        """Whether every file is the same, byte by byte."""
        return not self.files


def study_of(finished: FinishedBuild, study_file: Path | None, network: Path | None) -> Study:
    """Return the study that a build was made of.

    Parameters
    ----------
    finished
        The build.
    study_file, network
        The study and the network that stood in for its own, where they are named.

    Raises
    ------
    InputError
        If the study is not found, or the build has another network than the study and none is
        named.
    """
    origin = finished.manifest.get("study_file") or {}
    if study_file is None and not origin.get("packaged"):
        study_file = finished.study_path
        if study_file is None or not study_file.is_file():
            msg = f"the study '{shown(origin.get('file', ''))}' is not where it was"
            raise InputError(msg, file=finished.folder, remedy="Name it with: --study FILE")
    study = berlin() if study_file is None else read_study(study_file)
    study = study if network is None else study.with_network(network)
    asked = (finished.manifest["study"].get("outputs") or {}).get("formats") or ()
    more = [name for name in get_args(LayerFormat) if name in asked]
    study = study.with_formats(name for name in more if name not in study.outputs.formats)
    was = Path(str(finished.manifest["study"].get("network", {}).get("file", ""))).name
    if network is None and was != Path(study.network.file).name:
        msg = f"was built on another network than the study's: {shown(was)}"
        raise InputError(msg, file=finished.folder, remedy="Name it with: --network FILE")
    return study


def verify(
    finished: FinishedBuild,
    study: Study,
    *,
    tell: Callable[[str], None] = lambda _: None,
    cache: bool = True,
    processes: int = 1,
) -> Verification:
    """Build a study again and compare with a finished build.

    Parameters
    ----------
    finished
        The finished build; it is only read.
    study
        Its study; see `study_of`.
    tell
        Called with a few words at the start of each step.
    cache
        Whether the network may come from the cache and be kept there.
    processes
        As for `kiezreach.build.build`.

    Returns
    -------
    Verification

    Raises
    ------
    InputError
        If an input is missing or wrong.
    OutputError
        If there is no room for the second build.
    """
    then = finished.manifest
    with TemporaryDirectory(prefix="kiezreach-verify-") as folder:
        with _time_of(then):
            again = read_finished(
                build(
                    study,
                    Path(folder) / "again",
                    tell=tell,
                    cache=cache,
                    maps=_maps(then),
                    processes=processes,
                ).folder
            )
        tell("comparing byte by byte")
        files = tuple(_compared(finished, again))
        now = again.manifest
        return Verification(
            compared=len(again.files | finished.files) + 1,
            files=files,
            settings=tuple(differing_values(then["study"], portable_study(study))),
            inputs=tuple(_inputs_changed(then["inputs"], now["inputs"])),
            versions=tuple(
                value
                for part in _VERSIONS
                for value in differing_values(then.get(part), now.get(part), part)
            ),
        )


@contextmanager
def _time_of(manifest: dict[str, Any]) -> Iterator[None]:
    """Give the second build the time that the first one carries."""
    before = os.environ.get(_EPOCH)
    try:
        seconds = int(datetime.fromisoformat(manifest["time"]).timestamp())
    except (KeyError, TypeError, ValueError, OverflowError):
        yield  # a manifest without a time that can be read is told as different
        return
    os.environ[_EPOCH] = str(seconds)
    try:
        yield
    finally:
        os.environ.pop(_EPOCH)
        if before is not None:
            os.environ[_EPOCH] = before


def _maps(manifest: dict[str, Any]) -> Maps:
    """Return which printed maps a build has."""
    choices: tuple[Maps, ...] = get_args(Maps)
    return next((maps for maps in choices if maps == manifest.get("maps")), "all")


def _inputs_changed(then: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[str]:
    """Say which inputs came, went or have another content."""
    was = {(row.get("role"), row["file"]): row["sha256"] for row in then}
    is_now = {(row["role"], row["file"]): row["sha256"] for row in now}
    for key in dict.fromkeys([*was, *is_now]):
        if was.get(key) == is_now.get(key):
            continue
        role, file = (shown(part) for part in key)
        state = "is not read any more" if key not in is_now else "has changed"
        yield f"{file} ({role}) {'is new' if key not in was else state}"


def _compared(finished: FinishedBuild, again: FinishedBuild) -> Iterator[FileDifference]:
    """Yield each file that is not the same, tables first."""
    nothing = pd.DataFrame()
    for name in sorted(finished.files | again.files, key=lambda n: (not n.endswith(".csv"), n)):
        if name not in again.files:
            yield FileDifference(name, "is no output of this study", nothing)
        elif name not in finished.files:
            yield FileDifference(name, "is missing", nothing)
        elif sha256(finished.folder / name) != sha256(again.folder / name):
            yield _difference(name, finished, again)
    then, now = ({k: v for k, v in b.manifest.items() if k not in _VERSIONS}
                 for b in (finished, again))  # fmt: skip
    if changed := [path for path, *_ in differing_values(then, now)]:
        yield FileDifference(MANIFEST, f"differs in {', '.join(changed[:3])}", nothing)


def _difference(name: str, finished: FinishedBuild, again: FinishedBuild) -> FileDifference:
    """Say how a file differs: which figures, or from which byte on."""
    edited = sha256(finished.folder / name) != finished.outputs.get(name)
    what = "was changed after the build" if edited else "differs"
    try:
        if name.endswith(".csv"):
            return FileDifference(name, what, _table_figures(name, finished, again))
        if name.endswith(".gpkg"):
            return FileDifference(name, what, _layer_figures(finished, again))
    except InputError as error:
        return FileDifference(name, error.problem, pd.DataFrame())
    first, second = ((b.folder / name).read_bytes() for b in (finished, again))
    shorter = min(len(first), len(second))
    unequal = np.frombuffer(first[:shorter], np.uint8) != np.frombuffer(second[:shorter], np.uint8)
    place = int(unequal.argmax()) if unequal.any() else shorter
    sizes = f"{len(first):,} bytes, recomputed {len(second):,}"
    return FileDifference(name, f"{what}, from byte {place:,} on ({sizes})", pd.DataFrame())


def _table_figures(name: str, finished: FinishedBuild, again: FinishedBuild) -> pd.DataFrame:
    """List the figures of a table that differ."""
    stem = Path(name).stem
    key = again.keys().get(name, [])
    return differing_figures(finished.table(stem), again.table(stem), key, _names(again))


def _layer_figures(finished: FinishedBuild, again: FinishedBuild) -> pd.DataFrame:
    """List the attributes of layers that differ."""
    names, found = _names(again), []
    there = finished.layer_names()
    for layer in again.layer_names():
        if layer not in there:
            found.append(
                pd.DataFrame([{"row": f"layer {layer}", "before": "", "after": "a layer"}])
            )
            continue
        first, second = (_as_text(build.layer(layer)) for build in (finished, again))
        figures = differing_figures(first, second, (), names)
        found.append(figures.assign(row=f"layer {layer}, " + figures["row"].astype(str)))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _as_text(layer: pd.DataFrame) -> pd.DataFrame:
    """Return a layer with every value as text, and geometries as digits."""
    plain = pd.DataFrame(layer)
    if "geometry" in plain:
        plain["geometry"] = layer.geometry.to_wkb(hex=True).to_numpy()
    return plain.astype(object).where(plain.notna(), "").astype(str)


def _names(build: FinishedBuild) -> dict[tuple[str, str], str]:
    """Return the names of areas, centres and gaps by the column of their id and the id."""
    found: dict[tuple[str, str], str] = {}
    for name in _NAMING_TABLES:
        if f"tables/{name}.csv" not in build.files:
            continue
        table = build.table(name)
        for column, beside in _NAMES.items():
            if column in table and beside in table:
                pairs = zip(table[column], table[beside], strict=True)
                found |= {(column, row_id): text for row_id, text in pairs}
    finest = {row_id: text for (column, row_id), text in found.items() if column == "area_id"}
    return {("planning_area_id", row_id): text for row_id, text in finest.items()} | found
