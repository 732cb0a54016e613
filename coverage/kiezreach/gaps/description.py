"""What a gap is like: who lives there, under which names, how far they walk, who could help."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from kiezreach.coverage import weighted_quantile
from kiezreach.gaps.homes import Homes
from kiezreach.gaps.neighbours import nearest_within

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.gaps.search import FoundGaps
    from kiezreach.reach import Reach

PARTNER_KINDS = ("school", "daycare")
PARTNER_M = 100.0  # a school's plot lies beside the homes of a gap, not in their blocks
DENSE_RADIUS_M = 250.0  # around the densest place: about three minutes' walk
SECOND_NAME_SHARE = 0.5  # of the residents in the first planning area: then the second names it too


def counts(found: FoundGaps, homes: Homes, age_groups: pd.DataFrame) -> pd.DataFrame:
    """Count the residents of each gap, in all and by age group.

    Parameters
    ----------
    found, homes
        Gaps and residents.
    age_groups
        One row per resident point, one column per group.

    Returns
    -------
    DataFrame
        One row per gap: ``residents`` and the columns of `age_groups`.
    """
    own = found.member >= 0
    table = age_groups.assign(residents=homes.residents)[own].groupby(found.member[own]).sum()
    return table[["residents", *age_groups.columns]]


def places(found: FoundGaps, homes: Homes) -> pd.DataFrame:
    """Tell where each gap is.

    Returns
    -------
    DataFrame
        One row per gap: ``area`` (the planning area with most of its residents),
        ``planning_area_ids``, ``distance_m`` (median walk, NaN where none is reached), and ``x``
        and ``y`` of the point next to its middle.
    """
    members = _members(found, homes)
    by_area = members.groupby(["gap", "area"], sort=True)["residents"].sum().reset_index()
    weight = members["residents"]
    total = weight.groupby(members["gap"]).sum()
    middle = [(members[axis] * weight).groupby(members["gap"]).sum() / total for axis in ("x", "y")]
    off = np.hypot(
        members["x"] - middle[0].loc[members["gap"]].to_numpy(),
        members["y"] - middle[1].loc[members["gap"]].to_numpy(),
    )
    central = members.loc[off.groupby(members["gap"]).idxmin()].set_index("gap")
    return pd.DataFrame(
        {
            "area": _most(by_area).groupby("gap")["area"].first(),
            "planning_area_ids": by_area.groupby("gap")["area"].agg(" ".join),
            "distance_m": weighted_quantile(
                members["gap"].to_numpy(),
                members["distance"].to_numpy(),
                weight.to_numpy(),
                len(found),
                0.5,
            ),
            "x": central["x"],
            "y": central["y"],
        }
    )


def names(found: FoundGaps, homes: Homes, area_names: pd.Series) -> pd.Series:
    """Name each gap after the one or two planning areas with most of its residents.

    The second one is named where it has a stated share of the residents that the first one has.
    Gaps that would bear the same name are numbered, from the one with most residents.

    Parameters
    ----------
    found, homes
        Gaps and residents.
    area_names
        Name of each planning area, by its id.
    """
    members = _members(found, homes)
    by_area = _most(members.groupby(["gap", "area"], as_index=False)["residents"].sum())
    called = area_names.to_dict()
    by_area["word"] = [str(called.get(area) or "") for area in by_area["area"]]
    first = by_area.groupby("gap")["residents"].transform("first")
    named = by_area[by_area["residents"] >= SECOND_NAME_SHARE * first].groupby("gap").head(2)
    words = named.groupby("gap")["word"]
    name = [" / ".join(dict.fromkeys(filter(None, own))) for _, own in words]
    size = by_area.groupby("gap")["residents"].sum().tolist()
    alike, so_far = Counter(name), Counter[str]()
    numbered = list(name)
    for k in sorted(range(len(name)), key=lambda k: (-size[k], k)):
        so_far[name[k]] += 1
        if name[k] and alike[name[k]] > 1:
            numbered[k] = f"{name[k]} ({so_far[name[k]]})"
    return pd.Series(numbered, dtype=object)


def mean_need(found: FoundGaps, homes: Homes, need: pd.Series | None) -> npt.NDArray[np.float64]:
    """Mean need over the residents of each gap whose need is known; NaN where none is."""
    if need is None:
        return np.full(len(found), np.nan)
    return _mean(found, homes, need.reindex(homes.area).to_numpy(dtype=float))


def share_deprived(
    found: FoundGaps, homes: Homes, deprived: pd.Series | None
) -> npt.NDArray[np.float64]:
    """Share of residents in structurally weak planning areas, among those where it is known.

    Parameters
    ----------
    found, homes
        Gaps and residents.
    deprived
        Whether a planning area is structurally weak, by its id; areas that it does not have are
        not known. None where nothing is known.
    """
    if deprived is None:
        return np.full(len(found), np.nan)
    value = deprived.astype(float).reindex(homes.area).to_numpy(dtype=float)
    return _mean(found, homes, value)


def nearest_centre(
    found: FoundGaps, homes: Homes, reach: Reach, centre_names: pd.Series
) -> pd.DataFrame:
    """Tell which centre is the nearest to most residents of each gap.

    Returns
    -------
    DataFrame
        One row per gap: ``nearest_centre_id`` and ``nearest_centre_name``, empty where no centre
        is reached.
    """
    members = _members(found, homes)
    reached = members[members["centre"] >= 0]
    by_centre = reached.groupby(["gap", "centre"], as_index=False)["residents"].sum()
    most = _most(by_centre, "centre").groupby("gap")["centre"].first()
    ids = reach.labels(most.reindex(range(len(found)), fill_value=-1).to_numpy(dtype=np.int64))
    called = centre_names.to_dict()
    return pd.DataFrame(
        {
            "nearest_centre_id": ["" if i is None else str(i) for i in ids],
            "nearest_centre_name": [str(called.get(i, "")) for i in ids],
        },
        dtype=object,
    )


def densest_place(found: FoundGaps, homes: Homes, crs: str) -> pd.DataFrame:
    """Find the place in each gap around which most of its residents live.

    Around each resident point, the gap's residents within a stated radius are counted; the point
    with the highest count is the place, the first of equal ones.

    Returns
    -------
    DataFrame
        One row per gap: ``dense_x``, ``dense_y``, ``dense_lon``, ``dense_lat`` (WGS 84),
        ``dense_residents`` (within the radius) and ``dense_distance_m`` (walk to the nearest
        centre, NaN where none is reached).
    """
    xy = shapely.get_coordinates(homes.points)
    own = np.flatnonzero(found.member >= 0)
    own = own[np.argsort(found.member[own], kind="stable")]
    best, most = [], []
    for at in np.split(own, np.flatnonzero(np.diff(found.member[own])) + 1 if len(own) else []):
        if not len(at):
            continue
        tree = cKDTree(xy[at])
        near = tree.sparse_distance_matrix(tree, DENSE_RADIUS_M, output_type="ndarray")
        around = np.bincount(near["i"], homes.residents[at][near["j"]], minlength=len(at))
        best.append(at[int(around.argmax())])
        most.append(int(around.max()))
    at = np.array(best, dtype=np.int64)
    lonlat = gpd.GeoSeries(homes.points[at], crs=crs).to_crs(4326)
    walk = homes.distance[at]
    return pd.DataFrame(
        {
            "dense_x": xy[at, 0],
            "dense_y": xy[at, 1],
            # A tenth of a millimetre: versions of PROJ differ in the last digits.
            "dense_lon": lonlat.x.round(9),
            "dense_lat": lonlat.y.round(9),
            "dense_residents": np.array(most, dtype=np.int64),
            "dense_distance_m": np.where(np.isfinite(walk), walk, np.nan),
        }
    )


def candidate_gaps(found: FoundGaps, candidates: Homes) -> npt.NDArray[np.int64]:
    """Find the gap that each candidate site lies in.

    A site lies in a gap if it is not served itself and the ground of the gap, in the same zone,
    is no farther than a stated distance: schools stand on plots of their own beside the homes.

    Parameters
    ----------
    found
        Gaps.
    candidates
        The sites on the network.

    Returns
    -------
    array, shape (n,)
        Gap of each site, -1 where it is in none.
    """
    gap = np.full(len(candidates.points), -1, dtype=np.int64)
    out = np.flatnonzero(candidates.distance > found.threshold_m)
    part = nearest_within(
        candidates.points[out], candidates.zone[out], found.parts, found.part_zone
    )
    out, part = out[part >= 0], part[part >= 0]
    near = shapely.distance(candidates.points[out], found.parts[part]) <= PARTNER_M
    gap[out[near]] = found.part_gap[part[near]]
    return gap


def partners(found: FoundGaps, candidates: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Count the schools and day-care centres in each gap, and list them.

    Parameters
    ----------
    found
        Gaps.
    candidates
        Sites with ``kind`` and ``gap`` as `candidate_gaps` finds it, indexed by id.

    Returns
    -------
    DataFrame
        One row per gap: ``partners_school``, ``partners_daycare`` (missing where there are no
        candidates to look through) and ``partner_ids`` (separated by spaces, sorted).
    """
    if candidates is None:
        blank = pd.array([pd.NA] * len(found), dtype="Int64")
        return pd.DataFrame(
            {f"partners_{kind}": blank for kind in PARTNER_KINDS} | {"partner_ids": ""},
            index=range(len(found)),
        )
    table = pd.DataFrame(candidates[["gap", "kind"]]).assign(id=candidates.index)
    table = table[(table["gap"] >= 0) & table["kind"].isin(PARTNER_KINDS)].sort_values("id")
    columns = {
        f"partners_{kind}": np.bincount(table["gap"][table["kind"] == kind], minlength=len(found))
        for kind in PARTNER_KINDS
    }
    listed = table.groupby("gap")["id"].agg(" ".join).reindex(range(len(found)), fill_value="")
    return pd.DataFrame(columns, dtype="Int64").assign(partner_ids=listed)


def _members(found: FoundGaps, homes: Homes) -> pd.DataFrame:
    """Residents in gaps, one row per point."""
    own = np.flatnonzero(found.member >= 0)
    return pd.DataFrame(
        {
            "gap": found.member[own],
            "area": homes.area[own],
            "residents": homes.residents[own],
            "distance": homes.distance[own],
            "centre": homes.centre[own],
            "x": shapely.get_x(homes.points[own]),
            "y": shapely.get_y(homes.points[own]),
        }
    )


def _most(counted: pd.DataFrame, by: str = "area") -> pd.DataFrame:
    """Sort the counts within each gap from the highest down, equal ones by their key."""
    return counted.sort_values(["gap", "residents", by], ascending=[True, False, True])


def _mean(
    found: FoundGaps, homes: Homes, value: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Mean of a value over the residents of each gap for whom it is known."""
    own = (found.member >= 0) & np.isfinite(value)
    gap, weight = found.member[own], homes.residents[own]
    total = np.bincount(gap, weight, minlength=len(found))
    summed = np.bincount(gap, value[own] * weight, minlength=len(found))
    with np.errstate(invalid="ignore"):
        return np.asarray(summed / total)
