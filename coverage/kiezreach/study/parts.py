"""The parts of a study: one class per table of the file, with every default and bound."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from kiezreach import defaults
from kiezreach.errors import shown

Metres = Annotated[float, Field(gt=0, lt=1e6)]
Language = Literal["de", "en"]
Standardisation = Literal["rank", "minmax", "zscore"]
_PERCENT_WORDS = ("percent", "prozent", "anteil")  # in names of columns, in any case of letters
NEED_COLUMNS = ("planning_area_id", "name", "residents", "need", "need_rank")  # of need.csv
# The city as a whole, and the layers that are no level of areas.
TAKEN_LEVELS = (
    "city", "inhabited", "barrier_mode", "candidates", "service_areas", "centre_catchments",
    "catchments", "gaps_by_threshold", "gaps", "residents", "centres", "proposals",
    "missing_links", "new_gaps", "gained", "lost", "layer_styles", "qgis_projects",
)  # fmt: skip
Profile = Literal["walking", "step_free", "pram", "older"]


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

    profile: Profile = "walking"
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
    if len(set(ids)) < len(ids):
        msg = f"the ids {', '.join(ids)} are not distinct. Give each level an id of its own"
        raise ValueError(msg)
    if taken := [name for name in ids if name in TAKEN_LEVELS]:
        msg = f"'{taken[0]}' cannot be the id of a level: outputs call something else so. "
        raise ValueError(msg + "Choose another id")
    return levels


class Areas(InputFile):
    """Administrative areas, from the coarsest level to the finest (the planning areas)."""

    file: str = ""
    """Path of the file that all levels share."""
    levels: Annotated[tuple[Level, ...], Field(min_length=1), AfterValidator(_distinct_levels)]
    """Levels from the coarsest to the finest; each area lies in one of the level above."""
    id_column: str = "area_id"
    """Column with the id of an area; ids are text."""
    name_column: str = "name"
    """Column with its name."""
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
    """Column with the id of a centre."""
    kinds: tuple[str, ...] | None = None
    """Kinds that count; rows of other kinds are listed as excluded."""


class Candidates(LayerFile):
    """Houses that could take in a centre or help one: a CSV with lon and lat, or a layer."""

    id_column: str = "candidate_id"
    """Column with the id of a house."""


class AddressTable(InputFile):
    """Addresses with their places: a CSV with street, housenumber, postcode, lon and lat."""


class ScenarioFile(InputFile):
    """A TOML file of changes that every build compares with the base."""


def as_tuple(given: object) -> object:
    """Take a list for a tuple, also where the study has read the table itself already."""
    return tuple(given) if isinstance(given, list) else given


class Indicators(InputFile):
    """A table of indicators, one row per area of one level: rates and shares, not counts."""

    level: str | None = None
    """Level of areas that its rows describe, the finest if absent; a coarser area's values hold
    for each of its planning areas."""
    id_column: str = "planning_area_id"
    """Column with the ids of the areas."""
    percent: Annotated[
        tuple[str, ...], BeforeValidator(as_tuple, json_schema_input_type=tuple[str, ...])
    ] = ()
    """Columns of percentages, beside those whose name says so; those that the study uses must lie
    between 0 and 100."""

    def holds_percent(self, column: str) -> bool:
        """Whether a column is one of percentages: the study says so, or its name does."""
        name = column.lower()
        told = name.endswith("_pct") or any(word in name for word in _PERCENT_WORDS)
        return told or column in self.percent


class ClassValue(Part):
    """One class of planning areas, by the value that its areas have in the file."""

    value: str
    """As the file has it."""
    labels: Labels
    """Its name in each language."""


class AreaClasses(Part):
    """A column of an indicator file that sorts the planning areas into classes."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Name in tables: lower-case letters, digits and underscores."""
    labels: Labels
    """Name in each language."""
    column: str
    """Column of one of the indicator files."""
    values: tuple[ClassValue, ...] = ()
    """Classes from least to most need; a value of the file that is none of them is an error."""
    quantiles: Annotated[int, Field(ge=2, le=100)] | None = None
    """Instead of values: so many classes with equally many residents; 1 has the lowest numbers."""
    deprived: tuple[str, ...] = ()
    """Classes that count as structurally weak."""

    @property
    def groups(self) -> tuple[str, ...]:
        """The classes in their order, as tables name them."""
        if self.quantiles is not None:
            return tuple(str(k + 1) for k in range(self.quantiles))
        return tuple(value.value for value in self.values)

    @property
    def named(self) -> dict[str, Labels]:
        """The name of each class that has one; quantiles have numbers."""
        return {value.value: value.labels for value in self.values}

    @model_validator(mode="after")
    def _classes_are_usable(self) -> Self:
        if bool(self.values) == (self.quantiles is not None):
            msg = f"'{self.id}' needs either values or quantiles. Give one of the two"
            raise ValueError(msg)
        groups = self.groups
        if len(set(groups)) < len(groups):
            msg = f"'{self.id}' has a value twice. Name each once"
            raise ValueError(msg)
        if strange := [value for value in self.deprived if value not in groups]:
            msg = (
                f"'{shown(strange[0])}' in deprived is no class of '{self.id}'. "
                f"Choose among {', '.join(groups)}"
            )
            raise ValueError(msg)
        return self


