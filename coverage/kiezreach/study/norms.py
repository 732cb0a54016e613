"""Planning norms: what a file of norms may say."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from kiezreach.study.parts import Labels, Metres, Part

NormKind = Literal["per_residents", "count_per_area", "share_within"]
_UNITS: dict[NormKind, tuple[str, ...]] = {
    "per_residents": ("m2", "centres"),
    "count_per_area": ("centres",),
    "share_within": ("share",),
}


class Uplift(Part):
    """What a norm asks for beyond its value where people live in structurally weak areas."""

    classes: str
    """Classes of planning areas (their id in the study) by which an area is structurally weak."""
    value: Annotated[float, Field(gt=0)] | None = None
    """In the unit of the norm, per as many residents; left out where it is not published."""


class Norm(Part):
    """One planning rule, where it comes from, and how binding it is."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Name of the norm in tables: lower-case letters, digits and underscores."""
    labels: Labels
    """The rule in a few words."""
    kind: NormKind
    """per_residents: so much for so many residents; count_per_area: so many centres in each area;
    share_within: this share of the residents within a walk."""
    level: str
    """Level of areas that the rule is about, or city."""
    value: Annotated[float, Field(gt=0)] | None = None
    """What each area must reach; left out where it is not published."""
    unit: Literal["m2", "centres", "share"]
    """m2: floor space of centres; share: of the residents, from 0 to 1."""
    residents: Annotated[int, Field(gt=0)] = 1000
    """Residents that the value is for (per_residents)."""
    distance_m: Metres | None = None
    """Walking distance (share_within)."""
    kinds: tuple[str, ...] | None = None
    """Kinds of centres that fulfil the rule; without it, all that the study counts."""
    uplift: Uplift | None = None
    """More in structurally weak areas (per_residents)."""
    status: Literal["decided", "announced", "assumption"]
    """How binding it is; an assumption is the study's own."""
    source: Annotated[str, Field(min_length=1)]
    """Who set it, and where that is said."""
    url: str = ""
    """Where to read it."""
    date: date
    """Day of the source."""
    note: Labels | None = None
    """What must be known to read its result."""

    @model_validator(mode="after")
    def _parts_fit_the_kind(self) -> Self:
        units = _UNITS[self.kind]
        if self.unit not in units:
            msg = f"the unit {self.unit} does not fit {self.kind}. Choose {' or '.join(units)}"
            raise ValueError(msg)
        if (self.kind == "share_within") != (self.distance_m is not None):
            msg = (
                f"{self.kind} has {'no' if self.distance_m is None else 'a'} distance_m. "
                "Give share_within a distance_m in metres, and no other kind"
            )
            raise ValueError(msg)
        if self.unit == "share" and (self.value or 0.0) > 1:
            msg = f"{self.value:g} is no share. Give a number from 0 to 1: 0.8 for 80 percent"
            raise ValueError(msg)
        if self.kind == "share_within" and self.kinds is not None:
            msg = (
                "the walk to centres of chosen kinds is not known. "
                "Leave out kinds; centres.kinds of the study chooses the centres that are walked to"
            )
            raise ValueError(msg)
        if self.uplift is not None and self.kind != "per_residents":
            msg = f"{self.kind} has an uplift. Give one to per_residents alone"
            raise ValueError(msg)
        return self


def _distinct(norms: tuple[Norm, ...]) -> tuple[Norm, ...]:
    ids = [norm.id for norm in norms]
    if len(set(ids)) < len(ids):
        msg = f"the ids {', '.join(ids)} are not distinct. Give each norm an id of its own"
        raise ValueError(msg)
    return norms


class NormFile(Part):
    """The content of a file of norms."""

    norms: Annotated[tuple[Norm, ...], Field(min_length=1), AfterValidator(_distinct)]
