"""Check the columns of an input: names, ids, counts and numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kiezreach.errors import STEERING, InputError, shown

if TYPE_CHECKING:
    import numpy.typing as npt

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_NUMBER_OF_AN_ID = re.compile(r"(\d+)\.0+")  # what a spreadsheet or a data frame makes of an id
_ORDINARY_DIGITS = 2  # 1 to 12 are numbers, not codes that lost a zero
_COUNTED_THROUGH = 0.5  # share of numbers in use above which ids are running numbers, not codes
_ANOTHER_CUT = 0.5  # share of unknown ids above which a file is of other areas altogether
_UNPRINTABLE = re.compile(f"{STEERING.pattern}|[\\t\\r\\n]")
_NAMED = 40  # columns that a message names
_MOST_AT_A_PLACE = 10**9  # more residents than this at one point are a slip


def require_columns(frame: pd.DataFrame, columns: list[str], path: Path) -> None:
    """Raise an error that names the columns which are missing and those that are there."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        msg = f"has no column {', '.join(repr(c) for c in missing)}"
        there = [shown(c) for c in frame.columns if c != "geometry"]
        more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
        told = ", ".join(there[:_NAMED]) or "none"
        remedy = f"Its columns are: {told}{more}. Rename one, or name it in the study"
        raise InputError(msg, file=path, remedy=remedy)


def row_of(frame: pd.DataFrame, at: int) -> str:
    """Name a row as the user finds it: its line in a table, its number in a layer."""
    return f"row {frame.index[at]}"


def ids(frame: pd.DataFrame, column: str, path: Path, *, unique: bool = True) -> pd.Series:
    """Return a column of ids as text, checked.

    Raises
    ------
    InputError
        If one is missing or, where they must be unique, stands twice.
    """
    values = frame[column]
    if pd.api.types.is_numeric_dtype(values) and values.notna().all():
        values = values.astype("int64") if (values % 1 == 0).all() else values
    text = values.astype("string").fillna("").str.strip()
    empty = (text == "").to_numpy()
    if empty.any():
        msg = f"'{column}' is empty"
        row = row_of(frame, int(empty.argmax()))
        raise InputError(msg, file=path, row=row, remedy="Give every row its id")
    at = next((i for i, value in enumerate(text) if STEERING.search(value)), None)
    if at is not None:
        msg = f"the id '{shown(text.iloc[at])}' has a character that cannot be printed"
        remedy = "Type the id anew"
        raise InputError(msg, file=path, row=row_of(frame, at), remedy=remedy)
    if unique and text.duplicated().any():
        value = text[text.duplicated()].iloc[0]
        first, second = np.flatnonzero(text == value)[:2]
        msg = f"the id '{shown(value)}' stands in {row_of(frame, first)} as well"
        remedy = "Give every row an id of its own"
        raise InputError(msg, file=path, row=row_of(frame, second), remedy=remedy)
    return text.astype(object)


def names(frame: pd.DataFrame, column: str, ids: pd.Series) -> pd.Series:
    """Return a column of names as text; what has none goes by its id."""
    text = plain_texts(frame[column])
    return text.where(text != "", ids)


def plain_texts(values: pd.Series) -> pd.Series:
    """Return texts on one line, without blanks around them; empty where they are missing.

    Characters that steer a terminal, turn the order of letters or cannot stand in XML become
    blanks: a name comes from whoever wrote the file, and ends in maps, tables and messages.
    """
    text = values.astype("string").fillna("").astype(object)
    return text.map(lambda value: _UNPRINTABLE.sub(" ", value).strip())


def check_leading_zeros(text: pd.Series, path: Path) -> None:
    """Raise an error if ids look as if a spreadsheet had cut their leading zeros.

    Official codes of one level have one length. Digits of two neighbouring lengths are the mark
    of a column that was read as numbers, unless the ids are running numbers.
    """
    length = text.str.len()
    longest = int(length.max())
    cut = length == longest - 1
    if longest <= _ORDINARY_DIGITS or not cut.any() or not text.str.isdecimal().all():
        return
    number = text.map(int)
    running = len(text) / (number.max() - number.min() + 1) > _COUNTED_THROUGH
    if (length[~cut] == longest).all() and not running:
        short = text[cut].iloc[0]
        msg = f"the id '{short}' has {longest - 1} digits where others have {longest}"
        remedy = f"It seems to have lost its leading zero: '0{short}'. Store ids as text"
        raise InputError(msg, file=path, row=f"id {short}", remedy=remedy)


