"""What a sheet is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.outputs.texts import Texts
    from kiezreach.study import Study


class Subject(NamedTuple):
    """What a sheet is about, and in which words.

    Parameters
    ----------
    study, inputs, analysis
        What was asked, read and found.
    texts
        Catalogue of the printed maps, in the language of the sheet.
    """

    study: Study
    inputs: Inputs
    analysis: Analysis
    texts: Texts
