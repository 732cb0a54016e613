"""Areas of every level become one hierarchy."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from kiezreach.errors import InputError
from kiezreach.sources.areas import area_of_points, read_areas
from kiezreach.sources.columns import check_leading_zeros
from kiezreach.study import read_study

from ..worlds import CRS, on_paper, write_small_study  # noqa: TID252 - one small town for all


def read(folder: Path, **changes: object) -> gpd.GeoDataFrame:
    return read_areas(read_study(write_small_study(folder, **changes)))


def test_levels_come_from_coarse_to_fine_with_text_ids(tmp_path: Path) -> None:
    areas = read(tmp_path)
    assert areas["level"].tolist() == ["district"] * 2 + ["planning_area"] * 4
    assert areas["area_id"].tolist() == ["01", "02", "0101", "0102", "0201", "0202"]
    assert areas["parent_id"].tolist() == ["", "", "01", "01", "02", "02"]
    assert areas.crs == CRS
    assert areas.area.tolist() == pytest.approx([2e6] * 2 + [1e6] * 4)


def test_without_a_crs_the_local_utm_zone_is_used(tmp_path: Path) -> None:
    areas = read(tmp_path, study=lambda text: text.replace('crs = "EPSG:25833"\n', ""))
    assert areas.crs == "EPSG:32633"


def test_degrees_and_heights_are_converted(tmp_path: Path) -> None:
    def in_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        high = shapely.force_3d(frame.to_crs(4326).geometry.to_numpy(), 35.0)
        return frame.set_geometry(gpd.GeoSeries(high, crs=4326))

    areas = read(tmp_path, planning_area=in_degrees)
    assert areas.crs == CRS
    assert not areas.has_z.any()
    assert areas.area.tolist() == pytest.approx([2e6] * 2 + [1e6] * 4, rel=1e-4)


def test_a_point_on_a_border_is_in_the_first_area(tmp_path: Path) -> None:
    areas = read(tmp_path).query("level == 'planning_area'")
    points = on_paper((500, 500), (1000, 500), (1000, 1000), (5000, 5000))
    assert area_of_points(points, areas).tolist() == ["0101", "0101", "0101", ""]


@pytest.mark.parametrize(
    ("ids", "fine"),
    [
        (["0101", "0102", "1201"], True),
        (["101", "102", "1201"], False),
        (["1100101", "12500101"], False),
        ([str(i) for i in range(90, 120)], True),
        ([str(i) for i in range(1, 13)], True),
        (["1", "22", "333"], True),
        (["a1", "a10"], True),
    ],
)
def test_running_numbers_are_no_codes_that_lost_a_zero(ids: list[str], *, fine: bool) -> None:
    if fine:
        check_leading_zeros(pd.Series(ids), Path("areas.gpkg"))
        return
    with pytest.raises(InputError, match=f"id {ids[0]}: .*'0{ids[0]}'"):
        check_leading_zeros(pd.Series(ids), Path("areas.gpkg"))
