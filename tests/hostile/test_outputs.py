"""Names that are made to harm whoever opens a map, a table, a comment or a terminal."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import zipfile
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from click.testing import CliRunner

from kiezreach.cli import group
from kiezreach.outputs.difference import _escaped
from kiezreach.outputs.tables import harmless, harmless_table, write_csv

from ..worlds import write_small_study  # noqa: TID252 - one small town for all

NAMES = [
    '=HYPERLINK("http://evil.example","x")',
    "</script><script>alert(1)</script>\u2028<img src=x onerror=alert(2)>",
    '$\\frac{a}$ #read("/etc/passwd") *b* {{ config }} ${x}',
    "\x01\x1b[2J\x1b]0;t\x07 \u202egnp.exe ;=1+1 @all",
]
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
STARTS = re.compile("[=+@\t\r\uff1d\uff0b\uff0d\uff20-]")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of the small town in which every name is hostile."""
    folder = tmp_path_factory.mktemp("names")

    def named(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(name=NAMES[: len(frame)])

    def centres(frame: pd.DataFrame) -> pd.DataFrame:
        operators = ["Haus;=1+1", "javascript:alert(1)", "a\nb", "-5"]
        return named(frame).assign(operator=operators, kind=["@x", "+49 30", "=1", "\uff1d1"])

    study = write_small_study(
        folder,
        centres=centres,
        planning_area=named,
        district=named,
        study=lambda text: (
            text.replace('"Smalltown"', '"=cmd() <script>alert(3)</script> \\u001b[2J \\u202e"')
            .replace('file = "centres.csv"', 'file = "centres.csv"\nattribution = "<b onload=x>@x"')
            .replace("briefs = false", 'briefs = ["en"]')
        ),
    )
    ran = CliRunner().invoke(group, ["build", str(study), "--out", str(folder / "out"), "--quiet"])
    assert ran.exit_code == 0, ran.output
    assert not STEERING.search(ran.output)
    return folder / "out"


def cells(path: Path, separator: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [cell for row in csv.reader(file, delimiter=separator) for cell in row]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_of_any_table_is_a_formula(out: Path, separator: str) -> None:
    tables = sorted(out.glob("tables/*.csv"))
    assert len(tables) > 9
    found = {cell for path in tables for cell in cells(path, separator)}
    assert not [c for c in found if STARTS.match(c) and not NUMBER.fullmatch(c)]
    assert not [c for c in found if STEERING.search(c)]


def test_negative_numbers_stay_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"lon": [-3.5], "deficit": [-7], "=a": ["-2"], "b": ["-2+3"]})
    write_csv(frame, tmp_path / "a.csv")
    assert cells(tmp_path / "a.csv", ",") == [
        "lon", "deficit", "'=a", "b", "-3.500000", "-7.0", "-2", "'-2+3"
    ]  # fmt: skip


def test_fetched_tables_are_harmless_too() -> None:
    frame = pd.DataFrame({"@a": ["=1", "x;=1"], "n": [-1, 2]}, index=pd.Index(["+1 2", "02"]))
    made = harmless_table(frame)
    assert list(made.columns) == ["'@a", "n"]
    assert list(made["'@a"]) == ["'=1", "x;'=1"]
    assert list(made["n"]) == [-1, 2]
    assert list(made.index) == ["'+1 2", "02"]


@pytest.mark.parametrize("text", ["Haus = Hof", "a - b", "", "3-5", "-4.5", "+3", "Süd; Nord"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_no_name_becomes_a_part_of_a_page(out: Path) -> None:
    pages = [out / "map.html", *out.glob("briefs/*.html")]
    assert len(pages) > 1
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "Content-Security-Policy" in text
        assert not re.search(r"<(script|img|b)[^>]*(alert|onerror|onload)|<script>alert", text)
        assert not STEERING.search(text)


def test_briefs_print_markup_as_it_stands(out: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    pages = [pypdf.PdfReader(path).pages for path in out.glob("briefs/*.pdf")]
    told = " ".join(page.extract_text() for each in pages for page in each)
    assert "#read(" in told
    assert "root:" not in told


def test_pictures_and_projects_are_xml_that_can_be_read(out: Path) -> None:
    pictures = sorted(out.glob("print/*.svg"))
    assert pictures
    for picture in pictures:
        root = ET.fromstring(picture.read_text(encoding="utf-8"))
        assert not [e for e in root.iter() if e.tag.rpartition("}")[2] in {"script", "a"}]
    with sqlite3.connect(out / "layers.gpkg") as file:
        projects = file.execute("SELECT content FROM qgis_projects").fetchall()
        styles = file.execute("SELECT styleQML FROM layer_styles").fetchall()
    file.close()
    for (content,) in projects:
        packed = content if isinstance(content, bytes) else bytes.fromhex(content)
        archive = zipfile.ZipFile(BytesIO(packed))
        for name in archive.namelist():
            ET.fromstring(archive.read(name))
    for (style,) in styles:
        ET.fromstring(style)


def test_no_file_of_a_build_is_named_by_a_name(out: Path) -> None:
    written = [path.relative_to(out).as_posix() for path in out.rglob("*")]
    assert all(re.fullmatch(r"[\w./-]+", name) for name in written)


def test_an_id_cannot_leave_the_folder(tmp_path: Path) -> None:
    away = {"01": "../../../away", "02": "02"}
    study = write_small_study(
        tmp_path / "study",
        district=lambda f: f.assign(area_id=f["area_id"].map(away)),
        planning_area=lambda f: f.assign(parent_id=f["parent_id"].map(away)),
    )
    folder = tmp_path / "a" / "out"
    arguments = ["brief", str(study), "--area", away["01"], "--out", str(folder), "--quiet"]
    ran = CliRunner().invoke(group, arguments)
    assert ran.exit_code == 0, ran.output
    assert {path.name for path in tmp_path.iterdir()} == {"study", "a"}
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["out"]


def test_an_id_that_cannot_be_printed_is_refused(tmp_path: Path) -> None:
    study = write_small_study(
        tmp_path, centres=lambda f: f.assign(centre_id=["c1", "c2", "c\x1b[2J3", "c4"])
    )
    ran = CliRunner().invoke(group, ["check", str(study)])
    assert ran.exit_code == 2
    assert "has a character that cannot be printed" in ran.output
    assert "\x1b" not in ran.output


def test_a_comment_holds_no_markup_of_a_name() -> None:
    told = _escaped("[a](http://evil.example) ![b](x) <img src=x> @all `c` | d\n# e \x1b[2J")
    assert not re.search(r"(?<!\\)[\[\]<>`|#!](?<!!)", told)
    assert "://" not in told
    assert "@all" not in told
    assert told.isprintable() or "\N{ZERO WIDTH SPACE}" in told
    assert "\n" not in told


def test_json_is_read_back_as_it_was(out: Path) -> None:
    for path in out.rglob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))
