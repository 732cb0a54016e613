"""Which gap comes first, and how sure that is: ranks over every combination held plausible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.stats import rankdata

from kiezreach.defaults import DISTINGUISHABLE_SHARE
from kiezreach.gaps.homes import Homes
from kiezreach.gaps.neighbours import nearest_within

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.gaps.search import FoundGaps

TOP = 10  # gaps that a planner looks at first
OWN_SPREADING = "study"  # name of the residents as the study spreads them


@dataclass(frozen=True, eq=False)
class Plausible:
    """The variants over which ranks are taken; each is combined with each.

    Parameters
    ----------
    needs
        Need of each planning area, between 0 and 1; the name of each series stands in the table
        of combinations.
    thresholds
        Walking distances in metres.
    residents
        Further spreadings of the same residents, by name.
    """

    needs: Sequence[pd.Series] = ()
    thresholds: Sequence[float] = ()
    residents: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Ranking:
    """Priority and ranks of g gaps in c combinations; rank 1 is the highest priority.

    Parameters
    ----------
    combinations
        Shape (c,): ``spreading``, ``threshold_m`` and ``need`` (name) of each.
    priority
        Shape (c, g): unserved residents x need, NaN where the need is not known.
    rank
        Shape (c, g): rank in each combination; gaps of equal priority share the better one.
    best, worst
        Shape (g,): the rank interval. Where gaps are equal, the worst rank is that of the last.
    top_share
        Shape (g,): share of combinations in which the gap is among the first ten.
    tied
        Shape (g,): 1 + number of gaps that are distinguishably above.
    """

    combinations: pd.DataFrame
    priority: npt.NDArray[np.float64]
    rank: npt.NDArray[np.int64]
    best: npt.NDArray[np.int64]
    worst: npt.NDArray[np.int64]
    top_share: npt.NDArray[np.float64]
    tied: npt.NDArray[np.int64]


def rank_gaps(
    found: Mapping[float, FoundGaps],
    threshold: float,
    homes: Homes,
    *,
    others: Mapping[str, Homes],
    need: pd.Series | None = None,
    plausible: Plausible = Plausible(),
    distinguishable_share: float = DISTINGUISHABLE_SHARE,
) -> Ranking:
    """Rank the gaps of one threshold in all combinations of threshold, need and spreading.

    Parameters
    ----------
    found
        Gaps of every threshold that is asked for or plausible.
    threshold
        The one whose gaps are ranked.
    homes
        Residents as the study spreads them.
    others
        Further spreadings by name: those of `plausible`, placed on the network.
    need
        Need of each planning area as the study has it; without it, residents alone count.
    plausible
        Variants of need and threshold.
    distinguishable_share
        A gap is distinguishably above another if it is in this share of the combinations.

    Returns
    -------
    Ranking

    Notes
    -----
    A gap keeps its ground. Under a longer threshold, those of its residents count who are
    unserved then. Under a shorter one it grows: it also gets the residents who are unserved only
    then, live in the same gap of that threshold, and to whom it is the nearest. Residents of
    another spreading belong to the gap of their zone that is nearest to them; whether they are
    served is told by their own walk.

    The ties follow the comparison of ranks by simultaneous rank intervals: two units are told
    apart only where one is above the other with a stated certainty [1]_. Here the combinations
    take the place of a sampling distribution.

    References
    ----------
    .. [1] H. Goldstein, D. Spiegelhalter (1996): League tables and their limitations, Journal of
       the Royal Statistical Society A 159 (3), 385-443.
    """
    needs = _distinct([need, *plausible.needs]) if need is not None else [None]
    thresholds = sorted({threshold, *(float(t) for t in plausible.thresholds)})
    spreadings = {OWN_SPREADING: homes} | dict(others)
    rows, blocks = [], []
    for name, spread in spreadings.items():
        for t in thresholds:
            gap = _placed(found, threshold, t, homes, spread)
            blocks.append(_priorities(gap, spread, len(found[threshold]), needs))
            rows += [(name, t, "" if v is None else str(v.name)) for v in needs]
    priority = np.vstack(blocks)
    combinations = pd.DataFrame(rows, columns=["spreading", "threshold_m", "need"])
    # Unknown priorities come last, and no two of them can be told apart.
    known = np.where(np.isfinite(priority), priority, -1.0)
    first = rankdata(-known, method="min", axis=1).astype(np.int64)
    last = rankdata(-known, method="max", axis=1).astype(np.int64)
    return Ranking(
        combinations=combinations,
        priority=priority,
        rank=first,
        best=first.min(axis=0, initial=len(known.T) + 1),
        worst=last.max(axis=0, initial=0),
        top_share=(first <= TOP).mean(axis=0),
        tied=_tied(first, distinguishable_share),
    )


def _distinct(needs: Sequence[pd.Series]) -> list[pd.Series]:
    """Keep each variant once: the study's own is among the plausible ones as a rule.

    Of equal ones the last stays, whose name says what it is made of.
    """
    return [
        own for i, own in enumerate(needs) if not any(own.equals(other) for other in needs[i + 1 :])
    ]


def _placed(
    found: Mapping[float, FoundGaps],
    base: float,
    threshold: float,
    homes: Homes,
    spread: Homes,
) -> npt.NDArray[np.int64]:
    """Return the gap of the base threshold of each point unserved at another one, -1 for none."""
    gaps = found[base]
    gap = np.full(len(spread.points), -1, dtype=np.int64)
    if not len(gaps):
        return gap
    beyond = spread.unserved(max(base, threshold))
    if spread is homes:
        gap[beyond] = gaps.member[beyond]
    else:
        gap[beyond] = _by_place(gaps, spread, beyond)
    if threshold < base:
        wider = found[threshold]
        only_then = np.setdiff1d(spread.unserved(threshold), spread.unserved(base))
        around = wider.member[only_then] if spread is homes else _by_place(wider, spread, only_then)
        part = nearest_within(
            spread.points[only_then],
            np.where(around >= 0, around, -2),  # what lies in no gap is near to none
            gaps.parts,
            _within(gaps, wider, homes)[gaps.part_gap],
        )
        gap[only_then] = np.where(part >= 0, gaps.part_gap[part], -1)
    return gap


def _by_place(gaps: FoundGaps, homes: Homes, which: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the gap of a point's zone that is nearest to it, -1 where the zone has none."""
    part = nearest_within(homes.points[which], homes.zone[which], gaps.parts, gaps.part_zone)
    return np.where(part >= 0, gaps.part_gap[part], -1)


