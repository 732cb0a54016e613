"""How evenly walks are spread: over everybody, and between those in need and the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kiezreach.coverage import area_levels
from kiezreach.groups import AGE_GROUP

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

NEED = "need"  # the breakdown of figures that rank residents by the need of their planning area
CURVE_STEPS = 100  # points of a curve, so that each stands for a percentile of the residents
TENTH = 0.1

_CURVE_COLUMNS = (
    "level", "area_id", "curve", "threshold_m", "share_of_residents", "share_of_value",
)  # fmt: skip

_Row = tuple[str, str, str, float, int, float]
"""Measure, breakdown, group, threshold in metres or NaN, residents that count, value."""


def fractional_rank(rank_by: Floats, weight: Floats) -> Floats:
    """Rank people from the lowest to the highest value, as the share of people below.

    Parameters
    ----------
    rank_by
        Shape (n,): what people are ranked by.
    weight
        Shape (n,): how many people stand behind each value.

    Returns
    -------
    array, shape (n,)
        Between 0 and 1: the share of people with a lower value, plus half the share of those
        with the same one. Its weighted mean is 1/2.

    Notes
    -----
    Kakwani, Wagstaff and van Doorslaer (1997), Journal of Econometrics 77, 87-103; ties share
    their mean rank, as in Van Ourti (2004), Health Economics 13, 705-724, so that a rank does
    not depend on the order or the splitting of the rows.
    """
    _, group = np.unique(rank_by, return_inverse=True)
    size = np.bincount(group, weights=weight)
    rank: Floats = ((np.cumsum(size) - size / 2) / size.sum())[group]
    return rank


def concentration_index(value: Floats, rank_by: Floats, weight: Floats) -> float:
    r"""Measure on which end of a ranking a value is concentrated.

    Parameters
    ----------
    value
        Shape (n,): what is distributed, not negative.
    rank_by
        Shape (n,): what people are ranked by.
    weight
        Shape (n,): how many people stand behind each value.

    Returns
    -------
    float
        Between -1 and 1: below 0 where the value is concentrated among those who rank low,
        above 0 among those who rank high, 0 where it is spread in proportion. NaN without people
        or where the values add up to 0.

    Notes
    -----
    .. math:: C = \frac{2}{\mu} \operatorname{cov}_w(y, R) = \frac{2}{\mu}
              \sum_i f_i y_i R_i - 1

    with the share of people f, the mean mu of y and the fractional rank R: O'Donnell, van
    Doorslaer, Wagstaff and Lindelow (2008), Analyzing Health Equity Using Household Survey Data,
    World Bank, chapter 8. It is twice the area between the diagonal and the
    concentration curve.
    """
    total = weight @ value
    if not total > 0:
        return float("nan")
    return float(2 * (weight * value) @ fractional_rank(rank_by, weight) / total - 1)


def corrected_index(index: float, mean: float) -> float:
    r"""Make the concentration index of a share comparable between places with other shares.

    Parameters
    ----------
    index
        Concentration index of a value between 0 and 1, such as being served.
    mean
        Mean of that value.

    Returns
    -------
    float
        Between -1 and 1.

    Notes
    -----
    .. math:: E = 4 \mu C

    for a value between 0 and 1: Erreygers (2009), Correcting the concentration index, Journal of
    Health Economics 28, 504-515. The plain index of a share cannot exceed 1 - mu (Wagstaff
    2005, Health Economics 14, 429-432), so that it looks small wherever nearly all are served.
    """
    return 4 * mean * index


def concentration_curve(value: Floats, rank_by: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Cumulate a value over people, from those who rank lowest.

    Parameters
    ----------
    value, rank_by, weight
        As for `concentration_index`.

    Returns
    -------
    people : array, shape (k + 1,)
        Cumulative share of people, from 0 to 1: one point for each distinct rank.
    share : array, shape (k + 1,)
        Cumulative share of the value that falls to them; NaN where the values add up to 0.

    Notes
    -----
    O'Donnell et al. (2008), chapter 7. Between its points the curve is straight: people of one
    rank cannot be told apart.
    """
    _, group = np.unique(rank_by, return_inverse=True)
    people = np.concatenate([[0.0], np.cumsum(np.bincount(group, weights=weight))])
    share = np.concatenate([[0.0], np.cumsum(np.bincount(group, weights=weight * value))])
    with np.errstate(invalid="ignore"):
        return people / people[-1], share / share[-1]


def gini(value: Floats, weight: Floats) -> float:
    r"""Measure how unequal a value is spread over people.

    Parameters
    ----------
    value
        Shape (n,): what is distributed, not negative.
    weight
        Shape (n,): how many people stand behind each value.

    Returns
    -------
    float
        From 0 where all have the same to 1 where one of many has everything. NaN without people
        or where the values add up to 0.

    Notes
    -----
    .. math:: G = \frac{\sum_i \sum_j w_i w_j |x_i - x_j|}{2 \mu W^2}

    with the sum W of the weights. It is the concentration index of the value ranked by itself
    (Lerman and Yitzhaki 1989, Journal of Econometrics 42, 43-47), computed as such, and twice the
    area between the diagonal and the Lorenz curve, the concentration curve of the value ranked by
    itself.
    """
    return concentration_index(value, value, weight)


