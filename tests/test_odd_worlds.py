"""Places and names that no example has: every build still gives outputs that make sense."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from click.testing import CliRunner
from pyproj import Transformer

from kiezreach.analysis import analyse
from kiezreach.cli import group
from kiezreach.inputs import read_inputs
from kiezreach.study import read_study

from . import worlds
from .sources.test_norms import NORMS
from .worlds import CRS, STUDY, X0, Y0, write_candidates, write_small_study

pytestmark = pytest.mark.usefixtures("small_pictures")

LONG = "Nachbarschaftshaus für Familien, Seniorinnen, Senioren und alle Generationen am Platz " * 4
ARABIC = "مركز الحي الثقافي (القدس)"
HEBREW = "בית השכונה " * 9
EMOJI = "🏡👨‍👩‍👧‍👦 Kieztreff 🌳🇩🇪"
HOSTILE = '</script><img src=x onerror=alert(1)> & "Ö" \'=1+1\n\t{place} %s $x^2$'
NAMES = [LONG, None, ARABIC, EMOJI]
THRESHOLDS = "thresholds_m = [340, 505]\ngap_threshold_m = 505"  # more than 10 m from any walk


@dataclass(frozen=True)
class Built:
    """A finished build of an odd world."""

    folder: Path
    manifest: dict[str, Any]

    def table(self, name: str) -> pd.DataFrame:
        path = self.folder / "tables" / f"{name}.csv"
        ids = ("area_id", "centre_id", "district_id", "planning_area_ids", "planning_area_id")
        return pd.read_csv(path, dtype=dict.fromkeys(ids, str))

    def layer(self, name: str) -> gpd.GeoDataFrame:
        return gpd.read_file(self.folder / "layers.gpkg", layer=name)

    def served(self) -> dict[str, int]:
        headline = self.manifest["headline"]["served"]
        return {threshold: entry["residents"] for threshold, entry in headline.items()}


def build(study: Path, out: Path, maps: str = "all") -> Built:
    """Build as a planner does; nothing may go wrong."""
    arguments = ["build", str(study), "--out", str(out), "--also", "geojson", "--maps", maps, "-q"]
    done = CliRunner().invoke(group, arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    built = Built(out, json.loads((out / "manifest.json").read_text(encoding="utf-8")))
    makes_sense(built)
    return built


def makes_sense(built: Built) -> None:
    """Hold what must be true of any build, whatever the place is like."""
    for entry in built.manifest["outputs"]:
        assert (built.folder / entry["file"]).stat().st_size > 0, entry["file"]
    for name, _ in pyogrio.list_layers(built.folder / "layers.gpkg"):
        if name != "layer_styles":
            layer = built.layer(str(name))
            assert layer.is_valid.all(), name
            text = built.folder / "layers" / f"{name}.geojson"
            features = json.loads(text.read_text(encoding="utf-8"))["features"]
            assert len(features) == len(layer)
            kinds = {feature["geometry"]["type"] for feature in features}
            assert kinds <= {"Point", "LineString", "MultiPolygon", "Polygon"}, name
    for path in sorted((built.folder / "tables").iterdir()):
        assert not NO_VALUE.findall(path.read_text(encoding="utf-8")), path.name
    for path in sorted((built.folder / "briefs").glob("*.html")):
        assert not NO_VALUE.findall(
            re.sub(r"<style.*?</style>", "", path.read_text("utf-8"), flags=re.DOTALL)
        )


NO_VALUE = re.compile(r"(?<![\w.-])(?:nan|NaN|None|inf|<NA>|null)(?![\w.-])")


def in_german(text: str) -> str:
    return text.replace('language = "en"', 'language = "de"')


def with_briefs(text: str) -> str:
    """Ask for briefs, which the small town has none of."""
    assert "briefs = false" in text
    return text.replace("briefs = false", "briefs = true")


def without_need(text: str) -> str:
    start, end = text.index("[indicators]"), text.index("[network]")
    return text[:start] + text[end:]


def test_names_of_any_length_script_and_kind_and_none(tmp_path: Path):
    file = write_small_study(
        tmp_path / "study",
        study=lambda text: with_briefs(in_german(text)).replace(
            '"Smalltown"', json.dumps(LONG.strip())
        ),
        district=lambda frame: frame.assign(name=[None, HEBREW]),
        planning_area=lambda frame: frame.assign(name=NAMES),
        centres=lambda frame: frame.assign(
            name=NAMES, kind=[HOSTILE, ARABIC, None, EMOJI], operator=NAMES[::-1], note=HOSTILE
        ),
    )
    built = build(file, tmp_path / "out")
    coverage = built.table("coverage").drop_duplicates("area_id").set_index("area_id")["area_name"]
    assert coverage.to_dict() == {
        "city": LONG.strip(), "01": "01", "02": HEBREW.strip(), "0101": LONG.strip(),
        "0102": "0102", "0201": ARABIC, "0202": EMOJI,
    }  # fmt: skip
    centres = built.table("centres").set_index("centre_id")
    assert centres["name"].tolist() == [LONG.strip(), "c2", ARABIC, EMOJI]
    layer = built.layer("centres").set_index("centre_id")
    assert layer["name"].to_dict() == centres["name"].to_dict()
    on_one_line = HOSTILE.translate({ord("\n"): " ", ord("\t"): " "})
    assert layer["kind"].tolist() == [on_one_line, ARABIC, "", EMOJI]
    assert built.table("gaps")["name"].tolist() == [f"0102 / {LONG.strip()}", EMOJI]
    assert "<img src=x" not in (built.folder / "map.html").read_text(encoding="utf-8")


def test_a_district_without_centres_and_an_area_in_it_without_residents(tmp_path: Path):
    def empty(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        there = frame["planning_area_id"] != "0202"
        return frame.assign(**{c: frame[c].where(there, 0) for c in ("residents", "young", "old")})

    file = write_small_study(
        tmp_path / "study",
        study=lambda text: with_briefs(in_german(text)),
        centres=lambda frame: frame.iloc[:1],
        residents=empty,
    )
    built = build(file, tmp_path / "out")
    coverage = built.table("coverage").set_index(["area_id", "threshold_m"])
    east, nobody = coverage.loc[("02", 500)], coverage.loc[("0202", 500)]
    assert (east["residents_served"], east["share_served"]) == (0, 0)
    assert nobody["residents"] == 0
    assert np.isnan([nobody["share_served"], nobody["median_distance_m"]]).all()
    gaps = built.table("gaps")
    assert gaps.loc[gaps["district_id"] == "02", "residents"].sum() == east["residents"] > 0
    assert not any("0202" in ids for ids in gaps["planning_area_ids"])
    assert set(gaps["nearest_centre_id"]) == {"c1"}
    area = built.layer("planning_area").set_index("area_id")
    assert np.isnan(area.loc["0202", "share_served_500"])


def test_a_place_where_nobody_lives_says_so(tmp_path: Path):
    file = write_small_study(
        tmp_path / "study",
        study=lambda text: (
            with_briefs(in_german(text))
            .replace('[inhabited]\nfile = "inhabited.parquet"\n', "")
            .replace(
                "[analysis]", '[[barriers]]\nkind = "water"\nfile = "water.parquet"\n[analysis]'
            )
        ),
        residents=lambda frame: frame.assign(residents=0, young=0, old=0),
    )
    built = build(file, tmp_path / "out", maps="city")
    assert built.manifest["headline"]["residents"] == built.manifest["headline"]["gaps"] == 0
    assert any("nobody lives" in warning for warning in built.manifest["warnings"])
    coverage = built.table("coverage")
    assert (coverage["residents"] == 0).all()
    assert coverage["share_served"].isna().all()
    brief = (built.folder / "briefs" / "city.de.html").read_text(encoding="utf-8")
    assert "keine Einwohnerinnen und Einwohner" in brief


def test_one_planning_area_alone_without_gaps_and_indicators(tmp_path: Path):
    def alone(text: str) -> str:
        first, second = (match.start() for match in re.finditer(r"\[\[areas\.levels", text))
        text = without_need(text[:first] + text[second:]).replace('gap_level = "district"\n', "")
        text = text.replace("thresholds_m = [300, 500]", "thresholds_m = [2000, 3000]")
        return text.replace("gap_threshold_m = 500", "gap_threshold_m = 3000").replace(
            "20\n", "50\n"
        )

    file = write_small_study(
        tmp_path / "study",
        study=alone,
        planning_area=lambda frame: frame.iloc[:1].drop(columns="parent_id"),
        residents=lambda frame: frame[frame["planning_area_id"] == "0101"],
        inhabited=lambda frame: frame.cx[X0 : X0 + 999, Y0 : Y0 + 999],
    )
    built = build(file, tmp_path / "out", maps="city")
    coverage = built.table("coverage").set_index(["level", "threshold_m"])
    coverage = coverage.drop(columns=["area_id", "area_name"])
    assert coverage.loc["city"].equals(coverage.loc["planning_area"])
    assert set(coverage["share_served"]) == {1.0}
    assert set(built.table("centres")["district_id"].dropna()) == {"0101"}
    assert built.manifest["headline"]["gaps"] == 0
    assert built.table("gaps").empty
    assert built.table("ranking").empty
    gaps = pyogrio.read_info(built.folder / "layers.gpkg", layer="gaps")
    assert (gaps["features"], gaps["geometry_type"]) == (0, "MultiPolygon")
    assert not (built.folder / "tables" / "need.csv").exists()
    readme = (built.folder / "tables" / "README.txt").read_text(encoding="utf-8")
    assert "need.csv" not in readme
    assert "Approximate" not in readme


FIJI = "EPSG:32760"  # the UTM zone that ends at the antimeridian, west of it


def on_taveuni(folder: Path) -> Path:
    """The small town on Taveuni, the antimeridian through its middle, all files in degrees.

    They are GeoJSON as RFC 7946 has it: what crosses the antimeridian is cut there.
    """
    middle = Transformer.from_crs(4326, FIJI, always_xy=True).transform(180, -16.85)
    offset = np.array(middle) - [X0 + 1000, Y0 + 1000]

    def moved(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        shapes = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy + offset)
        return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index)).set_crs(
            FIJI, allow_override=True
        )

    file = write_small_study(folder)
    parts: dict[str, Callable[[], gpd.GeoDataFrame]] = {
        "district": worlds.districts, "planning_area": worlds.planning_areas,
        "residents": lambda: beside(worlds.residents()), "inhabited": worlds.inhabited,
        "streets": worlds.streets, "water": worlds.water,
    }  # fmt: skip
    text = STUDY.replace(f'crs = "{CRS}"\n', "").replace('file = "areas.gpkg"\n', "")
    for name, make in parts.items():
        pyogrio.write_dataframe(
            moved(make()),
            folder / f"{name}.geojson",
            layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": 9},
        )
        text = text.replace(f"{name}.parquet", f"{name}.geojson")
        text = text.replace(f'layer = "{name}"', f'file = "{name}.geojson"')
    table = centres_beside()
    here = gpd.points_from_xy(table["lon"], table["lat"], crs=4326)
    there = moved(gpd.GeoDataFrame(geometry=here).to_crs(CRS)).to_crs(4326).geometry
    table.assign(lon=there.x, lat=there.y).to_csv(folder / "centres.csv", index=False)
    file.write_text(with_thresholds(text), encoding="utf-8")
    return file


def with_thresholds(text: str) -> str:
    return text.replace("thresholds_m = [300, 500]\ngap_threshold_m = 500", THRESHOLDS)


def beside(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Move places a little, so that no two streets are equally near to any of them."""
    return frame.set_geometry(frame.geometry.translate(2, -1))


