"""Rules that a new build is held to, beside the one before."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from kiezreach.errors import shown
from kiezreach.study.parts import Metres, Part

Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


class Gate(Part):
    """A rule, in the words that a build which breaks it is told."""

    rule: Annotated[str, Field(min_length=1)]
    """The rule in words; it names the gate wherever it is told of."""


class CoverageGate(Gate):
    """How many of the residents must be served."""

    level: str = "city"
    """Level of the areas that are held to it; ``city`` is all of them together."""
    areas: tuple[str, ...] = ()
    """Ids of the areas; all of the level if there are none."""
    classes: str | None = None
    """Classes of the study, where the rule is about the planning areas of one class."""
    value: str | None = None
    """Which of them."""
    threshold_m: Metres | None = None
    """Walking distance; the study's gap threshold if absent."""
    max_fall_points: Percent | None = None
    """By how many percentage points the share served may fall."""
    at_least_percent: Percent | None = None
    """What the share served must be."""

    @model_validator(mode="after")
    def _is_a_rule(self) -> Self:
        if self.max_fall_points is None and self.at_least_percent is None:
            msg = "has no limit. Set max_fall_points or at_least_percent"
            raise ValueError(msg)
        if (self.classes is None) != (self.value is None):
            msg = "needs both classes and value, or none of them. Add the other"
            raise ValueError(msg)
        return self


class GapsGate(Gate):
    """What may happen to the gaps of the gap threshold."""

    max_new: Count | None = None
    """How many may appear."""
    max_residents_more: Count | None = None
    """How many more residents may live in gaps."""

    @model_validator(mode="after")
    def _is_a_rule(self) -> Self:
        if self.max_new is None and self.max_residents_more is None:
            msg = "has no limit. Set max_new or max_residents_more"
            raise ValueError(msg)
        return self


class CentresGate(Gate):
    """How many centres may go."""

    max_gone: Count
    """Centres that are not in the new build, or that no street leads to any more."""


class ResidentsGate(Gate):
    """By how much numbers of residents may change: more is a fault of the data, as a rule."""

    level: str = "city"
    """Level of the areas that are held to it."""
    max_change_percent: Annotated[float, Field(ge=0)]
    """By how many percent of the earlier number, up or down."""


class InputsGate(Gate):
    """Inputs that must stay as they are."""

    unchanged: Annotated[tuple[str, ...], Field(min_length=1)]
    """Roles of inputs as the manifest names them: areas, residents, indicators, ..."""


class GateFile(Part):
    """A file of rules."""

    coverage: tuple[CoverageGate, ...] = ()
    gaps: tuple[GapsGate, ...] = ()
    centres: tuple[CentresGate, ...] = ()
    residents: tuple[ResidentsGate, ...] = ()
    inputs: tuple[InputsGate, ...] = ()

    @property
    def gates(self) -> tuple[Gate, ...]:
        """All rules, in the order of the tables above."""
        return (*self.coverage, *self.gaps, *self.centres, *self.residents, *self.inputs)

    @model_validator(mode="after")
    def _rules_are_told_apart(self) -> Self:
        rules = [gate.rule for gate in self.gates]
        if not rules:
            msg = "there is no rule. Add a table [[coverage]], [[gaps]], [[centres]], "
            raise ValueError(msg + "[[residents]] or [[inputs]]")
        if twice := next((rule for rule in rules if rules.count(rule) > 1), None):
            msg = f"two rules are '{shown(twice)}'. Give each a text of its own"
            raise ValueError(msg)
        return self
