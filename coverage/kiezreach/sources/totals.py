"""Residents per planning area, before they are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kiezreach.errors import InputError
from kiezreach.sources.columns import (
    check_groups_add_up,
    check_known,
    ids,
    require_columns,
    whole_numbers,
)
from kiezreach.sources.files import read_table

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.study import Study

_NAMED = 5  # areas that a message names


def read_totals(study: Study, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Read the residents of each planning area.

    Parameters
    ----------
    study
        The study; it names totals.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.

    Returns
    -------
    DataFrame
        Indexed and sorted by planning area id: ``residents``, the age groups, and ``row`` in the
        file.

    Raises
    ------
    InputError
        If the file, an id or a count is wrong, an area is unknown, missing or stands twice, the
        age groups do not add up, or nobody lives anywhere.
    """
    settings = study.residents
    path = study.path(settings.totals)
    raw = read_table(path)
    require_columns(
        raw, [settings.area_column, settings.residents_column, *settings.age_groups], path
    )
    area_id = ids(raw, settings.area_column, path)
    known = set(areas.loc[areas["level"] == areas["level"].iloc[-1], "area_id"])
    check_known(area_id, known, "planning area", path)
    missing = sorted(known - set(area_id))
    if missing:
        named = ", ".join(missing[:_NAMED]) + (" ..." if len(missing) > _NAMED else "")
        msg = f"{len(missing)} of {len(known)} planning areas have no row: {named}"
        remedy = "Add them, with 0 residents where nobody lives"
        raise InputError(msg, file=path, remedy=remedy)
    columns = {settings.residents_column: "residents"} | {g: g for g in settings.age_groups}
    counts = pd.DataFrame(
        {name: whole_numbers(raw, column, path) for column, name in columns.items()}
    )
    label = pd.Series(area_id.to_numpy())
    check_groups_add_up(counts, settings.age_groups, label, "residents.age_groups", path)
    if not counts["residents"].sum():
        msg = f"nobody lives in the areas: '{settings.residents_column}' adds up to 0"
        raise InputError(msg, file=path, remedy="Check the column of residents")
    index = pd.Index(area_id.to_numpy(dtype=object), name="planning_area_id")
    return counts.assign(row=raw.index).set_index(index).sort_index()
