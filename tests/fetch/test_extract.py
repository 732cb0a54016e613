"""The network out of a whole extract, and small files out of large ones."""

from __future__ import annotations

import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from kiezreach import read_network
from kiezreach.errors import DownloadError, InputError, NetworkError, OutputError
from kiezreach.fetch import network
from kiezreach.fetch.delivery import Job
from kiezreach.fetch.regions import Region
from kiezreach.network.extract import clip_osm_file, write_elements
from kiezreach.sources.downloads.files import download_folder

from ..worlds import CRS, X0, Y0  # noqa: TID252 - one town for all
from .servers import Files, Server, answer, cut, dripping
from .towns import osm_service, streets

Make = Callable[..., Job]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The streets of the town as an extract."""
    file = tmp_path_factory.mktemp("extract") / "whole.osm.pbf"
    write_elements(streets(), "2026-01-01T00:00:00Z", file)
    return file.read_bytes()


@pytest.fixture
def server(serve: Callable[..., Server], whole: bytes) -> Server:
    return serve(Files({"/town.osm.pbf": whole}))


def extract(server: Server, **changed: Any) -> dict[str, Any]:
    """Table [[extracts]] of a catalogue."""
    return {
        "name": "town",
        "title": "The town",
        "source": "OpenStreetMap, extract by a test",
        "licence": "ODbL 1.0",
        "attribution": "© OpenStreetMap contributors",
        "url": f"{server.url}/town.osm.pbf",
        "checksum": f"{server.url}/town.osm.pbf.md5",
    } | changed


@pytest.fixture
def job(server: Server, job_with: Make) -> Job:
    return job_with(extracts=[extract(server)], openstreetmap=osm_service(server.url))


@pytest.fixture
def corner(tmp_path: Path) -> Region:
    """A block in the lower left corner of the town, with 60 m around it."""
    block = shapely.box(X0 + 10, Y0 + 10, X0 + 90, Y0 + 90)
    file = tmp_path / "block.gpkg"
    gpd.GeoDataFrame({"area_id": ["a"]}, geometry=[block], crs=CRS).to_file(file)
    return Region(file, buffer_m=60)


def test_the_whole_extract(job: Job, server: Server, whole: bytes) -> None:
    delivery = network.fetch_from_extract(job, None, "town")
    assert delivery.file.read_bytes() == whole
    assert [request.path for request in server.asked] == ["/town.osm.pbf.md5", "/town.osm.pbf"]
    record = tomllib.loads((job.out / "network.osm.pbf.source.toml").read_text(encoding="utf-8"))
    assert record["downloads"][0]["url"].endswith("/town.osm.pbf")
    assert record["downloads"][0]["sha256"] == record["sha256"]
    assert record["licence"] == "ODbL 1.0"


def test_a_part_of_it_has_whole_ways(job: Job, corner: Region) -> None:
    delivery = network.fetch_from_extract(job, corner, "town")
    net = read_network(delivery.file, cache=False)
    # Streets at 0 and 100 m, both ways, touch the block and what is around it; all 2,600 m long.
    assert net.edge_length.sum() == pytest.approx(4 * 2600, rel=1e-3)
    assert net.provenance.data_date == "2026-01-01"
    assert delivery.made is not None
    assert delivery.made.notes[0].startswith("4 ways cut out of ")
    assert "60 m around the areas" in delivery.made.notes[1]


def test_a_part_of_a_file_that_the_user_has(
    job: Job, server: Server, corner: Region, tmp_path: Path, whole: bytes
) -> None:
    mine = tmp_path / "mine.osm.pbf"
    mine.write_bytes(whole)
    delivery = network.cut_from_file(job, corner, mine)
    assert read_network(delivery.file, cache=False).edge_length.sum() > 0
    assert server.asked == []


def test_a_cut_extract_is_gone_on_with(job: Job, server: Server, whole: bytes) -> None:
    server.faults.extend([None, cut(500)])
    assert network.fetch_from_extract(job, None, "town").file.read_bytes() == whole
    assert [r.headers.get("Range") for r in server.asked] == [None, None, "bytes=500-"]


def test_an_extract_that_does_not_fit_its_checksum(job: Job, server: Server) -> None:
    server.faults.extend([answer(b"0" * 32, "text/plain")])
    with pytest.raises(DownloadError, match="another file now than the one that is known"):
        network.fetch_from_extract(job, None, "town")
    assert list(job.out.iterdir()) == []


def test_a_file_that_is_no_extract(job: Job, server: Server) -> None:
    server.reply.content["/town.osm.pbf"] = b"not found, sorry"
    with pytest.raises(DownloadError, match="a file that is no OpenStreetMap extract"):
        network.fetch_from_extract(job, None, "town")
    assert list(job.out.iterdir()) == []


def test_a_recorded_extract_is_had_again_or_not_at_all(
    job: Job, server: Server, job_with: Make
) -> None:
    first = network.fetch_from_extract(job, None, "town").file.read_bytes()
    (job.out / "network.osm.pbf").unlink()
    server.asked.clear()
    # The download was kept: its recorded hash is all that is needed.
    assert network.fetch_from_extract(job, None, "town").file.read_bytes() == first
    assert server.asked == []
    again = job_with(
        refresh=True, extracts=[extract(server)], openstreetmap=osm_service(server.url)
    )
    elements = streets()[:-1]
    file = job.out / "other.osm.pbf"
    write_elements(elements, "2026-02-01T00:00:00Z", file)
    server.reply.content["/town.osm.pbf"] = file.read_bytes()
    assert network.fetch_from_extract(again, None, "town").replaced
    assert (job.out / "network.osm.pbf").read_bytes() == file.read_bytes()


def test_another_day_is_another_extract(
    job: Job, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    network.fetch_from_extract(job, None, "town").file.unlink()
    monkeypatch.setenv("KIEZREACH_DOWNLOAD_DIR", str(tmp_path / "another machine"))
    file = tmp_path / "other.osm.pbf"
    write_elements(streets()[:-1], "2026-02-01T00:00:00Z", file)
    server.reply.content["/town.osm.pbf"] = file.read_bytes()
    with pytest.raises(DownloadError, match="another file now than the one that is known"):
        network.fetch_from_extract(job, None, "town")


def test_no_way_within_the_area(job: Job, tmp_path: Path) -> None:
    file = tmp_path / "far.gpkg"
    far = shapely.box(X0 + 50_000, Y0, X0 + 51_000, Y0 + 1000)
    gpd.GeoDataFrame({"area_id": ["a"]}, geometry=[far], crs=CRS).to_file(file)
    with pytest.raises(NetworkError, match="has no way within the area"):
        network.fetch_from_extract(job, Region(file), "town")
    assert list(job.out.iterdir()) == []


def test_a_long_step_across_a_corner_is_kept(tmp_path: Path) -> None:
    """A way of two far nodes crosses the area with no node in it."""
    nodes = [
        {"type": "node", "id": 1, "lon": 13.0, "lat": 52.0},
        {"type": "node", "id": 2, "lon": 13.1, "lat": 52.1},
        {"type": "node", "id": 3, "lon": 13.2, "lat": 52.0},
    ]
    tags = {"highway": "path"}
    ways = [
        {"type": "way", "id": 7, "nodes": [1, 2], "tags": tags},
        {"type": "way", "id": 8, "nodes": [2, 3], "tags": tags},
        {"type": "way", "id": 9, "nodes": [1, 99], "tags": tags},  # node 99 is not in the file
    ]
    large, small = tmp_path / "large.osm.pbf", tmp_path / "small.osm.pbf"
    write_elements([*nodes, *ways], "", large)
    area = gpd.GeoSeries([shapely.box(13.04, 52.04, 13.06, 52.06)], crs=4326)
    assert clip_osm_file(large, area, small) == 1
    assert read_network(small, cache=False).edge_length.sum() > 10_000


def test_a_square_stays_whole(tmp_path: Path) -> None:
    """A square that a relation describes is kept with its outline, on which no tag stands."""
    import osmium

    large, small = tmp_path / "large.osm.pbf", tmp_path / "small.osm.pbf"
    corners = [(13.0, 52.0), (13.001, 52.0), (13.001, 52.001), (13.0, 52.001)]
    make = osmium.osm.mutable
    with osmium.SimpleWriter(str(large)) as writer:
        for number, place in enumerate(corners, start=1):
            writer.add_node(make.Node(id=number, location=place))
        writer.add_way(make.Way(id=1, nodes=[1, 2, 3], tags={}))
        writer.add_way(make.Way(id=2, nodes=[3, 4, 1], tags={}))
        writer.add_way(make.Way(id=3, nodes=[1, 2], tags={"highway": "footway"}))
        tags = {"type": "multipolygon", "highway": "pedestrian", "area": "yes"}
        members = [("w", 1, "outer"), ("w", 2, "outer")]
        writer.add_relation(make.Relation(id=5, members=members, tags=tags))
    area = gpd.GeoSeries([shapely.box(12.9999, 51.9999, 13.0001, 52.0001)], crs=4326)
    assert clip_osm_file(large, area, small) == 3
    whole, part = (read_network(file, cache=False) for file in (large, small))
    assert part.edge_length.sum() == pytest.approx(whole.edge_length.sum())
    assert part.edge_length.sum() > 300  # the footway alone has 69 m


def test_a_damaged_file(tmp_path: Path, corner: Region, job: Job) -> None:
    damaged = tmp_path / "damaged.osm.pbf"
    damaged.write_bytes(b"\x00\x00\x00\x0d\x0a\x09OSMHeader" + b"x" * 100)
    with pytest.raises(InputError, match="cannot be read as OpenStreetMap data"):
        network.cut_from_file(job, corner, damaged)
    with pytest.raises(InputError, match="there is no such file"):
        network.cut_from_file(job, corner, tmp_path / "none.osm.pbf")


SHARED = Path(__file__).resolve().parents[3] / "shared/data/networks"


@pytest.mark.skipif(
    not SHARED.exists(), reason="the shared input data are not beside the repository"
)
def test_a_part_of_real_streets_is_walked_as_in_the_whole(tmp_path: Path) -> None:
    """Reading the part for an area gives what reading the whole file for it gives."""
    large = SHARED / "valhalla_liechtenstein_2021.osm.pbf"
    small = tmp_path / "vaduz.osm.pbf"
    area = gpd.GeoSeries([shapely.box(9.51, 47.13, 9.53, 47.15)], crs=4326)
    clip_osm_file(large, area.to_crs(32632).buffer(1000), small)
    asked = {"area": area, "buffer_m": 500.0, "crs": "EPSG:32632", "cache": False}
    whole, part = (read_network(file, **asked) for file in (large, small))
    assert small.stat().st_size < large.stat().st_size / 5
    assert len(part.edge_length) == len(whole.edge_length)
    assert part.edge_length.sum() == pytest.approx(whole.edge_length.sum(), abs=1e-6)


def test_a_killed_download_leaves_no_file_and_is_gone_on_with(
    server: Server, tmp_path: Path, whole: bytes
) -> None:
    catalogue, out = tmp_path / "catalogue.toml", tmp_path / "out"
    entry = "\n".join(f'{key} = "{value}"' for key, value in extract(server).items())
    catalogue.write_text(f"[[extracts]]\n{entry}")
    command = [
        sys.executable, "-m", "kiezreach", "fetch", "network", "--extract", "town", "--out", out,
        "--catalogue", catalogue,
    ]  # fmt: skip
    server.faults.extend([None, dripping(0.01)])
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    begun = download_folder() / "none"
    for _ in range(3000):
        begun = next(download_folder().glob("*.part"), begun)
        if begun.exists() and begun.stat().st_size:
            break
        time.sleep(0.01)
    running.kill()
    running.wait()
    assert not (out / "network.osm.pbf").exists()
    size = begun.stat().st_size
    assert 0 < size < len(whole)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert (out / "network.osm.pbf").read_bytes() == whole
    assert server.asked[-1].headers["Range"] == f"bytes={size}-"


def test_downloads_that_cannot_be_kept(
    job: Job, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KIEZREACH_DOWNLOAD_DIR", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="cannot be written"):
        network.fetch_from_extract(job, None, "town")
    assert list(job.out.iterdir()) == []
