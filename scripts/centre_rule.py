"""Say from name and tags alone whether a mapped place is a neighbourhood centre, and of what kind.

What the rule leaves open is decided one by one in ``centres_audit.csv``; ``docs/data.md`` states
both in words.
"""

from __future__ import annotations

import re
from typing import Final

KIND_PATTERNS: Final = (
    ("Stadtteilzentrum", r"stadtteilzentrum"),
    ("Mehrgenerationenhaus", r"mehrgenerationenhaus"),
    ("Selbsthilfekontaktstelle", r"selbsthilfekontaktstelle|selbsthilfe-?treffpunkt|\bsekis\b"),
    ("Familienzentrum", r"familienzentrum|familientreff\b|familienbegegnung|\bkifaz\b"),
    ("Nachbarschaftshaus", r"nachbarschafts(haus|heim|zentrum)|bürgerhaus"),
    (
        "other",
        (
            r"nachbarschafts|kiet?z[- ]?treff|kiez(klub|laden|haus|zentrum)"
            r"|stadtteil(treff|laden|arbeit)|bürger(treff|laden)|begegnungszentrum"
        ),
    ),
)
"""A name that matches is kept; the first match gives the kind."""

OFFICE_PATTERN: Final = (
    r"quartiersmanagement|^benn\b|b(ü|ue)rgeramt|raum für beteiligung|stadtteilkoordination"
    r"|stadtteilbüro|^kiezbüro"
)
"""Offices and neighbourhood management: left out whatever else the name says."""

DROP_PATTERNS: Final = (
    ("youth", r"jugend|kinder|schüler|mädchen|pfadfinder|spielplatz|\bkids|jfe\b|stamm |falken"),
    ("senior", r"senior"),
    ("parish", r"gemeinde(haus|zentrum|saal|büro)?\b|kirch|pfarr"),
    ("club", r"verein(sheim|shaus|skantine)|club\b|\bkga\b|sport|ruder|kanu|tennis"),
)

TAG_CLASSES: Final = {
    "youth_centre": "youth",
    "youth_club": "youth",
    "parish_hall": "parish",
    "club_home": "club",
}
"""Value of the tag ``community_centre`` and the reason class that it stands for."""

SINGLE_GROUPS: Final = {
    "youth": frozenset({"juvenile", "child", "youth", "boy", "girl"}),
    "senior": frozenset({"senior", "disabled"}),
}
"""Reason class of a house whose tag ``community_centre:for`` names no one but these groups."""


def kind_of(name: str) -> str | None:
    """Return the kind that a name states, None if it states none."""
    lower = name.lower()
    if re.search(OFFICE_PATTERN, lower):
        return None
    return next((kind for kind, pattern in KIND_PATTERNS if re.search(pattern, lower)), None)


def reason_to_drop(name: str, tag: str, tag_for: str) -> str | None:
    """Return the reason class that name and tags state, None if they state none."""
    if not name:
        return "unnamed"
    patterns = (("office", OFFICE_PATTERN), *DROP_PATTERNS)
    by_name = next((r for r, pattern in patterns if re.search(pattern, name.lower())), None)
    return by_name or TAG_CLASSES.get(tag) or group_class(tag_for)


def group_class(tag_for: str) -> str | None:
    """Return the reason class of a house that is for the young or for the old alone."""
    groups = {group.strip() for group in re.split(r"[;,]", tag_for) if group.strip()}
    for reason, members in SINGLE_GROUPS.items():
        if groups and groups <= members:
            return reason
    return None
