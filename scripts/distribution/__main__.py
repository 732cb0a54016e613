"""Build, check and try what goes out (scripts/package)."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from distribution import bill
from distribution.environments import (
    Away,
    differing,
    install,
    new_environment,
    with_pipx,
    with_uv_tool,
)
from distribution.packages import build, build_time, sources_faults, unpacked, wheel_faults

ROOT = Path(__file__).parents[2]
PINNED = ROOT / "requirements/user.txt"


def say(text: str) -> None:
    """Tell what is being done."""
    print(f"== {text}", file=sys.stderr, flush=True)


def package(out: Path) -> tuple[Path, Path]:
    """Build source distribution, wheel and bill of materials, and check them.

    Returns
    -------
    tuple
        Source distribution and wheel.
    """
    epoch = build_time()
    say("Building source distribution and wheel")
    for old in out.glob("kiezreach-*"):
        old.unlink()
    wheel, sources = sorted(
        build(ROOT, out, "sdist", "wheel", epoch=epoch), key=lambda p: p.suffix == ".gz"
    )
    faults = [*wheel_faults(wheel), *sources_faults(sources)]
    with TemporaryDirectory() as name:
        again = Path(name)
        tree = unpacked(sources, again / "tree")
        say("Building both again, the wheel from the source distribution")
        built = [
            *build(ROOT, again, "sdist", epoch=epoch),
            *build(tree, again, "wheel", epoch=epoch),
        ]
        faults += [
            f"{one.name} is not the same bytes when it is built again"
            for one in built
            if one.read_bytes() != (out / one.name).read_bytes()
        ]
    if faults:
        sys.exit("\n".join(["What was built is not fit to go out:", *faults]))
    materials = out / f"{wheel.name.split('-py3')[0]}.cdx.json"
    if bill.main(["--out", str(materials)]):
        sys.exit(1)
    for path in (sources, wheel, materials):
        print(f"{path}: {path.stat().st_size:,} bytes")
    return sources, wheel


def try_berlin(sources: Path, wheel: Path, folder: Path) -> None:
    """Build Berlin from the repository, from the wheel alone and from the source distribution."""
    say("Building Berlin from the repository")
    repository = folder / "repository"
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "coverage"), "KIEZREACH_CACHE_DIR": str(folder / "cache"),
    }  # fmt: skip
    subprocess.run(
        [sys.executable, "-m", "kiezreach", "build", "--quiet", "--out", repository],
        env=environment, check=True, cwd=folder, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    for artefact in (wheel, sources):
        say(f"Building Berlin from {artefact.name} in a new environment")
        away = Away(folder / artefact.suffix[1:])
        python = new_environment(away.folder / "environment")
        install(python, artefact, requirements=PINNED)
        away.run(python.with_name("kiezreach"), "build", "--quiet", "--out", "berlin")
        report(artefact.name, repository, away.folder / "work/berlin")


def try_tools(wheel: Path, folder: Path) -> None:
    """Install with pipx and with uv tool, and build Berlin's figures with both."""
    built = []
    for name, installed in (("pipx", with_pipx), ("uv tool", with_uv_tool)):
        say(f"Installing with {name}, and building Berlin without printed maps")
        away = Away(folder / name.replace(" ", "-"))
        command = installed(wheel, away, PINNED)
        print(f"{name}: {away.run(command, '--version').strip()}")
        away.run(command, "--licences")
        away.run(command, "build", "--quiet", "--maps", "none", "--out", "berlin")
        built.append(away.folder / "work/berlin")
    report("pipx", built[0], built[1])


def report(name: str, one: Path, other: Path) -> None:
    """Say that two builds are the same bytes, or end."""
    if differ := differing(one, other):
        sys.exit(f"{name}: {len(differ)} files differ: {', '.join(differ[:10])}")
    count = sum(path.is_file() for path in other.rglob("*"))
    print(f"{name}: Berlin is built, {count} files, the same bytes")


def main(arguments: list[str] | None = None) -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(prog="scripts/package", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder (default: dist)")
    parser.add_argument(
        "--berlin", action="store_true",
        help="install each alone with the pinned requirements and build Berlin (some ten minutes)",
    )  # fmt: skip
    parser.add_argument(
        "--tools", action="store_true", help="install with pipx and uv tool too, and build there"
    )
    options = parser.parse_args(arguments)
    sources, wheel = package(options.out)
    with TemporaryDirectory() as name:
        if options.berlin:
            try_berlin(sources, wheel, Path(name))
        if options.tools:
            try_tools(wheel, Path(name))


if __name__ == "__main__":
    main()
