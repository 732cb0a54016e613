"""The packaged services of Berlin, with Berlin's real areas behind them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from kiezreach.fetch import areas, indicators
from kiezreach.fetch.delivery import Job
from kiezreach.sources.areas import read_areas
from kiezreach.sources.downloads.catalogue import Catalogue, find_service, read_catalogue
from kiezreach.sources.downloads.http import Http
from kiezreach.study import read_study

from .servers import Server, Wfs, busy, cut

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY.parent / "shared/data/berlin"
# Layer of the service, file of the same areas, and the file's columns under the service's names.
LAYERS = {
    "alkis_bezirke:bezirksgrenzen": (
        "bezirke/bezirksgrenzen.shp",
        {"Gemeinde_s": "gem", "Gemeinde_n": "namgem"},
    ),
    "lor_2021:c_lor_pgr_2021": (
        "pgr2021/lor_prognoseraeume_2021.shp",
        {"PGR_ID": "pgr_id", "PGR_NAME": "pgr_name"},
    ),
    "lor_2021:b_lor_bzr_2021": (
        "bzr2021/lor_bezirksregionen_2021.shp",
        {"BZR_ID": "bzr_id", "BZR_NAME": "bzr_name"},
    ),
    "lor_2021:a_lor_plr_2021": (
        "plr2021/lor_planungsraeume_2021.shp",
        {"PLR_ID": "plr_id", "PLR_NAME": "plr_name"},
    ),
}
REST = """
[centres]
file = "centres.csv"
[residents]
file = "residents.parquet"
[network]
file = "network.osm.pbf"
"""

pytestmark = pytest.mark.skipif(
    not SHARED.exists(), reason="the shared input data are not beside the repository"
)


def features(frame: gpd.GeoDataFrame, name: str) -> list[dict[str, Any]]:
    """Features of a layer, as a GeoServer numbers them."""
    found: list[dict[str, Any]] = json.loads(frame.to_json())["features"]
    for number, feature in enumerate(found):
        feature["id"] = f"{name}.{number}"
    return found


def berlin_areas() -> dict[str, list[dict[str, Any]]]:
    """Berlin's areas, simplified to 20 m so that they are quickly sent."""
    found = {}
    for name, (file, columns) in LAYERS.items():
        frame = gpd.read_file(SHARED / "boundaries" / file).to_crs(25833)
        frame["geometry"] = frame.simplify_coverage(20) if "lor" in name else frame.simplify(20)
        found[name] = features(frame.rename(columns=columns)[[*columns.values(), "geometry"]], name)
    return found


def test_the_packaged_service_gives_berlins_areas(
    serve: Callable[..., Server], http: Http, tmp_path: Path
) -> None:
    server = serve(Wfs(berlin_areas(), limit=150))
    server.faults.extend([None, busy(504), None, cut(5000)])
    packaged = find_service(read_catalogue().areas, "berlin-lor-2021", "service")
    levels = [level.model_copy(update={"url": server.url}) for level in packaged.levels]
    service = packaged.model_copy(update={"levels": tuple(levels)})
    job = Job(Catalogue(areas=(service,)), http, tmp_path)
    delivery = areas.fetch(job, service.name)
    assert delivery.made is not None

    study = tmp_path / "study.toml"
    table = areas.snippet(delivery.file.name, delivery.made.origin, service)
    study.write_text(f'name = "Berlin"\n\n{table}\n{REST}', encoding="utf-8")
    found = read_areas(read_study(study))  # checks that each area lies in its parent
    assert found.groupby("level", sort=False).size().to_dict() == {
        "district": 12,
        "prognoseraum": 58,
        "bezirksregion": 143,
        "planungsraum": 542,
    }
    for level, own in found.groupby("level"):
        ours = gpd.read_file(REPOSITORY / "data/boundaries/berlin.gpkg", layer=level)
        names = dict(zip(own["area_id"], own["name"], strict=True))
        assert names == dict(zip(ours["area_id"], ours["name"], strict=True))
        if level != "district":
            parents = dict(zip(own["area_id"], own["parent_id"], strict=True))
            assert parents == dict(zip(ours["area_id"], ours["parent_id"], strict=True))


def test_the_packaged_monitoring_has_the_columns_of_the_study(
    serve: Callable[..., Server], http: Http, tmp_path: Path
) -> None:
    """The figures of 2021 under the names of columns of 2025, with -9999 for no value."""
    raw = pd.read_csv(SHARED / "social/mss_2021.csv", dtype={"PLR_ID": str})
    raw = raw.rename(columns=str.lower).assign(s2=1.5, d2=0.5)
    layers = {}
    packaged = find_service(read_catalogue().indicators, "berlin-mss-2025", "service")
    for table in packaged.tables:
        part = raw[["plr_id", *table.columns]]
        frame = gpd.GeoDataFrame(part, geometry=[None] * len(part), crs=25833)
        layers[table.type_name] = features(frame, table.type_name)
        for feature in layers[table.type_name]:
            own = feature["properties"]
            feature["properties"] = {
                key: -9999 if value is None and key[1:] != "i_v" else value
                for key, value in own.items()
            }
    server = serve(Wfs(layers, limit=400))
    service = packaged.model_copy(update={"url": server.url})
    delivery = indicators.fetch(Job(Catalogue(indicators=(service,)), http, tmp_path), service.name)

    ids = {"planning_area_id": str}
    found = pd.read_csv(delivery.file, dtype=ids).set_index("planning_area_id")
    ours = pd.read_csv(REPOSITORY / "data/indicators/berlin_mss_2021.csv", dtype=ids)
    ours = ours.set_index("planning_area_id")
    shared = [column for column in found if column in ours]
    assert {"status_index", "dynamics_index", "unemployment_pct", "child_poverty_pct"} < set(shared)
    pd.testing.assert_frame_equal(found[shared], ours[shared])
