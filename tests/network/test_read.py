"""One function reads every format, and refuses what it cannot read in one line."""

from __future__ import annotations

import bz2
import gzip
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import pytest
import shapely

from kiezreach.errors import InputError, NetworkError
from kiezreach.network import (
    WalkNetwork,
    network_from_graph,
    read_network,
    read_network_with_report,
)
from kiezreach.reach import reach

CRS = "EPSG:25833"
STREET = {"highway": "residential"}
EAST, NORTH = 390_000, 5_820_000
LADDER = {1: (0, 0), 2: (0, 50), 3: (0, 100), 4: (40, 0), 5: (40, 50), 6: (40, 100)}
LADDER_WAYS = {
    10: ([1, 2, 3], STREET),
    11: ([4, 5, 6], STREET),
    12: ([1, 4], STREET),
    13: ([2, 5], {"highway": "steps"}),
    14: ([3, 6], STREET),
}
LADDER_LENGTH_M = 200 + 3 * 40

Write = Callable[..., Path]


@pytest.fixture
def ladder_file(write_osm: Write) -> Path:
    return write_osm(LADDER, LADDER_WAYS, name="ladder.osm")


def same_network(a: WalkNetwork, b: WalkNetwork) -> bool:
    names = ("node_xy", "edge_nodes", "geometry_offsets", "geometry_xy", "edge_tags")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


def area(*bounds: float, crs: str | None = CRS) -> gpd.GeoSeries:
    left, bottom, right, top = bounds
    box = shapely.box(EAST + left, NORTH + bottom, EAST + right, NORTH + top)
    return gpd.GeoSeries([box], crs=crs)


# ------------------------------------------------------------------------------------ formats


@pytest.mark.parametrize("suffix", [".osm.pbf", ".pbf", ".osm.gz", ".osm.bz2", ".OSM"])
def test_every_osm_format_gives_the_same(ladder_file: Path, suffix: str) -> None:
    other = ladder_file.with_name(f"other{suffix}")
    if suffix.endswith("pbf"):
        with osmium.SimpleWriter(other) as writer:
            for thing in osmium.FileProcessor(ladder_file):
                writer.add(thing)
    else:
        pack = {".osm.gz": gzip.compress, ".osm.bz2": bz2.compress}.get(suffix, bytes)
        other.write_bytes(pack(ladder_file.read_bytes()))
    net = read_network(ladder_file, crs=CRS)
    assert net.edge_length.sum() == pytest.approx(LADDER_LENGTH_M, abs=0.1)
    assert same_network(net, read_network(other, crs=CRS))


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
@pytest.mark.parametrize("size", [1, 50, 400])
def test_packed_in_pieces(
    ladder_file: Path, suffix: str, pack: Callable[[bytes], bytes], size: int
) -> None:
    """As programs write them that pack on several processors; an empty piece is one too."""
    text = ladder_file.read_bytes()
    pieces = [pack(text[at : at + size]) for at in range(0, len(text), size)]
    whole = ladder_file.with_name(f"whole.osm{suffix}")
    whole.write_bytes(b"".join([*pieces[:2], pack(b""), *pieces[2:]]))
    assert same_network(read_network(ladder_file, crs=CRS), read_network(whole, crs=CRS))
    cut = ladder_file.with_name(f"cut.osm{suffix}")
    cut.write_bytes(b"".join(pieces[:-1]))
    one_error(cut, "cannot be read as OpenStreetMap data")
    cut.write_bytes(b"".join(pieces)[:-5])
    one_error(cut, "cannot be read as OpenStreetMap data")


def test_squares_of_a_map_packed_in_pieces(tmp_path: Path, write_osm: Write) -> None:
    """The outline of the square is asked for in a second reading."""
    corners = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100)}
    ways = {20: ([1, 2, 3], {}), 21: ([3, 4, 1], {}), 22: ([1, 3], STREET)}
    square = {"highway": "pedestrian", "area": "yes", "type": "multipolygon"}
    plain = write_osm(corners, ways, relations={30: ([(20, "outer"), (21, "outer")], square)})
    text = plain.read_bytes()
    packed = tmp_path / "pieces.osm.bz2"
    packed.write_bytes(bz2.compress(text[:300]) + bz2.compress(text[300:]))
    assert same_network(read_network(plain, crs=CRS), read_network(packed, crs=CRS))