def tenth_means(value: Floats, weight: Floats) -> tuple[float, float]:
    """Return the means of the tenth of people with the lowest and with the highest values.

    Parameters
    ----------
    value
        Shape (n,): a value.
    weight
        Shape (n,): how many people stand behind each.

    Returns
    -------
    lowest, highest : float
        Of the people behind the value at the border of a tenth, as many count as fill it. NaN
        without people.
    """
    order = np.argsort(value, kind="stable")
    value, weight = value[order], weight[order]
    tenth = weight.sum() * TENTH
    if not tenth > 0:
        return float("nan"), float("nan")

    def mean_of_first(value: Floats, weight: Floats) -> float:
        before = np.cumsum(weight) - weight
        return float(np.clip(tenth - before, 0, weight) @ value / tenth)

    return mean_of_first(value, weight), mean_of_first(value[::-1], weight[::-1])


@dataclass(frozen=True, eq=False)
class _People:
    """The residents of an area: how many at each point, their walk and their need.

    All shapes are (n,); `need` is NaN where unknown and None where the study has none.
    """

    count: Floats
    distance: Floats
    need: Floats | None

    def counted(self, some: npt.NDArray[np.bool_]) -> int:
        """How many people live at some of the points."""
        return int(self.count[some].sum())

    @property
    def reached(self) -> npt.NDArray[np.bool_]:
        """Points whose walking distance is known."""
        return np.isfinite(self.distance)


