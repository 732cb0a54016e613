"""The pipeline on a small town: what it promises about its folder."""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from click.testing import CliRunner

import kiezreach as kr
from kiezreach.cli import group
from kiezreach.errors import OutputError

from .worlds import write_small_study

pytestmark = pytest.mark.usefixtures("small_pictures")


@pytest.fixture
def study(tmp_path: Path) -> kr.Study:
    return kr.read_study(write_small_study(tmp_path / "study"))


def test_a_second_build_replaces_the_first_and_leaves_nothing_beside_it(study, tmp_path):
    out = tmp_path / "builds" / "town"
    first = kr.build(study, out, maps="city")
    before = {name: path.read_bytes() for name, path in first.paths.items()}
    second = kr.build(study, out, maps="city")
    assert [p.name for p in out.parent.iterdir()] == ["town"]
    after = {name: path.read_bytes() for name, path in second.paths.items()}
    del before["run-log.json"], after["run-log.json"]
    assert before == after


def test_a_build_without_printed_maps_can_be_replaced(study, tmp_path):
    out = tmp_path / "town"
    for maps in ("none", "city", "none"):
        kr.build(study, out, maps=maps)
        assert (out / "print").is_dir() == (maps == "city")


@pytest.mark.parametrize("foreign", ["notes.txt", "tables/notes.txt"])
def test_a_file_of_the_user_in_the_folder_is_never_lost(study, tmp_path, foreign):
    out = tmp_path / "town"
    kr.build(study, out, maps="none")
    (out / foreign).write_text("mine")
    with pytest.raises(OutputError, match=r"notes\.txt"):
        kr.build(study, out, maps="none")
    assert (out / foreign).read_text() == "mine"


@pytest.mark.parametrize("manifest", ["{}", "[]", "no json", '{"outputs": []}'])
def test_a_manifest_of_another_program_does_not_make_it_a_build(study, tmp_path, manifest):
    out = tmp_path / "web-project"
    out.mkdir()
    (out / "manifest.json").write_text(manifest)
    with pytest.raises(OutputError, match="not from an earlier build"):
        kr.build(study, out, maps="none")
    assert (out / "manifest.json").read_text() == manifest


def test_an_overlong_or_unusable_target_is_one_clear_error(study, tmp_path):
    with pytest.raises(OutputError, match="cannot be used"):
        kr.build(study, tmp_path / ("x" * 300), maps="none")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        kr.build(study, tmp_path / "file", maps="none")
    with pytest.raises(OutputError):
        kr.build(study, tmp_path / "file" / "below", maps="none")


def test_a_failure_while_writing_leaves_the_earlier_build(study, tmp_path, monkeypatch):
    out = tmp_path / "town"
    first = kr.build(study, out, maps="none")
    before = {name: path.read_bytes() for name, path in first.paths.items()}

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(import_module("kiezreach.build"), "write_manifest", full)
    with pytest.raises(OutputError, match="No space left"):
        kr.build(study, out, maps="none")
    assert {name: path.read_bytes() for name, path in first.paths.items()} == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["study", "town"]


def test_the_source_date_is_the_only_time_in_the_layers(study, tmp_path, monkeypatch):
    early = kr.build(study, tmp_path / "a", maps="none").paths["layers.gpkg"].read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    late = kr.build(study, tmp_path / "b", maps="none").paths["layers.gpkg"].read_bytes()
    assert b"1980-01-01" in early
    assert b"2023-11-14" in late
    assert b"1980-01-01" not in late


def test_two_levels_may_use_the_same_ids(tmp_path):
    file = write_small_study(tmp_path / "study")
    folder = file.parent
    number = {"01": "1", "02": "2", "0101": "1", "0102": "2", "0201": "3", "0202": "4"}
    for layer in ("district", "planning_area"):
        frame = gpd.read_file(folder / "areas.gpkg", layer=layer)
        columns = [c for c in ("area_id", "parent_id") if c in frame]
        frame[columns] = frame[columns].replace(number)
        frame.to_file(folder / "areas.gpkg", layer=layer)
    people = gpd.read_parquet(folder / "residents.parquet")
    people["planning_area_id"] = people["planning_area_id"].replace(number)
    people.to_parquet(folder / "residents.parquet")
    table = pd.read_csv(folder / "indicators.csv", dtype=str)
    table.iloc[:, 0] = table.iloc[:, 0].replace(number)
    table.to_csv(folder / "indicators.csv", index=False)
    gaps = kr.build(kr.read_study(file), tmp_path / "out", maps="none").analysis.gaps
    west = gaps["planning_area_ids"].str.split().map(lambda ids: set(ids) <= {"1", "2"})
    assert gaps["district_id"].tolist() == ["1" if w else "2" for w in west]


def test_the_tables_say_the_same_as_the_frames(study, tmp_path):
    result = kr.build(study, tmp_path / "out", maps="none")
    table = pd.read_csv(result.paths["tables/coverage.csv"], dtype={"area_id": str})
    frame = result.analysis.coverage
    assert table["residents_served"].tolist() == frame["residents_served"].tolist()
    head = json.loads(result.paths["manifest.json"].read_text())["headline"]
    city = frame[frame["level"] == "city"]
    assert head["served"]["500"]["residents"] == city["residents_served"].iloc[1]
    assert os.fspath(result.folder) == os.fspath((tmp_path / "out").resolve())


def test_a_file_of_one_s_own_becomes_need_class_and_filter_and_its_gaps_are_listed(tmp_path):
    words = 'labels = { de = "Wahlbeteiligung", en = "Turnout" }'
    part = f'{{ column = "turnout_pct", direction = "low", {words} }},'
    classes = f'[[classes]]\nid = "turnout"\n{words}\ncolumn = "turnout_pct"\nquantiles = 2\n'
    chosen = f'[filter]\n{words}\nclasses = "turnout"\nvalues = ["1"]\n'
    own = '[[indicators]]\nfile = "turnout.csv"\nlevel = "district"\nid_column = "borough"\n'
    file = write_small_study(
        tmp_path / "study",
        study=lambda text: text.replace("parts = [", f"parts = [\n    {part}").replace(
            "[indicators]", f"{own}\n{classes}\n{chosen}\n[[indicators]]"
        ),
        indicators=lambda frame: frame.iloc[:3],
    )
    (file.parent / "turnout.csv").write_text("borough,turnout_pct\n01,80\n02,60\n")
    out = tmp_path / "out"
    result = CliRunner().invoke(
        group, ["build", str(file), "--out", str(out), "--quiet", "--maps", "none"]
    )
    assert result.exit_code == 0, result.output
    need = pd.read_csv(out / "tables/need.csv", dtype=str).set_index("planning_area_id")
    assert need["turnout_pct"].tolist() == ["80.0", "80.0", "60.0", "60.0"]
    assert need["turnout"].tolist() == ["2", "2", "1", "1"]
    assert need["turnout_pct_std"].tolist() == ["0.1667", "0.1667", "0.8333", "0.8333"]
    excluded = pd.read_csv(out / "tables/excluded.csv", dtype=str).set_index("id")
    assert excluded.loc["0202", "file"] == "indicators.csv"
    assert "has no row for this area" in excluded.loc["0202", "reason"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert [part["file"] for part in manifest["inputs"] if part["role"] == "indicators"] == [
        "turnout.csv",
        "indicators.csv",
    ]
