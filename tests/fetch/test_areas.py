"""Areas from a Web Feature Service: paged, joined, checked."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import pytest

from kiezreach.errors import DownloadError, InputError, OutputError
from kiezreach.fetch import areas
from kiezreach.fetch.delivery import Job
from kiezreach.fetch.record import read_record

from .servers import Fault, Server, Wfs, answer, busy, cut, page_for_browsers, slow
from .towns import area_layers, area_service

Make = Callable[..., Job]


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve(Wfs(area_layers(), limit=3))


@pytest.fixture
def job(server: Server, job_with: Make) -> Job:
    return job_with(areas=[area_service(server.url)])


def pages(server: Server) -> list[tuple[str, str]]:
    """Layer and first feature of each page that was asked for."""
    asked = [request.query for request in server.asked if "startIndex" in request.query]
    return [(query["typeNames"], query["startIndex"]) for query in asked]


def test_levels_come_in_the_schema_of_a_study(job: Job, server: Server) -> None:
    delivery = areas.fetch(job, "town")
    coarse = gpd.read_file(delivery.file, layer="district")
    fine = gpd.read_file(delivery.file, layer="planning_area")
    assert list(coarse["area_id"]) == ["01", "02"]
    assert list(coarse["name"]) == ["West", "East"]
    assert list(fine["area_id"]) == ["0101", "0102", "0201", "0202"]
    assert list(fine["parent_id"]) == ["01", "01", "02", "02"]
    assert fine.crs.to_epsg() == 25833
    assert fine.area.round(3).eq(1e6).all()
    # At most three features at a time, says the service.
    assert pages(server) == [("t:districts", "0"), ("t:areas", "0"), ("t:areas", "3")]


def test_licence_and_origin_come_along(job: Job) -> None:
    delivery = areas.fetch(job, "town")
    record = tomllib.loads((job.out / "areas.gpkg.source.toml").read_text(encoding="utf-8"))
    assert record["licence"] == "CC BY 4.0"
    assert record["attribution"] == "© Town hall"
    assert record["source"] == "Town hall"
    assert record["vintage"] == "2024"
    assert record["terms"].startswith("Für die Nutzung gilt die Lizenz T.")
    assert [entry["url"].split("=")[1] for entry in record["downloads"]] == [
        "t:districts",
        "t:areas",
    ]
    assert delivery.made is not None
    assert delivery.made.origin.licence == "CC BY 4.0"


@pytest.mark.parametrize(
    "fault", [busy(429), busy(504), cut(200), slow(0.6), answer(b'{"type": "Feat')]
)
def test_faults_that_pass_change_nothing(job: Job, server: Server, fault: Fault) -> None:
    whole = areas.fetch(job, "town").file.read_bytes()
    (job.out / "areas.gpkg").unlink()
    server.faults.extend([None, fault, None, fault, fault, None, fault])
    assert areas.fetch(job, "town").file.read_bytes() == whole


_EMPTY = b'{"features": [], "numberMatched": 0}'
_REPORT = (
    b'<ows:ExceptionReport xmlns:ows="o"><ows:ExceptionText>Out of order'
    b"</ows:ExceptionText></ows:ExceptionReport>"
)


@pytest.mark.parametrize(
    ("at", "fault", "told"),
    [
        (0, answer(b"<a/>", "text/xml"), "does not describe itself as a WFS 2.0"),
        (0, answer(b"<a>", "text/xml"), "describes itself in no XML that can be read"),
        (0, answer(b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>', "text/xml"), "XML with entities"),
        (0, page_for_browsers, "text/html where xml was asked for: 'Please enable JavaScript'"),
        (1, page_for_browsers, "text/html where json was asked for: 'Please enable JavaScript'"),
        (1, answer(_REPORT, "text/xml"), "text/xml where json was asked for: 'Out of order'"),
        (1, answer(_EMPTY), "sends 0 features of 't:districts' where it says 0"),
        (1, answer(b"[]"), "JSON that is no page of features"),
        (1, answer(b'{"features": 3, "numberMatched": 3}'), "JSON that is no page of features"),
        (1, answer(b'{"features": [{}], "numberMatched": 1}'), "JSON that is no page of features"),
        (
            1,
            answer(_EMPTY.replace(b": 0", b": 5")),
            "sends 0 features of 't:districts' where it",
        ),
        (3, answer(_EMPTY), "changed while it was read: 4 features, then 0"),
        (
            3,
            answer(_EMPTY.replace(b": 0", b": 4")),
            "sends 3 features of 't:areas' where it says",
        ),
    ],
)
def test_what_is_no_answer_ends_with_one_line_and_no_file(
    job: Job, server: Server, at: int, fault: Fault, told: str
) -> None:
    server.faults.extend([*[None] * at, fault])
    with pytest.raises(DownloadError) as caught:
        areas.fetch(job, "town")
    assert told in str(caught.value)
    assert str(caught.value).startswith("127.0.0.1:")
    assert "export the layers in a GIS" in str(caught.value)
    assert list(job.out.iterdir()) == []


def test_a_service_that_ignores_where_a_page_begins(
    serve: Callable[..., Server], job_with: Make
) -> None:
    server = serve(Wfs(area_layers(), limit=3, pages=False))
    with pytest.raises(DownloadError, match="the same features twice, from number 3 on"):
        areas.fetch(job_with(areas=[area_service(server.url)]), "town")


def test_a_service_that_does_not_count(serve: Callable[..., Server], job_with: Make) -> None:
    class Uncounted(Wfs):
        def page(self, name: str, asked: dict[str, str]) -> dict[str, Any]:
            return super().page(name, asked) | {"numberMatched": "unknown"}

    server = serve(Uncounted(area_layers(), limit=3))
    delivery = areas.fetch(job_with(areas=[area_service(server.url)]), "town")
    assert len(gpd.read_file(delivery.file, layer="planning_area")) == 4
    # Asked until nothing comes any more.
    assert [start for name, start in pages(server) if name == "t:areas"] == ["0", "3", "4"]


@pytest.mark.parametrize(
    ("crs", "told"),
    [
        (
            "urn:ogc:def:crs:EPSG::3068",
            "coordinates in urn:ogc:def:crs:EPSG::3068 where EPSG:25833 was",
        ),
        ("nonsense", "coordinates in nonsense where EPSG:25833 was asked for"),
    ],
)
def test_another_crs_than_asked_for(
    serve: Callable[..., Server], job_with: Make, crs: str, told: str
) -> None:
    server = serve(Wfs(area_layers(), crs=crs))
    with pytest.raises(DownloadError, match=told):
        areas.fetch(job_with(areas=[area_service(server.url)]), "town")


def test_degrees_are_no_metres(serve: Callable[..., Server], job_with: Make) -> None:
    layers = area_layers()
    for layer in layers.values():
        for feature in layer:
            feature["geometry"]["coordinates"] = [
                [[13.0, 52.0], [13.1, 52.0], [13.1, 52.1], [13.0, 52.0]]
            ]
    server = serve(Wfs(layers))
    with pytest.raises(DownloadError, match="no metres of EPSG:25833"):
        areas.fetch(job_with(areas=[area_service(server.url)]), "town")


def test_a_layer_that_is_not_there_any_more(serve: Callable[..., Server], job_with: Make) -> None:
    layers = area_layers()
    server = serve(Wfs({"t:bezirke": layers["t:districts"], "t:areas": layers["t:areas"]}))
    told = "has no layer 't:districts' .it has t:bezirke, t:areas"
    with pytest.raises(DownloadError, match=told):
        areas.fetch(job_with(areas=[area_service(server.url)]), "town")


def test_a_column_that_has_another_name(serve: Callable[..., Server], job_with: Make) -> None:
    layers = area_layers()
    for feature in layers["t:districts"]:
        feature["properties"]["name"] = feature["properties"].pop("namgem")
    server = serve(Wfs(layers))
    with pytest.raises(
        InputError, match=r"t:districts: has no column 'namgem' any more. It has gem"
    ):
        areas.fetch(job_with(areas=[area_service(server.url)]), "town")


def test_names_of_columns_in_capitals_are_the_same(
    serve: Callable[..., Server], job_with: Make
) -> None:
    class Capitals(Wfs):
        def page(self, name: str, asked: dict[str, str]) -> dict[str, Any]:
            said = json.loads(json.dumps(super().page(name, asked)))
            for feature in said["features"]:
                feature["properties"] = {k.upper(): v for k, v in feature["properties"].items()}
            return said

    server = serve(Capitals(area_layers()))
    delivery = areas.fetch(job_with(areas=[area_service(server.url)]), "town")
    assert list(gpd.read_file(delivery.file, layer="district")["area_id"]) == ["01", "02"]


def test_a_broken_outline_is_repaired(serve: Callable[..., Server], job_with: Make) -> None:
    layers = area_layers()
    ring = layers["t:areas"][0]["geometry"]["coordinates"][0]
    ring.insert(2, ring[0])  # back to the first corner in the middle
    ring.insert(3, ring[1])
    server = serve(Wfs(layers))
    delivery = areas.fetch(job_with(areas=[area_service(server.url)]), "town")
    assert gpd.read_file(delivery.file, layer="planning_area").is_valid.all()


def test_too_large(serve: Callable[..., Server], job_with: Make) -> None:
    """The limit is that of a layer as a whole: many small pages do not get around it."""
    wfs = Wfs(area_layers(), limit=1)
    asked = {"sortby": "plr_id", "startindex": "0", "count": "1"}
    page_mb = len(json.dumps(wfs.page("t:areas", asked))) / 1e6
    server = serve(wfs)
    job = job_with(areas=[area_service(server.url, max_mb=2.5 * page_mb)])
    with pytest.raises(DownloadError, match="MB are the most that is taken"):
        areas.fetch(job, "town")
    assert [start for name, start in pages(server) if name == "t:areas"] == ["0", "1", "2"]


# --- putting in place --------------------------------------------------------------------------


def test_what_is_there_is_not_asked_for_again(job: Job, server: Server) -> None:
    areas.fetch(job, "town")
    count = len(server.asked)
    delivery = areas.fetch(job, "town")
    assert delivery.made is None
    assert len(server.asked) == count


def test_a_file_that_somebody_changed_is_not_replaced(job: Job) -> None:
    file = areas.fetch(job, "town").file
    file.write_bytes(b"drawn by hand")
    with pytest.raises(OutputError, match=r"was changed since it was fetched. Move it away"):
        areas.fetch(job, "town")
    (job.out / "areas.gpkg.source.toml").unlink()
    with pytest.raises(OutputError, match="is there already"):
        areas.fetch(job, "town")
    assert file.read_bytes() == b"drawn by hand"


def test_refresh_replaces(job: Job, server: Server, job_with: Make) -> None:
    file = areas.fetch(job, "town").file
    file.write_bytes(b"drawn by hand")
    again = job_with(refresh=True, areas=[area_service(server.url)])
    delivery = areas.fetch(again, "town")
    assert delivery.replaced
    assert len(gpd.read_file(file, layer="planning_area")) == 4


def test_a_service_that_has_changed_since_the_record_is_told(
    job: Job, server: Server, job_with: Make
) -> None:
    areas.fetch(job, "town").file.unlink()
    server.reply.layers["t:areas"][0]["properties"]["plr_name"] = "Anders"
    with pytest.raises(DownloadError, match="has other data now than were recorded"):
        areas.fetch(job, "town")
    assert not (job.out / "areas.gpkg").exists()
    before = read_record(job.out / "areas.gpkg")
    delivery = areas.fetch(job_with(refresh=True, areas=[area_service(server.url)]), "town")
    assert "Anders" in set(gpd.read_file(delivery.file, layer="planning_area")["name"])
    assert read_record(delivery.file) != before


def test_the_moment_of_asking_is_no_change(job: Job) -> None:
    first = areas.fetch(job, "town").file.read_bytes()
    (job.out / "areas.gpkg").unlink()
    assert areas.fetch(job, "town").file.read_bytes() == first


def test_a_record_that_is_none(job: Job) -> None:
    areas.fetch(job, "town")
    (job.out / "areas.gpkg.source.toml").write_text("nonsense")
    with pytest.raises(InputError, match="is no record of a download"):
        areas.fetch(job, "town")


def test_a_folder_that_cannot_be_written(job: Job, server: Server) -> None:
    job.out.write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        areas.fetch(job, "town")
    assert server.asked == []


def test_no_such_service(job: Job) -> None:
    with pytest.raises(InputError, match=r"no service of areas 'village'. It has: town"):
        areas.fetch(job, "village")


def test_what_would_be_asked_is_what_is_asked(job: Job, server: Server) -> None:
    server.reply.limit = 1000
    told = [ask.address.removeprefix("GET ") for ask in areas.asks(job, "town")]
    assert server.asked == []
    areas.fetch(job, "town")
    first = [r for r in server.asked if r.query.get("startIndex", "0") == "0"]
    asked = [job.http.address(f"{server.url}{r.path}", r.query) for r in first]
    assert sorted(asked) == sorted(told)


def test_what_a_killed_run_left_behind_goes_with_the_next(job: Job) -> None:
    left = job.out / ".areas.gpkg.kiezreach" / "tmp-of-a-killed-run"
    left.mkdir(parents=True)
    (left / "areas.gpkg").write_bytes(b"half")
    areas.fetch(job, "town")
    assert sorted(path.name for path in job.out.iterdir()) == [
        "areas.gpkg", "areas.gpkg.source.toml"
    ]  # fmt: skip


def test_a_run_that_was_killed_while_it_put_files_in_place_is_completed(job: Job) -> None:
    areas.fetch(job, "town")
    work = job.out / ".areas.gpkg.kiezreach" / "tmp-of-a-killed-run"
    work.mkdir(parents=True)
    for name in ("areas.gpkg", "areas.gpkg.source.toml"):
        (job.out / name).rename(work / name)
    (work / ".ready").touch()
    assert areas.fetch(job, "town").made is None  # as if nothing had happened
    assert sorted(path.name for path in job.out.iterdir()) == [
        "areas.gpkg", "areas.gpkg.source.toml"
    ]  # fmt: skip
