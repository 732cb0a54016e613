"""The result of planning norms in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kiezreach.outputs.texts import Texts
from kiezreach.sources.areas import CITY

if TYPE_CHECKING:
    import pandas as pd

    from kiezreach.study import Norm, Study

_NAMED = 8  # areas that fail are named up to here, those that lack most first


class NormReport:
    """What is told about the norms of a study.

    Parameters
    ----------
    study
        The study: its language, and the names of its levels.
    norms
        The norms.
    table
        As `kiezreach.norms.norm_table` returns it for them.
    """

    def __init__(self, study: Study, norms: Sequence[Norm], table: pd.DataFrame) -> None:
        self._study, self._norms, self._table = study, norms, table
        self._texts = Texts("norms", study.language)

    def lines(self) -> Iterator[str]:
        """Yield the report line by line, in the study's language."""
        yield self._texts("title", place=self._study.name)
        if not self._norms:
            yield self._texts("none")
        for norm in self._norms:
            yield ""
            yield from self._told(norm)

    def as_dict(self) -> dict[str, Any]:
        """Return the report for machines."""
        return {
            "norms": [
                {
                    "id": norm.id,
                    "label": self._texts.label(norm.labels),
                    "status": norm.status,
                    "source": norm.source,
                    "url": norm.url,
                    "date": norm.date.isoformat(),
                    "level": norm.level,
                    "results": {
                        result: int((self._rows(norm)["result"] == result).sum())
                        for result in ("pass", "fail", "not_assessable")
                    },
                    "reasons": self._reasons(self._rows(norm)),
                }
                for norm in self._norms
            ]
        }

    def _rows(self, norm: Norm) -> pd.DataFrame:
        return self._table[self._table["norm_id"] == norm.id]

    @staticmethod
    def _reasons(rows: pd.DataFrame) -> dict[str, int]:
        """Count the reasons why areas are not assessable."""
        given = rows.loc[rows["reason"] != "", "reason"]
        return {str(reason): int(n) for reason, n in given.value_counts().sort_index().items()}

    def _told(self, norm: Norm) -> Iterator[str]:
        """Tell one norm: what it asks, how many areas meet it, which do not, and its source."""
        texts, rows = self._texts, self._rows(norm)
        yield texts("norm", label=texts.label(norm.labels), status=texts(norm.status))
        count = {r: texts.number((rows["result"] == r).sum()) for r in ("pass", "fail")}
        everyone = texts.number(len(rows))
        yield "  " + texts("count", level=self._level(norm), all=everyone, met=count["pass"])
        fails = rows[rows["result"] == "fail"]
        if len(fails):
            yield "  " + self._failed(fails)
        for reason, n in self._reasons(rows).items():
            some = rows[rows["reason"] == reason]
            yield "  " + texts(
                reason,
                count=texts.number(n),
                centres=texts.number(some["centres"].sum()),
                unknown=texts.number(some["centres_unknown"].sum()),
            )
        if norm.note is not None:
            yield "  " + texts("note", text=texts.label(norm.note))
        where = f"{norm.source} {norm.url}".strip()
        yield "  " + texts("source", source=where, date=norm.date.isoformat())

    def _failed(self, fails: pd.DataFrame) -> str:
        """Name the areas that lack most, and what all together lack."""
        texts = self._texts
        unit = texts(f"unit_{fails['deficit_unit'].iloc[0]}")
        order = fails.sort_values(["deficit", "area_id"], ascending=[False, True])
        named = len(order) if len(order) <= _NAMED + 1 else _NAMED  # never "and 1 more"
        names = [
            texts("area", name=row.area_name or row.area_id, lacks=texts.number(row.deficit))
            for row in order.head(named).itertuples()
        ]
        listed = ", ".join(names)
        if len(order) > named:
            listed = texts("and_more", names=listed, count=texts.number(len(order) - named))
        total = texts.number(fails["deficit"].sum())
        count = texts.number(len(fails))
        return texts("failed", count=count, total=total, unit=unit, names=listed)

    def _level(self, norm: Norm) -> str:
        """Return the name of a norm's level."""
        labels = {level.id: level.labels for level in self._study.areas.levels}
        if norm.level == CITY:
            return self._texts("city")
        return self._texts.label(labels[norm.level])
