"""The pipeline: a study in, a folder of maps, layers and tables out."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from kiezreach.analysis import Analysis, analyse
from kiezreach.inputs import Inputs, read_inputs
from kiezreach.memory import peak_memory_mb
from kiezreach.outputs.brief import write_briefs
from kiezreach.outputs.brief.scope import city, districts
from kiezreach.outputs.data_package import write_data_package
from kiezreach.outputs.folder import own_folder
from kiezreach.outputs.geopackage import GEOPACKAGE, write_geopackage
from kiezreach.outputs.layer_formats import write_layer_formats
from kiezreach.outputs.layers import layers
from kiezreach.outputs.manifest import study_origin, write_manifest
from kiezreach.outputs.print_map import Maps, write_print_maps
from kiezreach.outputs.tables import write_tables
from kiezreach.outputs.web_map import write_web_map
from kiezreach.sources.finished import MANIFEST, RUN_LOG
from kiezreach.study import Study

_KIND = "study"  # what the manifest of a build tells of, and that of another result does not


@dataclass(frozen=True, eq=False)
class BuildResult:
    """A finished build.

    Parameters
    ----------
    study, inputs, analysis
        What was asked, with what, and what was found.
    folder
        Where the outputs lie.
    manifest
        The content of ``manifest.json``.
    """

    study: Study
    inputs: Inputs
    analysis: Analysis
    folder: Path
    manifest: dict[str, Any]

    @property
    def paths(self) -> dict[str, Path]:
        """Path of each output, by its name within the folder."""
        names = [entry["file"] for entry in self.manifest["outputs"]]
        return {name: self.folder / name for name in [*names, MANIFEST, RUN_LOG]}


@dataclass
class _RunLog:
    """Seconds of each step and the most memory that was in use."""

    tell: Callable[[str], None]
    steps: list[dict[str, Any]] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def step(self, name: str) -> None:
        """Begin a step."""
        self._end()
        self.steps.append({"step": name, "seconds": time.perf_counter()})
        self.tell(name)

    def _end(self) -> None:
        if self.steps:
            self.steps[-1]["seconds"] = round(time.perf_counter() - self.steps[-1]["seconds"], 2)

    def write(self, study: Study, work: Path, folder: Path) -> None:
        """End the last step and write the log of a build whose place is a folder."""
        self._end()
        log = {
            "study": _from_here(study, folder),
            "python": platform.python_version(),
            "seconds": round(time.perf_counter() - self.started, 2),
            "peak_memory_mb": peak_memory_mb(),
            "steps": self.steps,
        }
        (work / RUN_LOG).write_text(json.dumps(log, indent=2) + "\n", encoding="utf-8")


def _from_here(study: Study, folder: Path) -> str:
    """Return the way from a build to its study file, for `kiezreach verify`.

    Empty where the study comes with kiezreach or is far away: such a way would name folders of
    this machine. It stands in the run log, as it depends on where the build is written.
    """
    if study.file is None or study_origin(study)["packaged"]:
        return ""
    beside = folder.parent.resolve()
    try:
        shared = os.path.commonpath([study.file, beside])
    except ValueError:  # on another drive
        return ""
    if shared == Path(shared).anchor:
        return ""
    return Path(os.path.relpath(study.file, beside / "here")).as_posix()


def build(
    study: Study,
    out: str | Path,
    *,
    tell: Callable[[str], None] = lambda _: None,
    cache: bool = True,
    maps: Maps = "all",
    processes: int = 1,
) -> BuildResult:
    """Analyse a study and write maps, layers, tables and the manifest.

    Parameters
    ----------
    study
        The study.
    out
        Folder for the outputs. An earlier build in it is replaced only once the new one is
        whole; a folder with anything else in it is refused.
    tell
        Called with a few words at the start of each step.
    cache
        Whether the network may come from the cache and be kept there.
    maps
        Printed maps to draw: ``all``, ``city`` (those of the whole city alone) or ``none``.
    processes
        With more than one, so many further processes write the printed maps; see
        `kiezreach.outputs.print_map.press.print_sheets`.

    Returns
    -------
    BuildResult

    Raises
    ------
    InputError
        If the study or an input is wrong; nothing is written.
    OutputError
        If the folder cannot be written, or another process writes it; an earlier build stays as
        it was.
    """
    folder = Path(out).resolve()
    log = _RunLog(tell)
    with own_folder(folder, _KIND) as held:
        inputs = read_inputs(study, log.step, cache=cache)
        analysis = analyse(study, inputs, log.step)
        draw = partial(write_print_maps, maps=maps, processes=processes)
        with held.whole_folder() as work:
            manifest = _write(study, inputs, analysis, work, folder, log, draw)
    return BuildResult(study, inputs, analysis, folder, manifest)


def _write(
    study: Study,
    inputs: Inputs,
    analysis: Analysis,
    work: Path,
    folder: Path,
    log: _RunLog,
    draw: partial[list[Path]],
) -> dict[str, Any]:
    """Write every output of a folder to the working folder; `draw` draws the printed maps."""
    (work / "tables").mkdir()
    log.step("writing tables and layers")
    write_tables(study, inputs, analysis, work / "tables")
    frames = layers(study, inputs, analysis)
    write_geopackage(study, frames, work / GEOPACKAGE)
    write_layer_formats(study, frames, work)
    write_data_package(study, inputs, work)
    log.step("drawing the interactive map")
    write_web_map(study, inputs, analysis, work / "map.html")
    log.step("drawing the printed maps")
    draw(study, inputs, analysis, work / "print")
    if study.editions:
        log.step("writing the briefs")
        (work / "briefs").mkdir()
        scopes = [city(study, inputs.areas), *districts(inputs.areas)]
        write_briefs(study, inputs, analysis, work / "briefs", scopes, study.editions)
    manifest = write_manifest(study, inputs, analysis, work, maps=draw.keywords["maps"])
    log.write(study, work, folder)
    return manifest
