"""Centres and streets from Overpass, places from Nominatim, through OSMnx with manners."""

from __future__ import annotations

import json
import socket
import tomllib
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pandas as pd
import pytest
from geopandas.array import GeometryArray
from pyproj import CRS

from kiezreach import read_network
from kiezreach.errors import DownloadError, InputError
from kiezreach.fetch import areas, centres, network
from kiezreach.fetch.delivery import Job
from kiezreach.fetch.regions import Region

from .servers import (
    FREE,
    Fault,
    OpenStreetMap,
    Server,
    Wfs,
    answer,
    busy,
    cut,
    full,
    page_for_browsers,
    slow,
)
from .towns import area_layers, area_service, houses, nominatim_place, osm_service, streets

Make = Callable[..., Job]
TOWN = Region(place="Town, Country")


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve(OpenStreetMap([*streets(), *houses()], nominatim_place()))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """OSMnx waits for a second before it asks Nominatim, as that asks of everybody."""
    nominatim = pytest.importorskip("osmnx._nominatim")
    monkeypatch.setattr(nominatim, "time", SimpleNamespace(sleep=lambda _: None))


@pytest.fixture(autouse=True)
def known_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """To find the zone takes pyproj a third of a second, and OSMnx looks for it ten times."""
    zone = CRS.from_epsg(32633)
    monkeypatch.setattr(GeometryArray, "estimate_utm_crs", lambda *_, **__: zone)


@pytest.fixture
def job(server: Server, job_with: Make) -> Job:
    return job_with(openstreetmap=osm_service(server.url))


@pytest.fixture
def around(serve: Callable[..., Server], job_with: Make) -> Region:
    """The town as a file of areas."""
    wfs = serve(Wfs(area_layers()))
    file = areas.fetch(job_with(areas=[area_service(wfs.url)]), "town").file
    return Region(file, "district", buffer_m=200)


def queries(server: Server) -> list[str]:
    return [request.form["data"] for request in server.asked if request.form]


def test_streets_of_a_place(job: Job, server: Server) -> None:
    delivery = network.fetch_from_overpass(job, TOWN)
    net = read_network(delivery.file, cache=False)
    # 2 x 27 streets of 2,600 m, one of which is closed to everybody.
    assert net.edge_length.sum() == pytest.approx(53 * 2600, rel=1e-3)
    assert net.provenance.data_date == "2026-01-01"
    assert [request.path for request in server.asked] == [
        "/search",
        "/api/status",
        "/api/interpreter",
    ]
    record = tomllib.loads((job.out / "network.osm.pbf.source.toml").read_text(encoding="utf-8"))
    assert record["licence"] == "ODbL 1.0"
    assert record["vintage"] == "2026-01-01"


def test_all_ways_are_asked_for_whoever_may_use_them(job: Job, server: Server) -> None:
    network.fetch_from_overpass(job, TOWN)
    (query,) = queries(server)
    assert 'way[~"^(highway|railway|public_transport|man_made)$"~"."]' in query
    assert "foot" not in query
    assert "access" not in query
    agents = {request.headers["User-Agent"] for request in server.asked}
    assert all(agent.startswith("kiezreach/") for agent in agents)
    assert len(agents) == 1


def test_the_profile_of_the_study_decides_what_is_walked(job: Job, server: Server) -> None:
    steps = next(e for e in server.reply.elements if e["id"] == 5010)
    steps["tags"]["highway"] = "steps"
    file = network.fetch_from_overpass(job, TOWN).file
    walked = read_network(file, cache=False).edge_length.sum()
    rolled = read_network(file, profile="step_free", cache=False).edge_length.sum()
    assert walked - rolled == pytest.approx(2600, rel=1e-3)


