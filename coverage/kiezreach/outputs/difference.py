"""What differs between two builds, in a planner's words: as text, as Markdown, for machines."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from kiezreach.differences import changed
from kiezreach.errors import shown
from kiezreach.outputs.rules import RuleTexts
from kiezreach.outputs.texts import MISSING, Texts
from kiezreach.sources.areas import CITY

if TYPE_CHECKING:
    from kiezreach.differences import Comparison, Verdict
    from kiezreach.study import AreaClasses, Level

_AREAS_TOLD, _GAPS_TOLD, _LINES_TOLD = 12, 15, 20
_MINUS = "\N{MINUS SIGN}"
_FIRST_RANKS = 10  # gaps that planners look at; a move farther below is not listed


@dataclass(frozen=True)
class Section:
    """A part of the account.

    Parameters
    ----------
    heading
        Its heading.
    lines
        Sentences.
    header, rows
        A table below them; none where there is no header.
    """

    heading: str
    lines: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class DifferenceAccount:
    """What is told about two builds, in the language of the later one.

    Parameters
    ----------
    comparison
        The two builds.
    verdicts
        What came of rules, if there are any.
    """

    def __init__(self, comparison: Comparison, verdicts: Sequence[Verdict] = ()) -> None:
        self.comparison, self.verdicts = comparison, tuple(verdicts)
        self.study = comparison.after.study
        self.texts = Texts("difference", self.study.language)
        self.threshold = comparison.threshold_m

    @property
    def title(self) -> str:
        """The question."""
        before, after = self.comparison.before.study.name, self.study.name
        place = after if before == after else self.texts("places", before=before, after=after)
        return self.texts("title", place=place)

    @property
    def finding(self) -> str:
        """The answer in a sentence: the share of residents served, before and after."""
        rows = self.comparison.coverage
        rows = rows[(rows["level"] == CITY) & (rows["threshold_m"] == self.threshold)]
        row = rows.iloc[0].to_dict()
        people = row["residents_served_after"] - row["residents_served_before"]
        return self.texts(
            "finding",
            metres=self.texts.metres(self.threshold),
            before=self.texts.percent(row["share_before"], 1),
            after=self.texts.percent(row["share_after"], 1),
            points=self.points(row["points"]),
            people=self._signed(people),
        )

    def sections(self) -> Iterator[Section]:
        """Yield the account, part by part."""
        yield from self._rules()
        inputs = tuple(self._input_lines())
        if inputs:
            yield Section(self.texts("inputs"), _first(inputs, self.texts))
        if not self._figures_differ():
            yield Section("", (self.texts("same_figures" if inputs else "nothing"),))
            return
        yield self._city()
        for classes in self.study.classes:
            yield from self._by_class(classes)
        for level in self.study.areas.levels:
            yield from self._by_area(level)
        yield from self._centres()
        yield from self._gaps()

    def text(self) -> str:
        """Return the account as plain text."""
        lines = [self.title, self.finding]
        for section in self.sections():
            lines += ["", *([section.heading] if section.heading else [])]
            lines += [f"  {line}" for line in section.lines]
            lines += [f"  {line}" for line in _aligned(section)]
        return "\n".join(lines) + "\n"

    def markdown(self) -> str:
        """Return the account as Markdown, for a comment on a change."""
        lines = [f"## {_escaped(self.title)}", "", _escaped(self.finding)]
        for section in self.sections():
            lines += ["", *([f"### {_escaped(section.heading)}", ""] if section.heading else [])]
            lines += [f"- {_escaped(line)}" for line in section.lines]
            if section.header and section.rows:
                lines += [""] if section.lines else []
                lines.append(_pipes(section.header))
                lines.append(_pipes(["---"] + ["---:"] * (len(section.header) - 1), plain=True))
                lines += [_pipes(row) for row in section.rows]
        return "\n".join(lines) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """Return the account for machines: everything that differs, nothing left out."""
        found = self.comparison
        names = ("path", "before", "after")
        return {
            "threshold_m": self.threshold,
            "rules": [
                {"rule": v.rule, "kept": v.kept, "breaches": self._rule_texts().breaches(v)}
                for v in self.verdicts
            ],
            "inputs": _records(found.inputs),
            "settings": [dict(zip(names, change, strict=True)) for change in found.settings],
            "versions": [dict(zip(names, change, strict=True)) for change in found.versions],
            "city": _records(found.coverage[found.coverage["level"] == CITY]),
            "areas": _records(changed(found.coverage[found.coverage["level"] != CITY])),
            "groups": _records(changed(found.by_group)),
            "centres": _records(found.centres),
            "gaps": _records(_noted(found.gaps)),
        }

    def points(self, number: float) -> str:
        """Write a change in percentage points."""
        return self.texts("points", number=self._signed(number, 1))

    def _figures_differ(self) -> bool:
        """Whether coverage, centres or gaps differ."""
        found = self.comparison
        tables = (changed(found.coverage), changed(found.by_group), found.centres)
        return any(len(table) for table in tables) or bool(len(_noted(found.gaps)))

    def _rule_texts(self) -> RuleTexts:
        """Return the words of rules."""
        return RuleTexts(self.study, self.texts)

    def _rules(self) -> Iterator[Section]:
        """Say which rules are kept."""
        if not self.verdicts:
            return
        broken = sum(not verdict.kept for verdict in self.verdicts)
        key = "some_broken" if broken else "all_kept"
        words = self._rule_texts()
        yield Section(
            self.texts("rules"),
            (
                self.texts(key, count=len(self.verdicts), broken=broken),
                *(
                    self.texts("rule", rule=verdict.rule, result=words.result(verdict))
                    for verdict in self.verdicts
                ),
            ),
        )

    def _input_lines(self) -> Iterator[str]:
        """Say which inputs, settings and versions are others."""
        for row in self.comparison.inputs.to_dict(orient="records"):
            before, after = row["vintage_before"], row["vintage_after"]
            dated = row["state"] == "changed" and before != after
            key = "input_dated" if dated else f"input_{row['state']}"
            yield self.texts(key, file=row["file"], roles=row["roles"], before=before, after=after)
        for key in ("setting", "version"):
            for path, before, after in getattr(self.comparison, f"{key}s"):
                values = {"before": self._value(before), "after": self._value(after)}
                yield self.texts(key, path=path, **values)

    def _value(self, value: object) -> str:
        """Write the value of a setting."""
        return self.texts("unset") if value is None else shown(value)

    def _city(self) -> Section:
        """Say who is served at each threshold."""
        rows = self.comparison.coverage
        rows = rows[rows["level"] == CITY]
        named = [self.texts.metres(threshold) for threshold in rows["threshold_m"]]
        return Section(
            self.texts("coverage"),
            header=self._header("column_threshold"),
            rows=self._shares(rows, named),
        )

    def _by_class(self, classes: AreaClasses) -> Iterator[Section]:
        """Say who is served in the planning areas of each class."""
        rows = self.comparison.by_group
        rows = rows[(rows["level"] == CITY) & (rows["breakdown"] == classes.id)]
        rows = rows[rows["threshold_m"] == self.threshold]
        if changed(rows).empty:
            return
        words = self._rule_texts()
        named = [words.class_name(classes.id, group) for group in rows["group"]]
        metres = self.texts.metres(self.threshold)
        heading = self.texts("by_class", label=self.texts.label(classes.labels), metres=metres)
        yield Section(heading, header=self._header("column_class"), rows=self._shares(rows, named))

    def _by_area(self, level: Level) -> Iterator[Section]:
        """Say in which areas of a level most people gained or lost access."""
        rows = self.comparison.coverage
        rows = rows[(rows["level"] == level.id) & (rows["threshold_m"] == self.threshold)]
        rows = changed(rows)
        if rows.empty:
            return
        people = (rows["residents_served_after"] - rows["residents_served_before"]).abs()
        rows = rows.loc[people.sort_values(ascending=False, kind="stable").index]
        told = rows.head(_AREAS_TOLD)
        named = [
            self.texts("area", name=name, id=area_id)
            for name, area_id in zip(told["area_name"], told["area_id"], strict=True)
        ]
        more = len(rows) - len(told)
        yield Section(
            self.texts(
                "by_area",
                level=self.texts.label(level.labels),
                metres=self.texts.metres(self.threshold),
            ),
            (self.texts("more", count=more),) if more else (),
            self._header("column_area"),
            self._shares(told, named),
        )

    def _header(self, first: str) -> tuple[str, ...]:
        """Return the names of the columns of a table of shares."""
        columns = (first, "column_before", "column_after", "column_points", "column_people")
        return tuple(self.texts(column) for column in columns)

    def _shares(self, rows: pd.DataFrame, named: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Return a table of shares before and after."""
        percent = self.texts.percent
        return tuple(
            (
                name,
                percent(row["share_before"], 1),
                percent(row["share_after"], 1),
                self._signed(row["points"], 1),
                self._signed(row["residents_served_after"] - row["residents_served_before"]),
            )
            for name, row in zip(named, rows.to_dict(orient="records"), strict=True)
        )

    def _centres(self) -> Iterator[Section]:
        """Say which centres came, went, moved or were renamed."""
        lines = tuple(
            self.texts(
                row["state"],
                name=row["name"],
                id=row["centre_id"],
                before=row["name_before"],
                people=self.texts.number(row["residents_nearest"]),
                metres=self.texts.metres(row["moved_m"]),
            )
            for row in self.comparison.centres.to_dict(orient="records")
        )
        if lines:
            yield Section(self.texts("centres"), _first(lines, self.texts))

    def _gaps(self) -> Iterator[Section]:
        """Say which gaps appeared, vanished and moved in rank."""
        gaps, texts, number = self.comparison.gaps, self.texts, self.texts.number
        noted = _noted(gaps)
        if noted.empty:
            return
        counts = noted["state"].value_counts()
        moved = int((noted["rank_before"] != noted["rank_after"])[noted["state"] == "same"].sum())
        lines = [
            texts(
                "gaps_counted",
                appeared=number(counts.get("appeared", 0)),
                vanished=number(counts.get("vanished", 0)),
                moved=number(moved),
                before=number(gaps["residents_before"].sum()),
                after=number(gaps["residents_after"].sum()),
            )
        ]
        if self.study.filter is not None:
            lines.append(texts("gaps_filter", filter=texts.label(self.study.filter.labels)))
        listed = _foremost(noted)
        if len(noted) > (told := min(len(listed), _GAPS_TOLD)):
            lines.append(texts("more", count=number(len(noted) - told)))
        yield Section(
            texts("gaps", metres=texts.metres(self.threshold)),
            tuple(lines),
            tuple(texts(f"column_{name}") for name in ("gap", "rank", "residents")),
            tuple(
                (self._gap_name(row), self._both(row, "rank"), self._both(row, "residents"))
                for row in listed.head(_GAPS_TOLD).to_dict(orient="records")
            ),
        )

    def _gap_name(self, row: dict[str, Any]) -> str:
        """Name a gap and say what happened to it."""
        own = row["name_before"] if row["state"] == "vanished" else row["name_after"]
        key = {"appeared": "gap_split", "vanished": "gap_merged"}.get(row["state"], "gap_same")
        key = key if row["part_of"] else f"gap_{row['state']}"
        return self.texts(key, name=own, part_of=row["part_of"])

    def _both(self, row: dict[str, Any], fact: str) -> str:
        """Write a number before and after; once where it is the same."""
        before, after = (
            MISSING if pd.isna(row[f"{fact}_{side}"]) else self.texts.number(row[f"{fact}_{side}"])
            for side in ("before", "after")
        )
        return before if before == after else self.texts("arrow", before=before, after=after)

    def _signed(self, number: float, decimals: int = 0) -> str:
        """Write a change with its sign."""
        text = self.texts.number(abs(number), decimals)
        if text == MISSING or not round(number, decimals):
            return text
        return ("+" if number > 0 else _MINUS) + text