def test_reading_twice_gives_the_same(ladder_file: Path) -> None:
    assert same_network(read_network(ladder_file), read_network(ladder_file))


def test_the_default_crs_is_the_utm_zone_of_the_data(ladder_file: Path) -> None:
    assert read_network(ladder_file).crs == "EPSG:32633"


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".fgb", ".parquet"])
@pytest.mark.parametrize("crs", [CRS, "EPSG:4326"])
def test_line_layers(tmp_path: Path, suffix: str, crs: str) -> None:
    """A T of two lines with a common vertex, and a bridge over it."""
    coordinates = [[(0, 0), (50, 0), (100, 0)], [(50, 0), (50, 50)], [(20, -10), (20, 10)]]
    shapes = [shapely.LineString([(EAST + x, NORTH + y) for x, y in c]) for c in coordinates]
    layer = gpd.GeoDataFrame(geometry=shapes, crs=CRS).to_crs(crs)
    path = tmp_path / f"layer{suffix}"
    if suffix == ".parquet":
        layer.to_parquet(path)
    else:
        layer.to_file(path)
    net, report = read_network_with_report(path, crs=CRS)
    assert net.crs == CRS
    assert report.kind == "line layer"
    assert net.n_edges == 4
    assert report.components == 2
    # GeoJSON rounds degrees to seven places, about a centimetre.
    assert report.length_m == pytest.approx(170, abs=0.05)


def test_the_line_layer_of_a_file_with_points(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    line = shapely.LineString([(EAST, NORTH), (EAST + 70, NORTH)])
    gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=CRS).to_file(path, layer="trees")
    gpd.GeoDataFrame(geometry=[line], crs=CRS).to_file(path, layer="streets")
    assert read_network(path).edge_length.tolist() == [70.0]
    gpd.GeoDataFrame(geometry=[line], crs=CRS).to_file(path, layer="paths")
    with pytest.raises(NetworkError, match=r"2 layers of lines \(streets, paths\)"):
        read_network(path)


def test_own_file_in_another_crs_and_back(tmp_path: Path, ladder_file: Path) -> None:
    net = read_network(ladder_file, crs=CRS)
    net.save(tmp_path / "ladder.walk.parquet")
    assert same_network(net, read_network(tmp_path / "ladder.walk.parquet", crs=CRS))
    utm = read_network(tmp_path / "ladder.walk.parquet", crs="EPSG:32632")
    assert utm.crs == "EPSG:32632"
    assert utm.n_edges == net.n_edges
    assert utm.tag_names == net.tag_names
    assert utm.provenance == net.provenance


# ------------------------------------------------------------------------------------- graphs


def ladder_graph(kind: type[nx.Graph] = nx.MultiDiGraph) -> nx.Graph:
    """The ladder with a bend of 30 m in one rung, both directions of every edge."""
    graph = kind(crs=CRS)
    for node, (x, y) in LADDER.items():
        graph.add_node(node, x=EAST + x, y=NORTH + y)
    bend = [(0, 50), (0, 65), (40, 65), (40, 50)]
    curved = shapely.LineString([(EAST + x, NORTH + y) for x, y in bend])
    for u, v in [(1, 2), (2, 3), (4, 5), (5, 6), (1, 4), (3, 6)]:
        graph.add_edge(u, v)
        graph.add_edge(v, u)
    graph.add_edge(2, 5, geometry=curved)
    graph.add_edge(5, 2, geometry=curved.reverse())
    return graph


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph])
def test_networkx_graphs(kind: type[nx.Graph]) -> None:
    net = network_from_graph(ladder_graph(kind))
    assert net.crs == CRS
    assert net.n_edges == 7
    assert net.edge_length.sum() == pytest.approx(LADDER_LENGTH_M + 30)


def test_edges_of_a_graph_meet_only_at_its_nodes() -> None:
    graph = ladder_graph()
    graph.add_edge(1, 6)  # crosses the bent rung
    net = network_from_graph(graph)
    assert net.n_edges == 8
    assert net.n_nodes == 6


def test_different_edges_between_the_same_nodes_stay() -> None:
    graph = ladder_graph()
    graph.add_edge(2, 5)
    assert network_from_graph(graph).n_edges == 8


