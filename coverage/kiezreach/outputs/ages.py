"""Age groups in words: a column of residents is named after the ages that it counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kiezreach.outputs.texts import Texts

if TYPE_CHECKING:
    from kiezreach.study import Language

_FORMS = {
    "age_under": re.compile(r"age_under_(?P<below>\d+)"),
    "age_from_to": re.compile(r"age_(?P<start>\d+)_(?P<below>\d+)"),
    "age_over": re.compile(r"age_(?P<start>\d+)_over"),
}


def age_label(group: str, language: Language) -> str:
    """Name an age group.

    Parameters
    ----------
    group
        Its column: ``age_under_6``, ``age_6_15`` (6 to below 15) or ``age_65_over``; the column
        itself is the name of any other.
    language
        Language of the name.
    """
    for key, form in _FORMS.items():
        if found := form.fullmatch(group):
            return Texts("ages", language)(key, **found.groupdict())
    return group
