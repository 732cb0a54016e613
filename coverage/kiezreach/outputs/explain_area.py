"""One planning area in words and for machines: its need taken apart, and who is served there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from kiezreach.classes import selected_areas
from kiezreach.outputs.texts import Texts
from kiezreach.sources.areas import holding_areas

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.network import Provenance
    from kiezreach.study import AreaClasses, NeedPart, Study

_VALUE_DECIMALS = 2  # of an indicator in its own unit
_INDEX_DECIMALS = 3  # so that contributions are seen to add up


@dataclass(frozen=True, eq=False)
class AreaFacts:
    """What is known of the planning areas.

    Parameters
    ----------
    areas
        Areas of every level.
    indicators, classes
        Indexed by planning area: numbers (None where the study has none) and classes.
    need
        As `kiezreach.need.need_table` returns it, or None.
    coverage
        Rows of `kiezreach.coverage.coverage` of the planning area in question.
    excluded
        Areas for which an indicator file has no row.
    provenance
        What is known of the walking network.
    """

    areas: gpd.GeoDataFrame
    indicators: pd.DataFrame | None
    classes: pd.DataFrame
    need: pd.DataFrame | None
    coverage: pd.DataFrame
    excluded: pd.DataFrame
    provenance: Provenance


class AreaAccount:
    """What is told about one planning area.

    Parameters
    ----------
    study
        The study: language, need, classes and sources.
    area_id
        Id of the planning area.
    facts
        What is known of it and of the others.
    """

    def __init__(self, study: Study, area_id: str, facts: AreaFacts) -> None:
        self._study, self._id, self._facts = study, area_id, facts
        self._texts = Texts("explain_area", study.language)
        need = facts.need
        self._row = None if need is None else need.set_index("planning_area_id").loc[area_id]

    def lines(self) -> Iterator[str]:
        """Yield the account in words, line by line, in the study's language."""
        texts, name = self._texts, self._name
        yield texts("title", place=self._study.name, name=name or self._id, id=self._id)
        if above := self._above():
            yield texts("within", names=", ".join(part["name"] for part in above))
        residents = int(self._facts.coverage["residents"].iloc[0])
        yield texts("residents", count=texts.number(residents))
        for part in self._study.classes:
            yield texts("class", kind=texts.label(part.labels), value=self._class(part))
        if self._study.filter is not None:
            key = "filter_met" if self._selected() else "filter_not_met"
            yield texts(key, words=texts.label(self._study.filter.labels))
        yield ""
        yield from self._need_lines()
        yield ""
        yield from self._coverage_lines(residents)
        yield ""
        for notice in self.notices():
            yield texts("note", text=notice)
        for attribution in dict.fromkeys(part.attribution for part in self._study.indicators):
            if attribution:
                yield texts("source", attribution=attribution)

    def notices(self) -> list[str]:
        """Return what must be known to judge the figures: what is missing, and the network."""
        texts = self._texts
        told = [
            texts("no_row", file=row.file, id=row.id)
            for row in self._facts.excluded.itertuples()
            if (row.file, row.id) in self._own_rows()
        ]
        told += [self._why_missing(part) for part in self._missing_parts()]
        if self._study.residents.plausible_spreads:
            told.append(texts("interval"))
        known = self._facts.provenance
        if known.quality == "approximate":
            told.append(texts("approximate", accuracy=known.accuracy_in(texts.language)))
        return told

    def as_dict(self) -> dict[str, Any]:
        """Return the account for machines; lengths in metres, shares from 0 to 1."""
        facts = self._facts
        numbers = {} if facts.indicators is None else facts.indicators.loc[self._id].to_dict()
        return {
            "area": {"level": self._finest, "id": self._id, "name": self._name},
            "within": self._above(),
            "residents": int(facts.coverage["residents"].iloc[0]),
            "classes": {
                part.id: facts.classes.loc[self._id, part.id] for part in self._study.classes
            },
            "meets_filter": None if self._study.filter is None else self._selected(),
            "indicators": {column: _json(value) for column, value in numbers.items()},
            "need": self._need_dict(),
            "coverage": [
                {
                    "threshold_m": row.threshold_m,
                    "residents_served": int(row.residents_served),
                    "share_served": _json(row.share_served),
                }
                for row in facts.coverage.itertuples()
            ],
            "median_distance_m": _json(round(facts.coverage["median_distance_m"].iloc[0], 1)),
            "unlinked": int(facts.coverage["unlinked"].iloc[0]),
            "notices": self.notices(),
        }

    @property
    def _finest(self) -> str:
        return self._study.areas.levels[-1].id

    @property
    def _name(self) -> str:
        areas = self._facts.areas
        own = areas[(areas["level"] == self._finest) & (areas["area_id"] == self._id)]
        return str(own["name"].iloc[0])

    def _above(self) -> list[dict[str, str]]:
        """Return the areas that hold this one, the finest first."""
        areas, found = self._facts.areas, []
        for level in reversed(self._study.areas.levels[:-1]):
            holder = holding_areas(areas, level.id)[self._id]
            own = areas[(areas["level"] == level.id) & (areas["area_id"] == holder)]
            found.append({"level": level.id, "id": holder, "name": str(own["name"].iloc[0])})
        return found

    def _own_rows(self) -> set[tuple[str, str]]:
        """Return file and id of the rows that say something of this area."""
        found = set()
        for part in self._study.indicators:
            holder = holding_areas(self._facts.areas, part.level or self._finest)[self._id]
            found.add((part.file, holder))
        return found

    def _class(self, part: AreaClasses) -> str:
        """Name the class of the area."""
        texts, value = self._texts, self._facts.classes.loc[self._id, part.id]
        if not value:
            return texts("unknown")
        if part.quantiles is not None:
            return texts("quantile", k=value, n=part.quantiles)
        return texts.label(part.named[value])

    def _selected(self) -> bool:
        facts = self._facts
        return self._id in selected_areas(self._study.filter, facts.indicators, facts.classes)

    def _need_lines(self) -> Iterator[str]:
        """Tell the index and its parts."""
        texts, need, row = self._texts, self._study.need, self._row
        if need is None or row is None:
            yield texts("no_need")
            return
        if pd.isna(row["need"]):
            yield texts("need_missing")
        else:
            yield texts(
                "need",
                value=texts.number(row["need"], _INDEX_DECIMALS),
                rank=texts.number(row["need_rank"]),
                of=texts.number(self._count("need")),
            )
        for part in need.parts:
            yield "  " + self._part_line(part)
        yield texts(f"how_{need.standardisation}")
        yield texts(f"missing_{need.missing}")

    def _part_line(self, part: NeedPart) -> str:
        """Tell one part: value, place, standardised value, weight and contribution."""
        texts, row, label = self._texts, self._row, self._texts.label(part.labels)
        if row is None or pd.isna(row[part.column]):
            return texts("part_missing", label=label)
        fields = {
            "label": label,
            "value": self._value(part.column, row[part.column]),
            "rank": texts.number(row[f"{part.column}_rank"]),
            "of": texts.number(self._count(part.column)),
            "standardised": texts.number(row[f"{part.column}_std"], _INDEX_DECIMALS),
        }
        weight = row[f"{part.column}_weight"]
        if pd.isna(weight):
            return texts("part_without_index", **fields)
        contribution = texts.number(weight * row[f"{part.column}_std"], _INDEX_DECIMALS)
        return texts("part", **fields, weight=texts.percent(weight, 1), contribution=contribution)

    def _value(self, column: str, value: float) -> str:
        """Write an indicator in its unit, as far as its name or the study tells it."""
        if column.endswith("_pct") or any(column in p.percent for p in self._study.indicators):
            return self._texts.percent(value / 100, _VALUE_DECIMALS)
        return self._texts.number(value, _VALUE_DECIMALS)

    def _count(self, column: str) -> int:
        """Count the planning areas that have a value."""
        return 0 if self._facts.need is None else int(self._facts.need[column].notna().sum())

    def _missing_parts(self) -> list[NeedPart]:
        if self._study.need is None or self._row is None:
            return []
        return [part for part in self._study.need.parts if pd.isna(self._row[part.column])]

    def _why_missing(self, part: NeedPart) -> str:
        return self._texts(
            "no_value", label=self._texts.label(part.labels), column=part.column, id=self._id
        )

    def _coverage_lines(self, residents: int) -> Iterator[str]:
        """Tell how many are served within each threshold, and how far half of them walk."""
        texts, rows = self._texts, self._facts.coverage
        if not residents:
            yield texts("nobody")
            return
        for row in rows.itertuples():
            yield texts(
                "served",
                metres=texts.metres(row.threshold_m),
                count=texts.number(row.residents_served),
                share=texts.percent(row.share_served, 1),
            )
        median = rows["median_distance_m"].iloc[0]
        yield (
            texts("median", metres=texts.metres(median)) if pd.notna(median) else texts("no_median")
        )
        if unlinked := int(rows["unlinked"].iloc[0]):
            limit = texts.metres(self._study.analysis.max_access_m)
            key = "unlinked_one" if unlinked == 1 else "unlinked"
            yield texts(key, count=texts.number(unlinked), limit=limit)

    def _need_dict(self) -> dict[str, Any] | None:
        """Return the index taken apart."""
        need, row = self._study.need, self._row
        if need is None or row is None:
            return None
        parts = [
            {
                "column": part.column,
                "label": self._texts.label(part.labels),
                "direction": part.direction,
                "value": _json(row[part.column]),
                "rank": _json(row[f"{part.column}_rank"]),
                "of": self._count(part.column),
                "standardised": _json(row[f"{part.column}_std"]),
                "weight": _json(row[f"{part.column}_weight"]),
                "contribution": _json(row[f"{part.column}_std"] * row[f"{part.column}_weight"]),
            }
            for part in need.parts
        ]
        return {
            "value": _json(row["need"]),
            "rank": _json(row["need_rank"]),
            "of": self._count("need"),
            "standardisation": need.standardisation,
            "missing": need.missing,
            "parts": parts,
        }


def _json(value: float) -> float | int | None:
    """Return a number that JSON can hold; None where it is not known."""
    if pd.isna(value) or not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else float(value)
