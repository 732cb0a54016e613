"""What a study asks of accessibility with competition: capacity that people share."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from kiezreach.study.parts import Metres, Part


class DecayStep(Part):
    """How much a walk counts, up to a length."""

    to_m: Metres
    """Longest walk of the step; the step begins where the one before ends."""
    weight: Annotated[float, Field(gt=0, le=1)]
    """What such a walk counts, against 1 for the shortest walks."""


class Accessibility(Part):
    """Floating catchments of centres with a capacity."""

    capacity_column: Annotated[str, Field(min_length=1)] = "capacity"
    """Column of the centres' file; a centre without a value is left out and listed."""
    unit: Annotated[str, Field(min_length=1)]
    """What capacity is measured in, such as m2 or places."""
    reach_m: Metres
    """Longest walk to a centre that counts."""
    decay: tuple[DecayStep, ...] = ()
    """Steps of falling weight for the enhanced method; without them, the plain one alone."""

    @model_validator(mode="after")
    def _steps_lead_to_the_reach(self) -> Self:
        if not self.decay:
            return self
        ends = [step.to_m for step in self.decay]
        weights = [step.weight for step in self.decay]
        if any(a >= b for a, b in pairwise(ends)) or any(a < b for a, b in pairwise(weights)):
            msg = "decay does not fall with the walk. Give rising to_m with falling weight"
            raise ValueError(msg)
        if ends[-1] != self.reach_m:
            msg = (
                f"decay ends at {ends[-1]:g} m and reach_m is {self.reach_m:g}. "
                "Let the last to_m be reach_m"
            )
            raise ValueError(msg)
        return self
