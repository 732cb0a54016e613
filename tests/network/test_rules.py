"""The walk rules, one tag combination at a time."""

from __future__ import annotations

import pytest

from kiezreach.errors import InputError
from kiezreach.network.rules import Rules, load_rules, rules_from_toml

RULES = load_rules("walking")


def tags(text: str) -> dict[str, str]:
    """Read "highway=steps foot=no" as tags."""
    return dict(pair.split("=", 1) for pair in text.split())


WALKED = [
    "highway=footway",
    "highway=path",
    "highway=path bicycle=designated",
    "highway=steps",
    "highway=pedestrian",
    "highway=living_street",
    "highway=residential",
    "highway=residential sidewalk=separate",
    "highway=residential access=destination",
    "highway=residential vehicle=no",
    "highway=residential motor_vehicle=private",
    "highway=primary sidewalk=no",
    "highway=trunk",
    "highway=trunk motorroad=yes foot=yes",
    "highway=service service=driveway",
    "highway=service access=private foot=yes",
    "highway=service access=no foot=designated",
    "highway=service access=no foot=permissive",
    "highway=service access=delivery;destination",
    "highway=track vehicle=agricultural",
    "highway=track access=agricultural foot=yes",
    "highway=path foot=forestry;permissive",
    "highway=cycleway segregated=yes",
    "highway=cycleway segregated=no bicycle=designated",
    "highway=residential railway=construction construction=yes",
    "highway=track smoothness=impassable",
    "highway=cycleway foot=yes",
    "highway=cycleway foot=designated segregated=yes",
    "highway=cycleway sidewalk=right",
    "highway=cycleway sidewalk:both=yes",
    "highway=path railway=abandoned abandoned=yes",
    "highway=service disused=yes",
    "highway=pedestrian area=yes covered=yes",
    "highway=bridleway foot=permissive",
    "highway=busway foot=yes",
    "highway=corridor indoor=yes level=-1",
    "highway=footway indoor=yes",
    "highway=elevator",
    "highway=platform",
    "railway=platform",
    "public_transport=platform highway=bus_stop",
    "man_made=pier",
    "highway=footway construction=minor",
    "highway=residential bridge=yes layer=1",
    "highway=footway tunnel=building_passage",
    "highway=path sac_scale=mountain_hiking",
]

NOT_WALKED = {
    "highway=motorway": "motorway",
    "highway=motorway_link": "motorway",
    "highway=trunk motorroad=yes": "motor road",
    "highway=construction construction=residential": "not built or no longer there",
    "highway=proposed": "not built or no longer there",
    "highway=footway foot=private": "closed to pedestrians",
    "highway=footway foot=no": "closed to pedestrians",
    "highway=residential foot=no access=yes": "closed to pedestrians",
    "highway=residential foot=use_sidepath": "sidepath must be used",
    "highway=footway access=private": "closed to the public",
    "highway=service access=no": "closed to the public",
    "highway=service access=private;delivery": "closed to the public",
    "highway=service access=military": "closed to the public",
    "highway=footway indoor=yes access=private": "closed to the public",
    "railway=platform access=private": "closed to the public",
    "highway=cycleway": "cycleway or bridleway without foot right",
    "highway=cycleway sidewalk=no": "cycleway or bridleway without foot right",
    "highway=bridleway": "cycleway or bridleway without foot right",
    "highway=bus_guideway": "bus lane of its own",
    "highway=path sac_scale=difficult_alpine_hiking": "climbing route",
    "highway=via_ferrata": "nothing to walk on",
    "highway=raceway": "nothing to walk on",
    "highway=services": "nothing to walk on",
    "railway=rail": "nothing to walk on",
    "indoor=corridor level=1": "nothing to walk on",
    "highway=footway construction=yes": "under construction",
    "highway=path impassable=yes": "impassable",
    "highway=footway foot=agricultural": "closed to pedestrians but for work",
    "highway=track access=agricultural": "closed to the public but for work",
    "highway=track access=forestry": "closed to the public but for work",
    "highway=service access=delivery": "closed to the public but for work",
    "highway=cycleway segregated=yes foot=no": "closed to pedestrians",
    "man_made=pipeline": "nothing to walk on",
    "route=ferry foot=yes": "ferry",
    "highway=footway route=ferry": "ferry",
    "highway=track abandoned=yes": "abandoned",
    "railway=platform disused=yes": "out of use",
    "highway=cycleway sidewalk:both=no": "cycleway or bridleway without foot right",
}


@pytest.mark.parametrize("text", WALKED)
def test_walked(text: str) -> None:
    assert RULES.way(tags(text).get).walk


