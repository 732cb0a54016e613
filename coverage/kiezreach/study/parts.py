"""The parts of a study: one class per table of the file, with every default and bound."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from kiezreach import defaults

Metres = Annotated[float, Field(gt=0, lt=1e6, description="metres")]
Language = Literal["de", "en"]


class Part(BaseModel):
    """A part of a study; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class InputFile(Part):
    """A file that the study reads, with what has to be said about it."""

    file: str
    """Path, relative to the study file."""
    source: str = ""
    """Who published it, and where."""
    licence: str = ""
    """Licence of the data."""
    vintage: str = ""
    """Date or year that the data describe (ISO 8601)."""
    attribution: str = ""
    """Text that every map prints."""


class LayerFile(InputFile):
    """A geometry file; for one with several layers, which of them."""

    layer: str | None = None
    """Layer name, for a file with several."""


class NetworkFile(InputFile):
    """The walking network, and for an OpenStreetMap file who walks it."""

    profile: Literal["walking", "step_free", "pram", "older"] = "walking"
    """Walk rules by which an OpenStreetMap file is read."""
    unknown: Literal["allow", "refuse"] = "allow"
    """Ways of which the tags do not say whether the profile can use them: best or worst case."""


class Labels(Part):
    """A word in each language of the outputs."""

    de: str
    en: str


class Level(Part):
    """One level of areas, for example the districts."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Name of the level in tables: lower-case letters, digits and underscores."""
    labels: Labels
    """Its plural in each language."""
    file: str | None = None
    """File of this level, where the levels do not share one."""
    layer: str | None = None
    """Layer of this level in the file."""


def _distinct_levels(levels: tuple[Level, ...]) -> tuple[Level, ...]:
    ids = [level.id for level in levels]
    if len(set(ids)) < len(ids) or "city" in ids:
        msg = f"the ids {', '.join(ids)} are not distinct. Give each level an id, other than 'city'"
        raise ValueError(msg)
    return levels


class Areas(InputFile):
    """Administrative areas, from the coarsest level to the finest (the planning areas)."""

    file: str = ""
    """Path of the file that all levels share."""
    levels: Annotated[tuple[Level, ...], Field(min_length=1), AfterValidator(_distinct_levels)]
    """Levels from the coarsest to the finest; each area lies in one of the level above."""
    id_column: str = "area_id"
    name_column: str = "name"
    parent_column: str = "parent_id"
    """Column with the id of the area one level up; needed where there is more than one level."""

    @model_validator(mode="after")
    def _every_level_has_a_file(self) -> Self:
        for level in self.levels:
            if not (level.file or self.file):
                msg = f"the level '{level.id}' has no file. Set areas.file, or file at the level"
                raise ValueError(msg)
        return self


class Centres(LayerFile):
    """Neighbourhood centres: a CSV with lon and lat, or a point layer."""

    id_column: str = "centre_id"
    kinds: tuple[str, ...] | None = None
    """Kinds that count; rows of other kinds are listed as excluded."""


class Candidates(LayerFile):
    """Houses that could take in a centre or help one: a CSV with lon and lat, or a layer."""

    id_column: str = "candidate_id"


class Residents(LayerFile):
    """Points that carry residents."""

    id_column: str = "point_id"
    area_column: str = "planning_area_id"
    """Column with the id of the planning area; points are placed by geometry if it is absent."""
    residents_column: str = "residents"
    age_groups: tuple[str, ...] = ()
    """Columns that split the residents by age and add up to them."""
    method: str = ""
    """How residents were spread over the points; repeated in the outputs."""


class Indicators(InputFile):
    """A table of social indicators, one row per planning area."""

    id_column: str = "planning_area_id"


class NeedPart(Part):
    """One indicator of the need index."""

    column: str
    labels: Labels
    direction: Literal["high", "low"] = "high"
    """Which end of the scale means more need."""
    weight: Annotated[float, Field(ge=0)] = 1.0


