"""A study: what is asked of which data, with which settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, PrivateAttr, model_validator

from kiezreach.errors import shown
from kiezreach.study.parts import (
    Analysis,
    Areas,
    Background,
    Candidates,
    Centres,
    Indicators,
    Language,
    LayerFile,
    Level,
    Need,
    NetworkFile,
    Part,
    Ranking,
    Residents,
)


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
    indicators: Indicators | None = None
    need: Need | None = None
    candidates: Candidates | None = None
    """Houses that could take in a centre or help one; gaps name those inside them."""
    ranking: Ranking = Ranking()
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
