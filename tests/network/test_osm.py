"""OpenStreetMap files, drawn on paper in metres and real."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import pyproj
import pytest

from kiezreach.errors import NetworkError
from kiezreach.network import read_network, read_network_with_report
from kiezreach.network.rules import load_rules

CRS = "EPSG:25833"
STREET = {"highway": "residential"}
PATH = {"highway": "footway"}
SQUARE = {"highway": "pedestrian", "area": "yes"}
CROSS = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (100, 100), 5: (100, -100)}

Write = Callable[..., Path]


def test_ways_join_at_shared_nodes(write_osm: Write, paper: type) -> None:
    path = write_osm(CROSS, {10: ([1, 2, 3], STREET), 11: ([4, 2, 5], PATH)})
    world = paper(read_network(path, crs=CRS))
    assert world.net.n_edges == 4
    assert world.walk((0, 0), (100, 100)) == pytest.approx(200, abs=0.05)


def test_a_bridge_does_not_join_the_street_below(write_osm: Write, paper: type) -> None:
    """The bridge has a node of its own exactly above the street's node."""
    nodes = {**CROSS, 6: (100, 0)}
    ways = {10: ([1, 2, 3], STREET), 11: ([4, 6, 5], {**PATH, "bridge": "yes", "layer": "1"})}
    world = paper(read_network(write_osm(nodes, ways), crs=CRS))
    assert world.walk((0, 0), (200, 0)) == pytest.approx(200, abs=0.05)
    assert world.walk((0, 0), (100, 100)) == np.inf


def test_a_hole_is_never_bridged(write_osm: Write, paper: type) -> None:
    """Node 9 is not in the file: the way ends at 2 and begins again at 3."""
    nodes = {1: (0, 0), 2: (100, 0), 3: (300, 0), 4: (400, 0)}
    net, report = read_network_with_report(
        write_osm(nodes, {10: ([1, 2, 9, 3, 4], STREET)}), crs=CRS
    )
    world = paper(net)
    assert world.length == pytest.approx(200, abs=0.05)
    assert world.walk((0, 0), (400, 0)) == np.inf
    assert report.ways is not None
    assert report.ways.holes == 1


def test_missing_nodes_at_the_ends_shorten_a_way(write_osm: Write, paper: type) -> None:
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0)}
    ways = {10: ([8, 1, 2, 9, 9], STREET), 11: ([7, 3, 8], STREET), 12: ([2, 3], STREET)}
    net, report = read_network_with_report(write_osm(nodes, ways), crs=CRS)
    assert paper(net).length == pytest.approx(200, abs=0.05)
    assert report.ways is not None
    assert (report.ways.holes, report.ways.unusable) == (0, 1)


@pytest.mark.parametrize(
    ("gate", "open_"),
    [({"barrier": "gate"}, True), ({"barrier": "gate", "access": "private"}, False)],
)
def test_a_closed_gate_cuts_the_way(
    write_osm: Write, paper: type, gate: dict[str, str], *, open_: bool
) -> None:
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0)}
    path = write_osm(nodes, {10: ([1, 2, 3], STREET)}, node_tags={2: gate})
    net, report = read_network_with_report(path, crs=CRS)
    world = paper(net)
    assert world.length == pytest.approx(200, abs=0.05)
    assert np.isfinite(world.walk((0, 0), (200, 0))) == open_
    assert report.ways is not None
    assert sum(report.ways.barriers.values()) == (not open_)


@pytest.mark.parametrize(
    ("tags", "profile", "open_"),
    [
        ({"highway": "elevator"}, "step_free", True),
        ({"highway": "elevator", "access": "no"}, "walking", False),
        ({"highway": "elevator", "wheelchair": "no"}, "walking", True),
        ({"highway": "elevator", "wheelchair": "no"}, "step_free", False),
        ({"highway": "elevator", "stroller": "no"}, "pram", False),
        ({"access": "private"}, "walking", False),
        ({"foot": "no"}, "older", False),
        ({"highway": "bus_stop", "wheelchair": "no"}, "step_free", True),
    ],
)
def test_a_node_that_is_no_barrier_may_close_the_way(
    write_osm: Write, paper: type, tags: dict[str, str], profile: str, *, open_: bool
) -> None:
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (500, 0)}  # the last is on no way
    asphalt = {**PATH, "surface": "asphalt"}
    path = write_osm(nodes, {10: ([1, 2, 3], asphalt)}, node_tags={2: tags, 4: {"access": "no"}})
    net, report = read_network_with_report(path, crs=CRS, profile=profile)
    assert np.isfinite(paper(net).walk((0, 0), (200, 0))) == open_
    assert report.ways is not None
    assert sum(report.ways.barriers.values()) == (not open_)


