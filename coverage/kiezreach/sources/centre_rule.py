"""Say from name and tags alone whether a mapped place is a neighbourhood centre, and of what kind.

The rule is made for names in German. What it leaves open a person decides, one by one; for the
packaged list of Berlin in ``scripts/centres_audit.csv``. ``docs/data.md`` states both in words.
"""

from __future__ import annotations

import re
from typing import Final

import geopandas as gpd
import pandas as pd

DUPLICATE_M: Final = 100.0
"""Two kept objects of one name nearer than this are the same house mapped twice, metres."""

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


def slug(name: str) -> str:
    """Return `name` in lower case with ASCII letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().translate(_UMLAUTS)).strip("-")


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def same_houses(kept: gpd.GeoDataFrame, crs: str) -> pd.Series:
    """Find kept objects of one name within :data:`DUPLICATE_M`: one house, mapped twice.

    The object with an address stays, then the one of the earlier source.

    Parameters
    ----------
    kept
        ``centre_id``, ``name``, ``address``, ``source_date`` and points.
    crs
        Projected CRS in metres.

    Returns
    -------
    Series of str
        Id of the object that stays, by the index of each one that does not.
    """
    near = kept.to_crs(crs).assign(key=kept["name"].map(slug), bare=kept["address"].eq(""))
    near = near.sort_values(["key", "bare", "source_date", "centre_id"])
    into: dict[object, str] = {}
    for _, group in near.groupby("key"):
        stays: list[object] = []
        for index, point in group.geometry.items():
            same = [s for s in stays if group.geometry[s].distance(point) <= DUPLICATE_M]
            if same:
                into[index] = str(group.loc[same[0], "centre_id"])
            else:
                stays.append(index)
    return pd.Series(into, dtype=object)
