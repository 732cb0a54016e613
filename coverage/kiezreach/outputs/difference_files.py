"""The folder of a comparison: the account as text, Markdown and JSON, and the map."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from kiezreach.outputs.folder import own_folder, require_own
from kiezreach.outputs.manifest import output_entries
from kiezreach.outputs.print_map.difference import write_difference_map
from kiezreach.sources.finished import MANIFEST

if TYPE_CHECKING:
    from kiezreach.outputs.difference import DifferenceAccount
    from kiezreach.sources.snapshot import SnapshotGround

KIND = "difference"  # what the manifest of a comparison tells of, and that of a build does not


def require_difference_folder(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier comparison."""
    require_own(folder, KIND)


def write_difference(account: DifferenceAccount, ground: SnapshotGround, folder: Path) -> None:
    """Write what differs between two builds.

    Parameters
    ----------
    account
        What is told about them.
    ground
        Areas and inhabited ground of the later build.
    folder
        Folder for the outputs; an earlier comparison in it is replaced when this one is whole. It
        gets ``difference.txt``, ``difference.md``, ``difference.json``, ``print/difference.png``,
        ``.pdf`` and ``.svg``, and ``manifest.json``; the same bytes for the same builds.

    Raises
    ------
    OutputError
        If the folder holds anything else, or cannot be written.
    """
    with own_folder(folder, KIND) as held, held.whole_folder() as work:
        (work / "print").mkdir()
        _write_text(work / "difference.txt", account.text())
        _write_text(work / "difference.md", account.markdown())
        _write_text(work / "difference.json", _json(account.as_dict()))
        write_difference_map(account, ground, work / "print")
        manifest = {
            "kiezreach": version("kiezreach"),
            KIND: {
                side: getattr(account.comparison, side).study.name for side in ("before", "after")
            },
            "outputs": output_entries(work),
        }
        _write_text(work / MANIFEST, _json(manifest))


def _json(content: object) -> str:
    """Return JSON as files have it."""
    return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _write_text(path: Path, text: str) -> None:
    """Write a text file, the same bytes everywhere."""
    path.write_text(text, encoding="utf-8", newline="\n")
