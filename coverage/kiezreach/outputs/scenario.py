"""A scenario in words and for machines: what changes, for whom, and how far they walk."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from kiezreach.criticality import ALL
from kiezreach.groups import AGE_GROUP, UNKNOWN
from kiezreach.outputs.ages import age_label
from kiezreach.outputs.texts import Texts
from kiezreach.sources.areas import CITY

if TYPE_CHECKING:
    import pandas as pd

    from kiezreach.decisions.scenarios import Base, Change, ScenarioResult

_GAPS_TOLD = 5
_AREAS_TOLD = 6


class ScenarioAccount:
    """What is told about a scenario.

    Parameters
    ----------
    base
        What is.
    result
        What would be.
    """

    def __init__(self, base: Base, result: ScenarioResult) -> None:
        self.base, self.result = base, result
        self.texts = Texts("scenario", base.study.language)
        self.threshold = base.study.analysis.gap_threshold_m

    def lines(self) -> Iterator[str]:
        """Yield the account in words, line by line, in the study's language."""
        texts = self.texts
        yield texts("title", name=self.result.name, place=self.base.study.name)
        yield ""
        yield texts("steps")
        for number, change in enumerate(self.result.changes, start=1):
            yield texts("step", number=number, text=self.step(change))
        yield ""
        yield from self.served_lines()
        yield ""
        yield from self._people_lines()
        yield from self._walk_lines()
        yield from self._accessibility_lines()
        yield ""
        yield from self._gap_lines()
        yield from self._notes()

    def step(self, change: Change) -> str:
        """Say what one step did."""
        texts, numbers = self.texts, change.numbers
        named = {"name": change.name, "id": change.centre_id, "place": change.place}
        match change.action:
            case "open":
                known = change.place and change.place != change.name
                text = texts("open_at" if known else "open", **named)
            case "move":
                length = 0.0 if change.geometry is None else change.geometry.length
                key = "move_to" if change.place else "move"
                text = texts(key, metres=texts.metres(length), **named)
            case "resize":
                text = self._resized(change)
            case "add_link" | "remove_link":
                key = "remove_link_one" if numbers.get("ways") == 1 else change.action
                ways, metres = texts.number(numbers.get("ways", 1)), numbers["length_m"]
                text = texts(key, ways=ways, metres=texts.metres(metres), name=self._called(change))
            case "residents":
                key = "residents_unlinked" if numbers["unlinked"] else "residents"
                count, away = (texts.number(numbers[k]) for k in ("residents", "unlinked"))
                text = texts(key, count=count, unlinked=away, name=self._called(change))
            case _:
                text = texts("close", **named)
        return text

    def _called(self, change: Change) -> str:
        """Name a way or an area, where it has a name."""
        return self.texts("called", name=change.name) if change.name else ""

    def served_lines(self) -> Iterator[str]:
        """Say for each threshold who is served before and after."""
        texts, number = self.texts, self.texts.number
        yield texts("served")
        for row in self._city(ALL).to_dict(orient="records"):
            yield texts(
                "served_row",
                metres=texts.metres(row["threshold_m"]),
                before=number(row["residents_served_before"]),
                after=number(row["residents_served_after"]),
                gained=number(row["gained"]),
                lost=number(row["lost"]),
            )

    def figures(self) -> Iterator[str]:
        """Yield the figures alone: who gains and loses, how walks change, and who is served."""
        yield from self._people_lines()
        yield from self._walk_lines()
        yield from list(self.served_lines())[1:]

    def as_dict(self) -> dict[str, Any]:
        """Return the account for machines; lengths in metres."""
        result = self.result
        gaps, shared = result.new_gaps, result.accessibility
        return {
            "scenario": result.name,
            "study": self.base.study.name,
            "steps": [
                {
                    "action": change.action,
                    "name": change.name,
                    "centre_id": change.centre_id,
                    "place": change.place,
                    **{key: _plain(value) for key, value in change.numbers.items()},
                    "text": self.step(change),
                }
                for change in result.changes
            ],
            "walks": _records(result.walks),
            "residents_longer": result.longer[0],
            "longer_mean_m": round(result.longer[1], 1),
            "residents_shorter": result.shorter[0],
            "shorter_mean_m": round(result.shorter[1], 1),
            "closures": _records(result.closures),
            "new_gaps": [] if gaps is None else _records(gaps.drop(columns="geometry")),
            "accessibility": [] if shared is None else _records(shared[shared["level"] == CITY]),
            "city": _records(self._whole_city().drop(columns=["scenario", "level", "area_id"])),
            "notices": self.notices(),
        }

    def notices(self) -> list[str]:
        """Return what must be known to judge the figures."""
        texts, told = self.texts, []
        if any(change.action == "residents" for change in self.result.changes):
            told.append(texts("newcomers"))
        known = self.base.inputs.network.provenance
        if known.quality == "approximate":
            told.append(texts("approximate", accuracy=known.accuracy_in(texts.language)))
        return told

    def _resized(self, change: Change) -> str:
        """Say what depends on a capacity: how many people come to a place."""
        texts, numbers = self.texts, change.numbers
        capacity, before = numbers["capacity"], numbers["capacity_before"]
        then, now = self.result.situation, self.base.situation
        people = then.residents["residents"].to_numpy()
        load = people[then.nearest_id == change.centre_id].sum() / capacity
        was = now.residents["residents"].to_numpy()[now.nearest_id == change.centre_id].sum()
        return texts(
            "resize_unknown" if math.isnan(before) else "resize",
            name=change.name,
            id=change.centre_id,
            capacity=texts.number(capacity),
            before=texts.number(before),
            load=texts.number(load, 1),
            load_before=texts.number(was / before, 1),
        )

    def _people_lines(self) -> Iterator[str]:
        """Say who gains and loses access at the gap threshold, and how far losers walk."""
        texts, walks = self.texts, self.result.walks.set_index("threshold_m")
        row, metres = walks.loc[self.threshold], texts.metres(self.threshold)
        if lost := int(row["residents_lost"]):
            yield texts("losers", metres=metres, count=texts.number(lost))
            before, after, far = (
                texts.metres(row[key])
                for key in ("before_median_m", "after_median_m", "after_p90_m")
            )
            yield texts("losers_walk", before=before, after=after, far=far)
            if nowhere := int(row["no_centre"]):
                limit = texts.metres(self.base.study.analysis.max_walk_m)
                yield texts("losers_nowhere", count=texts.number(nowhere), limit=limit)
            yield from self._split("lost")
        if gained := int(row["residents_gained"]):
            yield texts("winners", metres=metres, count=texts.number(gained))
            yield from self._split("gained")
        if not lost and not gained:
            yield texts("nothing")

    def _split(self, column: str) -> Iterator[str]:
        """Split the people who gain or lose access by district, class of area and age."""
        texts, study = self.texts, self.base.study
        table = self.result.table
        at = table["threshold_m"] == self.threshold
        level = study.areas.levels[0]
        areas = table[at & (table["level"] == level.id) & (table["breakdown"] == ALL)]
        areas = areas[areas[column] > 0].sort_values(column, ascending=False, kind="stable")
        parts = list(zip(areas["area_name"], areas[column], strict=True))[:_AREAS_TOLD]
        yield texts("by_level", level=texts.label(level.labels), parts=self._parts(parts))
        city = table[at & (table["level"] == CITY)]
        for part in study.classes:
            own = city[(city["breakdown"] == part.id) & (city[column] > 0)]
            named = {value: texts.label(labels) for value, labels in part.named.items()}
            named[UNKNOWN] = texts("unknown")
            rows = [
                (named.get(group, group), count)
                for group, count in zip(own["group"], own[column], strict=True)
            ]
            if rows:
                yield texts("by_class", label=texts.label(part.labels), parts=self._parts(rows))
        own = city[(city["breakdown"] == AGE_GROUP) & (city[column] > 0)]
        rows = [
            (age_label(group, texts.language), count)
            for group, count in zip(own["group"], own[column], strict=True)
        ]
        if rows:
            yield texts("by_age", parts=self._parts(rows))

    def _parts(self, rows: list[tuple[str, int]]) -> str:
        """List names with numbers."""
        number = self.texts.number
        parts = [self.texts("part", name=name, count=number(count)) for name, count in rows]
        return "; ".join(parts)

    def _walk_lines(self) -> Iterator[str]:
        """Say for how many the walk grows or shrinks, and where people of closed centres go."""
        texts = self.texts
        for key, (count, mean) in (
            ("longer", self.result.longer),
            ("shorter", self.result.shorter),
        ):
            if count:
                yield texts(key, count=texts.number(count), metres=texts.metres(mean))
        for row in self.result.closures.to_dict(orient="records"):
            key = "closure" if row["next_centre_id"] else "closure_alone"
            yield texts(
                key if row["residents_nearest"] else "closure_nobody",
                name=row["name"],
                count=texts.number(row["residents_nearest"]),
                metres=texts.metres(row["extra_walk_mean_m"]),
                next=row["next_centre_name"] or row["next_centre_id"],
            )

    def _accessibility_lines(self) -> Iterator[str]:
        """Say what capacity people share, where the study asks for it."""
        table, texts = self.result.accessibility, self.texts
        if table is None:
            return
        for row in table[table["level"] == CITY].to_dict(orient="records"):
            yield texts(
                "accessibility",
                method=row["method"].upper(),
                metres=texts.metres(row["reach_m"]),
                unit=row["unit"],
                before=texts.number(row["capacity_per_1000_before"], 2),
                after=texts.number(row["capacity_per_1000_after"], 2),
                without_before=texts.number(row["residents_without_before"]),
                without_after=texts.number(row["residents_without_after"]),
            )

    def _gap_lines(self) -> Iterator[str]:
        """List the new gaps."""
        texts, gaps = self.texts, self.result.new_gaps
        if gaps is None:
            return
        if gaps.empty:
            yield texts("no_gaps")
        else:
            yield texts("gaps", metres=texts.metres(self.threshold))
        for row in gaps.head(_GAPS_TOLD).to_dict(orient="records"):
            yield texts(
                "gap_grown" if row["residents_before"] else "gap_new",
                rank=row["rank"],
                name=row["name"] or row["planning_area_ids"],
                lost=texts.number(row["residents_lost"]),
                before=texts.number(row["residents_before"]),
            )
        if len(gaps) > _GAPS_TOLD:
            yield texts("gaps_more", count=texts.number(len(gaps) - _GAPS_TOLD))
        if self.base.study.filter is not None:
            yield texts("gaps_filter", filter=texts.label(self.base.study.filter.labels))

    def _notes(self) -> Iterator[str]:
        """Yield the notices."""
        if notices := self.notices():
            yield ""
        for notice in notices:
            yield self.texts("note", text=notice)

    def _whole_city(self) -> pd.DataFrame:
        """Return the rows of the table for all areas together."""
        return self.result.table[self.result.table["level"] == CITY]

    def _city(self, breakdown: str) -> pd.DataFrame:
        """Return the rows of one breakdown for all areas together."""
        city = self._whole_city()
        return city[city["breakdown"] == breakdown]


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table for JSON: missing numbers are null, lengths in decimetres."""
    return [
        {str(key): _plain(value) for key, value in row.items()}
        for row in table.to_dict(orient="records")
    ]


def _plain(value: object) -> object:
    """Return a value as JSON has it."""
    if isinstance(value, float | np.floating):
        return round(float(value), 1) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