def test_a_gate_on_a_way_still_bars_it(job: Job, server: Server) -> None:
    first = network.fetch_from_overpass(job, TOWN).file
    open_length = read_network(first, cache=False).edge_length.sum()
    node = next(e for e in server.reply.elements if e["id"] == 100)
    node["tags"] = {"barrier": "gate", "access": "no"}
    job = Job(job.catalogue, job.http, job.out / "gate")
    net = read_network(network.fetch_from_overpass(job, TOWN).file, cache=False)
    assert net.edge_length.sum() == pytest.approx(open_length)
    # What crosses at the gate ends at it, on four sides.
    assert len(net.node_xy) == len(read_network(first, cache=False).node_xy) + 3


def test_the_same_answer_gives_the_same_bytes(job: Job, server: Server) -> None:
    first = network.fetch_from_overpass(job, TOWN).file.read_bytes()
    (job.out / "network.osm.pbf").unlink()
    server.reply.elements.reverse()
    assert network.fetch_from_overpass(job, TOWN).file.read_bytes() == first


@pytest.mark.parametrize(
    "fault",
    [
        busy(429),
        busy(504),
        busy(503),
        cut(500),
        slow(1.2),
        answer(b'{"elements": [{"typ'),
        answer(b'{"elements": [], "remark": "runtime error: Query timed out in \\"query\\""}'),
    ],
    ids=["429", "504", "503", "cut", "slow", "no JSON", "timed out"],
)
def test_a_busy_server_is_asked_again_with_waits(
    job: Job, server: Server, waits: list[float], around: Region, fault: Fault
) -> None:
    server.faults.extend([None, fault, None, fault])
    delivery = network.fetch_from_overpass(job, around)
    assert read_network(delivery.file, cache=False).edge_length.sum() > 0
    assert waits == [0.01, 0.02]
    # Before each query, the server is asked whether it has time.
    assert [r.path for r in server.asked] == ["/api/status", "/api/interpreter"] * 3


def test_a_busy_server_is_not_asked_for_ever(job: Job, server: Server, around: Region) -> None:
    server.faults.extend([None, busy(429)] * 9)
    with pytest.raises(DownloadError) as caught:
        network.fetch_from_overpass(job, around)
    assert len(queries(server)) == 3
    told = str(caught.value)
    assert "answered 429" in told
    assert "3 attempts" in told
    assert "/api/interpreter" in told
    assert "--extract" in told
    assert not (job.out / "network.osm.pbf").exists()


def test_the_wait_that_the_server_names_is_kept(
    job: Job, server: Server, waits: list[float], around: Region
) -> None:
    server.faults.extend([None, busy(429, Retry_After="0")])
    network.fetch_from_overpass(job, around)
    assert waits == [0.0]


def test_a_free_slot_is_waited_for(
    job: Job, server: Server, waits: list[float], around: Region
) -> None:
    server.reply.status = deque([full(0).replace("in 0 seconds", "in -3 seconds")])
    network.fetch_from_overpass(job, around)
    assert waits == []
    (job.out / "network.osm.pbf").unlink()
    server.reply.status = deque([FREE.replace("2 slots available now.\n", "")])
    network.fetch_from_overpass(job, around)
    assert waits == [0.01]
    (job.out / "network.osm.pbf").unlink()
    server.reply.status = deque([full(968)])
    with pytest.raises(DownloadError, match=r"no free slot for a query.*asks to wait for 968 s"):
        network.fetch_from_overpass(job, around)


@pytest.mark.parametrize("status", ["Rate limit: 0\n", "All is well\n", None])
def test_a_server_without_slots_is_asked_at_once(
    job: Job, server: Server, waits: list[float], around: Region, status: str | None
) -> None:
    if status is None:
        server.faults.append(busy(404))
    else:
        server.reply.status = deque([status])
    network.fetch_from_overpass(job, around)
    assert waits == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (busy(400), "answered 400"),
        (page_for_browsers, "text/html where json was asked for"),
        (answer(b'{"elements": []}'), "knows no way in that area"),
        (answer(b'{"elements": [{"type": "way", "id": 1}]}'), "the element way 1 is no map data"),
    ],
)
def test_what_is_no_answer_ends_with_one_line(
    job: Job, server: Server, around: Region, fault: Fault, told: str
) -> None:
    server.faults.extend([None, fault])
    with pytest.raises((DownloadError, InputError), match=told):
        network.fetch_from_overpass(job, around)
    assert not (job.out / "network.osm.pbf").exists()