class Need(Part):
    """How indicators become one need index between 0 and 1."""

    parts: Annotated[tuple[NeedPart, ...], Field(min_length=1)]
    standardisation: Literal["rank", "minmax"] = "rank"
    """rank: share of planning areas with less need; minmax: position between the extremes."""
    plausible_standardisations: tuple[Literal["rank", "minmax"], ...] = ("rank", "minmax")
    """Standardisations over which the rank interval of a gap is taken."""
    plausible_weights: tuple[tuple[float, ...], ...] = ()
    """Further sets of weights, one weight per part, over which the rank interval is taken."""

    @model_validator(mode="after")
    def _weights_are_usable(self) -> Self:
        for weights in (tuple(part.weight for part in self.parts), *self.plausible_weights):
            if len(weights) != len(self.parts):
                msg = (
                    f"{', '.join(f'{w:g}' for w in weights)} is not one weight for each of the "
                    f"{len(self.parts)} parts. Give as many weights as there are parts"
                )
                raise ValueError(msg)
            if sum(weights) <= 0 or min(weights) < 0:
                msg = (
                    f"the weights {', '.join(f'{w:g}' for w in weights)} cannot be used. "
                    "Give weights of 0 or more, one of them above 0"
                )
                raise ValueError(msg)
        return self


class Ranking(Part):
    """Over which variants gaps are ranked, and when two ranks are told apart.

    Every threshold here is combined with every standardisation and set of weights that [need]
    holds plausible, and with every spreading of the residents that the study has.
    """

    thresholds_m: tuple[Metres, ...] | None = None
    """Thresholds of the analysis that are held plausible; all of them if absent."""
    distinguishable_share: Annotated[float, Field(gt=0.5, le=1)] = defaults.DISTINGUISHABLE_SHARE
    """Share of the combinations in which one gap must be above another to be told apart."""


class Background(Part):
    """Layers that are drawn behind the results; none is needed."""

    water: LayerFile | None = None
    green: LayerFile | None = None
    railway: LayerFile | None = None


class Analysis(Part):
    """Settings of the analysis; lengths are metres."""

    thresholds_m: Annotated[tuple[Metres, ...], Field(min_length=1)] = defaults.THRESHOLDS_M
    """Walking distances within which a resident counts as served."""
    gap_threshold_m: Metres = defaults.GAP_THRESHOLD_M
    """The one of them that gaps are drawn for."""
    max_snap_m: Metres = defaults.MAX_SNAP_M
    """Longest access leg of a centre."""
    max_access_m: Metres = defaults.MAX_ACCESS_M
    """Longest access leg of a resident."""
    gap_join_m: Metres = defaults.GAP_JOIN_M
    """Parts of the inhabited area this close to each other make one gap."""
    gap_crossing_m: Metres = defaults.GAP_CROSSING_M
    """A way over a barrier joins parts of a gap that face each other this close to it."""
    gap_min_residents: Annotated[int, Field(ge=0)] = defaults.GAP_MIN_RESIDENTS
    """Gaps with fewer residents are merged into a neighbouring gap, where there is one."""
    gap_merge_m: Metres = defaults.GAP_MERGE_M
    """How far away that neighbour may be."""
    gap_level: str | None = None
    """Level of areas at whose borders gaps end; without it they end where they are cut off."""
    cell_m: Annotated[float, Field(ge=1, le=100)] = defaults.CELL_M
    """Cell size of the catchment polygons."""
    walking_speed_m_per_min: Metres = defaults.WALKING_SPEED_M_PER_MIN
    """Speed for the times that are shown beside distances."""

    @model_validator(mode="after")
    def _thresholds_make_sense(self) -> Self:
        if len(set(self.thresholds_m)) < len(self.thresholds_m):
            msg = "thresholds_m names a walking distance twice. Name each once"
            raise ValueError(msg)
        if self.gap_threshold_m not in self.thresholds_m:
            listed = ", ".join(f"{t:g}" for t in self.thresholds_m)
            msg = (
                f"gap_threshold_m = {self.gap_threshold_m:g} is not among thresholds_m. "
                f"Choose one of {listed}, or add it to thresholds_m"
            )
            raise ValueError(msg)
        return self
