"""The pipeline: a study in, a folder of maps, layers and tables out."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiezreach.analysis import Analysis, analyse
from kiezreach.errors import OutputError
from kiezreach.inputs import Inputs, read_inputs
from kiezreach.memory import peak_memory_mb
from kiezreach.outputs.brief import write_briefs
from kiezreach.outputs.brief.scope import city, districts
from kiezreach.outputs.data_package import write_data_package
from kiezreach.outputs.layers import write_layers
from kiezreach.outputs.manifest import MANIFEST, RUN_LOG, write_manifest
from kiezreach.outputs.print_map import write_print_maps
from kiezreach.outputs.tables import write_tables
from kiezreach.outputs.web_map import write_web_map
from kiezreach.study import Study


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

    def write(self, folder: Path) -> None:
        """End the last step and write the log."""
        self._end()
        log = {
            "seconds": round(time.perf_counter() - self.started, 2),
            "peak_memory_mb": peak_memory_mb(),
            "steps": self.steps,
        }
        (folder / RUN_LOG).write_text(json.dumps(log, indent=2) + "\n", encoding="utf-8")


def build(
    study: Study,
    out: str | Path,
    *,
    tell: Callable[[str], None] = lambda _: None,
    cache: bool = True,
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

    Returns
    -------
    BuildResult

    Raises
    ------
    InputError
        If the study or an input is wrong; nothing is written.
    OutputError
        If the folder cannot be written; an earlier build stays as it was.
    """
    folder = Path(out).resolve()
    _require_own(folder)
    log = _RunLog(tell)
    inputs = read_inputs(study, log.step, cache=cache)
    analysis = analyse(study, inputs, log.step)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that the last step is a rename within one file system.
        work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        msg = f"{folder}: cannot be written ({error.strerror})"
        raise OutputError(msg) from error
    try:
        manifest = _write(study, inputs, analysis, work, log)
        _replace(folder, work)
    except OSError as error:
        msg = f"{folder}: cannot be written ({error.strerror or error})"
        raise OutputError(msg) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return BuildResult(study, inputs, analysis, folder, manifest)


def _write(
    study: Study, inputs: Inputs, analysis: Analysis, work: Path, log: _RunLog
) -> dict[str, Any]:
    """Write every output to the working folder."""
    work.chmod(0o755)  # mkdtemp makes it private
    for name in ("tables", "print"):
        (work / name).mkdir()
    log.step("writing tables and layers")
    write_tables(study, inputs, analysis, work / "tables")
    write_data_package(study, inputs, work)
    write_layers(study, inputs, analysis, work / "layers.gpkg")
    log.step("drawing the interactive map")
    write_web_map(study, inputs, analysis, work / "map.html")
    log.step("drawing the printed maps")
    write_print_maps(study, inputs, analysis, work / "print")
    if study.editions:
        log.step("writing the briefs")
        (work / "briefs").mkdir()
        scopes = [city(study, inputs.areas), *districts(inputs.areas)]
        write_briefs(study, inputs, analysis, work / "briefs", scopes, study.editions)
    manifest = write_manifest(study, inputs, analysis, work)
    log.write(work)
    return manifest


def _require_own(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier build: it would be lost."""
    try:
        there = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
        is_file = folder.exists() and not folder.is_dir()
        manifest = (folder / MANIFEST).read_bytes() if MANIFEST in there else b"{}"
    except OSError as error:
        msg = f"{folder}: cannot be used for the outputs ({error.strerror})"
        raise OutputError(msg) from error
    if is_file:
        msg = f"{folder}: is a file. Name a folder for the outputs"
        raise OutputError(msg)
    foreign = sorted(there - _files_of_build(manifest))
    if foreign:
        msg = (
            f"{folder}: holds files that are not from an earlier build ({foreign[0]}), and they "
            "would be lost. Name another folder"
        )
        raise OutputError(msg)


def _files_of_build(manifest: bytes) -> set[str]:
    """Return the files and folders of an earlier build by its manifest; none if it is not one."""
    try:
        content = json.loads(manifest)
        files = {MANIFEST, RUN_LOG, *(entry["file"] for entry in content["outputs"])}
    except (ValueError, TypeError, KeyError):
        return set()
    if "kiezreach" not in content:
        return set()
    return files | {parent.as_posix() for file in files for parent in Path(file).parents}


def _replace(folder: Path, work: Path) -> None:
    """Put the finished folder in the place of the earlier one."""
    if not folder.exists():
        work.rename(folder)
        return
    earlier = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    folder.rename(earlier / folder.name)
    try:
        work.rename(folder)
    except OSError:
        (earlier / folder.name).rename(folder)
        raise
    finally:
        shutil.rmtree(earlier, ignore_errors=True)