def test_a_closed_gate_where_ways_meet_parts_them_all(write_osm: Write, paper: type) -> None:
    path = write_osm(
        CROSS,
        {10: ([1, 2, 3], STREET), 11: ([4, 2], PATH), 12: ([2, 5], PATH)},
        node_tags={2: {"barrier": "fence"}},
    )
    world = paper(read_network(path, crs=CRS))
    assert len(world.nodes_at((100, 0))) == 4
    assert world.walk((100, 100), (100, -100)) == np.inf


def test_a_gate_at_the_seam_of_a_circular_way(write_osm: Write, paper: type) -> None:
    nodes = {1: (0, 0), 2: (100, 0), 3: (100, 100)}
    path = write_osm(
        nodes, {10: ([1, 2, 3, 1], PATH)}, node_tags={1: {"barrier": "gate", "locked": "yes"}}
    )
    world = paper(read_network(path, crs=CRS))
    assert len(world.nodes_at((0, 0))) == 2
    assert world.length == pytest.approx(200 + 2**0.5 * 100, abs=0.05)


def square_world(extra: dict[int, tuple[float, float]]) -> dict[int, tuple[float, float]]:
    """A square of 100 m with a street coming in at two opposite corners."""
    corners = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (100.0, 100.0), 4: (0.0, 100.0)}
    return {**corners, 5: (-50.0, 0.0), 6: (150.0, 100.0), **extra}


def test_a_square_is_crossed_straight_and_walked_around(write_osm: Write, paper: type) -> None:
    ways = {10: ([1, 2, 3, 4, 1], SQUARE), 11: ([5, 1], STREET), 12: ([3, 6], STREET)}
    net, report = read_network_with_report(write_osm(square_world({}), ways), crs=CRS)
    world = paper(net)
    diagonal = 100 * 2**0.5
    assert world.walk((0, 0), (100, 100)) == pytest.approx(diagonal, abs=0.05)
    assert world.length == pytest.approx(500 + diagonal, abs=0.1)
    assert report.length_m == pytest.approx(500, abs=0.1)  # the outline and the streets
    assert report.ways is not None
    assert report.ways.squares == 1


def test_a_circular_street_is_not_crossed(write_osm: Write, paper: type) -> None:
    ring = {"highway": "pedestrian"}
    ways = {10: ([1, 2, 3, 4, 1], ring), 11: ([5, 1], STREET), 12: ([3, 6], STREET)}
    world = paper(read_network(write_osm(square_world({}), ways), crs=CRS))
    assert world.walk((0, 0), (100, 100)) == pytest.approx(200, abs=0.05)


def test_a_bent_square_is_crossed_around_its_inner_corner(write_osm: Write, paper: type) -> None:
    """An L of two arms, 100 m long and 40 m wide: the way bends at the inner corner 4."""
    nodes = {
        1: (0, 0), 2: (100, 0), 3: (100, 40), 4: (40, 40), 5: (40, 100), 6: (0, 100),
        7: (150, 20), 8: (20, 150), 9: (100, 20), 10: (20, 100),
    }  # fmt: skip
    outline = [1, 2, 9, 3, 4, 5, 10, 6, 1]
    ways = {20: (outline, SQUARE), 21: ([7, 9], STREET), 22: ([8, 10], STREET)}
    world = paper(read_network(write_osm(nodes, ways), crs=CRS))
    around_corner = 2 * (60**2 + 20**2) ** 0.5
    assert world.walk((100, 20), (20, 100)) == pytest.approx(around_corner, abs=0.05)


