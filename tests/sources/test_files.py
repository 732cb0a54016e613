"""Tables as spreadsheets write them, and files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiezreach.errors import InputError
from kiezreach.sources.files import read_table

PLAIN = "id,name\n01,Haus Süd\n02,Haus Nord\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.rstrip().encode(),
        PLAIN.replace("Haus Süd", '" Haus Süd "').encode(),
        PLAIN.replace("id", " id ").encode(),
    ],
    ids=[
        "plain",
        "BOM",
        "semicolons",
        "tabs",
        "CRLF",
        "CR",
        "no last line end",
        "quotes",
        "blanks",
    ],
)
def test_the_common_ways_of_writing_a_table_are_one(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    table = read_table(path)
    assert table.columns.tolist() == ["id", "name"]
    assert table.to_numpy().tolist() == [["01", "Haus Süd"], ["02", "Haus Nord"]]
    assert table.index.tolist() == [2, 3]


def test_rows_are_numbered_as_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('id,name\n\na,"one\ntwo"\n , \nb,x\u2028y\n', encoding="utf-8")
    table = read_table(path)
    assert table.index.tolist() == [3, 6]
    assert table["name"].tolist() == ["one\ntwo", "x\u2028y"]


def test_words_for_missing_values_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("id,name\nNA,null\n1e5,\n")
    assert read_table(path).to_numpy().tolist() == [["NA", "null"], ["1e5", ""]]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"id,\0\n1,2\n", "not a text file"),
        ("id,name\n1,2\n".encode("utf-16"), "line 1: is not a text file in UTF-8"),
        (b"id,,name\n1,2,3\n", "a column has no name"),
        (b"id,name\n1,2\n3\n", "line 3: 1 values stand under 2 columns"),
        (b'id,name\n1,"a"b\n', "line 2: a double quote"),
        (b"id,name\n1," + b"x" * 200_000, "line 2"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    with pytest.raises(InputError, match=problem):
        read_table(path)


def test_an_error_is_one_printable_line() -> None:
    error = InputError("is\nbad\x1b[31m", file="a.csv", row="id x\ty", remedy="Mend\u202eit")
    assert str(error) == "a.csv, id x y: is bad [31m. Mend it"
