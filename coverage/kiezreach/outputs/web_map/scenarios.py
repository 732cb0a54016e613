"""What scenarios change: residents who gain or lose a centre within reach, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis


def scenarios(analysis: Analysis, thresholds: list[float]) -> list[dict[str, Any]]:
    """List the scenarios of a study, in its order; none where it has none.

    Parameters
    ----------
    analysis
        What was found.
    thresholds
        Walking distances in metres, rising.
    """
    del analysis, thresholds
    return []
