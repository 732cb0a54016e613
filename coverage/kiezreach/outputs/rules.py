"""What came of the rules that a build is held to, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kiezreach.groups import UNKNOWN
from kiezreach.sources.areas import CITY

if TYPE_CHECKING:
    from kiezreach.differences import Breach, Verdict
    from kiezreach.outputs.texts import Texts
    from kiezreach.study import Study

_BREACHES_TOLD = 3


class RuleTexts:
    """Words about rules.

    Parameters
    ----------
    study
        The study: the names of its classes.
    texts
        Catalogue of differences.
    """

    def __init__(self, study: Study, texts: Texts) -> None:
        self.study, self.texts = study, texts

    def result(self, verdict: Verdict) -> str:
        """Say whether a rule is kept, and how it is broken."""
        if verdict.kept:
            return self.texts("kept")
        told = self.breaches(verdict)
        more = len(told) - _BREACHES_TOLD
        if more > 0:
            told = [*told[:_BREACHES_TOLD], self.texts("breaches_more", count=more)]
        return self.texts("broken", breaches="; ".join(told))

    def breaches(self, verdict: Verdict) -> list[str]:
        """Say in which ways a rule is broken."""
        return [self._breach(breach) for breach in verdict.breaches]

    def class_name(self, classes: str, value: str) -> str:
        """Name a class of planning areas as the study does."""
        if value in (UNKNOWN, ""):
            return self.texts("unknown")
        part = next((part for part in self.study.classes if part.id == classes), None)
        labels = None if part is None else part.named.get(value)
        return value if labels is None else self.texts.label(labels)

    def _breach(self, breach: Breach) -> str:
        """Say how a rule is broken."""
        texts, facts = self.texts, breach.facts
        fields: dict[str, Any] = {
            name: texts.number(value) if isinstance(value, int) else value
            for name, value in facts.items()
        }
        if "limit" in facts:
            fields["limit"] = self._limit(facts["limit"])
        if "area" not in facts:
            return texts(breach.what, **fields)
        row = facts["area"]
        fields["area"] = self._area(row, facts.get("classes"), facts.get("value"))
        if breach.what == "residents":
            sides = (row["residents_before"], row["residents_after"])
            fields["before"], fields["after"] = (texts.number(value) for value in sides)
            return texts(breach.what, **fields)
        fields["metres"] = texts.metres(facts["threshold_m"] or 0.0)
        fields["before"] = texts.percent(row.get("share_before", 0.0), 2)
        fields["after"] = texts.percent(row.get("share_after", 0.0), 2)
        fields["points"] = texts("points", number=texts.number(abs(row.get("points", 0.0)), 2))
        return texts(breach.what, **fields)

    def _limit(self, limit: float) -> str:
        """Write a limit with the decimals that it has."""
        text = f"{limit:g}"
        return self.texts.number(limit, len(text.partition(".")[2]))

    def _area(self, row: dict[str, Any], classes: str | None, value: str | None) -> str:
        """Name an area, and the class of planning areas in it."""
        texts = self.texts
        name = row.get("area_name") or row["area_id"]
        area = (
            texts("city") if row["level"] == CITY else texts("area", name=name, id=row["area_id"])
        )
        if classes is None or value is None:
            return area
        part = next((part for part in self.study.classes if part.id == classes), None)
        label = classes if part is None else texts.label(part.labels)
        named = texts("class_named", label=label, value=self.class_name(classes, value))
        return named if row["level"] == CITY else texts("area_class", area=area, value=named)
