"""The places of cells are those of points: the same edge, offset and access leg, also in ties."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from kiezreach.network import WalkNetwork, network_from_lines
from kiezreach.network.cells import TILE, CellIndex
from kiezreach.network.snap import snap

CRS = "EPSG:25833"
ACCESS_M = 170.0
X0, Y0 = 390_000.0, 5_820_000.0


def network(lines) -> WalkNetwork:
    shapes = [shapely.LineString([(x + X0, y + Y0) for x, y in line]) for line in lines]
    return network_from_lines(gpd.GeoSeries(shapes, crs=CRS))


def ladder(step: float) -> list[list[tuple[float, float]]]:
    """Streets of a lattice, whose diagonals lie equally near to two of them."""
    ends = [(i * step, (i + 1) * step, j * step) for i in range(5) for j in range(6)]
    rows = [[(a, y), (b, y)] for a, b, y in ends]
    return rows + [[(y, x) for x, y in line] for line in rows]


def tangle(seed: int) -> list[list[tuple[float, float]]]:
    """Streets with many bends, a loop, very long and very short pieces."""
    random = np.random.default_rng(seed)
    spots = random.uniform(0, 900, (14, 2)).round(3)
    lines = [spots[random.integers(0, 14, 5)].tolist() for _ in range(10)]
    return [*lines, [(0, 0), (7000.5, 3000.25)], [(0, 0), (0.002, 0.001), (60, 0), (0, 80), (0, 0)]]


WORLDS = {
    "ladder": ladder(100),
    "ladder between cells": ladder(90),
    "one street": [[(0, 0), (400, 0)]],
    "crossing without a joint": [[(0, 0), (300, 300)], [(0, 0), (0, 300), (300, 0)]],
    **{f"tangle {seed}": tangle(seed) for seed in range(4)},
}


@pytest.mark.parametrize("cell_m", [5.0, 10.0, 30.0])
@pytest.mark.parametrize("lines", WORLDS.values(), ids=WORLDS)
def test_every_cell_has_the_place_of_a_point_at_its_middle(lines, cell_m):
    check_cells(network(lines), cell_m)


@pytest.mark.parametrize("cell_m", [5.0, 10.0, 30.0])
@pytest.mark.parametrize("lines", WORLDS.values(), ids=WORLDS)
def test_so_it_has_where_water_lies_between(lines, cell_m):
    river = shapely.LineString([(-200, 30), (150, 130), (900, 170)]).buffer(18)
    pond = shapely.Point(230, 260).buffer(40)
    water = gpd.GeoSeries([river, pond], crs=CRS).translate(X0, Y0)
    check_cells(network(lines).with_water(water), cell_m)


def check_cells(net: WalkNetwork, cell_m: float) -> None:
    low, high = np.split(shapely.total_bounds(net.lines), 2)
    high = np.minimum(high, low + 1000)  # of the long street, its beginning
    span = [
        np.arange(a // (TILE * cell_m) - 1, b // (TILE * cell_m) + 2)
        for a, b in zip(low, high, strict=True)
    ]
    tiles = np.stack(np.meshgrid(*span), -1).reshape(-1, 2).astype(np.int64)
    inner = np.stack(np.meshgrid(np.arange(TILE), np.arange(TILE)), -1).reshape(-1, 2)
    for i, j, found in CellIndex(net, cell_m, ACCESS_M).tiles(tiles):
        cells = (np.array([i, j]) * TILE + inner + 0.5) * cell_m
        expected = snap(net, cells, ACCESS_M)
        edge = np.full(TILE * TILE, -1)
        offset, access = np.zeros(TILE * TILE), np.zeros(TILE * TILE)
        at = found.row.astype(int) * TILE + found.column
        edge[at], offset[at], access[at] = found.edge, found.offset, found.access
        assert np.array_equal(edge, expected.edge)
        assert np.allclose(offset[at], expected.offset[at], atol=1e-3)
        assert np.allclose(access[at], expected.access[at], atol=1e-3)