def test_osmnx_graph_in_memory_and_as_graphml(tmp_path: Path, ladder_file: Path) -> None:
    ox = pytest.importorskip("osmnx")
    graph = ox.graph_from_xml(ladder_file, bidirectional=True, simplify=False, retain_all=True)
    net = network_from_graph(graph, crs=CRS)
    assert net.n_edges == 7
    assert net.edge_length.sum() == pytest.approx(LADDER_LENGTH_M, abs=0.1)
    assert net.provenance.source.startswith("OpenStreetMap, by OSMnx on 20")
    assert net.provenance.licence == "ODbL 1.0"
    simple = ox.simplify_graph(graph)
    again = network_from_graph(simple, crs=CRS)
    assert again.edge_length.sum() == pytest.approx(net.edge_length.sum(), abs=0.01)
    ox.save_graphml(simple, tmp_path / "ladder.graphml")
    stored = read_network(tmp_path / "ladder.graphml", crs=CRS)
    assert same_network(again, stored)


def test_graph_in_degrees_without_crs() -> None:
    graph = nx.Graph()
    graph.add_node("a", x=13.4, y=52.5)
    graph.add_node("b", x=13.4, y=52.501)
    graph.add_edge("a", "b")
    net = network_from_graph(graph)
    assert net.crs == "EPSG:32633"
    assert net.edge_length.sum() == pytest.approx(111.2, abs=0.2)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda g: g.nodes[3].pop("x"), "node 3: the node has no x and y"),
        (lambda g: g.nodes[3].update(x="east"), "node 3: the node has no x and y"),
        (lambda g: g.nodes[3].update(y=float("nan")), "node 3: .* not finite"),
        (lambda g: g.graph.pop("crs"), "the graph has no crs"),
        (lambda g: g.graph.update(crs="EPSG:0"), "crs 'EPSG:0' is not known"),
        (lambda g: g.add_edge(1, 6, geometry="LINESTRING (0"), "edge 1-6: .* not a LineString"),
        (lambda g: g.add_edge(1, 6, geometry=shapely.Point(0, 0)), "not a LineString"),
        (lambda g: g.remove_edges_from(list(g.edges)), "has no edges"),
    ],
)
def test_faulty_graphs(change: Callable[[nx.Graph], object], problem: str) -> None:
    graph = ladder_graph()
    change(graph)
    with pytest.raises(NetworkError, match=problem):
        network_from_graph(graph)


# -------------------------------------------------------------------------------------- names


def names_by_length(net: WalkNetwork) -> dict[float, str]:
    """Return the name of each edge by its length in metres."""
    named = [net.names[number] if number >= 0 else "" for number in net.edge_name]
    return dict(zip(net.edge_length.round().tolist(), named, strict=True))


def named_world(write_osm: Write) -> Path:
    """Ways of 10, 20, ... m, so that each is known by its length."""
    nodes = {1: (0, 0), 2: (10, 0), 3: (30, 0), 4: (60, 0), 5: (100, 0), 6: (150, 0)}
    ways = {
        10: ([1, 2], {**STREET, "name": "Straße des  17. Juni"}),
        11: ([2, 3], {**STREET, "ref": "B 96"}),
        12: ([3, 4], {**STREET, "name": "Obentrautstraße, 100 % = Süd", "ref": "L 1"}),
        13: ([4, 5], STREET),
        14: ([5, 6], {**STREET, "name": "كورنيش"}),
    }
    return write_osm(nodes, ways)


NAMED = {
    10.0: "Straße des 17. Juni",
    20.0: "B 96",
    30.0: "Obentrautstraße, 100 % = Süd",
    40.0: "",
    50.0: "كورنيش",
}


def test_streets_are_named_by_name_or_number(write_osm: Write) -> None:
    net = read_network(named_world(write_osm), crs=CRS)
    assert names_by_length(net) == NAMED
    assert list(net.names) == sorted(set(NAMED.values()) - {""})


def test_names_outlive_clipping_another_crs_and_the_file(tmp_path: Path, write_osm: Write) -> None:
    path = named_world(write_osm)
    clipped = read_network(path, crs="EPSG:32632", area=area(-5, -5, 35, 5))
    assert names_by_length(clipped) == {k: v for k, v in NAMED.items() if k <= 30}
    assert len(clipped.names) == 3
    clipped.save(tmp_path / "named.walk.parquet")
    back = read_network(tmp_path / "named.walk.parquet", crs=CRS)
    assert names_by_length(back) == names_by_length(clipped)


