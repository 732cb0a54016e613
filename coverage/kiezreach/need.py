"""Who needs a centre most: a transparent index per planning area from social indicators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from kiezreach.study import Need


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
        Parts, directions, weights and standardisation.
    standardisation, weights
        Others than the study's, for a sensitivity check.

    Returns
    -------
    DataFrame
        Index as `indicators`: one standardised column per part, and ``need``, their weighted
        mean; NaN where a part is missing.

    Notes
    -----
    ``rank``: (mean rank - 1) / (n - 1) among the planning areas that have a value, as in the
    percentile ranks of deprivation indices. ``minmax``: (x - min) / (max - min).
    """
    kind = standardisation or need.standardisation
    table = pd.DataFrame(index=indicators.index)
    for part in need.parts:
        value = indicators[part.column].astype(float)
        value = -value if part.direction == "low" else value
        table[part.column] = _rank(value) if kind == "rank" else _minmax(value)
    weight = np.asarray([p.weight for p in need.parts] if weights is None else weights, dtype=float)
    table["need"] = table.to_numpy() @ (weight / weight.sum())
    return table


def plausible_needs(indicators: pd.DataFrame, need: Need) -> list[pd.Series]:
    """Return the index under every standardisation and set of weights held plausible."""
    own = tuple(part.weight for part in need.parts)
    return [
        need_index(indicators, need, standardisation=kind, weights=weights)["need"]
        for kind in need.plausible_standardisations
        for weights in (own, *need.plausible_weights)
    ]


def _rank(value: pd.Series) -> pd.Series:
    """Share of the other planning areas that have less, ties at the middle."""
    others = max(int(value.notna().sum()) - 1, 1)
    return (value.rank(method="average") - 1) / others


def _minmax(value: pd.Series) -> pd.Series:
    """Position between the lowest and the highest value; 0 where all are equal."""
    spread = value.max() - value.min()
    return (value - value.min()) / (spread if spread > 0 else 1.0)
