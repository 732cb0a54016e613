"""Who could be served by which sites: equal homes merged, and sites that others make needless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.decisions.walks import SiteWalks


@dataclass(frozen=True, eq=False)
class Demand:
    """Groups of homes that the same sites reach.

    Parameters
    ----------
    cover
        Shape (g, m): 1 where a site reaches a group.
    weight
        Shape (g,): what it is worth to serve a group, in whole units.
    group
        Shape (n,): the group of each home, -1 where no site reaches it.
    """

    cover: csr_array
    weight: npt.NDArray[np.int64]
    group: npt.NDArray[np.int64]

    def added(self, chosen: Sequence[int]) -> npt.NDArray[np.float64]:
        """Return the worth of the groups that each site would serve beside chosen ones."""
        left = np.where(self.reached(np.asarray(chosen, dtype=np.int64)), 0, self.weight)
        return np.asarray(self.cover.T @ left, dtype=float)

    def weighed(self, weight: npt.NDArray[np.int64]) -> Demand:
        """Return the same groups where each home is worth so much, shape (n,)."""
        there = self.group >= 0
        groups = self.cover.shape[0]
        total = np.bincount(self.group[there], weight[there], minlength=groups)
        return replace(self, weight=total.astype(np.int64))

    def reached(self, chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Return which groups some chosen site reaches."""
        there = np.zeros(self.cover.shape[1], dtype=self.cover.dtype)
        there[chosen] = 1
        return (self.cover @ there) > 0


def merged(walks: SiteWalks, weight: npt.NDArray[np.int64], m: int) -> Demand:
    """Merge the homes that the same sites reach: for coverage they are one.

    Parameters
    ----------
    walks
        Walks between homes and sites; each of them serves.
    weight
        Shape (n,): worth of each home.
    m
        Number of sites.
    """
    n, pairs = len(weight), (walks.home, walks.site)
    reached = csr_array((np.ones(len(walks.home), dtype=np.int32), pairs), shape=(n, m))
    reached.sort_indices()
    sets = [
        reached.indices[start:end].astype(">i4").tobytes()  # big-endian bytes sort as numbers do
        for start, end in zip(reached.indptr[:-1], reached.indptr[1:], strict=True)
    ]
    number = {one: i for i, one in enumerate(sorted(set(sets) - {b""}))}
    group = np.array([number.get(one, -1) for one in sets], dtype=np.int64)
    there = np.flatnonzero(group >= 0)
    first = np.zeros(len(number), dtype=np.int64)
    first[group[there][::-1]] = there[::-1]
    return Demand(reached[first], np.empty(0, dtype=np.int64), group).weighed(weight)


def needless(
    cover: csr_array, kind: npt.NDArray[np.int64], cost: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Return the sites that another site can replace in every set, without loss.

    Parameters
    ----------
    cover
        As `Demand` holds it.
    kind
        Shape (m,): sites replace only those of the same kind: the same areas, for which limits
        hold.
    cost
        Shape (m,): a site replaces only those that cost as much or more.

    Returns
    -------
    array of bool, shape (m,)
        A site is needless if it reaches nobody whom the other does not reach. Of sites that are
        alike, the first stays.
    """
    columns = cover.tocsc()
    size = np.diff(columns.indptr)
    both = (columns.T @ columns).tocoo()
    other, one = both.row, both.col
    within = (both.data == size[one]) & (one != other) & (kind[one] == kind[other])
    within &= cost[other] <= cost[one]
    alike = (size[one] == size[other]) & (cost[one] == cost[other])
    found = np.zeros(len(size), dtype=bool)
    found[one[within & (~alike | (other < one))]] = True
    return found | (size == 0)
