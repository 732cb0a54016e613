"""Addresses are found however they are written, and near ones are named where one is missing."""

from __future__ import annotations

import pytest

import kiezreach as kr
from kiezreach.errors import InputError
from kiezreach.sources.addresses import AddressBook, read_address_book
from kiezreach.sources.scenarios import read_scenario, read_scenarios

from ..worlds import write_small_study  # noqa: TID252 - the tests are one package

TABLE = """\
street,housenumber,postcode,lon,lat
Karl-Marx-Straße,12,12043,13.4261,52.4851
Karl-Marx-Straße,14A,12043,13.4262,52.4852
Hauptstraße,5,10827,13.3591,52.4901
Hauptstraße,5,13055,13.5051,52.5501
Große Präsidentenstraße,3,10178,13.4,52.52
Alt-Moabit,10,10557,13.36,52.52
"""


def book(folder, table: str = TABLE) -> AddressBook:
    file = write_small_study(
        folder, study=lambda text: text + '\n[addresses]\nfile = "addresses.csv"\n'
    )
    (folder / "addresses.csv").write_text(table, encoding="utf-8")
    found = read_address_book(kr.read_study(file))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Karl-Marx-Straße 12, 12043 Berlin", "Karl-Marx-Straße 12, 12043"),
        ("karl marx str. 12", "Karl-Marx-Straße 12, 12043"),
        ("KARL-MARX-STRASSE 14 a", "Karl-Marx-Straße 14A, 12043"),
        ("Karl-Marx-Str 14A", "Karl-Marx-Straße 14A, 12043"),
        ("Hauptstr. 5, 13055", "Hauptstraße 5, 13055"),
        ("Grosse Praesidentenstr. 3", "Große Präsidentenstraße 3, 10178"),
        ("Alt Moabit 10", "Alt-Moabit 10, 10557"),
    ],
)
def test_one_address_has_many_ways_to_be_written(tmp_path, asked, found):
    written, point = book(tmp_path).find(asked)
    assert written == found
    assert 13.3 < point.x < 13.6


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("Hauptstraße 5", "Add the postcode: Hauptstraße 5, 10827; Hauptstraße 5, 13055"),
        ("Karl-Marx-Straße 13", "Take one beside it \\(Karl-Marx-Straße 12, 12043"),
        ("Karl-Marks-Straße 12", "Did you mean Karl-Marx-Straße"),
        ("Karl-Marx-Straße 12, 10115", "Did you mean Karl-Marx-Straße, 12043"),
        ("Karl-Marx-Straße", "has no house number"),
        ("", "has no house number"),
        ("\x00 7", "no street of"),
    ],
)
def test_an_address_that_is_missing_names_near_ones(tmp_path, asked, problem):
    with pytest.raises(InputError, match=problem):
        book(tmp_path).find(asked)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (TABLE.replace("street", "road"), "street"),
        (TABLE.replace("13.4261", "x"), "'lon' is 'x'"),
        ("", "the file is empty"),
    ],
)
def test_a_table_that_cannot_be_used(tmp_path, table, problem):
    with pytest.raises(InputError, match=problem):
        book(tmp_path, table)


def test_a_study_without_addresses_has_none(tmp_path):
    assert read_address_book(kr.read_study(write_small_study(tmp_path))) is None


def test_berlin_has_addresses():
    berlin = read_address_book(kr.berlin())
    assert berlin is not None
    assert len(berlin.table) > 15_000
    written, point = berlin.find("karl-marx-str. 12")
    assert written == "Karl-Marx-Straße 12, 12043"
    assert abs(point.x - 13.426) < 0.001


SCENARIO = 'name = "x"\n[[steps]]\nclose = "c1"\n'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('name = "x"', "'steps' is missing"),
        ('name = "x"\nsteps = []', "a list with at least 1 entry"),
        (SCENARIO.replace("close", "clsoe"), "Did you mean 'close'"),
        (SCENARIO + "open = { at = [1, 2] }", "a step does one thing, this one close and open"),
        ('name = "x"\n[[steps]]\n', "a step does one thing, this one nothing"),
        ('name = "x"\n[[steps]]\nopen = { name = "y" }', "it names no place"),
        (
            'name = "x"\n[[steps]]\nopen = { at = [1, 2], candidate = "k" }',
            "it names several places",
        ),
        ('name = "x"\n[[steps]]\nopen = { at = [200, 2] }', "180 or less"),
        ('name = "x"\n[[steps]]\nresize = { centre = "c1", capacity = 0 }', "more than 0"),
        ('name = "x"\n[[steps]]\nresidents = { count = 0, at = [1, 2] }', "more than 0"),
        (
            'name = "x"\n[[steps]]\nresidents = { count = 5, at = [1, 2], age_groups = { a = 4 } }',
            "add up to 4, not to 5",
        ),
        ('name = "x"\n[[steps]]\nremove_link = { start = [1, 2] }', "which ways close"),
        (
            'name = "x"\n[[steps]]\nadd_link = { start = [1, 2], end = [1, 2], length_m = -1 }',
            "more than 0",
        ),
    ],
)
def test_a_scenario_file_that_cannot_be_read_says_why(tmp_path, text, problem):
    path = tmp_path / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=problem) as raised:
        read_scenario(path)
    assert raised.value.file == str(path)


def test_two_scenarios_of_one_name_are_told_apart(tmp_path):
    more = "".join(f'\n[[scenarios]]\nfile = "{name}.toml"\n' for name in ("a", "b"))
    study = kr.read_study(write_small_study(tmp_path, study=lambda text: text + more))
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(SCENARIO, encoding="utf-8")
    with pytest.raises(InputError, match="another scenario of the study is named 'x'"):
        read_scenarios(study)
