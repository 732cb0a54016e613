"""A local copy of security advisories (OSV's format), asked as OSV's service is."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

_ECOSYSTEM = "PyPI"

Advisory = dict[str, Any]


def read_advisories(place: Path) -> dict[str, list[Advisory]]:
    """Read the advisories of a folder of JSON files, or of a zip file of them.

    Returns
    -------
    dict
        By normalised name of the distribution.

    Raises
    ------
    ValueError
        If there are none: that is no copy of advisories.
    """
    found: dict[str, list[Advisory]] = {}
    for text in _texts(place):
        entry = json.loads(text)
        for name in {canonicalize_name(part["package"]["name"]) for part in _affected(entry)}:
            found.setdefault(name, []).append(entry)
    if not found:
        msg = f"{place} holds no advisories on Python distributions"
        raise ValueError(msg)
    return found


def _texts(place: Path) -> Iterator[bytes]:
    if place.is_dir():
        yield from (path.read_bytes() for path in sorted(place.glob("**/*.json")))
        return
    with zipfile.ZipFile(place) as archive:
        yield from (archive.read(name) for name in archive.namelist() if name.endswith(".json"))


def _affected(entry: Advisory) -> list[dict[str, Any]]:
    return [p for p in entry.get("affected", []) if p["package"]["ecosystem"] == _ECOSYSTEM]


def is_affected(entry: Advisory, name: str, version: str) -> bool:
    """Return whether an advisory is about a version: it lists it, or one of its ranges holds it.

    A range that cannot be read counts as one that holds it: somebody should look.
    """
    parts = [p for p in _affected(entry) if canonicalize_name(p["package"]["name"]) == name]
    return any(
        version in part.get("versions", [])
        or any(
            _holds(one["events"], version)
            for one in part.get("ranges", [])
            if one["type"] == "ECOSYSTEM"
        )
        for part in parts
    )


def _holds(events: list[dict[str, str]], version: str) -> bool:
    """Go through the events of a range in the order of versions; the last one before it counts."""
    try:
        asked = Version(version)
        steps = sorted((Version(value), kind) for event in events for kind, value in event.items())
    except InvalidVersion:
        return True
    inside = False
    for step, kind in steps:
        if kind == "introduced" and step <= asked:
            inside = True
        if (kind == "fixed" and step <= asked) or (kind == "last_affected" and step < asked):
            inside = False
    return inside


@contextmanager
def served(advisories: dict[str, list[Advisory]]) -> Iterator[str]:
    """Answer OSV's queries from a copy, on this machine alone, and give the address."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name, version = canonicalize_name(asked["package"]["name"]), asked["version"]
            found = [a for a in advisories.get(name, []) if is_affected(a, name, version)]
            body = json.dumps({"vulns": found} if found else {}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/query"
        finally:
            server.shutdown()
