"""How residents were spread, in words, and shares with the interval over all spreadings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiezreach.outputs.texts import Texts

if TYPE_CHECKING:
    from kiezreach.study import Language, Study


def method_text(study: Study, language: Language | None = None) -> str:
    """Say how residents were spread: in the study's words, or by the name of its method.

    Parameters
    ----------
    study
        The study.
    language
        Language of the text; default: that of the study. Words that a study has in one language
        alone stay in that.
    """
    texts, own = Texts("spreading", language or study.language), study.residents.method
    if not isinstance(own, str):
        return texts.label(own)
    return own if own or study.residents.spread is None else texts(study.residents.spread)


def interval_meaning(study: Study) -> str:
    """Say what the interval beside a share is over; empty where there is none."""
    others = study.residents.plausible_spreads
    if not others:
        return ""
    texts = Texts("spreading", study.language)
    names = ", ".join(texts(f"short_{method}") for method in others)
    return texts("interval_meaning", count=len(others) + 1, methods=names)


def share_text(study: Study, share: float, low: float, high: float) -> str:
    """Write a share as a percentage, with its interval where the study has several spreadings.

    Parameters
    ----------
    study
        The study.
    share, low, high
        From 0 to 1.
    """
    texts = Texts("spreading", study.language)
    if not study.residents.plausible_spreads:
        return texts.percent(share)
    ends = {"low": texts.number(low * 100, 1), "high": texts.percent(high, 1)}
    return texts("interval", share=texts.percent(share, 1), **ends)
