"""Walk rules: which ways a profile uses, read from a TOML table and compiled to a look-up."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from hashlib import sha256
from importlib import resources
from typing import Any, Literal

from kiezreach.errors import InputError
from kiezreach.network.quantities import Bounds, Quantity, Unclear

Unknown = Literal["allow", "refuse"]
"""What to do with a way of which the tags do not say whether a profile can use it."""

Tags = Callable[[str], str | None]
"""Gives the value of a key, or None: ``dict.get`` or the tag list of an OSM object."""

Accepted = frozenset[str] | Bounds | Unclear | None
"""Values that meet a condition: those listed, sizes within bounds, those without size, or any."""

DEFAULT_PROFILE = "walking"
SQUARE_TAG = "square"  # bit of the straight lines across a surface, which no OSM tag names
UNKNOWN_TAG = "unknown"  # bit of ways that a profile may be unable to use: the tags do not say


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
        Accepted values by key.
    """

    name: str
    why: str
    walk: bool
    when: tuple[tuple[str, Accepted], ...]
    unless: tuple[tuple[str, Accepted], ...]

    def fits(self, tags: Mapping[str, str]) -> bool:
        """Return whether the rule applies to an object with these tags."""
        return all(_has(tags, *condition) for condition in self.when) and not any(
            _has(tags, *condition, throughout=True) for condition in self.unless
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
    unknown
        Whether it is walked although the tags leave open whether the profile can use it.
    """

    walk: bool
    rule: str
    bits: int = 0
    surface: bool = False
    kind: str = ""
    unknown: bool = False


@dataclass(frozen=True, eq=False)
class Rules:
    """The compiled table of one profile.

    Parameters
    ----------
    profile
        Its name.
    way_keys, node_keys
        Objects without any of these keys need not be shown to the rules.
    ways, areas, nodes, tags, unknown_ways, unknown_nodes
        The lists of rules.
    speed_m_per_min
        Speed for the times that are shown beside distances; no distance depends on it.
    speed_source
        Where it is taken from.
    unknown
        ``allow`` walks what the lists of unknown things name and marks it (best case);
        ``refuse`` leaves it out (worst case).
    """

    profile: str
    way_keys: tuple[str, ...]
    node_keys: tuple[str, ...]
    ways: tuple[Rule, ...]
    areas: tuple[Rule, ...]
    nodes: tuple[Rule, ...]
    tags: tuple[Rule, ...]
    unknown_ways: tuple[Rule, ...]
    unknown_nodes: tuple[Rule, ...]
    speed_m_per_min: float
    speed_source: str
    unknown: Unknown = "allow"
    _seen: dict[tuple[str | None, ...], Verdict] = field(default_factory=dict, repr=False)

    @cached_property
    def _keys(self) -> tuple[str, ...]:
        """Keys that decide about ways, so that each is looked up once."""
        rules = (*self.ways, *self.areas, *self.tags, *self.unknown_ways)
        return tuple(sorted(set(self.way_keys).union(*(rule.keys for rule in rules))))

    @property
    def tag_names(self) -> tuple[str, ...]:
        """Names of the tag bits, lowest first."""
        unknown = (UNKNOWN_TAG,) if self.unknown_ways else ()
        return (*(rule.name for rule in self.tags), SQUARE_TAG, *unknown)

    @property
    def square_bit(self) -> int:
        """Tag bit of a straight line across a surface."""
        return 1 << len(self.tags)

    @property
    def unknown_bit(self) -> int:
        """Tag bit of ways that the profile may be unable to use."""
        return self.square_bit << 1 if self.unknown_ways else 0

    @property
    def leaves_open(self) -> bool:
        """Whether tags can leave open which ways the profile can use."""
        return bool(self.unknown_ways or self.unknown_nodes)

    def same_ways(self, other: Rules) -> bool:
        """Return whether two profiles walk the same ways, be it at another speed."""
        return self._walked == other._walked

    @property
    def _walked(self) -> tuple[object, ...]:
        """All that decides which ways are walked."""
        doubts = (self.unknown_ways, self.unknown_nodes, self.leaves_open and self.unknown)
        keys = (self.way_keys, self.node_keys)
        return (*keys, self.ways, self.areas, self.nodes, *doubts)

    def way(self, get: Tags) -> Verdict:
        """Judge a way; equal combinations of the deciding tags are judged once.

        Parameters
        ----------
        get
            Gives the value of a key, or None.
        """
        values = tuple(map(get, self._keys))
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
        doubt = next((rule for rule in self.unknown_ways if rule.fits(tags)), None)
        if decided.walk and doubt:
            allowed = self.unknown == "allow"
            return Verdict(
                allowed, doubt.name, bits | self.unknown_bit, surface, kind, unknown=allowed
            )
        return Verdict(decided.walk, decided.name, bits, surface, kind)

    def node(self, tags: Mapping[str, str]) -> Verdict:
        """Judge a node on a way: ``walk`` is False where a pedestrian cannot pass."""
        decided = next((rule for rule in self.nodes if rule.fits(tags)), None)
        if decided and not decided.walk:
            return Verdict(walk=False, rule=decided.name)
        doubt = next((rule for rule in self.unknown_nodes if rule.fits(tags)), None)
        if doubt:
            allowed = self.unknown == "allow"
            return Verdict(walk=allowed, rule=doubt.name, unknown=allowed)
        return Verdict(walk=True, rule=decided.name if decided else "no barrier")


@cache
def load_rules(profile: str, unknown: Unknown = "allow") -> Rules:
    """Read the rules of a profile.

    Parameters
    ----------
    profile
        Name of the profile, such as ``walking``.
    unknown
        What to do with ways of which the tags do not say whether the profile can use them.

    Raises
    ------
    InputError
        If there is no such profile.
    """
    if unknown not in ("allow", "refuse"):
        msg = f"unknown = '{unknown}' is not possible"
        raise InputError(msg, remedy="Choose allow (best case) or refuse (worst case)")
    return replace(rules_from_toml(_profile_text(profile)), unknown=unknown)


def rule_hashes() -> dict[str, str]:
    """Return the SHA-256 of each profile's table, by its name."""
    folder = resources.files("kiezreach.network") / "rules"
    tables = sorted((f.name, f.read_bytes()) for f in folder.iterdir() if ".toml" in f.name)
    return {name.removesuffix(".toml"): sha256(text).hexdigest() for name, text in tables}


def _profile_text(profile: str) -> str:
    """Return the table of a profile that comes with the package."""
    folder = resources.files("kiezreach.network") / "rules"
    known = sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if ".toml" in f.name)
    if profile not in known:
        msg = f"there is no profile '{profile}'"
        raise InputError(msg, remedy=f"Known profiles: {', '.join(known)}")
    return (folder / f"{profile}.toml").read_text(encoding="utf-8")


