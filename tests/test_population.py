"""Residents of a study: points, or totals and what to spread them over; and every wrong input."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

import kiezreach as kr
from kiezreach.analysis import analyse
from kiezreach.cli import group
from kiezreach.errors import InputError, StudyError
from kiezreach.inputs import read_inputs
from kiezreach.outputs.print_map.coverage import coverage_finding
from kiezreach.outputs.print_map.gaps import gaps_finding
from kiezreach.outputs.texts import Texts
from kiezreach.population import Population, read_population
from kiezreach.sources.areas import read_areas
from kiezreach.sources.residents import read_inhabited
from kiezreach.study import read_study

from .worlds import CRS, STUDY, X0, Y0, inhabited, write_small_study

POINTS = 'file = "residents.parquet"\nage_groups = ["young", "old"]\n'
TOTALS = """\
totals = "totals.csv"
age_groups = ["young", "old"]
spread = "block_area"
plausible_spreads = ["street_fronts", "open_area", "points", "grid"]

[residents.support.blocks]
file = "blocks.parquet"

[residents.support.points]
file = "addresses.csv"
weight_column = "homes"

[residents.support.grid]
file = "grid.csv"
x_column = "x"
y_column = "y"
crs = "EPSG:25833"
cell_m = 500
"""
CSV = """\
planning_area_id,residents,young,old
0101,400,100,300
0102,300,0,300
0201,200,150,50
0202,0,0,0
"""
NOBODY = "planning_area_id,residents,young,old\n0101,0,0,0\n0102,0,0,0\n0201,0,0,0\n0202,0,0,0\n"
SUMS = {"0101": [400, 100, 300], "0102": [300, 0, 300], "0201": [200, 150, 50]}


def addresses() -> pd.DataFrame:
    """Nine addresses in the middles of the town's squares, one of them outside the town."""
    xy = [(250, 250), (750, 250), (250, 1250), (1250, 250), (1750, 750), (1250, 1750), (-400, 100)]
    place = gpd.GeoSeries.from_xy([X0 + x for x, _ in xy], [Y0 + y for _, y in xy], crs=CRS).to_crs(
        4326
    )
    return pd.DataFrame({"lon": place.x, "lat": place.y, "homes": [1, 2, 3, 4, 5, 6, 7]})


def grid() -> pd.DataFrame:
    """Middles of the sixteen cells of 500 m."""
    xy = [(x, y) for x in range(250, 2000, 500) for y in range(250, 2000, 500)]
    return pd.DataFrame(
        {"x": [X0 + x for x, _ in xy], "y": [Y0 + y for _, y in xy], "residents": range(10, 26)}
    )


def write(folder: Path, text: str = TOTALS, csv: str = CSV, **changes: object) -> Path:
    """Write the small town with totals in place of points, any of the files changed."""
    path = write_small_study(folder, study=lambda study: study.replace(POINTS, text))
    (folder / "totals.csv").write_text(csv, encoding="utf-8")
    for name, frame in (("addresses", addresses()), ("grid", grid())):
        change = changes.get(name, lambda same: same)
        change(frame).to_csv(folder / f"{name}.csv", index=False)
    blocks = changes.get("blocks", lambda same: same)(inhabited())
    blocks.to_parquet(folder / "blocks.parquet")
    return path


def population(path: Path) -> Population:
    study = read_study(path)
    areas = read_areas(study)
    return read_population(study, areas, read_inhabited(study, areas), {})


