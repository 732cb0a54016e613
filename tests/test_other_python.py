"""The same bytes on another version of Python: run where one is at hand.

KIEZREACH_OTHER_PYTHON names the interpreter of an environment with the pinned requirements and
kiezreach; scripts/test makes one with `scripts/setup other` where it finds another Python.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .worlds import write_small_study

OTHER = os.environ.get("KIEZREACH_OTHER_PYTHON", "")


# Every kind of file that a build can write.
KINDS = {
    ".csv", ".geojson", ".gpkg", ".html", ".json", ".parquet", ".pdf", ".png", ".svg", ".txt",
}  # fmt: skip


@pytest.mark.skipif(not OTHER, reason="KIEZREACH_OTHER_PYTHON names no other interpreter")
def test_another_python_gives_the_same_bytes(tmp_path):
    study = write_small_study(tmp_path / "study", study=_with_briefs)
    runs = {}
    for name, python in (("own", sys.executable), ("other", OTHER)):
        out = tmp_path / name
        runs[out] = subprocess.Popen(
            [python, "-m", "kiezreach", "build", str(study), "--out", str(out), "--quiet",
             "--also", "geojson", "--also", "geoparquet"],
            env=os.environ | {"KIEZREACH_CACHE_DIR": f"{out}-cache"},
            stderr=subprocess.PIPE,
        )  # fmt: skip
    for run in runs.values():
        _, told = run.communicate()
        assert run.returncode == 0, told.decode()
    builds = list(runs)
    logs = [json.loads((out / "run-log.json").read_text("utf-8")) for out in builds]
    assert logs[0]["python"] != logs[1]["python"]
    own, other = map(_content, builds)
    assert {Path(name).suffix for name in own} == KINDS
    assert set(own) == set(other)
    assert [name for name in own if own[name] != other[name]] == []
    manifests = [json.loads((out / "manifest.json").read_text("utf-8")) for out in builds]
    for manifest in manifests:
        del manifest["libraries"]  # the pins of two versions of Python may differ
    assert manifests[0] == manifests[1]


def _with_briefs(text: str) -> str:
    return text.replace("{ briefs = false }", '{ briefs = ["en", "de-leicht"] }')


def _content(out: Path) -> dict[str, bytes]:
    """The bytes of each output."""
    files = (path for path in out.rglob("*") if path.is_file())
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in files
        if path.name not in ("manifest.json", "run-log.json")
    }
