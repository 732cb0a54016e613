"""The command line: help with examples, studies that it writes, and results for machines."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kiezreach import cli, defaults
from kiezreach.study import Study, read_study

from ..worlds import lonlat, write_small_study  # noqa: TID252 - one small town for all

COMMANDS = ("build", "check", "init")


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli.group, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_help_names_every_command_and_loads_none() -> None:
    code = (
        "import sys; from kiezreach.cli import group; group(['--help'], standalone_mode=False); "
        "assert not {'numpy', 'pandas', 'geopandas', 'pydantic', 'kiezreach.cli.build'} "
        "& set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(f"  {command} " in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_shows_examples(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    examples = result.stdout.split("Examples:\n")[1].splitlines()
    assert examples[0].startswith(f"    kiezreach {command}")


@pytest.mark.parametrize(
    "arguments",
    [["bild"], ["build", "--colour"], ["build", "a", "b"], ["check", "--out", "x"], ["init"]],
)
def test_wrong_usage_ends_with_code_2(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr


def test_the_command_itself_gives_one_line_and_code_2(tmp_path: Path) -> None:
    command = shutil.which("kiezreach", path=Path(sys.executable).parent)
    assert command is not None, "the package is not installed beside this Python"
    done = subprocess.run(
        [command, "build", "no-such.toml", "--quiet"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "Error: no-such.toml: there is no such study file. Write one with: kiezreach init\n"
    )
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["Heidelberg", 'Straße "Ä" \\ {0}', "two\nlines", "bad \udcff byte", "\x7f"]
)
def test_init_writes_a_study(tmp_path: Path, name: str) -> None:
    file = tmp_path / "town.toml"
    assert run("init", file, "--name", name).exit_code == 0
    study = read_study(file)
    assert study.name == "".join(c if c.isprintable() else " " for c in name)
    assert study.analysis == type(study.analysis)()


def test_the_study_that_init_writes_is_ready_once_its_files_are_there(tmp_path: Path) -> None:
    write_small_study(tmp_path)
    file = tmp_path / "town.toml"
    run("init", file)
    text = file.read_text(encoding="utf-8").replace("extract.osm.pbf", "streets.parquet")
    file.write_text(text.replace("residents.gpkg", "residents.parquet"), encoding="utf-8")
    result = run("check", file, "--quiet")
    assert result.stdout.endswith("Ready to build.\n")
    assert result.exit_code == 0


@pytest.mark.parametrize("key", sorted(vars(defaults)))
def test_the_template_shows_every_default(key: str, tmp_path: Path) -> None:
    if not key.isupper():
        return
    file = tmp_path / "town.toml"
    run("init", file)
    value = getattr(defaults, key)
    shown = list(value) if isinstance(value, tuple) else value
    assert f"# {key.lower()} = {shown}" in file.read_text(encoding="utf-8")


def test_init_replaces_nothing_unasked(tmp_path: Path) -> None:
    file = tmp_path / "town.toml"
    file.write_text("mine")
    result = run("init", file)
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert file.read_text() == "mine"
    assert run("init", file, "--force").exit_code == 0
    assert read_study(file).name == "My town"


@pytest.mark.parametrize("place", ["missing/town.toml", f"{'x' * 300}.toml", "."])
def test_init_says_where_it_cannot_write(tmp_path: Path, place: str) -> None:
    result = run("init", tmp_path / place)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def references(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [ref for value in part.values() for ref in references(value)]
    return [ref for value in part for ref in references(value)] if isinstance(part, list) else []


def test_the_schema_describes_every_key(tmp_path: Path) -> None:
    schema = json.loads(run("init", "--schema").stdout)
    assert schema["properties"].keys() == Study.model_fields.keys()
    assert schema["required"] == ["name", "areas", "centres", "residents", "network"]
    assert schema["additionalProperties"] is False
    assert all(ref.removeprefix("#/$defs/") in schema["$defs"] for ref in references(schema))
    settings = schema["$defs"]["Analysis"]["properties"]
    assert all("description" in setting for setting in settings.values())
    assert not any(tmp_path.iterdir())


QUIET, VERBOSE = "--quiet", "--verbose"
LISTENERS = ("build", "check", "explain")


def ask(command: str, folder: Path, *more: object) -> Result:
    study = write_small_study(folder / "study")
    own = {
        "build": ["--out", folder / "out", "--maps", "none"],
        "explain": ["--at", "{},{}".format(*lonlat(200, 510))],
    }
    return run(command, study, *own.get(command, []), *more)


@pytest.mark.parametrize("command", LISTENERS)
def test_verbose_tells_seconds_memory_and_what_the_network_held(
    tmp_path: Path, command: str
) -> None:
    told = ask(command, tmp_path, VERBOSE).stderr
    lines = told.splitlines()
    assert re.fullmatch(r" +took \d+\.\d\d s(, [\d,]+ MB of memory at most)?", lines[1])
    assert sum("took" in line for line in lines) == sum(line.startswith("[") for line in lines) - 1
    assert "1 components, 432.4 km in the main one" in told
    plain = ask(command, tmp_path, "-v", "--help")
    assert "-v, --verbose" in plain.stdout


@pytest.mark.parametrize("command", LISTENERS)
def test_without_verbose_steps_alone_are_told_and_results_are_the_same(
    tmp_path: Path, command: str
) -> None:
    loud, normal, quiet = (ask(command, tmp_path, *more) for more in ([VERBOSE], [], [QUIET]))
    assert all(line.startswith("[") for line in normal.stderr.splitlines())
    assert quiet.stderr == ""
    assert loud.stdout == normal.stdout == quiet.stdout


@pytest.mark.parametrize("command", LISTENERS)
def test_quiet_and_verbose_exclude_each_other(tmp_path: Path, command: str) -> None:
    result = ask(command, tmp_path, QUIET, VERBOSE)
    assert result.exit_code == 2
    assert "exclude each other" in result.stderr


def test_check_for_machines(tmp_path: Path) -> None:
    result = run("check", write_small_study(tmp_path), "--json", "--quiet")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["ok"] is True
    assert {"severity": "info", "subject": "centres", "text": "4 centres"} in report["findings"]
    assert result.stderr == ""


@pytest.mark.parametrize("changes", [{"study": "no study"}, {"residents": b""}])
def test_check_of_bad_input_ends_with_code_2(tmp_path: Path, changes: dict[str, Any]) -> None:
    study = write_small_study(tmp_path, **changes)
    before = sorted(tmp_path.iterdir())
    result = run("check", study, "--json", "--quiet")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["ok"] is False
    text = run("check", study, "--quiet")
    assert text.exit_code == 2
    assert text.stdout.startswith("ERROR ") or "\nERROR " in text.stdout
    assert text.stdout.endswith("Not ready: correct the errors first.\n")
    assert sorted(tmp_path.iterdir()) == before


NORM = """
[[norms]]
id = "one"
labels = { de = "Ein Haus je Bezirk", en = "A house in each district" }
kind = "count_per_area"
level = "district"
value = 2
unit = "centres"
status = "decided"
source = "Town council"
date = 2024-03-05
"""


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            """\
Planning norms: Smalltown

