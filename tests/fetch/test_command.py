"""The command line of fetch: what it prints, what it exits with, and a study of what it brings."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from kiezreach.sources.downloads.catalogue import read_catalogue

from ..worlds import on_paper, planning_areas  # noqa: TID252 - one town for all
from .conftest import QUICK
from .servers import Files, OpenStreetMap, Server, Wfs, busy, cut
from .test_tables import mss, service
from .towns import area_layers, area_service, houses, nominatim_place, osm_service, streets

Run = Callable[..., Result]
Serve = Callable[..., Server]


def toml(tables: dict[str, Any], header: str = "") -> str:
    """Write tables as TOML."""
    flat = {k: v for k, v in tables.items() if not isinstance(v, dict) and not _is_tables(v)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in flat.items() if value is not None]
    for key, value in tables.items():
        name = f"{header}{key}"
        if isinstance(value, dict):
            lines += [f"[{name}]", toml(value, f"{name}.")]
        elif _is_tables(value):
            for table in value:
                lines += [f"[[{name}]]", toml(table, f"{name}.")]
    return "\n".join(lines)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


@pytest.fixture
def catalogue(tmp_path: Path) -> Callable[..., Path]:
    """Write a catalogue of one's own."""

    def write(**tables: Any) -> Path:
        file = tmp_path / "catalogue.toml"
        patience = QUICK.model_dump() | {"silence_s": 5.0, "total_s": 20.0}
        file.write_text(toml({"patience": patience} | tables), encoding="utf-8")
        return file

    return write


def monitoring() -> dict[str, list[dict[str, Any]]]:
    """An index of each planning area."""
    rows = [(key, 1 + n, 5.0 * n) for n, key in enumerate(planning_areas()["area_id"])]
    return {
        "m:index": [
            {
                "type": "Feature",
                "id": f"i.{key}",
                "geometry": None,
                "properties": {"plr_id": key, "si_n": index, "si_v": "x", "s1": value},
            }
            for key, index, value in rows
        ]
    }


def test_a_study_of_what_was_fetched_builds(
    kiezreach: Run, serve: Serve, catalogue: Callable[..., Path], tmp_path: Path
) -> None:
    """Areas, residents, indicators, centres and streets from services; the printed tables."""
    layers = area_layers() | monitoring()
    wfs = serve(Wfs(layers, limit=3))
    osm = serve(OpenStreetMap([*streets(), *houses()], nominatim_place()))
    register = "RAUMID;E_E\n0101;400\n0102;300\n0201;200\n0202;100\n"
    office = serve(Files({"/register.csv": register.encode()}, kind="text/csv"))
    tables = [{"type_name": "m:index", "columns": {"si_n": "status_index", "s1": "poverty_pct"}}]
    own = catalogue(
        areas=[area_service(wfs.url)],
        residents=[service(office.url, id_digits=4, age_groups={})],
        indicators=[mss(wfs.url, tables=tables)],
        openstreetmap=osm_service(osm.url),
    )
    # Every third request of each server goes wrong, in turn as busy, cut off and out of time.
    for server in (wfs, osm, office):
        faults = cycle([busy(429, Retry_After="0"), cut(30), busy(504)])
        server.faults.extend(next(faults) if n % 3 == 0 else None for n in range(60))
    out = tmp_path / "town"
    around = ("--area", out / "areas.gpkg", "--layer", "district")
    study = 'name = "Town"\n\n'
    for arguments in (
        ("areas", "town"),
        ("residents", "town"),
        ("indicators", "mss"),
        ("centres", *around),
        ("network", *around, "--buffer-m", 200),
    ):
        shared = ("--out", out, "--catalogue", own, "--json", "--quiet")
        result = kiezreach("fetch", *arguments, *shared)
        assert result.exit_code == 0, result.output
        told = json.loads(result.stdout)
        assert told["fetched"]
        assert Path(told["file"]).exists()
        study += told["study"] + "\n\n"
    assert all(len(server.faults) < 59 for server in (wfs, osm, office))
    planning_areas()[["geometry"]].to_file(out / "blocks.gpkg")
    file = out / "study.toml"
    file.write_text(study, encoding="utf-8")

    result = kiezreach("check", file, "--json", "--quiet")
    assert result.exit_code == 0, result.output
    built = ("--out", tmp_path / "built", "--maps", "none")
    result = kiezreach("build", file, *built, "--json", "--quiet")
    assert result.exit_code == 0, result.output
    manifest = json.loads(result.stdout)
    assert manifest["headline"]["residents"] == 1000
    assert manifest["headline"]["centres"] == 3
    origins = {entry["role"]: entry for entry in manifest["inputs"]}
    assert origins["areas"]["licence"] == "CC BY 4.0"
    assert origins["residents"]["vintage"] == "2024-12-31"
    assert origins["indicators"]["licence"] == "dl-de/zero-2-0"
    assert origins["centres"]["attribution"] == "© OpenStreetMap contributors"
    assert origins["network"]["vintage"] == "2026-01-01"
    # A centre by its name stands where it was mapped.
    at = on_paper((530, 510)).to_crs(4326)[0]
    rows = (out / "centres.csv").read_text(encoding="utf-8")
    assert f"{at.x:.5f}" in rows


