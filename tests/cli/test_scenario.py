"""`kiezreach scenario`: figures on stdout, a folder of tables and maps, one line for a fault."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from kiezreach import cli

from ..worlds import lonlat, write_small_study  # noqa: TID252 - one small town for all

SCENARIO = """\
name = "Savings"

[[steps]]
close = "c1"

[[steps]]
open = {{ at = [{}, {}], name = "New house" }}
"""


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli.group, ["scenario", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with a scenario beside it."""
    folder = tmp_path_factory.mktemp("town")
    write_small_study(folder)
    (folder / "savings.toml").write_text(SCENARIO.format(*lonlat(1510, 1490)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def written(town: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    out = tmp_path_factory.mktemp("out") / "savings"
    return out, run(town / "savings.toml", "--study", town / "study.toml", "--out", out, "-q")


def served(result: Result) -> dict[str, list[int]]:
    """Before, after, gained and lost, by threshold."""
    rows = re.findall(
        r"within (\d+)\u202f?\s?m: ([\d,]+) before, ([\d,]+) after; ([\d,]+) gain access, ([\d,]+)",
        result.stdout,
    )
    return {row[0]: [int(n.replace(",", "")) for n in row[1:]] for row in rows}


def test_it_says_what_changes_and_for_whom(written):
    _, result = written
    assert result.exit_code == 0
    assert "Scenario “Savings” (Smalltown)" in result.stdout
    assert "1. Haus Süd closes (c1)." in result.stdout
    assert "2. New house opens (new-1)." in result.stdout
    figures = served(result)
    assert set(figures) == {"300", "500"}
    for before, after, gained, lost in figures.values():
        assert after == before + gained - lost
        assert gained > 0
        assert lost > 0


def test_the_folder_holds_what_was_said(written):
    out, result = written
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names == {
        "summary.txt", "manifest.json", "datapackage.json", "scenario.gpkg",
        "tables/scenarios.csv", "tables/scenario_gaps.csv",
        "print/scenario.png", "print/scenario.pdf", "print/scenario.svg",
    }  # fmt: skip
    assert (out / "summary.txt").read_text(encoding="utf-8") in result.stdout
    table = pd.read_csv(out / "tables/scenarios.csv", dtype={"area_id": str})
    city = table[(table["level"] == "city") & (table["breakdown"] == "all")]
    columns = ["residents_served_before", "residents_served_after", "gained", "lost"]
    told = {f"{row['threshold_m']}": [int(row[c]) for c in columns] for _, row in city.iterrows()}
    assert told == served(result)
    lost = gpd.read_file(out / "scenario.gpkg", layer="lost")
    assert lost.groupby("threshold_m")["residents"].sum().to_dict() == {
        float(threshold): row[3] for threshold, row in told.items()
    }
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert {entry["file"] for entry in manifest["outputs"]} == names - {"manifest.json"}
    assert manifest["scenario"]["scenario"] == "Savings"


def test_the_same_scenario_gives_the_same_bytes(town, written, tmp_path):
    out, _ = written
    again = tmp_path / "again"
    run(town / "savings.toml", "--study", town / "study.toml", "--out", again, "-q")
    for path in sorted(out.rglob("*")):
        if path.is_file():
            own = (again / path.relative_to(out)).read_bytes()
            assert hashlib.sha256(own).hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_options_are_steps(town, written):
    place = ",".join(map(str, lonlat(1510, 1490)))
    options = ["--close", "c1", "--open", place, "--study", town / "study.toml", "--no-files", "-q"]
    assert served(run(*options)) == served(written[1])
    told = json.loads(run(*options, "--json").stdout)
    assert [step["action"] for step in told["steps"]] == ["close", "open"]
    assert [row["residents_lost"] for row in told["walks"]] == [
        row[3] for row in served(written[1]).values()
    ]


def test_every_kind_of_step_has_an_option(town):
    near, far = (",".join(map(str, lonlat(*place))) for place in ((400, 300), (490, 500)))
    result = run(
        "--move", "c2", far, "--resize", "c3", "20", "--add-link", near, far,
        "--remove-link", near, "--residents", "50", "0101", "--study", town / "study.toml",
        "--no-files", "-q", "--json",
    )  # fmt: skip
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    actions = ["move", "resize", "add_link", "remove_link", "residents"]
    assert [step["action"] for step in told["steps"]] == actions
    assert all(step["text"] for step in told["steps"])


def test_a_third_number_is_the_length_of_a_new_way(town):
    near, far = (",".join(map(str, lonlat(*place))) for place in ((400, 300), (490, 500)))
    common = ["--study", town / "study.toml", "--no-files", "-q"]
    straight = run("--add-link", near, far, *common)
    longer = run("--add-link", near, f"{far},700", *common)
    assert "700" in longer.stdout
    assert "700" not in straight.stdout
    refused = run("--add-link", near, f"{far},long", *common)
    assert refused.exit_code == 2
    assert "--add-link: 'long' is no number" in refused.stderr


def test_a_site_away_from_streets_is_put_on_the_nearest_if_asked(town):
    away = ",".join(map(str, lonlat(2400, 3600)))  # 300 m from the outermost street
    common = ["--study", town / "study.toml", "--no-files", "-q"]
    assert run("--open", away, *common).exit_code == 2
    assert run("--open", away, "--snapped", *common).exit_code == 0


def test_a_german_study_is_answered_in_german(tmp_path):
    file = write_small_study(
        tmp_path, study=lambda text: text.replace('language = "en"', 'language = "de"')
    )
    result = run("--close", "c1", "--study", file, "--no-files", "-q")
    assert "Haus Süd schließt (c1)." in result.stdout
    assert "Wer zu Fuß ein Zentrum erreicht:" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--close", "c9"], "step 1 (close): there is no centre 'c9'"),
        (
            ["--close", "c1", "--close", "c1"],
            "step 2 (close): the centre 'c1' was closed by step 1",
        ),
        (["--open", "13,x"], "the study has no table of addresses|has none|no candidate"),
        (["--open", "1,2"], "step 1 (open): the place has no street within 100 m"),
        (["--add-link", "1,2", "north"], "--add-link 'north' is not a longitude and a latitude"),
        (["--resize", "c1", "many"], "--resize: 'many' is no number"),
        (["--resize", "c1", "-3"], "more than 0"),
        (["--residents", "0", "0101"], "more than 0"),
        (["--residents", "nan", "0101"], "'nan' is no number of people"),
        (["--residents", "inf", "0101"], "'inf' is no number of people"),
        (["--residents", "12.7", "0101"], "'12.7' is no number of people"),
        (["--residents", "10", "West"], "is an area of the level district"),
    ],
)
def test_a_step_that_cannot_be_taken_writes_nothing(town, tmp_path, arguments, problem):
    out = tmp_path / "out"
    result = run(*arguments, "--study", town / "study.toml", "--out", out, "-q")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert any(part in result.stderr for part in problem.split("|")), result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not out.exists()


@pytest.mark.parametrize(
    "arguments",
    [[], ["savings.toml", "--close", "c1"], ["--close", "c1", "--no-files", "--out", "x"]],
)
def test_wrong_usage_says_how_it_is_meant(arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr


def test_a_file_that_is_missing_or_wrong_is_named(town, tmp_path):
    missing = run(tmp_path / "no.toml", "--study", town / "study.toml", "-q")
    assert missing.exit_code == 2
    assert "no.toml: there is no such file" in missing.stderr
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('name = "x"\n[[steps]]\nclsoe = "c1"\n', encoding="utf-8")
    result = run(wrong, "--study", town / "study.toml", "-q")
    assert result.exit_code == 2
    assert (
        "wrong.toml, line 3: unknown key 'steps[1].clsoe'. Did you mean 'close'?" in result.stderr
    )


def test_a_folder_with_something_else_is_not_replaced(town, tmp_path):
    (tmp_path / "manifest.json").write_text('{"kiezreach": "1", "study": {}, "outputs": []}')
    arguments = ["--close", "c1", "--study", town / "study.toml", "--out", tmp_path, "-q"]
    result = run(*arguments)
    assert result.exit_code == 2
    assert "would be lost" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
