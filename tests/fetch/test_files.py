"""Whole files: verified by a known, published or recorded hash, and never half there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from kiezreach.errors import DownloadError, OutputError
from kiezreach.sources.downloads.files import download_folder, fetch_file
from kiezreach.sources.downloads.http import Http

from .servers import Files, Server, busy, cut

BODY = b"map data" * 5000
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve(Files({"/a.pbf": BODY}))


def fetch(http: Http, server: Server, **known: str | None) -> bytes:
    url = f"{server.url}/a.pbf"
    path, download = fetch_file(http, url, max_mb=1, remedy="By hand.", **known)
    assert download.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert download.size == path.stat().st_size
    return path.read_bytes()


def left() -> list[Path]:
    return [
        path
        for path in download_folder().iterdir()
        if path.suffix not in {".part", ".state", ".lock"}
    ]


def test_a_known_file_is_asked_for_once(http: Http, server: Server) -> None:
    assert fetch(http, server, known=SHA) == BODY
    assert fetch(http, server, known=SHA) == BODY
    assert len(server.asked) == 1


def test_a_file_that_is_not_known_is_asked_for_each_time(http: Http, server: Server) -> None:
    assert fetch(http, server) == BODY
    server.reply.content["/a.pbf"] = b"new"
    assert fetch(http, server) == b"new"


def test_another_file_than_the_known_one_is_refused(http: Http, server: Server) -> None:
    server.reply.content["/a.pbf"] = BODY[1:]
    with pytest.raises(DownloadError, match=f"another file now.*sha256:{SHA}"):
        fetch(http, server, known=SHA)
    assert left() == []


def test_a_damaged_copy_is_replaced(http: Http, server: Server) -> None:
    fetch(http, server, known=SHA)
    left()[0].write_bytes(b"damaged")
    assert fetch(http, server, known=SHA) == BODY


def test_the_published_checksum_is_asked_for_first(http: Http, server: Server) -> None:
    checksum = f"{server.url}/a.pbf.md5"
    assert fetch(http, server, checksum=checksum) == BODY
    assert [request.path for request in server.asked] == ["/a.pbf.md5", "/a.pbf"]
    fetch(http, server, checksum=checksum)
    assert [request.path for request in server.asked[2:]] == ["/a.pbf.md5"]


def test_a_file_that_does_not_fit_its_checksum_is_refused(http: Http, server: Server) -> None:
    server.reply.content["/b.pbf"] = b"another"
    with pytest.raises(DownloadError, match=r"another file now.*md5:"):
        fetch(http, server, checksum=f"{server.url}/b.pbf.md5")
    assert left() == []


def test_a_checksum_that_is_none(http: Http, server: Server) -> None:
    server.reply.content["/sums"] = b"see elsewhere"
    with pytest.raises(DownloadError, match="publishes no MD5 checksum there"):
        fetch(http, server, checksum=f"{server.url}/sums")


def test_a_failed_download_leaves_nothing_but_what_the_next_goes_on_with(
    http: Http, server: Server
) -> None:
    server.faults.extend([cut(10_000), busy(503), busy(503)])
    with pytest.raises(DownloadError):
        fetch(http, server, known=SHA)
    assert left() == []
    server.asked.clear()
    assert fetch(http, server, known=SHA) == BODY
    assert server.asked[0].headers["Range"] == "bytes=10000-"
    assert [path.suffix for path in download_folder().glob("*.part*")] == [".lock"]


def test_two_runs_at_once_do_not_mix_their_parts(http: Http, server: Server) -> None:
    fcntl = pytest.importorskip("fcntl")
    server.faults.extend([cut(10_000), busy(404)])
    with pytest.raises(DownloadError):
        fetch(http, server, known=SHA)
    (part,) = download_folder().glob("*.part")
    with part.with_name(f"{part.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match="another run is fetching the same file"):
            fetch(http, server, known=SHA)
    assert part.stat().st_size == 10_000
    assert fetch(http, server, known=SHA) == BODY
