"""Who needs a centre most: a transparent index per planning area from social indicators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.special import ndtr

from kiezreach.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from kiezreach.study import Need

_SAME = 1e-9  # an index that differs by less is the same everywhere, but for rounding
# Sums of parts that are equal on paper differ in the sixteenth digit; real differences between
# areas are far larger: of ranks among ten thousand areas, with weights of two digits, 1e-7.
_DECIMALS = 12


def need_index(
    indicators: pd.DataFrame,
    need: Need,
    *,
    standardisation: str | None = None,
    weights: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Combine indicators into one index between 0 (least need) and 1 (most need).

    Parameters
    ----------
    indicators
        One row per planning area, one column per part of the index; NaN where missing.
    need
        Parts, directions, weights, standardisation and the rule for missing values.
    standardisation, weights
        Others than the study's, for a sensitivity check.

    Returns
    -------
    DataFrame
        Index as `indicators`: one standardised column per part, and ``need``; NaN where a value
        is missing, for ``need`` as the study's rule for missing values says.

    Raises
    ------
    InputError
        If no planning area has an index, or all have the same.

    Notes
    -----
    A part whose direction is "low" counts with its sign reversed. Of the n planning areas that
    have a value:

    - ``rank``: (mean rank - 1) / (n - 1), as in the English Indices of Deprivation (McLennan et
      al. 2019, The English Indices of Deprivation 2019: technical report).
    - ``minmax``: (x - min) / (max - min).
    - ``zscore``: (x - mean) / standard deviation, as in Berlin's Monitoring Soziale
      Stadtentwicklung 2021.

    These are the three usual ways (OECD and JRC 2008, Handbook on Constructing Composite
    Indicators). The index is the weighted mean m of the parts; for ``zscore``, which has no
    bounds, it is the share Phi(m / standard deviation of m) of the normal distribution below:
    0.5 is the mean of the planning areas, 0.84 one standard deviation above.

    m (for ``zscore``, m / standard deviation of m) is rounded to 12 decimals, so that areas whose
    parts add up to the same have the same index in every comparison, whatever the order in which
    floating-point numbers were added.
    """
    kind = standardisation or need.standardisation
    columns = [part.column for part in need.parts]
    table = pd.DataFrame(index=indicators.index)
    for part in need.parts:
        value = indicators[part.column].astype(float)
        table[part.column] = _STANDARDISED[kind](-value if part.direction == "low" else value)
    share = part_weights(indicators, need, weights=weights)
    mean = (table[columns] * share).sum(axis=1, min_count=1).where(share.notna().any(axis=1))
    _check_differs(mean, kind, share)
    if kind == "zscore":
        table["need"] = ndtr((mean / mean.std(ddof=0)).round(_DECIMALS))
    else:
        table["need"] = mean.round(_DECIMALS)
    return table


def part_weights(
    indicators: pd.DataFrame, need: Need, *, weights: Sequence[float] | None = None
) -> pd.DataFrame:
    """Return the share that each part has in each planning area's index.

    Parameters
    ----------
    indicators, need, weights
        As for `need_index`.

    Returns
    -------
    DataFrame
        Index as `indicators`, one column per part; a row adds up to 1. NaN for a part that has
        no share because its value is missing, and throughout where there is no index.
    """
    columns = [part.column for part in need.parts]
    own = np.asarray([p.weight for p in need.parts] if weights is None else weights, dtype=float)
    there = indicators[columns].notna()
    counted = there * own
    total = counted.sum(axis=1)
    known = total > 0 if need.missing == "other_parts" else (there | (own == 0)).all(axis=1)
    return counted.div(total.where(known & (total > 0)), axis=0).where(there)


def plausible_needs(indicators: pd.DataFrame, need: Need) -> list[pd.Series]:
    """Return the index under every standardisation and set of weights held plausible."""
    own = tuple(part.weight for part in need.parts)
    return [
        need_index(indicators, need, standardisation=kind, weights=weights)["need"]
        for kind in need.plausible_standardisations
        for weights in (own, *need.plausible_weights)
    ]


