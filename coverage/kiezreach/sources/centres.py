"""Neighbourhood centres, each with its place checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.errors import InputError, shown
from kiezreach.sources.areas import area_of_points
from kiezreach.sources.columns import names, numbers, row_of
from kiezreach.sources.places import read_places, reasons_outside, text_columns

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
        unknown), ``district_id`` (empty outside all areas) and ``row`` in the file.
    excluded : DataFrame
        ``file``, ``row``, ``id``, ``reason`` of the centres that were left out: another kind
        than the study counts, or farther outside the areas than the longest walk.

    Raises
    ------
    InputError
        If the file, an id, a floor space or a coordinate is wrong, lon and lat are swapped
        throughout, or no centre is left.
    """
    path = study.path(study.centres.file)
    needed = ["name", "kind"] if study.centres.kinds else ["name"]
    raw, centre_id, points = read_places(path, study.centres.layer, study.centres.id_column, needed)
    points = points.to_crs(areas.crs)
    columns = text_columns(raw, _TEXT_COLUMNS)
    columns["name"] = names(raw, "name", centre_id)
    columns["floor_space_m2"] = _floor_space(raw, path)
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
    coarsest = areas[areas["level"] == areas["level"].iloc[0]]
    centres["district_id"] = area_of_points(centres.geometry, coarsest)
    centres["row"] = centres.index
    return centres.set_index("centre_id").sort_index(), excluded


def _floor_space(raw: pd.DataFrame, path: Path) -> npt.NDArray[np.float64]:
    """Return the floor space of each centre in square metres, NaN where it is not given."""
    if "floor_space_m2" not in raw:
        return np.full(len(raw), np.nan)
    text = raw[["floor_space_m2"]].astype(object).where(raw[["floor_space_m2"]].notna(), "")
    remedy = "Give square metres with a decimal point; leave it empty where it is not known"
    values = numbers(text, "floor_space_m2", path, remedy=remedy)
    if (values <= 0).any():
        at = int((values <= 0).argmax())
        msg = f"'floor_space_m2' is {shown(raw['floor_space_m2'].iloc[at])}, no size of a floor"
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