def test_lines_across_a_square_bear_its_name(write_osm: Write) -> None:
    nodes = {1: (0, 0), 2: (30, 0), 3: (30, 40), 4: (0, 40), 5: (-7, 0), 6: (40, 40)}
    square = {"highway": "pedestrian", "area": "yes", "name": "Mariannenplatz"}
    ways = {10: ([1, 2, 3, 4, 1], square), 11: ([5, 1], STREET), 12: ([3, 6], STREET)}
    net = read_network(write_osm(nodes, ways), crs=CRS)
    assert names_by_length(net)[50.0] == "Mariannenplatz"


def test_names_of_graph_edges(tmp_path: Path) -> None:
    graph = ladder_graph()
    for u, v, name in ((1, 2, "Erste Straße"), (2, 3, ["Am Ufer", "B 1"]), (4, 5, float("nan"))):
        graph[u][v][0]["name"] = graph[v][u][0]["name"] = name
    expected = ("Am Ufer; B 1", "Erste Straße")
    assert network_from_graph(graph).names == expected
    graph[2][3][0]["name"] = graph[3][2][0]["name"] = "['Am Ufer', 'B 1']"  # as GraphML keeps it
    for _, _, data in graph.edges(data=True):
        data.pop("geometry", None)
    graph[4][5][0].pop("name")
    graph[5][4][0].pop("name")
    nx.write_graphml(graph, tmp_path / "named.graphml")
    assert read_network(tmp_path / "named.graphml").names == expected


def test_names_of_lines(tmp_path: Path) -> None:
    shapes = [shapely.LineString([(EAST, NORTH), (EAST + x, NORTH)]) for x in (10, 20, 30)]
    layer = gpd.GeoDataFrame({"Name": ["Weg", None, " "]}, geometry=shapes, crs=CRS)
    layer.to_file(tmp_path / "named.gpkg")
    assert names_by_length(read_network(tmp_path / "named.gpkg"))[10.0] == "Weg"
    assert read_network(tmp_path / "named.gpkg").names == ("Weg",)


# ----------------------------------------------------------------------------------- clipping


def test_clipping_keeps_whole_steps_that_touch_the_area(ladder_file: Path) -> None:
    """The rails above the upper rung begin inside, and keep their length: 280 of 320 m."""
    net, report = read_network_with_report(ladder_file, crs=CRS, area=area(-10, -10, 50, 60))
    assert net.edge_length.sum() == pytest.approx(LADDER_LENGTH_M - 40, abs=0.1)
    assert net.clip_buffer_m == 0
    assert (report.cut_edges, round(report.cut_length_m)) == (2, 100)
    assert "2 dead ends where ways were cut, 0.1 km of edges" in report.lines()


def test_a_step_across_a_corner_of_the_area_is_kept(write_osm: Write) -> None:
    """Neither of its ends is in the area; a second one passes the corner outside."""
    nodes = {1: (0, 30), 2: (30, 0), 3: (0, 60), 4: (60, 0)}
    path = write_osm(nodes, {10: ([1, 2], STREET), 11: ([3, 4], STREET)})
    net = read_network(path, crs=CRS, area=area(-5, -5, 20, 20))
    assert net.edge_length.tolist() == pytest.approx([30 * 2**0.5], abs=0.05)


def test_a_clipped_network_knows_its_buffer(tmp_path: Path, ladder_file: Path) -> None:
    small = area(-10, -10, 50, 20)
    net = read_network(ladder_file, crs=CRS, area=small, buffer_m=25)
    assert net.clip_buffer_m == 25
    assert read_network(ladder_file, crs=CRS).clip_buffer_m is None
    net.save(tmp_path / "clipped.walk.parquet")
    again = tmp_path / "clipped.walk.parquet"
    assert read_network(again, crs="EPSG:32632").clip_buffer_m == 25
    assert read_network(again, area=small, buffer_m=400).clip_buffer_m == 25
    assert read_network(again, area=small, buffer_m=5).clip_buffer_m == 5


def test_distances_within_the_buffer_are_those_of_the_whole(write_osm: Write, paper: type) -> None:
    """A detour that leaves the area by less than the buffer, over steps longer than that."""
    nodes = {1: (0, 0), 2: (0, 30), 3: (90, 30), 4: (90, 0), 5: (95, 0)}
    path = write_osm(nodes, {10: ([1, 2, 3, 4, 5], STREET)})
    net = read_network(path, crs=CRS, area=area(-1, -1, 100, 1), buffer_m=30)
    assert paper(net).walk((0, 0), (95, 0)) == pytest.approx(155, abs=0.05)


