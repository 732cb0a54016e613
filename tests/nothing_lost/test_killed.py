"""Killed at any moment: the earlier output or the new one is there, and nothing is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..worlds import write_small_study  # noqa: TID252 - one small town for all

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
MOMENTS = int(os.environ.get("KIEZREACH_DEATHS", "50"))  # how many deaths of a build


def deaths(*words: str | Path | int) -> list[dict]:
    """Run the program that dies, and return what it found."""
    program = Path(__file__).with_name("deaths.py")
    done = subprocess.run(
        [sys.executable, program, *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("what", ["folder", "file"])
def test_at_every_event_the_target_is_whole(what, tmp_path):
    found = deaths(what, tmp_path / "root")
    assert len(found) > 10
    assert all(death["killed"] for death in found)
    assert {death["found"] for death in found} == {"earlier", "new"}
    assert {death["after_next"] for death in found} == {"new"}
    assert [death["left"] for death in found if death["left"]] == []


def test_files_among_others_are_whole_each_and_complete_after_the_next_run(tmp_path):
    found = deaths("files", tmp_path / "root")
    assert all(death["killed"] for death in found)
    # While they are put in place, some are new and some are not; none is half.
    assert {death["found"] for death in found} == {"earlier", "new", "a mixture"}
    assert {death["after_next"] for death in found} == {"new"}
    assert [death["left"] for death in found if death["left"]] == []


def test_where_folders_cannot_be_exchanged_the_next_run_brings_the_earlier_one_back(tmp_path):
    found = deaths("folder without exchange", tmp_path / "root")
    assert {death["found"] for death in found} == {"earlier", "new", "nothing"}
    assert {death["after_next"] for death in found} == {"new"}
    assert [death["left"] for death in found if death["left"]] == []


def test_processes_that_write_maps_end_with_the_one_that_was_killed(tmp_path):
    study = write_small_study(tmp_path / "study")
    program = (
        "import sys, kiezreach as kr\n"
        "if __name__ == '__main__':\n"
        "    kr.build(kr.read_study(sys.argv[1]), sys.argv[2], maps='city', processes=2)\n"
    )
    (tmp_path / "build.py").write_text(program)
    builder = subprocess.Popen(
        [sys.executable, tmp_path / "build.py", study, tmp_path / "builds" / "town"],
        stderr=subprocess.PIPE,
    )
    while not list(tmp_path.glob("builds/.town.kiezreach/*/print/*")):
        assert builder.poll() is None
        time.sleep(0.02)
    builder.kill()
    # They hold the other end of this pipe, so that its end is theirs.
    assert builder.communicate(timeout=60)


def test_a_build_killed_at_random_moments_loses_nothing(tmp_path):
    study = write_small_study(tmp_path / "study")
    found = deaths("build", tmp_path, study, MOMENTS, 20_261_125)
    assert len(found) == MOMENTS
    assert all(death["killed"] for death in found)
    assert {death["found"] for death in found} <= {"earlier", "new"}
    assert "earlier" in {death["found"] for death in found}
    assert [death for death in found if death["after_next"] != death["found"]] == []
    assert [death["left"] for death in found if death["left"]] == []
