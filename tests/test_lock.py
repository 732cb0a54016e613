"""The lock of a study: a frozen build holds to it, and says what differs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import geopandas as gpd
import pytest
from click.testing import CliRunner, Result

from kiezreach.cli import group

from .worlds import write_small_study


def run(*arguments: object) -> Result:
    return CliRunner().invoke(group, [str(argument) for argument in arguments])


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A study with its lock."""
    file = write_small_study(tmp_path / "town")
    assert run("lock", file).exit_code == 0
    return file


def refusal(study: Path, *options: object) -> str:
    """What a frozen build says when it refuses."""
    out = study.parents[1] / "out"
    result = run("build", study, "--frozen", "--quiet", "--out", out, *options)
    assert result.exit_code == 2, result.output
    assert not out.exists()
    (line,) = result.stderr.splitlines()
    return line


def test_the_lock_of_another_study_is_not_replaced(town):
    lock = town.with_name("kiezreach.lock")
    before = lock.read_bytes()
    other = town.rename(town.with_name("other.toml"))
    result = run("lock", other)
    assert result.exit_code == 2
    assert "is the lock of another study (study.toml)" in result.stderr
    assert lock.read_bytes() == before


def test_the_lock_names_every_input_with_hash_size_licence_and_origin(tmp_path):
    file = write_small_study(
        tmp_path / "town",
        study=lambda text: text.replace(
            'file = "centres.csv"',
            'file = "centres.csv"\nsource = "Stadt"\nlicence = "CC0"\nvintage = "2024"',
        ),
    )
    result = run("lock", file)
    assert result.exit_code == 0
    assert "7 input files" in result.stdout
    assert "centres.csv" not in result.stdout  # nothing is missing there
    lock = json.loads((tmp_path / "town/kiezreach.lock").read_text(encoding="utf-8"))
    inputs = {row["role"]: row for row in lock["inputs"]}
    assert set(inputs) == {
        "areas", "centres", "residents", "inhabited", "indicators", "network", "water",
    }  # fmt: skip
    content = (tmp_path / "town/centres.csv").read_bytes()
    assert inputs["centres"] == {
        "role": "centres", "file": "centres.csv", "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "source": "Stadt", "licence": "CC0", "vintage": "2024", "attribution": "",
    }  # fmt: skip
    assert lock["study"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert set(lock["walk_rules"]) == {"walking", "older", "pram", "step_free"}
    assert {"numpy", "GDAL", "GEOS", "PROJ"} <= set(lock["libraries"])
    assert str(tmp_path) not in json.dumps(lock)


def test_a_frozen_build_of_what_was_locked_is_built(town, tmp_path):
    options = ("--frozen", "--maps", "none", "--quiet")
    assert run("build", town, "--out", tmp_path / "out", *options).exit_code == 0
    assert (tmp_path / "out/map.html").exists()


def test_a_changed_input_is_named_with_its_role_and_sizes(town):
    table = town.parent / "indicators.csv"
    size = table.stat().st_size
    table.write_text(table.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    line = refusal(town)
    assert f"indicators.csv (indicators) has changed: {size + 1} bytes, locked {size}" in line
    assert "kiezreach lock" in line


def test_everything_that_differs_is_named_at_once(town):
    lock = town.parent / "kiezreach.lock"
    content = json.loads(lock.read_text(encoding="utf-8"))
    content["libraries"]["shapely"] = "1.8.0"
    content["walk_rules"]["pram"] = "0" * 64
    content["kiezreach"] = "0.0.1"
    content["inputs"] = [row for row in content["inputs"] if row["role"] != "centres"]
    content["inputs"].append({**content["inputs"][0], "role": "norms", "file": "norms.toml"})
    lock.write_text(json.dumps(content), encoding="utf-8")
    town.write_text(town.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    line = refusal(town)
    for part in (
        "study.toml (the study) has changed", "centres.csv (centres) is not locked",
        "norms.toml (norms) is locked and not read", "locked 1.8.0",
        "the walk rules 'pram' are others", "locked 0.0.1",
    ):  # fmt: skip
        assert part in line, part


def test_another_network_is_not_what_was_locked(town):
    (town.parent / "other.parquet").write_bytes((town.parent / "streets.parquet").read_bytes())
    line = refusal(town, "--network", town.parent / "other.parquet")
    assert "other.parquet (network) is not locked" in line
    assert "streets.parquet (network) is locked and not read" in line


def test_all_files_of_a_shapefile_are_locked(tmp_path):
    file = write_small_study(
        tmp_path / "town", study=lambda text: text.replace("inhabited.parquet", "blocks.shp")
    )
    blocks = gpd.read_parquet(file.parent / "inhabited.parquet")
    blocks.assign(number=range(len(blocks))).to_file(file.parent / "blocks.shp")
    assert run("lock", file).exit_code == 0
    (file.parent / "blocks.dbf").write_bytes(b"another table")
    assert "blocks.dbf (inhabited) has changed" in refusal(file)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"study": 1}'])
def test_what_is_no_lock_is_one_clear_error(town, content):
    (town.parent / "kiezreach.lock").write_text(content, encoding="utf-8")
    assert "is no lock" in refusal(town)


def test_a_missing_lock_or_input_is_one_clear_error(town):
    (town.parent / "water.parquet").unlink()
    assert "there is no such file" in refusal(town)
    result = run("lock", town)
    assert result.exit_code == 2
    assert "water.parquet" in result.stderr


def test_a_frozen_build_without_a_lock_says_how_to_write_one(tmp_path):
    line = refusal(write_small_study(tmp_path / "town"))
    assert "there is no such lock" in line
    assert "kiezreach lock" in line
