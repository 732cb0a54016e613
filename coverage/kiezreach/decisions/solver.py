"""Linear programmes with whole-numbered columns, solved by HiGHS the same way on every machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import highspy
import numpy as np
from scipy.sparse import csr_array, vstack

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

Status = Literal["optimal", "stopped", "infeasible"]

# One thread, one seed: the same programme takes the same way through the search everywhere.
_OPTIONS: Final[dict[str, bool | float | str]] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "mip_rel_gap": 0.0,
}


class _Silent(highspy.Highs):
    """HiGHS without its banner, which the ordinary start prints to stdout before any option."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()


@dataclass
class Allowance:
    """Seconds of solving that are left; every solve takes from it."""

    seconds: float

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.seconds <= 0


@dataclass(frozen=True, eq=False)
class Programme:
    """What may be chosen: columns within bounds, and rows that hold.

    Parameters
    ----------
    rows
        Shape (r, c): coefficients.
    row_lower, row_upper
        Shape (r,): bounds of each row, infinite where there is none.
    lower, upper
        Shape (c,): bounds of each column.
    whole
        Shape (c,): whether a column takes whole numbers only.
    """

    rows: csr_array
    row_lower: Numbers
    row_upper: Numbers
    lower: Numbers
    upper: Numbers
    whole: npt.NDArray[np.bool_]

    def with_rows(self, rows: csr_array, lower: Numbers, upper: Numbers) -> Programme:
        """Return the same programme with further rows."""
        return replace(
            self,
            rows=vstack([self.rows, rows], format="csr"),
            row_lower=np.concatenate([self.row_lower, lower]),
            row_upper=np.concatenate([self.row_upper, upper]),
        )

    def without(self, sites: npt.NDArray[np.bool_]) -> Programme:
        """Return the same programme where some of the first columns, the sites, stay 0."""
        upper = self.upper.copy()
        upper[: len(sites)][sites] = 0.0
        return replace(self, upper=upper)

    def keeping(self, objective: Numbers, at_least: float) -> Programme:
        """Return the same programme where an objective may not fall below a value."""
        row = csr_array(objective[None, :])
        return self.with_rows(row, np.array([at_least]), np.array([np.inf]))


@dataclass(frozen=True, eq=False)
class Solved:
    """What the solver found.

    Parameters
    ----------
    status
        ``stopped``: the time was over.
    values
        Shape (c,): the best values of the columns, None where none were found.
    bound
        No solution has a higher objective.
    worth
        Shape (c,): of a relaxed programme, by how much the objective changes per unit of a column
        that stands at a bound (reduced cost); empty otherwise.
    """

    status: Status
    values: Numbers | None
    bound: float
    worth: Numbers


def maximise(
    programme: Programme,
    objective: Numbers,
    allowance: Allowance,
    *,
    relaxed: bool = False,
    within: float = 1e-6,
) -> Solved:
    """Find the values of the columns with the highest objective.

    Parameters
    ----------
    programme
        What may be chosen.
    objective
        Shape (c,): worth of one unit of each column.
    allowance
        Seconds that may be used; what was used is taken from it.
    relaxed
        Whether columns may take fractions after all.
    within
        The search ends where no solution can be better by more than this.
    """
    model = _model(programme, objective, relaxed=relaxed)
    solver = _Silent()
    options = _OPTIONS | {"mip_abs_gap": within, "time_limit": max(allowance.seconds, 0.0)}
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(model)
    solver.run()
    allowance.seconds -= solver.getRunTime()
    status = solver.getModelStatus()
    none = np.empty(0)
    if status in {
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,  # all columns are bounded
    }:
        return Solved("infeasible", None, -np.inf, none)
    found, info = solver.getSolution(), solver.getInfo()
    done = status == highspy.HighsModelStatus.kOptimal
    if relaxed:
        bound = -info.objective_function_value if done else np.inf
        worth = -np.asarray(found.col_dual) if done else none
        return Solved("optimal" if done else "stopped", np.asarray(found.col_value), bound, worth)
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.asarray(found.col_value) if feasible else None
    return Solved("optimal" if done else "stopped", values, -info.mip_dual_bound, none)


def _model(programme: Programme, objective: Numbers, *, relaxed: bool) -> highspy.HighsLp:
    """Write a programme as HiGHS takes it; it minimises, so the objective changes its sign."""
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = programme.rows.shape
    model.col_cost_ = -objective
    model.col_lower_, model.col_upper_ = programme.lower, programme.upper
    model.row_lower_, model.row_upper_ = programme.row_lower, programme.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = programme.rows.indptr
    model.a_matrix_.index_ = programme.rows.indices
    model.a_matrix_.value_ = programme.rows.data
    if not relaxed:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(whole)] for whole in programme.whole]
    return model


def without_the_worse(
    programme: Programme, relaxed: Solved, known: float, *, within: float = 1e-3
) -> Programme:
    """Fix the whole-numbered columns that no solution as good as a known one can change.

    Parameters
    ----------
    programme
        What may be chosen; its whole-numbered columns are 0 or 1.
    relaxed
        Its relaxation, solved.
    known
        Objective of a known solution.
    within
        What rounding may do; solutions exactly as good as the known one stay possible.

    Notes
    -----
    Reduced-cost fixing (Nemhauser and Wolsey 1988, Integer and Combinatorial Optimization,
    section II.5.2): to move a column off its bound costs its reduced cost at least.
    """
    if relaxed.status != "optimal":
        return programme
    room = relaxed.bound - known + within
    off = programme.whole & (relaxed.worth < -room)
    on = programme.whole & (relaxed.worth > room)
    return replace(
        programme,
        upper=np.where(off, programme.lower, programme.upper),
        lower=np.where(on, programme.upper, programme.lower),
    )