def equity_table(
    areas: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    distance: Floats,
    thresholds: Sequence[float],
    *,
    by_group: pd.DataFrame,
    need: pd.Series | None = None,
) -> pd.DataFrame:
    """Measure how evenly walks are spread in the city and each area of the coarsest level.

    Parameters
    ----------
    areas, residents
        As for `kiezreach.coverage.coverage`, with ``planning_area_id``.
    distance
        Shape (n,): walking distance of each row of `residents` in metres, inf where not reached.
    thresholds
        Walking distances in metres, rising.
    by_group
        As `kiezreach.groups.coverage_by_group` returns it.
    need
        Need index by planning area id, NaN where unknown; None if the study has none.

    Returns
    -------
    DataFrame
        Tidy: ``level``, ``area_id``, ``measure``, ``breakdown``, ``group``, ``threshold_m`` (NaN
        where the measure has none), ``residents`` (those that the value rests on), ``value``.

        ``residents``, ``residents_without_need``, ``residents_without_distance``: everybody, and
        who is left out below. ``share_served`` and ``median_distance_m`` by class of planning
        area, as in `by_group`. ``concentration_index_served`` and
        ``concentration_index_distance``: residents ranked from the greatest need to the least,
        so that a value below 0 says that being served, or walking far, is concentrated among
        those in need; ``concentration_index_served_corrected`` after `corrected_index`.
        ``gini_distance``; ``mean_distance_shortest_tenth_m`` and
        ``mean_distance_longest_tenth_m`` of the residents with the shortest and the longest
        walks, and ``ratio_longest_to_shortest_tenth`` of the two.

        Who has no need index is left out of the concentration indices, who has no walking
        distance out of the measures of distance. Unlinked residents count as not served.
    """
    classes = by_group[by_group["breakdown"] != AGE_GROUP]
    frames = []
    for level, area_id, people in _each_area(areas, residents, distance, need):
        own = classes[(classes["level"] == level) & (classes["area_id"] == area_id)]
        rows = [*_who_counts(people), *_by_class(own)]
        rows += [*_served_by_need(people, thresholds), *_distance_by_need(people)]
        rows += _spread_of_distance(people)
        names = ["measure", "breakdown", "group", "threshold_m", "residents", "value"]
        frame = pd.DataFrame(rows, columns=names)
        frame.insert(0, "level", level)
        frame.insert(1, "area_id", area_id)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def equity_curves(
    areas: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    distance: Floats,
    thresholds: Sequence[float],
    *,
    need: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the curves behind the measures of `equity_table`, percentile by percentile.

    Parameters
    ----------
    areas, residents, distance, thresholds, need
        As for `equity_table`.

    Returns
    -------
    DataFrame
        Tidy: ``level``, ``area_id``, ``curve``, ``threshold_m`` (NaN where the curve has none),
        ``share_of_residents`` (0, 0.01, ..., 1) and ``share_of_value``. ``lorenz_distance``: the
        share of all metres walked that falls to the residents with the shortest walks.
        ``concentration_served`` and ``concentration_distance``: the share of the served, or of
        all metres walked, that falls to the residents in greatest need. A curve without any
        served or reached resident is left out.
    """
    grid = np.arange(CURVE_STEPS + 1) / CURVE_STEPS
    frames = []
    for level, area_id, people in _each_area(areas, residents, distance, need):
        for curve, threshold, vertices in _curves(people, thresholds):
            share = np.interp(grid, *vertices)
            if np.isnan(share).any():
                continue
            frames.append(
                pd.DataFrame(
                    {
                        "level": level,
                        "area_id": area_id,
                        "curve": curve,
                        "threshold_m": threshold,
                        "share_of_residents": grid,
                        "share_of_value": share,
                    }
                )
            )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_CURVE_COLUMNS)


def _each_area(
    areas: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    distance: Floats,
    need: pd.Series | None,
) -> Iterator[tuple[str, str, _People]]:
    """Yield level, id and residents of the city and of each area of the coarsest level."""
    count = residents["residents"].to_numpy(dtype=np.float64)
    own = None
    if need is not None:
        own = need.reindex(residents["planning_area_id"]).to_numpy(dtype=np.float64)
    for level in area_levels(areas, residents)[:2]:
        for position, area_id in enumerate(level.area_id):
            here = (level.area_of == position) & (count > 0)
            of_area = None if own is None else own[here]
            yield level.name, str(area_id), _People(count[here], distance[here], of_area)


def _who_counts(people: _People) -> Iterator[_Row]:
    """Say how many residents there are, and how many are left out for want of data."""
    everybody = people.counted(people.count > 0)
    left_out = {"residents": everybody}
    if people.need is not None:
        left_out["residents_without_need"] = people.counted(np.isnan(people.need))
    left_out["residents_without_distance"] = people.counted(~people.reached)
    for measure, number in left_out.items():
        yield measure, "", "", np.nan, everybody, float(number)


def _by_class(rows: pd.DataFrame) -> Iterator[_Row]:
    """Repeat share served and median distance of each class of planning areas."""
    for row in rows.itertuples():
        key = (str(row.breakdown), str(row.group))
        yield "share_served", *key, row.threshold_m, row.residents, row.share_served
    for row in rows.drop_duplicates(["breakdown", "group"]).itertuples():
        key = (str(row.breakdown), str(row.group))
        yield "median_distance_m", *key, np.nan, row.residents, row.median_distance_m


def _served_by_need(people: _People, thresholds: Sequence[float]) -> Iterator[_Row]:
    """Measure whether being served is concentrated among those in need."""
    if people.need is None:
        return
    some = ~np.isnan(people.need)
    weight, rank_by, n = people.count[some], -people.need[some], people.counted(some)
    for threshold in thresholds:
        served = (people.distance[some] <= threshold).astype(np.float64)
        index = concentration_index(served, rank_by, weight)
        mean = float(weight @ served / n) if n else float("nan")
        yield "concentration_index_served", NEED, "", threshold, n, index
        corrected = corrected_index(index, mean)
        yield "concentration_index_served_corrected", NEED, "", threshold, n, corrected


def _distance_by_need(people: _People) -> Iterator[_Row]:
    """Measure whether long walks are concentrated among those in need."""
    if people.need is None:
        return
    some = ~np.isnan(people.need) & people.reached
    index = concentration_index(people.distance[some], -people.need[some], people.count[some])
    yield "concentration_index_distance", NEED, "", np.nan, people.counted(some), index


def _spread_of_distance(people: _People) -> Iterator[_Row]:
    """Measure how unequal walks are, whoever has to take them."""
    some = people.reached
    distance, weight, n = people.distance[some], people.count[some], people.counted(some)
    shortest, longest = tenth_means(distance, weight)
    measures = {
        "gini_distance": gini(distance, weight),
        "mean_distance_shortest_tenth_m": shortest,
        "mean_distance_longest_tenth_m": longest,
        "ratio_longest_to_shortest_tenth": longest / shortest if shortest > 0 else np.nan,
    }
    for measure, value in measures.items():
        yield measure, "", "", np.nan, n, value


def _curves(
    people: _People, thresholds: Sequence[float]
) -> Iterator[tuple[str, float, tuple[Floats, Floats]]]:
    """Yield name, threshold and vertices of each curve."""
    some = people.reached
    walk, weight = people.distance[some], people.count[some]
    yield "lorenz_distance", np.nan, concentration_curve(walk, walk, weight)
    if people.need is None:
        return
    ranked = ~np.isnan(people.need)
    for threshold in thresholds:
        served = (people.distance[ranked] <= threshold).astype(np.float64)
        vertices = concentration_curve(served, -people.need[ranked], people.count[ranked])
        yield "concentration_served", threshold, vertices
    some &= ranked
    vertices = concentration_curve(people.distance[some], -people.need[some], people.count[some])
    yield "concentration_distance", np.nan, vertices