class Filter(Part):
    """Planning areas to which gaps and their ranking are restricted; coverage stays complete.

    A planning area whose class or number is not known does not meet it.
    """

    labels: Labels
    """The selection in words, as outputs name it."""
    classes: str | None = None
    """Id of one of the study's classes, of which `values` are selected."""
    values: tuple[str, ...] = ()
    """Classes that are selected."""
    column: str | None = None
    """Instead of classes: column of numbers of an indicator file, with its bounds."""
    at_least: float | None = None
    """Smallest number that is selected."""
    at_most: float | None = None
    """Largest number that is selected."""

    @model_validator(mode="after")
    def _asks_for_one_thing(self) -> Self:
        bounded = self.at_least is not None or self.at_most is not None
        # By classes: exactly classes and values; by numbers: exactly column and a bound or two.
        given = (self.classes is not None, bool(self.values), self.column is not None, bounded)
        if given not in {(True, True, False, False), (False, False, True, True)}:
            msg = (
                "the filter is not complete, or asks for two things. "
                "Give classes with values, or column with at_least or at_most"
            )
            raise ValueError(msg)
        low, high = self.at_least, self.at_most
        if low is not None and high is not None and low > high:
            msg = f"no number is at least {low:g} and at most {high:g}. Correct one of them"
            raise ValueError(msg)
        return self


class NeedPart(Part):
    """One indicator of the need index."""

    column: str
    """Column of numbers of one of the indicator files."""
    labels: Labels
    direction: Literal["high", "low"] = "high"
    """Which end of the scale means more need."""
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    """How much it counts beside the other parts; weights are divided by their sum."""


class Need(Part):
    """How indicators become one need index between 0 and 1."""

    parts: Annotated[tuple[NeedPart, ...], Field(min_length=1)]
    standardisation: Standardisation = "rank"
    """rank: share of planning areas with less need; minmax: position between the extremes;
    zscore: standard deviations from the mean, the index as a share of the normal distribution."""
    missing: Literal["missing", "other_parts"] = "missing"
    """An area of which a part is missing has no index; or the index of its other parts."""
    plausible_standardisations: tuple[Standardisation, ...] = ("rank", "minmax", "zscore")
    """Standardisations over which the rank interval of a gap is taken."""
    plausible_weights: tuple[tuple[Annotated[float, Field(allow_inf_nan=False)], ...], ...] = ()
    """Further sets of weights, one weight per part, over which the rank interval is taken."""

    @model_validator(mode="after")
    def _parts_differ(self) -> Self:
        columns = [part.column for part in self.parts]
        for column in columns:
            if columns.count(column) > 1 or column in NEED_COLUMNS:
                msg = (
                    f"parts names the column '{shown(column)}' twice. Name each once"
                    if columns.count(column) > 1
                    else f"a part cannot be the column '{column}', which tables/need.csv has for "
                    "something else. Rename it in the file"
                )
                raise ValueError(msg)
        return self

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


class Barrier(LayerFile):
    """A layer of what separates neighbourhoods: railways, large water or motorways."""

    kind: Literal["railway", "water", "motorway"]
    """What it is; several layers may be of one kind."""
    min_area_m2: Annotated[float, Field(ge=0)] = 0.0
    """Connected polygons smaller than this are no barrier: ponds and fountains."""


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
    max_walk_m: Metres = defaults.MAX_WALK_M
    """Longest walk that is searched for; whoever lives farther from any centre has no distance."""
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

    @property
    def legs(self) -> dict[str, float]:
        """Limits of access legs, as `kiezreach.reach` takes them."""
        return {"max_snap_m": self.max_snap_m, "max_access_m": self.max_access_m}

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
        if self.max_walk_m < max(self.thresholds_m):
            msg = (
                f"max_walk_m = {self.max_walk_m:g} is below the threshold of "
                f"{max(self.thresholds_m):g} m. Give at least the largest of thresholds_m"
            )
            raise ValueError(msg)
        return self
