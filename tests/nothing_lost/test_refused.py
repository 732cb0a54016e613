"""No room, no rights, or somebody else at work: one clear line, and what was there stays."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from pyogrio.errors import DataSourceError, FeatureError

import kiezreach as kr
from kiezreach import whole
from kiezreach.analysis import analyse
from kiezreach.cli import group
from kiezreach.errors import OutputError
from kiezreach.inputs import read_inputs
from kiezreach.outputs.folder import own_folder
from kiezreach.outputs.geopackage import write_geopackage
from kiezreach.outputs.layers import layers

from ..worlds import write_small_study  # noqa: TID252 - one small town for all

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NOBODY = 65_534


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return kr.read_study(write_small_study(tmp_path_factory.mktemp("study")))


@pytest.fixture(scope="module")
def earlier(study, tmp_path_factory):
    out = tmp_path_factory.mktemp("earlier") / "town"
    kr.build(study, out, maps="none")
    return out


def replace(out: Path, meanwhile: Callable[[], object]) -> None:
    """Replace a build by a folder with one file; something happens meanwhile."""
    with own_folder(out, "study") as held, held.whole_folder() as work:
        (work / "a").write_text("new")
        meanwhile()


def content(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


@contextmanager
def small_disk(folder: Path, kilobytes: int):
    """Mount a file system of some size in a folder."""
    folder.mkdir(exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if not ROOT or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("no file system of a small size can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_earlier_build_whatever_did_not_fit(study, earlier, tmp_path):
    size = sum(len(b) for b in content(earlier).values()) // 1024 + 1
    before = content(earlier)
    # From nothing at all to nearly enough, so that each kind of file is the one that does not fit.
    for share in (0.01, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95):
        with small_disk(tmp_path / "disk", int(size * (1 + share)) + 64) as disk:
            shutil.copytree(earlier, disk / "town")
            with pytest.raises(OutputError, match=r"town: cannot be written \(.*\). Make room"):
                kr.build(study, disk / "town", maps="none")
            assert content(disk / "town") == before
            assert [path.name for path in disk.iterdir()] == ["town"]


def test_maps_and_briefs_that_do_not_fit_are_told_alike(study, tmp_path):
    lavish = study.with_formats(("geojson", "geoparquet"))
    editions = lavish.model_copy(
        update={"outputs": lavish.outputs.model_copy(update={"briefs": ("de", "en")})}
    )
    full = kr.build(editions, tmp_path / "full", maps="city").folder
    size = sum(path.stat().st_size for path in full.rglob("*") if path.is_file()) // 1024
    for share in (0.3, 0.6, 0.9, 0.98):
        with small_disk(tmp_path / "disk", int(size * share)) as disk:
            with pytest.raises(OutputError, match="town: cannot be written"):
                kr.build(editions, disk / "town", maps="city")
            assert list(disk.iterdir()) == []


def layers_of(study):
    """Return the layers of a study."""
    inputs = read_inputs(study, lambda _: None)
    return layers(study, inputs, analyse(study, inputs))


def test_layers_are_whole_or_refused_wherever_the_disk_ends(study, tmp_path):
    # GDAL does not tell when the end of a file did not fit: what packs the file afterwards does.
    frames = {"residents": layers_of(study)["residents"]}
    frames["residents"] = pd.concat([frames["residents"]] * 200, ignore_index=True)
    (tmp_path / "whole").mkdir()
    write_geopackage(study, frames, tmp_path / "whole" / "layers.gpkg")
    whole_file = (tmp_path / "whole" / "layers.gpkg").read_bytes()
    size = len(whole_file) // 1024
    refused = 0
    for kilobytes in range(size * 3 // 4, size * 9 // 4, size // 12):
        with small_disk(tmp_path / "disk", kilobytes) as disk:
            try:
                write_geopackage(study, frames, disk / "layers.gpkg")
            except (OSError, sqlite3.Error, DataSourceError, FeatureError):
                refused += 1
            else:
                assert (disk / "layers.gpkg").read_bytes() == whole_file
    assert refused > 3


def test_a_limit_of_file_sizes_is_no_room_either(study, tmp_path):
    pytest.importorskip("resource")
    program = (
        "import resource, sys, kiezreach.cli as cli\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "sys.argv[0] = 'kiezreach'; cli.main()\n"
    )
    words = [sys.executable, "-c", program, "build", str(study.file), "--maps", "none"]
    done = subprocess.run(
        [*words, "--quiet", "--out", str(tmp_path / "town")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "town: cannot be written" in done.stderr
    assert list(tmp_path.iterdir()) == []


@contextmanager
def as_nobody():
    """Take away from this process the rights that root has on files."""
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def only_as_root():
    return pytest.mark.skipif(not ROOT, reason="takes root, who can take its rights away")


@pytest.fixture
def open_to_all():
    """A folder that everybody can reach, though pytest's own are private."""
    place = Path("/var/tmp") / f"kiezreach-{os.getpid()}"
    place.mkdir()
    place.chmod(0o777)
    yield place
    shutil.rmtree(place)


