"""Servers that send what harms: without end, packed, to other places, with entities."""

from __future__ import annotations

import gzip
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kiezreach.errors import DownloadError
from kiezreach.sources.downloads.catalogue import Patience
from kiezreach.sources.downloads.http import Http
from kiezreach.sources.downloads.manners import Manners
from kiezreach.sources.downloads.wfs import read_capabilities

PATIENCE = Patience(attempts=2, first_wait_s=0, longest_wait_s=1, connect_s=2, silence_s=2)
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A server on this machine that answers so; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            with suppress(OSError):  # who asked has gone away
                answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/data"
        server.shutdown()


def headed(status: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer


def without_end(status: int, **headers: str) -> Answer:
    """An answer whose body is 2 GB or as much as somebody takes."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        headed(status, **headers)(handler)
        for _ in range(20_000):
            handler.wfile.write(b"x" * 100_000)

    return answer


def packed(times: int) -> Answer:
    """An answer of a few kilobytes that unpack to 200 MB, packed so many times."""
    body = gzip.compress(b"\0" * 200_000_000, 9)
    for _ in range(times - 1):
        body = gzip.compress(body, 9)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        headed(200, Content_Encoding=", ".join(["gzip"] * times))(handler)
        handler.wfile.write(body)

    return answer


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (without_end(200), "1.0 MB are the most"),
        (without_end(302, Location="/data"), "redirects in vain"),
        (without_end(404), "answered 404"),
        (headed(302, Location="file:///etc/passwd"), "redirects in vain"),
        (headed(302, Location="ftp://127.0.0.1/x"), "redirects in vain"),
        (headed(302, Location="http://[bad"), "redirects in vain"),
        (headed(200, X="x" * 100_000), "could not be reached|cut the answer off"),
    ],
)
def test_no_answer_takes_more_than_was_asked_for(answer: Answer, told: str) -> None:
    http = Http(Manners(PATIENCE))
    before = peak_mb()
    with serving(answer) as address, pytest.raises(DownloadError, match=told):
        http.get(address, max_mb=1)
    assert peak_mb() < before + 100


@pytest.mark.parametrize("times", [1, 3])
def test_packed_answers_are_measured_unpacked(times: int) -> None:
    http, answer = Http(Manners(PATIENCE)), packed(times)
    before = peak_mb()
    with serving(answer) as address, pytest.raises(DownloadError, match="are the most"):
        http.get(address, max_mb=1)
    assert peak_mb() < before + 100


def test_a_download_that_never_ends_is_given_up(tmp_path: Path) -> None:
    http = Http(Manners(PATIENCE))
    with serving(without_end(200)) as address, pytest.raises(DownloadError, match="are the most"):
        http.save(address, tmp_path / "part", max_mb=1)
    assert (tmp_path / "part").stat().st_size < 2_000_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_of_a_service_are_refused(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'

    def answer(handler: BaseHTTPRequestHandler) -> None:
        headed(200, Content_Type="text/xml")(handler)
        handler.wfile.write(text.encode(encoding))

    http = Http(Manners(PATIENCE))
    with serving(answer) as address, pytest.raises(DownloadError, match="entities"):
        read_capabilities(http, address, "Try again")
