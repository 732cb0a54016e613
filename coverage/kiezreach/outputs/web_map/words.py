"""All words of the map in both languages: a reader switches between them in the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kiezreach.outputs.ages import age_label
from kiezreach.outputs.spreading import interval_meaning, method_text
from kiezreach.outputs.texts import Texts
from kiezreach.outputs.web_map.templates import Templates
from kiezreach.outputs.web_map.values import text

if TYPE_CHECKING:
    from kiezreach.inputs import Inputs
    from kiezreach.study import AreaClasses, Language, Study

LANGUAGES: tuple[Language, ...] = ("de", "en")


def words(study: Study, inputs: Inputs) -> dict[str, dict[str, Any]]:
    """Gather, by language, the page's texts and the words that study and inputs give.

    Parameters
    ----------
    study, inputs
        The study and what it read.

    Returns
    -------
    dict
        By language the same structure, so that the page needs no other change to switch.
    """
    return {language: _words(study, inputs, language) for language in LANGUAGES}


def _words(study: Study, inputs: Inputs, language: Language) -> dict[str, Any]:
    """Gather the words of one language."""
    catalogue = Templates("web_map", language)
    spoken = study.model_copy(update={"language": language})
    norms = Texts("norms", language)
    return {
        "texts": catalogue.unfilled(),
        "levels": [text(catalogue.label(level.labels)) for level in study.areas.levels],
        "gapLevel": text(catalogue.label(study.gap_level.labels)) if study.gap_level else "",
        "filter": text(catalogue.label(study.filter.labels)) if study.filter else "",
        "needParts": [text(catalogue.label(part.labels)) for part in study.need.parts]
        if study.need
        else [],
        "ages": [age_label(group, language) for group in study.residents.age_groups],
        "classes": {part.id: _classes(part, catalogue) for part in study.classes},
        "norms": {
            norm.id: {"label": text(catalogue.label(norm.labels)), "status": norms(norm.status)}
            for norm in inputs.norms
        },
        "method": text(method_text(spoken)),
        "intervalMeaning": text(interval_meaning(spoken)),
        "accuracy": text(inputs.network.provenance.accuracy_in(language)),
    }


def _classes(part: AreaClasses, catalogue: Templates) -> dict[str, str]:
    """Name classes of planning areas: the classification, and each of its classes."""
    named = {value: text(catalogue.label(labels)) for value, labels in part.named.items()}
    return {"": text(catalogue.label(part.labels)), **named}
