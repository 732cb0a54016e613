"""Measures in OpenStreetMap tags, such as 2.5, 80 cm, 3'6", 0.5-0.8, 6%, 1:8 and -10°."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

Quantity = Literal["length", "incline"]
"""What a tag states: metres, or per cent."""

_FOOT_M = 0.3048
_INCH_M = 0.0254
_METRES = {"": 1.0, "m": 1.0, "cm": 0.01, "mm": 0.001, "ft": _FOOT_M, "'": _FOOT_M, '"': _INCH_M}
_NUMBER = r"[-+~]?\s*(\d+(?:[.,]\d+)?)"
_FEET_AND_INCHES = re.compile(rf"{_NUMBER}\s*'\s*(\d+(?:[.,]\d+)?)\s*\"")
_LENGTH = re.compile(rf"{_NUMBER}\s*(m|cm|mm|ft|'|\")?")
_SLOPE = re.compile(rf"{_NUMBER}\s*(%|°|percent|per cent)?")
_RATIO = re.compile(rf"{_NUMBER}\s*(?::|/|\bin\b)\s*(\d+(?:[.,]\d+)?)")
_RANGE = re.compile(r"(.*?\d[^-\u2013]*?)\s*(?:-|\u2013|\bto\b)\s*([-+~]?\d.*)")
_UNIT = re.compile(r"[^\d\s][^\d]*$")


class Extent(NamedTuple):
    """What a tag states: one size twice, or the ends of a range.

    Parameters
    ----------
    least, most
        The ends. Metres, or per cent without their sign, which says only in which direction
        the way was drawn.
    exact
        False of ``<2`` and ``>2``, which set a bound and name no size.
    """

    least: float
    most: float
    exact: bool = True


def extent(text: str, quantity: Quantity) -> Extent | None:
    """Return what a tag states, or None where it states no size.

    Parameters
    ----------
    text
        Value of the tag. Key:width and Key:kerb:height: metres unless a unit follows;
        Key:incline: per cent, degrees (10°) or the ratio of rise to run (1:8).
    quantity
        What the tag speaks of.
    """
    text = text.strip()
    exact = not text.startswith(("<", ">"))
    text = text.lstrip("<>= ")
    size = _size(text, quantity)
    if size is not None:
        return Extent(size, size, exact)
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    first, second = found[1], found[2]
    unit = _UNIT.search(second)
    if unit and not _UNIT.search(first):
        first += unit[0]
    ends = [end for end in (_size(first, quantity), _size(second, quantity)) if end is not None]
    return Extent(min(ends), max(ends), exact) if len(ends) == len((first, second)) else None


def _size(text: str, quantity: Quantity) -> float | None:
    """Return the size that a text without range states."""
    return _metres(text) if quantity == "length" else _per_cent(text)


def _metres(text: str) -> float | None:
    """Return a length."""
    if found := _FEET_AND_INCHES.fullmatch(text):
        return _number(found[1]) * _FOOT_M + _number(found[2]) * _INCH_M
    found = _LENGTH.fullmatch(text)
    return _number(found[1]) * _METRES[found[2] or ""] if found else None


def _per_cent(text: str) -> float | None:
    """Return an incline."""
    if found := _RATIO.fullmatch(text):
        run = _number(found[2])
        return 100 * _number(found[1]) / run if run else None
    found = _SLOPE.fullmatch(text)
    if found is None:
        return None
    number = _number(found[1])
    return 100 * math.tan(math.radians(number)) if found[2] == "°" else number


def _number(text: str) -> float:
    """Return a number with a decimal point or comma."""
    return float(text.replace(",", "."))


@dataclass(frozen=True)
class Bounds:
    """Sizes that meet a condition.

    Parameters
    ----------
    below, above
        The size must be less, or more, than this.
    quantity
        What the tag speaks of.
    """

    below: float = math.inf
    above: float = -math.inf
    quantity: Quantity = "length"

    def hold_somewhere(self, value: str) -> bool:
        """Return whether a tag states a size within the bounds, be it one end of a range."""
        found = self._extents(value)
        return any(part and part.most > self.above and part.least < self.below for part in found)

    def hold_throughout(self, value: str) -> bool:
        """Return whether all that a tag states is within the bounds."""
        found = self._extents(value)
        return all(
            part and part.exact and part.least > self.above and part.most < self.below
            for part in found
        )

    def _extents(self, value: str) -> list[Extent | None]:
        """Return what each part of a list with semicolons states."""
        return [extent(part, self.quantity) for part in value.split(";")]


@dataclass(frozen=True)
class Unclear:
    """Values that state no size, or only a bound of it.

    Parameters
    ----------
    quantity
        What the tag speaks of.
    """

    quantity: Quantity = "length"

    def holds(self, value: str) -> bool:
        """Return whether some part of a tag leaves the size open."""
        found = [extent(part, self.quantity) for part in value.split(";")]
        return any(part is None or not part.exact for part in found)
