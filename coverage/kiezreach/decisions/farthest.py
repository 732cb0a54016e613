"""Which sites make the longest walk of all as short as it can be (p-center).

Hakimi 1964; solved as Minieka 1970 (The m-center problem) does: the longest walk is the smallest
length within which so few sites can cover all homes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from kiezreach.decisions.cover import Choice, best_set, first, programme_of, served
from kiezreach.decisions.limits import Rule
from kiezreach.decisions.limits import programme_of as sites_only
from kiezreach.decisions.solver import maximise

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.decisions.demand import Demand
    from kiezreach.decisions.solver import Allowance
    from kiezreach.decisions.walks import SiteWalks


@dataclass(frozen=True, eq=False)
class Farthest:
    """Who walks how far, and how far with each site.

    Parameters
    ----------
    walks
        Walks between homes and sites, none longer than the present one.
    now
        Shape (n,): present walk of each home in metres, inf where there is none; 0 for homes that
        do not count.
    m
        Number of sites.
    """

    walks: SiteWalks
    now: npt.NDArray[np.float64]
    m: int

    @property
    def lengths(self) -> npt.NDArray[np.float64]:
        """Lengths that the longest walk can have, rising: none is below what all sites achieve."""
        best = self.now.copy()
        np.minimum.at(best, self.walks.home, self.walks.walk)
        least = best.max(initial=0.0)
        every = np.concatenate([self.walks.walk, self.now])
        return np.unique(every[(every >= least) & np.isfinite(every)])

    def longest(self, chosen: npt.NDArray[np.int64]) -> float:
        """Return the longest walk with a set of sites, inf where somebody reaches no centre."""
        there = np.isin(self.walks.site, chosen)
        best = self.now.copy()
        np.minimum.at(best, self.walks.home[there], self.walks.walk[there])
        return float(best.max(initial=0.0))

    def covering(self, length: float) -> Rule:
        """Return the rule that every home is within a length of some centre."""
        far = np.flatnonzero(self.now > length)
        near = (self.walks.walk <= length) & (self.now[self.walks.home] > length)
        row = np.searchsorted(far, self.walks.home[near])
        shape = (len(far), self.m)
        cover = csr_array((np.ones(near.sum()), (row, self.walks.site[near])), shape=shape)
        cover.sort_indices()
        # Homes that the same sites reach make one row.
        sets = [
            cover.indices[start:end].tobytes()
            for start, end in zip(cover.indptr[:-1], cover.indptr[1:], strict=True)
        ]
        kept = sorted(dict(zip(reversed(sets), range(len(sets) - 1, -1, -1), strict=True)).values())
        one, rows = np.ones(len(kept)), cover[kept] if kept else csr_array((0, self.m))
        return Rule(f"nobody farther than {length:g} m", rows, one, one * np.inf)


def shortest_longest(
    farthest: Farthest,
    demand: Demand,
    rules: Sequence[Rule],
    allowance: Allowance,
    known: npt.NDArray[np.int64],
) -> Choice | None:
    """Find the set of sites that makes the longest walk shortest.

    Parameters
    ----------
    farthest
        Who walks how far.
    demand
        Who is served: of sets with the same longest walk, the one that serves most is taken.
    rules
        What the set has to keep to.
    allowance
        Seconds that may be used.
    known
        A set that keeps to the rules.

    Returns
    -------
    Choice or None
        Objective and bound in metres: the longest walk. None if no set was found in time, or none
        lets everybody reach a centre.
    """
    lengths = farthest.lengths
    none = np.zeros(farthest.m)
    low, high = 0, len(lengths)  # lengths below `low` are impossible, `high` is possible
    found: npt.NDArray[np.int64] | None = None
    if np.isfinite(longest := farthest.longest(known)):
        high, found = int(np.searchsorted(lengths, longest)), known
    in_time = True
    while low < high and in_time:
        middle = (low + high) // 2
        programme = sites_only([*rules, farthest.covering(float(lengths[middle]))], farthest.m)
        solved = maximise(programme, none, allowance)
        if solved.values is not None:
            high, found = middle, np.flatnonzero(solved.values > 0.5)  # noqa: PLR2004 - 1
        elif solved.status == "infeasible":
            low = middle + 1
        else:
            in_time = False
    if found is None:
        return None
    longest, bound = float(lengths[high]), float(lengths[low])
    if not in_time:
        return Choice(found, longest, bound, settled=False)
    programme = programme_of(demand, [*rules, farthest.covering(longest)])
    best = best_set(demand, programme, [served(demand), first(demand)], allowance, found)
    assert best is not None
    return Choice(best.sites, longest, bound, settled=best.settled)