def centres_beside() -> pd.DataFrame:
    table = worlds.centres()
    at = gpd.points_from_xy(table["lon"].astype(float), table["lat"].astype(float), crs=4326)
    at = beside(gpd.GeoDataFrame(geometry=at).to_crs(CRS)).to_crs(4326).geometry
    return table.assign(lon=at.x, lat=at.y)


@pytest.fixture(scope="module")
def taveuni(tmp_path_factory: pytest.TempPathFactory, small_pictures: None) -> Built:  # noqa: ARG001
    folder = tmp_path_factory.mktemp("taveuni")
    return build(on_taveuni(folder / "study"), folder / "out", maps="city")


def test_a_town_on_the_antimeridian_is_the_same_town(taveuni, tmp_path):
    file = write_small_study(
        tmp_path / "study",
        study=with_thresholds,
        residents=beside,
        centres=lambda _: centres_beside(),
    )
    study = read_study(file)
    here = analyse(study, read_inputs(study))
    figures = ["level", "area_id", "threshold_m", "residents", "residents_served", "unlinked"]
    assert taveuni.table("coverage")[figures].to_numpy().tolist() == (
        here.coverage[figures].to_numpy().tolist()
    )
    walks = taveuni.layer("residents").set_index("point_id")["distance_m"]
    assert walks.to_numpy() == pytest.approx(here.residents["distance_m"].to_numpy(), abs=0.1)
    assert taveuni.table("gaps")["residents"].tolist() == (
        here.gaps.sort_values("gap_id")["residents"].tolist()
    )
    assert taveuni.manifest["crs"] in {"EPSG:32760", "EPSG:32701"}