def test_the_buffer_reaches_farther(ladder_file: Path) -> None:
    small = area(-10, -10, 50, 60)
    net = read_network(ladder_file, crs=CRS, area=small, buffer_m=45)
    assert net.edge_length.sum() == pytest.approx(LADDER_LENGTH_M, abs=0.1)


def test_a_way_that_leaves_and_comes_back_is_not_bridged(write_osm: Write) -> None:
    nodes = {1: (0, 0), 2: (20, 0), 3: (20, 100), 4: (20, 500)}
    nodes |= {5: (40, 500), 6: (40, 100), 7: (40, 0), 8: (60, 0)}
    path = write_osm(nodes, {10: (list(nodes), STREET)})
    net = read_network(path, crs=CRS, area=area(-10, -10, 100, 10).to_crs("EPSG:4326"))
    assert sorted(net.edge_length.round(1)) == [120.0, 120.0]
    assert sorted(net.edge_component) == [0, 1]


RIVER_TOWN = {
    # Two banks, whose bridge lies 1 km to the east, and an island of 300 m without a bridge.
    1: (0, 0), 2: (100, 0), 3: (1000, 0), 4: (1000, 200), 5: (100, 200), 6: (0, 200),
    7: (0, 80), 8: (100, 80), 9: (100, 130), 10: (0, 130),
}  # fmt: skip
RIVER_WAYS = {10: ([1, 2, 3, 4, 5, 6], STREET), 11: ([7, 8, 9, 10, 7], STREET)}


def main_lengths(net: WalkNetwork) -> list[float]:
    """Lengths of the edges that points may snap to."""
    return sorted(net.edge_length[net.main_edges].round(1).tolist())


@pytest.mark.parametrize("through", ["memory", "file", "another CRS", "a second clip", "cache"])
def test_both_banks_stay_where_their_bridge_is_clipped_away(
    tmp_path: Path, write_osm: Write, through: str
) -> None:
    path = write_osm(RIVER_TOWN, RIVER_WAYS)
    town = area(-10, -10, 90, 210)
    net, report = read_network_with_report(path, crs=CRS, area=town)
    if through == "cache":
        net, report = read_network_with_report(path, crs=CRS, area=town)
    elif through != "memory":
        net.save(tmp_path / "town.walk.parquet")
        asked = {"another CRS": {"crs": "EPSG:32633"}, "a second clip": {"area": town}}
        net, report = read_network_with_report(
            tmp_path / "town.walk.parquet", **asked.get(through, {})
        )
    assert main_lengths(net) == [100.0, 100.0]  # though the island's 250 m are longer
    assert report.components == 3
    assert "3 components, 0.2 km in the main one, which clipping left in 2" in report.lines()
    assert sum("island of 250 m" in line for line in report.lines()) == 1
    there = gpd.GeoSeries(shapely.points([(EAST + 50, NORTH), (EAST + 50, NORTH + 200)]), crs=CRS)
    home = gpd.GeoDataFrame(geometry=[there[0]], index=["south"], crs=CRS)
    walks = reach(replace(net, clip_buffer_m=500.0), home, 500)
    assert walks.snap(there).access == pytest.approx([0, 0], abs=0.05)
    assert walks.distance(there).tolist() == [pytest.approx(0, abs=0.05), np.inf]


def test_an_island_is_the_main_component_where_the_area_holds_nothing_else(
    write_osm: Write,
) -> None:
    """The banks lie within the buffer, and are longer."""
    path = write_osm(RIVER_TOWN, RIVER_WAYS)
    net = read_network(path, crs=CRS, area=area(-10, 70, 90, 140), buffer_m=100)
    assert main_lengths(net) == [300.0]


def test_a_network_that_is_not_clipped_has_its_longest_component_as_the_main_one(
    write_osm: Write,
) -> None:
    net = read_network(write_osm(RIVER_TOWN, RIVER_WAYS), crs=CRS)
    assert net.edge_main is None
    assert main_lengths(net) == [2200.0]


