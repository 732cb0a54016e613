"""Centres: what keeps a row in, what leaves it out, and what stops everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from kiezreach.errors import InputError
from kiezreach.sources.areas import read_areas
from kiezreach.sources.centres import read_centres
from kiezreach.study import read_study

from ..worlds import centres, lonlat, on_paper, write_small_study  # noqa: TID252

Read = Callable[..., tuple[gpd.GeoDataFrame, pd.DataFrame]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_changed(**changes: object) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
        study = read_study(write_small_study(tmp_path, **changes))
        return read_centres(study, read_areas(study))

    return read_changed


def test_every_centre_is_kept_with_its_district(read: Read) -> None:
    found, excluded = read()
    assert found.index.tolist() == ["c1", "c2", "c3", "c4"]
    assert found["district_id"].tolist() == ["01", "01", "02", ""]
    places = on_paper((210, 310), (510, 1490), (1390, 210), (2110, 700))
    assert found.distance(places.set_axis(found.index)).max() < 0.1
    assert excluded.empty


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ((2000 + 5001, 500), "5.0 km outside the areas"),
        ((2000 + 40_000, 500), "40.0 km outside the areas"),
    ],
)
def test_a_centre_outside_is_left_out(read: Read, place: tuple[float, float], reason: str) -> None:
    lon, lat = map(str, lonlat(*place))
    found, excluded = read(
        centres=lambda f: f.assign(lon=[lon, *f["lon"][1:]], lat=[lat, *f["lat"][1:]])
    )
    assert found.index.tolist() == ["c2", "c3", "c4"]
    assert excluded.to_dict("records") == [
        {"file": "centres.csv", "row": 2, "id": "c1", "reason": reason}
    ]


def test_a_centre_whose_lon_and_lat_are_swapped_is_left_out_and_says_so(read: Read) -> None:
    def swap_second(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[1, ["lon", "lat"]] = frame.loc[1, ["lat", "lon"]].tolist()
        return frame

    found, excluded = read(centres=swap_second)
    assert found.index.tolist() == ["c1", "c3", "c4"]
    assert excluded["row"].tolist() == [3]
    assert excluded["reason"].iloc[0].endswith("longitude and latitude look swapped")


def test_only_the_kinds_of_the_study_count(read: Read) -> None:
    kinds = 'file = "centres.csv"\nkinds = ["Treff"]'
    found, excluded = read(study=lambda text: text.replace('file = "centres.csv"', kinds))
    assert found.index.tolist() == ["c3", "c4"]
    assert excluded["id"].tolist() == ["c1", "c2"]
    assert set(excluded["reason"]) == {"kind 'Nachbarschaftshaus' is not among the study's kinds"}


def test_kinds_need_a_column_of_kinds(read: Read) -> None:
    kinds = 'file = "centres.csv"\nkinds = ["Treff"]'
    with pytest.raises(InputError, match="no column 'kind'"):
        read(
            study=lambda text: text.replace('file = "centres.csv"', kinds),
            centres=lambda frame: frame.drop(columns="kind"),
        )


@pytest.mark.parametrize("house", [False, True], ids=["points", "houses"])
def test_a_layer_gives_the_same_places_as_a_table(
    read: Read, tmp_path: Path, *, house: bool
) -> None:
    table = centres()
    points = gpd.GeoSeries.from_xy(table["lon"].astype(float), table["lat"].astype(float), crs=4326)
    points = points.to_crs(25833)
    layer = gpd.GeoDataFrame(table, geometry=points.buffer(8) if house else points)
    layer.to_file(tmp_path / "centres.gpkg", layer="houses")
    file = 'file = "centres.gpkg"\nlayer = "houses"'
    found, _ = read(study=lambda text: text.replace('file = "centres.csv"', file))
    assert found.distance(points.set_axis(table["centre_id"])).max() < (8 if house else 0.1)
    assert found["name"].tolist() == table["name"].tolist()


def test_floor_space_is_missing_where_nobody_gives_it(read: Read) -> None:
    assert read()[0]["floor_space_m2"].isna().all()
    found, _ = read(centres=lambda f: f.assign(floor_space_m2=["120.5", "", "80", ""]))
    assert found["floor_space_m2"].fillna(-1).tolist() == [120.5, -1, 80, -1]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("0", "'floor_space_m2' is 0, which is not above 0"),
        ("-3", "'floor_space_m2' is -3, which is not above 0"),
        ("120,5", "'floor_space_m2' is '120,5', with a decimal comma"),
        ("about 90", "'about 90', which is no number. Give square metres"),
    ],
)
def test_a_floor_space_that_is_none_is_named_with_its_row(
    read: Read, value: str, told: str
) -> None:
    with pytest.raises(InputError, match=told) as raised:
        read(centres=lambda f: f.assign(floor_space_m2=["", value, "", ""]))
    assert raised.value.row == "row 3"
