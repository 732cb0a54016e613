"""Missing links on worlds that can be drawn on paper, and against every pair counted one by one."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from geopandas.testing import assert_geodataframe_equal
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyogrio import list_layers
from tests.worlds import write_small_study

import kiezreach as kr
from kiezreach.analysis import analyse
from kiezreach.cli import group
from kiezreach.decisions.missing_links import missing_links
from kiezreach.errors import StudyError
from kiezreach.gaps import Homes
from kiezreach.inputs import read_inputs
from kiezreach.outputs.data_package import write_data_package
from kiezreach.outputs.geopackage import write_geopackage
from kiezreach.outputs.layers import layers
from kiezreach.outputs.tables import write_tables
from kiezreach.study import MissingLinks

CRS = "EPSG:25833"
T = 500.0


def network(nodes: dict[int, tuple[float, float]], edges: list[tuple[int, int]]):
    graph = nx.Graph(crs=CRS)
    for node, (x, y) in nodes.items():
        graph.add_node(node, x=x, y=y)
    graph.add_edges_from(edges)
    return kr.network_from_graph(graph)


def points(places: list[tuple[float, float]], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        columns or {"n": range(len(places))}, geometry=shapely.points(places), crs=CRS
    )


def areas(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    ids = [f"p{k}" for k in range(len(boxes))]
    shapes = [shapely.box(*box) for box in boxes]
    level = ["district"] + ["plan"] * len(ids)
    return gpd.GeoDataFrame(
        {
            "level": level,
            "area_id": ["d", *ids],
            "name": ["D", *(i.upper() for i in ids)],
            "parent_id": ["", *["d"] * len(ids)],
        },
        geometry=[shapely.union_all(shapes), *shapes],
        crs=CRS,
    )


def barriers(**shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"kind": list(shapes)}, geometry=list(shapes.values()), crs=CRS)


NO_GROUND = gpd.GeoDataFrame(geometry=[shapely.box(-9e3, -9e3, -8e3, -8e3)], crs=CRS)
EVERYWHERE = areas((-5000, -5000, 5000, 5000))


def river(*, turned: bool = False):
    """Streets on both banks, 60 m apart, a node each 100 m; the only bridge is at the far west."""
    xs = range(0, 2001, 100)
    south = {k: (float(x), 0.0) for k, x in enumerate(xs)}
    north = {k + 100: (float(x), 60.0) for k, x in enumerate(xs)}
    along = [(k, k + 1) for k in range(20)]
    edges = [*along, *((k + 100, m + 100) for k, m in along), (0, 100)]
    if turned:
        edges = [(v, u) for u, v in edges[::-1]]
    return network(south | north, edges)


def found(net, centre, homes, rules=None, *, where=EVERYWHERE, over=None, blocks=NO_GROUND):
    reach = kr.reach(net, points([centre]), 5000)
    over = barriers(water=shapely.box(-100, 10, 3000, 50)) if over is None else over
    return missing_links(
        reach, Homes.of(homes, reach, None), T, where, over, blocks, rules or MissingLinks()
    )


SOUTH = [(float(x), 0.0) for x in range(0, 2001, 100)]


def test_the_second_bridge_stands_before_the_centre_and_serves_whom_it_brings_near():
    homes = points(SOUTH, residents=[10] * 21)
    links = found(river(), (1000.0, 60.0), homes, MissingLinks(max_link_m=70))
    best = links.iloc[0]
    # Over 60 m of bridge, 440 m are left: nine homes from 600 to 1,400.
    assert best["residents_gained"] == 90
    assert shapely.get_coordinates(best.geometry).tolist() == [[1000, 0], [1000, 60]]
    assert best["barrier"] == "water"
    assert (best["length_m"], best["walk_new_m"]) == (60, 60)
    # Round by the bridge: 1,000 m west, 60 m over it, 1,000 m east.
    assert (best["walk_now_m"], best["between_m"]) == (2060, 2060)
    assert (best["rank"], best["link_id"], best["planning_area_id"]) == (1, "p0-link-1", "p0")
    assert best["district_id"] == "d"


def test_links_of_one_place_are_listed_once():
    homes = points(SOUTH, residents=[10] * 21)
    links = found(river(), (1000.0, 60.0), homes, MissingLinks(max_link_m=70, link_spacing_m=400))
    at = links.geometry.map(lambda line: line.coords[0][0])
    assert (np.diff(np.sort(at)) >= 400).all()
    assert links["residents_gained"].is_monotonic_decreasing
    assert links["rank"].tolist() == list(range(1, len(links) + 1))
    few = found(river(), (1000.0, 60.0), homes, MissingLinks(max_link_m=70, links_listed=1))
    assert len(few) == 1


def test_the_order_of_streets_and_homes_changes_nothing():
    homes = points(SOUTH, residents=[10] * 21)  # left and right of the best link all is alike
    rules = MissingLinks(max_link_m=120, link_spacing_m=90)
    links = found(river(), (1000.0, 60.0), homes, rules)
    again = found(river(turned=True), (1000.0, 60.0), homes.iloc[::-1], rules)
    assert len(links) > 5
    assert_geodataframe_equal(links, again, check_less_precise=True)


def test_a_link_is_named_by_what_it_crosses_and_where_it_ends():
    homes = points(SOUTH, residents=[1] * 21)
    where = areas((-10, -10, 3000, 30), (-10, 30, 3000, 100))
    rails = barriers(railway=shapely.LineString([(-100, 40), (3000, 40)]))
    blocks = gpd.GeoDataFrame(geometry=[shapely.box(0, 15, 3000, 30)], crs=CRS)
    best = found(river(), (1000.0, 60.0), homes, where=where, over=rails, blocks=blocks).iloc[0]
    assert best["barrier"] == "railway"
    assert best["name"] == "P0 / P1"
    assert best["planning_area_id"] == "p0"
    assert best["share_in_blocks"] == pytest.approx(15 / 59)  # without half a metre at each end
    both = barriers(
        railway=shapely.LineString([(-100, 40), (3000, 40)]), water=shapely.box(0, 15, 3000, 35)
    )
    assert found(river(), (1000.0, 60.0), homes, over=both).iloc[0]["barrier"] == "water"
    ditch = barriers(water=shapely.box(0, 15, 3000, 20))
    assert found(river(), (1000.0, 60.0), homes, over=ditch).iloc[0]["barrier"] == "block"


def test_only_links_across_what_is_asked_for_are_listed():
    homes = points(SOUTH, residents=[1] * 21)
    # A canal up to x = 1000, and open ground behind.
    west = barriers(water=shapely.box(-100, 10, 1030, 50))
    every = found(river(), (1200.0, 60.0), homes, MissingLinks(link_spacing_m=0), over=west)
    wet = found(
        river(), (1200.0, 60.0), homes, MissingLinks(across=("water",), link_spacing_m=0), over=west
    )
    assert set(every["barrier"]) == {"water", "block"}
    assert set(wet["barrier"]) == {"water"}
    assert wet["residents_gained"].max() < every["residents_gained"].max()


def test_links_end_inside_the_areas():
    homes = points(SOUTH, residents=[10] * 21)
    west = areas((-10, -10, 800, 100))
    links = found(river(), (1000.0, 60.0), homes, where=west)
    assert links.geometry.covered_by(shapely.box(-10, -10, 800, 100)).all()
    assert links.iloc[0].geometry.coords[0][0] == 800  # homes outside gain from it all the same
    nowhere = areas((-900, -900, -800, -800))
    assert found(river(), (1000.0, 60.0), homes, where=nowhere).empty


def test_nothing_is_listed_where_nobody_would_gain():
    near = points([(1000.0, 60.0), (1100.0, 60.0)], residents=[5, 5])
    links = found(river(), (1000.0, 60.0), near)
    assert links.empty
    assert links.crs == CRS
    assert {"link_id", "residents_gained", "geometry"} <= set(links)
    assert found(river(), (1000.0, 60.0), points(SOUTH, residents=[0] * 21)).empty


def test_a_short_way_round_is_no_missing_link():
    homes = points(SOUTH, residents=[10] * 21)
    beside = (200.0, 60.0)  # the bridge is 200 m away: 460 m round from bank to bank
    far = found(river(), beside, homes, MissingLinks(min_detour_m=800, link_spacing_m=0))
    assert (far["between_m"] - far["length_m"] >= 800).all()
    many = found(river(), beside, homes, MissingLinks(min_detour_ratio=20, link_spacing_m=0))
    assert (many["between_m"] >= 20 * many["length_m"]).all()
    every = found(river(), beside, homes, MissingLinks(min_detour_m=0, min_detour_ratio=1))
    assert every.iloc[0]["residents_gained"] >= far["residents_gained"].max()


def test_homes_without_a_walk_gain_where_the_link_ends_a_search_that_was_cut_off():
    reach = kr.reach(river(), points([(1000.0, 60.0)]), 700)  # round by the bridge: 2,060 m
    homes = points(SOUTH, residents=[10] * 21)
    links = missing_links(
        reach, Homes.of(homes, reach, None), T, EVERYWHERE, barriers(), NO_GROUND,
        MissingLinks(max_link_m=70),
    )  # fmt: skip
    assert links.iloc[0]["residents_gained"] == 90
    assert links[["walk_now_m", "between_m"]].iloc[0].isna().all()


STEP = 50.0  # of the grids below: as far apart as links may end, so that nodes are all their places


def grid(missing: set[int], size: int = 5):
    """A grid of streets with some of them missing, its nodes numbered row by row."""
    nodes = {r * size + c: (c * STEP, r * STEP) for r in range(size) for c in range(size)}
    edges = [(k, k + 1) for k in nodes if (k + 1) % size] + [
        (k, k + size) for k in nodes if k + size < size * size
    ]
    return nodes, [edge for k, edge in enumerate(edges) if k not in missing]


def every_link(nodes, edges, centre: int, homes: dict, rules: MissingLinks, threshold: float):
    """Add each possible link in turn and walk anew: gain, walk, and far end of each."""
    graph = nx.Graph()
    for u, v in edges:
        graph.add_edge(u, v, weight=float(np.hypot(*np.subtract(nodes[u], nodes[v]))))
    lines = [shapely.LineString([nodes[u], nodes[v]]) for u, v in edges]

    def walks(streets: nx.Graph) -> tuple[dict, dict]:
        node = nx.single_source_dijkstra_path_length(streets, centre)
        home = {(u, v): min(node[u], node[v]) + STEP / 2 for u, v in homes}
        return node, home

    now, before = walks(graph)
    rows = []
    for u, v in combinations(sorted(graph), 2):
        line = shapely.LineString([nodes[u], nodes[v]])
        length = line.length
        inner = shapely.LineString([line.interpolate(0.5), line.interpolate(length - 0.5)])
        between = nx.shortest_path_length(graph, u, v, "weight")
        apart = between >= max(length * rules.min_detour_ratio, length + rules.min_detour_m)
        if length > rules.max_link_m or not apart or shapely.intersects(inner, lines).any():
            continue
        far, near = (u, v) if now[u] > now[v] else (v, u)
        linked = graph.copy()
        linked.add_edge(u, v, weight=length)
        after = walks(linked)[1]
        gained = sum(
            n for home, n in homes.items() if before[home] > threshold >= after[home] - 1e-7
        )
        rows.append((gained, round(now[near] + length, 6), far))
    table = pd.DataFrame(rows, columns=["gained", "walk", "far"])
    return table[table["gained"] > 0]


def greedy(table: pd.DataFrame, nodes, rules: MissingLinks) -> list[int]:
    """Take the best link of each far end, then the best of each place."""
    ends = table.sort_values(["far", "walk"]).drop_duplicates("far")
    ends = ends.assign(x=ends["far"].map(lambda k: nodes[k][0]))
    ends = ends.assign(y=ends["far"].map(lambda k: nodes[k][1]))
    ends = ends.sort_values(["gained", "walk", "x", "y"], ascending=[False, True, True, True])
    chosen: list = []
    for row in ends.itertuples():
        near = [np.hypot(row.x - c.x, row.y - c.y) < rules.link_spacing_m for c in chosen]
        if not any(near):
            chosen.append(row)
    return [row.gained for row in chosen[: rules.links_listed]]


@settings(max_examples=40, deadline=None)
@given(
    missing=st.sets(st.integers(0, 39), max_size=22),
    centre=st.integers(0, 24),
    residents=st.lists(st.integers(0, 9), min_size=40, max_size=40),
    threshold=st.sampled_from([75.0, 120.0, 175.0]),
    length=st.sampled_from([50.0, 71.0, 112.0]),
    spacing=st.sampled_from([0.0, 60.0, 120.0]),
)
def test_links_and_what_they_gain_are_those_of_trying_every_pair(
    missing, centre, residents, threshold, length, spacing
):
    nodes, edges = grid(missing)
    graph = nx.Graph(edges)
    assume(len(graph) > 2)
    part = max(nx.connected_components(graph), key=lambda c: (graph.subgraph(c).size(), -min(c)))
    assume(centre in part)
    edges = [(u, v) for u, v in edges if u in part]
    nodes = {k: nodes[k] for k in part}
    rules = MissingLinks(
        max_link_m=length,
        min_detour_m=60,
        min_detour_ratio=1.5,
        link_spacing_m=spacing,
        links_listed=5,
    )
    homes = dict(zip(edges, residents, strict=False))
    places = [tuple(np.add(nodes[u], nodes[v]) / 2) for u, v in homes]
    net = network(nodes, edges)
    reach = kr.reach(net, points([nodes[centre]]), 5000)
    people = points(places, residents=list(homes.values()))
    links = missing_links(
        reach, Homes.of(people, reach, None), threshold, EVERYWHERE, barriers(), NO_GROUND, rules
    )
    expected = greedy(every_link(nodes, edges, centre, homes, rules, threshold), nodes, rules)
    assert links["residents_gained"].tolist() == expected
    for link in links.itertuples():
        _check_on_the_network_with_it(link, nodes, edges, people, reach, threshold)


def _check_on_the_network_with_it(link, nodes, edges, people, before, threshold):
    """Compute all walks anew on a network that has the link."""
    number = {place: k for k, place in nodes.items()}
    far, near = (number[place] for place in link.geometry.coords)
    after = kr.reach(network(nodes, [*edges, (far, near)]), _centre(before), 5000)
    served = [r.distance(people) <= threshold for r in (before, after)]
    gained = people["residents"][served[1] & ~served[0]].sum()
    assert gained == link.residents_gained
    assert (served[1] >= served[0]).all()
    ends = points([nodes[far]])
    assert before.distance(ends)[0] == pytest.approx(link.walk_now_m, abs=1e-6)
    assert after.distance(ends)[0] == pytest.approx(link.walk_new_m, abs=1e-6)


def _centre(reach) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        index=reach.centre_ids, geometry=shapely.points(reach.centre_xy), crs=CRS
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("max_link_m = 0", "more than 1"),
        ("max_link_m = 900", "500 or less"),
        ("links_listed = 0", "1 or more"),
        ("min_detour_ratio = 0.5", "1 or more"),
        ('across = ["wall"]', "water"),
        ("across = []", "at least 1 entry"),
        ("max_lnik_m = 90", "Did you mean 'max_link_m'?"),
    ],
)
def test_rules_that_make_no_sense_are_refused(tmp_path: Path, line: str, told: str):
    study = write_small_study(tmp_path, study=lambda text: f"{text}\n[missing_links]\n{line}\n")
    with pytest.raises(StudyError, match="missing_links") as error:
        kr.read_study(study)
    assert told in str(error.value)


def gapped(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take out all crossings of a railway between x = 1000 and 1100 but the southernmost."""
    xy = [shapely.get_coordinates(line) for line in streets.geometry]
    south = min(line[0, 1] for line in xy)
    x0 = 390_000 + 1050
    kept = []
    for line in xy:
        if line[0, 1] == line[-1, 1] != south:
            kept += [line[line[:, 0] < x0], line[line[:, 0] > x0]]
        else:
            kept.append(line)
    return gpd.GeoDataFrame(geometry=[shapely.LineString(line) for line in kept], crs=CRS)