@pytest.mark.parametrize("inner_tags", [{}, {"building": "yes"}])
def test_a_square_with_a_building_in_it(
    write_osm: Write, paper: type, inner_tags: dict[str, str]
) -> None:
    """A multipolygon of untagged ways, 100 m, with a block of 60 m standing in the middle."""
    block = {11: (20.0, 20.0), 12: (80.0, 20.0), 13: (80.0, 80.0), 14: (20.0, 80.0)}
    ways = {
        20: ([1, 2, 3], {}),
        21: ([3, 4, 1], {}),
        22: ([11, 12, 13, 14, 11], inner_tags),
        23: ([5, 1], STREET),
        24: ([3, 6], STREET),
    }
    members = [(20, "outer"), (21, "outer"), (22, "inner")]
    path = write_osm(
        square_world(block),
        ways,
        relations={30: (members, {**SQUARE, "type": "multipolygon"})},
    )
    world = paper(read_network(path, crs=CRS))
    around_block = 2 * (80**2 + 20**2) ** 0.5
    assert world.walk((0, 0), (100, 100)) == pytest.approx(around_block, abs=0.05)
    assert world.net.edge_component.max() == 0  # the block's edge is reached over the square


@pytest.mark.parametrize("inner_tags", [{"building": "yes"}, SQUARE])
def test_a_square_tagged_on_the_way_and_on_the_relation(
    write_osm: Write, paper: type, inner_tags: dict[str, str]
) -> None:
    """One surface with a hole, not a second one without; a square in the hole is its own."""
    block = {11: (20.0, 20.0), 12: (80.0, 20.0), 13: (80.0, 80.0), 14: (20.0, 80.0)}
    ways = {
        20: ([1, 2, 3, 4, 1], SQUARE),
        22: ([11, 12, 13, 14, 11], inner_tags),
        23: ([5, 1], STREET),
        24: ([3, 6], STREET),
    }
    relation = ([(20, "outer"), (22, "inner")], {**SQUARE, "type": "multipolygon"})
    path = write_osm(square_world(block), ways, relations={30: relation})
    net, report = read_network_with_report(path, crs=CRS)
    assert report.ways is not None
    assert report.ways.squares == (2 if inner_tags == SQUARE else 1)
    if inner_tags != SQUARE:
        around_block = 2 * (80**2 + 20**2) ** 0.5
        assert paper(net).walk((0, 0), (100, 100)) == pytest.approx(around_block, abs=0.05)


def test_a_square_whose_relation_is_incomplete_is_crossed_by_its_way(
    write_osm: Write, paper: type
) -> None:
    ways = {20: ([1, 2, 3, 4, 1], SQUARE), 23: ([5, 1], STREET), 24: ([3, 6], STREET)}
    relation = ([(20, "outer"), (99, "outer")], {**SQUARE, "type": "multipolygon"})
    path = write_osm(square_world({}), ways, relations={30: relation})
    net, report = read_network_with_report(path, crs=CRS)
    assert report.ways is not None
    assert (report.ways.squares, report.ways.squares_outline_only) == (1, 1)
    assert paper(net).walk((0, 0), (100, 100)) == pytest.approx(100 * 2**0.5, abs=0.05)


def test_a_drafted_square(write_osm: Write, paper: type) -> None:
    """A multipolygon not yet uploaded, of one published way and two drafts."""
    block = {-11: (20.0, 20.0), -12: (80.0, 20.0), -13: (80.0, 80.0), -14: (20.0, 80.0)}
    ways = {
        -22: ([-11, -12, -13, -14, -11], {"building": "yes"}),
        -21: ([3, 4, 1], {}),
        20: ([1, 2, 3], {}),
        23: ([5, 1], STREET),
        24: ([3, 6], STREET),
    }
    members = [(20, "outer"), (-21, "outer"), (-22, "inner")]
    path = write_osm(
        square_world(block),
        ways,
        relations={-30: (members, {**SQUARE, "type": "multipolygon"})},
    )
    net, report = read_network_with_report(path, crs=CRS)
    around_block = 2 * (80**2 + 20**2) ** 0.5
    assert paper(net).walk((0, 0), (100, 100)) == pytest.approx(around_block, abs=0.05)
    assert report.ways is not None
    assert (report.ways.squares, report.ways.squares_outline_only) == (1, 0)