def put(column: str, row: int, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        values = frame[column].tolist()
        values[row] = value
        return frame.assign(**{column: values})

    return change


def without(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.drop(columns=column)


def far_away(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Move everything to where the box of the areas is, but beside the areas themselves."""
    return frame.set_geometry(frame.geometry.translate(90_000))


def test_every_spreading_has_the_totals_of_the_file(tmp_path):
    found = population(write(tmp_path))
    assert list(found.spreads) == ["street_fronts", "open_area", "points", "grid"]
    for frame in (found.residents, *found.spreads.values()):
        sums = frame.groupby("planning_area_id")[["residents", "young", "old"]].sum()
        assert sums.T.to_dict("list") == SUMS
        assert frame.crs.to_epsg() == 25833
    assert found.residents["row"].isin([2, 3, 4]).all()


def test_the_spreadings_of_points_have_the_sums_of_the_points(tmp_path):
    text = POINTS + 'plausible_spreads = ["block_area"]\n[residents.support.blocks]\n'
    found = population(write(tmp_path, text + 'file = "blocks.parquet"\n'))
    columns = ["residents", "young", "old"]
    sums, again = (
        frame.groupby("planning_area_id")[columns].sum()
        for frame in (found.residents, found.spreads["block_area"])
    )
    pd.testing.assert_frame_equal(sums, again, check_index_type=False)


def test_a_row_of_totals_of_which_a_point_is_too_far_from_any_street_was_used(tmp_path):
    path = write(tmp_path, TOTALS.replace("block_area", "points", 1).replace('"points", "g', '"g'))
    # Addresses stand 50 m from the nearest streets.
    path.write_text(path.read_text().replace("[analysis]", "[analysis]\nmax_access_m = 40"))
    study = read_study(path)
    excluded = analyse(study, read_inputs(study)).excluded
    found = excluded.loc[excluded["file"] == "totals.csv"]
    assert found["row"].tolist()[:2] == ["2", "2"]
    assert set(found["reason"][found["row"] == "2"]) == {
        f"at one of the points that this row is spread over, {n} residents 50 m from the nearest "
        "street (limit 40 m): counted as not served"
        for n in (133, 267)
    }


def test_support_keeps_to_its_places(tmp_path):
    found = population(write(tmp_path))
    # The cells of the south-western area have 10, 11, 14 and 15 of 50 residents: 400 are 8 each.
    x, y = (found.spreads["grid"].geometry.x - X0, found.spreads["grid"].geometry.y - Y0)
    cell = pd.Series([f"{i:.0f} {j:.0f}" for i, j in zip(x // 500, y // 500, strict=True)])
    count = found.spreads["grid"]["residents"].groupby(cell.to_numpy()).sum()
    assert count[["0 0", "0 1", "1 0", "1 1"]].tolist() == [80, 88, 112, 120]
    # The two addresses there have 1 and 2 homes.
    homes = found.spreads["points"].query("planning_area_id == '0101'").sort_values("residents")
    assert homes["residents"].tolist() == [133, 267]
    assert (homes.geometry.x - X0).round().tolist() == [250, 750]


def test_an_address_outside_the_areas_is_listed(tmp_path):
    found = population(write(tmp_path))
    assert found.excluded.to_dict("records") == [
        {
            "file": "addresses.csv",
            "row": 8,
            "id": "",
            "reason": "the address lies in no planning area",
        }
    ]


def test_addresses_may_be_buildings_and_cells_may_be_polygons(tmp_path):
    path = write(tmp_path, TOTALS.replace('.csv"\nw', '.gpkg"\nw').replace("grid.csv", "grid.gpkg"))
    homes = gpd.GeoDataFrame(
        addresses(),
        geometry=gpd.points_from_xy(*addresses()[["lon", "lat"]].T.to_numpy()),
        crs=4326,
    )
    homes.to_crs(CRS).set_geometry(homes.to_crs(CRS).buffer(8)).to_file(tmp_path / "addresses.gpkg")
    squares = shapely.box(
        grid()["x"] - 250, grid()["y"] - 250, grid()["x"] + 250, grid()["y"] + 250
    )
    gpd.GeoDataFrame(grid(), geometry=squares, crs=CRS).to_file(tmp_path / "grid.gpkg")
    again = population(path)
    first = population(write(tmp_path / "first"))
    pd.testing.assert_frame_equal(
        pd.DataFrame(first.spreads["grid"]), pd.DataFrame(again.spreads["grid"])
    )
    assert again.spreads["points"].distance(first.spreads["points"], align=False).max() < 8


WRONG = {
    "unknown area": ({"csv": CSV.replace("0102,", "0909,")}, "'0909' is not the id of a planning"),
    "missing area": (
        {"csv": CSV.replace("0202,0,0,0\n", "")},
        "1 of 4 planning areas have no row: 0202. Add them, with 0 residents",
    ),
    "area twice": ({"csv": CSV + "0101,400,100,300\n"}, "the id '0101' stands in row 2 as well"),
    "lost zeros": ({"csv": CSV.replace("0101,", "101,")}, "the id has lost its leading zero"),
    "text for a count": ({"csv": CSV.replace("0101,400", "0101,many")}, "many, which is no number"),
    "no count": ({"csv": CSV.replace("0101,400", "0101,")}, "'residents' is missing"),
    "negative count": ({"csv": CSV.replace("0102,300", "0102,-300")}, "-300, which is negative"),
    "groups do not add up": (
        {"csv": CSV.replace("0201,200,150", "0201,200,149")},
        "totals.csv, id 0201: the age groups add up to 199, not to 200 residents",
    ),
    "no group": ({"csv": CSV.replace("young", "jung")}, "has no column 'young'"),
    "nobody": (
        {"csv": NOBODY},
        "nobody lives in the areas",
    ),
    "grid without residents": ({"grid": without("residents")}, "has no column 'residents'"),
    "grid with text": ({"grid": put("residents", 2, "x")}, "is 'x', which is no number"),
    "grid with a gap": ({"grid": put("residents", 2, None)}, "row 4: 'residents' is missing"),
    "negative grid": ({"grid": put("residents", 2, -1)}, "'residents' is -1, which is negative"),
    "empty grid": ({"grid": lambda f: f.assign(residents=0)}, "'residents' is 0 in every row"),
    "grid without cell size": (
        {"text": TOTALS.replace("cell_m = 500\n", "")},
        "Set residents.support.grid.cell_m",
    ),
    "grid in degrees": (
        {"text": TOTALS.replace('crs = "EPSG:25833"', 'crs = "EPSG:4326"'),
         "grid": lambda f: f.assign(x=13.4, y=52.5)},
        "the middles of its cells are in EPSG:4326, in degrees",
    ),
    "grid elsewhere": (
        {"grid": lambda f: f.assign(x=f["x"] + 90_000)},
        "km outside the study area",
    ),
    "no such CRS": (
        {"text": TOTALS.replace('crs = "EPSG:25833"', 'crs = "EPSG:0"')},
        "crs = 'EPSG:0' of grid.csv is not a known CRS",
    ),
    "negative weight": ({"addresses": put("homes", 1, -2)}, "row 3: 'homes' is -2, which is"),
    "no weight": ({"addresses": put("homes", 1, None)}, "'homes' is missing"),
    "no such weight": ({"addresses": without("homes")}, "has no column 'homes'"),
    "address of an unknown area": (
        {"addresses": lambda f: f.assign(planning_area_id="0909")},
        "no planning area, the first is '0909'",
    ),
    "no coordinate": ({"addresses": put("lon", 0, None)}, "row 2: 'lon' is empty"),
    "blocks elsewhere": ({"blocks": far_away}, "all blocks lie 88 km outside the study area"),
    "blocks between the areas": (
        {"blocks": lambda f: f.set_geometry(
            [shapely.box(X0 - 9, Y0 - 9, X0 - 5, Y0 + 2009)] * (len(f) - 1)
            + [shapely.box(X0 + 2005, Y0, X0 + 2009, Y0 + 9)])},
        "none of its 400 blocks lies in a planning area",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_input_is_one_clear_error(tmp_path, changes, message):
    with pytest.raises(InputError) as raised:
        population(write(tmp_path, **changes))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


SETTINGS = {
    "both": (POINTS + 'totals = "totals.csv"', "it names both a file of points and totals"),
    "neither": ('method = ""', "it names neither file nor totals"),
    "no method": ('totals = "totals.csv"', "totals need a method. Set spread to one of"),
    "spread of points": (POINTS + 'spread = "grid"', "are spread already"),
    "no support": ('totals = "totals.csv"\nspread = "grid"', "the method grid has no grid"),
    "plausible without support": (
        POINTS + 'plausible_spreads = ["open_area"]',
        "the method open_area has no blocks. Add [residents.support.blocks]",
    ),
    "twice": (
        TOTALS.replace('["street_fronts",', '["block_area",'),
        "names a method twice",
    ),
    "no such method": (TOTALS.replace('spread = "block_', 'spread = "magic_'), "'street_fronts'"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), SETTINGS.values(), ids=SETTINGS)
def test_a_wrong_setting_is_one_clear_error(tmp_path, text, message):
    with pytest.raises(StudyError) as raised:
        read_study(write(tmp_path, text))
    assert message in str(raised.value)


def test_every_output_names_the_method_and_the_interval(tmp_path):
    path = write(tmp_path / "study")
    out = tmp_path / "out"
    result = CliRunner().invoke(
        group, ["build", str(path), "--out", str(out), "--quiet", "--maps", "none"]
    )
    assert result.exit_code == 0, result.output
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    method = manifest["residents_method"]["en"]
    assert method == (
        "totals of each planning area, spread evenly over the ground of its residential blocks"
    )
    assert manifest["plausible_spreads"] == ["street_fronts", "open_area", "points", "grid"]
    assert {"blocks", "addresses", "grid"} <= {entry["role"] for entry in manifest["inputs"]}
    served = manifest["headline"]["served"]["500"]
    assert served["share_low"] < served["share"] <= served["share_high"]
    table = pd.read_csv(out / "tables" / "coverage.csv", dtype={"area_id": str})
    known = table.dropna(subset="share_served")
    assert (known["share_low"] <= known["share_served"]).all()
    assert (known["share_served"] <= known["share_high"]).all()
    assert table.loc[table["area_id"] == "0202", ["share_low", "share_high"]].isna().all(axis=None)
    interval = f"; {served['share_low']:.1%} to {served['share_high']:.1%})"
    assert interval in result.output
    assert "over 5 ways of spreading" in result.output
    readme = (out / "tables" / "README.txt").read_text(encoding="utf-8")
    assert f"How residents were spread: {method}" in readme
    assert "over 5 ways of spreading the same residents" in readme
    page = (out / "map.html").read_text(encoding="utf-8")
    assert method in page
    assert "over 5 ways of spreading" in page
    with sqlite3.connect(out / "layers.gpkg") as file:
        rows = dict(file.execute("SELECT table_name, description FROM gpkg_contents").fetchall())
    for name in ("residents", "planning_area", "gaps"):
        assert rows[name].endswith(f". Residents: {method}")
    assert method not in rows["catchments"]


def test_the_printed_findings_have_the_interval_beside_the_share(tmp_path):
    study = read_study(write(tmp_path))
    found = analyse(study, read_inputs(study))
    table = found.coverage
    city = table[(table["level"] == "city") & (table["threshold_m"] == 500)].iloc[0]
    texts = Texts("print_map", "en")
    served = [f"{100 * city[c]:.1f}" for c in ("share_served", "share_low", "share_high")]
    assert "({}%; {} to {}%)".format(*served) in coverage_finding(study, found, texts)
    missed = [f"{100 - 100 * city[c]:.1f}" for c in ("share_served", "share_high", "share_low")]
    assert "({}%; {} to {}%)".format(*missed) in gaps_finding(study, found, texts)


def test_without_other_spreadings_there_is_no_interval(tmp_path):
    result = kr.build(
        kr.read_study(write_small_study(tmp_path / "study")), tmp_path / "out", maps="none"
    )
    table = result.analysis.coverage
    assert table["share_low"].equals(table["share_served"])
    assert table["share_high"].equals(table["share_served"])
    assert '"low":' not in (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
    assert "ways of spreading" not in (tmp_path / "out" / "tables" / "README.txt").read_text()
    assert STUDY.count("plausible_spreads") == 0
