"""The command that takes the need of one planning area apart."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from kiezreach.cli import group

from .worlds import write_small_study

CLASSES = """[[classes]]
id = "status"
labels = { de = "Status", en = "Status" }
column = "rating"
values = [
    { value = "1", labels = { de = "hoch", en = "high" } },
    { value = "2", labels = { de = "niedrig", en = "low" } },
]

[[classes]]
id = "work"
labels = { de = "Arbeit", en = "Work" }
column = "unemployment_pct"
quantiles = 2

[filter]
labels = { de = "niedriger Status", en = "low status" }
classes = "status"
values = ["2"]

[need]"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["explain", *map(str, arguments), "--quiet"])


def told(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    plain = str.maketrans({"\N{NARROW NO-BREAK SPACE}": " ", "\N{MULTIPLICATION SIGN}": "x"})
    return result.stdout.translate(plain)


def town(folder: Path, language: str = "en", **changes: object) -> Path:
    return write_small_study(
        folder,
        study=lambda text: text.replace("[need]", CLASSES).replace(
            'language = "en"', f'language = "{language}"'
        ),
        **{"indicators": lambda f: f.assign(rating=["1", "2", "2", ""])} | changes,
    )


def test_the_index_is_taken_apart_in_words(tmp_path: Path) -> None:
    # Poverty 10.5, 20, none, 40 and unemployment 5, 5.5, 7, 9, with equal weights.
    words = told(town(tmp_path), "--area", "0102")
    assert "Smalltown: Nordwest (0102)\nIn: West\n" in words
    assert "Status: low\nWork: group 1 of 2" in words
    assert "Meets the study's filter: low status" in words
    assert "Need: 0.417 on a scale from 0 to 1, rank 2 of 3 (1: most need)" in words
    assert "Poverty: 20.00% (rank 2 of 3), standardised 0.500 x weight 50.0% = 0.250" in words
    assert "Unemployment: 5.50% (rank 3 of 4), standardised 0.333 x weight 50.0% = 0.167" in words


def test_what_is_missing_is_named_with_the_reason(tmp_path: Path) -> None:
    words = told(town(tmp_path), "--area", "0201")
    assert "Need: no index" in words
    assert "Poverty: no value\n" in words
    assert "Note: Poverty: there is no value for 0201 in the column poverty_pct." in words
    words = told(
        town(tmp_path, indicators=lambda f: f.iloc[:3].assign(rating="2")), "--area", "0202"
    )
    assert "Status: not known" in words
    assert "Does not meet the study's filter" in words
    assert "Note: The file indicators.csv has no row for 0202: its values are missing." in words


def test_words_and_numbers_are_german_in_a_german_study(tmp_path: Path) -> None:
    words = told(town(tmp_path, "de"), "--area", "Nordwest")
    assert "Bedarf: 0,417 auf der Skala von 0 bis 1, Rang 2 von 3 (1: höchster Bedarf)" in words
    assert "Armut: 20,00 % (Rang 2 von 3), standardisiert 0,500 x Gewicht 50,0 % = 0,250" in words
    assert "Status: niedrig\nArbeit: Gruppe 1 von 2" in words


def test_the_figures_are_those_of_the_tables(tmp_path: Path) -> None:
    study = town(tmp_path / "town")
    CliRunner().invoke(
        group, ["build", str(study), "--out", str(tmp_path / "out"), "--quiet", "--maps", "none"]
    )
    text = {"planning_area_id": str, "area_id": str, "status": str, "work": str}
    need = pd.read_csv(tmp_path / "out/tables/need.csv", dtype=text, keep_default_na=True)
    need = need.set_index("planning_area_id")
    coverage = pd.read_csv(tmp_path / "out/tables/coverage.csv", dtype=text)
    for area_id in ("0101", "0201", "0202"):
        facts = json.loads(told(study, "--area", area_id, "--json"))
        row = need.loc[area_id]
        assert facts["residents"] == row["residents"]
        own = coverage[(coverage["level"] == "planning_area") & (coverage["area_id"] == area_id)]
        served = [part["residents_served"] for part in facts["coverage"]]
        assert served == own["residents_served"].tolist()
        assert facts["median_distance_m"] == own["median_distance_m"].iloc[0]
        if area_id == "0201":
            assert facts["need"]["value"] is None
            assert pd.isna(row["need"])
            continue
        assert facts["classes"] == row[["status", "work"]].fillna("").to_dict()
        assert round(facts["need"]["value"], 4) == row["need"]
        assert facts["need"]["rank"] == row["need_rank"]
        assert sum(part["contribution"] for part in facts["need"]["parts"]) == pytest.approx(
            facts["need"]["value"]
        )


def test_shares_with_an_interval_say_where_it_stands(tmp_path: Path) -> None:
    spreads = 'plausible_spreads = ["block_area"]\n[residents.support.blocks]\n'

    def spread(text: str) -> str:
        ages = 'age_groups = ["young", "old"]\n'
        return text.replace(ages, f'{ages}{spreads}file = "inhabited.parquet"\n')

    words = told(write_small_study(tmp_path / "spread", study=spread), "--area", "0101")
    assert "stands in tables/coverage.csv (share_low, share_high)" in words
    assert "share_low" not in told(write_small_study(tmp_path / "one"), "--area", "0101")


def test_a_study_without_need_says_so(tmp_path: Path) -> None:
    def bare(text: str) -> str:
        return text[: text.index("[indicators]")] + text[text.index("[network]") :]

    words = told(write_small_study(tmp_path, study=bare), "--area", "0101")
    assert "The study has no need index." in words
    assert "Served within 300 m:" in words


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("0109", "there is no planning area '0109'. Did you mean '0101' (Südwest)?"),
        ("101", "there is no planning area '101'. Did you mean '0101' (Südwest)?"),
        ("Nordwst", "Did you mean '0102' (Nordwest)?"),
        ("02", "'02' is an area of the level district, not a planning area"),
        ("West", "Give the id of one of its 2: 0101, 0102"),
    ],
)
def test_an_unknown_area_is_refused_with_the_nearest_id(
    tmp_path: Path, asked: str, words: str
) -> None:
    result = run(town(tmp_path), "--area", asked)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_name_that_two_areas_bear_is_refused_with_their_ids(tmp_path: Path) -> None:
    study = town(tmp_path, planning_area=lambda f: f.assign(name=["A", "Allee", "allee", "B"]))
    result = run(study, "--area", "Allee")
    assert result.exit_code == 2
    assert "2 planning areas are named 'Allee'. Give the id of one: 0102, 0201" in result.stderr
    assert told(study, "--area", "b").startswith("Smalltown: B (0202)")


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--at", "13,52", "--area", "0101"],
        ["--area", "0101", "--centre", "c1"],
        ["--area", "0101", "--out", "walk.geojson"],
    ],
)
def test_exactly_one_of_place_and_area_is_explained(tmp_path: Path, options: list[str]) -> None:
    result = run(town(tmp_path), *options)
    assert result.exit_code == 2
    assert "give either --at" in result.stderr