def _noted(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return the gaps that appeared, vanished, or have another rank or other residents."""
    same = gaps["state"] == "same"
    for fact in ("rank", "residents"):
        same &= gaps[f"{fact}_before"] == gaps[f"{fact}_after"]
    return gaps[~same]


def _foremost(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return gaps that came, went or have other residents, and moves among the first ranks."""
    counts = gaps[["residents_before", "residents_after"]].astype(float).fillna(0.0)
    people = (counts["residents_after"] - counts["residents_before"]).abs()
    rank = gaps[["rank_before", "rank_after"]].astype(float).min(axis=1)
    order = gaps.assign(people=people, best=rank, same=gaps["state"] == "same")
    order = order[~order["same"] | (people > 0) | (rank <= _FIRST_RANKS)]
    order["people"] = -order["people"]
    return order.sort_values(["same", "people", "best"], kind="stable")


def _first(lines: tuple[str, ...], texts: Texts) -> tuple[str, ...]:
    """Return the first lines, and how many there are more."""
    more = len(lines) - _LINES_TOLD
    return lines if more <= 0 else (*lines[:_LINES_TOLD], texts("more", count=more))


def _aligned(section: Section) -> Iterator[str]:
    """Yield the lines of a table, its columns one below the other."""
    if not (section.header and section.rows):
        return
    table = [section.header, *section.rows]
    widths = [max(len(row[k]) for row in table) for k in range(len(section.header))]
    for row in table:
        cells = [cell.ljust(w) if not k else cell.rjust(w)
                 for k, (cell, w) in enumerate(zip(row, widths, strict=True))]  # fmt: skip
        yield "  ".join(cells).rstrip()


def _pipes(cells: Sequence[str], *, plain: bool = False) -> str:
    """Return a row of a table in Markdown."""
    return f"| {' | '.join(cell if plain else _escaped(cell) for cell in cells)} |"


def _escaped(text: str) -> str:
    """Keep names from becoming markup, mentions or links of the page that shows them."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", plain)
    return escaped.replace("@", "@\N{ZERO WIDTH SPACE}").replace("://", ":\N{ZERO WIDTH SPACE}//")


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table for JSON: what is missing is null."""
    return [
        {str(name): _plain(value) for name, value in row.items()}
        for row in table.to_dict(orient="records")
    ]


def _plain(value: Any) -> Any:  # noqa: ANN401 - as JSON is
    """Return a value as JSON has it: whole numbers without a point."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, str | bool):
        return value
    number = round(float(value), 9)
    return int(number) if number == int(number) else number
