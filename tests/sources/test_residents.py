"""Residents keep their counts, and find their planning area."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from kiezreach.sources.areas import read_areas
from kiezreach.sources.residents import (
    INHABITED_BUFFER_M,
    draw_inhabited,
    read_inhabited,
    read_residents,
)
from kiezreach.study import Study, read_study

from ..worlds import inhabited, residents, write_small_study  # noqa: TID252

Read = Callable[..., tuple[gpd.GeoDataFrame, pd.DataFrame, Study]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_changed(**changes: object) -> tuple[gpd.GeoDataFrame, pd.DataFrame, Study]:
        study = read_study(write_small_study(tmp_path, **changes))
        return *read_residents(study, read_areas(study)), study

    return read_changed


def test_counts_and_areas_are_those_of_the_file(read: Read) -> None:
    found, excluded, _ = read()
    expected = residents().set_index("point_id")
    for column in ("planning_area_id", "residents", "young", "old"):
        assert found[column].tolist() == expected[column].tolist()
    assert excluded.empty


def test_without_a_column_of_areas_points_are_placed_by_geometry(read: Read) -> None:
    found, excluded, _ = read(residents=lambda f: f.drop(columns="planning_area_id"))
    assert found["planning_area_id"].tolist() == residents()["planning_area_id"].tolist()
    assert excluded.empty


def test_points_in_no_area_are_listed(read: Read) -> None:
    def move_one(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        frame.loc[5, "geometry"] = frame.geometry[5].buffer(1).centroid
        shapes = frame.geometry.tolist()
        shapes[5] = frame.geometry.translate(9000)[5]
        return frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs)).drop(
            columns="planning_area_id"
        )

    found, excluded, _ = read(residents=move_one)
    assert "p05" not in found.index
    assert excluded.to_dict("records") == [
        {
            "file": "residents.parquet",
            "row": 6,
            "id": "p05",
            "reason": "the point lies in no planning area",
        }
    ]


def test_counts_written_as_text_or_decimals_are_counts(read: Read) -> None:
    found, _, _ = read(residents=lambda f: f.assign(residents=f["residents"].astype(float)))
    assert found["residents"].tolist() == residents()["residents"].tolist()
    found, _, _ = read(residents=lambda f: f.assign(residents=f["residents"].astype(str)))
    assert found["residents"].tolist() == residents()["residents"].tolist()


def test_the_inhabited_area_is_that_of_the_file(read: Read) -> None:
    people, _, study = read()
    found = read_inhabited(study, read_areas(study))
    assert found.area.sum() == pytest.approx(inhabited().area.sum())
    assert found.crs == people.crs


def test_without_blocks_the_ground_around_residents_is_inhabited(read: Read) -> None:
    blocks = '[inhabited]\nfile = "inhabited.parquet"\n'
    people, _, study = read(study=lambda text: text.replace(blocks, ""))
    assert read_inhabited(study, read_areas(study)) is None
    found = draw_inhabited(people)
    assert len(found) == len(people)
    circle = 3.1415 * INHABITED_BUFFER_M**2
    assert found.area.sum() == pytest.approx(len(people) * circle, rel=0.02)
