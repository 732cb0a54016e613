"""`kiezreach verify`: the same bytes again, or which figures differ, where and by how much."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import pytest
from click.testing import CliRunner, Result

import kiezreach as kr
from kiezreach.cli import group

from .worlds import write_small_study


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(group, ["verify", *map(str, arguments), "--quiet"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def town(tmp_path_factory, small_pictures) -> Path:  # noqa: ARG001
    """A folder with a study and a build of it, which no test may change."""
    folder = tmp_path_factory.mktemp("town")
    study = kr.read_study(write_small_study(folder / "study"))
    kr.build(study, folder / "out", maps="city")
    return folder


@pytest.fixture
def copy(town, tmp_path) -> Path:
    """A copy of study and build."""
    return Path(shutil.copytree(town, tmp_path / "copy"))


@pytest.fixture
def built_again(town, monkeypatch) -> None:
    """Let the second build be as the first was: what it is like is tested once."""

    def again(_study: kr.Study, out: Path, **_: object) -> SimpleNamespace:
        shutil.copytree(town / "out", out)
        return SimpleNamespace(folder=out)

    monkeypatch.setattr(import_module("kiezreach.verify"), "build", again)


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")


def test_a_build_that_was_moved_with_its_study_is_the_same_byte_for_byte(copy, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")  # the build's own time counts
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    result = run(copy / "out")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("The same: ")
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before


def test_one_changed_resident_of_the_inputs_is_found_and_its_area_named(copy):
    people = gpd.read_parquet(copy / "study/residents.parquet")
    home = people.index[people["planning_area_id"] == "0202"][0]
    people.loc[home, ["residents", "old"]] += 7
    people.to_parquet(copy / "study/residents.parquet")
    result = run(copy / "out")
    assert result.exit_code == 1
    assert "Input: residents.parquet (residents) has changed" in result.stdout
    rows = [line for line in result.stdout.splitlines() if "area_id 0202" in line]
    assert any("Nordost" in row and "residents is" in row and "(+7)" in row for row in rows)
    assert not any("area_id 0101," in line for line in result.stdout.splitlines())


def edited_table(out: Path) -> None:
    replace_in(out / "tables/coverage.csv", "0101,Südwest,300,269", "0101,Südwest,300,270")


def edited_group(out: Path) -> None:
    """A table that has the ids of areas alone."""
    path = out / "tables/coverage_by_group.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    row = next(k for k, line in enumerate(lines) if line.startswith("planning_area,0201,"))
    cells = lines[row].split(",")
    cells[9] = str(int(cells[9]) + 1)
    lines[row] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def edited_layer(out: Path) -> None:
    with closing(sqlite3.connect(out / "layers.gpkg")) as file, file:
        file.create_function("ST_IsEmpty", 1, lambda _: 0)  # what the triggers ask
        for name, *_ in file.execute("SELECT name FROM sqlite_master WHERE type='trigger'"):
            file.execute(f'DROP TRIGGER "{name}"')
        file.execute("UPDATE residents SET residents = residents + 3 WHERE point_id = 'p00'")


def removed_row(out: Path) -> None:
    path = out / "tables/centres.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines[:1], *lines[2:]]), encoding="utf-8", newline="\n")


def edited_manifest(out: Path) -> None:
    path = out / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["headline"]["residents"] += 1
    path.write_text(json.dumps(manifest), encoding="utf-8")


def added_and_removed(out: Path) -> None:
    (out / "print/gaps.pdf").rename(out / "print/other.pdf")


def edited_map(out: Path) -> None:
    replace_in(out / "map.html", "Smalltown", "Bigtown!!")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (edited_table, ["coverage.csv was changed after the build: 1 figure", "0101", "Südwest",
                        "residents is 270, computed 269 (-1)"]),
        (edited_group, ["coverage_by_group.csv", "0201", "Südost", "residents is"]),
        (edited_layer, ["layers.gpkg", "layer residents", "p00", "Südwest", "(-3)"]),
        (removed_row, ["centres.csv", "centre_id c1 (Haus Süd): is missing"]),
        (edited_manifest, ["manifest.json differs in headline.residents"]),
        (added_and_removed, ["print/gaps.pdf is missing", "print/other.pdf is no output"]),
        (edited_map, ["map.html was changed after the build, from byte"]),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("built_again")
def test_whatever_was_changed_in_the_folder_is_named(
    copy, edit: Callable[[Path], None], said: list[str]
):
    edit(copy / "out")
    result = run(copy / "out")
    assert result.exit_code == 1
    for text in said:
        assert text in result.stdout
    told = json.loads(run(copy / "out", "--json").stdout)
    assert not told["same"]


@pytest.mark.usefixtures("built_again")
def test_a_setting_that_differs_is_named(copy):
    replace_in(copy / "study/study.toml", "gap_threshold_m = 500", "gap_threshold_m = 300")
    assert "analysis.gap_threshold_m was 500.0, is 300.0" in run(copy / "out").stdout


@pytest.mark.usefixtures("built_again")
def test_other_versions_that_give_the_same_bytes_are_told_and_are_the_same(copy):
    path = copy / "out/manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["libraries"]["numpy"] = "2.0.0"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    result = run(copy / "out")
    assert result.exit_code == 0
    assert "libraries.numpy was 2.0.0" in result.stdout


@pytest.mark.usefixtures("built_again")
def test_the_study_is_found_or_asked_for(copy, tmp_path):
    (copy / "study").rename(tmp_path / "elsewhere")
    result = run(copy / "out")
    assert result.exit_code == 2
    assert "Name it with: --study FILE" in result.stderr
    assert run(copy / "out", "--study", tmp_path / "elsewhere/study.toml").exit_code == 0


def test_no_folder_of_this_machine_is_named(town, tmp_path):
    assert "/" not in json.dumps(json.loads((town / "out/manifest.json").read_text())["study_file"])
    assert str(tmp_path.parents[1]) not in (town / "out/manifest.json").read_text(encoding="utf-8")
    assert json.loads((town / "out/run-log.json").read_text())["study"] == "../study/study.toml"


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"kiezreach": "0", "study": {}, "inputs": [], "outputs": [{}]}',
        '{"kiezreach": "0", "study": {}, "inputs": [], "outputs": [{"file": "/x", "sha256": ""}]}',
    ],
)
def test_what_is_no_build_is_one_clear_error(tmp_path, manifest):
    (tmp_path / "manifest.json").write_text(manifest)
    result = run(tmp_path)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.output
    assert run(tmp_path / "none").exit_code == 2