def rules_from_toml(text: str) -> Rules:
    """Compile a rule table.

    Parameters
    ----------
    text
        The TOML document; ``walking.toml`` explains its form.
    """
    table = _extended(tomllib.loads(text))
    values = table.get("values", {})

    def rules(name: str) -> tuple[Rule, ...]:
        return tuple(_rule(row, values) for row in table.get(name, []))

    return Rules(
        profile=table["profile"],
        way_keys=tuple(table["way_keys"]),
        node_keys=tuple(table["node_keys"]),
        ways=rules("way"),
        areas=rules("area"),
        nodes=rules("node"),
        tags=rules("tag"),
        unknown_ways=rules("unknown_way"),
        unknown_nodes=rules("unknown_node"),
        speed_m_per_min=table["speed"]["m_per_min"],
        speed_source=table["speed"]["source"],
    )


def _extended(table: dict[str, Any]) -> dict[str, Any]:
    """Put the lists of the profile that a table extends behind its own."""
    if "extends" not in table:
        return table
    base = _extended(tomllib.loads(_profile_text(table["extends"])))
    merged = base | table
    for name, part in base.items():
        if isinstance(part, list) and name in table:
            merged[name] = [*table[name], *(row for row in part if row not in table[name])]
        elif isinstance(part, dict) and name in table:
            merged[name] = part | table[name]
    return merged


def _rule(row: Mapping[str, Any], values: Mapping[str, list[str]]) -> Rule:
    """Compile one row, with "@name" replaced by its value set."""
    place = f"rule '{row.get('name')}'"
    unknown = set(row) - {"name", "why", "walk", "when", "unless"}
    if unknown:
        msg = f"unknown key {', '.join(sorted(unknown))}"
        raise InputError(msg, row=place)

    def conditions(name: str) -> tuple[tuple[str, Accepted], ...]:
        given = row.get(name, {}).items()
        return tuple((key, _accepted(key, value, values, place)) for key, value in given)

    return Rule(
        name=row["name"],
        why=row["why"],
        walk=row.get("walk", True),
        when=conditions("when"),
        unless=conditions("unless"),
    )


def _accepted(key: str, value: object, values: Mapping[str, list[str]], place: str) -> Accepted:
    """Return the values that meet a condition."""
    quantity: Quantity = "incline" if key == "incline" else "length"
    match value:
        case list():
            return frozenset(value)
        case {"below": float() | int() as bound, **others} if not others:
            return Bounds(below=bound, quantity=quantity)
        case {"above": float() | int() as bound, **others} if not others:
            return Bounds(above=bound, quantity=quantity)
        case "*":
            return None
        case "?":
            return Unclear(quantity)
        case str() if value.startswith("@") and value[1:] in values:
            return frozenset(values[value[1:]])
    msg = f"there is no value set '{value}'"
    remedy = 'Give a list, "*", "?", "@" and a name of [values], { below = 1.5 } or { above = 1.5 }'
    raise InputError(msg, row=place, remedy=remedy)


def _has(
    tags: Mapping[str, str], key: str, accepted: Accepted, *, throughout: bool = False
) -> bool:
    """Return whether the key has an accepted value, alone or in a list with semicolons.

    Bounds must hold for one size that the tag states, or with `throughout` for all of them.
    """
    value = tags.get(key)
    if value is None:
        return False
    if isinstance(accepted, Bounds):
        return accepted.hold_throughout(value) if throughout else accepted.hold_somewhere(value)
    if isinstance(accepted, Unclear):
        return accepted.holds(value)
    if accepted is None or value in accepted:
        return True
    return ";" in value and any(part.strip() in accepted for part in value.split(";"))
