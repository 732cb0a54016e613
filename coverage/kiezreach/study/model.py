"""A study: what is asked of which data, with which settings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from kiezreach.errors import shown
from kiezreach.study.accessibility import Accessibility
from kiezreach.study.links import MissingLinks
from kiezreach.study.outputs import Edition, LayerFormat, Outputs
from kiezreach.study.parts import (
    NEED_COLUMNS,
    AddressTable,
    Analysis,
    AreaClasses,
    Areas,
    Background,
    Barrier,
    Candidates,
    Centres,
    Filter,
    Indicators,
    InputFile,
    Language,
    LayerFile,
    Level,
    Need,
    NetworkFile,
    Part,
    Ranking,
    ScenarioFile,
)
from kiezreach.study.proposals import Proposals
from kiezreach.study.residents import Residents
from kiezreach.study.tiles import Tiles


def _one_or_several(given: object) -> object:
    """Take one table [indicators] for a list of one; lists become the tuples of strict types."""
    if isinstance(given, dict | Indicators):
        return (given,)
    return tuple(given) if isinstance(given, list) else given


class Study(Part):
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
    indicators: Annotated[
        tuple[Indicators, ...],
        BeforeValidator(
            _one_or_several, json_schema_input_type=Indicators | tuple[Indicators, ...]
        ),
    ] = ()
    """Files of indicators; one alone may stand as a single table."""
    classes: tuple[AreaClasses, ...] = ()
    """Columns of them that sort the planning areas into classes."""
    need: Need | None = None
    filter: Filter | None = None
    """Planning areas to which gaps and their ranking are restricted."""
    norms: InputFile | None = None
    """A TOML file of planning norms that each area is held against."""
    candidates: Candidates | None = None
    """Houses that could take in a centre or help one; gaps name those inside them."""
    proposals: Proposals | None = None
    """Sites for further centres that a build proposes; none if absent."""
    addresses: AddressTable | None = None
    """Addresses that scenarios can open centres at."""
    scenarios: tuple[ScenarioFile, ...] = ()
    """Changes that every build compares with the base."""
    ranking: Ranking = Ranking()
    background: Background = Background()
    tiles: Tiles | None = None
    """Online tiles that the interactive map offers; it opens without them."""
    barriers: tuple[Barrier, ...] = ()
    """What separates neighbourhoods on foot; nothing if there are none."""
    accessibility: Accessibility | None = None
    """How the capacity of centres is shared among those who can walk to them."""
    missing_links: MissingLinks | None = None
    """Which new crossings and passages are looked for; none are if absent."""
    analysis: Analysis = Analysis()
    outputs: Outputs = Outputs()

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
    def _indicators_are_of_a_level(self) -> Self:
        levels = [level.id for level in self.areas.levels]
        for part in self.indicators:
            if part.level not in (None, *levels):
                msg = (
                    f"the level '{shown(part.level)}' of {shown(part.file)} is no level of areas. "
                    f"Choose one of {', '.join(levels)}"
                )
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _what_uses_indicators_has_some(self) -> Self:
        used = {"need": self.need, "classes": self.classes, "filter": self.filter}
        for table, part in used.items():
            if part and not self.indicators:
                msg = f"there is a table [{table}] but no [indicators]. Add the file of indicators"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _classes_have_names_of_their_own(self) -> Self:
        ids = [part.id for part in self.classes]
        if len(set(ids)) < len(ids):
            msg = f"the classes {', '.join(ids)} are not distinct. Give each an id of its own"
            raise ValueError(msg)
        parts = () if self.need is None else self.need.parts
        taken = {*NEED_COLUMNS, "age_group", *(part.column for part in parts)}
        if clash := [name for name in ids if name in taken]:
            msg = f"'{clash[0]}' cannot be the id of classes: a column of tables has that name. "
            raise ValueError(msg + "Choose another id")
        if self.filter is None or self.filter.classes is None:
            return self
        chosen = next((part for part in self.classes if part.id == self.filter.classes), None)
        groups = () if chosen is None else chosen.groups
        strange = next((value for value in self.filter.values if value not in groups), None)
        if chosen is None or strange is not None:
            what = f"classes = '{shown(self.filter.classes)}'" if chosen is None else f"'{strange}'"
            msg = (
                f"{what} in [filter] is not in the study's [[classes]]. "
                f"Choose among {', '.join(groups or ids) or 'none: add a table [[classes]]'}"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _ranking_thresholds_are_analysed(self) -> Self:
        asked = self.ranking.thresholds_m or ()
        listed = ", ".join(f"{t:g}" for t in self.analysis.thresholds_m)
        for threshold in asked:
            if threshold not in self.analysis.thresholds_m:
                msg = (
                    f"ranking.thresholds_m has {threshold:g}, which is not among "
                    f"analysis.thresholds_m. Choose of {listed}, or add it there"
                )
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _accessibility_is_walked_far_enough(self) -> Self:
        longest = self.analysis.max_walk_m
        if self.accessibility is not None and self.accessibility.reach_m > longest:
            msg = (
                f"accessibility.reach_m = {self.accessibility.reach_m:g} is beyond "
                f"analysis.max_walk_m = {longest:g}. Shorten the one or raise the other"
            )
            raise ValueError(msg)
        return self

    @property
    def gap_level(self) -> Level | None:
        """The level at whose borders gaps end, if the study names one."""
        return next((lv for lv in self.areas.levels if lv.id == self.analysis.gap_level), None)

    @property
    def editions(self) -> tuple[Edition, ...]:
        """The editions in which briefs are written."""
        asked = self.outputs.briefs
        if isinstance(asked, tuple):
            return asked
        return (self.outputs.languages or (self.language,)) if asked else ()

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

    def with_formats(self, formats: Iterable[LayerFormat]) -> Study:
        """Return the same study with its layers also in these formats."""
        outputs = self.outputs.model_dump() | {"formats": (*self.outputs.formats, *formats)}
        return self.model_copy(update={"outputs": Outputs(**outputs)})

    def located(self, file: Path) -> Study:
        """Return the same study as read from a file, whose folder relative paths start at."""
        study = self.model_copy()
        # The only place that sets them; a study is immutable for everybody else.
        study._folder, study._file = file.resolve().parent, file.resolve()  # noqa: SLF001
        return study
