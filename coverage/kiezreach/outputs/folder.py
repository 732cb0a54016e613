"""The folder of a result: replaced when the new one is whole, and never with anything lost."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiezreach.errors import OutputError
from kiezreach.sources.finished import MANIFEST, RUN_LOG


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a working folder, and put it in the place of another when all went well.

    Parameters
    ----------
    folder
        The place; what is there stays as it is until then.

    Yields
    ------
    Path
        Folder to write to.

    Raises
    ------
    OutputError
        If a folder cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that the last step is a rename within one file system.
        work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        msg = f"{folder}: cannot be written ({error.strerror})"
        raise OutputError(msg) from error
    try:
        work.chmod(0o755)  # mkdtemp makes it private
        yield work
        _replace(folder, work)
    except OSError as error:
        msg = f"{folder}: cannot be written ({error.strerror or error})"
        raise OutputError(msg) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def require_own(folder: Path, kind: str) -> None:
    """Refuse a folder that holds anything but an earlier result of the same kind: it would be lost.

    Parameters
    ----------
    folder
        Folder for the outputs; it need not exist.
    kind
        Key of the manifest that results of this kind have, and others do not.

    Raises
    ------
    OutputError
        If it holds anything else, or cannot be read.
    """
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
    foreign = sorted(there - _files_of(manifest, kind))
    if foreign:
        msg = (
            f"{folder}: holds files that are not from an earlier build ({foreign[0]}), and they "
            "would be lost. Name another folder"
        )
        raise OutputError(msg)


def _files_of(manifest: bytes, kind: str) -> set[str]:
    """Return the files and folders of an earlier result by its manifest; none if it is not one."""
    try:
        content = json.loads(manifest)
        files = {MANIFEST, RUN_LOG, *(entry["file"] for entry in content["outputs"])}
    except (ValueError, TypeError, KeyError, RecursionError):
        return set()
    if "kiezreach" not in content or kind not in content:
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
