"""Networks that were read before, kept in the platform's cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs
import pyproj

from kiezreach.errors import CacheError, shown
from kiezreach.network.model import Provenance, WalkNetwork
from kiezreach.network.report import NetworkReport
from kiezreach.sources.files import sha256

if TYPE_CHECKING:
    import numpy.typing as npt

FOLDER_VARIABLE = "KIEZREACH_CACHE_DIR"
_SUFFIX = ".walk.npz"  # plain arrays: five times as large as a network file, and as quick to read
_PART = ".part"
_ARRAYS = (
    "node_xy", "edge_nodes", "geometry_offsets", "geometry_xy", "edge_tags", "edge_name",
    "edge_main",
)  # fmt: skip
# What reading a damaged entry raises.
_DAMAGE = (
    OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, NotImplementedError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_NO_READERS = ("__init__.py", "cache.py", "cells.py", "snap.py")  # work on what was read
_READERS = ("geopandas", "osmium", "pyogrio", "pyproj", "shapely")


@dataclass(frozen=True)
class CacheEntry:
    """A network in the cache.

    Parameters
    ----------
    path
        Where it is kept.
    file
        The file that it was read from.
    profile
        Walk rules, and what was done where tags leave a question open.
    size
        Bytes.
    written
        When it was read.
    """

    path: Path
    file: str
    profile: str
    size: int
    written: datetime


def cache_folder() -> Path:
    """Return the folder of the cache; the variable KIEZREACH_CACHE_DIR names another."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    return platformdirs.user_cache_path("kiezreach", appauthor=False) / "networks"


def cache_key(path: Path, settings: dict[str, Any]) -> str:
    """Return the name of an entry: the file's content, what is asked, the rules and versions.

    Parameters
    ----------
    path
        The file to read.
    settings
        All that the network depends on beside it, as plain values.
    """
    asked = {
        "content": sha256(path),
        "name": path.name.lower(),  # its end names the format, and it is the source of a layer
        "settings": settings,
        "reader": _reader(),
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]


@cache
def _reader() -> list[str]:
    """Return what identifies the code and the rules that turn a file into a network."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    parts = (*folder.glob("*.py"), *folder.glob("rules/*.toml"))
    for part in sorted(part for part in parts if part.name not in _NO_READERS):
        digest.update(part.name.encode())
        digest.update(part.read_bytes())
    libraries = [f"{name} {version(name)}" for name in ("kiezreach", *_READERS)]
    return [digest.hexdigest(), f"PROJ {pyproj.proj_version_str}", *libraries]


def load(key: str, path: Path) -> tuple[WalkNetwork, NetworkReport] | None:
    """Return a network and its report, or None where the cache does not hold it unharmed.

    Parameters
    ----------
    key
        What `cache_key` returned.
    path
        The file asked for: the report names it, wherever it lay before.
    """
    try:
        with _place(key).open("rb") as stream, np.load(stream) as kept:
            account = _account(kept)
            known = account["network"]
            arrays = {name: kept[name] for name in known["arrays"]}
        network = WalkNetwork(
            crs=known["crs"],
            tag_names=tuple(known["tag_names"]),
            names=tuple(known["names"]),
            quantum_m=known["quantum_m"],
            provenance=Provenance(**known["provenance"]),
            clip_buffer_m=known["clip_buffer_m"],
            **arrays,
        )
        report = NetworkReport.from_dict(account["report"])
    except _DAMAGE:
        return None
    return network, replace(report, file=str(path))


def store(key: str, network: WalkNetwork, report: NetworkReport, profile: str) -> None:
    """Keep a network and its report; a cache that cannot be written is no obstacle.

    Parameters
    ----------
    key
        What `cache_key` returned.
    network, report
        What was read.
    profile
        Walk rules, in words for the list.
    """
    # The last of them is None where the network was not clipped.
    arrays = {name: getattr(network, name) for name in _ARRAYS}
    arrays = {name: values for name, values in arrays.items() if values is not None}
    known = {
        "arrays": list(arrays),
        "crs": network.crs,
        "tag_names": network.tag_names,
        "names": network.names,
        "quantum_m": network.quantum_m,
        "provenance": network.provenance.as_dict(),
        "clip_buffer_m": network.clip_buffer_m,
    }
    account = {"profile": profile, "network": known, "report": report.as_dict()}
    text = np.frombuffer(json.dumps(account).encode(), dtype=np.uint8)
    place = _place(key)
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        # Written under another name and renamed, so that nobody meets half of it.
        with tempfile.NamedTemporaryFile(dir=place.parent, suffix=_PART, delete=False) as part:
            try:
                np.savez(part, account=text, **arrays)
                part.close()
                Path(part.name).replace(place)
            finally:
                part.close()
                Path(part.name).unlink(missing_ok=True)


def entries() -> list[CacheEntry]:
    """Return what the cache holds, the newest first; damaged entries are left out."""
    found = []
    for place in sorted(cache_folder().glob(f"*{_SUFFIX}")):
        try:
            with place.open("rb") as stream, np.load(stream) as kept:
                account = _account(kept)
            about = place.stat()
            written = datetime.fromtimestamp(about.st_mtime, UTC)
            file, profile = account["report"]["file"], account["profile"]
            found.append(CacheEntry(place, file, profile, about.st_size, written))
        except _DAMAGE:
            continue
    return sorted(found, key=lambda entry: (entry.written, entry.path), reverse=True)


def clear() -> int:
    """Remove everything from the cache and return how many bytes that was.

    Raises
    ------
    CacheError
        If something cannot be removed; all else is gone.
    """
    folder, freed = cache_folder(), 0
    stuck = []
    for part in _parts(folder):
        try:
            freed += _remove(part)
        except OSError as error:
            stuck.append(f"{shown(part.name)} ({error.strerror})")
    if stuck:
        more = f" and {len(stuck) - 1} more" if len(stuck) > 1 else ""
        msg = f"{folder}: {stuck[0]}{more} cannot be removed from the cache, all else is gone"
        raise CacheError(msg)
    return freed


def _parts(folder: Path) -> list[Path]:
    """Return the entries of the cache, whole and unfinished."""
    try:
        return sorted(part for part in folder.iterdir() if part.name.endswith((_SUFFIX, _PART)))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        msg = f"{folder}: the cache cannot be read ({error.strerror})"
        raise CacheError(msg) from error


def _remove(part: Path) -> int:
    """Remove a file and return its bytes; one that is gone already has none."""
    try:
        size = part.stat().st_size
        part.unlink()
    except FileNotFoundError:
        return 0
    return size


def _place(key: str) -> Path:
    """Return the file of an entry."""
    return cache_folder() / f"{key}{_SUFFIX}"


def _account(kept: Mapping[str, npt.NDArray[np.uint8]]) -> dict[str, Any]:
    """Return what is known of an entry beside its arrays."""
    account: dict[str, Any] = json.loads(kept["account"].tobytes())
    return account
