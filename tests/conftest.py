"""What every test runs in."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# Where a change is judged, the same examples are drawn on every run; at home, ever new ones.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the tests away from the user's cache, and each from that of the others."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("KIEZREACH_CACHE_DIR", str(folder))
    return folder
