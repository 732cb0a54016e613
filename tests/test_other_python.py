"""The same bytes on another version of Python: run where one is at hand.

KIEZREACH_OTHER_PYTHON names the interpreter of an environment with the pinned requirements and
kiezreach, for example one of Python 3.13 where the tests run on 3.11.
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


@pytest.mark.skipif(not OTHER, reason="KIEZREACH_OTHER_PYTHON names no other interpreter")
def test_another_python_gives_the_same_bytes(tmp_path):
    study = write_small_study(tmp_path / "study")
    builds = []
    for name, python in (("own", sys.executable), ("other", OTHER)):
        out = tmp_path / name
        subprocess.run(
            [python, "-m", "kiezreach", "build", str(study), "--out", str(out), "--quiet"],
            check=True, capture_output=True,
            env=os.environ | {"KIEZREACH_CACHE_DIR": f"{out}-cache"},
        )  # fmt: skip
        builds.append(out)
    logs = [json.loads((out / "run-log.json").read_text("utf-8")) for out in builds]
    assert logs[0]["python"] != logs[1]["python"]
    assert _content(builds[0]) == _content(builds[1])
    manifests = [json.loads((out / "manifest.json").read_text("utf-8")) for out in builds]
    for manifest in manifests:
        del manifest["libraries"]  # the pins of two versions of Python may differ
    assert manifests[0] == manifests[1]


def _content(out: Path) -> dict[str, bytes]:
    """The bytes of each output."""
    files = (path for path in out.rglob("*") if path.is_file())
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in files
        if path.name not in ("manifest.json", "run-log.json")
    }
