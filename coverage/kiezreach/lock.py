"""The lock of a study: what every build of it must be made of."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiezreach.errors import InputError, OutputError, shown
from kiezreach.inputs import describe_file, named_files
from kiezreach.outputs.manifest import study_origin, versions
from kiezreach.sources.areas import read_areas
from kiezreach.sources.files import read_text
from kiezreach.study_networks import read_study_network
from kiezreach.whole import whole_file

if TYPE_CHECKING:
    from kiezreach.network import WalkNetwork
    from kiezreach.study import Study

LOCK = "kiezreach.lock"
_SHAPEFILE_PARTS = (".cpg", ".dbf", ".prj", ".shx")  # a .shp holds no more than the shapes


def lock_path(study: Study) -> Path:
    """Return where the lock of a study lies: beside it, or here for the packaged one."""
    if study.file is None or study_origin(study)["packaged"]:
        return Path(LOCK)
    return study.file.parent / LOCK


def write_lock(study: Study, path: Path, *, cache: bool = True) -> dict[str, Any]:
    """Write down what a study is made of.

    Parameters
    ----------
    study
        The study.
    path
        Where to write; an earlier lock is replaced.
    cache
        Whether the network, which knows its own licence and date, may come from the cache.

    Returns
    -------
    dict
        What was written: ``kiezreach``, ``libraries``, ``walk_rules``, ``study`` and ``inputs``.

    Raises
    ------
    InputError
        If an input is missing, or areas or network cannot be read.
    OutputError
        If the lock cannot be written.
    """
    _require_own(study, path)
    network, _ = read_study_network(study, read_areas(study), cache=cache)
    content = _content(study, network)
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
    with whole_file(path) as part:
        part.write_text(text + "\n", encoding="utf-8", newline="\n")
    return content


def require_locked(study: Study, path: Path) -> None:
    """Refuse a study of which anything differs from its lock.

    Parameters
    ----------
    study
        The study.
    path
        Its lock.

    Raises
    ------
    InputError
        If there is no lock, or it is no lock, or the study, an input, a walk rule, kiezreach or a
        library is not as it was locked: names all that differ.
    """
    locked, now = _read(path, study), _content(study)
    try:
        differing = [
            *_study_differs(locked["study"], now["study"]),
            *_files_differ(locked["inputs"], now["inputs"]),
            *_version_differs({"kiezreach": locked["kiezreach"]}, {"kiezreach": now["kiezreach"]}),
            *_version_differs(locked["libraries"], now["libraries"]),
            *_rules_differ(locked["walk_rules"], now["walk_rules"]),
        ]
    except (KeyError, TypeError, AttributeError) as error:
        msg = "is no lock of this version of kiezreach"
        raise InputError(msg, file=path, remedy=f"Write it anew with: {_command(study)}") from error
    if differing:
        msg = f"the build is frozen, and differs from its lock: {'; '.join(differing)}"
        remedy = f"Restore what was locked, or accept what is there with: {_command(study)}"
        raise InputError(msg, file=path, remedy=remedy)


def _require_own(study: Study, path: Path) -> None:
    """Refuse to replace the lock of another study in the same folder."""
    if not path.exists():
        return
    with contextlib.suppress(InputError, KeyError, TypeError):  # what is no lock is replaced
        other = _read(path, study)["study"]["file"]
        if other != study_origin(study)["file"]:
            msg = (
                f"{path}: is the lock of another study ({shown(other)}). Name that one, or remove "
                "the lock"
            )
            raise OutputError(msg)


def _content(study: Study, network: WalkNetwork | None = None) -> dict[str, Any]:
    """Return what a lock holds."""
    rows = [describe_file(study, *named) for named in named_files(study, network)]
    rows += [
        describe_file(study, role, beside, part)
        for role, file, part in named_files(study, network)
        for beside in _parts_beside(study, file)
    ]
    return {**versions(), "study": study_origin(study), "inputs": rows}


def _parts_beside(study: Study, file: str) -> list[str]:
    """Return the other files of a Shapefile."""
    path = Path(file)
    if path.suffix.lower() != ".shp":
        return []
    found = (str(path.with_suffix(suffix)) for suffix in _SHAPEFILE_PARTS)
    return [name for name in found if study.path(name).is_file()]


def _command(study: Study) -> str:
    """Return the command that locks a study, as its user would type it beside it."""
    origin = study_origin(study)
    return "kiezreach lock" if origin["packaged"] else f"kiezreach lock {origin['file']}"


def _read(path: Path, study: Study) -> dict[str, Any]:
    """Return the content of a lock."""
    if not path.exists():
        msg = "there is no such lock, and the build is frozen"
        raise InputError(msg, file=path, remedy=f"Write it with: {_command(study)}")
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        msg = "is no lock"
        raise InputError(msg, file=path, remedy=f"Write it anew with: {_command(study)}") from error
    return content if isinstance(content, dict) else {}


def _study_differs(locked: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Say whether the study file is another one, or has changed."""
    if locked["file"] != now["file"]:
        return [f"it locks the study '{shown(locked['file'])}', not '{now['file']}'"]
    return [f"{now['file']} (the study) has changed"] if locked["sha256"] != now["sha256"] else []


def _files_differ(locked: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[str]:
    """Name inputs that came, went or changed, each file once."""
    was, is_now = _roles(locked), _roles(now)
    told = [f"{f} ({is_now[f][0]}) is not locked" for f in is_now if f not in was]
    told += [f"{f} ({was[f][0]}) is locked and not read" for f in was if f not in is_now]
    for file in (f for f in is_now if f in was and was[f][1:] != is_now[f][1:]):
        size, locked_size = is_now[file][2], was[file][2]
        bytes_ = f"{size:,} bytes" + ("" if size == locked_size else f", locked {locked_size:,}")
        told.append(f"{file} ({is_now[file][0]}) has changed: {bytes_}")
    return told


def _roles(rows: list[dict[str, Any]]) -> dict[str, tuple[str, str, int]]:
    """Return roles, hash and size of each file."""
    found: dict[str, tuple[str, str, int]] = {}
    for row in rows:
        before = found.get(row["file"])
        role = row["role"] if before is None else f"{before[0]}, {row['role']}"
        found[row["file"]] = (role, row["sha256"], row["bytes"])
    return found


def _version_differs(locked: dict[str, str], now: dict[str, str]) -> list[str]:
    """Name programs and libraries of another version."""
    return [
        f"{name} is {now.get(name, 'not used')}, locked {shown(locked.get(name, 'without it'))}"
        for name in sorted({*locked, *now})
        if locked.get(name) != now.get(name)
    ]


def _rules_differ(locked: dict[str, str], now: dict[str, str]) -> list[str]:
    """Name the profiles whose walk rules are others."""
    return [
        f"the walk rules '{shown(name)}' are others"
        for name in sorted({*locked, *now})
        if locked.get(name) != now.get(name)
    ]
