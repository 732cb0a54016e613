"""Measures in OpenStreetMap tags, such as 2.5, 80 cm, 3'6", 6% and -10°."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_FOOT_M = 0.3048
_INCH_M = 0.0254
_METRES = {"": 1.0, "m": 1.0, "cm": 0.01, "mm": 0.001, "ft": _FOOT_M, "'": _FOOT_M, '"': _INCH_M}
_MEASURE = re.compile(r"[-+~<>]*\s*(\d+(?:[.,]\d+)?)\s*(%|°|m|cm|mm|ft|'|\")?(.*)")


def measure(text: str) -> float | None:
    """Return the size that a tag states, without its sign, or None where it states none.

    Lengths are metres (Key:width: metres unless a unit follows), inclines per cent. The sign of
    an incline says only in which direction the way was drawn.
    """
    found = _MEASURE.fullmatch(text.strip())
    if found is None:
        return None
    number, unit, rest = float(found[1].replace(",", ".")), found[2] or "", found[3].strip()
    if unit == "%":
        return number
    if unit == "°":
        return 100 * math.tan(math.radians(number))
    if unit == "'" and rest:
        inches = measure(rest)
        return None if inches is None else number * _FOOT_M + inches
    return None if rest else number * _METRES[unit]


@dataclass(frozen=True)
class Bounds:
    """Sizes that meet a condition.

    Parameters
    ----------
    below, above
        The size must be less, or more, than this.
    """

    below: float = math.inf
    above: float = -math.inf

    def hold(self, text: str) -> bool:
        """Return whether a tag states a size within the bounds."""
        size = measure(text)
        return size is not None and self.above < size < self.below
