"""`kiezreach propose` on the small town, as a planner calls it."""

from __future__ import annotations

import json
from pathlib import Path

import click.testing
import pandas as pd
import pytest

from kiezreach.cli import group

from ..worlds import write_candidates, write_small_study  # noqa: TID252 - one small town for all

CANDIDATES = '[candidates]\nfile = "candidates.csv"\n\n[analysis]'


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    file = write_small_study(folder, study=lambda text: text.replace("[analysis]", CANDIDATES))
    write_candidates(folder / "candidates.csv")
    return file


def run(*arguments: object) -> click.testing.Result:
    runner = click.testing.CliRunner()
    return runner.invoke(group, ["propose", *map(str, arguments), "--quiet"])


def answer(*arguments: object) -> dict:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_answer_is_told_with_its_proof_and_every_site_with_its_facts(town):
    result = run(town, "-k", 2)
    told = answer(town, "-k", 2)["proposals"]
    assert result.exit_code == 0
    assert told["proven"]
    assert told["gap"] == 0
    assert told["residents_gained"] == sum(site["residents_gained"] for site in told["sites"])
    assert "Smalltown: 2 further centres would reach" in result.stdout
    assert "Proven: among 5 possible sites there is no better choice" in result.stdout
    for site in told["sites"]:
        assert site["name"] in result.stdout
        assert site["planning_area_name"] in result.stdout
        assert site["nearest_centre_name"] in result.stdout


def test_the_second_of_two_houses_side_by_side_is_never_proposed(town):
    sites = answer(town, "-k", 5)["proposals"]["sites"]
    ids = {site["candidate_id"] for site in sites}
    assert not {"school-1", "school-2"} <= ids
    assert len(sites) < 5


EVERYTHING = ["-k", 2, "--menu", 3, "--alternatives", "--pareto", "--sensitivity"]