def test_clipping_keeps_a_bridge_apart(write_osm: Write) -> None:
    nodes = {1: (0, 0), 2: (50, 0), 3: (100, 0), 4: (50, -50), 5: (50, 0), 6: (50, 50)}
    path = write_osm(nodes, {10: ([1, 2, 3], STREET), 11: ([4, 5, 6], STREET)})
    _, report = read_network_with_report(path, crs=CRS, area=area(-10, -60, 110, 60))
    assert report.components == 2


@pytest.mark.parametrize("kind", ["own file", "layer"])
def test_other_formats_are_clipped_alike(tmp_path: Path, ladder_file: Path, kind: str) -> None:
    net = read_network(ladder_file, crs=CRS)
    path = tmp_path / ("ladder.walk.parquet" if kind == "own file" else "ladder.gpkg")
    if kind == "own file":
        net.save(path)
    else:
        gpd.GeoDataFrame(geometry=list(net.lines), crs=CRS).to_file(path)
    clipped = read_network(path, area=area(-10, -10, 50, 60))
    assert clipped.edge_length.sum() == pytest.approx(280, abs=0.1)


@pytest.mark.parametrize(
    ("frame", "buffer_m", "problem"),
    [
        (area(0, 0, 10, 10, crs=None), 0, "the area has no CRS"),
        (gpd.GeoSeries([shapely.Point(0, 0)], crs=CRS), 0, "not made of polygons"),
        (gpd.GeoSeries([], crs=CRS), 0, "the area is empty"),
        (area(0, 0, 10, 10), -1, "the buffer is -1"),
        (area(0, 0, 10, 10), float("nan"), "the buffer is nan"),
        (area(9000, 9000, 9010, 9010), 0, "ladder.osm: has no way within the area"),
    ],
)
def test_faulty_areas(
    ladder_file: Path, frame: gpd.GeoSeries, buffer_m: float, problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        read_network(ladder_file, crs=CRS, area=frame, buffer_m=buffer_m)


# ------------------------------------------------------------------------------------- faults


def one_error(path: Path, problem: str, **settings: object) -> None:
    with pytest.raises(NetworkError, match=problem) as caught:
        read_network(path, **settings)
    assert caught.value.file == str(path)
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


SUFFIXES = [
    ".osm.pbf", ".osm", ".osm.gz", ".osm.bz2", ".graphml",
    ".gpkg", ".geojson", ".shp", ".fgb", ".parquet", ".walk.parquet",
]  # fmt: skip


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"no map at all\n" * 50, b"\x00\xff\x1f\x8b" * 300, b"{}"])
def test_files_of_another_format(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"wrong{suffix}"
    path.write_bytes(content)
    one_error(path, "cannot be read|not a readable")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_missing_and_empty_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"nothing{suffix}"
    one_error(path, "there is no such file")
    path.touch()
    one_error(path, "is empty")


def test_folders_and_unknown_suffixes(tmp_path: Path) -> None:
    one_error(tmp_path, "is not a file")
    path = tmp_path / "map.docx"
    path.write_text("x", encoding="utf-8")
    one_error(path, "suffix that stands for no network format")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<osm", "cannot be read as OpenStreetMap data"),
        ("<osm version='0.6'><node id='1' lat='52' lon='13'/>", "cannot be read"),
        ("<osm version='0.6'><node id='x' lat='52' lon='13'/></osm>", "cannot be read"),
        ("<gpx version='1.1'></gpx>", "cannot be read"),
        ("<osm version='0.6'></osm>", "holds no way"),
    ],
)
def test_faulty_xml(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "faulty.osm"
    path.write_text(text, encoding="utf-8")
    one_error(path, problem)


def test_nodes_beyond_the_globe_are_missing_nodes(write_osm: Write) -> None:
    path = write_osm(LADDER, LADDER_WAYS)
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if '<node id="3"' in line)
    path.write_text(text.replace(line, '<node id="3" lat="95.0" lon="13.4"/>'), encoding="utf-8")
    assert read_network(path, crs=CRS).edge_length.sum() == pytest.approx(230, abs=0.1)


def test_geojson_with_metres_declared_as_degrees(tmp_path: Path) -> None:
    path = tmp_path / "metres.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        '"geometry":{"type":"LineString","coordinates":[[390000,5820000],[390050,5820000]]}}]}',
        encoding="utf-8",
    )
    one_error(path, "cannot be degrees")


