"""What a choice of sites has to keep to: how many, where, how far apart, at what cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, vstack

from kiezreach.decisions.solver import Allowance, Programme, maximise
from kiezreach.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

_ROUNDING = 1e-9  # sums of costs in floating-point numbers


@dataclass(frozen=True)
class AreaLimit:
    """How many centres the areas of one level are to have.

    Parameters
    ----------
    column
        Column of candidates and existing centres with the id of the area that each stands in.
    at_least
        Centres in each area, existing ones counted.
    at_most
        New centres in each area; None for no limit.
    areas
        Ids of the areas that it holds for; all that candidates or centres stand in if None.
    names
        What messages call the areas, by id.
    """

    column: str
    at_least: int = 0
    at_most: int | None = None
    areas: tuple[str, ...] | None = None
    names: dict[str, str] | None = None


@dataclass(frozen=True)
class Limits:
    """What a choice of sites has to keep to, beside their number.

    Parameters
    ----------
    areas
        Limits for areas.
    budget
        What all sites together may cost, in the unit of the candidates' column ``cost``.
    min_distance_m
        Shortest walk between two new sites, and between a new site and an existing centre.
    """

    areas: tuple[AreaLimit, ...] = ()
    budget: float | None = None
    min_distance_m: float = 0.0


@dataclass(frozen=True, eq=False)
class Rule:
    """One condition on the sites chosen, in words and as rows.

    Parameters
    ----------
    name
        What a planner calls it.
    rows
        Shape (r, m): coefficients of the sites.
    lower, upper
        Shape (r,): bounds of each row.
    """

    name: str
    rows: csr_array
    lower: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]

    @classmethod
    def single(
        cls,
        name: str,
        row: npt.NDArray[np.float64],
        *,
        lower: float = -np.inf,
        upper: float = np.inf,
    ) -> Rule:
        """Make a rule of one row."""
        rows = csr_array(row[None, :].astype(float))
        return cls(name, rows, np.array([lower]), np.array([upper]))


def rules_of(
    k: int | None,
    limits: Limits,
    sites: gpd.GeoDataFrame,
    existing: gpd.GeoDataFrame | None,
) -> list[Rule]:
    """Write number, budget and limits of areas as rules.

    Parameters
    ----------
    k
        Most sites that may be chosen; None for any number.
    limits
        What else binds.
    sites
        Candidates, with the columns that the limits name.
    existing
        Centres that stand already, with the same columns; None if there are none.
    """
    m = len(sites)
    rules = []
    if k is not None:
        rules.append(Rule.single(f"at most {k} new centres", np.ones(m), upper=k))
    if limits.budget is not None:
        cost = sites["cost"].to_numpy(dtype=float)
        rules.append(Rule.single(f"a budget of {limits.budget:,g}", cost, upper=limits.budget))
    for limit in limits.areas:
        rules += _area_rules(limit, sites, existing)
    return rules


def pairs_apart(
    least: float, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64], m: int
) -> Rule:
    """Return the rule that of two sites which stand too near to each other one may be chosen.

    Parameters
    ----------
    least
        Shortest walk between two of them, in metres; it names the rule.
    one, other
        Shape (p,): positions of the sites of each pair.
    m
        Number of sites.
    """
    number = np.arange(len(one))
    at = (np.append(number, number), np.append(one, other))
    rows = csr_array((np.ones(2 * len(one)), at), shape=(len(one), m))
    full = np.ones(len(one))
    return Rule(f"at least {least:g} m between new centres", rows, -np.inf * full, full)


def _area_rules(
    limit: AreaLimit, sites: gpd.GeoDataFrame, existing: gpd.GeoDataFrame | None
) -> Iterator[Rule]:
    """Yield a rule for each area that a limit holds for and binds."""
    own = sites[limit.column].to_numpy(dtype=object)
    there = [] if existing is None else existing[limit.column].tolist()
    known = sorted({*own.tolist(), *there} - {""})
    for area in known if limit.areas is None else limit.areas:
        called = (limit.names or {}).get(area, area)
        inside = (own == area).astype(float)
        missing = limit.at_least - there.count(area)
        if missing > 0:
            name = f"at least {limit.at_least} in {called}, where {there.count(area)} exist and "
            name += f"{int(inside.sum())} candidates stand"
            yield Rule.single(name, inside, lower=missing)
        if limit.at_most is not None:
            name = f"at most {limit.at_most} new ones in {called}"
            yield Rule.single(name, inside, upper=limit.at_most)


def binds_only_above(limits: Limits) -> bool:
    """Return whether a site may always be left out or exchanged for one in the same areas.

    Then a site that serves nobody whom another does not serve as well is needless. A demand for
    so many centres in an area, or a distance between them, can need it after all.
    """
    return limits.min_distance_m <= 0 and all(limit.at_least <= 0 for limit in limits.areas)


def require_possible(rules: Sequence[Rule], m: int) -> npt.NDArray[np.int64]:
    """Return a set of sites that keeps to the rules, or name rules which exclude each other.

    Returns
    -------
    array
        Positions of the sites; any set, not a good one.

    Raises
    ------
    InputError
        With a smallest set of rules of which each one could be lifted to remove the conflict.

    Notes
    -----
    Rules are lifted one after the other; one whose lifting leaves the rest impossible has no part
    in the conflict (deletion filter: Chinneck 2008, Feasibility and Infeasibility in
    Optimization).
    """
    if (found := _some_set(rules, m)) is not None:
        return found
    names = [rule.name for rule in conflict(rules, lambda rest: _some_set(rest, m) is not None)]
    if len(names) == 1:
        msg = f"no choice of sites can keep to this: {names[0]}"
        raise InputError(msg, remedy="Lower it, or give more candidates")
    msg = f"no choice of sites can keep to all of these at once: {'; '.join(names)}"
    raise InputError(msg, remedy="Lift or loosen one of them")


def conflict(rules: Sequence[Rule], possible: Callable[[Sequence[Rule]], bool]) -> list[Rule]:
    """Return rules that exclude each other, of a set of rules that is not possible."""
    left = list(rules)
    for rule in rules:
        rest = [one for one in left if one is not rule]
        if not possible(rest):
            left = rest
    return left


def _some_set(rules: Sequence[Rule], m: int) -> npt.NDArray[np.int64] | None:
    """Return some sites that keep to all rules, None if there are none."""
    if not rules:
        return np.empty(0, dtype=np.int64)
    solved = maximise(programme_of(rules, m), np.zeros(m), Allowance(np.inf))
    return None if solved.values is None else np.flatnonzero(solved.values > 0.5)  # noqa: PLR2004


def programme_of(rules: Sequence[Rule], m: int) -> Programme:
    """Return the programme of choosing sites by rules alone."""
    none = csr_array((0, m), dtype=float)
    return Programme(
        rows=vstack([none, *(rule.rows for rule in rules)], format="csr"),
        row_lower=np.concatenate([np.empty(0), *(rule.lower for rule in rules)]),
        row_upper=np.concatenate([np.empty(0), *(rule.upper for rule in rules)]),
        lower=np.zeros(m),
        upper=np.ones(m),
        whole=np.ones(m, dtype=bool),
    )


def one_by_one(
    rules: Sequence[Rule], m: int, added: Callable[[Sequence[int]], npt.NDArray[np.float64]]
) -> npt.NDArray[np.int64] | None:
    """Choose one site after the other, each the one that adds most, as far as the rules let.

    Parameters
    ----------
    rules
        What the set has to keep to.
    m
        Number of sites.
    added
        Returns, shape (m,), what each site adds to those chosen so far.

    Returns
    -------
    array or None
        Positions in the order of choice; None if the set does not keep to the rules.
    """
    programme = programme_of(rules, m)
    rows, entry = programme.rows, programme.rows.tocoo()
    done, free = np.zeros(rows.shape[0]), np.ones(m, dtype=bool)
    chosen: list[int] = []
    while True:
        room = programme.row_upper - done + _ROUNDING
        free[entry.col[entry.data > room[entry.row]]] = False
        gain = np.where(free, added(chosen), 0.0)
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        chosen.append(best)
        free[best] = False
        done += rows[:, [best]].toarray()[:, 0]
    fits = (done >= programme.row_lower - _ROUNDING).all()
    return np.array(chosen, dtype=np.int64) if fits else None
