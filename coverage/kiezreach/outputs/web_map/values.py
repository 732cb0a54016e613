"""Single values for the page: numbers that JSON can hold, texts that are shown as they are."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import shapely

_DECIMALS = 6  # of degrees: about 0.1 m
# Characters that turn the order of what follows them; nothing that bears a name needs one.
_ORDER_MARKS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def number(value: float, decimals: int) -> float | None:
    """Round for the page, no further than the tables do; None stands for what is unknown."""
    return round(float(value), decimals) if np.isfinite(value) else None


def text(value: object) -> str:
    """Return a text from data, without what would disturb its surroundings.

    A missing text is empty. Control characters become spaces; marks that reverse the order of
    letters are left out, as they would also turn the words around a name.
    """
    if not isinstance(value, str):
        return ""
    kept = (character for character in value if character not in _ORDER_MARKS)
    clean = "".join(" " if unicodedata.category(c) == "Cc" else c for c in kept)
    return clean.encode("utf-8", "replace").decode("utf-8").strip()


def place(point: shapely.Point) -> list[float]:
    """Latitude and longitude, to about 0.1 m."""
    return [round(point.y, _DECIMALS), round(point.x, _DECIMALS)]