def test_what_was_fetched_is_told(
    kiezreach: Run, serve: Serve, catalogue: Callable[..., Path], tmp_path: Path
) -> None:
    server = serve(Wfs(area_layers()))
    own = catalogue(areas=[area_service(server.url)])
    arguments = ("fetch", "areas", "town", "--out", tmp_path / "out", "--catalogue", own)
    first = kiezreach(*arguments)
    assert first.exit_code == 0
    assert "areas.gpkg: fetched" in first.stdout
    assert "CC BY 4.0; © Town hall" in first.stdout
    table = first.stdout.partition("In the study, beside the file:")[2]
    assert tomllib.loads(table)["areas"]["levels"][1]["id"] == "planning_area"
    again = kiezreach(*arguments)
    assert "is there already, as it was fetched; --refresh asks again" in again.stdout
    assert "replaced" in kiezreach(*arguments, "--refresh").stdout


def test_a_failing_service_is_exit_code_3(
    kiezreach: Run, serve: Serve, catalogue: Callable[..., Path], tmp_path: Path
) -> None:
    server = serve(Wfs(area_layers()))
    server.faults.extend([busy(503)] * 3)
    own = catalogue(areas=[area_service(server.url)])
    result = kiezreach("fetch", "areas", "town", "--out", tmp_path / "out", "--catalogue", own)
    assert result.exit_code == 3
    lines = result.stderr.splitlines()
    assert lines[0].endswith("answered 503 Service Unavailable, saying 'Busy'; asking again in 0 s")
    assert lines[-1].startswith("Error: 127.0.0.1:")
    assert "(3 attempts). Asked was: GET http://127.0.0.1:" in lines[-1]
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("areas",), "Name a service"),
        (("areas", "berlin-lor-2021", "--osm", "x.pbf"), "Name a service"),
        (("areas", "atlantis"), "no service of areas 'atlantis'. It has: berlin-lor-2021"),
        (("residents",), "Name a table"),
        (("residents", "--osm", "x.pbf"), "--area is needed with --osm"),
        (("network",), "Say where to look"),
        (("network", "--area", "a.gpkg", "--place", "B"), "Say where to look"),
        (("network", "--extract", "e", "--file", "f"), "exclude each other"),
        (("network", "--extract", "atlantis"), "no extract 'atlantis'. It has: brandenburg"),
        (("network", "--area", "none.gpkg"), "none.gpkg: there is no such file"),
        (("network", "--place", "B", "--buffer-m", "-1"), "not in the range"),
        (("centres", "--place", "B", "--tag", "amenity"), "give KEY=VALUE"),
        (("centres", "--area", "none.gpkg"), "there is no such file"),
        (("grid", "zensus-2022-100m", "--file", "x.csv"), "Say where to look"),
        (("services", "--catalogue", "none.toml"), "there is no such file"),
    ],
)
def test_wrong_usage_is_exit_code_2(kiezreach: Run, arguments: tuple[str, ...], told: str) -> None:
    result = kiezreach("fetch", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr


_NOT_ENCRYPTED = """
[openstreetmap]
name = "o"
title = ""
source = ""
licence = ""
attribution = ""
overpass = "http://example.org/api"
nominatim = "https://example.org"
centre_tags = { amenity = ["x"] }
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[areas]]\nnam = 'x'", "unknown key 'areas[1].nam'. Did you mean 'name'?"),
        ("[patience]\nattempts = 0", "'patience.attempts' is 0"),
        (
            _NOT_ENCRYPTED,
            "'openstreetmap.overpass': 'http://example.org/api' is no https address",
        ),
        ("[[areas]", "is not valid TOML"),
    ],
)
def test_a_catalogue_that_is_wrong(kiezreach: Run, tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(text)
    result = kiezreach("fetch", "services", "--catalogue", file)
    assert result.exit_code == 2
    assert told in result.stderr


def test_services_of_ones_own_come_beside_the_packaged_ones(
    kiezreach: Run, catalogue: Callable[..., Path]
) -> None:
    own = catalogue(areas=[area_service("https://example.org/wfs")])
    listed = kiezreach("fetch", "services", "--catalogue", own).stdout
    assert "town" in listed
    assert "berlin-lor-2021" in listed
    replaced = catalogue(areas=[area_service("https://example.org/wfs", name="berlin-lor-2021")])
    assert len(read_catalogue(replaced).areas) == len(read_catalogue().areas)


def test_a_dry_run_names_host_limit_and_licence(kiezreach: Run, tmp_path: Path) -> None:
    result = kiezreach(
        "fetch", "network", "--extract", "brandenburg", "--dry-run", "--json", "--out", tmp_path
    )
    assert json.loads(result.stdout) == [
        {
            "host": "download.geofabrik.de",
            "request": "GET https://download.geofabrik.de/europe/germany/brandenburg-latest.osm.pbf.md5",
            "what": "its checksum",
            "max_mb": 0.01,
            "licence": "",
        },
        {
            "host": "download.geofabrik.de",
            "request": "GET https://download.geofabrik.de/europe/germany/brandenburg-latest.osm.pbf",
            "what": "Brandenburg with Berlin, from Geofabrik; about 200 MB, new every day",
            "max_mb": 800,
            "licence": "ODbL 1.0",
        },
    ]
    by_file = kiezreach("fetch", "residents", "berlin-2025-12", "--file", "x.csv", "--dry-run")
    assert by_file.stdout == "Nothing would be asked: it is made of files.\n"
    assert list(tmp_path.iterdir()) == []


def test_the_packaged_catalogue_asks_for_encrypted_addresses_only() -> None:
    text = json.dumps(read_catalogue().model_dump(mode="json"))
    assert "http://" not in text
