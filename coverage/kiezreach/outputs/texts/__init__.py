"""Words and numbers of the outputs in the study's language.

Each output has a catalogue, a TOML file in this folder: every entry holds one text per language,
side by side, with named fields in braces. A catalogue may hold further variants of a language, such
as plain German (`de_leicht`); its numbers are written as the language does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kiezreach.study import Labels, Language

MISSING = "\N{EN DASH}"
_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"


@cache
def _catalogue(name: str) -> Mapping[str, Mapping[str, str]]:
    """Return the texts of a catalogue by key and variant; read once, as briefs ask by the dozen."""
    text = files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


class Texts:
    """The catalogue of one output in one language.

    Parameters
    ----------
    catalogue
        Name of the TOML file in this folder, without its ending.
    language
        Language of the texts and of the number format.
    variant
        Name that the texts have in the catalogue, where it is not that of the language.
    """

    def __init__(self, catalogue: str, language: Language, variant: str = "") -> None:
        self.language: Language = language
        self._variant = variant or language
        self._texts = _catalogue(catalogue)

    def __call__(self, key: str, **fields: object) -> str:
        """Return a text, its fields filled in; an unknown key or field is an error."""
        return self.template(key).format(**fields)

    def template(self, key: str) -> str:
        """Return a text with its fields still in braces; an unknown key is an error."""
        return self._texts[key][self._variant]

    def label(self, labels: Labels) -> str:
        """Return the word of a label that the study gives."""
        return str(getattr(labels, self.language))

    def number(self, value: float, decimals: int = 0) -> str:
        """Write a number as the language does: 1.234,5 in German, 1,234.5 in English.

        Halves are rounded up, as browsers do, so that all outputs write the same.
        """
        if not np.isfinite(value):
            return MISSING
        rounded = Decimal(float(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        text = f"{rounded:,.{decimals}f}"
        return text.translate(str.maketrans(",.", ".,")) if self.language == "de" else text

    def percent(self, share: float, decimals: int = 0) -> str:
        """Write a share of 0 to 1 as a percentage."""
        number = self.number(share * 100, decimals)
        if number == MISSING:
            return number
        return f"{number}{_NARROW_SPACE}%" if self.language == "de" else f"{number}%"

    def metres(self, value: float) -> str:
        """Write a length in metres."""
        number = self.number(value)
        return number if number == MISSING else f"{number}{_NARROW_SPACE}m"
