"""Planning norms: what each area has, what it should have, and what cannot be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from kiezreach.coverage import coverage_table
from kiezreach.sources.areas import CITY, area_of_points

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.study import Norm

Result = Literal["pass", "fail", "not_assessable"]
Reason = Literal[
    "",
    "no_value",
    "no_residents",
    "no_floor_space",
    "floor_space_incomplete",
    "uplift_unpublished",
    "uplift_needs_classes",
]
COLUMNS = (
    "norm_id", "level", "area_id", "area_name", "kind", "status", "unit", "residents", "centres",
    "value", "target", "result", "reason", "centres_unknown", "deficit", "deficit_unit",
)  # fmt: skip
_SLIP = 1e-9  # of the target: what rounding of decimal numbers can make of an exact match


def norm_table(
    norms: Sequence[Norm],
    areas: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    distance: npt.NDArray[np.float64],
    centres: gpd.GeoDataFrame,
    deprived: Mapping[str, pd.Series] | None = None,
) -> pd.DataFrame:
    """Hold every area of a norm's level against the norm.

    Parameters
    ----------
    norms
        Rules, as `kiezreach.sources.norms.read_norms` returns them.
    areas
        Areas of all levels, as `kiezreach.sources.areas.read_areas` returns them.
    residents
        Points with ``planning_area_id`` and ``residents``.
    distance
        Shape (n,): walking distance of each of them in metres, inf where not reached.
    centres
        Points in the CRS of `areas` with ``kind`` and, where it is known, ``floor_space_m2``.
    deprived
        By id of a study's classes: whether each planning area, by id, is structurally weak.

    Returns
    -------
    DataFrame
        `COLUMNS`, in the order of `norms`, then by ``area_id``. ``result`` is ``pass``, ``fail``
        or ``not_assessable``, and then ``reason`` says why. ``centres`` are those in the area that
        the norm counts, ``centres_unknown`` those of them whose floor space it needs and nobody
        gives. ``value`` and ``target`` are in ``unit``; NaN where unknown. ``deficit`` is what is
        missing, in ``deficit_unit``: whole centres, square metres or whole residents; 0 for a
        pass, NaN where nothing can be said. Where an uplift is not published, a fail stands and
        its deficit is the least; what reaches the value without the uplift is not assessable.

    Notes
    -----
    A centre counts in the area in which it stands, whether or not a street is near. An area
    without any centre has 0 m2, which is known; as soon as one centre has no floor space, the
    sum is not.
    """
    frames = [_one(norm, areas, residents, distance, centres, deprived or {}) for norm in norms]
    if not frames:
        return pd.DataFrame(columns=pd.Index(COLUMNS))
    return pd.concat(frames, ignore_index=True)


def _one(
    norm: Norm,
    areas: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    distance: npt.NDArray[np.float64],
    centres: gpd.GeoDataFrame,
    deprived: Mapping[str, pd.Series],
) -> pd.DataFrame:
    """Hold the areas of one norm against it."""
    counted = centres if norm.kinds is None else centres[centres["kind"].isin(norm.kinds)]
    table = _people(norm, areas, residents, distance).join(_stock(norm, areas, counted))
    table[["centres", "centres_unknown"]] = table[["centres", "centres_unknown"]].fillna(0)
    table["floor_space_m2"] = table["floor_space_m2"].fillna(0.0)
    weak = _weak_residents(norm, areas, residents, distance, deprived)
    table["value"], unknown = _value(norm, table)
    table["target"] = _target(norm, table, weak)
    short = table["target"] - table["value"]
    fails = short > _SLIP * table["target"]
    reason = _reasons(norm, table, unknown, fails, weak)
    table["reason"] = reason
    table["result"] = np.where(reason != "", "not_assessable", np.where(fails, "fail", "pass"))
    table["deficit"], table["deficit_unit"] = _deficit(norm, table, short, fails)
    fixed = {"norm_id": norm.id, "kind": norm.kind, "status": norm.status, "unit": norm.unit}
    table = table.reset_index().assign(level=norm.level, **fixed)
    return table[list(COLUMNS)].astype({"centres": int, "centres_unknown": int})


def _people(
    norm: Norm,
    areas: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    distance: npt.NDArray[np.float64],
) -> pd.DataFrame:
    """Count residents of each area, and those within the norm's walk."""
    linked = np.ones(len(residents), dtype=bool)
    walk = [norm.distance_m or 0.0]
    table = coverage_table(areas, residents, distance, linked, thresholds=walk)
    table = table[table["level"] == norm.level].set_index("area_id").sort_index()
    return table[["area_name", "residents", "residents_served", "share_served"]]


