"""What the documents show is what their commands print, and no command is left unsaid."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from kiezreach.cli import group

from .scripts import script

ROOT = Path(__file__).parents[2]


tutorials = script("tutorials")
# Pages without a block of commands, Python or a file have nothing to run.
PAGES = [page for page in tutorials.pages() if tutorials.has_blocks(page.read_text("utf-8"))]


@pytest.fixture(scope="module", autouse=True)
def shared_inputs():
    with tutorials.inputs_read_once():
        yield


def test_there_are_tutorials():
    assert {page.name for page in PAGES} >= {
        "README.md",
        "excluded.md",
        "funding-cut.md",
        "next-centres.md",
        "rebuilding-map.md",
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_shows_what_its_commands_print(page: Path, tmp_path: Path):
    text = page.read_text(encoding="utf-8")
    assert tutorials.replayed(text, tmp_path) == text


@pytest.mark.parametrize(
    ("page", "command", "figure"),
    [
        ("funding-cut.md", "scenario --close osm-n2874686039 --no-files", "16,446"),
        ("next-centres.md", 'scenario --open "Südekumzeile 5, 13591" --no-files', "10,271"),
        (
            "next-centres.md",
            "scenario --add-link 13.335132,52.517928 13.335079,52.516978 --no-files",
            "3,148",
        ),
    ],
)
def test_a_figure_in_the_words_of_a_page_is_that_of_its_command(page, command, figure):
    text = (ROOT / "docs/tutorials" / page).read_text(encoding="utf-8")
    assert figure in text
    done = CliRunner().invoke(group, shlex.split(command))
    lines = [line for line in done.stdout.splitlines() if line.strip().startswith("bis 800")]
    assert figure.replace(",", ".") in lines[0]


def commands_on(text: str) -> list[list[str]]:
    """The words of each command of kiezreach in the blocks of a page, run or not."""
    lines = [
        line.strip().removeprefix("$ ")
        for block in tutorials._BLOCK.finditer(text)
        for line in (block["fenced"] or block["indented"] or "").replace("\\\n", " ").splitlines()
    ]
    given = [line for line in lines if re.match(r"(\S*/)?kiezreach [a-z-]", line)]
    return [shlex.split(line.removesuffix("; echo $?"), comments=True)[1:] for line in given]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_command_on_a_page_has_the_options_that_it_is_given(page: Path):
    for words in commands_on(page.read_text(encoding="utf-8")):
        command, rest = group, words
        while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            command, rest = command.get_command(click.Context(command), rest[0]), rest[1:]
            assert command is not None, words
        command.make_parser(click.Context(command)).parse_args(list(rest))


def test_a_command_with_an_option_that_there_is_not_is_found():
    (words,) = commands_on("```sh\nkiezreach build --fast\n```\n")
    command = group.get_command(click.Context(group), words[0])
    with pytest.raises(click.NoSuchOption):
        command.make_parser(click.Context(command)).parse_args(words[1:])


def test_what_a_page_shows_wrongly_is_found(tmp_path: Path):
    page = "Ask:\n\n```console\n$ kiezreach --version\nkiezreach 0.0.0\n```\n"
    assert tutorials.replayed(page, tmp_path) != page


@pytest.mark.parametrize(
    ("command", "told"), [("ls", "begins with 'ls'"), ("$ kiezreach bild", "ends with code 2")]
)
def test_a_page_whose_commands_do_not_run_is_found(tmp_path: Path, command: str, told: str):
    with pytest.raises(ValueError, match=told):
        tutorials.replayed(f"```console\n{command}\n```\n", tmp_path)


@pytest.mark.parametrize("block", ["```sh\nkiezreach links\n```\n", "    kiezreach links\n\nand\n"])
def test_commands_that_do_not_say_whether_they_are_run_are_found(tmp_path: Path, block: str):
    with pytest.raises(ValueError, match="does not say whether it is run"):
        tutorials.replayed(f"Type\n\n{block}", tmp_path)
    said = f"Type\n\n<!-- not run: a reason -->\n\n{block}"
    assert tutorials.replayed(said, tmp_path) == said


def test_marked_commands_and_python_are_run(tmp_path: Path):
    with pytest.raises(ValueError, match="ends with code 2"):
        tutorials.replayed("<!-- run -->\n```sh\nkiezreach bild\n```\n", tmp_path)
    with pytest.raises(ZeroDivisionError):
        tutorials.replayed("```python\n1 / 0\n```\n", tmp_path)


def test_an_exit_code_is_shown_with_its_error(tmp_path: Path):
    shown = tutorials.replayed("```console\n$ kiezreach verify no; echo $?\n```\n", tmp_path)
    assert shown.splitlines()[2].startswith("Error:")
    assert shown.splitlines()[-2] == "2"
