"""The audit: a known vulnerability fails, none passes, and no answer is no good answer."""

from __future__ import annotations

import json
import socket
import threading
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from distribution import audit
from distribution.advisories import is_affected, read_advisories, served

REQUIREMENTS = """\
good==1.0 \\
    --hash=sha256:{0}
risky==2.5 \\
    --hash=sha256:{0}
""".format("0" * 64)


def advisory(**affected: object) -> dict:
    return {
        "schema_version": "1.6.0",
        "id": "TEST-2026-1",
        "summary": "Reads what it should not",
        "affected": [{"package": {"ecosystem": "PyPI", "name": "risky"}, **affected}],
    }


def between(introduced: str, **end: str) -> dict:
    events = [{"introduced": introduced}, *({k: v} for k, v in end.items())]
    return advisory(ranges=[{"type": "ECOSYSTEM", "events": events}])


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text(REQUIREMENTS, "utf-8")
    return path


def write_copy(folder: Path, entry: dict) -> Path:
    folder.mkdir()
    (folder / "TEST-2026-1.json").write_text(json.dumps(entry), "utf-8")
    return folder


def test_a_vulnerable_version_fails_and_is_named(requirements, tmp_path, monkeypatch, capsys):
    copy = write_copy(tmp_path / "copy", between("2.0", fixed="2.6"))
    monkeypatch.setenv("KIEZREACH_ADVISORIES", str(copy))
    assert audit.main([str(requirements)]) == 1
    told = capsys.readouterr().out
    assert "Audit FAILED: 1 known vulnerabilities" in told
    assert "risky 2.5: TEST-2026-1, fixed in 2.6: Reads what it should not" in told
    assert "good" not in told


def test_a_fixed_version_passes(requirements, tmp_path, monkeypatch, capsys):
    copy = tmp_path / "all.zip"
    with zipfile.ZipFile(copy, "w") as archive:
        archive.writestr("TEST-2026-1.json", json.dumps(between("2.0", fixed="2.5")))
    monkeypatch.setenv("KIEZREACH_ADVISORIES", str(copy))
    assert audit.main([str(requirements)]) == 0
    assert capsys.readouterr().out == ("Audit passed: no known vulnerability in 2 distributions\n")


@contextmanager
def a_service(answer: bytes | None):
    """A service that says this to whoever asks, or takes what is asked and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                kept.append(connection)
                if answer is not None:
                    connection.recv(65536)
                    connection.sendall(answer)
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            for connection in kept:
                connection.close()


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n<ht>",
    ],
    ids=["silence", "busy", "no JSON"],
)
def test_no_answer_is_told_as_none(requirements, answer, monkeypatch, capsys):
    monkeypatch.setattr(audit, "ANSWER_S", 1)
    monkeypatch.setattr(audit, "WHOLE_S", 20)
    with a_service(answer) as url:
        assert audit.main([str(requirements), "--url", url]) == 0
        assert "Audit SKIPPED, nothing is known of vulnerabilities: " in capsys.readouterr().out
        assert audit.main([str(requirements), "--url", url, "--required"]) == 1


def test_an_audit_that_takes_too_long_ends(requirements, monkeypatch, capsys):
    monkeypatch.setattr(audit, "WHOLE_S", 0.2)
    with a_service(None) as url:
        assert audit.main([str(requirements), "--url", url]) == 0
    assert "no answer within 0.2 seconds" in capsys.readouterr().out


def test_what_was_not_looked_up_is_not_taken_for_clean():
    found = [{"name": "good", "version": "1.0", "vulns": []}]
    assert audit.told(found, required=True) == (
        "Audit passed: no known vulnerability in 1 distributions", 0,
    )  # fmt: skip
    text, code = audit.told("nothing was said of risky", required=False)
    assert (text.split(",")[0], code) == ("Audit SKIPPED", 0)


@pytest.mark.parametrize("content", [None, "", "{}"])
def test_a_copy_without_advisories_fails(requirements, tmp_path, content, monkeypatch, capsys):
    copy = tmp_path / "copy"
    if content is not None:
        copy.mkdir()
        (copy / "x.json").write_text(content, "utf-8")
    monkeypatch.setenv("KIEZREACH_ADVISORIES", str(copy))
    assert audit.main([str(requirements)]) == 1
    assert "Audit FAILED: KIEZREACH_ADVISORIES cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("entry", "affected"),
    [
        (advisory(versions=["2.4", "2.5"]), True),
        (advisory(versions=["2.4"]), False),
        (between("0"), True),
        (between("2.5"), True),
        (between("2.5.1"), False),
        (between("0", fixed="2.5"), False),
        (between("0", fixed="2.5.0.post1"), True),
        (between("0", last_affected="2.5"), True),
        (between("0", last_affected="2.4"), False),
        (between("0", fixed="no version"), True),
    ],
)
def test_versions_that_an_advisory_is_about(entry, affected):
    assert is_affected(entry, "risky", "2.5") == affected
    assert not is_affected(entry, "good", "2.5")


def test_names_are_compared_as_the_index_does(tmp_path):
    entry = between("0")
    entry["affected"][0]["package"]["name"] = "Ris_ky"
    assert list(read_advisories(write_copy(tmp_path / "copy", entry))) == ["ris-ky"]
    with served({}) as url:
        assert url.startswith("http://127.0.0.1:")
