"""Run the commands of the tutorials and write into the pages what they print.

    python scripts/tutorials.py [PAGE ...]

PAGE is a Markdown file; without one, every page in docs/tutorials. In a page,

- a block ```` ```console ```` holds lines that begin with ``$ kiezreach``, each followed by what
  the command prints: it is run again, and what it prints replaces what stands there;
- a block such as ```` ```toml cut.toml ```` is a file that the commands find in their folder.

Other blocks are left alone. A test runs the same and finds nothing to change.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

PAGES = Path(__file__).resolve().parents[1] / "docs" / "tutorials"
_BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = "$ kiezreach"
_ASKED = {"missing_links", "proposals"}  # parts of a study that change no input
HOME = "/home/you/kiezreach"  # stands for the folder that a reader works in


def replayed(text: str, folder: Path) -> str:
    """Return a page with what its commands print now.

    Parameters
    ----------
    text
        The page.
    folder
        Where its files are written and its commands run.

    Raises
    ------
    ValueError
        If a block begins with something else than a command, or a command fails.
    """

    def replaced(block: re.Match[str]) -> str:
        language, _, name = block["info"].partition(" ")
        if name:
            (folder / name).write_text(block["body"], encoding="utf-8")
        if language != "console":
            return block[0]
        printed = _run_block(block["body"]).replace(str(folder.resolve()), HOME)
        return f"```console\n{printed}```"

    with contextlib.chdir(folder):
        return _BLOCK.sub(replaced, text)


def _run_block(body: str) -> str:
    """Run the commands of a block one after the other."""
    if not body.startswith(_COMMAND):
        msg = f"a console block begins with '{body.splitlines()[0]}', not with '{_COMMAND}'"
        raise ValueError(msg)
    commands = [line for line in body.splitlines() if line.startswith(_COMMAND)]
    return "\n".join(f"{command}\n{_printed(command)}" for command in commands)


def _printed(command: str) -> str:
    """Return what a command prints as its result; what it tells meanwhile is left out."""
    from kiezreach.cli import group

    arguments = shlex.split(command.removeprefix(_COMMAND))
    done = CliRunner().invoke(group, arguments)
    if done.exit_code != 0:
        msg = f"'{command}' ends with code {done.exit_code}: {done.output}"
        raise ValueError(msg) from done.exception
    return done.stdout


@contextlib.contextmanager
def inputs_read_once() -> Iterator[None]:
    """Let all commands share the inputs of a study: they are immutable, and take longest."""
    import kiezreach.inputs

    read = kiezreach.inputs.read_inputs
    known: dict[tuple[Path | None, str], kiezreach.inputs.Inputs] = {}

    @functools.wraps(read)
    def once(study, *arguments, **options):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN003, ANN202
        key = study.file, study.model_dump_json(exclude=_ASKED)
        if key not in known:
            known[key] = read(study, *arguments, **options)
        return known[key]

    _replace_everywhere(read, once)
    try:
        yield
    finally:
        _replace_everywhere(once, read)


def _replace_everywhere(one: object, other: object) -> None:
    """Let a function stand for another in every module of the package that has it by name."""
    for name, module in list(sys.modules.items()):
        if name.startswith("kiezreach") and vars(module).get("read_inputs") is one:
            module.read_inputs = other  # type: ignore[attr-defined]


def main() -> None:
    """Rewrite the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", metavar="PAGE", nargs="*", type=Path)
    pages = parser.parse_args().pages or sorted(PAGES.glob("*.md"))
    with inputs_read_once():
        for page in pages:
            text = page.read_text(encoding="utf-8")
            with tempfile.TemporaryDirectory() as folder:
                new = replayed(text, Path(folder))
            page.write_text(new, encoding="utf-8")
            print(f"{page}: {'as it was' if new == text else 'written anew'}")


if __name__ == "__main__":
    main()
