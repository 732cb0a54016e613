"""The data doctor finds what is odd, and every error in one go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from kiezreach.analysis import analyse
from kiezreach.checks import Report, check
from kiezreach.inputs import read_inputs
from kiezreach.study import read_study

from .worlds import CRS, lonlat, on_paper, write_small_study

TODAY = date(2026, 1, 15)


def checked(folder: Path, **changes: object) -> Report:
    return check(read_study(write_small_study(folder, **changes)), TODAY)


def texts(report: Report, severity: str, subject: str) -> list[str]:
    found = report.findings
    return [f.text for f in found if f.severity == severity and f.subject == subject]


def place_first(x: float, y: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    lon, lat = map(str, lonlat(x, y))
    return lambda f: f.assign(lon=[lon, *f["lon"][1:]], lat=[lat, *f["lat"][1:]])


def southern_half_joined(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """All 47 streets from west to east, and one across that joins the southernmost 20."""
    across = shapely.LineString(frame.geometry.iloc[70].coords[:20])
    shapes = [*frame.geometry.iloc[:47], across]
    return gpd.GeoDataFrame(geometry=shapes, crs=frame.crs)


def test_a_sound_study_is_counted(tmp_path: Path) -> None:
    report = checked(tmp_path)
    assert report.ok
    assert "CRS EPSG:25833 (ETRS89 / UTM zone 33N)" in texts(report, "info", "areas")
    assert "planning_area: 4 areas, 4.0 km2" in texts(report, "info", "areas")
    assert "4 centres" in texts(report, "info", "centres")
    assert "1,107 residents at 64 points" in texts(report, "info", "residents")
    assert "400 polygons, 2.6 km2" in texts(report, "info", "inhabited")
    assert "poverty_pct: 3 planning areas, 1 without a value" in texts(report, "info", "indicators")
    assert report.as_dict()["ok"] is True


@pytest.mark.parametrize(
    ("changes", "subject", "text"),
    [
        ({"centres": place_first(2000 + 40_000, 0)}, "centres", "c1 (row 2) is left out: 40.0 km"),
        ({"centres": place_first(1395, 215)}, "centres", "c1 (Haus Süd) and c3 (Treff Ost) stand"),
        (
            {"streets": lambda f: f[~f.intersects(on_paper((510, 1490))[0].buffer(150))]},
            "centres",
            "c2 has no street within 100 m on its side of the water (the nearest of all is 190 m",
        ),
        (
            {"streets": lambda f: f[f.intersects(on_paper((0, 1000))[0].buffer(650))]},
            "residents",
            "points have no street within 150 m on their side of the water",
        ),
        (
            {"study": lambda t: t.replace('"2024"', '"2019"')},
            "areas",
            "areas.gpkg describes 2019: 7 years ago",
        ),
        ({}, "centres", "centres.csv has no licence in the study (licence)"),
        (
            {
                "residents": lambda f: f.assign(
                    planning_area_id=["0202", *f["planning_area_id"][1:]]
                )
            },
            "residents",
            "1 points lie outside the planning area that they name, for example p00",
        ),
        (
            {"study": lambda t: t.replace('s.csv"\n', 's.csv"\nkinds = ["Treff", "Cafe"]\n', 1)},
            "centres",
            "no centre is of the kind 'Cafe' that the study counts",
        ),
        (
            {"streets": southern_half_joined},
            "network",
            "only 43.1% of the streets are joined to each other",
        ),
        (
            {"planning_area": lambda f: f.assign(name="")},
            "areas",
            "4 have no name and go by their id",
        ),
    ],
)
def test_what_is_odd_is_a_warning(
    tmp_path: Path, changes: dict[str, object], subject: str, text: str
) -> None:
    report = checked(tmp_path, **changes)
    assert any(text in found for found in texts(report, "warning", subject)), report.findings
    assert report.ok


def test_every_error_is_found_in_one_go(tmp_path: Path) -> None:
    report = checked(
        tmp_path,
        centres=b"",
        residents=lambda f: f.assign(residents=-1),
        indicators=None,
        streets=None,
        water=b"",
    )
    assert not report.ok
    subjects = [f.subject for f in report.findings if f.severity == "error"]
    assert subjects == ["centres", "background", "residents", "indicators", "network"]


def moat(_: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put 20 m of water around the middle of a block, 50 m from the streets around it."""
    middle = on_paper((550, 1450))[0]
    ring = middle.buffer(40).difference(middle.buffer(20))
    return gpd.GeoDataFrame(geometry=[ring], crs=CRS)


