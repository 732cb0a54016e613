"""Neighbourhood centres, each with its place checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.errors import InputError, shown
from kiezreach.sources.areas import area_of_points
from kiezreach.sources.columns import names, numbers, require_columns, row_of
from kiezreach.sources.places import projected_points, read_places, reasons_outside, text_columns

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.study import Study

_TEXT_COLUMNS = (
    "name", "kind", "operator", "address", "wheelchair", "source", "source_date", "note"
)  # fmt: skip


def read_centres(study: Study, areas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Read the centres of a study.

    Parameters
    ----------
    study
        The study.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.

    Returns
    -------
    centres : GeoDataFrame
        Points indexed and sorted by ``centre_id``, in the CRS of `areas`, with ``name`` (the id
        where there is none), ``kind``, ``operator``, ``address``, ``wheelchair``, ``source``,
        ``source_date``, ``note`` (text, empty where unknown), ``floor_space_m2`` (NaN where
        unknown), ``capacity`` (likewise, where the study asks for accessibility),
        ``district_id`` (empty outside all areas) and ``row`` in the file.
    excluded : DataFrame
        ``file``, ``row``, ``id``, ``reason`` of the centres that were left out: another kind
        than the study counts, or farther outside the areas than the longest walk.

    Raises
    ------
    InputError
        If the file, an id, a floor space, a capacity or a coordinate is wrong, lon and lat are
        swapped throughout, or no centre is left, or none with a capacity where the study asks.
    """
    path = study.path(study.centres.file)
    needed = ["name", "kind"] if study.centres.kinds else ["name"]
    raw, centre_id, points = read_places(path, study.centres.layer, study.centres.id_column, needed)
    points = projected_points(points, areas.crs)
    columns = text_columns(raw, _TEXT_COLUMNS)
    columns["name"] = names(raw, "name", centre_id)
    if "floor_space_m2" in raw:
        columns["floor_space_m2"] = _sizes(raw, "floor_space_m2", path, what="square metres")
    else:
        columns["floor_space_m2"] = np.full(len(raw), np.nan)
    if study.accessibility is not None:
        column, unit = study.accessibility.capacity_column, study.accessibility.unit
        require_columns(raw, [column], path)
        columns["capacity"] = _sizes(raw, column, path, what=f"a number of {unit}")
    centres = gpd.GeoDataFrame({"centre_id": centre_id, **columns}, geometry=points)
    reason = _exclusions(study, centres, areas, path)
    excluded = pd.DataFrame(
        {"file": study.centres.file, "row": centres.index, "id": centre_id, "reason": reason}
    )[reason != ""]
    centres = centres[reason == ""].copy()
    if centres.empty:
        first = excluded.iloc[0]
        msg = f"none of its {len(excluded)} centres can be used; this one: {first['reason']}"
        remedy = "Check the places of the centres, their CRS, and centres.kinds of the study"
        raise InputError(msg, file=path, row=f"id {shown(first['id'])}", remedy=remedy)
    if study.accessibility is not None and centres["capacity"].isna().all():
        msg = f"no centre has a value in '{study.accessibility.capacity_column}'"
        remedy = "Give the centres their capacity, or leave [accessibility] out of the study"
        raise InputError(msg, file=path, remedy=remedy)
    coarsest = areas[areas["level"] == areas["level"].iloc[0]]
    centres["district_id"] = area_of_points(centres.geometry, coarsest)
    centres["row"] = centres.index
    return centres.set_index("centre_id").sort_index(), excluded


def _sizes(raw: pd.DataFrame, column: str, path: Path, *, what: str) -> npt.NDArray[np.float64]:
    """Return how large each centre is by a column, NaN where it is not given."""
    text = raw[[column]].astype(object).where(raw[[column]].notna(), "")
    remedy = f"Give {what} with a decimal point; leave it empty where it is not known"
    values = numbers(text, column, path, remedy=remedy)
    if (values <= 0).any():
        at = int((values <= 0).argmax())
        msg = f"'{column}' is {shown(raw[column].iloc[at])}, which is not above 0"
        raise InputError(msg, file=path, row=row_of(raw, at), remedy=remedy)
    return values


def _exclusions(
    study: Study, centres: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, path: Path
) -> npt.NDArray[np.object_]:
    """Why each centre is left out; empty for those that stay."""
    beyond = study.analysis.max_walk_m
    reason = reasons_outside(centres.geometry, areas, beyond, path, what="centres")
    if study.centres.kinds is not None:
        other = ~centres["kind"].isin(study.centres.kinds).to_numpy()
        for i in np.flatnonzero(other):
            reason[i] = f"kind '{shown(centres['kind'].iloc[i])}' is not among the study's kinds"
    return reason