def test_a_surface_with_a_missing_member_is_not_crossed(write_osm: Write) -> None:
    ways = {20: ([1, 2, 3], {}), 23: ([5, 1], STREET), 24: ([3, 6], STREET)}
    members = [(20, "outer"), (21, "outer")]
    path = write_osm(
        square_world({}),
        ways,
        relations={30: (members, {**SQUARE, "type": "multipolygon"})},
    )
    net, report = read_network_with_report(path, crs=CRS)
    assert report.ways is not None
    assert (report.ways.squares, report.ways.squares_outline_only) == (0, 1)
    assert net.edge_length.sum() == pytest.approx(300, abs=0.1)


def test_ids_beyond_32_bits_and_names_in_other_scripts(write_osm: Write, paper: type) -> None:
    big = 2**40
    nodes = {big: (0, 0), big + 1: (100, 0), big + 2: (200, 0), 2**32 + 5: (200, 50)}
    ways = {
        big: ([big, big + 1, big + 2], {**STREET, "name": "كورنيش", "name:ja": "通り & <道>"}),
        big + 9: ([big + 2, 2**32 + 5], {**PATH, "name": "Straße"}),
    }
    world = paper(read_network(write_osm(nodes, ways), crs=CRS))
    assert world.walk((0, 0), (200, 50)) == pytest.approx(250, abs=0.05)


def test_drafts_with_negative_ids(write_osm: Write, paper: type) -> None:
    """JOSM numbers what is not uploaded from -1 downwards: here a planned bridge."""
    nodes = {-1: (100, 0), -2: (150, 30), 1: (0, 0), 2: (200, 0)}
    ways = {-5: ([1, -1, -2, 2], {**PATH, "bridge": "yes"}), 10: ([1, 2], STREET)}
    world = paper(read_network(write_osm(nodes, ways), crs=CRS))
    over = 100 + (50**2 + 30**2) ** 0.5 * 2
    assert world.length == pytest.approx(200 + over, abs=0.05)


def test_nodes_in_any_order_and_given_twice(write_osm: Write, paper: type) -> None:
    path = write_osm({3: (200, 0), 1: (0, 0), 2: (100, 0)}, {10: ([1, 2, 3], STREET)})
    text = path.read_text(encoding="utf-8")
    node = next(line for line in text.splitlines() if '<node id="2"' in line)
    path.write_text(text.replace("<way", f"{node}<way", 1), encoding="utf-8")
    assert paper(read_network(path, crs=CRS)).length == pytest.approx(200, abs=0.05)


def test_odd_ways_vanish(write_osm: Write, paper: type) -> None:
    """Ways of no node, of one node, of one node twice, and nodes repeated within a way."""
    nodes = {1: (0, 0), 2: (100, 0), 3: (100, 0)}
    ways = {
        10: ([1, 1, 2, 2], STREET),
        11: ([1], STREET),
        12: ([2, 2], STREET),
        13: ([], STREET),
        14: ([2, 3], STREET),
    }
    net, report = read_network_with_report(write_osm(nodes, ways), crs=CRS)
    assert paper(net).length == pytest.approx(100, abs=0.05)
    assert net.n_edges == 1
    assert report.ways is not None
    assert report.ways.unusable == 3


def test_what_was_left_out_is_counted_by_rule(write_osm: Write) -> None:
    ways = {
        10: ([1, 2], STREET),
        11: ([2, 3], {"highway": "motorway"}),
        12: ([2, 4], {"highway": "footway", "access": "private"}),
        13: ([2, 5], {"railway": "rail"}),
        14: ([4, 5], {"waterway": "canal"}),
    }
    _, report = read_network_with_report(write_osm(CROSS, ways), crs=CRS)
    assert report.ways is not None
    assert report.ways.read == 4
    assert report.ways.kept == {"highway=residential": 1}
    assert report.ways.dropped == {
        "motorway": 1,
        "closed to the public": 1,
        "nothing to walk on": 1,
    }
    text = "\n".join(report.lines())
    assert "1 closed to the public" in text
    assert "4 ways read, 1 kept" in text


def test_tags_are_kept_by_name(write_osm: Write) -> None:
    ways = {10: ([1, 2], {"highway": "steps"}), 11: ([2, 3], {**STREET, "bridge": "yes"})}
    net = read_network(write_osm(CROSS, ways), crs=CRS)
    named = [
        {name for i, name in enumerate(net.tag_names) if int(bits) >> i & 1}
        for bits in net.edge_tags
    ]
    assert named == [{"steps"}, {"bridge", "carriageway"}]