def check_known(
    text: pd.Series, known: set[str], what: str, path: Path, label: pd.Series | None = None
) -> None:
    """Raise an error if an id is not among the known ones, with a hint at what went wrong.

    Ids that were read as numbers and lost leading zeros are named; so is a file that follows
    another cut of the areas, which is known by most of its ids being unknown.

    Parameters
    ----------
    text
        Ids, indexed by row.
    known
        Ids that exist.
    what
        What has them, for the message.
    path
        The file of the rows.
    label
        Name of each row in the message, where it has an id of its own.
    """
    unknown = ~text.isin(known).to_numpy()
    if not unknown.any():
        return
    at = int(unknown.argmax())
    value = text.iloc[at]
    row = f"row {text.index[at]}" if label is None else f"id {shown(label.iloc[at])}"
    if number := _NUMBER_OF_AN_ID.fullmatch(value):
        msg = f"'{shown(value)}' is not the id of a {what}"
        meant = next((k for k in sorted(known) if k.lstrip("0") == number[1].lstrip("0")), None)
        remedy = "The ids were read as numbers: store them as text"
        remedy += "" if meant is None else f", here '{meant}'"
        raise InputError(msg, file=path, row=row, remedy=remedy)
    alike = next((k for k in sorted(known) if k.lstrip("0") == value.lstrip("0")), None)
    if alike is None and unknown.mean() > _ANOTHER_CUT:
        msg = f"{unknown.sum()} of its {len(text)} ids are no {what}, the first is '{shown(value)}'"
        remedy = (
            "The file seems to follow another cut of the areas, such as that of another year "
            f"({text.nunique()} ids in the file, {len(known)} in the study): convert it to the "
            "study's areas, or give the study the areas of its year"
        )
        raise InputError(msg, file=path, row=row, remedy=remedy)
    if alike is None:
        remedy = f"Correct it ({unknown.sum()} of {len(text)} rows have such an id), or check that"
        remedy += " both files are of the same year"
    elif len(alike) > len(value):
        remedy = f"'{alike}' is one: the id has lost its leading zero. Store ids as text"
    else:
        remedy = f"'{alike}' is one: it has lost its leading zero in that file. Store ids as text"
    msg = f"'{shown(value)}' is not the id of a {what}"
    raise InputError(msg, file=path, row=row, remedy=remedy)


def whole_numbers(frame: pd.DataFrame, column: str, path: Path) -> npt.NDArray[np.int64]:
    """Return a column of counts.

    Raises
    ------
    InputError
        If a value is missing, no number, negative, fractional, or beyond all measure.
    """
    raw = frame[column]
    values = pd.to_numeric(raw, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    missing = (raw.isna() | (raw.astype("string") == "").fillna(value=True)).to_numpy(dtype=bool)
    for bad, problem in (
        (missing, "is missing"),
        (np.isnan(values), "is {}, which is no number"),
        (values < 0, "is {}, which is negative"),
        (values > _MOST_AT_A_PLACE, "is {}, which is beyond all measure"),
        (values != np.floor(values), "is {}, which is not a whole number"),
    ):
        if bad.any():
            at = int(bad.argmax())
            msg = f"'{column}' {problem.format(shown(raw.iloc[at]))}"
            remedy = "Give a whole number of 0 or more"
            raise InputError(msg, file=path, row=row_of(frame, at), remedy=remedy)
    return values.astype(np.int64)


def numbers(
    frame: pd.DataFrame, column: str, path: Path, *, remedy: str
) -> npt.NDArray[np.float64]:
    """Return a column of finite numbers, NaN where the value is missing.

    Raises
    ------
    InputError
        If a value is no number.
    """
    raw = frame[column]
    values = pd.to_numeric(raw, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = ~np.isfinite(values) & (raw != "").to_numpy()
    if bad.any():
        at = int(bad.argmax())
        text = str(raw.iloc[at])
        msg = f"'{column}' is '{shown(text)}', which is no number"
        if _DECIMAL_COMMA.fullmatch(text):
            msg = f"'{column}' is '{shown(text)}', with a decimal comma"
            remedy = f"Write {text.replace(',', '.')}: numbers have a decimal point throughout"
        raise InputError(msg, file=path, row=row_of(frame, at), remedy=remedy)
    return values


def weights(frame: pd.DataFrame, column: str, path: Path) -> npt.NDArray[np.float64]:
    """Return a column of weights: finite numbers of 0 or more, one of them above 0.

    Raises
    ------
    InputError
        If a value is missing, no number or negative, or all are 0.
    """
    remedy = "Give a number of 0 or more, with a decimal point"
    values = numbers(frame, column, path, remedy=remedy)
    for bad, problem in (
        (np.isnan(values), "is missing"),
        (values < 0, "is {}, which is negative"),
    ):
        if bad.any():
            at = int(bad.argmax())
            msg = f"'{column}' {problem.format(shown(frame[column].iloc[at]))}"
            raise InputError(msg, file=path, row=row_of(frame, at), remedy=remedy)
    if not values.any():
        msg = f"'{column}' is 0 in every row"
        raise InputError(msg, file=path, remedy="Check that it is the right column")
    return values


def check_groups_add_up(
    counts: pd.DataFrame, groups: tuple[str, ...], label: pd.Series, setting: str, path: Path
) -> None:
    """Raise an error if the age groups of a row do not add up to its residents.

    Parameters
    ----------
    counts
        ``residents`` and a column for each group.
    groups
        Columns that split the residents; none is fine.
    label
        Id of each row, aligned with `counts`.
    setting
        Key of the study that lists the groups.
    path
        The file of the rows.
    """
    if not groups:
        return
    total = counts[list(groups)].sum(axis=1)
    wrong = (total != counts["residents"]).to_numpy()
    if wrong.any():
        at = int(wrong.argmax())
        msg = (
            f"the age groups add up to {total.iloc[at]}, "
            f"not to {counts['residents'].iloc[at]} residents"
        )
        remedy = f"Correct the counts, or name all groups in {setting}"
        raise InputError(msg, file=path, row=f"id {shown(label.iloc[at])}", remedy=remedy)
