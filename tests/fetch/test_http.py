"""Asking over HTTP: bounded in size, time and attempts, and resuming."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import pytest
import requests

from kiezreach.errors import DownloadError
from kiezreach.sources.downloads.answers import check_status
from kiezreach.sources.downloads.catalogue import Patience
from kiezreach.sources.downloads.http import Http
from kiezreach.sources.downloads.manners import Manners, retry_after

from .conftest import QUICK
from .servers import (
    Fault,
    Files,
    Reply,
    Server,
    answer,
    busy,
    cut,
    dripping,
    page_for_browsers,
    slow,
)

Serve = Callable[..., Server]
BODY = bytes(range(256)) * 400  # 102,400 bytes


@pytest.fixture
def files(serve: Serve) -> Server:
    return serve(Files({"/data.bin": BODY}))


def get(http: Http, server: Server, path: str = "/data.bin", max_mb: float = 1.0) -> bytes:
    return http.get(f"{server.url}{path}", max_mb=max_mb).content


def test_the_project_names_itself(http: Http, files: Server) -> None:
    assert get(http, files) == BODY
    agent = files.asked[0].headers["User-Agent"]
    assert agent.startswith("kiezreach/")
    assert "python-requests" not in agent


def test_whoever_runs_large_downloads_can_be_written_to(files: Server) -> None:
    http = Http(Manners(Patience(contact="planner@example.org")))
    get(http, files)
    assert "planner@example.org" in files.asked[0].headers["User-Agent"]


@pytest.mark.parametrize(
    "fault",
    [busy(429), busy(500), busy(502), busy(503), busy(504), cut(1000), cut(0), slow(0.6)],
    ids=["429", "500", "502", "503", "504", "cut", "nothing", "slow"],
)
def test_what_may_pass_is_asked_again_with_waits_that_double(
    http: Http, files: Server, waits: list[float], fault: Fault
) -> None:
    files.faults.extend([fault, fault])
    assert get(http, files) == BODY
    assert waits == [0.01, 0.02]


def test_patience_ends(http: Http, files: Server, waits: list[float]) -> None:
    files.faults.extend([busy(503)] * 5)
    with pytest.raises(DownloadError) as caught:
        get(http, files)
    assert len(files.asked) == QUICK.attempts
    assert len(waits) == QUICK.attempts - 1
    told = str(caught.value)
    host = files.url.removeprefix("http://")
    assert told.startswith(f"{host}: answered 503")
    assert "3 attempts" in told
    assert f"GET {files.url}/data.bin" in told
    assert "Try again later" in told


def test_the_wait_that_a_service_asks_for_is_kept(
    http: Http, files: Server, waits: list[float]
) -> None:
    files.faults.append(busy(429, Retry_After="0"))
    assert get(http, files) == BODY
    assert waits == [0.0]


def test_a_longer_wait_than_there_is_patience_for_is_told(
    http: Http, files: Server, waits: list[float]
) -> None:
    files.faults.append(busy(429, Retry_After="968"))
    with pytest.raises(DownloadError, match="it asks to wait for 968 s"):
        get(http, files)
    assert waits == []
    assert len(files.asked) == 1


def test_a_moment_to_come_back_at_is_understood() -> None:
    assert retry_after(formatdate(0, usegmt=True)) < 0
    assert retry_after("7") == 7
    assert retry_after("soon") is None
    assert retry_after(None) is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_final(http: Http, files: Server, status: int) -> None:
    files.faults.append(busy(status))
    with pytest.raises(DownloadError, match=f"answered {status}.*'Busy'"):
        get(http, files)
    assert len(files.asked) == 1


def test_a_page_for_browsers_is_no_data(http: Http, files: Server) -> None:
    files.faults.append(page_for_browsers)
    with pytest.raises(DownloadError, match="text/html, a page for browsers: 'Please enable Java"):
        get(http, files)


def test_a_drip_ends(http: Http, files: Server) -> None:
    files.faults.extend([dripping(0.05)] * 3)
    with pytest.raises(DownloadError, match="was not through after"):
        get(http, files)


@pytest.mark.parametrize("announced", [True, False])
def test_what_is_too_large_is_not_read(http: Http, serve: Serve, announced: bool) -> None:  # noqa: FBT001
    body = b"x" * 3_000_000
    server = serve(lambda _: Reply(body, without_length=not announced))
    with pytest.raises(DownloadError, match=r"MB or more; 1\.0 MB are the most.*max_mb"):
        get(http, server, "/")


def test_an_answer_that_unpacks_to_too_much_is_not_read(http: Http, serve: Serve) -> None:
    import gzip

    bomb = gzip.compress(bytes(50_000_000))
    server = serve(lambda _: Reply(bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(DownloadError, match="MB are the most"):
        get(http, server, "/")


def test_nobody_there(http: Http, files: Server) -> None:
    files.close()
    with pytest.raises(DownloadError, match=r"could not be reached.*Connection refused"):
        get(http, files)


def test_redirects_are_followed_a_few_times(http: Http, serve: Serve) -> None:
    hops = {f"/{n}": f"/{n + 1}" for n in range(20)}
    server = serve(Files({"/4": BODY}, redirects=hops | {"/a": "/data"}))
    server.reply.content["/data"] = BODY
    assert get(http, server, "/a") == BODY
    server.asked.clear()
    with pytest.raises(DownloadError, match="redirects in vain"):
        get(http, server, "/5")
    assert len(server.asked) == 6


def test_a_file_is_saved_from_where_a_redirect_leads(
    http: Http, serve: Serve, tmp_path: Path
) -> None:
    server = serve(Files({"/2026.bin": BODY}, redirects={"/data.bin": "/2026.bin"}))
    server.faults.extend([None, cut(30_000)])
    assert save(http, server, tmp_path / "part") == BODY
    assert server.asked[-1].headers["Range"] == "bytes=30000-"


def test_a_redirect_to_an_open_connection_is_refused() -> None:
    first, last = requests.Response(), requests.Response()
    first.url, first.status_code = "https://example.org/a", 302
    last.url, last.status_code, last.history = "http://example.org/b", 200, [first]
    with pytest.raises(DownloadError, match="an address without encryption"):
        check_status(last, "GET https://example.org/a", "")


def test_the_proxy_of_the_environment_is_used(
    http: Http, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(lambda _: Reply(b"by proxy"))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    assert http.get("http://127.0.0.2:9/data", max_mb=1).content == b"by proxy"
    assert proxy.asked[0].path == "http://127.0.0.2:9/data"


def test_no_password_is_sent(
    http: Http, files: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    get(http, files)
    assert "Authorization" not in files.asked[0].headers


def test_passwords_in_addresses_are_not_told(http: Http, files: Server) -> None:
    files.faults.append(busy(404))
    address = files.url.replace("http://", "http://me:secret@")
    with pytest.raises(DownloadError) as caught:
        http.get(f"{address}/data.bin", max_mb=1)
    assert "secret" not in str(caught.value)


# --- files -------------------------------------------------------------------------------------


def save(http: Http, server: Server, part: Path, max_mb: float = 1.0) -> bytes:
    http.save(f"{server.url}/data.bin", part, max_mb=max_mb)
    return part.read_bytes()


def test_a_file_that_was_cut_off_is_gone_on_with(http: Http, files: Server, tmp_path: Path) -> None:
    files.faults.extend([cut(70_000), cut(20_000)])
    assert save(http, files, tmp_path / "part") == BODY
    asked = [request.headers.get("Range") for request in files.asked]
    assert asked == [None, "bytes=70000-", "bytes=90000-"]
    assert list(tmp_path.iterdir()) == [tmp_path / "part"]


def test_the_next_run_goes_on_too(http: Http, files: Server, tmp_path: Path) -> None:
    files.faults.extend([cut(30_000), busy(503), busy(503)])
    with pytest.raises(DownloadError):
        save(http, files, tmp_path / "part")
    files.asked.clear()
    assert save(http, files, tmp_path / "part") == BODY
    assert [request.headers.get("Range") for request in files.asked] == ["bytes=30000-"]


def test_a_file_that_changed_meanwhile_is_begun_anew(
    http: Http, files: Server, tmp_path: Path
) -> None:
    files.faults.append(cut(30_000))
    other = BODY[::-1]

    def changed(request: object, _: Reply) -> Reply:
        files.reply.content["/data.bin"] = other
        return files.reply(request)

    files.faults.append(changed)
    assert save(http, files, tmp_path / "part") == other


@pytest.mark.parametrize("case", ["no ranges", "weak"])
def test_a_server_that_cannot_resume_sends_all_again(
    http: Http, serve: Serve, tmp_path: Path, case: str
) -> None:
    server = serve(Files({"/data.bin": BODY}, ranges=case != "no ranges", weak=case == "weak"))
    server.faults.append(cut(30_000))
    assert save(http, server, tmp_path / "part") == BODY


def test_another_part_than_asked_for_is_not_taken(
    http: Http, files: Server, tmp_path: Path
) -> None:
    files.faults.append(cut(30_000))
    files.faults.append(
        lambda _, __: Reply(BODY[:9], 206, headers={"Content-Range": "bytes 0-8/102400"})
    )
    assert save(http, files, tmp_path / "part") == BODY


def test_a_part_of_a_file_that_is_gone_is_thrown_away(
    http: Http, files: Server, tmp_path: Path
) -> None:
    files.faults.append(cut(30_000))
    files.faults.append(lambda _, __: Reply(b"", 416))
    assert save(http, files, tmp_path / "part") == BODY


def test_a_part_of_another_address_is_not_gone_on_with(
    http: Http, serve: Serve, files: Server, tmp_path: Path
) -> None:
    files.faults.extend([cut(30_000), busy(404)])
    with pytest.raises(DownloadError):
        save(http, files, tmp_path / "part")
    other = serve(Files({"/data.bin": b"another file"}))
    assert save(http, other, tmp_path / "part") == b"another file"
    assert "Range" not in other.asked[0].headers


def test_json_that_is_none(http: Http, serve: Serve) -> None:
    server = serve(lambda _: Reply(b"{}", kind="application/json"))
    server.faults.append(answer(b"<a/>", "application/xml"))
    with pytest.raises(DownloadError, match="application/xml where json was asked for"):
        http.get(server.url, max_mb=1, kinds=("json",))
