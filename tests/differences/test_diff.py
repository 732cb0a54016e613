"""`kiezreach diff`: two builds of a small town in a planner's words, rules, files and a map."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import kiezreach as kr
from kiezreach.cli import group
from kiezreach.differences import gates as rules
from kiezreach.study.gates import CoverageGate

from ..worlds import write_small_study  # noqa: TID252 - one small town for all

CLASSES = """
[[classes]]
id = "poverty"
labels = { de = "Armut", en = "Poverty" }
column = "unemployment_pct"
quantiles = 2
"""


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(group, ["diff", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def other_centres(frame: pd.DataFrame) -> pd.DataFrame:
    """One centre is gone, one has another name, one moved by some 70 m."""
    frame = frame[frame["centre_id"] != "c3"].copy()
    frame.loc[frame["centre_id"] == "c2", "name"] = "Haus *Nord* @all"
    place = frame["centre_id"] == "c1"
    frame.loc[place, "lon"] = str(round(float(frame.loc[place, "lon"].iloc[0]) + 0.001, 6))
    return frame


@pytest.fixture(scope="module")
def builds(tmp_path_factory) -> tuple[Path, Path]:
    """The town before and after its list of centres changed, each in a build without maps."""
    folder = tmp_path_factory.mktemp("diff")

    def with_classes(text: str) -> str:
        return text.replace("[network]", f"{CLASSES}\n[network]")

    before = write_small_study(folder / "one", study=with_classes)
    after = write_small_study(folder / "two", study=with_classes, centres=other_centres)
    for file, name in ((before, "before"), (after, "after")):
        kr.build(kr.read_study(file), folder / name, maps="none")
    return folder / "before", folder / "after"


def served(build: Path, threshold: int, area: str = "city") -> int:
    table = pd.read_csv(build / "tables/coverage.csv", dtype={"area_id": str})
    rows = table[(table["area_id"] == area) & (table["threshold_m"] == threshold)]
    return int(rows["residents_served"].iloc[0])


def test_the_same_build_has_no_differences(builds):
    result = run(builds[0], builds[0])
    assert result.exit_code == 0
    assert "Nothing: inputs, settings, coverage, centres and gaps are the same." in result.stdout


def test_it_says_what_changed_for_whom_and_where(builds):
    told = run(*builds).stdout
    lost = served(builds[0], 500) - served(builds[1], 500)
    assert lost > 0
    assert f"\N{MINUS SIGN}{lost} people" in told
    assert "centres.csv (centres) has another content" in told
    assert "gone: Treff Ost (c3)" in told
    assert "renamed: Haus Nord is now Haus *Nord* @all (c2)" in told
    assert "moved: Haus Süd (c1), by 68" in told
    assert "By planning areas' Poverty" in told
    assert "Südost (0201)" in told
    lines = told.splitlines()
    (row,) = (line.split() for line in lines if line.strip().startswith("500"))
    assert row[-1] == f"\N{MINUS SIGN}{lost}"


def test_machines_get_the_same_counts(builds):
    told = json.loads(run(*builds, "--json").stdout)
    city = {row["threshold_m"]: row for row in told["city"]}
    for threshold in (300, 500):
        assert city[threshold]["residents_served_before"] == served(builds[0], threshold)
        assert city[threshold]["residents_served_after"] == served(builds[1], threshold)
    for row in told["areas"]:
        area, threshold = row["area_id"], row["threshold_m"]
        assert row["residents_served_after"] == served(builds[1], threshold, area)
    assert {row["state"] for row in told["centres"]} == {"went", "renamed", "moved"}
    in_gaps = [sum(row[f"residents_{side}"] or 0 for row in told["gaps"]) for side in
               ("before", "after")]  # fmt: skip
    lost = served(builds[0], 500) - served(builds[1], 500)
    assert in_gaps[1] - in_gaps[0] == lost  # whoever is not served is in a gap


def test_the_way_back_is_the_opposite(builds):
    forth, back = (json.loads(run(*pair, "--json").stdout) for pair in (builds, builds[::-1]))
    for one, other in zip(forth["city"], back["city"], strict=True):
        assert one["points"] == -other["points"]
    assert len(forth["gaps"]) == len(back["gaps"])
    assert {row["centre_id"] for row in back["centres"] if row["state"] == "came"} == {"c3"}


def test_names_do_not_become_markup_or_mentions_in_a_comment(builds):
    told = run(*builds, "--markdown").stdout
    assert "Haus \\*Nord\\* @\N{ZERO WIDTH SPACE}all" in told
    tables = [line for line in told.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} <= {4, 6}
    assert told.startswith("## Smalltown: What has changed?\n")


def test_a_setting_that_changed_is_told(builds, tmp_path):
    manifest = json.loads((builds[0] / "manifest.json").read_text(encoding="utf-8"))
    manifest["study"]["analysis"]["max_snap_m"] = 77.0
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("tables", "layers.gpkg", "datapackage.json"):
        (copy / name).symlink_to(builds[0] / name)
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    told = run(copy, builds[0]).stdout
    assert "Setting analysis.max_snap_m: 77.0, now 100.0" in told
    assert "Coverage, centres and gaps have stayed the same." in told


def test_the_folder_holds_texts_and_a_map_and_is_the_same_again(builds, tmp_path):
    def content(folder: Path) -> dict[str, str]:
        files = (path for path in folder.rglob("*") if path.is_file())
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    out = tmp_path / "out"
    for _ in range(2):  # the second replaces the first
        assert run(*builds, "--out", out).exit_code == 0
    assert set(content(out)) == {
        "manifest.json", "difference.txt", "difference.md", "difference.json", "difference.png",
        "difference.pdf", "difference.svg",
    }  # fmt: skip
    assert (out / "difference.md").read_text("utf-8") == run(*builds, "--markdown").stdout
    assert run(*builds, "--out", tmp_path / "again").exit_code == 0
    assert content(out) == content(tmp_path / "again")
    picture = Image.open(out / "print/difference.png").convert("RGB")
    colours = {colour for _, colour in picture.getcolors(1 << 24)}
    assert (0xC3, 0x56, 0x09) in colours  # ground that fell out of reach
    refused = run(*builds, "--out", builds[0])
    assert refused.exit_code == 2
    assert "would be lost" in refused.stderr


RULE = 'rule = "The rule"\n'


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("[[coverage]]\nmax_fall_points = 0.5", "whole area: fell from 35.41% to"),
        ('[[coverage]]\nlevel = "district"\nareas = ["02"]\nmax_fall_points = 0',
         "East (02): fell"),
        ("[[coverage]]\nthreshold_m = 300\nat_least_percent = 13.5", "13.5% are asked for"),
        ('[[coverage]]\nclasses = "poverty"\nvalue = "2"\nmax_fall_points = 1', "Poverty: 2: fell"),
        ("[[gaps]]\nmax_residents_more = 10", "residents more in gaps, 10 are allowed"),
        ("[[centres]]\nmax_gone = 0", "centres that are gone: 1, allowed: 0 (Treff Ost)"),
        ('[[inputs]]\nunchanged = ["areas", "centres"]', "centres.csv (centres) is not as it was"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named_and_ends_with_code_1(builds, tmp_path, rule, said):
    gates = tmp_path / "gates.toml"
    gates.write_text(rule.replace("]]\n", f"]]\n{RULE}"), encoding="utf-8")
    result = run(*builds, "--gate", gates)
    assert result.exit_code == 1
    assert "Broken rule: The rule" in result.stderr
    assert said in result.stdout
    told = json.loads(run(*builds, "--gate", gates, "--json").stdout)["rules"]
    assert [(row["rule"], row["kept"]) for row in told] == [("The rule", False)]


@pytest.mark.parametrize(
    "rule",
    [
        "[[coverage]]\nmax_fall_points = 50",
        '[[coverage]]\nlevel = "district"\nareas = ["01"]\nat_least_percent = 1',
        "[[gaps]]\nmax_new = 9\nmax_residents_more = 1000",
        "[[centres]]\nmax_gone = 1",
        '[[residents]]\nlevel = "planning_area"\nmax_change_percent = 0',
        '[[inputs]]\nunchanged = ["residents"]',
    ],
)
def test_a_rule_that_is_kept_ends_well(builds, tmp_path, rule):
    gates = tmp_path / "gates.toml"
    gates.write_text(rule.replace("]]\n", f"]]\n{RULE}"), encoding="utf-8")
    result = run(*builds, "--gate", gates)
    assert result.exit_code == 0, result.output
    assert "The rule: kept" in result.stdout


def test_a_fall_by_exactly_what_is_allowed_is_allowed(builds, tmp_path):
    city = json.loads(run(*builds, "--json").stdout)["city"]
    fall = -next(row["points"] for row in city if row["threshold_m"] == 500)
    gates = tmp_path / "gates.toml"
    for limit, code in ((fall, 0), (round(fall - 1e-6, 9), 1)):
        gates.write_text(f"[[coverage]]\n{RULE}max_fall_points = {limit}\n", encoding="utf-8")
        assert run(*builds, "--gate", gates).exit_code == code


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file"),
        ("", "the file is empty"),
        ("# nothing\n", "there is no rule"),
        ("[[coverage]\n", "is not valid TOML"),
        ('[[coverage]]\nrule = "x"\n', "has no limit"),
        ('[[coverage]]\nrule = "x"\nmax_fall = 1\n', "max_fall"),
        ('[[centres]]\nrule = "x"\nmax_gone = -1\n', "max_gone"),
        ('[[coverage]]\nrule = "x"\nclasses = "poverty"\nmax_fall_points = 1\n', "both classes"),
        ('[[centres]]\nrule = "x"\nmax_gone = 1\n[[gaps]]\nrule = "x"\nmax_new = 1\n', "two rules"),
        ('[[coverage]]\nrule = "x"\nlevel = "kiez"\nmax_fall_points = 1\n', "'kiez' is in neither"),
        ('[[coverage]]\nrule = "x"\nlevel = "district"\nareas = ["9"]\nmax_fall_points = 1\n',
         "'9' is in neither build. There are: 01, 02"),
        ('[[coverage]]\nrule = "x"\nthreshold_m = 600\nmax_fall_points = 1\n', "are: 300, 500"),
        ('[[coverage]]\nrule = "x"\nclasses = "poverty"\nvalue = "7"\nmax_fall_points = 1\n',
         "'7' is in neither"),
        ('[[coverage]]\nrule = "x"\nclasses = "status"\nvalue = "4"\nmax_fall_points = 1\n',
         "'status' is in neither build. There are: "),
        ('[[coverage]]\nrule = "x"\nmax_fall_points = nan\n', "is NaN. Expected: a finite number"),
        ('[[inputs]]\nrule = "x"\nunchanged = ["centers"]\n', "'centers' is in neither"),
    ],
)  # fmt: skip
def test_a_file_of_rules_that_is_wrong_is_one_clear_error(builds, tmp_path, content, said):
    gates = tmp_path / "gates.toml"
    if content is not None:
        gates.write_text(content, encoding="utf-8")
    result = run(*builds, "--gate", gates)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert said in line
    assert "gates.toml" in line
    assert result.stdout == ""


def test_a_rule_on_classes_where_no_build_has_any_says_so():
    gate = CoverageGate(rule="The rule", classes="status", value="4", max_fall_points=1)
    nothing = pd.DataFrame({"classes": []}, dtype=object)
    with pytest.raises(kr.InputError, match=r"The rule.*classes of areas that neither build has"):
        rules._chosen(gate, nothing, "classes", "classes", "status")


def test_a_folder_that_is_no_build_is_one_clear_error(builds, tmp_path):
    for pair in ((tmp_path, builds[0]), (builds[0], tmp_path / "none")):
        result = run(*pair)
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1