def test_an_answer_that_is_too_large(server: Server, job_with: Make, around: Region) -> None:
    job = job_with(openstreetmap=osm_service(server.url, max_mb=0.01))
    with pytest.raises(DownloadError, match="MB are the most that is taken"):
        network.fetch_from_overpass(job, around)


def test_a_large_place_is_to_be_taken_from_an_extract(
    server: Server, job_with: Make, around: Region
) -> None:
    job = job_with(openstreetmap=osm_service(server.url, max_km2=5))
    with pytest.raises(InputError, match=r"has 6 km2, and 5 km2 are the most .*--extract"):
        network.fetch_from_overpass(job, around)
    assert server.asked == []


def test_a_place_that_nobody_knows(job: Job, server: Server) -> None:
    server.reply.place = None
    with pytest.raises(InputError, match="knows no area named 'Town, Country'"):
        network.fetch_from_overpass(job, TOWN)
    server.reply.place = nominatim_place() | {"geojson": {"type": "Point", "coordinates": [1, 2]}}
    with pytest.raises(InputError, match="knows no area named 'Town, Country'"):
        network.fetch_from_overpass(job, TOWN)


def test_nominatim_is_asked_with_the_same_patience(
    job: Job, server: Server, waits: list[float]
) -> None:
    server.faults.extend([busy(429), busy(504)])
    network.fetch_from_overpass(job, TOWN)
    assert waits == [0.01, 0.02]
    server.faults.append(busy(403))
    (job.out / "network.osm.pbf").unlink()
    with pytest.raises(DownloadError, match=r"answered 403.*/search\S*[?&]q=Town,%20Country"):
        network.fetch_from_overpass(job, TOWN)  # told as it can be copied


def test_osmnx_and_the_process_are_left_as_they_were(
    job: Job, server: Server, around: Region
) -> None:
    import osmnx as ox

    def settings() -> dict[str, object]:
        return {k: v for k, v in vars(ox.settings).items() if not k.startswith("_")}

    before, getaddrinfo = settings(), socket.getaddrinfo
    network.fetch_from_overpass(job, around)
    server.faults.extend([None, busy(400)])
    (job.out / "network.osm.pbf").unlink()
    with pytest.raises(DownloadError):
        network.fetch_from_overpass(job, around)
    assert settings() == before
    assert socket.getaddrinfo is getaddrinfo
    assert not Path("cache").exists()