def _within(gaps: FoundGaps, wider: FoundGaps, homes: Homes) -> npt.NDArray[np.int64]:
    """Return for each gap the one of a shorter threshold that holds most of its residents."""
    own = np.flatnonzero((gaps.member >= 0) & (wider.member >= 0))
    shared = pd.DataFrame(
        {"gap": gaps.member[own], "wider": wider.member[own], "residents": homes.residents[own]}
    )
    shared = shared.groupby(["gap", "wider"], as_index=False)["residents"].sum()
    shared = shared.sort_values(["gap", "residents", "wider"], ascending=[True, False, True])
    most = shared.drop_duplicates("gap").set_index("gap")["wider"]
    return most.reindex(range(len(gaps)), fill_value=-1).to_numpy(dtype=np.int64)


def _priorities(
    gap: npt.NDArray[np.int64], homes: Homes, n: int, needs: Sequence[pd.Series | None]
) -> npt.NDArray[np.float64]:
    """Unserved residents times mean need, one row per variant of need.

    The mean is taken over the residents whose need is known; residents alone count where there
    is no need index.
    """
    own = np.flatnonzero(gap >= 0)
    total = np.bincount(gap[own], homes.residents[own], minlength=n)
    given = [need for need in needs if need is not None]
    if not given:
        return total[None, :].astype(float)
    areas, code = np.unique(homes.area[own], return_inverse=True)
    living = csr_array((homes.residents[own], (gap[own], code.reshape(-1))), shape=(n, len(areas)))
    value = np.column_stack([v.reindex(areas).to_numpy(dtype=float) for v in given])
    known = np.isfinite(value)
    with np.errstate(invalid="ignore"):
        mean = (living @ np.where(known, value, 0.0)) / (living @ known.astype(float))
    mean[total == 0] = 0.0  # nobody is left unserved: no priority, whatever the need
    return (total[:, None] * mean).T


def _tied(rank: npt.NDArray[np.int64], share: float) -> npt.NDArray[np.int64]:
    """1 + number of gaps that are above each gap in at least a share of the combinations."""
    above = np.zeros((rank.shape[1], rank.shape[1]), dtype=np.int64)
    for row in rank:
        above += row[:, None] < row[None, :]
    return 1 + (above >= share * len(rank)).sum(axis=0)