@pytest.mark.parametrize(("text", "rule"), NOT_WALKED.items())
def test_not_walked(text: str, rule: str) -> None:
    verdict = RULES.way(tags(text).get)
    assert (verdict.walk, verdict.rule) == (False, rule)


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("highway=pedestrian area=yes", True),
        ("highway=pedestrian", False),  # a circular street
        ("highway=pedestrian area=no", False),
        ("railway=platform", True),
        ("railway=platform area=no", False),
        ("man_made=pier", True),
    ],
)
def test_surfaces(text: str, *, surface: bool) -> None:
    assert RULES.way(tags(text).get).surface is surface


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("barrier=gate", True),
        ("barrier=bollard", True),
        ("barrier=lift_gate", True),
        ("barrier=kerb", True),
        ("barrier=gate access=private", False),
        ("barrier=gate access=no", False),
        ("barrier=gate access=private foot=yes", True),
        ("barrier=gate foot=no", False),
        ("barrier=gate locked=yes", False),
        ("barrier=gate locked=no", True),
        ("barrier=fence", False),
        ("barrier=wall access=yes", True),
        ("highway=crossing", True),
        ("highway=crossing foot=no", False),
        ("railway=level_crossing foot=no", False),
        ("highway=elevator", True),
        ("highway=elevator access=private", False),
        ("highway=elevator access=no foot=yes", True),
        ("entrance=yes access=private", False),
        ("access=no", False),
        ("access=customers", True),
        ("amenity=bicycle_parking access=private", True),
        ("emergency=fire_hydrant access=no", True),
        ("entrance=yes access=private emergency=yes", False),
        ("barrier=gate emergency=yes", True),
        ("barrier=lift_gate access=forestry", False),
        ("barrier=lift_gate access=forestry foot=yes", True),
        ("barrier=lift_gate vehicle=forestry", True),
        ("barrier=gate access=delivery;destination", True),
        ("barrier=gate foot=agricultural", False),
        ("amenity=loading_dock access=delivery", True),
        ("impassable=yes", False),
        ("barrier=gate access=no emergency=yes", False),
        ("barrier=lift_gate access=private emergency=designated", False),
        ("barrier=gate access=no emergency=yes foot=permissive", True),
        ("barrier=gate access=no emergency=fire_hydrant", False),
        ("barrier=gate access=private leisure=garden", False),
        ("barrier=gate access=private man_made=surveillance", False),
        ("barrier=gate access=private power=pole", False),
        ("barrier=gate access=private natural=tree", False),
        ("barrier=gate access=customers leisure=garden", True),
    ],
)
def test_barriers(text: str, *, passes: bool) -> None:
    assert RULES.node(tags(text)).walk is passes


def test_tag_bits_are_named() -> None:
    bits = RULES.way(tags("highway=steps tunnel=yes indoor=yes").get).bits
    named = {name for i, name in enumerate(RULES.tag_names) if bits >> i & 1}
    assert named == {"steps", "tunnel", "indoor"}
    assert RULES.tag_names[-1] == "square"
    assert RULES.square_bit == 1 << (len(RULES.tag_names) - 1)


def test_every_rule_says_why() -> None:
    rules = (*RULES.ways, *RULES.areas, *RULES.nodes, *RULES.tags)
    assert all(rule.name and rule.why for rule in rules)
    assert all(key in RULES.way_keys for rule in RULES.ways if rule.walk for key, _ in rule.when)


def test_every_way_rule_decides_something() -> None:
    texts = (*WALKED, *NOT_WALKED)
    deciding = {RULES.way(tags(text).get).rule for text in texts}
    assert deciding >= {rule.name for rule in RULES.ways}


def small_table(when: str) -> Rules:
    return rules_from_toml(
        f"""
        profile = "test"
        way_keys = ["highway"]
        node_keys = ["barrier"]
        [speed]
        m_per_min = 80
        source = "test"
        [values]
        good = ["a", "b"]
        [[way]]
        name = "first"
        why = "test"
        walk = true
        {when}
        """
    )


@pytest.mark.parametrize(
    ("when", "text", "walk"),
    [
        ('when = { k = "@good" }', "k=b", True),
        ('when = { k = "@good" }', "k=c", False),
        ('when = { k = "@good" }', "k=c;a", True),
        ('when = { k = "*" }', "k=anything", True),
        ('when = { k = "*" }', "l=anything", False),
        ('when = { k = "?" }', "k=narrow", True),
        ('when = { k = "?" }', "k=2m", False),
        ('when = { k = "?" }', "l=narrow", False),
        ('when = { incline = "?" }', "incline=1:8", False),
        ("when = { k = { above = 1 } }", "k=0.5-2", True),
        ('when = { l = "*" }\nunless = { k = { above = 1 } }', "l=x k=0.5-2", True),
        ('when = { k = ["a"], l = ["b"] }', "k=a", False),
        ('when = { k = ["a"] }\nunless = { l = ["b"], m = "*" }', "k=a l=c", True),
        ('when = { k = ["a"] }\nunless = { l = ["b"], m = "*" }', "k=a l=b", False),
        ('when = { k = ["a"] }\nunless = { l = ["b"], m = "*" }', "k=a m=x", False),
    ],
)
def test_conditions(when: str, text: str, *, walk: bool) -> None:
    assert small_table(when).way(tags(text).get).walk is walk


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ('whn = { k = ["a"] }', "unknown key whn"),
        ('when = { k = "@bad" }', "no value set '@bad'"),
        ('when = { k = "a" }', "no value set 'a'"),
    ],
)
def test_faulty_tables_are_refused(when: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as error:
        small_table(when)
    assert error.value.row == "rule 'first'"


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="walking"):
        load_rules("flying")