@pytest.mark.parametrize(
    ("head", "date"),
    [
        ("", ""),
        ('<meta osm_base="2021-03-19T08:56:13Z"/>', "2021-03-19"),
    ],
)
def test_provenance_and_date(write_osm: Write, head: str, date: str) -> None:
    net = read_network(write_osm(CROSS, {10: ([1, 2], STREET)}, head=head), crs=CRS)
    assert net.provenance.source == "OpenStreetMap"
    assert net.provenance.licence == "ODbL 1.0"
    assert net.provenance.attribution == "© OpenStreetMap contributors"
    assert net.provenance.quality == "surveyed"
    assert net.provenance.data_date == date


def test_without_a_header_the_newest_way_dates_the_data(write_osm: Write) -> None:
    path = write_osm(CROSS, {10: ([1, 2], STREET), 11: ([2, 3], STREET)})
    text = path.read_text(encoding="utf-8")
    for way, stamp in ((10, "2020-05-06"), (11, "2023-01-02")):
        dated = f'<way id="{way}" version="1" timestamp="{stamp}T10:00:00Z">'
        text = text.replace(f'<way id="{way}">', dated)
    path.write_text(text, encoding="utf-8")
    assert read_network(path, crs=CRS).provenance.data_date == "2023-01-02"


@pytest.mark.parametrize(
    "ways",
    [
        {},
        {10: ([1, 2], {"highway": "motorway"})},
        {10: ([1, 99], STREET)},
        {10: ([98, 99], STREET)},
    ],
)
def test_nothing_walkable_is_one_error(write_osm: Write, ways: dict[int, object]) -> None:
    path = write_osm(CROSS, ways)
    with pytest.raises(NetworkError, match="holds no way that the profile 'walking' allows") as e:
        read_network(path)
    assert e.value.file == str(path)
    assert e.value.remedy


def test_kreuzberg(real_networks: Path) -> None:
    path = real_networks / "berlin_kreuzberg_mitte_walk.osm.pbf"
    net, report = read_network_with_report(path, crs=CRS)
    main = report.largest[0].length_m
    # An independent count with all cycleways gives 106 km; without those closed to feet 105.
    assert 105_000 < main < 106_500
    assert main / report.length_m > 0.97
    assert net.provenance.quality == "surveyed"
    assert len(np.unique(net.geometry_xy, axis=0)) > 4_400


def test_kreuzberg_against_a_plain_loop(real_networks: Path) -> None:
    """The same ways, node by node: lengths, joints and components."""
    path = real_networks / "berlin_kreuzberg_mitte_walk.osm.pbf"
    project = pyproj.Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    graph = nx.Graph()  # a piece that two ways draw is one street
    for way in osmium.FileProcessor(path, osmium.osm.NODE | osmium.osm.WAY).with_locations():
        if way.is_way() and load_rules("walking").way(way.tags.get).walk:
            nodes = [(n.ref, project.transform(n.lon, n.lat)) for n in way.nodes]
            for (a, a_xy), (b, b_xy) in pairwise(nodes):
                graph.add_edge(a, b, length=np.hypot(*np.subtract(a_xy, b_xy)))
    net, report = read_network_with_report(path, crs=CRS)
    assert net.edge_length.sum() == pytest.approx(graph.size("length"), abs=1)
    parts = [graph.subgraph(c).size("length") for c in nx.connected_components(graph)]
    assert report.components == len(parts)
    assert report.largest[0].length_m == pytest.approx(max(parts), abs=1)


def test_malta(real_networks: Path) -> None:
    net, report = read_network_with_report(real_networks / "gh_malta.osm.pbf")
    assert net.crs == "EPSG:32633"
    assert net.provenance.data_date == "2016-11-09"
    # An independent count without squares gives 2,934 km.
    assert report.largest[0].length_m == pytest.approx(2_934_000, rel=0.04)
    gozo = report.largest[1]
    assert gozo.length_m > 400_000


def test_liechtenstein(real_networks: Path) -> None:
    net, report = read_network_with_report(real_networks / "valhalla_liechtenstein_2021.osm.pbf")
    assert net.crs == "EPSG:32632"
    assert net.provenance.data_date == "2021-10-28"
    assert report.largest[0].length_m / report.length_m > 0.97
