"""Run the commands of the documents and write into the pages what they print.

    python scripts/tutorials.py [PAGE ...]

PAGE is a Markdown file; without one, every page of the documents. In a page,

- a block ```` ```console ```` holds lines that begin with ``$``, each followed by what the command
  prints: it is run again, and what it prints replaces what stands there. ``; echo $?`` after a
  command of kiezreach shows its errors and its exit code;
- other blocks of commands have a comment before them: ``<!-- run -->``, or
  ``<!-- not run: the reason -->``. A block of commands without one is an error;
- a block such as ```` ```toml cut.toml ```` is a file that the commands find in their folder;
- ``<!-- folder: smalltown -->`` begins a page whose commands find the files of
  docs/examples/smalltown in their folder;
- blocks of Python run, after one another, unless a comment says why not.

A test runs the same and finds nothing to change.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"
HOME = "/home/you/kiezreach"  # stands for the folder that a reader works in
_MARK = r"(?:^ *<!-- (?P<mark>run|not run: [^\n]+) -->\n\n?)?"
_FENCE = r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<fenced>.*?)^(?P=indent)```$"
_INDENTED = r"(?<=\n\n)(?P<indented>(?:^    [^\n]*\n)+)"
_BLOCK = re.compile(f"{_MARK}(?:{_FENCE}|{_INDENTED})", re.MULTILINE | re.DOTALL)
_FOLDER = re.compile(r"^<!-- folder: (?P<name>\w+) -->$", re.MULTILINE)
_COMMAND = re.compile(
    r"\$ |(?:\S*/)?(?:kiezreach|pip|pipx|python3?|py|git|uv|source|cp) |scripts/\w"
)
_KIEZREACH = re.compile(r"(?:\S*/)?kiezreach ")
_CODE = "; echo $?"
_SHELLS = ("sh", "bash", "console")
_ASKED = {"missing_links", "proposals"}  # parts of a study that change no input


def pages() -> list[Path]:
    """Return every page of the documents."""
    apart = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "benchmarks/README.md")]
    return [*apart, *sorted((ROOT / "docs").rglob("*.md"))]


def has_blocks(text: str) -> bool:
    """Whether a page has anything that is run or has to say that it is not."""
    return any(
        (block["info"] or "").partition(" ")[0] in (*_SHELLS, "python")
        or (not block["info"] and _COMMAND.match(_dedented(block)))
        for block in _BLOCK.finditer(text)
    )


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
        If a console block begins with something else than a command, a command or a Python block
        fails, or a block of commands does not say whether it is run.
    """
    variables: dict[str, Any] = {}

    def replaced(block: re.Match[str]) -> str:
        language, _, name = (block["info"] or "").partition(" ")
        body = _dedented(block)
        if name and not language.startswith("{"):
            (folder / name).write_text(body, encoding="utf-8")
        if language == "console" and not block["mark"]:
            return _console(body, block["indent"]).replace(str(folder.resolve()), HOME)
        if language == "python" and not _left_out(block):
            exec(body, variables)  # noqa: S102 - the project's own pages
        elif (language in _SHELLS or not language) and _COMMAND.match(body):
            _run_marked(block, body)
        return block[0]

    for named in _FOLDER.finditer(text):
        shutil.copytree(EXAMPLES / named["name"], folder, dirs_exist_ok=True)
    with contextlib.chdir(folder):
        return _BLOCK.sub(replaced, text)


def _dedented(block: re.Match[str]) -> str:
    indent = "    " if block["indented"] else block["indent"]
    lines = (block["indented"] or block["fenced"]).splitlines(keepends=True)
    return "".join(line.removeprefix(indent) for line in lines)


def _left_out(block: re.Match[str]) -> bool:
    return bool(block["mark"] and block["mark"].startswith("not run"))


def _run_marked(block: re.Match[str], body: str) -> None:
    """Run the commands of a block that is marked so."""
    if not block["mark"]:
        msg = f"a block of commands does not say whether it is run: {body.splitlines()[0]}"
        raise ValueError(msg)
    for line in [] if _left_out(block) else body.splitlines():
        if command := line.partition("  #")[0].strip():
            _printed(command)


def _console(body: str, indent: str) -> str:
    """Run the commands of a block one after the other, and return the block."""
    if not body.startswith("$ "):
        msg = f"a console block begins with '{body.splitlines()[0]}', not with '$ kiezreach'"
        raise ValueError(msg)
    commands = [line for line in body.splitlines() if line.startswith("$ ")]
    shown = "```console\n"
    for line in commands:
        apart = "" if shown.splitlines()[-1].startswith(("$ ", "```")) else "\n"
        shown += f"{apart}{line}\n{_printed(line.removeprefix('$ '))}"
    shown += "```"
    return "".join(
        indent + line if line.strip() else line for line in shown.splitlines(keepends=True)
    )


def _printed(command: str) -> str:
    """Return what a command prints as its result; what it tells meanwhile is left out."""
    if not _KIEZREACH.match(command):
        return subprocess.run(
            ["/bin/sh", "-ec", command], check=True, capture_output=True, text=True
        ).stdout
    asked = command.removesuffix(_CODE)
    done = _called(_KIEZREACH.sub("", asked, count=1))
    if asked != command:
        told = [line for line in done.stderr.splitlines() if line.startswith(("Error:", "Broken"))]
        return done.stdout + "".join(f"{line}\n" for line in told) + f"{done.exit_code}\n"
    if done.exit_code != 0:
        msg = f"'$ {command}' ends with code {done.exit_code}: {done.output}"
        raise ValueError(msg) from done.exception
    return done.stdout


def _called(arguments: str) -> Result:
    from kiezreach.cli import group

    return CliRunner().invoke(group, shlex.split(arguments), prog_name="kiezreach")


@contextlib.contextmanager
def inputs_read_once() -> Iterator[None]:
    """Let all commands share the inputs of the packaged study: they take longest to read."""
    import kiezreach.inputs
    from kiezreach.study import packaged_data

    read = kiezreach.inputs.read_inputs
    known: dict[tuple[Path | None, str], kiezreach.inputs.Inputs] = {}

    @functools.wraps(read)
    def once(study, *arguments, **options):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN003, ANN202
        if study.file is None or not study.file.is_relative_to(packaged_data().resolve()):
            return read(study, *arguments, **options)  # a page may change the files of its folder
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
    with inputs_read_once():
        for page in parser.parse_args().pages or pages():
            text = page.read_text(encoding="utf-8")
            with tempfile.TemporaryDirectory() as folder:
                new = replayed(text, Path(folder))
            page.write_text(new, encoding="utf-8")
            print(f"{page}: {'as it was' if new == text else 'written anew'}")


if __name__ == "__main__":
    main()
