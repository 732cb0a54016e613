"""Figures of a brief: each knows the cell that it stands in, and the command that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

    from kiezreach.outputs.brief.wording import Wording

Form = Literal["count", "percent", "metres", "index", "text"]
Where = tuple[tuple[str, tuple[str, ...]], ...]

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Source:
    """Where a figure stands in the outputs of a build.

    Parameters
    ----------
    file
        Table or manifest, from the build's folder.
    where
        Columns and the values that select rows of the table; nothing for the manifest.
    column
        Column of the one row; or a formula of columns, in which ``sum`` and ``count`` go over the
        rows that are selected; or the path of keys in the manifest.
    """

    file: str
    where: Where
    column: str


@dataclass(frozen=True)
class Figure:
    """One figure, as no language writes it yet.

    Parameters
    ----------
    value
        The number, a share from 0 to 1, or a text such as a date; NaN where it is not known.
    source
        Where it stands.
    form
        How it is written.
    """

    value: float | str
    source: Source
    form: Form = "count"

    def written(self, wording: Wording) -> str:
        """Write the figure as a language does."""
        if isinstance(self.value, str):
            return self.value
        match self.form:
            case "percent":
                return wording.percent(self.value, 1)
            case "metres":
                return wording.metres(self.value)
            case "index":
                return wording.number(self.value, 2)
            case _:
                return wording.number(self.value)


class Rows:
    """Rows of a published table that figures are taken from.

    Parameters
    ----------
    table
        Name of the table.
    frame
        Its rows, with numbers as they are published.
    where
        What selects them, by column.
    """

    def __init__(self, table: str, frame: pd.DataFrame, where: Mapping[str, Iterable[str]]) -> None:
        self.frame = frame
        self._table = table
        self._where: Where = tuple((column, tuple(values)) for column, values in where.items())

    def __len__(self) -> int:
        return len(self.frame)

    def part(self, **values: str | Sequence[str]) -> Rows:
        """Return those of the rows that have one of some values in each of some columns."""
        frame, where = self.frame, dict(self._where)
        for column, wanted in values.items():
            among = (wanted,) if isinstance(wanted, str) else tuple(wanted)
            frame = frame[_as_text(frame[column]).isin(among)]
            where[column] = among
        return Rows(self._table, frame, where)

    def total(self, column: str, form: Form = "count") -> Figure:
        """Return the cell of a column, or its sum over several rows."""
        single = len(self.frame) == 1
        formula = column if single else f"sum({column})"
        return self._figure(float(self.frame[column].sum(skipna=not single)), formula, form)

    def rest(self, whole: str, part: str) -> Figure:
        """Return what is left of a column's total without that of another."""
        value = float(self.frame[whole].sum() - self.frame[part].sum())
        return self._figure(value, self._over("{whole} - {part}", whole=whole, part=part), "count")

    def share(self, part: str, whole: str) -> Figure:
        """Return the share that a column's total has in another's."""
        total = self.frame[whole].sum()
        value = float(self.frame[part].sum() / total) if total else float("nan")
        return self._figure(
            value, self._over("{part} / {whole}", whole=whole, part=part), "percent"
        )

    def share_left(self, part: str, whole: str) -> Figure:
        """Return the share that is left of a column's total without that of another."""
        total = self.frame[whole].sum()
        value = float((total - self.frame[part].sum()) / total) if total else float("nan")
        formula = self._over("({whole} - {part}) / {whole}", whole=whole, part=part)
        return self._figure(value, formula, "percent")

    def mean(self, share: str, weight: str) -> Figure:
        """Return a share that each row has, over all of them."""
        if len(self.frame) == 1:
            return self._figure(float(self.frame[share].iloc[0]), share, "percent")
        total = self.frame[weight].sum()
        value = float((self.frame[share].fillna(0.0) * self.frame[weight]).sum() / total)
        return self._figure(value, f"sum({share} * {weight}) / sum({weight})", "percent")

    def count(self) -> Figure:
        """Return the number of rows."""
        return self._figure(float(len(self.frame)), "count()", "count")

    def _over(self, formula: str, **columns: str) -> str:
        several = len(self.frame) != 1
        named = {k: f"sum({c})" if several else c for k, c in columns.items()}
        return formula.format(**named)

    def _figure(self, value: float, column: str, form: Form) -> Figure:
        return Figure(value, Source(f"tables/{self._table}.csv", self._where, column), form)


def _as_text(column: pd.Series) -> pd.Series:
    """Write the values of a key as its table does: metres without decimals, words as they are."""
    if column.dtype.kind == "f":
        return column.map("{:.0f}".format)
    return column.astype(str).str.lower() if column.dtype.kind == "b" else column.astype(str)


def told(text: str, *path: str) -> Figure:
    """Return a text that the manifest holds under some keys."""
    return Figure(text, Source(MANIFEST, (), ".".join(path)), "text")


def setting(value: float, *path: str, form: Form = "metres") -> Figure:
    """Return a number that the manifest holds under some keys."""
    return Figure(value, Source(MANIFEST, (), ".".join(path)), form)
