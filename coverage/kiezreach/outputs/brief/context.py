"""What all blocks of a brief share: its place in words, its dates, marks, finding and quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from kiezreach.outputs import style
from kiezreach.outputs.brief.document import Box, Paragraph, Swatch
from kiezreach.outputs.brief.figures import Figure, setting, told
from kiezreach.outputs.spreading import method_text

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.outputs.brief.facts import Facts
    from kiezreach.outputs.brief.wording import Runs, Wording
    from kiezreach.study import Study

_LONGEST_NAME = 70  # characters: longer ones are cut, the tables have them whole
_PLACES_NAMED = 3


@dataclass(frozen=True)
class Context:
    """What a brief tells, and in which words.

    Parameters
    ----------
    study, inputs, analysis
        What was asked, with what, and what was found.
    facts
        What is told of the place.
    wording
        The texts of the edition.
    """

    study: Study
    inputs: Inputs
    analysis: Analysis
    facts: Facts
    wording: Wording

    # ---- the place ----

    @property
    def place(self) -> str:
        """The name of the place."""
        scope = self.facts.scope
        if scope.name:
            return named(scope.name)
        areas = self.inputs.areas
        finest = areas[areas["level"] == areas["level"].iloc[-1]].set_index("area_id")["name"]
        names = [finest[area_id] or area_id for area_id in scope.area_ids]
        key = "place_list_one" if len(names) == 1 else "place_list"
        count = self.wording.number(len(names))
        return self.wording(key, count=count, names=self.listed(names, _PLACES_NAMED))

    def where(self) -> str:
        """Return the place as a sentence begins."""
        scope = self.facts.scope
        if scope.name or len(scope.area_ids) == 1:
            return self.wording("in_place", place=self.place)
        return self.wording("in_list", count=self.wording.number(len(scope.area_ids)))

    def listed(self, names: Sequence[str], most: int) -> str:
        """Write names in a row, the last of many as a number."""
        if len(names) <= most + 1:
            return ", ".join(named(name) for name in names)
        some = ", ".join(named(name) for name in names[:most])
        return self.wording("and_more", names=some, count=self.wording.number(len(names) - most))

    # ---- the finding ----

    def finding(self) -> Runs:
        """Say in one sentence who is served within the threshold of the gaps."""
        main = self.facts.main
        key = "finding"
        if not main.residents.value:
            key = "finding_nobody"
        elif not main.unserved.value or not main.served.value:
            key = "finding_none" if main.unserved.value else "finding_all"
            key += "_one" if main.residents.value == 1 else ""
        return self.wording.sentence(
            key,
            where=self.where(),
            share=main.share,
            residents=main.residents,
            unserved=main.unserved,
            metres=self.gap_threshold(),
        )

    def quote(self) -> Box:
        """Return a sentence that may be quoted, with its source."""
        say, main = self.wording, self.facts.main
        key = "quote" if main.residents.value else "quote_nobody"
        sentence = say.sentence(
            key,
            where=self.where(),
            share=main.share_unserved,
            residents=main.residents,
            unserved=main.unserved,
            metres=self.gap_threshold(),
        )
        source = self.quote_source()
        return Box(say("quote_title"), (Paragraph(sentence), Paragraph(source, "small")), "quote")

    def quote_source(self) -> Runs:
        """Say where the quoted sentence comes from."""
        say, day = self.wording, self.date_of("residents")
        return say.sentence(
            "quote_source" if day else "quote_source_undated",
            version=version("kiezreach"),
            study=named(self.study.name),
            date=day,
            network=say("quote_network") if self.is_approximate else "",
        )

    # ---- settings and dates ----

    def gap_threshold(self) -> Figure:
        """Return the threshold of the gaps."""
        value = self.study.analysis.gap_threshold_m
        return setting(value, "study", "analysis", "gap_threshold_m")

    def threshold(self, value: float) -> Figure:
        """Return one of the thresholds."""
        k = self.study.analysis.thresholds_m.index(value)
        return setting(value, "study", "analysis", "thresholds_m", str(k))

    def combinations(self) -> Figure:
        """Return how many combinations the ranks are taken over."""
        return setting(self.analysis.combinations["number"], "ranking", "number", form="count")

    def spreads(self) -> Figure:
        """Return how many ways of spreading the residents there are."""
        number = 1 + len(self.study.residents.plausible_spreads)
        return setting(number, "1 + count(plausible_spreads)", form="count")

    @property
    def has_interval(self) -> bool:
        """Whether the shares have an interval."""
        return bool(self.study.residents.plausible_spreads)

    @property
    def proposal_threshold_m(self) -> float:
        """The threshold that sites are proposed for; that of the gaps where there are none."""
        proposals = self.analysis.proposals
        return self.facts.gap_threshold_m if proposals is None else proposals.threshold_m

    def walk(self) -> Runs:
        """Say how long a walk of the threshold takes."""
        return self.wording.sentence(
            "minutes", metres=self.gap_threshold(), minutes=self.minutes(), speed=self.speed()
        )

    def minutes(self) -> Figure:
        """Return how many minutes a walk of the threshold takes."""
        settings, at = self.study.analysis, "study.analysis."
        minutes = settings.gap_threshold_m / settings.walking_speed_m_per_min
        return setting(minutes, f"{at}gap_threshold_m / {at}walking_speed_m_per_min", form="count")

    def speed(self) -> Figure:
        """Return the walking speed that minutes are reckoned with."""
        speed = self.study.analysis.walking_speed_m_per_min
        return setting(speed, "study", "analysis", "walking_speed_m_per_min")

    def date_of(self, role: str) -> Figure | None:
        """Return the date that an input describes, as its language writes it; None if unknown."""
        return self._of_input(role, "vintage", self.written_date)

    def credit(self, role: str) -> Figure | str:
        """Return who is to be named for an input."""
        for column in ("attribution", "source"):
            if (found := self._of_input(role, column, str)) is not None:
                return found
        return ""

    def written_date(self, iso: str) -> str:
        """Write a date of ISO 8601 as the language does; leave anything else as it is."""
        try:
            day = date.fromisoformat(iso)
        except ValueError:
            return iso
        return self.wording("date", day=day.day, month=day.month, year=day.year)

    def _of_input(self, role: str, column: str, write: object) -> Figure | None:
        """Return what is said of the first input of a role."""
        files = self.inputs.files.reset_index(drop=True)
        for row in files[(files["role"] == role) & (files[column] != "")].itertuples():
            text = str(getattr(row, column))
            written = write(text) if callable(write) else text
            return told(written, "inputs", str(row.Index), column)
        return None

    @property
    def is_approximate(self) -> bool:
        """Whether walks are computed on an approximate network."""
        return self.inputs.network.provenance.quality == "approximate"

    def accuracy(self) -> Runs:
        """Tell the measured error of an approximate network; nothing for a surveyed one."""
        provenance = self.inputs.network.provenance
        if not self.is_approximate:
            return ()
        text = provenance.accuracy_in(self.wording.language)
        if not text:
            return self.wording.sentence("limit_network_unmeasured")
        german = self.wording.language == "de" and provenance.accuracy_de
        key = "accuracy_de" if german else "accuracy"
        return self.wording.sentence("limit_network", accuracy=told(text, "network", key))

    def method(self) -> Figure | None:
        """Say how residents were spread; None where that is not known."""
        language = self.wording.language
        text = method_text(self.study, language)
        return told(text, "residents_method", language) if text else None

    def filter_name(self) -> str:
        """Name the selection that gaps are restricted to."""
        labels = self.study.filter.labels if self.study.filter is not None else None
        return "" if labels is None else named(self.wording.label(labels))

    def no_gaps(self) -> Runs:
        """Say why there is no gap."""
        main = self.facts.main
        if self.study.filter is not None:
            return self.wording.sentence("gaps_none_filter", filter=self.filter_name())
        if not main.residents.value:
            return self.wording.sentence("gaps_none_nobody")
        if main.unserved.value:
            return self.wording.sentence("gaps_none_here")
        return self.wording.sentence("gaps_none", metres=self.wording.metres(main.threshold_m))

    # ---- the map ----

    def gap_mark(self, k: int) -> str:
        """Return the letter of a gap on the map."""
        return "ABC"[k]

    def site_mark(self, k: int) -> str:
        """Return the letter of a proposed site on the map."""
        return "XYZ"[k]

    def map_description(self) -> str:
        """Say what the map shows, for those who cannot see it."""
        say, facts = self.wording, self.facts
        marks = zip(map(self.gap_mark, range(len(facts.gaps))), facts.gaps, strict=True)
        gaps = ", ".join(f"{mark} {named(gap.name)}" for mark, gap in marks)
        return say(
            "map_description",
            place=self.place,
            centres=say.number(len(facts.centres)),
            gaps=gaps or say("map_no_gaps"),
        )

    def legend(self) -> tuple[Swatch, ...]:
        """Explain colours and marks of the map."""
        say, facts = self.wording, self.facts
        thresholds = sorted(self.study.analysis.thresholds_m)
        colours = style.band_colours(thresholds, facts.gap_threshold_m)
        entries = [
            Swatch("fill", say("legend_up_to", metres=say.metres(t)), colours[t])
            for t in thresholds
        ]
        beyond = say("legend_beyond", metres=say.metres(thresholds[-1]))
        entries.append(Swatch("fill", beyond, style.UNSERVED))
        if facts.centres:
            entries.append(Swatch("centre", say("legend_centre"), mark="1"))
        entries.append(Swatch("dot", say("legend_other_centre")))
        if facts.gaps:
            entries.append(Swatch("gap", say("legend_gap"), mark=self.gap_mark(0)))
        if facts.sites:
            entries.append(Swatch("site", say("legend_site"), mark=self.site_mark(0)))
        return tuple(entries)


def known(figure: Figure) -> bool:
    """Whether a figure has a value."""
    return isinstance(figure.value, str) or bool(np.isfinite(figure.value))


def named(name: str, longest: int = _LONGEST_NAME) -> str:
    """Return a name on one line, cut where it is too long."""
    line = " ".join(name.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
