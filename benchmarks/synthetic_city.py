"""A city of any size that looks like one: streets, bends, dead ends and a river with bridges.

The same number of nodes gives the same city every time. By default it has the size of a large
European city's walking network: about 439,000 nodes and 1.2 million directed edges on 890 km2.

    python benchmarks/synthetic_city.py city.walk.parquet --nodes 439000
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kiezreach.network import Provenance, WalkNetwork, network_from_ways

if TYPE_CHECKING:
    import numpy.typing as npt

NODES = 439_000
SPACING_M = 57.6  # mean width of a block: with footpaths and yards, as in OpenStreetMap
NODES_PER_CROSSING = 1.704  # dead ends and the junctions that they leave from come on top
DEAD_ENDS = 0.2167  # share of streets that a dead end leaves from
RIVER_HALF_WIDTH_M = 60.0
BRIDGE_EVERY = 14  # streets, about 800 m
ORIGIN_M = (370_000.0, 5_800_000.0)
CRS = "EPSG:25833"


@dataclass(frozen=True)
class _Streets:
    """Straight streets between crossings."""

    crossing: npt.NDArray[np.float64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]


def synthetic_city(nodes: int = NODES, *, seed: int = 1) -> WalkNetwork:
    """Build a city of about as many nodes."""
    rng = np.random.default_rng(seed)
    side = round((nodes / NODES_PER_CROSSING) ** 0.5)
    crossing = _crossings(rng, side)
    streets = _streets(rng, crossing, side)
    xy, offsets, vertices = _ways(rng, streets)
    provenance = Provenance(source=f"synthetic city, seed {seed}")
    return network_from_ways(xy, offsets, vertices, crs=CRS, provenance=provenance)


def _crossings(rng: np.random.Generator, side: int) -> npt.NDArray[np.float64]:
    """Crossings of an uneven, bent grid, shape (side, side, 2): row, column, x and y."""
    widths = SPACING_M * (0.5 + rng.gamma(2.0, 0.25, size=(2, side)))
    x, y = np.meshgrid(*np.cumsum(widths, axis=1))
    size = SPACING_M * side
    bent_x = x + 0.02 * size * np.sin(2 * np.pi * y / size + 1.0)
    bent_y = y + 0.02 * size * np.sin(3 * np.pi * x / size)
    jitter = rng.uniform(-0.12, 0.12, size=(side, side, 2)) * SPACING_M
    return np.stack([bent_x, bent_y], axis=-1) + jitter + np.array(ORIGIN_M)


def _streets(rng: np.random.Generator, crossing: npt.NDArray[np.float64], side: int) -> _Streets:
    """Join neighbouring crossings, leave some streets out, and cross the river by bridges only."""
    number = np.arange(side * side).reshape(side, side)
    x, y = np.moveaxis(crossing, -1, 0)
    bank = y - _river_y(x, side)
    dry = np.abs(bank) > RIVER_HALF_WIDTH_M
    pairs = []
    for a, b in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1, :], np.s_[1:, :])):
        same_bank = dry[a] & dry[b] & (np.sign(bank[a]) == np.sign(bank[b]))
        built = rng.random(same_bank.shape) > _emptiness(x[a], y[a], side)
        pairs.append(np.column_stack([number[a][same_bank & built], number[b][same_bank & built]]))
    pairs.append(_bridges(bank, number))
    start, end = np.concatenate(pairs).T
    return _Streets(crossing.reshape(-1, 2), start, end)


def _river_y(x: npt.NDArray[np.float64], side: int) -> npt.NDArray[np.float64]:
    """Middle of the river, which winds through the city from west to east."""
    size = SPACING_M * side
    east = (x - ORIGIN_M[0]) / size
    return ORIGIN_M[1] + size * (0.5 + 0.06 * np.sin(7 * east) + 0.02 * np.sin(23 * east))


def _emptiness(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], side: int
) -> npt.NDArray[np.float64]:
    """Share of streets that are missing: few in the middle, many at the rim and in patches."""
    size = SPACING_M * side
    east, north = (x - ORIGIN_M[0]) / size - 0.5, (y - ORIGIN_M[1]) / size - 0.5
    patches = 0.05 * (1 + np.sin(31 * east) * np.sin(27 * north))
    return 0.06 + patches + 0.45 * (east**2 + north**2)


def _bridges(bank: npt.NDArray[np.float64], number: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Join the last crossing south of the river to the first one north of it."""
    columns = np.arange(BRIDGE_EVERY // 2, number.shape[1], BRIDGE_EVERY)
    south = np.where(bank[:, columns] < -RIVER_HALF_WIDTH_M, bank[:, columns], -np.inf).argmax(0)
    north = np.where(bank[:, columns] > RIVER_HALF_WIDTH_M, bank[:, columns], np.inf).argmin(0)
    return np.column_stack([number[south, columns], number[north, columns]])


def _ways(
    rng: np.random.Generator, streets: _Streets
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Bend the streets and add dead ends; return vertices and ways as `network_from_ways` asks."""
    start, end = streets.crossing[streets.start], streets.crossing[streets.end]
    step = end - start
    across = np.column_stack([-step[:, 1], step[:, 0]])
    has_dead_end = rng.random(len(start)) < DEAD_ENDS
    bends = np.maximum(rng.integers(0, 4, size=len(start)), has_dead_end)
    curve = rng.uniform(-0.12, 0.12, size=len(start))
    street = np.repeat(np.arange(len(start)), bends)
    nth = np.arange(len(street)) - np.repeat(np.cumsum(bends) - bends, bends)
    part = (nth + 1) / (bends[street] + 1)
    bow = curve[street] * np.sin(np.pi * part)
    bend_xy = start[street] + part[:, None] * step[street] + bow[:, None] * across[street]
    first_bend = len(streets.crossing) + np.cumsum(bends) - bends

    count = bends + 2
    offsets = np.concatenate([[0], np.cumsum(count)])
    vertices = np.empty(offsets[-1], dtype=np.int64)
    vertices[offsets[:-1]], vertices[offsets[1:] - 1] = streets.start, streets.end
    inner = np.ones(len(vertices), dtype=bool)
    inner[offsets[:-1]] = inner[offsets[1:] - 1] = False
    vertices[inner] = len(streets.crossing) + np.arange(len(street))

    door = np.flatnonzero(has_dead_end)
    junction = first_bend[door] + bends[door] // 2
    side = rng.choice([-1.0, 1.0], size=len(door)) * rng.uniform(0.25, 0.45, size=len(door))
    tip_xy = bend_xy[junction - len(streets.crossing)] + side[:, None] * across[door]
    tip = len(streets.crossing) + len(bend_xy) + np.arange(len(door))
    vertices = np.concatenate([vertices, np.column_stack([junction, tip]).ravel()])
    offsets = np.concatenate([offsets, offsets[-1] + 2 * np.arange(1, len(door) + 1)])
    return np.concatenate([streets.crossing, bend_xy, tip_xy]), offsets, vertices


def main() -> None:
    """Write a synthetic city to a network file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--nodes", type=int, default=NODES)
    args = parser.parse_args()
    net = synthetic_city(args.nodes)
    net.save(args.path)
    print(f"{net.n_nodes:,} nodes, {net.graph.nnz:,} directed edges: {args.path}")


if __name__ == "__main__":
    main()