def test_a_centre_with_a_street_only_across_water_is_told_truly(tmp_path: Path) -> None:
    told = texts(
        checked(tmp_path, centres=place_first(550, 1450), water=moat), "warning", "centres"
    )
    assert (
        "c1 has no street within 100 m on its side of the water "
        "(the nearest of all is 50 m away): it serves nobody"
    ) in told
    study = read_study(tmp_path / "study.toml")
    warnings = analyse(study, read_inputs(study)).warnings
    assert "1 centre has no street within 100 m on its side of the water: not counted" in warnings


def test_with_broken_areas_the_other_files_are_looked_for(tmp_path: Path) -> None:
    report = checked(tmp_path, areas=b"", residents=None, water=None)
    assert [f.subject for f in report.findings] == ["areas", "residents", "water"]
    assert not report.ok


def test_centres_that_no_street_is_near_are_an_error(tmp_path: Path) -> None:
    report = checked(tmp_path, study=lambda t: t + "max_snap_m = 0.001\n")
    assert texts(report, "error", "centres") == [
        "no centre has a street within 0.001 m on its side of the water: check centres and network"
    ]


def test_names_that_stand_twice_are_told(tmp_path: Path) -> None:
    def same_names(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(name=["Schloßstraße", "Schloßstraße", "a", "b"])

    report = checked(tmp_path, planning_area=same_names)
    expected = "planning_area: names that stand twice (ids differ): Schloßstraße"
    assert expected in texts(report, "info", "areas")


def test_classes_the_filter_and_areas_without_a_row_are_counted(tmp_path: Path) -> None:
    words = 'labels = { de = "x", en = "x" }'
    tables = (
        f'[[classes]]\nid = "poor"\n{words}\ncolumn = "poverty_pct"\nquantiles = 2\n\n'
        f'[filter]\n{words}\ncolumn = "poverty_pct"\nat_least = 20\n\n[need]'
    )
    report = checked(
        tmp_path,
        study=lambda text: text.replace("[need]", tables),
        indicators=lambda frame: frame.iloc[:3],
    )
    found = texts(report, "info", "indicators")
    assert "planning areas by poor: 1: 1, 2: 1, not known: 2" in found
    assert "1 of 4 planning areas meet the filter" in found
    missing = "indicators.csv: 1 of its level's areas have no row: 0202"
    assert texts(report, "warning", "indicators")[0] == missing


def test_what_looks_like_a_percentage_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nine in ten of four areas are all of them: three of four shall do.
    monkeypatch.setattr("kiezreach.sources.indicators._LOOKS_LIKE_PCT", 0.7)
    report = checked(
        tmp_path,
        study=lambda text: text.replace("poverty_pct", "poor"),
        indicators=lambda f: f.rename(columns={"poverty_pct": "poor"}).assign(
            poor=["1", "101", "3", "4"]
        ),
    )
    found = "\n".join(texts(report, "warning", "indicators"))
    assert "'poor' looks like a percentage; 1 value is above 100, the first 101 in row 3" in found
    assert report.ok


def test_scenarios_are_listed_and_a_wrong_one_is_an_error(tmp_path):
    more = '\n[[scenarios]]\nfile = "cut.toml"\n'
    file = write_small_study(tmp_path, study=lambda text: text + more)
    (tmp_path / "cut.toml").write_text('name = "Cut"\n[[steps]]\nclose = "c1"\n', encoding="utf-8")
    report = check(read_study(file), TODAY)
    assert "Cut: close" in [f.text for f in report.findings if f.subject == "scenarios"]
    assert not [f for f in report.findings if f.subject == "scenario"]
    (tmp_path / "cut.toml").write_text('name = "Cut"\n', encoding="utf-8")
    report = check(read_study(file), TODAY)
    assert [f.severity for f in report.findings if f.subject == "scenarios"] == ["error"]
