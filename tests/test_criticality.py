"""Each centre closed in turn: whom it alone serves, and how far its people would walk then."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import kiezreach as kr
from kiezreach.analysis import Analysis, analyse
from kiezreach.criticality import ALL, criticality
from kiezreach.groups import Group
from kiezreach.inputs import Inputs, read_inputs
from kiezreach.network import network_from_lines
from kiezreach.reach import reach

from .worlds import CRS, X0, Y0, write_small_study

CLASSES = """\
[[classes]]
id = "poverty"
labels = { de = "Armut", en = "Poverty" }
column = "poverty_pct"
quantiles = 2

[network]"""
Town = tuple[kr.Study, Inputs, Analysis]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("study")
    file = write_small_study(folder, study=lambda text: text.replace("[network]", CLASSES))
    study = kr.read_study(file)
    inputs = read_inputs(study)
    return study, inputs, analyse(study, inputs)


def on_street(*x: float, **columns: list) -> gpd.GeoDataFrame:
    """Points on the only street of a world."""
    points = [shapely.Point(X0 + place, Y0) for place in x]
    return gpd.GeoDataFrame(columns, geometry=points, crs=CRS)


def test_three_centres_on_a_street():
    """a at 0, b at 400, c at 1,000 m; homes at 100, 500 and 900 m."""
    street = gpd.GeoSeries([shapely.LineString([(X0, Y0), (X0 + 1000, Y0)])], crs=CRS)
    centres = on_street(0, 400, 1000, name=["A", "B", "C"], district_id=["1"] * 3)
    centres.index = pd.Index(["a", "b", "c"])
    homes = on_street(100, 500, 900, residents=[10, 20, 40])
    old = Group("age_group", "old", np.array([4, 0, 10]))
    walks = reach(network_from_lines(street), centres)
    table = criticality(centres, homes, walks, walks.snap(homes), [old], [150, 500])
    key = ["centre_id", "threshold_m", "group"]
    found = table.set_index(key)
    lost = table.pivot_table("residents_lost", key[:2], "group")
    assert lost[ALL].to_dict() == {
        ("a", 150): 10, ("b", 150): 20, ("c", 150): 40,
        ("a", 500): 0, ("b", 500): 0, ("c", 500): 0,
    }  # fmt: skip
    assert lost["old"].loc[:, 150].tolist() == [4, 0, 10]
    of_all = found.xs((150.0, ALL), level=(1, 2))
    # Home by home: 300 instead of 100 m, 500 instead of 100 m (a and c alike), 500 instead of 100.
    assert of_all["extra_walk_mean_m"].tolist() == [200.0, 400.0, 400.0]
    assert of_all["next_distance_median_m"].tolist() == [300.0, 500.0, 500.0]
    assert of_all["next_centre_id"].tolist() == ["b", "a", "b"]
    assert of_all["next_centre_name"].tolist() == ["B", "A", "B"]
    nobody = found.loc["b", 150.0, "old"]
    assert np.isnan(nobody["extra_walk_mean_m"])
    assert nobody["next_centre_id"] == ""


def test_whoever_reaches_no_other_centre_has_no_extra_walk(tmp_path):
    only = write_small_study(tmp_path, centres=lambda frame: frame.iloc[:1])
    study = kr.read_study(only)
    table = analyse(study, read_inputs(study)).criticality
    assert (table["next_centre_id"] == "").all()
    assert table["next_distance_median_m"].isna().all()
    served = table[(table["breakdown"] == ALL)].set_index("threshold_m")["residents_lost"]
    assert served[500.0] > served[300.0] > 0


def test_each_row_equals_a_search_without_the_centre(town):
    study, inputs, analysis = town
    count = inputs.residents["residents"].to_numpy()
    settings = study.analysis
    limits = {"max_snap_m": settings.max_snap_m, "max_access_m": settings.max_access_m}
    every = reach(inputs.network, inputs.centres, settings.max_walk_m, **limits)
    now, nearest = every.distance(inputs.residents), every.nearest(inputs.residents)
    rows = analysis.criticality.set_index(["centre_id", "threshold_m", "breakdown", "group"])
    for closed in inputs.centres.index:
        rest = inputs.centres.drop(closed)
        then = reach(inputs.network, rest, settings.max_walk_m, **limits)
        walk = then.distance(inputs.residents)
        for threshold in settings.thresholds_m:
            row = rows.loc[(closed, threshold, ALL, ALL)]
            lost = (now <= threshold) & (walk > threshold)
            assert row["residents_lost"] == count[lost].sum()
            young = rows.loc[(closed, threshold, "age_group", "young"), "residents_lost"]
            assert young == inputs.residents["young"].to_numpy()[lost].sum()
        own = nearest == closed
        extra = np.average((walk - now)[own], weights=count[own])
        assert row["extra_walk_mean_m"] == pytest.approx(extra, abs=1e-6)


def test_groups_add_up_and_the_gap_threshold_agrees_with_the_table_of_centres(town):
    study, _, analysis = town
    table = analysis.criticality
    key = ["centre_id", "threshold_m"]
    wide = table.pivot_table("residents_lost", key, "breakdown", aggfunc="sum")
    assert set(wide) == {ALL, "age_group", "poverty"}
    assert (wide["age_group"] == wide[ALL]).all()
    assert (wide["poverty"] == wide[ALL]).all()
    here = wide[ALL].xs(study.analysis.gap_threshold_m, level="threshold_m")
    assert here.to_dict() == analysis.centres["residents_only_here"].to_dict()
