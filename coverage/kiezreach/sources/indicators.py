"""Indicators of any level of areas, handed down to the planning areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kiezreach.errors import InputError, shown
from kiezreach.sources.areas import holding_areas
from kiezreach.sources.columns import check_known, ids, numbers, require_columns, row_of
from kiezreach.sources.files import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.study import AreaClasses, Indicators, Study

_WHOLE_PCT = 100.0
_LOOKS_LIKE_PCT = 0.9  # share of values within 0 and 100 from which the others look like slips
_ANOTHER_LEVEL = 0.5  # share of a file's ids above which they tell the level that it is of
_NO_ROW = "the file has no row for this area of the level {level}: its values are missing"


@dataclass(frozen=True, eq=False)
class IndicatorTable:
    """What the indicator files say of each planning area.

    Parameters
    ----------
    numbers
        Indexed and sorted by ``planning_area_id``; every column of numbers of every file, NaN
        where a value is missing.
    texts
        Likewise the columns that sort areas into classes, as text; empty where missing.
    excluded
        ``file``, ``row`` (empty), ``id``, ``reason`` of areas for which a file has no row.
    doubts
        What looks wrong in columns that the study uses, and may be right; in words.
    """

    numbers: pd.DataFrame
    texts: pd.DataFrame
    excluded: pd.DataFrame
    doubts: tuple[str, ...] = ()


def read_indicators(study: Study, areas: gpd.GeoDataFrame) -> IndicatorTable:
    """Read the indicator files of a study.

    Parameters
    ----------
    study
        The study.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.

    Returns
    -------
    IndicatorTable
        A value of a coarser area stands at each of its planning areas.

    Raises
    ------
    InputError
        If a file, an id, a number or a class is wrong, areas are unknown, two files share a
        column, or a column that the study names is in no file or has no value.
    """
    finest = areas.loc[areas["level"] == areas["level"].iloc[-1], "area_id"]
    index = pd.Index(sorted(finest), name="planning_area_id", dtype=object)
    table = IndicatorTable(
        pd.DataFrame(index=index),
        pd.DataFrame(index=index),
        pd.DataFrame({"file": [], "row": [], "id": [], "reason": []}, dtype=object),
    )
    for part in study.indicators:
        table = _with_file(table, study, part, areas)
    _check_named(study, table)
    return table


def _with_file(
    table: IndicatorTable, study: Study, part: Indicators, areas: gpd.GeoDataFrame
) -> IndicatorTable:
    """Add one file to the table."""
    path = study.path(part.file)
    raw = read_table(path)
    require_columns(raw, [part.id_column, *part.percent], path)
    level = part.level or study.areas.levels[-1].id
    known = areas.loc[areas["level"] == level, "area_id"]
    what = "planning area" if level == study.areas.levels[-1].id else f"{level}, the file's level"
    area_id = ids(raw, part.id_column, path)
    _check_level(area_id, areas, level, path)
    check_known(area_id, set(known), what, path)
    index = pd.Index(area_id, name="area_id")
    named = _named_columns(study)
    number = {column: _column_of_numbers(raw, column, path, named) for column in raw.columns}
    doubts = _checked_percentages(raw, number, part, named, path)
    text = {
        classes.column: _class_texts(raw, classes, path)
        for classes in study.classes
        if classes.column in raw.columns
    }
    number = {c: v for c, v in number.items() if v is not None and c != part.id_column}
    _check_not_shared([*number, *text], table, path)
    own = holding_areas(areas, level).reindex(table.numbers.index)
    numbers_here = pd.DataFrame(number, index=index).reindex(own).set_axis(own.index)
    texts_here = pd.DataFrame(text, index=index, dtype=object).reindex(own).set_axis(own.index)
    lacking = sorted(set(known) - set(area_id))
    out = {"file": part.file, "row": "", "id": lacking, "reason": _NO_ROW.format(level=level)}
    return IndicatorTable(
        table.numbers.join(numbers_here),
        table.texts.join(texts_here.fillna("")),
        pd.concat([table.excluded, pd.DataFrame(out, dtype=object)], ignore_index=True),
        (*table.doubts, *doubts),
    )


def _named_columns(study: Study) -> dict[str, str]:
    """List the columns that the study needs numbers of, with the place that names them."""
    named = {part.column: "classes" for part in study.classes if part.quantiles is not None}
    if study.filter is not None and study.filter.column is not None:
        named[study.filter.column] = "filter"
    parts = study.need.parts if study.need is not None else ()
    return named | {part.column: "need.parts" for part in parts}


def _column_of_numbers(
    raw: pd.DataFrame, column: str, path: Path, named: dict[str, str]
) -> npt.NDArray[np.float64] | None:
    """Return a column as numbers; None if it holds others, unless the study needs them."""
    if column not in named:
        values = pd.to_numeric(raw[column], errors="coerce").to_numpy(float, na_value=np.nan)
        other = ~np.isfinite(values) & (raw[column] != "").to_numpy()
        return None if other.any() else values
    remedy = "Give a number with a decimal point, or nothing where it is missing"
    values = numbers(raw, column, path, remedy=remedy)
    if np.isnan(values).all():
        msg = f"'{column}' has no value at all"
        remedy = f"Fill it in, or take it out of {named[column]}"
        raise InputError(msg, file=path, remedy=remedy)
    return values


def _checked_percentages(
    raw: pd.DataFrame,
    number: Mapping[str, npt.NDArray[np.float64] | None],
    part: Indicators,
    named: dict[str, str],
    path: Path,
) -> list[str]:
    """Check the percentages that the study uses, and name columns that look like some."""
    doubts = []
    for column, values in number.items():
        if column not in named or values is None:
            continue
        if part.holds_percent(column):
            _check_percent(values, raw, column, part, path)
        elif doubt := _percent_doubt(values, raw, column):
            doubts.append(f"{part.file}: {doubt}")
    return doubts


def _check_percent(
    number: npt.NDArray[np.float64], raw: pd.DataFrame, column: str, part: Indicators, path: Path
) -> None:
    """Raise an error if a percentage is none."""
    bad = (number < 0) | (number > _WHOLE_PCT)
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        msg = f"'{column}' is {raw[column].iloc[at]}"
        listed = column in part.percent
        way_out = "take the column out of percent" if listed else "give the column another name"
        remedy = f"A percentage is between 0 and 100. If it is none, {way_out}"
        raise InputError(msg, file=path, row=row_of(raw, at), remedy=remedy)


def _percent_doubt(number: npt.NDArray[np.float64], raw: pd.DataFrame, column: str) -> str | None:
    """Say that a column looks like percentages of which some are above 100; None if it does not."""
    known = number[np.isfinite(number)]
    above = np.flatnonzero(number > _WHOLE_PCT)
    within = (known >= 0) & (known <= _WHOLE_PCT)
    if not len(above) or within.mean() < _LOOKS_LIKE_PCT:
        return None
    count = "1 value is" if len(above) == 1 else f"{len(above)} values are"
    first = f"{raw[column].iloc[above[0]]} in {row_of(raw, int(above[0]))}"
    return (
        f"'{shown(column)}' looks like a percentage; {count} above 100, the first {first}; "
        "name it under percent if it is one"
    )


def _check_level(area_id: pd.Series, areas: gpd.GeoDataFrame, level: str, path: Path) -> None:
    """Raise an error if most ids are no areas of the file's level, but areas of another one."""
    unknown = ~area_id.isin(areas.loc[areas["level"] == level, "area_id"])
    for other, part in areas.groupby("level", sort=False):
        of_other = unknown & area_id.isin(part["area_id"])
        if of_other.mean() > _ANOTHER_LEVEL:
            at = int(of_other.to_numpy().argmax())
            msg = (
                f"{of_other.sum()} of its {len(area_id)} ids are no {level}, the first is "
                f"'{shown(area_id.iloc[at])}'"
            )
            remedy = f"These are ids of the level '{other}': set level = \"{other}\" for this file"
            raise InputError(msg, file=path, row=f"row {area_id.index[at]}", remedy=remedy)


def _class_texts(raw: pd.DataFrame, classes: AreaClasses, path: Path) -> list[str]:
    """Return a column as the classes name its values: 3.0 is the class 3."""
    found = []
    for at, value in enumerate(raw[classes.column]):
        text = value
        if classes.quantiles is not None or text in ("", *classes.groups):
            found.append(text)
            continue
        text = _short_number(text)
        if text not in classes.groups:
            msg = f"'{classes.column}' is '{shown(value)}', which is no class of '{classes.id}'"
            remedy = f"The study's classes are {', '.join(classes.groups)}: add it, or correct it"
            raise InputError(msg, file=path, row=row_of(raw, at), remedy=remedy)
        found.append(text)
    return found


def _short_number(text: str) -> str:
    """Write a number without idle zeros; other texts stay as they are."""
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def _check_not_shared(columns: list[str], table: IndicatorTable, path: Path) -> None:
    """Raise an error if an earlier file has a column of the same name."""
    there = {*table.numbers.columns, *table.texts.columns}
    if shared := [column for column in columns if column in there]:
        msg = f"the column '{shown(shared[0])}' stands in another indicator file as well"
        remedy = "Rename it in one of them, so that the study can tell them apart"
        raise InputError(msg, file=path, remedy=remedy)


def _check_named(study: Study, table: IndicatorTable) -> None:
    """Raise an error if a column that the study names is in none of its files."""
    named = _named_columns(study) | {part.column: "classes" for part in study.classes}
    there = {*table.numbers.columns, *table.texts.columns}
    for column, place in named.items():
        if column not in there:
            one = len(study.indicators) == 1
            file = study.path(study.indicators[0].file) if one else study.file
            msg = f"{'has' if one else 'the indicator files have'} no column '{shown(column)}'"
            listed = ", ".join(shown(c) for c in sorted(there)) or "none"
            remedy = f"{place} names it. Columns of numbers and classes are: {listed}"
            raise InputError(msg, file=file, remedy=remedy)
