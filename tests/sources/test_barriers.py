from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import kiezreach as kr
from kiezreach.errors import InputError, StudyError
from kiezreach.sources.areas import read_areas
from kiezreach.sources.barriers import read_barriers

from ..worlds import CRS, X0, Y0, write_small_study  # noqa: TID252 - one small town for all

RAILWAY = '[[barriers]]\nkind = "railway"\nfile = "railway.gpkg"\n\n[analysis]'
WATER = '[[barriers]]\nkind = "water"\nfile = "water.parquet"\nmin_area_m2 = {}\n\n[analysis]'


def barriers(folder: Path, *tables: str, **changes: object) -> gpd.GeoDataFrame:
    def with_tables(text: str) -> str:
        for table in tables:
            text = text.replace("[analysis]", table)
        return text

    file = write_small_study(folder, study=with_tables, **changes)
    line = shapely.LineString([(X0 + 500, Y0), (X0 + 500, Y0 + 2000)])
    gpd.GeoDataFrame(geometry=[line], crs=CRS).to_file(folder / "railway.gpkg")
    study = kr.read_study(file)
    return read_barriers(study, read_areas(study))


def test_a_study_without_barriers_has_an_empty_frame(tmp_path):
    found = barriers(tmp_path)
    assert found.empty
    assert list(found.columns) == ["kind", "geometry"]
    assert found.crs == CRS


def test_barriers_stand_in_the_order_of_the_study(tmp_path):
    found = barriers(tmp_path, WATER.format(0), RAILWAY)
    assert found["kind"].tolist() == ["water", "railway"]
    assert found.geometry.iloc[0].area == pytest.approx(400)
    assert found.geometry.iloc[1].length == pytest.approx(2000)


@pytest.mark.parametrize(("smallest", "count"), [(800, 1), (801, 0)])
def test_water_counts_by_the_whole_body_however_it_is_drawn(tmp_path, smallest, count):
    # Two touching squares of 400 m2 are one body of 800 m2.
    halves = [shapely.box(X0 + x, Y0 + 640, X0 + x + 20, Y0 + 660) for x in (640, 660)]
    water = gpd.GeoDataFrame(geometry=halves, crs=CRS)
    assert len(barriers(tmp_path, WATER.format(smallest), water=lambda _: water)) == count


def test_points_are_no_barrier(tmp_path):
    with pytest.raises(InputError, match="is a Point"):
        barriers(tmp_path, WATER.format(0), water=lambda f: f.set_geometry(f.centroid))


def test_barriers_of_another_place_are_refused(tmp_path):
    away = {"water": lambda f: f.set_geometry(f.translate(90_000))}
    with pytest.raises(InputError, match="all water barriers lie 89 km outside"):
        barriers(tmp_path, WATER.format(0), **away)


def test_a_kind_of_barrier_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(StudyError, match=r"'barriers\[1\]\.kind' is \"fence\""):
        barriers(tmp_path, RAILWAY.replace('"railway"\nfile', '"fence"\nfile'))