@only_as_root()
@pytest.mark.parametrize("closed", ["the folder around it", "the folder itself"])
def test_without_the_right_to_write_the_earlier_build_stays(closed, earlier, open_to_all):
    parent = open_to_all / "builds"
    shutil.copytree(earlier, parent / "town")
    for path in (parent, *parent.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    before = content(parent / "town")
    (parent if "around" in closed else parent / "town").chmod(0o555)
    with as_nobody(), pytest.raises(OutputError, match=r"Permission denied\). Ask for the right"):
        replace(parent / "town", lambda: None)
    assert content(parent / "town") == before
    parent.chmod(0o755)
    assert [path.name for path in parent.iterdir()] == ["town"]


@only_as_root()
def test_a_right_that_is_taken_away_in_the_middle(earlier, open_to_all):
    parent = open_to_all / "builds"
    shutil.copytree(earlier, parent / "town")
    for path in (parent, *parent.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    before = content(parent / "town")
    with as_nobody(), pytest.raises(OutputError, match="Permission denied"):
        replace(parent / "town", lambda: parent.chmod(0o555))
    assert content(parent / "town") == before
    parent.chmod(0o755)
    with as_nobody(), whole.claim(parent / "town"):
        pass  # the next run tidies up
    assert [path.name for path in parent.iterdir()] == ["town"]


def test_a_file_that_may_not_be_written_is_replaced_with_its_folder(study, earlier, tmp_path):
    shutil.copytree(earlier, tmp_path / "town")
    (tmp_path / "town" / "map.html").chmod(0o444)
    kr.build(study, tmp_path / "town", maps="none")
    assert [path.name for path in tmp_path.iterdir()] == ["town"]


def test_a_second_build_into_the_same_folder_is_refused_at_once(study, tmp_path):
    out = tmp_path / "town"
    with whole.claim(out):
        result = CliRunner().invoke(
            group, ["build", str(study.file), "--maps", "none", "--out", str(out)]
        )
    assert result.exit_code == 2
    told = [line for line in result.stderr.splitlines() if line.startswith("Error")]
    assert len(told) == 1
    assert f"another kiezreach is writing it (process {os.getpid()}, since 20" in told[0]
    assert "reading" not in result.stderr  # nobody waits for what is refused in the end
    assert list(tmp_path.iterdir()) == []


def test_two_builds_that_begin_together(study, tmp_path):
    words = [sys.executable, "-m", "kiezreach", "build", str(study.file), "--maps", "none"]
    both = [
        subprocess.Popen(
            [*words, "--quiet", "--out", str(tmp_path / "town")],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    told = [process.communicate()[1] for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 2], [0, 0])  # the second may have begun when the first was done
    assert sum("another kiezreach is writing it" in text for text in told) == codes.count(2)
    manifest = json.loads((tmp_path / "town" / "manifest.json").read_text())
    listed = {entry["file"] for entry in manifest["outputs"]} | {"manifest.json", "run-log.json"}
    assert set(content(tmp_path / "town")) == listed
    assert [path.name for path in tmp_path.iterdir()] == ["town"]


def test_what_somebody_puts_into_the_folder_meanwhile_is_not_lost(earlier, tmp_path):
    out = tmp_path / "town"
    shutil.copytree(earlier, out)
    with pytest.raises(OutputError, match=r"notes\.txt"):
        replace(out, lambda: (out / "notes.txt").write_text("mine"))
    assert (tmp_path / "town" / "notes.txt").read_text() == "mine"
    assert (tmp_path / "town" / "map.html").is_file()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["ended", "stopped"]
)
def test_stopped_it_tidies_up_and_says_so_without_a_traceback(study, tmp_path, number, code):
    words = [sys.executable, "-m", "kiezreach", "build", str(study.file), "--maps", "none"]
    process = subprocess.Popen(
        [*words, "--out", str(tmp_path / "town")],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not list(tmp_path.glob(".town.kiezreach/holder")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    told = process.communicate()[1]
    assert process.returncode == code
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_the_folder_that_one_is_in_is_not_taken_away(study, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(OutputError, match="is the folder that you are in"):
        kr.build(study, ".", maps="none")


def test_a_disk_of_its_own_is_refused_before_anybody_waits(study, tmp_path):
    told: list[str] = []
    with (
        small_disk(tmp_path / "disk", 64) as disk,
        pytest.raises(OutputError, match="a disk of its own: name a folder in it"),
    ):
        kr.build(study, disk, maps="none", tell=told.append)
    assert told == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_an_answer_that_cannot_be_written_is_one_line():
    words = [sys.executable, "-m", "kiezreach", "init", "--schema"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "Error: the answer cannot be written (No space left on device). Outputs are whole\n"
    )


def test_another_files_lock_is_no_obstacle(tmp_path):
    with whole.claim(tmp_path / "one"), whole.claim(tmp_path / "two"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_goes_nowhere_else(tmp_path):
    file = whole.whole_file(tmp_path / "no" / "file.json")
    with pytest.raises(OutputError, match="there is no folder"), file:
        pass
    assert list(tmp_path.iterdir()) == []
