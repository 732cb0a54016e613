"""Where further centres are looked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kiezreach import defaults
from kiezreach.study.parts import Metres, Part


class Proposals(Part):
    """How many further centres a build proposes, and in which houses they may open."""

    k: Annotated[int, Field(ge=1)]
    """How many further centres may be opened."""
    kinds: tuple[str, ...] | None = None
    """Kinds of candidates that could take in a centre; all of them if absent."""
    threshold_m: Metres | None = None
    """Walk within which somebody is served; analysis.gap_threshold_m if absent."""
    weight: Literal["residents", "need"] = "residents"
    """Whether all residents count the same, or as much as the need index of their area says."""
    same_place_m: Metres = defaults.SAME_PLACE_M
    """Sites this near to each other in a straight line stand for one place."""
    time_limit_s: Annotated[float, Field(gt=0, lt=1e6)] = defaults.TIME_LIMIT_S
    """Seconds of solving; beyond, the best sites found are proposed, marked as not proven."""