A house in each district (decided)
  Districts: 1 of 2 meet it
  not met: 1 (centres missing: 1): East (1)
  Source (2024-03-05): Town council
""",
        ),
        (
            "de",
            """\
Planerische Normen: Smalltown

Ein Haus je Bezirk (beschlossen)
  Bezirke: 1 von 2 erfüllt
  nicht erfüllt: 1 (Fehlbestand, Zentren: 1): East (1)
  Quelle (2024-03-05): Town council
""",
        ),
    ],
)
def test_check_tells_how_far_norms_are_met(tmp_path: Path, language: str, told: str) -> None:
    def with_norms(text: str) -> str:
        text = text.replace('language = "en"', f'language = "{language}"')
        return text.replace("[analysis]", '[norms]\nfile = "norms.toml"\n\n[analysis]')

    study = write_small_study(tmp_path, study=with_norms)
    (tmp_path / "norms.toml").write_text(NORM, encoding="utf-8")
    result = run("check", study, "--norms", "--quiet")
    assert result.exit_code == 0
    assert result.stdout == told
    report = json.loads(run("check", study, "--norms", "--quiet", "--json").stdout)
    assert report["norms"][0]["results"] == {"pass": 1, "fail": 1, "not_assessable": 0}


def test_check_of_norms_needs_a_study_that_can_be_read(tmp_path: Path) -> None:
    result = run("check", write_small_study(tmp_path, residents=b""), "--norms", "--quiet")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")


def test_a_study_without_norms_says_so(tmp_path: Path) -> None:
    result = run("check", write_small_study(tmp_path), "--norms", "--quiet")
    assert "names no norms" in result.stdout