def test_its_shapes_are_whole_in_metres_and_cut_in_degrees(taveuni):
    areas = taveuni.layer("planning_area")
    assert areas.area.to_numpy() == pytest.approx(1e6, rel=3e-3)  # a zone's edge is no true scale
    assert areas.geometry.count_geometries().tolist() == [1] * 4
    collection = json.loads((taveuni.folder / "layers/district.geojson").read_text("utf-8"))
    for feature in collection["features"]:
        for polygon in feature["geometry"]["coordinates"]:
            longitudes = [lon for lon, _ in polygon[0]]
            assert max(longitudes) - min(longitudes) < 0.05
            assert max(map(abs, longitudes)) <= 180


def test_a_walk_over_the_antimeridian_is_told_and_cut(tmp_path):
    study = on_taveuni(tmp_path / "study")
    # 400 m west of the line; the nearest centre with the id c4 stands 1,100 m east of it.
    out = tmp_path / "walk.geojson"
    place = ["--at", "179.9962,-16.853", "--centre", "c4", "--out", str(out)]
    done = CliRunner().invoke(group, ["explain", str(study), *place])
    assert done.exit_code == 0, (done.output, done.exception)
    route = gpd.read_file(out).geometry
    for line in route.explode():
        west, _, east, _ = line.bounds
        assert east - west < 0.05
    assert {line.bounds[0] > 0 for line in route.explode()} == {True, False}


