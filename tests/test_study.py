"""A study file: what it may say, and what it means."""

from __future__ import annotations

from pathlib import Path

import pytest

import kiezreach as kr
from kiezreach import defaults
from kiezreach.errors import StudyError
from kiezreach.study import read_study

from .worlds import STUDY


def read(folder: Path, text: str, encoding: str = "utf-8") -> kr.Study:
    path = folder / "study.toml"
    path.write_text(text, encoding=encoding)
    return read_study(path)


def test_a_study_says_what_its_file_says(tmp_path: Path) -> None:
    study = read(tmp_path, STUDY)
    assert [level.id for level in study.areas.levels] == ["district", "planning_area"]
    assert study.areas.levels[1].labels.de == "Planungsräume"
    assert study.residents.age_groups == ("young", "old")
    assert study.analysis.thresholds_m == (300, 500)
    assert study.analysis.max_snap_m == defaults.MAX_SNAP_M
    assert study.need is not None
    assert [part.weight for part in study.need.parts] == [1, 1]


def test_paths_start_at_the_study_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "town").mkdir()
    monkeypatch.chdir(tmp_path)
    study = read(Path("town"), STUDY)
    monkeypatch.chdir("/")
    assert study.path("centres.csv") == tmp_path / "town" / "centres.csv"
    assert study.path("/data/centres.csv") == Path("/data/centres.csv")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, STUDY, "utf-8-sig").name == "Smalltown"


def test_a_date_needs_no_quotes(tmp_path: Path) -> None:
    study = read(tmp_path, STUDY.replace('vintage = "2024"', "vintage = 2024-12-31"))
    assert study.areas.vintage == "2024-12-31"


def test_thresholds_may_stand_in_any_order(tmp_path: Path) -> None:
    study = read(tmp_path, STUDY.replace("[300, 500]", "[500, 300]"))
    assert set(study.analysis.thresholds_m) == {300, 500}


def test_another_network_has_a_description_of_its_own(tmp_path: Path) -> None:
    text = STUDY.replace('"streets.parquet"', '"streets.parquet"\nlicence = "ODbL 1.0"')
    study = read(tmp_path, text)
    other = study.with_network(tmp_path / "extract.osm.pbf")
    assert other.path(other.network.file) == tmp_path / "extract.osm.pbf"
    assert other.network.licence == ""
    assert other.path("centres.csv") == study.path("centres.csv")
    assert study.network.licence == "ODbL 1.0"


def test_a_study_cannot_be_changed(tmp_path: Path) -> None:
    study = read(tmp_path, STUDY)
    with pytest.raises(ValueError, match="frozen"):
        study.name = "Elsewhere"


def test_the_packaged_study_names_files_that_are_there() -> None:
    study = kr.berlin()
    assert study.name == "Berlin"
    files = [study.areas.file, study.centres.file, study.residents.file, study.network.file]
    assert all(study.path(file).is_file() for file in files)


@pytest.mark.parametrize(
    ("profiles", "message"),
    [
        ('profiles = { elderly = "older" }', "'elderly', which is no age group"),
        (
            'profiles = { old = "wheelchair" }',
            "Expected: 'walking', 'step_free', 'pram' or 'older'",
        ),
        ('profiles = "older"', "residents.profiles"),
    ],
)
def test_profiles_are_known_and_of_an_age_group(tmp_path: Path, profiles, message) -> None:
    good = 'age_groups = ["young", "old"]'
    study = read(tmp_path, STUDY.replace(good, good + '\nprofiles = { old = "older" }'))
    assert study.residents.profiles == {"old": "older"}
    with pytest.raises(StudyError) as raised:
        read(tmp_path, STUDY.replace(good, f"{good}\n{profiles}"))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("at", "line"),
    [('id = "district"', 9), ('id = "planning_area"', 14), ('file = "centres.csv"', 19)],
)
def test_an_unknown_key_is_named_with_its_line(tmp_path: Path, at: str, line: int) -> None:
    assert STUDY.splitlines()[line].startswith(at)
    with pytest.raises(StudyError) as raised:
        read(tmp_path, STUDY.replace(at, f'{at}\nnonsense = "x"'))
    # The line after `at`, counted from 1.
    assert raised.value.row == f"line {line + 2}"
    assert "nonsense" in raised.value.problem


def test_several_faults_are_counted(tmp_path: Path) -> None:
    text = STUDY.replace("cell_m", "cel_m").replace("gap_level", "gap_lvl")
    with pytest.raises(StudyError, match=r"\(1 more such faults in the file\)"):
        read(tmp_path, text)
