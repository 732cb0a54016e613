"""Which sites serve most people where a site has room for so many only.

Current and Storbeck 1988, Capacitated covering models: every resident is assigned to at most one
site, and no site gets more than it has room for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from kiezreach.decisions.cover import Choice
from kiezreach.decisions.solver import Allowance, Programme, maximise

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.decisions.demand import Demand
    from kiezreach.decisions.limits import Rule

_ROUNDING = 1e-6


def most_assigned(
    demand: Demand,
    room: npt.NDArray[np.float64],
    rules: Sequence[Rule],
    allowance: Allowance,
    known: npt.NDArray[np.int64],
) -> Choice:
    """Find the set of sites to which most people can be assigned.

    Parameters
    ----------
    demand
        Who could be served by which sites.
    room
        Shape (m,): for how many a site has room, inf where it has no limit.
    rules
        What the set has to keep to.
    allowance
        Seconds that may be used.
    known
        A set that keeps to them; it is taken where none is found in time.

    Returns
    -------
    Choice
        With `gain`: how many are assigned to each site of the set.
    """
    m = demand.cover.shape[1]
    programme, assigned = _programme(demand, room, rules)
    most = np.where(assigned >= 0, 1.0, 0.0)
    solved = maximise(programme, most, allowance, within=0.5)
    if solved.values is None:
        there = np.isin(np.arange(m), known)
        sites, value, gain = _assigned(programme, most, assigned, there)
        return Choice(sites, value, float(demand.weight.sum()), settled=False, gain=gain)
    value = float(np.rint(most @ solved.values))
    bound = float(np.floor(solved.bound + _ROUNDING * max(1.0, abs(solved.bound))))
    best, settled = solved.values, False
    if value >= bound:
        order = np.concatenate([-np.arange(1.0, m + 1), np.zeros(len(most) - m)])
        again = maximise(programme.keeping(most, value - 0.5), order, allowance, within=0.5)
        settled = again.status == "optimal"
        best = best if again.values is None else again.values
    there = best[:m] > 0.5  # noqa: PLR2004 - 1, but for rounding
    sites, _, gain = _assigned(programme, most, assigned, there)
    return Choice(sites, value, max(bound, value), settled, gain)


def _assigned(
    programme: Programme,
    most: npt.NDArray[np.float64],
    assigned: npt.NDArray[np.int64],
    there: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.int64], float, npt.NDArray[np.int64]]:
    """Share people out among the sites that are there: sites, how many in all, and to each."""
    m = len(there)
    sites = np.flatnonzero(there)
    only = replace(programme.without(~there), lower=np.append(there, np.zeros(len(most) - m)))
    shared = maximise(only, most, Allowance(np.inf), relaxed=True).values
    assert shared is not None
    gain = np.bincount(assigned[m:], shared[m:], minlength=m)[sites]
    return sites, float(np.rint(gain.sum())), np.rint(gain).astype(np.int64)


def _programme(
    demand: Demand, room: npt.NDArray[np.float64], rules: Sequence[Rule]
) -> tuple[Programme, npt.NDArray[np.int64]]:
    """Return the programme, and the site of each of its columns of assigned people; -1 for sites.

    Columns: the sites, then how many of a group are assigned to a site that reaches it.
    """
    groups, m = demand.cover.shape
    pair = demand.cover.tocoo()
    size, n = demand.weight[pair.row].astype(float), len(pair.row)
    column = m + np.arange(n)
    width = m + n
    once = csr_array((np.ones(n), (pair.row, column)), shape=(groups, width))
    each = np.arange(n)
    only_chosen = csr_array(
        (np.concatenate([np.ones(n), -size]), (np.tile(each, 2), np.append(column, pair.col))),
        shape=(n, width),
    )
    limited = np.flatnonzero(np.isfinite(room))
    own = np.isin(pair.col, limited)
    filled = csr_array(
        (
            np.concatenate([np.ones(own.sum()), -room[limited]]),
            (
                np.append(np.searchsorted(limited, pair.col[own]), np.arange(len(limited))),
                np.append(column[own], limited),
            ),
        ),
        shape=(len(limited), width),
    )
    wide = [hstack([rule.rows, csr_array((rule.rows.shape[0], n))], format="csr") for rule in rules]
    capped = [demand.weight.astype(float), np.zeros(n), np.zeros(len(limited))]
    return Programme(
        rows=vstack([once, only_chosen, filled, *wide], format="csr"),
        row_lower=np.concatenate(
            [np.full(groups + n + len(limited), -np.inf), *(rule.lower for rule in rules)]
        ),
        row_upper=np.concatenate([*capped, *(rule.upper for rule in rules)]),
        lower=np.zeros(width),
        upper=np.concatenate([np.ones(m), size]),
        whole=np.arange(width) < m,
    ), np.append(np.full(m, -1, dtype=np.int64), pair.col)
