"""Profiles beside plain walking: what each leaves out, and what it cannot know."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from kiezreach.errors import InputError
from kiezreach.network import read_network, read_network_with_report
from kiezreach.network.quantities import Bounds, Quantity, Unclear, extent
from kiezreach.network.rules import load_rules

CRS = "EPSG:25833"
PROFILES = ("walking", "step_free", "pram", "older")
NO, UNKNOWN, YES = "no", "unknown", "yes"

Write = Callable[..., Path]


def tags(text: str) -> dict[str, str]:
    """Read "highway=path width=0.8": spaces part the tags, underscores stay."""
    return dict(part.split("=", 1) for part in text.split())


def way(profile: str, text: str) -> str:
    verdict = load_rules(profile).way(tags(text).get)
    return UNKNOWN if verdict.unknown else YES if verdict.walk else NO


def node(profile: str, text: str) -> str:
    verdict = load_rules(profile).node(tags(text))
    return UNKNOWN if verdict.unknown else YES if verdict.walk else NO


@pytest.mark.parametrize(
    ("text", "step_free", "pram"),
    [
        ("highway=steps", NO, NO),
        ("highway=steps step_count=1", NO, YES),
        ("highway=steps step_count=12", NO, NO),
        ("highway=steps ramp:stroller=yes", NO, YES),
        ("highway=steps ramp:wheelchair=yes surface=concrete", YES, YES),
        ("highway=elevator", YES, YES),
        ("highway=residential", UNKNOWN, YES),
        ("highway=residential surface=asphalt", YES, YES),
        ("highway=residential surface=sett", UNKNOWN, YES),
        ("highway=residential surface=cobblestone", NO, YES),
        ("highway=residential surface=cobblestone sidewalk=both", UNKNOWN, YES),
        ("highway=residential surface=cobblestone sidewalk=both smoothness=good", YES, YES),
        ("highway=footway", UNKNOWN, YES),
        ("highway=footway surface=paving_stones", YES, YES),
        ("highway=footway smoothness=good", YES, YES),
        ("highway=footway smoothness=bad", NO, YES),
        ("highway=footway smoothness=horrible", NO, NO),
        ("highway=footway surface=compacted", UNKNOWN, YES),
        ("highway=footway surface=gravel", NO, YES),
        ("highway=footway surface=sand", NO, NO),
        ("highway=path", UNKNOWN, UNKNOWN),
        ("highway=path surface=asphalt", YES, YES),
        ("highway=path sac_scale=mountain_hiking surface=asphalt", NO, NO),
        ("highway=track tracktype=grade1", YES, YES),
        ("highway=track tracktype=grade4", NO, UNKNOWN),
        ("highway=footway surface=asphalt width=0.8", NO, YES),
        ("highway=footway surface=asphalt width=60cm", NO, NO),
        ("highway=footway surface=asphalt width=2", YES, YES),
        ("highway=footway surface=asphalt width=wide", UNKNOWN, UNKNOWN),
        ("highway=footway surface=asphalt width=narrow wheelchair=yes", YES, YES),
        ("highway=footway surface=asphalt width=0.5-0.8", NO, NO),
        ("highway=footway surface=asphalt width=0.8-2", NO, YES),
        ("highway=footway surface=asphalt width=<2", UNKNOWN, UNKNOWN),
        ("highway=footway surface=asphalt maxwidth:physical=0.5", NO, NO),
        ("highway=footway surface=asphalt maxwidth:physical=small", UNKNOWN, UNKNOWN),
        ("highway=footway surface=asphalt est_width=0.5", NO, NO),
        ("highway=footway surface=asphalt est_width=0.8", NO, YES),
        ("highway=footway surface=asphalt est_width=0.8 width=1.2", YES, YES),
        ("highway=footway surface=asphalt est_width=little", UNKNOWN, UNKNOWN),
        ("highway=footway surface=asphalt kerb=raised", UNKNOWN, YES),
        ("highway=footway surface=asphalt kerb=lowered", YES, YES),
        ("highway=footway footway=crossing surface=asphalt kerb=raised", NO, YES),
        ("highway=footway footway=crossing surface=asphalt kerb=raised kerb:height=0.02", YES, YES),
        ("highway=footway footway=crossing surface=asphalt kerb:height=0.1", NO, YES),
        ("highway=residential surface=asphalt kerb=raised", YES, YES),
        ("highway=footway surface=asphalt incline=5%", YES, YES),
        ("highway=footway surface=asphalt incline=-8%", NO, YES),
        ("highway=footway surface=asphalt incline=4°", NO, YES),
        ("highway=footway surface=asphalt incline=1:8", NO, YES),
        ("highway=footway surface=asphalt incline=1/20", YES, YES),
        ("highway=footway surface=asphalt incline=5-12%", NO, YES),
        ("highway=footway surface=asphalt incline=very_steep", NO, YES),
        ("highway=footway surface=asphalt incline=up", UNKNOWN, YES),
        ("highway=footway surface=asphalt incline=up/down", UNKNOWN, YES),
        ("highway=footway surface=asphalt incline=gentle", UNKNOWN, YES),
        ("highway=footway surface=asphalt incline=no", YES, YES),
        ("highway=footway surface=asphalt wheelchair=no", NO, YES),
        ("highway=footway surface=asphalt wheelchair=limited", UNKNOWN, YES),
        ("highway=footway surface=gravel wheelchair=yes", YES, YES),
        ("highway=footway surface=asphalt stroller=no", YES, NO),
        ("highway=footway surface=asphalt conveying=forward", NO, NO),
        ("highway=footway surface=asphalt access=private", NO, NO),
        ("highway=footway access=private wheelchair=yes", NO, NO),
        ("highway=motorway surface=asphalt", NO, NO),
        ("highway=footway surface=concrete ford=yes", NO, NO),
        ("highway=footway surface=bricks", YES, YES),
    ],
)  # fmt: skip
def test_ways(text: str, step_free: str, pram: str) -> None:
    assert (way("step_free", text), way("pram", text)) == (step_free, pram)
    assert way("older", text) == way("walking", text)


@pytest.mark.parametrize(
    ("text", "step_free", "pram"),
    [
        ("kerb=raised", NO, YES),
        ("kerb=raised kerb:height=2cm", YES, YES),
        ("kerb=lowered", YES, YES),
        ("barrier=kerb kerb=flush", YES, YES),
        ("barrier=kerb", UNKNOWN, YES),
        ("barrier=kerb kerb:height=0.03", YES, YES),
        ("barrier=kerb kerb:height=0.12", NO, YES),
        ("highway=crossing kerb=yes", UNKNOWN, YES),
        ("barrier=bollard", YES, YES),
        ("barrier=bollard maxwidth:physical=0.8", NO, YES),
        ("barrier=bollard maxwidth:physical=0.6-1", NO, NO),
        ("barrier=bollard maxwidth:physical=tight", UNKNOWN, UNKNOWN),
        ("barrier=cycle_barrier maxwidth:physical=0.8-1.2", NO, YES),
        ("kerb=raised kerb:height=2-5cm", NO, YES),
        ("highway=crossing kerb:height=low", UNKNOWN, YES),
        ("barrier=cycle_barrier", UNKNOWN, YES),
        ("barrier=cycle_barrier wheelchair=yes", YES, YES),
        ("barrier=turnstile", NO, NO),
        ("barrier=gate wheelchair=no", NO, YES),
        ("barrier=kerb access=private", NO, NO),
        ("barrier=gate locked=yes wheelchair=yes", NO, NO),
        ("highway=elevator", YES, YES),
        ("highway=elevator wheelchair=yes", YES, YES),
        ("highway=elevator wheelchair=no", NO, YES),
        ("highway=elevator wheelchair=limited", UNKNOWN, YES),
        ("highway=elevator stroller=no", YES, NO),
        ("barrier=gate stroller=no amenity=playground", YES, NO),
        ("amenity=playground stroller=no", YES, YES),
        ("entrance=main wheelchair=no", NO, YES),
        ("highway=bus_stop wheelchair=no", YES, YES),
        ("public_transport=stop_position wheelchair=limited", YES, YES),
        ("ford=stepping_stones", NO, NO),
    ],
)
def test_nodes(text: str, step_free: str, pram: str) -> None:
    assert (node("step_free", text), node("pram", text)) == (step_free, pram)


@pytest.mark.parametrize("profile", ["step_free", "pram"])
def test_no_profile_walks_where_walking_does_not(profile: str) -> None:
    for text in ("highway=motorway wheelchair=yes", "highway=footway foot=no wheelchair=yes"):
        assert way("walking", text) == way(profile, text) == NO


def test_the_worst_case_refuses_what_is_unknown() -> None:
    best, worst = load_rules("step_free"), load_rules("step_free", "refuse")
    for text, expected in (("highway=footway", False), ("highway=footway surface=asphalt", True)):
        assert best.way(tags(text).get).walk
        assert worst.way(tags(text).get).walk is expected
    assert not worst.node({"barrier": "kerb"}).walk
    assert load_rules("walking").way({"highway": "footway"}.get) == load_rules(
        "walking", "refuse"
    ).way({"highway": "footway"}.get)
    with pytest.raises(InputError, match="unknown = 'perhaps'"):
        load_rules("step_free", "perhaps")  # type: ignore[arg-type]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_gives_reasons_and_a_speed(profile: str) -> None:
    rules = load_rules(profile)
    lists = (rules.ways, rules.areas, rules.nodes, rules.tags)
    rows = [row for rows in (*lists, rules.unknown_ways, rules.unknown_nodes) for row in rows]
    assert all(row.name and row.why for row in rows)
    assert rules.speed_source
    assert 40 <= rules.speed_m_per_min <= 90
    assert len(rules.tag_names) <= 32


def test_profiles_are_the_tables_that_ship() -> None:
    folder = resources.files("kiezreach.network") / "rules"
    assert {f.name for f in folder.iterdir()} == {f"{profile}.toml" for profile in PROFILES}


def test_older_people_walk_the_same_ways_more_slowly() -> None:
    older, walking = load_rules("older"), load_rules("walking")
    assert older.ways == walking.ways
    assert older.speed_m_per_min < walking.speed_m_per_min == 80


@pytest.fixture
def town(write_osm: Write) -> Path:
    """A known way of 100 m, an unknown one of 50 m, steps of 30 m and a kerb at 40 m."""
    nodes = {1: (0, 0), 2: (40, 0), 3: (100, 0), 4: (150, 0), 5: (180, 0)}
    ways = {
        10: ([1, 2, 3], {"highway": "footway", "surface": "asphalt"}),
        11: ([3, 4], {"highway": "footway"}),
        12: ([4, 5], {"highway": "steps"}),
    }
    return write_osm(nodes, ways, node_tags={2: {"barrier": "kerb"}})


def test_best_and_worst_case_of_a_town(town: Path, paper: type) -> None:
    best, report = read_network_with_report(town, crs=CRS, profile="step_free")
    worst = read_network(town, crs=CRS, profile="step_free", unknown="refuse")
    walked = read_network(town, crs=CRS)
    lengths = [paper(net).length for net in (walked, best, worst)]
    assert lengths == pytest.approx([180, 150, 100], abs=0.1)
    assert paper(best).walk((0, 0), (100, 0)) == pytest.approx(100, abs=0.1)
    assert paper(worst).walk((0, 0), (100, 0)) == np.inf
    assert report.unknown_m == pytest.approx(50, abs=0.1)
    bit = best.tag_names.index("unknown")
    unknown = (best.edge_tags >> np.uint32(bit) & np.uint32(1)).astype(bool)
    assert best.edge_length[unknown].sum() == pytest.approx(50, abs=0.1)
    assert report.ways is not None
    assert report.ways.dropped == {"steps": 1}
    assert report.ways.unknown == {
        "surface not known to be firm and even": 1,
        "kerb of unknown height": 1,
    }


def test_kreuzberg_shrinks_from_profile_to_profile(real_networks: Path) -> None:
    path = real_networks / "berlin_kreuzberg_mitte_walk.osm.pbf"

    def length(profile: str, unknown: str = "allow") -> float:
        report = read_network_with_report(path, crs=CRS, profile=profile, unknown=unknown)[1]
        return report.length_m

    walking, pram = length("walking"), length("pram")
    best, worst = length("step_free"), length("step_free", "refuse")
    assert walking > pram > best > worst > 0


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("2", 2, 2), ("2.5", 2.5, 2.5), ("2,5", 2.5, 2.5), ("80 cm", 0.8, 0.8), ("0.9m", 0.9, 0.9),
        ("~3", 3, 3), ("3'", 0.9144, 0.9144), ("3'6\"", 1.0668, 1.0668), ("0.5-0.8", 0.5, 0.8),
        ("0.8 - 0.5 m", 0.5, 0.8), ("80-120cm", 0.8, 1.2), ("0.5 m to 1 m", 0.5, 1),
        ("1\u20132", 1, 2), ("90 cm - 2 m", 0.9, 2),
    ],
)  # fmt: skip
def test_lengths(text: str, least: float, most: float) -> None:
    found = extent(text, "length")
    assert found is not None
    assert (found.least, found.most, found.exact) == (
        pytest.approx(least), pytest.approx(most), True
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("-6%", 6, 6), ("6 %", 6, 6), ("6", 6, 6), ("12 percent", 12, 12), ("45°", 100, 100),
        ("1:8", 12.5, 12.5), ("1/8", 12.5, 12.5), ("1 in 8", 12.5, 12.5), ("5-12%", 5, 12),
        ("-12 % - -5 %", 5, 12), ("1:20-1:8", 5, 12.5), ("12-5 percent", 5, 12),
    ],
)  # fmt: skip
def test_inclines(text: str, least: float, most: float) -> None:
    found = extent(text, "incline")
    assert found is not None
    assert (found.least, found.most) == (pytest.approx(least), pytest.approx(most))


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("", "length"), ("narrow", "length"), ("1e3", "length"), ("1:8", "length"),
        ("6%", "length"), ("3 feet or so", "length"), ("0.5-", "length"), ("1-2-3", "length"),
        ("up", "incline"), ("up/down", "incline"), ("very_steep", "incline"), ("5 m", "incline"),
        ("1:0", "incline"), ("8% up", "incline"), ("2;3", "length"),
    ],
)  # fmt: skip
def test_what_states_no_size(text: str, quantity: Quantity) -> None:
    assert extent(text, quantity) is None


def test_bounds_leave_out_their_own_value() -> None:
    assert not Bounds(below=0.9).hold_somewhere("0.9")
    assert Bounds(below=0.9).hold_somewhere("0.89")
    assert not Bounds(above=6, quantity="incline").hold_somewhere("6%")
    assert not Bounds(above=6, quantity="incline").hold_somewhere("steep")


def test_one_end_of_a_range_is_enough_to_hinder_and_too_little_to_help() -> None:
    narrow, wide = Bounds(below=0.9), Bounds(above=0.89)
    for text in ("0.5-2", "2;0.5"):
        assert narrow.hold_somewhere(text)
        assert not wide.hold_throughout(text)
    assert wide.hold_throughout("0.9-2")
    assert not wide.hold_throughout("2;wide")


def test_a_bound_of_a_size_leaves_it_open() -> None:
    assert Unclear().holds("<2")
    assert not Bounds(above=0.89).hold_throughout("<2")
    assert Bounds(above=6, quantity="incline").hold_somewhere(">10%")
    assert not Unclear().holds("2")
    assert Unclear().holds("2;wide")
