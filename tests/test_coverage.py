from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import kiezreach as kr
from kiezreach.coverage import weighted_quantile
from kiezreach.network import network_from_lines

CRS = "EPSG:25833"
X0, Y0 = 390_000.0, 5_820_000.0


@pytest.fixture
def street():
    """One street of 2 km with a centre at its western end."""
    line = shapely.LineString([(X0, Y0), (X0 + 2000, Y0)])
    net = network_from_lines(gpd.GeoSeries([line], crs=CRS))
    centre = gpd.GeoDataFrame(geometry=[shapely.Point(X0, Y0)], crs=CRS, index=["c"])
    return kr.reach(net, centre)


@pytest.fixture
def areas():
    """A district of a western and an eastern planning area, 1 km each, and an empty one."""
    west, east, empty = (
        shapely.box(X0 + 1000 * k, Y0 - 500, X0 + 1000 * (k + 1), Y0 + 500) for k in range(3)
    )
    rows = [
        ("district", "01", "D", "", shapely.union_all([west, east, empty])),
        ("plr", "0101", "West", "01", west),
        ("plr", "0102", "East", "01", east),
        ("plr", "0103", "Empty", "01", empty),
    ]
    columns = ["level", "area_id", "name", "parent_id", "geometry"]
    return gpd.GeoDataFrame({c: [row[k] for row in rows] for k, c in enumerate(columns)}, crs=CRS)


def people(points, counts) -> gpd.GeoDataFrame:
    shapes = [shapely.Point(X0 + x, Y0 + y) for x, y in points]
    return gpd.GeoDataFrame({"residents": counts}, geometry=shapes, crs=CRS)


def test_residents_are_counted_where_they_live(street, areas):
    residents = people([(100, 0), (600, 0), (1500, 0), (1500, 200)], [10, 20, 30, 5])
    table = kr.coverage(areas, residents, street, [500, 1000], city_name="Town")
    rows = table.set_index(["level", "area_id", "threshold_m"])
    assert rows.loc[("city", "city", 500), "residents_served"] == 10
    assert rows.loc[("city", "city", 1000), "residents_served"] == 30
    assert rows.loc[("city", "city", 1000), "area_name"] == "Town"
    assert rows.loc[("plr", "0101", 1000), "share_served"] == 1
    assert rows.loc[("plr", "0102", 1000), "share_served"] == 0
    assert rows.loc[("plr", "0102", 1000), "unlinked"] == 5
    assert rows.loc[("plr", "0102", 1000), "median_distance_m"] == 1500
    assert np.isnan(rows.loc[("plr", "0103", 500), "share_served"])


def test_every_level_adds_up_to_the_city(street, areas):
    residents = people([(x, 20) for x in range(0, 2000, 50)], list(range(40)))
    table = kr.coverage(areas, residents, street, [300, 600, 900])
    sums = table.groupby(["level", "threshold_m"])[["residents", "residents_served"]].sum()
    for level in ("district", "plr"):
        assert (sums.loc[level] == sums.loc["city"]).all().all()


def test_a_border_does_not_stop_a_walk(street, areas):
    """The centre lies in the western area; the first homes of the eastern one are served."""
    table = kr.coverage(areas, people([(1050, 0)], [7]), street, [1100])
    assert table.set_index("area_id").loc["0102", "residents_served"] == 7


def test_the_registered_area_counts_not_the_place(street, areas):
    residents = people([(999, 0)], [3]).assign(planning_area_id="0102")
    table = kr.coverage(areas, residents, street, [2000]).set_index("area_id")
    assert table.loc["0102", "residents"] == 3
    assert table.loc["0101", "residents"] == 0


def test_areas_without_levels_are_one_level(street, areas):
    plain = areas[areas["level"] == "plr"][["area_id", "geometry"]]
    table = kr.coverage(plain, people([(100, 0)], [1]), street, [500])
    assert table["level"].tolist() == ["city", "area", "area", "area"]


def test_a_threshold_beyond_the_limit_is_an_error(areas):
    line = shapely.LineString([(X0, Y0), (X0 + 2000, Y0)])
    net = network_from_lines(gpd.GeoSeries([line], crs=CRS))
    centre = gpd.GeoDataFrame(geometry=[shapely.Point(X0, Y0)], crs=CRS)
    with pytest.raises(kr.InputError, match="limit"):
        kr.coverage(areas, people([(0, 0)], [1]), kr.reach(net, centre, limit=400), [500])


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 50), st.integers(0, 9)), max_size=30),
    st.sampled_from([0.1, 0.5, 0.9]),
)
def test_the_weighted_quantile_equals_that_of_repeated_values(rows, q):
    code, value, weight = (np.array([r[k] for r in rows], dtype=int) for k in range(3))
    found = weighted_quantile(code, value.astype(float), weight, 3, q)
    for group in range(3):
        each = np.sort(np.repeat(value[code == group], weight[code == group]))
        if not len(each):
            assert np.isnan(found[group])
        else:
            assert found[group] == np.quantile(each, q, method="inverted_cdf")
