"""Walk rules: which ways a profile uses, read from a TOML table and compiled to a look-up."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import Any

from kiezreach.errors import InputError

Tags = Callable[[str], str | None]
"""Gives the value of a key, or None: ``dict.get`` or the tag list of an OSM object."""

SQUARE_TAG = "square"  # bit of the straight lines across a surface, which no OSM tag names
_ANY = "*"


@dataclass(frozen=True)
class Rule:
    """One row of the table.

    Parameters
    ----------
    name
        What the report calls it.
    why
        OSM wiki page or reason.
    walk
        What follows for ways and nodes.
    when, unless
        Accepted values by key; None stands for any value.
    """

    name: str
    why: str
    walk: bool
    when: tuple[tuple[str, frozenset[str] | None], ...]
    unless: tuple[tuple[str, frozenset[str] | None], ...]

    def fits(self, tags: Mapping[str, str]) -> bool:
        """Return whether the rule applies to an object with these tags."""
        return all(_has(tags, *condition) for condition in self.when) and not any(
            _has(tags, *condition) for condition in self.unless
        )

    @property
    def keys(self) -> set[str]:
        """Keys that the rule looks at."""
        return {key for key, _ in (*self.when, *self.unless)}


@dataclass(frozen=True)
class Verdict:
    """What the rules say about one combination of tags.

    Parameters
    ----------
    walk
        Whether a pedestrian may use it.
    rule
        Name of the rule that decided.
    bits
        Tag bits, in the order of `Rules.tag_names`.
    surface
        Whether a closed way is the outline of a surface.
    kind
        The tag that names the class of a way, such as ``highway=steps``.
    """

    walk: bool
    rule: str
    bits: int = 0
    surface: bool = False
    kind: str = ""


@dataclass(frozen=True, eq=False)
class Rules:
    """The compiled table of one profile.

    Parameters
    ----------
    profile
        Its name.
    way_keys, node_keys
        Objects without any of these keys need not be shown to the rules.
    ways, areas, nodes, tags
        The lists of rules.
    """

    profile: str
    way_keys: tuple[str, ...]
    node_keys: tuple[str, ...]
    ways: tuple[Rule, ...]
    areas: tuple[Rule, ...]
    nodes: tuple[Rule, ...]
    tags: tuple[Rule, ...]
    _seen: dict[tuple[str | None, ...], Verdict] = field(default_factory=dict, repr=False)

    @cached_property
    def _keys(self) -> tuple[str, ...]:
        """Keys that decide about ways, so that each is looked up once."""
        rules = (*self.ways, *self.areas, *self.tags)
        return tuple(sorted(set(self.way_keys).union(*(rule.keys for rule in rules))))

    @property
    def tag_names(self) -> tuple[str, ...]:
        """Names of the tag bits, lowest first."""
        return (*(rule.name for rule in self.tags), SQUARE_TAG)

    @property
    def square_bit(self) -> int:
        """Tag bits of a straight line across a surface."""
        return 1 << len(self.tags)

    def way(self, get: Tags) -> Verdict:
        """Judge a way; equal combinations of the deciding tags are judged once.

        Parameters
        ----------
        get
            Gives the value of a key, or None.
        """
        values = tuple([get(key) for key in self._keys])
        verdict = self._seen.get(values)
        if verdict is None:
            found = {k: v for k, v in zip(self._keys, values, strict=True) if v is not None}
            verdict = self._seen[values] = self._judge(found)
        return verdict

    def _judge(self, tags: Mapping[str, str]) -> Verdict:
        """Go through the lists for one combination of tags."""
        decided = next((rule for rule in self.ways if rule.fits(tags)), None)
        if decided is None:
            return Verdict(walk=False, rule="nothing to walk on")
        bits = sum(1 << i for i, rule in enumerate(self.tags) if rule.fits(tags))
        surface = any(rule.fits(tags) for rule in self.areas)
        kind = next((f"{key}={tags[key]}" for key in self.way_keys if key in tags), "")
        return Verdict(decided.walk, decided.name, bits, surface, kind)

    def node(self, tags: Mapping[str, str]) -> Verdict:
        """Judge a node on a way: ``walk`` is False where a pedestrian cannot pass."""
        decided = next((rule for rule in self.nodes if rule.fits(tags)), None)
        if decided is None:
            return Verdict(walk=True, rule="no barrier")
        return Verdict(walk=decided.walk, rule=decided.name)


@cache
def load_rules(profile: str) -> Rules:
    """Read the rules of a profile that comes with the package.

    Parameters
    ----------
    profile
        Name of the profile, such as ``walking``.

    Raises
    ------
    InputError
        If there is no such profile.
    """
    folder = resources.files("kiezreach.network") / "rules"
    known = sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if ".toml" in f.name)
    if profile not in known:
        msg = f"there is no profile '{profile}'"
        raise InputError(msg, remedy=f"Known profiles: {', '.join(known)}")
    return rules_from_toml((folder / f"{profile}.toml").read_text(encoding="utf-8"))


def rules_from_toml(text: str) -> Rules:
    """Compile a rule table.

    Parameters
    ----------
    text
        The TOML document; ``walking.toml`` explains its form.
    """
    table = tomllib.loads(text)
    values = table.get("values", {})
    return Rules(
        profile=table["profile"],
        way_keys=tuple(table["way_keys"]),
        node_keys=tuple(table["node_keys"]),
        ways=tuple(_rule(row, values) for row in table["way"]),
        areas=tuple(_rule(row, values) for row in table.get("area", [])),
        nodes=tuple(_rule(row, values) for row in table.get("node", [])),
        tags=tuple(_rule(row, values) for row in table.get("tag", [])),
    )


def _rule(row: Mapping[str, Any], values: Mapping[str, list[str]]) -> Rule:
    """Compile one row, with "@name" replaced by its value set."""
    place = f"rule '{row.get('name')}'"
    unknown = set(row) - {"name", "why", "walk", "when", "unless"}
    if unknown:
        msg = f"unknown key {', '.join(sorted(unknown))}"
        raise InputError(msg, row=place)

    def conditions(name: str) -> tuple[tuple[str, frozenset[str] | None], ...]:
        given = row.get(name, {}).items()
        return tuple((key, _accepted(value, values, place)) for key, value in given)

    return Rule(
        name=row["name"],
        why=row["why"],
        walk=row.get("walk", True),
        when=conditions("when"),
        unless=conditions("unless"),
    )


def _accepted(
    value: str | list[str], values: Mapping[str, list[str]], place: str
) -> frozenset[str] | None:
    """Return the values of a condition, None for any."""
    if isinstance(value, list):
        return frozenset(value)
    if value == _ANY:
        return None
    if not value.startswith("@") or value[1:] not in values:
        msg = f"there is no value set '{value}'"
        raise InputError(msg, row=place, remedy='Give a list, "*", or "@" and a name of [values]')
    return frozenset(values[value[1:]])


def _has(tags: Mapping[str, str], key: str, accepted: frozenset[str] | None) -> bool:
    """Return whether the key has an accepted value, alone or in a list with semicolons."""
    value = tags.get(key)
    if value is None:
        return False
    if accepted is None or value in accepted:
        return True
    return ";" in value and any(part.strip() in accepted for part in value.split(";"))
