"""Candidate sites: houses that could take in a centre, or be its partner."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.errors import InputError, shown
from kiezreach.sources.areas import area_of_points
from kiezreach.sources.columns import names, numbers, row_of
from kiezreach.sources.places import projected_points, read_places, reasons_outside, text_columns

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.study import Study

_TEXT_COLUMNS = ("kind", "name", "address", "operator")
_HOUSE = "house"  # the kind of all sites of a file that does not tell kinds apart
_AMOUNTS = {
    "cost": "what a centre there would cost, in any unit, 0 or more",
    "capacity": "for how many residents there would be room, 0 or more",
}


def read_candidates(study: Study, areas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Read the candidate sites of a study.

    Parameters
    ----------
    study
        The study.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.

    Returns
    -------
    candidates : GeoDataFrame
        Points indexed and sorted by ``candidate_id``, in the CRS of `areas`, with ``kind``
        (``house`` where the file has no such column),
        ``name`` (the id where there is none), ``address``, ``operator`` (text, empty where
        unknown), ``planning_area_id`` (where the point lies, empty outside all areas) and
        ``row`` in the file; ``cost`` and ``capacity`` (NaN where unknown) if the file has them.
        Without rows where the study names no file.
    excluded : DataFrame
        ``file``, ``row``, ``id``, ``reason`` of the sites farther outside the areas than the
        largest threshold.

    Raises
    ------
    InputError
        If the file, an id, an amount or a coordinate is wrong, lon and lat are swapped throughout,
        a site has no kind where others have one, or no site is left.
    """
    if study.candidates is None:
        return _none(areas)
    settings = study.candidates
    path = study.path(settings.file)
    raw, site_id, points = read_places(path, settings.layer, settings.id_column, ["name"])
    points = projected_points(points, areas.crs)
    columns = text_columns(raw, _TEXT_COLUMNS)
    if "kind" not in raw:
        columns["kind"] = _HOUSE
    columns["name"] = names(raw, "name", site_id)
    columns |= {name: _amounts(raw, name, path) for name in _AMOUNTS if name in raw}
    sites = gpd.GeoDataFrame({"candidate_id": site_id, **columns}, geometry=points)
    if (blank := sites["kind"].str.strip() == "").any():
        first = sites[blank].iloc[0]
        msg = "'kind' is empty"
        remedy = "Say what the house is, for example school or daycare"
        raise InputError(msg, file=path, row=f"id {shown(first['candidate_id'])}", remedy=remedy)
    beyond = max(study.analysis.thresholds_m)
    reason = reasons_outside(points, areas, beyond, path, what="candidates")
    excluded = pd.DataFrame(
        {"file": settings.file, "row": sites.index, "id": site_id, "reason": reason}
    )[reason != ""]
    sites = sites[reason == ""].copy()
    if sites.empty:
        first = excluded.iloc[0]
        msg = f"none of its {len(excluded)} sites can be used; this one: {first['reason']}"
        remedy = "Check the places of the candidates and their CRS"
        raise InputError(msg, file=path, row=f"id {shown(first['id'])}", remedy=remedy)
    finest = areas[areas["level"] == areas["level"].iloc[-1]]
    sites["planning_area_id"] = area_of_points(sites.geometry, finest)
    sites["row"] = sites.index
    return sites.set_index("candidate_id").sort_index(), excluded


def _amounts(raw: pd.DataFrame, column: str, path: Path) -> npt.NDArray[np.float64]:
    """Return costs or capacities, NaN where they are not given."""
    text = raw[[column]].astype(object).where(raw[[column]].notna(), "")
    remedy = f"Give {_AMOUNTS[column]}; leave it empty where it is not known"
    values = numbers(text, column, path, remedy=remedy)
    if (values < 0).any():
        at = int((values < 0).argmax())
        msg = f"'{column}' is {shown(raw[column].iloc[at])}, which is negative"
        raise InputError(msg, file=path, row=row_of(raw, at), remedy=remedy)
    return values


def _none(areas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return no sites, with every column."""
    columns = [*_TEXT_COLUMNS, "planning_area_id", "row"]
    sites = gpd.GeoDataFrame(
        {name: pd.Series(dtype=object) for name in columns},
        geometry=gpd.GeoSeries([], crs=areas.crs),
    )
    excluded = pd.DataFrame(columns=["file", "row", "id", "reason"], dtype=object)
    return sites.rename_axis("candidate_id"), excluded
