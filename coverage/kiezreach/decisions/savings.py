"""Which sites shorten the walks of all most (p-median).

Hakimi 1964, Optimum locations of switching centers and the absolute centers and medians of a
graph. People walk to the nearest centre, an existing or a new one: what a new one saves counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csr_array, hstack, vstack

from kiezreach.decisions.cover import Choice
from kiezreach.decisions.solver import Programme, maximise, without_the_worse

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.decisions.limits import Rule
    from kiezreach.decisions.solver import Allowance
    from kiezreach.decisions.walks import SiteWalks

_SAME = 1e-6  # of the best saving: sets that differ by less are equally good
_STRIPS = 12  # the city is cut into so many strips each way; each field has a bound of its own
_WHOLE = 1 - 1e-9


@dataclass(frozen=True, eq=False)
class Savings:
    """What each site would save each home, the greatest saving of a home first.

    Parameters
    ----------
    home, site
        Shape (p,): positions, sorted by home.
    metres
        Shape (p,): metres that the residents of the home save together.
    field
        Shape (n,): field of the city that a home lies in.
    m
        Number of sites.
    """

    home: npt.NDArray[np.int64]
    site: npt.NDArray[np.int64]
    metres: npt.NDArray[np.float64]
    field: npt.NDArray[np.int64]
    m: int

    @classmethod
    def of(
        cls,
        walks: SiteWalks,
        now: npt.NDArray[np.float64],
        weight: npt.NDArray[np.float64],
        xy: npt.NDArray[np.float64],
        m: int,
    ) -> Savings:
        """Compute savings.

        Parameters
        ----------
        walks
            Walks between homes and sites, none longer than the present one.
        now
            Shape (n,): present walk of each home in metres.
        weight
            Shape (n,): how many walk.
        xy
            Shape (n, 2): where the homes are.
        m
            Number of sites.
        """
        metres = weight[walks.home] * (now[walks.home] - walks.walk)
        some = metres > 0
        home, site, metres = walks.home[some], walks.site[some], metres[some]
        order = np.lexsort((site, -metres, home))
        strips = [
            np.searchsorted(np.quantile(axis, np.linspace(0, 1, _STRIPS + 1)[1:-1]), axis)
            for axis in xy.T
        ]
        return cls(home[order], site[order], metres[order], strips[0] * _STRIPS + strips[1], m)

    def saved(self, chosen: npt.NDArray[np.int64]) -> float:
        """Return what a set of sites saves: each home the most that one of them does."""
        there = np.isin(self.site, chosen)
        home, metres = self.home[there], self.metres[there]
        _, first = np.unique(home, return_index=True)
        return float(metres[first].sum())

    def added(self, chosen: Sequence[int]) -> npt.NDArray[np.float64]:
        """Return what each site would save beside chosen ones, shape (m,)."""
        there = np.isin(self.site, chosen)
        already = np.zeros(len(self.field))
        np.maximum.at(already, self.home[there], self.metres[there])
        more = np.maximum(self.metres - already[self.home], 0.0)
        return np.bincount(self.site, more, minlength=self.m).astype(float)

    def bounds(self, x: npt.NDArray[np.float64]) -> tuple[csr_array, npt.NDArray[np.float64]]:
        """Bound what each field can save by a linear function that is tight at a point.

        Parameters
        ----------
        x
            Shape (m,): how far each site is chosen, 0 to 1.

        Returns
        -------
        slope : sparse array, shape (f, m)
            The field saves at most ``constant + slope @ x``, for every choice x.
        constant : array, shape (f,)

        Notes
        -----
        Benders' cuts of the p-median problem (Cornuejols, Nemhauser and Wolsey 1980; Magnanti and
        Wong 1981; Duran-Mateluna, Ales and Elloumi 2023, An efficient Benders decomposition for the
        p-median problem). A home takes its best sites until they add up to one whole site; the
        last of them sets what a further site has to beat.
        """
        fields = _STRIPS * _STRIPS
        homes, first = np.unique(self.home, return_index=True)
        end = np.append(first[1:], len(self.home))
        total = np.cumsum(x[self.site])
        total -= np.repeat(np.append(0.0, total)[first], end - first)
        full = np.add.reduceat((total < _WHOLE).astype(np.int64), first) if len(first) else first
        last = first + full
        known = last < end
        least = np.zeros(len(homes))
        least[known] = self.metres[last[known]]
        more = self.metres - np.repeat(least, end - first)
        better = more > 0
        at = (self.field[self.home[better]], self.site[better])
        slope = coo_array((more[better], at), shape=(fields, self.m)).tocsr()
        return slope, np.bincount(self.field[homes], least, minlength=fields).astype(float)


def most_saved(
    savings: Savings,
    rules: Sequence[Rule],
    allowance: Allowance,
    known: npt.NDArray[np.int64] | None = None,
) -> Choice | None:
    """Find the set of sites that shortens the walks of all most.

    Parameters
    ----------
    savings
        What each site would save.
    rules
        What the set has to keep to.
    allowance
        Seconds that may be used.
    known
        A set that keeps to them, if one is known.

    Returns
    -------
    Choice or None
        Objective and bound in metres saved; None if no set was found in time, or none exists.
        Sets whose savings differ by less than a millionth are not told apart.
    """
    m = savings.m
    programme = _programme(savings, rules)
    goal = np.concatenate([np.zeros(m), np.ones(programme.rows.shape[1] - m)])
    best = -np.inf if known is None else savings.saved(known)
    bound, relaxed = float(programme.upper[m:].sum()), True
    while not allowance.spent:
        solved = maximise(programme, goal, allowance, relaxed=relaxed, within=_SAME * max(best, 1))
        if solved.status == "infeasible":
            break
        bound = min(bound, solved.bound)
        if solved.values is None:
            break
        x = solved.values[:m].clip(0, 1)
        slope, constant = savings.bounds(x)
        reached = float((constant + slope @ x).sum())
        if relaxed and bound - reached <= _SAME * max(reached, 1):
            relaxed = False
            programme = (
                without_the_worse(programme, solved, best) if known is not None else programme
            )
        elif not relaxed:
            chosen = np.flatnonzero(x > 0.5)  # noqa: PLR2004 - 1, but for rounding
            if (value := savings.saved(chosen)) > best:
                best, known = value, chosen
            if solved.status == "stopped" or bound - best <= _SAME * max(best, 1):
                break
        programme = _with_bounds(programme, slope, constant)
    if known is None:
        return None
    proven = bound - best <= _SAME * max(best, 1)
    return Choice(known, best, best if proven else bound, settled=proven)


def _programme(savings: Savings, rules: Sequence[Rule]) -> Programme:
    """Return the programme: columns for the sites, then for what each field saves."""
    m, fields = savings.m, _STRIPS * _STRIPS
    homes, first = np.unique(savings.home, return_index=True)
    most = np.bincount(savings.field[homes], savings.metres[first], minlength=fields)
    none = csr_array((0, m + fields), dtype=float)
    wide = [
        hstack([rule.rows, csr_array((rule.rows.shape[0], fields))], format="csr") for rule in rules
    ]
    return Programme(
        rows=vstack([none, *wide], format="csr"),
        row_lower=np.concatenate([np.empty(0), *(rule.lower for rule in rules)]),
        row_upper=np.concatenate([np.empty(0), *(rule.upper for rule in rules)]),
        lower=np.zeros(m + fields),
        upper=np.concatenate([np.ones(m), most]),
        whole=np.arange(m + fields) < m,
    )


def _with_bounds(
    programme: Programme, slope: csr_array, constant: npt.NDArray[np.float64]
) -> Programme:
    """Add the bounds of the fields as rows."""
    fields = len(constant)
    rows = hstack([-slope, csr_array(np.eye(fields))], format="csr")
    return programme.with_rows(rows, np.full(fields, -np.inf), constant)
