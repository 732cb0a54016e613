"""Small worlds drawn at random: streets between points of a coarse lattice, each with a bend."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from kiezreach.network import WalkNetwork, network_from_lines

CRS = "EPSG:25833"
X0, Y0 = 390_000.0, 5_820_000.0


def network(lines: list[list[tuple[float, float]]]) -> WalkNetwork:
    geometry = [shapely.LineString([(x + X0, y + Y0) for x, y in line]) for line in lines]
    return network_from_lines(gpd.GeoSeries(geometry, crs=CRS))


def at(points: list[tuple[float, float]], ids: list[str] | None = None) -> gpd.GeoDataFrame:
    geometry = [shapely.Point(x + X0, y + Y0) for x, y in points]
    names = ids or [f"{k:03}" for k in range(len(points))]
    return gpd.GeoDataFrame({"name": names}, geometry=geometry, crs=CRS, index=names)


lattice = st.tuples(st.integers(0, 5), st.integers(0, 5))
# Odd offsets keep points from lying equally near to two streets, where either may be taken.
anywhere = st.tuples(st.integers(-150, 650), st.integers(-150, 650)).map(
    lambda p: (p[0] + 0.137, p[1] + 0.291)
)


@st.composite
def worlds(draw):
    pairs = draw(
        st.lists(st.tuples(lattice, lattice), min_size=1, max_size=14, unique_by=frozenset).map(
            lambda ps: [(a, b) for a, b in ps if a != b]
        )
    )
    lines = []
    for number, (a, b) in enumerate(pairs or [((0, 0), (5, 5))]):
        bend = (draw(st.integers(-40, 40)), draw(st.integers(-40, 40)))
        start, end = (tuple(100.0 * v for v in p) for p in (a, b))
        own = 0.5 + 0.01 * number  # no two streets meet at their bends
        middle = tuple((p + q) / 2 + k + own for p, q, k in zip(start, end, bend, strict=True))
        lines.append([start, middle, end])
    centres = draw(st.lists(anywhere, min_size=1, max_size=4))
    points = draw(st.lists(anywhere, min_size=1, max_size=8))
    return lines, centres, points


def has_two_main_components(lines) -> bool:
    """Whether two components are equally long, so that either may be the main one."""
    net = network(lines)
    length = np.bincount(net.edge_component, net.edge_length)
    return len(length) > 1 and length[0] - length[1] < 0.1


several = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