def _stock(norm: Norm, areas: gpd.GeoDataFrame, centres: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count centres and add up their floor space by the area they stand in."""
    part = areas[areas["level"] == (areas["level"].iloc[0] if norm.level == CITY else norm.level)]
    inside = area_of_points(centres.geometry, part)
    if norm.level == CITY:
        inside = np.where(inside == "", "", CITY)
    space = pd.Series(
        centres["floor_space_m2"].to_numpy(dtype=float) if "floor_space_m2" in centres else np.nan,
        index=np.arange(len(centres)),
    )
    unknown = space.isna() & (norm.unit == "m2")
    stock = pd.DataFrame({"area_id": inside, "space": space, "unknown": unknown})
    return (
        stock[stock["area_id"] != ""]
        .groupby("area_id")
        .agg(
            centres=("space", "size"),
            centres_unknown=("unknown", "sum"),
            floor_space_m2=("space", "sum"),
        )
    )


def _weak_residents(
    norm: Norm,
    areas: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    distance: npt.NDArray[np.float64],
    deprived: Mapping[str, pd.Series],
) -> pd.Series | None:
    """Count the residents of structurally weak planning areas in each area, if it is known."""
    if norm.uplift is None or norm.uplift.classes not in deprived:
        return None
    weak = residents["planning_area_id"].map(deprived[norm.uplift.classes]).fillna(value=False)
    those = residents.assign(residents=residents["residents"] * weak.astype(int))
    return _people(norm, areas, those, distance)["residents"]


def _value(norm: Norm, table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return what each area has, and whether that is unknown."""
    if norm.unit == "share":
        return table["share_served"], table["share_served"].isna()
    if norm.unit == "centres":
        return table["centres"].astype(float), pd.Series(data=False, index=table.index)
    unknown = table["centres_unknown"] > 0
    return table["floor_space_m2"].mask(unknown), unknown


def _target(norm: Norm, table: pd.DataFrame, weak: pd.Series | None) -> pd.Series:
    """Return what each area should have; NaN where the norm has no value."""
    value = np.nan if norm.value is None else norm.value
    if norm.kind != "per_residents":
        return pd.Series(value, index=table.index)
    target = table["residents"] * value / norm.residents
    if weak is not None and norm.uplift is not None and norm.uplift.value is not None:
        target = target + weak * norm.uplift.value / norm.residents
    return target


def _reasons(
    norm: Norm,
    table: pd.DataFrame,
    unknown: pd.Series,
    fails: pd.Series,
    weak: pd.Series | None,
) -> npt.NDArray[np.object_]:
    """Say why an area cannot be assessed; empty where it can."""
    reason = np.full(len(table), "", dtype=object)
    if norm.uplift is not None and norm.uplift.value is None:
        touched = ~fails if weak is None else ~fails & (weak > 0)
        reason[touched.to_numpy()] = "uplift_unpublished"
    elif norm.uplift is not None and weak is None:
        reason[~fails.to_numpy()] = "uplift_needs_classes"
    if norm.unit == "m2":
        none_known = table["centres_unknown"] == table["centres"]
        reason[(unknown & ~none_known).to_numpy()] = "floor_space_incomplete"
        reason[(unknown & none_known).to_numpy()] = "no_floor_space"
    if norm.kind != "count_per_area":
        reason[(table["residents"] == 0).to_numpy()] = "no_residents"
    if norm.value is None:
        reason[:] = "no_value"
    return reason


def _deficit(
    norm: Norm, table: pd.DataFrame, short: pd.Series, fails: pd.Series
) -> tuple[pd.Series, str]:
    """Return what each area lacks, and in what it is counted."""
    unit = "residents" if norm.unit == "share" else norm.unit
    amount = short
    if norm.unit == "share":
        needed = np.ceil(table["target"] * table["residents"] * (1 - _SLIP))
        amount = needed - table["residents_served"]
    elif norm.unit == "centres":
        amount = np.ceil(short * (1 - _SLIP))
    assessed = table["result"] != "not_assessable"
    return amount.where(fails, 0.0).where(assessed), unit
