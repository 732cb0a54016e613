"""Rules held against what differs between two builds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from kiezreach.errors import InputError
from kiezreach.study.gates import (
    CentresGate,
    CoverageGate,
    GapsGate,
    Gate,
    GateFile,
    InputsGate,
    ResidentsGate,
)

if TYPE_CHECKING:
    from kiezreach.differences.comparison import Comparison

_REMEDY = "Correct the rule; docs/ci.md shows a file of rules"


@dataclass(frozen=True)
class Breach:
    """One way in which a rule is broken.

    Parameters
    ----------
    what
        Which limit: the name of its text.
    facts
        What the text tells: names and numbers.
    """

    what: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What came of one rule.

    Parameters
    ----------
    rule
        The rule in words.
    breaches
        In which ways it is broken; none if it is kept.
    """

    rule: str
    breaches: tuple[Breach, ...]

    @property
    def kept(self) -> bool:
        """Whether the rule is kept."""
        return not self.breaches


def judge(gates: GateFile, comparison: Comparison) -> tuple[Verdict, ...]:
    """Hold two builds to rules.

    Parameters
    ----------
    gates
        The rules.
    comparison
        The two builds.

    Returns
    -------
    tuple of Verdict
        One per rule, in the order of `GateFile.gates`.

    Raises
    ------
    InputError
        If a rule is about a level, an area, a class, a threshold or a role that neither build has.
    """
    return tuple(Verdict(gate.rule, tuple(_breaches(gate, comparison))) for gate in gates.gates)


def _breaches(gate: Gate, comparison: Comparison) -> Iterator[Breach]:
    """Yield how a rule is broken."""
    match gate:
        case CoverageGate():
            yield from _coverage(gate, comparison)
        case GapsGate():
            yield from _gaps(gate, comparison)
        case CentresGate():
            went = comparison.centres[comparison.centres["state"] == "went"]
            if len(went) > gate.max_gone:
                names = ", ".join(went["name"])
                yield Breach("gone", {"count": len(went), "limit": gate.max_gone, "names": names})
        case ResidentsGate():
            yield from _residents(gate, comparison)
        case InputsGate():
            yield from _inputs(gate, comparison)


def _coverage(gate: CoverageGate, comparison: Comparison) -> Iterator[Breach]:
    """Yield the areas that fall too far, or have too few residents served."""
    threshold = gate.threshold_m or comparison.threshold_m
    table = comparison.coverage if gate.classes is None else comparison.by_group
    rows = table[table["threshold_m"] == threshold]
    if rows.empty:
        raise _unknown(gate, "threshold_m", threshold, table["threshold_m"])
    if gate.classes is not None:
        study = comparison.after.study
        rows = _chosen(gate, rows, "classes", "breakdown", gate.classes)
        rows = rows[(rows["profile"] == study.network.profile) | (rows["breakdown"] != "age_group")]
        rows = _chosen(gate, rows, "value", "group", str(gate.value))
    for row in _areas(gate, rows, gate.level, gate.areas).to_dict(orient="records"):
        facts = {"area": row, "threshold_m": threshold, "classes": gate.classes,
                 "value": gate.value}  # fmt: skip
        if _missing(row["points"]):
            if gate.max_fall_points is not None and _has_residents(row):
                yield Breach("not_in_both", facts)
        elif gate.max_fall_points is not None and -row["points"] > gate.max_fall_points:
            yield Breach("fall", {**facts, "limit": gate.max_fall_points})
        least = gate.at_least_percent
        if least is not None and round(100 * row["share_after"], 9) < least:
            yield Breach("least", {**facts, "limit": least})


def _has_residents(row: dict[str, Any]) -> bool:
    """Whether somebody lives in an area, in one of the builds at least."""
    return any(row[f"residents_{side}"] > 0 for side in ("before", "after"))


def _gaps(gate: GapsGate, comparison: Comparison) -> Iterator[Breach]:
    """Yield whether too many gaps are new, or too many residents more live in gaps."""
    gaps = comparison.gaps
    new = gaps[gaps["state"] == "appeared"]
    if gate.max_new is not None and len(new) > gate.max_new:
        names = ", ".join(new["name_after"].astype(str))
        yield Breach("new_gaps", {"count": len(new), "limit": gate.max_new, "names": names})
    more = int(gaps["residents_after"].sum() - gaps["residents_before"].sum())
    if gate.max_residents_more is not None and more > gate.max_residents_more:
        yield Breach("in_gaps", {"count": more, "limit": gate.max_residents_more})


def _residents(gate: ResidentsGate, comparison: Comparison) -> Iterator[Breach]:
    """Yield the areas whose number of residents changed too much."""
    rows = comparison.coverage.drop_duplicates(["level", "area_id"])
    for row in _areas(gate, rows, gate.level, ()).to_dict(orient="records"):
        before, after = row["residents_before"], row["residents_after"]
        if _missing(before) or _missing(after):
            yield Breach("not_in_both", {"area": row, "threshold_m": None})
        elif abs(after - before) * 100 > gate.max_change_percent * before:
            yield Breach("residents", {"area": row, "limit": gate.max_change_percent})


def _inputs(gate: InputsGate, comparison: Comparison) -> Iterator[Breach]:
    """Yield the inputs that are not as they were."""
    known = pd.concat([comparison.before.inputs["role"], comparison.after.inputs["role"]])
    for role in gate.unchanged:
        if role not in set(known):
            raise _unknown(gate, "unchanged", role, known)
        for row in comparison.inputs.to_dict(orient="records"):
            if role in row["roles"].split(", "):
                yield Breach("input", {"file": row["file"], "role": role})


def _areas(gate: Gate, rows: pd.DataFrame, level: str, areas: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of the areas that a rule is about."""
    found = _chosen(gate, rows, "level", "level", level)
    for area in areas:
        _chosen(gate, found, "areas", "area_id", area)
    return found[found["area_id"].isin(areas)] if areas else found


def _chosen(gate: Gate, rows: pd.DataFrame, key: str, column: str, value: str) -> pd.DataFrame:
    """Return the rows with a value, of which there must be some."""
    if rows.empty:
        msg = "is about classes of areas that neither build has"
        raise InputError(msg, row=f"rule '{gate.rule}'", remedy=_REMEDY)
    chosen = rows[rows[column] == value]
    if chosen.empty:
        raise _unknown(gate, key, value, rows[column])
    return chosen


def _unknown(gate: Gate, key: str, value: object, known: pd.Series) -> InputError:
    """Say what a rule names that is not there, and what is."""
    there = [f"{v:g}" if isinstance(v, float) else str(v) for v in known.unique()]
    listed = ", ".join(there[:12]) + (", ..." if len(there) > 12 else "")  # noqa: PLR2004 - one line
    written = f"{value:g}" if isinstance(value, float) else value
    msg = f"{key} = '{written}' is in neither build. There are: {listed}"
    return InputError(msg, row=f"rule '{gate.rule}'", remedy=_REMEDY)


def _missing(value: float) -> bool:
    """Whether there is no number."""
    return bool(pd.isna(value))
