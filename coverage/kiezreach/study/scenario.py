"""Scenarios: what a file of changes may say."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from kiezreach.study.parts import Metres, Part

Degrees = tuple[
    Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)],
    Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)],
]
"""Longitude and latitude."""
Id = Annotated[str, Field(min_length=1)]


class Site(Part):
    """Where a centre stands: in one of three ways."""

    at: Degrees | None = None
    """Longitude and latitude in decimal degrees."""
    address: str | None = None
    """Street and number, with the postcode where several streets share the name."""
    candidate: str | None = None
    """Id of one of the study's candidate sites."""
    snapped: bool = False
    """Whether it stands on the nearest street, however far that is; else it must be near one."""

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        given = [self.at is not None, self.address is not None, self.candidate is not None]
        if sum(given) != 1:
            msg = (
                f"it names {'several places' if any(given) else 'no place'}. "
                "Give one of at = [longitude, latitude], address = '...', candidate = '...'"
            )
            raise ValueError(msg)
        return self


class Open(Site):
    """A centre that opens."""

    id: Id | None = None
    """Its id in the results; made up if absent: that of the candidate, or new-1, new-2, ..."""
    name: str = ""
    """Its name; that of the candidate or the address if empty."""
    kind: str = ""
    """Its kind, as the file of centres has kinds."""
    capacity: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """How many people it can serve, in the unit of the file of centres."""


class Move(Site):
    """A centre that moves to another place."""

    centre: Id
    """Id of the centre."""


class Resize(Part):
    """A centre that grows or shrinks."""

    centre: Id
    """Id of the centre."""
    capacity: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """How many people it can serve from then on; walks do not depend on it."""


class AddLink(Part):
    """A new way between two places: a footbridge, an opened gate, a path through a block."""

    start: Degrees
    """Longitude and latitude of one end; it joins the nearest street."""
    end: Degrees
    """The other end."""
    length_m: Metres | None = None
    """Length from street to street; that of the straight line if absent."""
    name: str = ""
    """What it is called in the results."""


class RemoveLink(Part):
    """A way that closes: the one at a place, or all that cross a line."""

    at: Degrees | None = None
    """A place on the way; the nearest way closes, from crossing to crossing."""
    start: Degrees | None = None
    """Instead: one end of a line; every way that crosses it closes, from crossing to crossing."""
    end: Degrees | None = None
    """The line's other end."""
    name: str = ""
    """What it is called in the results."""

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        given = (self.at is not None, self.start is not None, self.end is not None)
        if given not in {(True, False, False), (False, True, True)}:
            msg = (
                "it does not say which ways close. "
                "Give at = [longitude, latitude], or start and end of a line across them"
            )
            raise ValueError(msg)
        return self


class Housing(Part):
    """New residents at a point, evenly in an area, or where people of a planning area live."""

    count: Annotated[int, Field(gt=0, le=10_000_000)]
    """How many people move in."""
    at: Degrees | None = None
    """Longitude and latitude of the new house."""
    polygon: Annotated[tuple[Degrees, ...], Field(min_length=3)] | None = None
    """Instead: corners of the new area; its people live evenly over it."""
    planning_area: str | None = None
    """Instead: id or name of a planning area; its new people live where people live there now."""
    age_groups: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """How many of each age group of the study; the mix of the planning area if absent."""
    name: str = ""
    """What the area is called in the results."""

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        places = (self.at, self.polygon, self.planning_area)
        if sum(place is not None for place in places) != 1:
            msg = (
                "it does not say in one way where people move in. "
                "Give one of at, polygon and planning_area"
            )
            raise ValueError(msg)
        if self.age_groups and sum(self.age_groups.values()) != self.count:
            msg = (
                f"the age groups add up to {sum(self.age_groups.values())}, not to {self.count}. "
                "Correct them, or leave them out"
            )
            raise ValueError(msg)
        return self


class Step(Part):
    """One change; a step has exactly one of these keys."""

    close: Id | None = None
    """Id of a centre that closes."""
    open: Open | None = None
    move: Move | None = None
    resize: Resize | None = None
    add_link: AddLink | None = None
    remove_link: RemoveLink | None = None
    residents: Housing | None = None

    @property
    def action(self) -> str:
        """The key that the step has."""
        return next(name for name in Step.model_fields if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        given = [name for name in Step.model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            told = " and ".join(given) or "nothing"
            msg = (
                f"a step does one thing, this one {told}. "
                f"Give each [[steps]] one of {', '.join(Step.model_fields)}"
            )
            raise ValueError(msg)
        return self


class Scenario(Part):
    """Changes to the base, one after the other."""

    name: Annotated[str, Field(min_length=1)]
    """Name of the scenario in the results."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
