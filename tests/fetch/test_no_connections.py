"""Nothing opens a connection but what the user asks for with `kiezreach fetch`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ..worlds import write_small_study  # noqa: TID252 - one town for all

# Ends the process with 99 where anything looks up a host or connects, whatever catches errors.
_WATCHED = """
import os, sys

def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"}:
        print(event, arguments, file=sys.stderr)
        os._exit(99)

sys.addaudithook(watch)
"""
_FETCHING = ("pooch", "osmnx", "kiezreach.sources.downloads")


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python under watch."""
    command = [sys.executable, "-c", _WATCHED + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_watch_watches() -> None:
    assert run("import socket; socket.create_connection(('127.0.0.1', 9))").returncode == 99
    assert run("import socket; socket.getaddrinfo('example.org', 80)").returncode == 99


def test_a_build_connects_nowhere_and_loads_nothing_that_would(tmp_path: Path) -> None:
    study = write_small_study(tmp_path)
    code = f"""
from kiezreach.cli import group
arguments = ["build", sys.argv[1], "--quiet", "--maps", "city", "--out", sys.argv[2]]
try:
    group(arguments, prog_name="kiezreach")
except SystemExit as end:
    loaded = [name for name in {_FETCHING!r} if name in sys.modules]
    print(loaded)
    os._exit(1 if loaded else end.code or 0)
"""
    ran = run(code, str(study), str(tmp_path / "out"))
    assert ran.returncode == 0, ran.stdout[-300:] + ran.stderr[-300:]
    assert (tmp_path / "out/map.html").exists()


def test_imports_and_dry_runs_connect_nowhere(tmp_path: Path) -> None:
    """Every module, and every fetch of the packaged catalogue, of services that do exist."""
    code = """
import importlib, pkgutil, kiezreach
for module in pkgutil.walk_packages(kiezreach.__path__, "kiezreach."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from kiezreach.cli import group
for arguments in (
    ["areas", "berlin-lor-2021"],
    ["residents", "berlin-2025-12"],
    ["indicators", "berlin-mss-2025"],
    ["centres", "--place", "Heidelberg, Germany"],
    ["network", "--place", "Heidelberg, Germany"],
    ["network", "--extract", "brandenburg"],
):
    try:
        group(["fetch", *arguments, "--dry-run", "--out", sys.argv[1]], prog_name="kiezreach")
    except SystemExit as end:
        assert not end.code, arguments
"""
    ran = run(code, str(tmp_path / "out"))
    assert ran.returncode == 0, ran.stderr
    for host in (
        "gdi.berlin.de",
        "download.statistik-berlin-brandenburg.de",
        "overpass-api.de",
        "nominatim.openstreetmap.org",
        "download.geofabrik.de",
    ):
        assert f"{host}: " in ran.stdout
    assert "at most 800 MB; ODbL 1.0" in ran.stdout
    assert not (tmp_path / "out").exists()