@pytest.fixture(scope="module")
def out(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that can be asked for."""
    folder = tmp_path_factory.mktemp("answer") / "sites"
    result = run(town, *EVERYTHING, "--out", folder)
    assert result.exit_code == 0, result.output
    return folder


def test_the_menu_holds_every_number_and_sets_between_the_goals(out):
    menu = pd.read_csv(out / "menu.csv")
    assert menu["set"].unique().tolist() == [1, 2, 3]
    by_number = menu.groupby("set")[["set_residents", "set_marginal"]].first()
    assert by_number["set_marginal"].sum() == by_number["set_residents"].iloc[-1]
    proposals = pd.read_csv(out / "proposals.csv")
    assert proposals["times_chosen"].between(0, 1).all()
    variants = pd.read_csv(out / "sensitivity.csv", keep_default_na=False)
    assert set(variants["threshold_m"]) == {300, 500}
    assert {"", "rank 1:1"} <= set(variants["need_variant"])
    pareto = pd.read_csv(out / "pareto.csv").groupby("set").first()
    assert (pareto["set_residents"].diff().dropna() < 0).all()
    assert (pareto["set_weighted"].diff().dropna() > 0).all()


def test_the_same_answer_has_the_same_bytes(town, out, tmp_path):
    folders = [out, tmp_path / "again"]
    assert run(town, *EVERYTHING, "--out", folders[1]).exit_code == 0
    names = [sorted(path.name for path in folder.iterdir()) for folder in folders]
    assert names[0] == names[1]
    assert {"proposals.gpkg", "proposals.geojson", "proposals.png", "README.txt"} <= set(names[0])
    for name in names[0]:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


@pytest.mark.parametrize("model", ["p-median", "p-center"])
def test_every_model_says_what_it_achieves(town, model):
    result = run(town, "-k", 1, "--model", model)
    assert result.exit_code == 0, result.output
    assert ("the mean walk" if model == "p-median" else "nobody would") in result.stdout


def test_a_share_of_one_district_takes_the_fewest_centres(town):
    told = answer(town, "--model", "lscp", "--share", 0.5, "--within", "East")
    assert told["proposals"]["objective"] == len(told["proposals"]["sites"])
    assert told["residents_unserved"] < answer(town, "-k", 1)["residents_unserved"]


def test_an_answer_on_one_area_says_that_it_is_on_that_area(town):
    result = run(town, "-k", 1, "--within", "West")
    assert result.stdout.startswith("Smalltown, only people in West: 1 further centre would reach")
    assert answer(town, "-k", 1, "--within", "West")["within"] == "West"
    assert answer(town, "-k", 1)["within"] is None


def test_limits_that_leave_fewer_centres_are_not_taken_for_a_lack_of_need(town):
    told = run(town, "-k", 2, "--district-max", 0).stdout
    assert "no larger choice that keeps to all limits reaches more people" in told
    assert "further ones would reach nobody else" not in told


def test_a_bound_of_walks_is_told_as_the_least(town):
    told = run(town, "-k", 2, "--model", "p-median", "--time-limit", 1e-9).stdout
    assert "None gets below" in told
    assert "at most (gap" not in told
    most = run(town, "-k", 2, "--per-area", "district=Ost:2", "--time-limit", 1e-9).stdout
    assert "further ones would reach nobody else" not in most


def test_a_list_of_houses_needs_ids_names_and_places_only(town, tmp_path):
    houses = pd.read_csv(town.parent / "candidates.csv")[["candidate_id", "name", "lon", "lat"]]
    houses.to_csv(tmp_path / "houses.csv", index=False)
    asked = ["-k", 2, "--candidates", tmp_path / "houses.csv"]
    of_study = answer(town, "-k", 2)["proposals"]
    assert answer(town, *asked)["proposals"]["objective"] == of_study["objective"]
    assert "(house)" in run(town, *asked).stdout


@pytest.mark.parametrize(("model", "said"), [("mclp", False), ("p-median", True)])
def test_a_model_that_does_not_count_room_says_so(town, tmp_path, model, said):
    houses = tmp_path / "houses.csv"
    known = pd.read_csv(town.parent / "candidates.csv")
    known.assign(capacity=40).to_csv(houses, index=False)
    result = run(town, "-k", 1, "--model", model, "--candidates", houses)
    assert result.exit_code == 0, result.output
    assert ("only in mclp" in result.stdout) is said


def test_junctions_need_no_house(town):
    told = answer(town, "-k", 1, "--candidates", "junctions:300")
    (site,) = told["proposals"]["sites"]
    assert site["kind"] == "junction"
    assert told["proposals"]["objective"] >= answer(town, "-k", 1)["proposals"]["objective"]


def test_a_file_of_places_and_a_budget_replace_the_study_s_candidates(town, tmp_path):
    houses = pd.read_csv(town.parent / "candidates.csv").assign(cost=[5, 3, 9, 2, 2])
    houses.to_csv(tmp_path / "houses.csv", index=False)
    told = answer(town, "--candidates", tmp_path / "houses.csv", "--budget", 5)
    cost = houses.set_index("candidate_id")["cost"]
    assert sum(cost[site["candidate_id"]] for site in told["proposals"]["sites"]) <= 5


def test_a_dry_run_tells_the_size_and_solves_nothing(town, tmp_path):
    result = run(town, "-k", 2, "--dry-run", "--out", tmp_path / "none")
    assert "5 possible sites near a street" in result.stdout
    assert "Asked for: 2 further centres" in result.stdout
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["-k", "6"], "6 new centres are asked for, but there are 5 candidates"),
        (["-k", "0"], "the number of new centres is 0"),
        (["--budget", "-1"], "--budget is -1"),
        (["--cost", "-1"], "--cost is -1"),
        (["--min-distance", "nan"], "--min-distance is nan"),
        (["--budget", "5"], "the candidates have no column 'cost'"),
        (["--time-limit", "0"], "the time limit is 0"),
        (["--candidates", "castle"], "no candidate is of the kind 'castle'"),
        (["--candidates", "nowhere.csv"], "there is no such file"),
        (["--candidates", "junctions:0"], "the spacing of junctions is 0"),
        (["--candidates", "junctions:0.5x"], "the spacing of junctions is nan"),
        (["--candidates", "junctions:x"], "the spacing of junctions is nan"),
        (["--per-area", "ward:1"], "names no level of areas"),
        (["--per-area", "district:-1"], "does not end in a whole number"),
        (["--per-area", "district=Wst:1"], "Did you mean 'West'?"),
        (["--district-max", "03:1"], "there is no area '03'"),
        (["--within", "Nowhere"], "there is no area 'Nowhere'"),
        (["--model", "lscp"], "needs the share"),
        (["--model", "lscp", "--share", "0.5", "-k", "2"], "-k says how many centres"),
        (
            ["--model", "lscp", "--share", "0.6", "--district-max", "0"],
            "keep to this: at most 0 new ones in",
        ),
        (["-k", "2", "--cost", "5"], "there is no budget to keep to"),
        (["-k", "2", "--menu", "6"], "6 new centres are asked for, but there are 5"),
        (["--share", "0.5"], "the model mclp has none"),
        (["--model", "lscp", "--share", "1"], "all 5 candidates together would bring"),
        (["--model", "p-center", "--menu", "2"], "--menu compares residents served"),
        (["--threshold", "0"], "the threshold is 0"),
        (["--per-area", "planning_area:2"], "at least 2 in Südost, where 1 exist and 0 candidates"),
        (["-k", "1", "--per-area", "district:3"], "all of these at once: at most 1 new centres"),
    ],
)
def test_what_cannot_be_asked_ends_with_one_line_and_nothing_written(town, tmp_path, asked, words):
    result = run(town, *asked, "--out", tmp_path / "none")
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "none").exists()


def test_candidates_outside_every_gap_are_told_apart_from_a_served_town(town, tmp_path):
    near = pd.read_csv(town.parent / "candidates.csv").iloc[[4]]
    centres = pd.read_csv(town.parent / "centres.csv").iloc[0]
    near.assign(lon=centres["lon"], lat=centres["lat"]).to_csv(tmp_path / "near.csv", index=False)
    result = run(town, "-k", 1, "--candidates", tmp_path / "near.csv", "--threshold", 120)
    assert result.exit_code == 2
    assert "none of the 1 candidates lies within 120 m" in result.stderr
    far = run(town, "-k", 1, "--threshold", 4000)
    assert "everybody lives within 4000 m of a centre already" in far.stderr


@pytest.mark.parametrize(
    ("column", "value"), [("cost", "-4"), ("cost", "cheap"), ("capacity", "-1")]
)
def test_a_broken_amount_of_a_candidate_names_its_row(town, tmp_path, column, value):
    houses = pd.read_csv(town.parent / "candidates.csv", dtype=str)
    houses[column] = ["1", "1", value, "1", ""]
    houses.to_csv(tmp_path / "houses.csv", index=False)
    result = run(town, "-k", 1, "--candidates", tmp_path / "houses.csv")
    assert result.exit_code == 2
    assert f"'{column}' is" in result.stderr
    assert "row 4" in result.stderr
