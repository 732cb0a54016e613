"""Sentences of a brief: texts of the catalogue in which figures keep where they come from."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

from kiezreach.outputs.brief.figures import Figure
from kiezreach.outputs.texts import Texts

if TYPE_CHECKING:
    from kiezreach.study import Edition, Language

Runs = tuple[str | Figure, ...]  # a sentence: words, and figures among them


class Wording(Texts):
    """The texts of a brief in one edition.

    Parameters
    ----------
    edition
        ``de``, ``en``, or ``de-leicht`` for plain German (Leichte Sprache).
    """

    def __init__(self, edition: Edition) -> None:
        language: Language = "en" if edition == "en" else "de"
        super().__init__("brief", language, variant=edition.replace("-", "_"))
        self.edition: Edition = edition

    def sentence(self, key: str, **fields: object) -> Runs:
        """Return a text with its fields filled in; figures and sentences stay what they are."""
        runs: list[str | Figure] = []
        for literal, field, _, _ in Formatter().parse(self.template(key)):
            runs.append(literal)
            if field is not None:
                value = fields[field]
                if isinstance(value, tuple):
                    runs += value
                else:
                    runs.append(value if isinstance(value, Figure) else str(value))
        return joined(runs)


def joined(runs: list[str | Figure]) -> Runs:
    """Put neighbouring words together."""
    whole: list[str | Figure] = []
    for run in runs:
        if isinstance(run, str) and whole and isinstance(whole[-1], str):
            whole[-1] += run
        elif run != "":
            whole.append(run)
    return tuple(whole)
