"""The residents of a study: points that carry them, or totals and what to spread them over."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from kiezreach.errors import shown
from kiezreach.study.parts import Labels, LayerFile, Metres, Part, Profile

SpreadMethod = Literal["street_fronts", "block_area", "open_area", "points", "grid"]
"""How the residents of a planning area are put where they live."""


class Blocks(LayerFile):
    """Residential blocks, as polygons; they are cut at the borders of planning areas."""

    weight_column: str | None = None
    """Column that blocks are weighed by, such as dwellings; their front or area if absent."""


class PlaceFile(LayerFile):
    """A layer of places, or a table (CSV) with a column for each coordinate."""

    x_column: str = "lon"
    """Of a table: column of longitudes or eastings."""
    y_column: str = "lat"
    """Of a table: column of latitudes or northings."""
    crs: str = "EPSG:4326"
    """Of a table: CRS of both columns."""


class Addresses(PlaceFile):
    """Addresses or buildings; a polygon counts at a point inside it."""

    area_column: str = "planning_area_id"
    """Column with the id of the planning area; places are assigned by geometry if it is absent."""
    weight_column: str | None = None
    """Column that they are weighed by, such as dwellings or storeys; all alike if absent."""


class Grid(PlaceFile):
    """A population grid, as polygons or as the middles of square cells."""

    residents_column: str = "residents"
    """Column of residents; fractions are allowed."""
    cell_m: Metres | None = None
    """Side of a cell in its own CRS, where the file has the middles."""


class Support(Part):
    """What residents are spread over; water, green and railways are the background layers."""

    blocks: Blocks | None = None
    points: Addresses | None = None
    grid: Grid | None = None


_NEEDS: Final[dict[SpreadMethod, str]] = {
    "street_fronts": "blocks",
    "block_area": "blocks",
    "open_area": "blocks",
    "points": "points",
    "grid": "grid",
}


class Residents(LayerFile):
    """Points that carry residents, or totals of planning areas and how to spread them."""

    file: str = ""
    """Points that carry residents: whoever made the file has spread them."""
    totals: str = ""
    """Instead of `file`: a CSV of residents, one row per planning area."""
    spread: SpreadMethod | None = None
    """How totals are spread."""
    plausible_spreads: tuple[SpreadMethod, ...] = ()
    """Further methods that are as good; figures get the interval over all of them."""
    support: Support = Support()
    id_column: str = "point_id"
    """Column with the id of a point."""
    area_column: str = "planning_area_id"
    """Column with the id of the planning area; points are placed by geometry if it is absent."""
    residents_column: str = "residents"
    """Column with the number of residents."""
    age_groups: tuple[str, ...] = ()
    """Columns that split the residents by age and add up to them."""
    profiles: dict[str, Profile] = Field(default_factory=dict)
    """Walk rules that suit an age group: it is counted by them too, beside the common rule."""
    method: str | Labels = ""
    """How residents were spread over the points, in words; for maps in both languages, in each."""

    @property
    def origin(self) -> str:
        """The file that the counts are from."""
        return self.file or self.totals

    @property
    def spreads(self) -> tuple[SpreadMethod, ...]:
        """All methods that are applied here, the main one first."""
        return (*((self.spread,) if self.spread else ()), *self.plausible_spreads)

    @model_validator(mode="after")
    def _profiles_are_of_age_groups(self) -> Self:
        unknown = sorted(set(self.profiles) - set(self.age_groups))
        if unknown:
            msg = (
                f"residents.profiles names '{shown(unknown[0])}', which is no age group. Name "
                f"one of residents.age_groups: {', '.join(self.age_groups) or 'there are none'}"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _counts_are_given_once(self) -> Self:
        if bool(self.file) == bool(self.totals):
            told = "both a file of points and totals" if self.file else "neither file nor totals"
            msg = f"it names {told}. Give file, or totals with spread"
            raise ValueError(msg)
        if self.totals and self.spread is None:
            msg = "totals need a method. Set spread to one of " + ", ".join(_NEEDS)
            raise ValueError(msg)
        if self.file and self.spread is not None:
            msg = (
                "the residents of a file of points are spread already. "
                "Take spread out, or give totals instead of file"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _methods_are_distinct_and_have_their_support(self) -> Self:
        if len(set(self.spreads)) < len(self.spreads):
            msg = f"{', '.join(self.spreads)} names a method twice. Name each once"
            raise ValueError(msg)
        for method in self.spreads:
            part = _NEEDS[method]
            if getattr(self.support, part) is None:
                msg = f"the method {method} has no {part}. Add [residents.support.{part}]"
                raise ValueError(msg)
        return self
