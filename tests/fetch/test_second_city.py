"""A second place, end to end, from an OpenStreetMap file and a study of a few lines."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

REPOSITORY = Path(__file__).resolve().parents[2]
STUDY = REPOSITORY / "docs/examples/liechtenstein.toml"
EXTRACT = REPOSITORY.parent / "shared/data/networks/valhalla_liechtenstein_2021.osm.pbf"


@pytest.mark.skipif(
    not EXTRACT.exists(), reason="the shared input data are not beside the repository"
)
def test_liechtenstein(kiezreach: Callable[..., Result], tmp_path: Path) -> None:
    def done(*arguments: object) -> Result:
        result = kiezreach(*arguments)
        assert result.exit_code == 0, result.output
        return result

    area = ("--area", tmp_path / "areas.gpkg", "--out", tmp_path, "--quiet")
    done("fetch", "areas", "--osm", EXTRACT, "--within", "Liechtenstein", "--out", tmp_path)
    done("fetch", "residents", "--osm", EXTRACT, *area)
    done("fetch", "buildings", "--osm", EXTRACT, *area)
    tags = ("--tag", "amenity=community_centre", "--tag", "amenity=library")
    done("fetch", "centres", "--osm", EXTRACT, "--rule", "none", *tags, *area)
    done("fetch", "network", "--file", EXTRACT, *area)
    shutil.copy(STUDY, tmp_path)

    checked = json.loads(done("check", tmp_path / STUDY.name, "--json", "--quiet").stdout)
    assert [f["text"] for f in checked["findings"] if f["severity"] != "info"] == [
        "5 residents at 3 points have no street within 150 m on their side of the water"
    ]
    out = tmp_path / "out"
    done("build", tmp_path / STUDY.name, "--out", out, "--quiet")
    coverage = pd.read_csv(out / "tables/coverage.csv", dtype={"area_id": str})
    at_800 = coverage[coverage["threshold_m"] == 800].set_index("area_id")
    # The municipalities as tagged: eleven, 37,269 people, all of them counted once.
    assert at_800.loc["city", "residents"] == 37_269
    assert len(at_800) == 12
    municipalities = at_800.drop("city")
    assert municipalities["residents"].sum() == 37_269
    assert municipalities["residents_served"].sum() == at_800.loc["city", "residents_served"]
    # Planken, on its mountain, has no centre within ten minutes; Vaduz has the library.
    by_name = municipalities.set_index("area_name")
    assert by_name.loc["Planken", "residents_served"] == 0
    assert by_name.loc["Vaduz", "residents_served"] > 0
    assert (out / "map.html").stat().st_size > 100_000
