"""Hostile files: one clear error, in little memory and time, and nothing else asked or read."""

from __future__ import annotations

import pickle
import sqlite3
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from kiezreach.cli import group
from kiezreach.errors import InputError
from kiezreach.limits import FACTOR_VARIABLE
from kiezreach.network.cache import entries, load
from kiezreach.sources.files import read_table
from kiezreach.sources.layers import read_layer

from ..worlds import write_small_study  # noqa: TID252 - one small town for all
from .files import HOSTILE, NEVER_ENDS, geopackage, link_to, make, pipeline, vrt
from .reading import Outcome, read_all

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as on Linux")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    folder = tmp_path_factory.mktemp("hostile")
    jobs = [make(folder, name) for name in HOSTILE]
    return dict(zip(HOSTILE, read_all(jobs), strict=True))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_clear_error(name: str, outcomes: dict[str, Outcome]) -> None:
    found = outcomes[name]
    assert found.error in {"InputError", "NetworkError", "StudyError"}, found
    assert HOSTILE[name][3] in found.message
    assert len(found.message) < 1000
    assert found.message.isprintable()


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, and what it is asked."""
    paths: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        do_HEAD = do_POST = do_GET  # noqa: N815 - names of the library

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/x", paths
        server.shutdown()


@pytest.mark.parametrize("content", [link_to, vrt, pipeline])
def test_no_layer_asks_an_address(content, asked, tmp_path: Path) -> None:
    address, paths = asked
    path = tmp_path / "areas.geojson"
    path.write_bytes(content(address))
    with pytest.raises(InputError):
        read_layer(path)
    assert paths == []


def test_a_program_in_place_of_areas_ends_with_exit_code_2(tmp_path: Path) -> None:
    study = write_small_study(tmp_path, areas=vrt("/etc/passwd"))
    ran = CliRunner().invoke(group, ["check", str(study)])
    assert ran.exit_code == 2
    assert "areas.gpkg: is not a readable geometry file" in ran.output


def test_views_and_triggers_that_nobody_reads_do_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    geopackage(
        path,
        f"CREATE VIEW never AS {NEVER_ENDS}",
        "CREATE TRIGGER t AFTER UPDATE ON gpkg_contents BEGIN DELETE FROM points; END",
    )
    before = path.read_bytes()
    assert len(read_layer(path)) == 2
    assert path.read_bytes() == before
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM points").fetchone() == (2,)
    file.close()


def test_the_environment_raises_every_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{i}" for i in range(2001)) + "\n" + "1," * 2000 + "1\n")
    with pytest.raises(InputError, match=f"2,001 columns.*{FACTOR_VARIABLE}=2"):
        read_table(path)
    monkeypatch.setenv(FACTOR_VARIABLE, "2")
    assert read_table(path).shape == (1, 2001)
    monkeypatch.setenv(FACTOR_VARIABLE, "none")
    with pytest.raises(InputError, match="is 'none'"):
        read_table(path)


class _Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("harm"),)


def test_no_object_in_the_cache_is_brought_to_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KIEZREACH_CACHE_DIR", str(tmp_path))
    np.savez(tmp_path / "key.walk.npz", account=np.array([_Harm()], dtype=object))
    (tmp_path / "other.walk.npz").write_bytes(pickle.dumps(_Harm()))
    assert load("key", tmp_path / "x.osm") is None
    assert load("other", tmp_path / "x.osm") is None
    assert entries() == []
    assert not (tmp_path / "harm").exists()


def test_too_little_memory_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("kiezreach.cli.options.open_study", full)
    monkeypatch.setattr("kiezreach.cli.check.open_study", full, raising=False)
    ran = CliRunner().invoke(group, ["check"])
    assert ran.exit_code == 2
    assert "needs more memory than there is" in ran.output
