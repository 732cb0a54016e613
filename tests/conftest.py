"""What every test runs in."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the tests away from the user's cache, and each from that of the others."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("KIEZREACH_CACHE_DIR", str(folder))
    return folder