FORMATS = ("briefs = false", 'briefs = false, formats = ["geojson", "geoparquet"]')
EVERYTHING = """\
[[classes]]
id = "wealth"
labels = { de = "Armut", en = "Poverty" }
column = "poverty_pct"
quantiles = 2

[norms]
file = "norms.toml"

[[barriers]]
kind = "railway"
file = "railway.gpkg"

[candidates]
file = "candidates.csv"

[proposals]
k = 2

[missing_links]

[[scenarios]]
file = "scenario.toml"

[accessibility]
unit = "m2"
reach_m = 500

[analysis]"""


def test_two_builds_are_the_same_bytes_whatever_seed_zone_language_and_folder(tmp_path: Path):
    file = write_small_study(
        tmp_path / "study",
        study=lambda text: text.replace("[analysis]", EVERYTHING).replace(*FORMATS),
        centres=lambda table: table.assign(capacity="20"),
    )
    closed = 'name = "Cut"\n[[steps]]\nclose = "c1"\n'
    file.with_name("scenario.toml").write_text(closed, encoding="utf-8")
    line = shapely.LineString([(X0 + 450, Y0 - 2000), (X0 + 450, Y0 + 4000)])
    gpd.GeoDataFrame(geometry=[line], crs=CRS).to_file(file.with_name("railway.gpkg"))
    file.with_name("norms.toml").write_text(NORMS, encoding="utf-8")
    write_candidates(file.with_name("candidates.csv"))
    runs = {
        "here": {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C"},
        "there": {"PYTHONHASHSEED": "2", "TZ": "America/Los_Angeles", "LC_ALL": "C.UTF-8",
                  "OMP_NUM_THREADS": "1", "GDAL_NUM_THREADS": "2"},
    }  # fmt: skip
    started = []
    for name, variables in runs.items():
        (tmp_path / name).mkdir()
        command = [sys.executable, "-m", "kiezreach", "build", str(file), "--out", "out", "-q"]
        command += ["--maps", "none"]  # two processes print the same in test_print_files.py
        environment = os.environ | variables | {"KIEZREACH_CACHE_DIR": str(tmp_path / name / "c")}
        started.append(subprocess.Popen(command, cwd=tmp_path / name, env=environment))
    assert [process.wait() for process in started] == [0, 0]
    files = {name: content(tmp_path / name / "out") for name in runs}
    assert files["here"].keys() == files["there"].keys()
    assert len(files["here"]) > 30
    different = [k for k, value in files["here"].items() if value != files["there"][k]]
    assert different == ["run-log.json"]


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
