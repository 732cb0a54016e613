"""What the tutorials show is what their commands print."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs/tutorials").glob("*.md"))


def _script(name: str):
    """Load a script of the project: scripts/ is a folder of files, not a package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


tutorials = _script("tutorials")


@pytest.fixture(scope="module", autouse=True)
def shared_inputs():
    with tutorials.inputs_read_once():
        yield


def test_there_are_tutorials():
    assert {page.name for page in PAGES} >= {"funding-cut.md", "next-centres.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_tutorial_shows_what_its_commands_print(page: Path, tmp_path: Path):
    text = page.read_text(encoding="utf-8")
    assert tutorials.replayed(text, tmp_path) == text


def test_what_a_page_shows_wrongly_is_found(tmp_path: Path):
    page = "Ask:\n\n```console\n$ kiezreach --version\nkiezreach 0.0.0\n```\n"
    assert tutorials.replayed(page, tmp_path) != page


@pytest.mark.parametrize(
    ("command", "told"), [("ls", "begins with 'ls'"), ("$ kiezreach bild", "ends with code 2")]
)
def test_a_page_whose_commands_do_not_run_is_found(tmp_path: Path, command: str, told: str):
    with pytest.raises(ValueError, match=told):
        tutorials.replayed(f"```console\n{command}\n```\n", tmp_path)
