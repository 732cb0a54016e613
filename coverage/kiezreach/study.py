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
from kiezreach.errors import StudyError, shown

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


class NetworkFile(InputFile):
    """The walking network, and for an OpenStreetMap file who walks it."""

    profile: Literal["walking", "step_free", "pram", "older"] = "walking"
    """Walk rules by which an OpenStreetMap file is read."""
    unknown: Literal["allow", "refuse"] = "allow"
    """Ways of which the tags do not say whether the profile can use them: best or worst case."""


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


class Study(_Part):
    """What is asked: a place, its data and the settings of the analysis."""

    name: Annotated[str, Field(min_length=1)]
    """Name of the place, as maps show it."""
    language: Language = "en"
    """Language of maps and layers."""
    crs: str | None = None
    """Projected CRS in metres; the local UTM zone if absent."""
    areas: Areas
    centres: Centres
    residents: Residents
    network: NetworkFile
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
            msg = (
                f"analysis.gap_level = '{shown(self.analysis.gap_level)}' is no level of areas. "
                f"Choose one of {', '.join(levels)}, or leave it out"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _need_has_indicators(self) -> Self:
        if self.need is not None and self.indicators is None:
            msg = "there is a table [need] but no [indicators]. Add the file of indicators"
            raise ValueError(msg)
        return self

    @property
    def gap_level(self) -> Level | None:
        """The level at whose borders gaps end, if the study names one."""
        return next((lv for lv in self.areas.levels if lv.id == self.analysis.gap_level), None)

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
        kept = self.network.model_dump(include={"profile", "unknown"})
        other = NetworkFile(file=str(Path(file).resolve()), **kept)
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
    text = _read_text(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"is not valid TOML: {error}"
        remedy = 'Correct that place: texts stand in "quotes", lists in [brackets]'
        raise StudyError(msg, file=path, remedy=remedy) from error
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


def _read_text(path: Path) -> str:
    """Return the text of a study file, with or without the byte order mark of Windows."""
    remedy = "Give the path of a study file; kiezreach init writes one"
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        msg = "there is no such study file"
        raise StudyError(msg, file=path, remedy="Write one with: kiezreach init") from error
    except IsADirectoryError as error:
        msg = "is a folder, not a file"
        raise StudyError(msg, file=path, remedy=remedy) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        msg = "is not a text file in UTF-8"
        raise StudyError(
            msg, file=path, row=f"line {line}", remedy="Save it as UTF-8 text"
        ) from error
    except OSError as error:
        msg = f"cannot be opened ({error.strerror})"
        raise StudyError(msg, file=shown(path), remedy=remedy) from error


# What pydantic finds wrong, by its type, in words for the writer of a study.
_EXPECTED = {
    "string_type": 'a text in "quotes"',
    "float_type": "a number without quotes",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "tuple_type": "a list in [brackets]",
    "model_type": "a table of keys",
    "literal_error": "{expected}",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "less_than": "less than {lt:,.0f}",
    "less_than_equal": "{le:g} or less",
    "too_short": "a list with at least {min_length} entry",
    "string_too_short": "a text that is not empty",
    "string_pattern_mismatch": "lower-case letters, digits and underscores, a letter first",
}


def _study_error(error: ValidationError, path: Path, text: str) -> StudyError:
    """Turn the first problem that pydantic found into one line that a planner understands."""
    # A misspelt key also makes the right one missing: name the misspelling first.
    problems = sorted(error.errors(), key=lambda p: p["type"] != "extra_forbidden")
    first = problems[0]
    keys = [key for key in first["loc"] if isinstance(key, (str, int))]
    name = "".join(f"[{k + 1}]" if isinstance(k, int) else f".{k}" for k in keys).lstrip(".")
    match first["type"]:
        case "extra_forbidden":
            allowed = _allowed_keys(keys[:-1])
            close = difflib.get_close_matches(str(keys[-1]), allowed, n=1)
            problem = f"unknown key '{shown(name)}'"
            hint = f"Did you mean '{close[0]}'? " if close else ""
            remedy = f"{hint}Allowed here: {', '.join(allowed)}"
        case "missing":
            problem = f"the key '{name}' is missing"
            remedy = "Add it; kiezreach init writes an example with every key"
        case "value_error":
            told, _, remedy = str(first["ctx"]["error"]).partition(". ")
            problem = f"'{name}': {told}" if name else told
        case kind:
            value = json.dumps(first["input"], ensure_ascii=False, default=str)
            problem = f"'{name}' is {shown(value)}"
            expected = _EXPECTED.get(kind, first["msg"]).format_map(first.get("ctx", {}))
            remedy = f"Expected: {expected}"
    line = _line_of(text, keys)
    if len(problems) > 1:
        remedy += f" ({len(problems) - 1} more such faults in the file)"
    return StudyError(
        problem, file=path, row=f"line {line}" if line else None, remedy=remedy or None
    )


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
    table: list[str | int] = []
    tables_so_far: dict[tuple[str, ...], int] = {}
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*(\[+)\s*([^\]]+?)\s*\]", line):
            names = tuple(part.strip(" \"'") for part in header[2].split("."))
            table = [*names]
            if header[1] == "[[":
                tables_so_far[names] = tables_so_far.get(names, -1) + 1
                table.append(tables_so_far[names])
            found = table
        elif entry := re.match(r"\s*([\w\"'.-]+)\s*=", line):
            found = [*table, *(part.strip("\"'") for part in entry[1].split("."))]
        else:
            continue
        depth = len(found)
        if found == keys[:depth] and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None
