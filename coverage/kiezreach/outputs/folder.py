"""The folder of a result: replaced when the new one is whole, and never with anything lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiezreach.errors import OutputError
from kiezreach.sources.finished import MANIFEST, RUN_LOG
from kiezreach.whole import Claim, claim


@contextmanager
def own_folder(folder: Path, kind: str) -> Iterator[Claim]:
    """Take the sole right to a folder for results of one kind, before anybody waits for them.

    Parameters
    ----------
    folder
        Folder for the outputs; it need not exist.
    kind
        As for `require_own`.

    Yields
    ------
    Claim

    Raises
    ------
    OutputError
        If it holds anything else, cannot be written, or another process writes it.
    """
    if Path.cwd() == folder.resolve():
        msg = (
            f"{folder}: is the folder that you are in, and would be another one afterwards. Go to "
            "the one around it, and name this one"
        )
        raise OutputError(msg)
    with claim(folder, lambda: require_own(folder, kind)) as held:
        yield held


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
