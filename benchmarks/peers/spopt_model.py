"""spopt: site choice of PySAL, which writes its models with pulp."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from measuring import AbsentError

if TYPE_CHECKING:
    import numpy as np
    from spopt.locate import MCLP


def require() -> None:
    """Raise `AbsentError` where spopt cannot be imported."""
    try:
        with warnings.catch_warnings(action="ignore"):
            import spopt.locate  # noqa: F401
    except ImportError as error:
        msg = f"spopt cannot be imported ({error})"
        raise AbsentError(msg) from error


def build(walks: np.ndarray, residents: np.ndarray, threshold: float, k: int) -> MCLP:
    """Build the maximal covering model from a matrix of walks; by far the most of spopt's time."""
    from spopt.locate import MCLP

    with warnings.catch_warnings(action="ignore"):
        return MCLP.from_cost_matrix(walks, residents, threshold, p_facilities=k)


def solve(model: MCLP) -> float:
    """Solve it with HiGHS, as kiezreach does, and return the residents served."""
    import pulp

    with warnings.catch_warnings(action="ignore"):
        model.solve(pulp.HiGHS(msg=False, threads=1))
        return float(pulp.value(model.problem.objective))
