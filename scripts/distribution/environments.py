"""Install what was built as users do, away from the repository, and run it there."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_UNHASHED = "run-log.json"  # seconds and memory: it differs from run to run
_PASSED_ON = (
    "PATH",
    "LANG",
    "LC_ALL",
    "SSL_CERT_FILE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "TMPDIR",
)


@dataclass(frozen=True)
class Away:
    """A place outside the repository: an empty folder to work in, and a home of its own.

    Parameters
    ----------
    folder
        Where both lie.
    """

    folder: Path

    def run(self, *command: object, **variables: object) -> str:
        """Run a command there, knowing nothing of the repository, and return what it prints.

        Raises
        ------
        RuntimeError
            If it fails: with what it said.
        """
        work, home = self.folder / "work", self.folder / "home"
        for path in (work, home):
            path.mkdir(parents=True, exist_ok=True)
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {
            "HOME": str(home),
            **{name: str(value) for name, value in variables.items()},
        }
        done = subprocess.run(
            [str(word) for word in command],
            cwd=work, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            told = f"{done.stdout}{done.stderr}"
            msg = f"{' '.join(map(str, command))} ended with {done.returncode}:\n{told}"
            raise RuntimeError(msg)
        return done.stdout


def tool(name: str) -> Path:
    """Return a program of the environment that runs this."""
    return Path(sys.executable).with_name(name)


def new_environment(folder: Path, *, libraries: Path | None = None) -> Path:
    """Make an empty environment of the running version of Python.

    Parameters
    ----------
    folder
        Where to make it.
    libraries
        A folder of installed libraries that it may use, after its own. What is installed there for
        editing stays unseen, because a path that a .pth file names is not searched for others.

    Returns
    -------
    Path
        Its interpreter.
    """
    _uv("venv", "--no-python-downloads", "--python", sys.executable, folder)
    if libraries is not None:
        (site,) = folder.glob("lib/python*/site-packages")
        (site / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    return folder / "bin/python"


def install(python: Path, artefact: Path, *, requirements: Path | None = None) -> None:
    """Install a wheel or a source distribution, with pinned requirements or with nothing else."""
    if requirements is not None:
        _uv("pip", "install", "--python", python, "--require-hashes", "-r", requirements)
    _uv("pip", "install", "--python", python, "--no-deps", "--no-build-isolation", artefact)


def _uv(*arguments: object) -> None:
    subprocess.run([tool("uv"), *map(str, arguments), "--quiet"], check=True)


def with_pipx(wheel: Path, away: Away, constraints: Path) -> Path:
    """Install with pipx into a home of its own, and return the command."""
    folder = away.folder / "pipx"
    away.run(
        tool("pipx"), "install", "--python", sys.executable, wheel,
        "--pip-args", f"--constraint {constraints}",
        PIPX_HOME=folder / "home", PIPX_BIN_DIR=folder / "bin", PIPX_MAN_DIR=folder / "man",
    )  # fmt: skip
    return folder / "bin/kiezreach"


def with_uv_tool(wheel: Path, away: Away, constraints: Path) -> Path:
    """Install with uv tool into a home of its own, and return the command."""
    folder = away.folder / "uv"
    away.run(
        tool("uv"), "tool", "install", "--quiet", "--python", sys.executable,
        "--constraints", constraints, wheel,
        UV_TOOL_DIR=folder / "tools", UV_TOOL_BIN_DIR=folder / "bin",
    )  # fmt: skip
    return folder / "bin/kiezreach"


def differing(one: Path, other: Path) -> list[str]:
    """Name the files of two builds that differ, or that only one of them has."""
    names = {
        path.relative_to(folder).as_posix()
        for folder in (one, other)
        for path in folder.rglob("*")
        if path.is_file() and path.name != _UNHASHED
    }
    return sorted(name for name in names if _bytes(one / name) != _bytes(other / name))


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
