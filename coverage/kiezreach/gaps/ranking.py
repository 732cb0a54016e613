"""Which gap comes first, and how sure that is: ranks over every combination held plausible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from kiezreach.defaults import DISTINGUISHABLE_SHARE
from kiezreach.gaps.homes import Homes
from kiezreach.gaps.neighbours import nearest_within

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.gaps.search import FoundGaps

TOP = 10  # gaps that a planner looks at first
PRIORITY_DECIMALS = 6  # far below a resident, far above what adding up in another order changes
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
class Members:
    """One spreading of the residents, and the gap of each of its points at every threshold.

    Parameters
    ----------
    homes
        The points.
    gap
        By threshold, shape (n,): the gap of each unserved point, -1 where it is in none.
    """

    homes: Homes
    gap: Mapping[float, npt.NDArray[np.int64]]

    @classmethod
    def by_place(cls, found: Mapping[float, FoundGaps], homes: Homes) -> Members:
        """Put every unserved point into the gap of its zone that is nearest to it.

        Parameters
        ----------
        found
            The gaps of each threshold.
        homes
            Points that may be others than those in whose places the gaps were found.
        """
        gap = {}
        for threshold, gaps in found.items():
            gap[threshold] = np.full(len(homes.points), -1, dtype=np.int64)
            out = homes.unserved(threshold)
            part = nearest_within(homes.points[out], homes.zone[out], gaps.parts, gaps.part_zone)
            gap[threshold][out[part >= 0]] = gaps.part_gap[part[part >= 0]]
        return cls(homes, gap)


@dataclass(frozen=True, eq=False)
class Ranking:
    """Priority and ranks of g gaps in c combinations; rank 1 is the highest priority.

    Parameters
    ----------
    combinations
        Shape (c,): ``spreading``, ``threshold_m`` and ``need`` (name) of each.
    priority
        Shape (c, g): unserved residents x need, rounded to 6 decimals so that what is equal on
        paper is equal in every comparison; NaN where the need is not known.
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
    others: Mapping[str, Members],
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
        Further spreadings by name, in the gaps of all thresholds.
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
    needs = _variants(need, plausible.needs)
    thresholds = sorted({threshold, *(float(t) for t in plausible.thresholds)})
    own = Members(homes, {t: gaps.member for t, gaps in found.items()})
    rows, blocks = [], []
    for name, spread in {OWN_SPREADING: own, **others}.items():
        for t in thresholds:
            gap = _placed(found, threshold, t, own, spread)
            blocks.append(_priorities(gap, spread.homes, len(found[threshold]), needs))
            rows += [(name, t, variant) for variant in needs] or [(name, t, "")]
    priority = np.vstack(blocks)
    combinations = pd.DataFrame(rows, columns=["spreading", "threshold_m", "need"])
    # Unknown priorities come last, and no two of them can be told apart.
    known = pd.DataFrame(np.where(np.isfinite(priority), priority, -1.0))
    # Not by scipy.stats: to import it alone takes a sixth of the time in which a command starts.
    first, last = (
        known.rank(axis=1, method=ties, ascending=False).to_numpy(dtype=np.int64)
        for ties in ("min", "max")
    )
    return Ranking(
        combinations=combinations,
        priority=priority,
        rank=first,
        best=first.min(axis=0, initial=known.shape[1] + 1),
        worst=last.max(axis=0, initial=0),
        top_share=(first <= TOP).mean(axis=0),
        tied=_tied(first, distinguishable_share),
    )


def _variants(own: pd.Series | None, plausible: Sequence[pd.Series]) -> pd.DataFrame:
    """Tabulate the variants of need by planning area, sorted; none if there is no need index.

    Each stands there once: the study's own is among the plausible ones as a rule. Of equal ones
    the last stays, whose name says what it is made of.
    """
    if own is None:
        return pd.DataFrame()
    needs = [own, *plausible]
    distinct = [
        one for i, one in enumerate(needs) if not any(one.equals(other) for other in needs[i + 1 :])
    ]
    table = pd.concat(distinct, axis=1, keys=range(len(distinct))).sort_index()
    return table.set_axis([str(one.name) for one in distinct], axis=1)


def _placed(
    found: Mapping[float, FoundGaps],
    base: float,
    threshold: float,
    own: Members,
    spread: Members,
) -> npt.NDArray[np.int64]:
    """Return the gap of the base threshold of each point unserved at another one, -1 for none."""
    gaps, homes = found[base], spread.homes
    gap = np.where(homes.distance > threshold, spread.gap[base], -1)
    if threshold < base and len(gaps):
        only_then = np.setdiff1d(homes.unserved(threshold), homes.unserved(base))
        around = spread.gap[threshold][only_then]
        part = nearest_within(
            homes.points[only_then],
            np.where(around >= 0, around, -2),  # what lies in no gap is near to none
            gaps.parts,
            _within(own, base, threshold)[gaps.part_gap],
        )
        gap[only_then] = np.where(part >= 0, gaps.part_gap[part], -1)
    return gap


def _within(members: Members, base: float, shorter: float) -> npt.NDArray[np.int64]:
    """Return for each gap the one of a shorter threshold that holds most of its residents."""
    gap, wider = members.gap[base], members.gap[shorter]
    own = np.flatnonzero((gap >= 0) & (wider >= 0))
    shared = pd.DataFrame(
        {"gap": gap[own], "wider": wider[own], "residents": members.homes.residents[own]}
    )
    shared = shared.groupby(["gap", "wider"], as_index=False)["residents"].sum()
    shared = shared.sort_values(["gap", "residents", "wider"], ascending=[True, False, True])
    most = shared.drop_duplicates("gap").set_index("gap")["wider"]
    return most.reindex(range(gap.max() + 1), fill_value=-1).to_numpy(dtype=np.int64)


def _priorities(
    gap: npt.NDArray[np.int64], homes: Homes, n: int, needs: pd.DataFrame
) -> npt.NDArray[np.float64]:
    """Unserved residents times mean need, one row per variant of need.

    The mean is taken over the residents whose need is known; residents alone count where there
    is no need index. Rounded: sums of the same residents and needs in another order are equal.
    """
    own = np.flatnonzero(gap >= 0)
    total = np.bincount(gap[own], homes.residents[own], minlength=n)
    if not len(needs.columns):
        return total[None, :].astype(float)
    area = needs.index.get_indexer(pd.Index(homes.area[own]))
    indexed = own[area >= 0]
    living = csr_array(
        (homes.residents[indexed], (gap[indexed], area[area >= 0])), shape=(n, len(needs))
    )
    value = needs.to_numpy(dtype=float)
    known = np.isfinite(value)
    with np.errstate(invalid="ignore"):
        mean = (living @ np.where(known, value, 0.0)) / (living @ known.astype(float))
    mean[total == 0] = 0.0  # nobody is left unserved: no priority, whatever the need
    return (total[:, None] * mean).T.round(PRIORITY_DECIMALS)


def _tied(rank: npt.NDArray[np.int64], share: float) -> npt.NDArray[np.int64]:
    """1 + number of gaps that are above each gap in at least a share of the combinations."""
    above = np.zeros((rank.shape[1], rank.shape[1]), dtype=np.int64)
    for row in rank:
        above += row[:, None] < row[None, :]
    return 1 + (above >= share * len(rank)).sum(axis=0)