LINKS = "\n[missing_links]\nmax_link_m = 110\n"


def rail_study(folder: Path) -> Path:
    return write_small_study(
        folder,
        streets=gapped,
        centres=lambda table: table[table["centre_id"] != "c1"],
        study=lambda text: text.replace("500", "700") + LINKS,
    )


def test_the_outputs_hold_the_links_and_the_command_tells_them(tmp_path: Path):
    study = kr.read_study(rail_study(tmp_path / "study"))
    inputs = read_inputs(study)
    analysis = analyse(study, inputs)
    (tmp_path / "tables").mkdir()
    write_tables(study, inputs, analysis, tmp_path / "tables")
    write_geopackage(study, layers(study, inputs, analysis), tmp_path / "layers.gpkg")
    table = pd.read_csv(tmp_path / "tables/missing_links.csv", dtype={"planning_area_id": str})
    links = analysis.missing_links
    assert table["residents_gained"].tolist() == links["residents_gained"].tolist() != []
    assert ["missing_links", "LineString"] in list_layers(tmp_path / "layers.gpkg").tolist()
    assert "missing_links.csv" in (tmp_path / "tables/README.txt").read_text(encoding="utf-8")
    fields = json.loads(write_data_package(study, inputs, tmp_path).read_text(encoding="utf-8"))
    assert "missing-links" in [resource["name"] for resource in fields["resources"]]

    told = CliRunner().invoke(group, ["links", str(study.file), "-q"])
    assert told.exit_code == 0, told.output
    name, gained = links.iloc[0][["name", "residents_gained"]]
    across = "through a block or over open ground, 100\N{NARROW NO-BREAK SPACE}m"
    assert f"1. {name}: {across}; {gained} residents more" in told.stdout
    assert "Check each on a map" in told.stdout
    asked = CliRunner().invoke(group, ["links", str(study.file), "-q", "--json", "--top", "1"])
    answer = json.loads(asked.stdout)
    assert answer["rules"]["links_listed"] == 1
    assert [link["residents_gained"] for link in answer["links"]] == [gained]
    none = CliRunner().invoke(group, ["links", str(study.file), "-q", "--across", "water"])
    assert "There is none that would help anybody." in none.stdout


def test_a_study_that_does_not_ask_has_no_links(tmp_path: Path):
    study = kr.read_study(write_small_study(tmp_path / "study"))
    inputs = read_inputs(study)
    analysis = analyse(study, inputs)
    assert analysis.missing_links is None
    assert "missing_links" not in layers(study, inputs, analysis)
    write_tables(study, inputs, analysis, tmp_path)
    assert not (tmp_path / "missing_links.csv").exists()


@pytest.mark.parametrize("option", ["--max-length=0", "--max-length=900", "--top=0", "--across=x"])
def test_the_command_refuses_what_no_link_can_be(option: str):
    assert CliRunner().invoke(group, ["links", option]).exit_code == 2
