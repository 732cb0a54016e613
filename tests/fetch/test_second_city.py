"""A second place, end to end, from an OpenStreetMap file and a study of a few lines."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

from kiezreach.sources.downloads.catalogue import find_service, read_catalogue

from .servers import Files, Server

REPOSITORY = Path(__file__).resolve().parents[2]
STUDY = REPOSITORY / "docs/examples/liechtenstein.toml"
EXTRACT = REPOSITORY.parent / "shared/data/networks/valhalla_liechtenstein_2021.osm.pbf"


@pytest.mark.skipif(
    not EXTRACT.exists(), reason="the shared input data are not beside the repository"
)
def test_liechtenstein(
    kiezreach: Callable[..., Result], serve: Callable[..., Server], tmp_path: Path
) -> None:
    def done(*arguments: object) -> Result:
        result = kiezreach(*arguments)
        assert result.exit_code == 0, result.output
        return result

    # The commands of docs/fetch.md, with the extract behind a server of this test.
    server = serve(Files({"/liechtenstein.osm.pbf": EXTRACT.read_bytes()}))
    url = f"{server.url}/liechtenstein.osm.pbf"
    packaged = find_service(read_catalogue().extracts, "liechtenstein", "extract")
    catalogue = tmp_path / "catalogue.toml"
    entry = packaged.model_dump(exclude_none=True) | {"url": url, "checksum": f"{url}.md5"}
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in entry.items())
    catalogue.write_text(f"[[extracts]]\n{lines}", encoding="utf-8")
    there = ("--out", tmp_path, "--quiet")
    done("fetch", "network", "--extract", "liechtenstein", "--catalogue", catalogue, *there)
    osm = ("--osm", tmp_path / "network.osm.pbf")
    area = ("--area", tmp_path / "areas.gpkg")
    done("fetch", "areas", *osm, "--within", "Liechtenstein", *there)
    done("fetch", "residents", *osm, *area, *there)
    done("fetch", "buildings", *osm, *area, *there)
    tags = ("--rule", "none", "--tag", "amenity=community_centre", "--tag", "amenity=library")
    done("fetch", "centres", *osm, *area, *tags, *there)
    shutil.copy(STUDY, tmp_path)

    out = tmp_path / "out"
    built = done(
        "build", tmp_path / STUDY.name, "--out", out, "--maps", "none", "--quiet", "--json"
    )
    assert json.loads(built.stdout)["warnings"] == [
        "5 residents have no street within 150 m on their side of the water: counted as not served"
    ]
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
