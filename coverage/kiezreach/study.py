"""The study: one TOML file that says what is asked, of which data, with which settings."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from kiezreach import defaults
from kiezreach.errors import StudyError

Metres = Annotated[float, Field(gt=0, lt=1e6, description="metres")]
Language = Literal["de", "en"]


class _Part(BaseModel):
    """A part of a study; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class InputFile(_Part):
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


class Labels(_Part):
    """A word in each language of the outputs."""

    de: str
    en: str


class Level(_Part):
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
        msg = "level ids must differ from each other and from 'city'"
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
                msg = f"level '{level.id}' has no file, and areas.file is not set"
                raise ValueError(msg)
        return self


class Centres(InputFile):
    """Neighbourhood centres: a CSV with lon and lat, or a point layer."""

    id_column: str = "centre_id"
    kinds: tuple[str, ...] | None = None
    """Kinds that count; rows of other kinds are listed as excluded."""


class Residents(InputFile):
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


class NeedPart(_Part):
    """One indicator of the need index."""

    column: str
    labels: Labels
    direction: Literal["high", "low"] = "high"
    """Which end of the scale means more need."""
    weight: Annotated[float, Field(ge=0)] = 1.0


class Need(_Part):
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
                msg = f"{len(weights)} weights stand beside {len(self.parts)} need parts"
                raise ValueError(msg)
            if sum(weights) <= 0 or min(weights) < 0:
                msg = f"the weights {list(weights)} must not be negative nor add up to zero"
                raise ValueError(msg)
        return self


class Background(_Part):
    """Layers that are drawn behind the results; none is needed."""

    water: LayerFile | None = None
    green: LayerFile | None = None
    railway: LayerFile | None = None


class Analysis(_Part):
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
    gap_level: str | None = None
    """Level of areas at whose borders gaps end; without it they end where they are cut off."""
    cell_m: Metres = defaults.CELL_M
    """Cell size of the catchment polygons."""
    walking_speed_m_per_min: Metres = defaults.WALKING_SPEED_M_PER_MIN
    """Speed for the times that are shown beside distances."""

    @model_validator(mode="after")
    def _thresholds_make_sense(self) -> Self:
        if len(set(self.thresholds_m)) < len(self.thresholds_m):
            msg = "thresholds_m names a walking distance twice"
            raise ValueError(msg)
        if self.gap_threshold_m not in self.thresholds_m:
            msg = f"gap_threshold_m = {self.gap_threshold_m:g} is not one of thresholds_m"
            raise ValueError(msg)
        return self


class Study(_Part):
    """What is asked: a place, its data and the settings of the analysis."""

    name: str
    """Name of the place, as maps show it."""
    language: Language = "en"
    """Language of maps and layers."""
    crs: str | None = None
    """Projected CRS in metres; the local UTM zone if absent."""
    areas: Areas
    centres: Centres
    residents: Residents
    network: LayerFile
    inhabited: LayerFile | None = None
    """Where residents live; buffered resident points if absent."""
    indicators: Indicators | None = None
    need: Need | None = None
    background: Background = Background()
    analysis: Analysis = Analysis()

    _folder: Path = PrivateAttr(default=Path())
    _file: Path | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _gap_level_is_a_level(self) -> Self:
        levels = [level.id for level in self.areas.levels]
        if self.analysis.gap_level not in (None, *levels):
            msg = f"gap_level = '{self.analysis.gap_level}' is not one of {', '.join(levels)}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _need_has_indicators(self) -> Self:
        if self.need is not None and self.indicators is None:
            msg = "a need index needs a table of indicators, and [indicators] is not set"
            raise ValueError(msg)
        return self

    @property
    def file(self) -> Path | None:
        """The file that the study was read from."""
        return self._file

    def path(self, file: str) -> Path:
        """Return the path of an input: relative ones start at the study file's folder."""
        return self._folder / file

    def with_network(self, file: str | Path) -> Study:
        """Return the same study on another walking network.

        Parameters
        ----------
        file
            A network file as `kiezreach.read_network` takes it.
        """
        other = LayerFile(file=str(Path(file).resolve()))
        return self.model_copy(update={"network": other})

    def located(self, file: Path) -> Study:
        """Return the same study as read from a file, whose folder relative paths start at."""
        study = self.model_copy()
        # The only place that sets them; a study is immutable for everybody else.
        study._folder, study._file = file.resolve().parent, file.resolve()  # noqa: SLF001
        return study


