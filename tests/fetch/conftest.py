"""Servers for a test, a catalogue that names them, and no way to any other address."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kiezreach.cli import group
from kiezreach.fetch.delivery import Job
from kiezreach.sources.downloads.catalogue import Catalogue, Patience
from kiezreach.sources.downloads.http import Http
from kiezreach.sources.downloads.manners import Manners

from .servers import Reply, Request, Server

HERE = {"127.0.0.1", "localhost"}
QUICK = Patience(
    attempts=3,
    first_wait_s=0.01,
    longest_wait_s=0.3,
    connect_s=2,
    silence_s=0.4,
    total_s=0.6,
)


@pytest.fixture(autouse=True)
def nowhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let no test ask any address but this machine's, and keep downloads apart."""
    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def only_here(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in HERE:
            pytest.fail(f"a test asks {address[0]}")
        connect(self, address)

    def known_here(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in HERE:
            pytest.fail(f"a test looks up {host}")
        return getaddrinfo(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", only_here)
    monkeypatch.setattr(socket, "getaddrinfo", known_here)
    monkeypatch.setenv("KIEZREACH_DOWNLOAD_DIR", str(tmp_path_factory.mktemp("downloads")))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Request], Reply]], Server]]:
    """Start servers that stop with the test."""
    begun: list[Server] = []

    def start(reply: Callable[[Request], Reply]) -> Server:
        begun.append(Server(reply))
        return begun[-1]

    yield start
    for server in begun:
        server.close()


@pytest.fixture
def waits() -> list[float]:
    """Seconds that were waited, which no test does."""
    return []


@pytest.fixture
def http(waits: list[float]) -> Http:
    return Http(Manners(QUICK, sleep=waits.append))


@pytest.fixture
def job_with(http: Http, tmp_path: Path) -> Callable[..., Job]:
    """Make a job on a catalogue that is given as tables."""

    def make(*, refresh: bool = False, **tables: Any) -> Job:
        catalogue = Catalogue.model_validate_json(json.dumps(tables))
        return Job(catalogue, http, tmp_path / "out", refresh)

    return make


@pytest.fixture
def kiezreach() -> Callable[..., Result]:
    """Run the command line."""

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(group, [str(a) for a in arguments], prog_name="kiezreach")

    return run