def test_layers_of_points_and_tables(tmp_path: Path) -> None:
    points = tmp_path / "points.geojson"
    gpd.GeoDataFrame(geometry=[shapely.Point(13, 52)], crs="EPSG:4326").to_file(points)
    one_error(points, "holds Point")
    empty = tmp_path / "empty.gpkg"
    gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=CRS)).to_file(empty)
    one_error(empty, "holds no lines")
    bare = tmp_path / "bare.parquet"
    gpd.GeoDataFrame(geometry=[shapely.LineString(), None], crs=CRS).to_parquet(bare)
    one_error(bare, "holds no lines")
    table = tmp_path / "table.parquet"
    gpd.pd.DataFrame({"a": [1]}).to_parquet(table)
    one_error(table, "not a kiezreach network")


def write_lines(path: Path, *coordinates: list[tuple[float, float]]) -> Path:
    shapes = [shapely.LineString([(EAST + x, NORTH + y) for x, y in c]) for c in coordinates]
    gpd.GeoDataFrame(geometry=shapes, crs=CRS).to_file(path)
    return path


@pytest.mark.parametrize(
    "coordinates",
    [
        [[(0, 0), (100, 0)], [(50, -50), (50, 50)]],  # they cross without a vertex
        [[(0, 0), (100, 0)], [(100.01, 0), (200, 0)]],  # their ends miss each other by 1 cm
        [[(0, 0), (9, 0), (9, 9), (0, 0)], [(50, 0), (60, 0)]],  # one is joined with itself
    ],
)
def test_a_layer_in_which_no_two_lines_share_a_vertex(tmp_path: Path, coordinates: list) -> None:
    path = write_lines(tmp_path / "apart.gpkg", *coordinates)
    one_error(path, "none of its 2 lines shares a vertex with another")


@pytest.mark.parametrize(
    ("coordinates", "components"),
    [
        ([[(0, 0), (100, 0)]], 1),  # one street
        ([[(0, 0), (100, 0)], [(100, 0), (100, 50)], [(0, 90), (50, 90)]], 2),  # two of three
        ([[(0, 0), (100, 0)], [(0, 0), (100, 0)]], 1),  # the same line twice
    ],
)
def test_layers_that_are_joined_or_need_not_be(
    tmp_path: Path, coordinates: list, components: int
) -> None:
    path = write_lines(tmp_path / "joined.gpkg", *coordinates)
    assert read_network_with_report(path)[1].components == components


@pytest.mark.parametrize(
    ("crs", "problem"),
    [("EPSG:4326", "not in metres"), ("EPSG:2263", "not in metres"), ("Berlin", "not a known CRS")],
)
def test_crs_that_cannot_be_measured_in(ladder_file: Path, crs: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read_network(ladder_file, crs=crs)


def test_an_unknown_profile(ladder_file: Path) -> None:
    with pytest.raises(InputError, match="no profile 'flying'"):
        read_network(ladder_file, profile="flying")


def read_or_refuse(path: Path) -> WalkNetwork | None:
    """Read a damaged file; None stands for the one error that is allowed."""
    try:
        return read_network(path)
    except NetworkError as error:
        if error.file != str(path):
            raise
        return None


def test_truncated_pbf_never_gives_a_traceback(real_networks: Path, tmp_path: Path) -> None:
    """A file cut anywhere is refused, or, at a block's border, read as far as it goes."""
    whole = (real_networks / "berlin_kreuzberg_mitte_walk.osm.pbf").read_bytes()
    path = tmp_path / "cut.osm.pbf"
    nets = []
    for share in np.linspace(0.001, 0.999, 25):
        path.write_bytes(whole[: int(len(whole) * share)])
        nets.append(read_or_refuse(path))
    assert nets.count(None) >= 20


@pytest.mark.parametrize("suffix", [".osm.pbf", ".osm", ".osm.gz", ".osm.bz2"])
def test_damaged_files_never_give_a_traceback(
    ladder_file: Path, tmp_path: Path, suffix: str
) -> None:
    source = tmp_path / f"source{suffix}"
    with osmium.SimpleWriter(source) as writer:
        for thing in osmium.FileProcessor(ladder_file):
            writer.add(thing)
    whole = source.read_bytes()
    dice = random.Random(20)
    path = tmp_path / f"damaged{suffix}"
    for _ in range(100):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        path.write_bytes(damaged)
        net = read_or_refuse(path)
        assert net is None or np.isfinite(net.geometry_xy).all()
