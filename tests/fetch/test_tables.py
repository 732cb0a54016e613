"""Tables: residents of a statistical office, indicators of a WFS, cells of a census grid."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from kiezreach.errors import DownloadError, InputError
from kiezreach.fetch import grid, indicators, residents
from kiezreach.fetch.delivery import Job
from kiezreach.fetch.regions import Region
from kiezreach.sources.downloads.catalogue import read_catalogue

from .servers import Files, Server, Wfs, cut, page_for_browsers

Make = Callable[..., Job]
REGISTER = """ZEIT;RAUMID;E_E;E_U;E_A;E_B
202412;01100102;20;5;10;5
202412;01100101;10;1;4;5
"""


def service(url: str, **changed: Any) -> dict[str, Any]:
    """Table [[residents]] of a catalogue."""
    return {
        "name": "town",
        "title": "Register",
        "source": "Town hall",
        "licence": "CC BY 4.0",
        "attribution": "© Town hall",
        "vintage": "2024-12-31",
        "url": f"{url}/register.csv",
        "by_hand": "https://example.org/register",
        "id_column": "RAUMID",
        "id_digits": 8,
        "residents": ["E_E"],
        "age_groups": {"young": ["E_U"], "old": ["E_A", "E_B"]},
    } | changed


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve(Files({"/register.csv": REGISTER.encode()}, kind="text/csv"))


@pytest.fixture
def job(server: Server, job_with: Make) -> Job:
    return job_with(residents=[service(server.url)])


def test_residents_become_totals(job: Job) -> None:
    file = residents.fetch(job, "town").file
    assert file.read_text() == (
        "planning_area_id,residents,young,old\n01100101,10,1,9\n01100102,20,5,15\n"
    )
    record = tomllib.loads((job.out / "residents.csv.source.toml").read_text(encoding="utf-8"))
    assert record["vintage"] == "2024-12-31"
    assert record["downloads"][0]["bytes"] == len(REGISTER)


def test_a_table_that_was_saved_by_hand_is_read_alike(
    job: Job, server: Server, tmp_path: Path
) -> None:
    mine = tmp_path / "saved.csv"
    mine.write_text(REGISTER)
    file = residents.fetch(job, "town", mine).file
    assert file.read_text().startswith("planning_area_id,residents,young,old\n01100101,10,1,9\n")
    assert server.asked == []


def test_a_page_instead_of_the_table_names_the_way_by_hand(job: Job, server: Server) -> None:
    server.faults.append(page_for_browsers)
    with pytest.raises(DownloadError) as caught:
        residents.fetch(job, "town")
    told = str(caught.value)
    assert "a page for browsers: 'Please enable JavaScript'" in told
    assert "by hand from https://example.org/register and give it with --file" in told
    assert list(job.out.iterdir()) == []


def test_a_table_that_was_cut_off_is_gone_on_with(job: Job, server: Server) -> None:
    server.faults.append(cut(20))
    residents.fetch(job, "town")
    assert server.asked[1].headers["Range"] == "bytes=20-"


def test_a_known_table_must_be_the_known_one(server: Server, job_with: Make) -> None:
    job = job_with(residents=[service(server.url, sha256="0" * 64)])
    with pytest.raises(DownloadError, match="another file now than the one that is known"):
        residents.fetch(job, "town")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("01100102", "1100102", "'RAUMID' is '1100102', which has not 8 digits"),
        (";20;", ";;", "'E_E' is missing"),
        (";20;", ";20,5;", "'E_E' is 20,5, which is no number"),
        (";20;", ";21;", "the age groups add up to 20, not to 21"),
        ("E_U", "E_V", "has no column 'E_U'"),
        ("01100102", "01100101", "stands in row 2 as well"),
    ],
)
def test_a_table_that_is_not_as_the_catalogue_says(
    job: Job, server: Server, before: str, after: str, told: str
) -> None:
    server.reply.content["/register.csv"] = REGISTER.replace(before, after).encode()
    with pytest.raises(InputError, match=told):
        residents.fetch(job, "town")
    assert list(job.out.iterdir()) == []


def test_the_packaged_tables_of_berlin_add_up() -> None:
    """Each age of the register is in one group, and the names of groups are those of the study."""
    for table in read_catalogue().residents:
        assert list(table.age_groups) == [
            "age_under_6", "age_6_15", "age_15_18", "age_18_27",
            "age_27_45", "age_45_55", "age_55_65", "age_65_over",
        ]  # fmt: skip
        columns = [column for group in table.age_groups.values() for column in group]
        assert len(set(columns)) == len(columns)


# --- indicators ---------------------------------------------------------------------------------


def mss(url: str, **changed: Any) -> dict[str, Any]:
    """Table [[indicators]] of a catalogue."""
    return {
        "name": "mss",
        "title": "Monitoring",
        "source": "Senate",
        "licence": "dl-de/zero-2-0",
        "attribution": "Senate",
        "vintage": "2024",
        "url": url,
        "id_column": "plr_id",
        "page": 2,
        "missing": [-9999],
        "tables": [
            {"type_name": "m:index", "columns": {"si_n": "status_index", "si_v": "status_label"}},
            {"type_name": "m:values", "columns": {"s1": "unemployment_pct"}},
        ],
    } | changed


def monitoring() -> dict[str, list[dict[str, Any]]]:
    """Three areas, of which one has no index."""
    index = [("02", 4, "sehr niedrig"), ("01", 1, "hoch"), ("03", -9999, None)]
    values = [("01", 2.5), ("02", 11.25), ("03", None)]

    def feature(number: int, properties: dict[str, Any]) -> dict[str, Any]:
        polygon = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
        return {"type": "Feature", "id": str(number), "geometry": polygon, "properties": properties}

    return {
        "m:index": [
            feature(n, {"plr_id": a, "si_n": i, "si_v": v}) for n, (a, i, v) in enumerate(index)
        ],
        "m:values": [feature(n, {"plr_id": a, "s1": v}) for n, (a, v) in enumerate(values)],
    }


def test_indicators_are_joined_by_area_as_published(
    serve: Callable[..., Server], job_with: Make
) -> None:
    server = serve(Wfs(monitoring()))
    delivery = indicators.fetch(job_with(indicators=[mss(server.url)]), "mss")
    assert delivery.file.read_text() == (
        "planning_area_id,status_index,status_label,unemployment_pct\n"
        "01,1,hoch,2.5\n02,4,sehr niedrig,11.25\n03,,,\n"
    )
    assert delivery.made is not None
    assert delivery.made.notes == ("1 areas lack some value, as published",)
    starts = [r.query["startIndex"] for r in server.asked if "startIndex" in r.query]
    assert starts == ["0", "2", "0", "2"]


def test_an_indicator_that_is_not_there_any_more(
    serve: Callable[..., Server], job_with: Make
) -> None:
    server = serve(Wfs(monitoring()))
    tables = [{"type_name": "m:index", "columns": {"s9": "other"}}]
    job = job_with(indicators=[mss(server.url, tables=tables)])
    with pytest.raises(
        InputError, match=r"m:index: has no column 's9' any more. It has plr_id, si"
    ):
        indicators.fetch(job, "mss")


# --- grid ---------------------------------------------------------------------------------------

FORM = {
    "name": "census",
    "title": "Census",
    "source": "Census",
    "licence": "dl-de/by-2-0",
    "attribution": "Census",
    "by_hand": "https://example.org",
    "x_column": "x_mp_100m",
    "y_column": "y_mp_100m",
    "residents_column": "Einwohner",
    "crs": "EPSG:3035",
    "cell_m": 100,
    "hidden": ["-1", ""],
}
CENSUS = """GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner
a;4550150;3270050;7
b;4550050;3270050;3
c;4550050;3270150;-1
d;4550250;3270050;9
e;4650050;3270050;100
"""


@pytest.fixture
def two_cells(tmp_path: Path) -> Region:
    """Ground in the first column of cells and half of the second."""
    ground = shapely.box(4_550_000, 3_270_000, 4_550_149, 3_270_200)
    file = tmp_path / "ground.gpkg"
    gpd.GeoDataFrame({"area_id": ["a"]}, geometry=[ground], crs=3035).to_crs(25833).to_file(file)
    return Region(file)


def test_cells_that_touch_the_area(job_with: Make, two_cells: Region, tmp_path: Path) -> None:
    census = tmp_path / "census.csv"
    census.write_text(CENSUS)
    delivery = grid.fetch(job_with(grids=[FORM]), "census", census, two_cells)
    found = pd.read_csv(delivery.file)
    assert found.to_dict("list") == {
        "x": [4550050, 4550150],
        "y": [3270050, 3270050],
        "residents": [3, 7],
    }
    assert delivery.made is not None
    assert delivery.made.notes[1] == "1 cells whose count is not published are left out"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("Einwohner", "Personen", "has no column 'Einwohner'"),
        (";7\n", ";viele\n", "'Einwohner' is 'viele', which is no number"),
        ("4550150", "west", "is no number"),
        (";7\n", ";0\n", None),
    ],
)
def test_a_grid_of_another_form(
    job_with: Make, two_cells: Region, tmp_path: Path, before: str, after: str, told: str | None
) -> None:
    census = tmp_path / "census.csv"
    census.write_text(CENSUS.replace(before, after))
    job = job_with(grids=[FORM])
    if told is None:
        grid.fetch(job, "census", census, two_cells)
        return
    with pytest.raises(InputError, match=told):
        grid.fetch(job, "census", census, two_cells)


def test_a_grid_of_elsewhere_or_packed(job_with: Make, two_cells: Region, tmp_path: Path) -> None:
    census = tmp_path / "census.csv"
    census.write_text("GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner\na;1050;1050;7\n")
    with pytest.raises(InputError, match="has no inhabited cell in the area"):
        grid.fetch(job_with(grids=[FORM]), "census", census, two_cells)
    census.write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(InputError, match="Unpack the download"):
        grid.fetch(job_with(grids=[FORM]), "census", census, two_cells)