def read_study(path: str | Path) -> Study:
    """Read and validate a study file.

    Parameters
    ----------
    path
        A TOML file; `kiezreach init` writes a commented one.

    Returns
    -------
    Study

    Raises
    ------
    StudyError
        If the file is missing, is no TOML, or has an unknown key, a wrong type or a value that
        is not allowed: with the key, its line and what is allowed.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        msg = "there is no such study file"
        raise StudyError(msg, file=path, remedy="Write one with: kiezreach init") from error
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot be read as a text file in UTF-8 ({type(error).__name__})"
        raise StudyError(msg, file=path, remedy="Give the path of a study in TOML") from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"is not valid TOML: {error}"
        raise StudyError(msg, file=path, remedy="Correct that line") from error
    try:
        # Over JSON, strict types still take a list for a tuple and 500 for 500.0.
        study = Study.model_validate_json(json.dumps(values, default=str), strict=True)
    except ValidationError as error:
        raise _study_error(error, path, text) from error
    return study.located(path)


def packaged_data() -> Path:
    """Return the folder of the packaged reference data."""
    inside = Path(__file__).parent / "data"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "data"


def berlin() -> Study:
    """Return the packaged study of Berlin."""
    return read_study(packaged_data() / "berlin.toml")


def _study_error(error: ValidationError, path: Path, text: str) -> StudyError:
    """Turn the first problem that pydantic found into one line that a planner understands."""
    # A misspelt key also makes the right one missing: name the misspelling first.
    problems = sorted(error.errors(), key=lambda p: p["type"] != "extra_forbidden")
    first = problems[0]
    keys = [key for key in first["loc"] if isinstance(key, (str, int))]
    name = "".join(f"[{k + 1}]" if isinstance(k, int) else f".{k}" for k in keys).lstrip(".")
    line = _line_of(text, keys)
    place = f"line {line}" if line else None
    remedy = None
    match first["type"]:
        case "extra_forbidden":
            allowed = _allowed_keys(keys[:-1])
            close = difflib.get_close_matches(str(keys[-1]), allowed, n=1)
            problem = f"unknown key '{name}'"
            hint = f"Did you mean '{close[0]}'? " if close else ""
            remedy = f"{hint}Allowed here: {', '.join(allowed)}"
        case "missing":
            problem = f"the key '{name}' is missing"
            remedy = "Add it; kiezreach init writes an example with every key"
        case "value_error":
            problem = f"'{name}': {first['ctx']['error']}" if name else str(first["ctx"]["error"])
        case _:
            value = json.dumps(first["input"], ensure_ascii=False, default=str)
            problem = f"'{name}' is {value[:80]}: {first['msg'].replace('Input', 'it')}"
    if len(problems) > 1:
        problem += f" (and {len(problems) - 1} more)"
    return StudyError(problem, file=path, row=place, remedy=remedy)


def _allowed_keys(keys: list[str | int]) -> list[str]:
    """Keys that a table of the study may have."""
    model: Any = Study
    for key in keys:
        if isinstance(key, str):
            model = next(_models(model.model_fields[key].annotation))
    return sorted(model.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any annotation may come
    """Yield the models that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)


def _line_of(text: str, keys: list[str | int]) -> int | None:
    """Find the line of a key: the TOML reader of the standard library does not tell it."""
    wanted = [key for key in keys if isinstance(key, str)]
    table: list[str] = []
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            table = [part.strip(" \"'") for part in header[1].split(".")]
            found = table
        elif entry := re.match(r"\s*([\w\"'.-]+)\s*=", line):
            found = [*table, *(part.strip("\"'") for part in entry[1].split("."))]
        else:
            continue
        depth = len(found)
        if found == wanted[:depth] and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None