def test_the_proxy_of_the_environment_is_used(
    serve: Callable[..., Server], server: Server, job_with: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(lambda r: server.reply(replace(r, path=urlsplit(r.path).path)))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    job = job_with(openstreetmap=osm_service("http://127.0.0.1:9"))
    network.fetch_from_overpass(job, TOWN)
    assert [request.path.partition("?")[0] for request in proxy.asked] == [
        "http://127.0.0.1:9/search",
        "http://127.0.0.1:9/api/status",
        "http://127.0.0.1:9/api/interpreter",
    ]


# --- centres -----------------------------------------------------------------------------------


def test_centres_are_told_from_other_houses(job: Job) -> None:
    delivery = centres.fetch(job, TOWN)
    kept = pd.read_csv(delivery.file, dtype=str, keep_default_na=False).set_index("centre_id")
    assert kept["name"].to_dict() == {
        "osm-n9002": "Nachbarschaftshaus Mitte",
        "osm-n9003": "Familienzentrum Nord",
        "osm-w9200": "Stadtteilzentrum Ring",
    }
    assert kept["kind"].to_dict() == {
        "osm-n9002": "Nachbarschaftshaus",
        "osm-n9003": "Familienzentrum",
        "osm-w9200": "Stadtteilzentrum",
    }
    assert kept.loc["osm-n9002", "address"] == "Weg 3, 12345 Town"
    assert kept.loc["osm-n9003", "wheelchair"] == "yes"
    assert kept.loc["osm-w9200", "source"] == "OpenStreetMap way 9200"
    rest = pd.read_csv(job.out / "centres_left_out.csv", dtype=str, keep_default_na=False)
    assert rest.set_index("centre_id")[["decision", "reason"]].to_dict("split")["data"] == [
        ["merge", "the same house as osm-n9002"],
        ["drop", "youth"],
        ["open", "neither name nor tags say what it is: decide by hand"],
        ["drop", "unnamed"],
    ]
    assert delivery.made is not None
    assert delivery.made.notes[0] == "3 centres kept of 7 objects"
    assert delivery.made.origin.vintage == "2026-01-01"


def test_a_person_decides_before_the_rule(job: Job, tmp_path: Path) -> None:
    audit = tmp_path / "audit.csv"
    audit.write_text(
        "centre_id,decision,kind,reason\nosm-alte-schmiede,keep,Stadtteilzentrum,seen\n"
        "osm-n9003,drop,,closed\n"
    )
    kept = pd.read_csv(centres.fetch(job, TOWN, audit=audit).file, dtype=str)
    assert set(kept["centre_id"]) == {"osm-n9002", "osm-n9005", "osm-w9200"}
    assert kept.set_index("centre_id").loc["osm-n9005", "note"] == "seen"
    audit.write_text("centre_id,decision\nosm-n9003,perhaps\n")
    with pytest.raises(InputError, match="'decision' is 'perhaps'"):
        centres.fetch(Job(job.catalogue, job.http, tmp_path / "b"), TOWN, audit=audit)


def test_without_a_rule_every_name_counts(job: Job) -> None:
    kept = pd.read_csv(centres.fetch(job, TOWN, rule="none").file, dtype=str)
    assert len(kept) == 5
    assert set(kept["kind"]) == {"other"}


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless(job: Job, server: Server) -> None:
    house = next(e for e in server.reply.elements if e["id"] == 9003)
    house["tags"]["name"] = '=HYPERLINK("https://example.org";"Familienzentrum")'
    kept = pd.read_csv(centres.fetch(job, TOWN).file, dtype=str).set_index("centre_id")
    assert kept.loc["osm-n9003", "name"].startswith("'=HYPERLINK(")
    assert float(kept.loc["osm-n9003", "lon"]) > 0


def test_no_houses_at_all(job: Job, server: Server) -> None:
    server.reply.elements = streets()
    with pytest.raises(InputError, match="no object with amenity=community_centre in the area"):
        centres.fetch(job, TOWN)


def test_the_query_for_centres_names_tags_only(job: Job, server: Server, around: Region) -> None:
    centres.fetch(job, around)
    (query,) = queries(server)
    assert "['amenity'='community_centre']" in query
    assert "highway" not in query


def test_the_answer_is_bounded_and_patient_too(
    job: Job, server: Server, waits: list[float], around: Region
) -> None:
    server.faults.extend([None, busy(429), None, busy(504)])
    centres.fetch(job, around)
    assert waits == [0.01, 0.02]
    (job.out / "centres.csv").unlink()
    server.faults.extend([None, busy(504)] * 3)
    with pytest.raises(DownloadError, match="answered 504"):
        centres.fetch(job, around)
    assert not (job.out / "centres.csv").exists()


def test_what_the_answers_say_is_what_is_hashed(job: Job, server: Server, around: Region) -> None:
    centres.fetch(job, around)
    (job.out / "centres.csv").unlink()
    server.reply.date = "2026-02-02T00:00:00Z"
    centres.fetch(job, around)
    (job.out / "centres.csv").unlink()
    server.reply.elements = json.loads(json.dumps(server.reply.elements).replace("Nord", "Süd"))
    with pytest.raises(DownloadError, match="other data now than were recorded"):
        centres.fetch(job, around)
