"""The benchmarks measure what they say, and their command line works."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _benchmarks_can_be_imported(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)


def test_cases_take_turns_and_are_prepared_once():
    from measuring import Case, Operation, time_operation

    log = []
    cases = [
        Case("a", lambda _: log.append("a"), prepare=lambda: log.append("prepare a")),
        Case("b", lambda _: log.append("b")),
    ]
    result = time_operation(Operation("letters", cases), rounds=2)
    assert log == ["prepare a", "a", "b", "a", "b", "a", "b"]
    assert [row["case"] for row in result["rows"]] == ["a", "b"]
    assert result["rows"][0]["ratio"] == 1
    assert result["rows"][1]["prepare_s"] is None


def test_nothing_is_timed_when_the_answers_disagree():
    from measuring import Case, DisagreementError, Operation, time_operation

    def agree(answers):
        if answers["a"] != answers["b"]:
            raise DisagreementError

    runs = []
    cases = [Case("a", lambda _: runs.append(1) or 1), Case("b", lambda _: 2)]
    with pytest.raises(DisagreementError):
        time_operation(Operation("numbers", cases, agree))
    assert runs == [1]


def test_a_tool_that_is_left_out_is_named():
    from measuring import Case, Operation

    cases = [Case("kiezreach, one way", print), Case("OSMnx, another way", print)]
    left = Operation("question", cases, skipped={"pandana": "absent"}).without(["OSMnx"])
    assert [case.name for case in left.cases] == ["kiezreach, one way"]
    assert left.skipped == {"pandana": "absent", "OSMnx, another way": "left out"}


def test_shapes_are_compared_with_points_by_area():
    """The walk grows eastwards by a metre per metre; the shapes are 20 m too long or too short."""
    from inputs import THRESHOLDS_M
    from operations.accuracy import score_shapes

    x, y = np.meshgrid(np.arange(5.0, 1200, 10), np.arange(5.0, 100, 10))
    xy = np.column_stack([x.ravel(), y.ravel()])
    longer = [shapely.box(0, 0, t + 20, 100) for t in THRESHOLDS_M]
    shorter = [shapely.box(0, 0, t - 20, 100) for t in THRESHOLDS_M]
    truth = [(xy, xy[:, 0])]
    assert score_shapes(longer, truth) == {
        "IoU 500 m": f"{500 / 520:.3f}",
        "IoU 800 m": f"{800 / 820:.3f}",
        "IoU 1000 m": f"{1000 / 1020:.3f}",
        "lowest IoU": f"{500 / 520:.3f}",
        "painted, not in reach": f"{60 / 2300:.1%}",
        "in reach, not painted": "0.0%",
    }
    missing = score_shapes(shorter, truth)
    assert missing["IoU 500 m"] == f"{480 / 500:.3f}"
    assert missing["in reach, not painted"] == f"{60 / 2300:.1%}"


def test_the_truth_of_accuracy_is_the_rule_for_points():
    """Beside one straight street, legs up to 25 m, the catchment is a strip with pointed ends."""
    import geopandas as gpd
    from inputs import Centres
    from operations.accuracy import _truth

    from kiezreach.network import network_from_lines

    crs = "EPSG:25833"
    street = gpd.GeoSeries([shapely.LineString([(-3000, 0), (3000, 0)])], crs=crs)
    centre = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=crs)
    net = network_from_lines(street)
    ((xy, walk),) = _truth(net, Centres(np.array([0]), centre), 25.0)
    by_hand = np.abs(xy).sum(axis=1)
    near = (np.abs(xy[:, 1]) <= 25) & (by_hand <= 1200)
    np.testing.assert_allclose(walk[near], by_hand[near])
    assert np.isinf(walk[~near]).all()


def _run(*arguments):
    command = [sys.executable, str(BENCHMARKS / "run.py"), "--quick", "--rounds", "1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_measures_one_operation_for_machines():
    only = ["--only", "nearest_centre:synthetic city", "--no-memory", "--json"]
    done = _run(*only, "--without", "pandana", "--without", "OSMnx")
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    tools = [row["case"].split(",")[0] for row in result["rows"]]
    assert tools == ["scipy", "kiezreach.reach", "networkx"]
    assert all("nodes, at most" in line for line in result["agreement"])


def test_an_operation_that_does_not_exist_is_refused():
    done = _run("--only", "nearest_center")
    assert done.returncode == 1
    assert "There is no nearest_center" in done.stderr
    assert "nearest_centre (Kreuzberg, " in done.stderr
