"""What every test runs in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from .chromium import CHROMIUM

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


@pytest.fixture(scope="module")
def small_pictures() -> Iterator[None]:
    """Draw the printed maps in this process and with a tenth of their dots, as quicker.

    What is on them is the same, and so are the bytes whatever the number of processes.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kiezreach.outputs.print_map.press.DPI", 30)
        patch.setattr("kiezreach.outputs.print_map.press.cores", lambda: 1)
        yield


@pytest.fixture(scope="module")
def browser():
    """Chromium, or a reason why there is none."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield chromium
        chromium.close()
