"""Whatever the city and its files are like, a build is complete or refused in one line."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, Phase, event, given, note, settings

from kiezreach.cli import group
from kiezreach.sources.files import sha256

from .random_cities.city import City
from .random_cities.drawing import cities

LONG = int(os.environ.get("KIEZREACH_CITIES", "0"))  # so many cities, ever new ones
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


def some(share: float) -> settings:
    """So many cities of 20, always the same ones; of a long run, ever new ones."""
    bounds = {"deadline": None, "suppress_health_check": SLOW}
    if LONG:
        return settings(max_examples=max(1, round(LONG * share)), **bounds)
    return settings(
        max_examples=round(20 * share),
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # the note tells what the city is like; a long run shrinks it
        **bounds,
    )


pytestmark = pytest.mark.usefixtures("small_pictures")


@some(1)
@given(cities())
def test_a_build_is_complete_or_refused_in_one_line(city: City):
    with TemporaryDirectory() as folder:
        hold(city, Path(folder), "--maps", "none")


@some(0.05)
@given(cities())
def test_so_is_one_with_every_map_and_brief(city: City):
    city.study["outputs"] = {"briefs": ["en", "de-leicht"]}
    with TemporaryDirectory() as folder:
        hold(city, Path(folder), "--maps", "all", "--also", "geojson")


def hold(city: City, folder: Path, *arguments: str) -> None:
    """Build a city over an earlier build, and hold what must be true of any outcome."""
    note("\n".join(city.told))
    study, out = city.write(folder / "study"), folder / "out"
    _write_earlier(out)
    before = _content(folder)
    command = ["build", str(study), "--out", str(out), "-q", *arguments]
    done = CliRunner().invoke(group, command, catch_exceptions=False)
    note(done.output)
    event(f"exit code {done.exit_code}")
    for word in city.told[1:]:
        event(f"{word}: exit code {done.exit_code}")
    if done.exit_code == 0:
        assert not [path for path in folder.iterdir() if path.name not in ("study", "out")]
        is_complete(out, city)
    else:
        is_refusal(done, study)
        assert _content(folder) == before


def is_refusal(done: Result, study: Path) -> None:
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    event(f"refused: {done.stderr.rpartition(str(study.parent))[2][1:60]}")
    assert f"{study.parent}{os.sep}" in done.stderr, done.stderr


def is_complete(out: Path, city: City) -> None:
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    named = {entry["file"]: entry["sha256"] for entry in manifest["outputs"]}
    there = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert there == {*named, "manifest.json", "run-log.json"}
    assert {name: sha256(out / name) for name in named} == named
    expected = {"map.html", "layers.gpkg", "datapackage.json", "tables/README.txt"}
    assert there >= expected | {f"tables/{name}.csv" for name in ("coverage", "gaps", "centres")}
    coverage = table(out, "coverage")
    figures_agree(coverage, [level["id"] for level in city.study["areas"]["levels"]])
    gaps_hold_the_unserved(out, coverage, filtered="filter" in city.study)
    if not city.damage:
        nothing_is_dropped(out, city, manifest)


def figures_agree(coverage: pd.DataFrame, levels: list[str]) -> None:
    """Hold that everybody is counted once at each level, and that shares are shares."""
    assert list(dict.fromkeys(coverage["level"])) == ["city", *levels]
    counts = ["residents", "residents_served", "unlinked"]
    sums = coverage.groupby(["level", "threshold_m"])[counts].sum()
    for level in levels:
        assert sums.loc[level].equals(sums.loc["city"])
    assert (coverage[counts] >= 0).all(axis=None)
    assert (coverage["residents_served"] + coverage["unlinked"] <= coverage["residents"]).all()
    lived_in = coverage[coverage["residents"] > 0]
    share = lived_in["residents_served"] / lived_in["residents"]
    assert np.abs(lived_in["share_served"] - share).max() < 1e-6 or lived_in.empty
    assert coverage.loc[coverage["residents"] == 0, "share_served"].isna().all()
    assert lived_in["share_served"].between(0, 1).all()
    assert (lived_in["share_low"] <= lived_in["share_served"]).all()
    assert (lived_in["share_served"] <= lived_in["share_high"]).all()
    for _, rows in coverage.groupby(["level", "area_id"]):
        assert rows.sort_values("threshold_m")["residents_served"].is_monotonic_increasing


def gaps_hold_the_unserved(out: Path, coverage: pd.DataFrame, *, filtered: bool) -> None:
    """Hold that everybody who is not served within a threshold is in one of its gaps."""
    gaps = table(out, "gaps_by_threshold")
    assert gaps["gap_id"].is_unique
    assert gaps["rank"].ge(1).all()
    city = coverage[coverage["level"] == "city"].set_index("threshold_m")
    for threshold, row in city.iterrows():
        unserved = row["residents"] - row["residents_served"]
        inside = gaps.loc[gaps["threshold_m"] == threshold, "residents"].sum()
        assert inside <= unserved if filtered else inside == unserved


def nothing_is_dropped(out: Path, city: City, manifest: dict[str, Any]) -> None:
    """Hold that each row of the inputs is in the outputs, or listed as left out."""
    excluded = table(out, "excluded")
    assert (excluded["reason"] != "").all()

    def left_out(file: str) -> set[str]:
        return {plain(i) for i in excluded.loc[excluded["file"] == file, "id"]}

    given_ids = {str(i).strip() for i in city.tables["centres"]["centre_id"]}
    used = layer(out, "centres")
    assert given_ids == set(used["centre_id"]) | left_out("centres.csv")
    unlinked = set(used.loc[~used["linked"].astype(bool), "centre_id"])
    assert unlinked <= left_out("centres.csv")
    homes = city.layers["residents"]
    total = manifest["headline"]["residents"]
    if "totals" in city.study["residents"]:
        register = city.tables["register"]
        assert total == pd.to_numeric(register["residents"]).sum()
        return
    file = city.study["residents"]["file"]
    ids = homes["point_id"].astype(str).str.strip()
    count = pd.Series(homes["residents"].astype(float).to_numpy(), index=ids)
    living = layer(out, "residents")
    gone = left_out(file) - set(living["point_id"])
    assert set(ids) == set(living["point_id"]) | gone
    assert total == count[~count.index.isin(gone)].sum() == living["residents"].sum()
    if "candidates" in city.tables:
        given_ids = {str(i).strip() for i in city.tables["candidates"]["candidate_id"]}
        used = layer(out, "candidates")
        assert given_ids == set(used["candidate_id"]) | left_out("candidates.csv")
    if "indicators" in city.tables:
        areas = {str(i).strip() for i in city.levels["planning_area"]["area_id"]}
        rows = {str(i).strip() for i in city.tables["indicators"]["planning_area_id"]}
        assert areas - rows == left_out("indicators.csv")


def table(out: Path, name: str) -> pd.DataFrame:
    """Read a table; ids are the text that they are."""
    with (out / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream, strict=True)
    assert all(len(row) == len(header) for row in rows)
    frame = pd.DataFrame(rows, columns=header)
    text = {"level", "file", "row", "reason", "kind", "operator"}
    for column in frame.columns:
        if column not in text and not column.endswith(("id", "ids", "name")):
            number = pd.to_numeric(frame[column].replace("", np.nan), errors="coerce")
            if number.notna().sum() == (frame[column] != "").sum():
                frame[column] = number
    return frame


def layer(out: Path, name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(out / "layers.gpkg", layer=name)


def plain(cell: str) -> str:
    """Take away the apostrophe that keeps a spreadsheet from running a cell."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in set("=+-@\t\r") else cell


def _write_earlier(out: Path) -> None:
    """Write what an earlier build has left."""
    (out / "tables").mkdir(parents=True)
    (out / "tables" / "coverage.csv").write_text("level\n")
    outputs = [{"file": "tables/coverage.csv"}]
    manifest = {"kiezreach": "0.1.0", "study": {}, "outputs": outputs}
    (out / "manifest.json").write_text(json.dumps(manifest))


def _content(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }
