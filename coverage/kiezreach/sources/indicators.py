"""Social indicators per planning area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kiezreach.errors import InputError
from kiezreach.sources.columns import check_known, ids, numbers, require_columns
from kiezreach.sources.files import read_table

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.study import Study

_WHOLE_PCT = 100.0


def read_indicators(study: Study, areas: gpd.GeoDataFrame) -> pd.DataFrame | None:
    """Read the indicators that the need index uses.

    Parameters
    ----------
    study
        The study.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.

    Returns
    -------
    DataFrame or None
        One row per planning area, indexed and sorted by its id; one float column per part of
        the need index, NaN where the value is missing. None if the study names no need index.

    Raises
    ------
    InputError
        If the file, an id or a number is wrong, or areas are unknown.
    """
    if study.indicators is None:
        return None
    path = study.path(study.indicators.file)
    raw = read_table(path)
    columns = [part.column for part in study.need.parts] if study.need else []
    require_columns(raw, [study.indicators.id_column, *columns], path)
    area_id = ids(raw, study.indicators.id_column, path)
    finest = areas[areas["level"] == areas["level"].iloc[-1]]
    check_known(area_id, set(finest["area_id"]), "planning area", path)
    if study.need is None:
        return None
    remedy = "Give a number with a decimal point, or nothing where it is missing"
    values = {column: numbers(raw, column, path, remedy=remedy) for column in columns}
    for column, number in values.items():
        _check_percent(number, raw, column, path)
        if np.isnan(number).all():
            msg = f"'{column}' has no value at all"
            raise InputError(msg, file=path, remedy="Fill it in, or take it out of need.parts")
    table = pd.DataFrame(values, index=pd.Index(area_id, name="area_id"))
    return table.reindex(sorted(finest["area_id"]))


def _check_percent(
    number: npt.NDArray[np.float64], raw: pd.DataFrame, column: str, path: Path
) -> None:
    """Raise an error if a column that says it holds percentages (``..._pct``) does not."""
    bad = (number < 0) | (number > _WHOLE_PCT)
    if column.endswith("_pct") and bad.any():
        at = int(np.flatnonzero(bad)[0])
        msg = f"'{column}' is {raw[column].iloc[at]}"
        remedy = "A percentage is between 0 and 100"
        raise InputError(msg, file=path, row=f"row {raw.index[at]}", remedy=remedy)
