"""Open input files and tables, and say in one sentence what is wrong with a file."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import pandas as pd

from kiezreach import limits
from kiezreach.errors import InputError, shown
from kiezreach.limits import require_ordinary, require_within

_CSV_REMEDY = "Save it as CSV in UTF-8, with a header line and commas between the values"
TABLE_SUFFIXES = (".csv", ".tsv", ".txt")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def require_file(path: Path, most_mb: float | None = None) -> None:
    """Raise an error unless there is a readable file with something in it.

    Parameters
    ----------
    path
        The file.
    most_mb
        Largest size in MB (10^6 bytes), one of `defaults`; any where none is given.

    Raises
    ------
    InputError
        If it is missing, a folder or a device, empty, too large, or must not be read.
    """
    require_ordinary(path, most_mb)
    try:
        with path.open("rb") as stream:
            empty = not stream.read(1)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        msg = "there is no such file"
        raise InputError(msg, file=path, remedy="Correct the path") from error
    except IsADirectoryError as error:
        msg = "is a folder, not a file"
        raise InputError(msg, file=path, remedy="Correct the path") from error
    except OSError as error:
        msg = f"cannot be opened ({error.strerror})"
        remedy = "Check its name and permissions"
        raise InputError(msg, file=shown(path), remedy=remedy) from error
    if empty:
        msg = "the file is empty"
        raise InputError(msg, file=path, remedy="Get or export it again")


def read_text(path: Path) -> str:
    """Return the text of a file of settings in UTF-8, with or without a byte order mark.

    Raises
    ------
    InputError
        If it is missing, empty, too large, or no such text.
    """
    require_file(path, limits.MAX_SETTINGS_MB)
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        msg = "is not a text file in UTF-8"
        raise InputError(msg, file=path, row=f"line {line}", remedy="Save it as UTF-8") from error


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV with a header line; every value stays the text that it is.

    Parameters
    ----------
    path
        CSV in UTF-8, separated by comma, semicolon or tab. Blank lines count for nothing.

    Returns
    -------
    DataFrame
        Strings without blanks around them; the index is the number of the line in the file.

    Raises
    ------
    InputError
        If it is missing, empty, too large, not such a file, or a line has too few or too many
        values.
    """
    require_file(path, limits.MAX_TABLE_MB)
    lines = _read_lines(path)
    header_line, header = lines[0]
    require_within(len(header), limits.MAX_COLUMNS, "columns", path)
    require_within(len(lines) * len(header), limits.MAX_CELLS, "values", path)
    if "" in header[: len(header) - 1] or len(set(header)) < len(header):
        twice = next((name for name in header if header.count(name) > 1), "")
        msg = f"the column '{shown(twice)}' stands twice" if twice else "a column has no name"
        remedy = "Give every column a name of its own"
        raise InputError(msg, file=path, row=f"line {header_line}", remedy=remedy)
    rows = []
    for number, values in lines[1:]:
        if len(values) != len(header):
            msg = f"{len(values)} values stand under {len(header)} columns"
            remedy = "Put a value that has a separator in it into double quotes"
            raise InputError(msg, file=path, row=f"line {number}", remedy=remedy)
        rows.append(values)
    if not rows:
        msg = "has a header line and no rows"
        raise InputError(msg, file=path, remedy="Add the rows, or export it again")
    index = pd.Index([number for number, _ in lines[1:]])
    return pd.DataFrame(rows, columns=header, index=index, dtype=object)


def _read_lines(path: Path) -> list[tuple[int, list[str]]]:
    """Return the values of each line that has any, with the number of the line it begins in."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        msg = "is not a text file in UTF-8"
        raise InputError(msg, file=path, row=f"line {line}", remedy=_CSV_REMEDY) from error
    if "\0" in text:
        msg = "is not a text file"
        raise InputError(msg, file=path, remedy=_CSV_REMEDY)
    found: list[tuple[int, list[str]]] = []
    lines = text.splitlines()
    require_within(max(map(len, lines)), limits.MAX_LINE_CHARS, "characters in a line", path)
    first = next((line for line in lines if line.strip()), "")
    del lines
    separator = max(",;\t", key=first.count)
    stream = io.StringIO(text, newline="")  # line ends inside quotes stay as they are
    reader = csv.reader(stream, delimiter=separator, strict=True)
    begin = 1
    try:
        for values in reader:
            stripped = [value.strip() for value in values]
            if any(stripped):
                found.append((begin, stripped))
            begin = reader.line_num + 1
    except csv.Error as error:
        msg = "a double quote is not closed, or stands in the middle of a value"
        remedy = "Double each quote inside a value, and close the value with one"
        if "field limit" in str(error):
            msg = f"a value has more than {csv.field_size_limit():,} characters"
            remedy = "Close each double quote, and shorten the value"
        raise InputError(msg, file=path, row=f"line {begin}", remedy=remedy) from error
    if not found:
        msg = "holds nothing but blank lines"
        raise InputError(msg, file=path, remedy=_CSV_REMEDY)
    return found
