"""Build source distribution and wheel, and look at what is in them."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
_EARLIEST = 1580601600  # 2 February 2020, as hatchling takes where no time is given
# Without these, what is told of licences or types is not true.
_IN_WHEEL = ("kiezreach/py.typed", "kiezreach/data/SOURCES.md", "kiezreach/data/berlin.toml")
# What a source distribution must bring, to build, to test and to derive the data again.
_IN_SOURCES = (
    ".ci/run", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "data/SOURCES.md",
    "docs/design.md", "pyproject.toml", "requirements/dev.txt", "requirements/user.txt",
    "scripts/setup", "scripts/test", "tests/conftest.py",
)  # fmt: skip
_JUNK = ("__pycache__", ".pyc", ".pytest_cache", ".hypothesis", ".venv", ".DS_Store", ".egg-info")


def build_time(root: Path = ROOT) -> int:
    """Return the time that all that is built carries: SOURCE_DATE_EPOCH, else the last commit's."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    done = subprocess.run(
        ["git", "log", "-1", "--format=%ct"],  # noqa: S607 - the user's own git
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return int(done.stdout) if done.returncode == 0 and done.stdout.strip() else _EARLIEST


def build(root: Path, out: Path, *targets: str, epoch: int) -> list[Path]:
    """Build targets ("sdist", "wheel") of a source tree into a folder, without the network.

    Returns
    -------
    list of Path
        What was built.
    """
    out.mkdir(parents=True, exist_ok=True)
    before = set(out.iterdir())
    named = [word for target in targets for word in ("-t", target)]
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", *named, "-d", str(out.resolve())],
        cwd=root,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(epoch)},
        check=True,
        capture_output=True,
    )
    return sorted(set(out.iterdir()) - before)


def unpacked(sources: Path, folder: Path) -> Path:
    """Unpack a source distribution and return its folder."""
    with tarfile.open(sources) as archive:
        archive.extractall(folder, filter="data")
    return folder / sources.name.removesuffix(".tar.gz")


def wheel_faults(wheel: Path, root: Path = ROOT) -> list[str]:
    """Say what is wrong with the content of a wheel, a line for each fault."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        faults = [
            f"{inside} is not what stands in {path.relative_to(root)}"
            for inside, path in _belongs(root).items()
            if inside in names and archive.read(inside) != path.read_bytes()
        ]
    wanted = {*_belongs(root), *_IN_WHEEL}
    licence = any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    foreign = [n for n in names if n not in wanted and ".dist-info/" not in n]
    return [
        *faults,
        *(f"{name} is missing" for name in sorted(wanted - {*names})),
        *(f"{name} does not belong there" for name in foreign),
        *([] if licence else ["LICENSE is missing"]),
    ]


def _belongs(root: Path) -> dict[str, Path]:
    """Say which file of the tree stands where in a wheel: all code and all data."""
    code = (root / "coverage").rglob("*")
    data = (root / "data").rglob("*")
    files = {path.relative_to(root / "coverage").as_posix(): path for path in code}
    files |= {f"kiezreach/{path.relative_to(root).as_posix()}": path for path in data}
    return {name: path for name, path in files.items() if path.is_file() and not _is_junk(name)}


def sources_faults(sources: Path) -> list[str]:
    """Say what is wrong with the content of a source distribution, a line for each fault."""
    with tarfile.open(sources) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    outputs = [n for n in names if n.startswith("outputs/") and n != "outputs/README.md"]
    return [
        *(f"{name} is missing" for name in _IN_SOURCES if name not in names),
        *(f"{name} does not belong there" for name in names if _is_junk(name)),
        *(f"{name} is somebody's build" for name in outputs),
    ]


def _is_junk(name: str) -> bool:
    return any(part == junk or part.endswith(junk) for part in name.split("/") for junk in _JUNK)