def plausible_names(need: Need) -> list[str]:
    """Return a name for each of `plausible_needs`, which says what it is made of."""
    own = tuple(part.weight for part in need.parts)
    return [
        f"{kind} {':'.join(f'{weight:g}' for weight in weights)}"
        for kind in need.plausible_standardisations
        for weights in (own, *need.plausible_weights)
    ]


def need_table(
    areas: gpd.GeoDataFrame,
    indicators: pd.DataFrame,
    need: Need,
    classes: pd.DataFrame,
    residents: pd.Series,
) -> pd.DataFrame:
    """Take the index of every planning area apart.

    Parameters
    ----------
    areas
        Areas of every level; those of the finest one are the planning areas.
    indicators, need
        As for `need_index`.
    classes
        Classes per planning area.
    residents
        Residents of each planning area, by its id; an area that is absent has none.

    Returns
    -------
    DataFrame
        ``planning_area_id``, ``name``, ``residents``; for each part its value, ``<part>_std``
        standardised, ``<part>_weight`` its share in the index and ``<part>_rank``; ``need``,
        ``need_rank`` (1 is the most need, areas alike share the best rank), and the classes.
    """
    found = need_index(indicators, need)
    share = part_weights(indicators, need)
    finest = areas[areas["level"] == areas["level"].iloc[-1]].set_index("area_id")
    table = pd.DataFrame({"name": finest["name"]}, index=indicators.index)
    table["residents"] = residents.reindex(table.index).fillna(0).astype("int64")
    for part in need.parts:
        column = part.column
        table[column] = indicators[column]
        table[f"{column}_std"] = found[column]
        table[f"{column}_weight"] = share[column]
        table[f"{column}_rank"] = _place(found[column])
    table["need"] = found["need"]
    table["need_rank"] = _place(found["need"])
    return table.join(classes).rename_axis("planning_area_id").reset_index()


def _place(value: pd.Series) -> pd.Series:
    """Return the place of each value from the highest, which is 1; missing ones have none."""
    return value.rank(ascending=False, method="min").astype("Int64")


def _rank(value: pd.Series) -> pd.Series:
    """Share of the other planning areas that have less, ties at the middle."""
    others = int(value.notna().sum()) - 1
    return (value.rank(method="average") - 1) / others if others > 0 else value * 0 + 0.5


def _minmax(value: pd.Series) -> pd.Series:
    """Position between the lowest and the highest value; the middle where all are equal."""
    spread = value.max() - value.min()
    return (value - value.min()) / spread if spread > 0 else value * 0 + 0.5


def _zscore(value: pd.Series) -> pd.Series:
    """Distance from the mean in standard deviations; 0 where all are equal."""
    spread = value.std(ddof=0)
    return (value - value.mean()) / spread if value.max() > value.min() else value * 0


_STANDARDISED: Final[dict[str, Callable[[pd.Series], pd.Series]]] = {
    "rank": _rank,
    "minmax": _minmax,
    "zscore": _zscore,
}


def _check_differs(index: pd.Series, kind: str, share: pd.DataFrame) -> None:
    """Raise an error if no planning area has an index, or all have the same."""
    known = index.dropna()
    if known.empty:
        msg = "no planning area has a value for every part of the need index"
        remedy = 'Fill in the indicators, or set missing = "other_parts"'
        raise InputError(msg, row="[need]", remedy=remedy)
    if known.max() - known.min() < _SAME:
        weights = ", ".join(f"{w:.2g}" for w in share.loc[known.index[0]].fillna(0))
        msg = (
            f"the need index would be the same in all {len(known)} planning areas that have one "
            f"(standardisation {kind}, weights {weights})"
        )
        remedy = "It cannot rank anything: check the indicators, or take the table out"
        raise InputError(msg, row="[need]", remedy=remedy)
