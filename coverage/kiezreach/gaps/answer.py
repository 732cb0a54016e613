"""The gaps as one table: found, described and ranked."""

from __future__ import annotations

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.catchments import catchments
from kiezreach.gaps import description
from kiezreach.gaps.homes import Homes
from kiezreach.gaps.ranking import PRIORITY_DECIMALS, Members, Plausible, Ranking, rank_gaps
from kiezreach.gaps.search import FoundGaps, GapRules, find_gaps
from kiezreach.reach import Reach
from kiezreach.reach.lengths import check_length, check_thresholds


def gaps(
    residents: gpd.GeoDataFrame,
    inhabited: gpd.GeoDataFrame,
    reach: Reach,
    threshold: float,
    *,
    rules: GapRules = GapRules(),  # noqa: B008 - immutable
    zones: gpd.GeoDataFrame | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    need: pd.Series | None = None,
    plausible: Plausible = Plausible(),  # noqa: B008 - immutable
    only: Collection[str] | None = None,
) -> gpd.GeoDataFrame:
    """Find the connected parts of the inhabited area that no centre reaches.

    Parameters
    ----------
    residents
        Points with ``residents``; optionally ``planning_area_id``.
    inhabited
        Polygons of where residents live.
    reach
        Walking distances.
    threshold
        Walking distance in metres beyond which a place is not served.
    rules
        What makes one gap: how near its parts are, and when it is too small to stand alone.
    zones
        Areas with ``area_id`` at whose borders gaps end, for example those that a centre is
        planned for; without them a gap goes on as far as it is connected.
    barriers
        ``kind`` and lines or polygons (railways, water, motorways) at which gaps end, but where a
        way of the walking network crosses them.
    need
        Need of each planning area between 0 and 1; without it, priority is residents alone.
    plausible
        Variants over which the rank interval is taken, each combined with each.
    only
        Planning areas whose residents count; all of them if absent.

    Returns
    -------
    GeoDataFrame
        In the network's CRS, ranked: ``gap_id`` (planning area with most of its residents and a
        number), ``rank``, ``rank_best``, ``rank_worst``, ``planning_area_ids`` (separated by
        spaces), ``residents`` (unserved, counted from points), ``need`` (mean over them),
        ``priority`` (residents x need, to 6 decimals), ``distance_m`` (median walk to the nearest
        centre, NaN where none is reached), ``x``, ``y`` (an inhabited point in its middle), and
        what `describe_gaps` adds. Every unserved resident is in exactly one gap.

    Raises
    ------
    InputError
        If a threshold or a length of the rules is none, or a threshold is beyond the reach's limit.
    """
    [threshold] = check_thresholds([threshold], reach.limit)
    check_length(rules.join_m, "join_m", zero=True)
    homes = Homes.of(residents, reach, zones)
    thresholds = sorted({threshold, *(float(t) for t in plausible.thresholds)})
    shapes = catchments(reach, thresholds)
    found = find_gaps(
        homes, inhabited, shapes, reach.net, rules=rules, zones=zones, barriers=barriers
    )
    if only is not None:
        found = {t: part.only(np.isin(homes.area, list(only))) for t, part in found.items()}
        homes = homes.counting(only)
    others = {name: Homes.of(frame, reach, zones) for name, frame in plausible.residents.items()}
    if only is not None:
        others = {name: other.counting(only) for name, other in others.items()}
    members = {name: Members.by_place(found, other) for name, other in others.items()}
    ranking = rank_gaps(found, threshold, homes, others=members, need=need, plausible=plausible)
    table = describe_gaps(found[threshold], ranking, homes, reach, need=need)
    return table.reset_index(drop=True)


def describe_gaps(
    found: FoundGaps,
    ranking: Ranking,
    homes: Homes,
    reach: Reach,
    *,
    need: pd.Series | None = None,
    age_groups: pd.DataFrame | None = None,
    area_names: pd.Series | None = None,
    centre_names: pd.Series | None = None,
    deprived: pd.Series | None = None,
    candidates: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Describe the gaps of one threshold.

    Parameters
    ----------
    found, ranking
        The gaps and their ranks.
    homes, reach
        Residents and walking distances.
    need
        Need of each planning area.
    age_groups
        Residents of each age group, one row per resident point.
    area_names, centre_names
        Names of the planning areas and of the centres, by id.
    deprived
        Whether a planning area is structurally weak.
    candidates
        Sites with ``kind`` and ``gap`` (number of the gap that each lies in, -1 for none), indexed
        by id.

    Returns
    -------
    GeoDataFrame
        Ranked, indexed by the number of the gap. The columns of `gaps`, then ``threshold_m``,
        ``name``, ``small`` (below the least number of residents, without a neighbour to be merged
        into), the age groups, ``share_deprived``, ``nearest_centre_id`` and
        ``nearest_centre_name`` (of most residents), the densest place (``dense_x``, ``dense_y``,
        ``dense_lon``, ``dense_lat``, ``dense_residents``, ``dense_distance_m``),
        ``partners_school``, ``partners_daycare``, ``partner_ids``, ``rank_tied`` and
        ``top_ten_share``.
    """
    none = pd.DataFrame(index=range(len(homes.points)))
    place = description.places(found, homes)
    table = description.counts(found, homes, none if age_groups is None else age_groups)
    table = place.join(table)
    table["gap_id"] = _ids(table)
    table["need"] = description.mean_need(found, homes, need)
    residents = table["residents"].astype(float)
    priority = residents if need is None else residents * table["need"]
    table["priority"] = priority.round(PRIORITY_DECIMALS)
    blank = pd.Series(dtype=object)
    table["name"] = description.names(found, homes, blank if area_names is None else area_names)
    table["threshold_m"] = found.threshold_m
    table["small"] = found.small
    table["share_deprived"] = description.share_deprived(found, homes, deprived)
    nearest = description.nearest_centre(
        found, homes, reach, blank if centre_names is None else centre_names
    )
    dense = description.densest_place(found, homes, reach.net.crs)
    partners = description.partners(found, candidates)
    table = table.join([nearest, dense, partners])
    table = table.assign(
        rank_best=ranking.best,
        rank_worst=ranking.worst,
        rank_tied=ranking.tied,
        top_ten_share=ranking.top_share,
    )
    columns = [*_FIRST, *(() if age_groups is None else age_groups.columns), *_LAST]
    frame = gpd.GeoDataFrame(table, geometry=found.shapes(), crs=reach.net.crs)
    frame = frame.sort_values(["priority", "gap_id"], ascending=[False, True], na_position="last")
    frame["rank"] = np.arange(1, len(frame) + 1)
    return frame[[*columns, "geometry"]]


_FIRST = (
    "gap_id", "rank", "rank_best", "rank_worst", "planning_area_ids", "residents", "need",
    "priority", "distance_m", "x", "y", "threshold_m", "name", "small",
)  # fmt: skip
_LAST = (
    "share_deprived", "nearest_centre_id", "nearest_centre_name", "dense_x", "dense_y",
    "dense_lon", "dense_lat", "dense_residents", "dense_distance_m", "partners_school",
    "partners_daycare", "partner_ids", "rank_tied", "top_ten_share",
)  # fmt: skip


def _ids(table: pd.DataFrame) -> pd.Series:
    """Give each gap a number within its planning area, from the one with most residents."""
    order = table.sort_values(["area", "residents", "x", "y"], ascending=[True, False, True, True])
    number = order.groupby("area").cumcount().astype(int) + 1
    area = table["area"].astype(str)  # without gaps it has no type of its own
    return (area + "-" + number.astype(str)).str.lstrip("-").astype(object)
