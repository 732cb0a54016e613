"""Catchments of small worlds as pictures that are checked by eye and then kept.

Red bands are catchments, the darkest the nearest; lines are streets, blue is water, the white
disc a centre, a hollow one a centre that no street leads to. After a wanted change, draw them
anew and look at each of them before it is kept:

    KIEZREACH_REDRAW=1 python -m pytest tests/pictures
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image

from kiezreach.catchments import catchments
from kiezreach.network import network_from_lines
from kiezreach.reach import reach

CRS = "EPSG:25833"
ORIGIN = np.array([390_000.0, 5_820_000.0])
METRES_PER_PIXEL = 4.0
MARGIN_M = 200.0
MOST_BYTES = 10_000
TOLERANCE = 0.002  # share of pixels: libraries round borders differently in their last digit
GROUND, WATER, FAR, MIDDLE, NEAR, STREET, WHITE = range(7)
PALETTE = [(245, 243, 238), (178, 211, 232), (252, 208, 190), (240, 138, 112), (196, 60, 48),
           (70, 70, 70), (255, 255, 255)]  # fmt: skip
Line = list[tuple[float, float]]


@dataclass(frozen=True)
class World:
    streets: list[Line]
    centres: list[tuple[float, float]]
    thresholds: tuple[float, float, float]
    water: list[tuple[float, float, float, float]] = field(default_factory=list)


def spiral() -> Line:
    """A street of two and a half turns, 240 m apart; its arms never meet."""
    turns = np.linspace(0.5, 3.0, 121)
    angle = 2 * math.pi * turns
    return list(zip(240 * turns * np.cos(angle), 240 * turns * np.sin(angle), strict=True))


WORLDS = {
    "ladder": World(
        streets=[
            [(x, y) for x in range(0, 1001, 200)] for y in (0, 240)
        ] + [[(x, 0), (x, 240)] for x in range(0, 1001, 200)],
        centres=[(0, 0)],
        thresholds=(300, 600, 900),
    ),
    "river": World(
        streets=[[(0, 0), (900, 0)], [(0, 120), (900, 120)], [(900, 0), (900, 120)]],
        centres=[(300, 0)],
        thresholds=(400, 900, 1300),
        water=[(-300, 30, 870, 90), (930, 30, 1200, 90)],
    ),
    "spiral": World(streets=[spiral()], centres=[spiral()[0]], thresholds=(500, 1500, 3000)),
    "square": World(
        streets=[[(0, 0), (800, 0), (800, 800), (0, 800), (0, 0)]],
        centres=[(200, 0)],
        thresholds=(500, 1200, 1700),
    ),
    "two-islands": World(
        streets=[
            [(0, 0), (400, 0), (400, 300), (0, 300), (0, 0)],
            [(200, 0), (200, 300)],
            [(0, 0), (0, 300)],
            [(800, 0), (1000, 0), (1000, 300)],
        ],
        centres=[(0, 150), (900, 0)],
        thresholds=(200, 400, 600),
        water=[(-300, -300, -60, 600), (460, -300, 740, 600), (1060, -300, 1300, 600),
               (-300, -300, 1300, -60), (-300, 360, 1300, 600)],
    ),
}  # fmt: skip


def draw(world: World) -> np.ndarray:
    """Return the palette index of each pixel, rows from north to south."""
    lines = np.array([shapely.LineString(np.array(line) + ORIGIN) for line in world.streets])
    centres = shapely.points(np.array(world.centres) + ORIGIN)
    reached = reach(
        network_from_lines(gpd.GeoSeries(lines, crs=CRS)),
        gpd.GeoDataFrame(geometry=centres, crs=CRS),
    )
    x0, y0, x1, y1 = shapely.total_bounds(lines) + np.array([-1, -1, 1, 1]) * MARGIN_M
    half = METRES_PER_PIXEL / 2
    x, y = np.meshgrid(
        np.arange(x0 + half, x1, METRES_PER_PIXEL), np.arange(y0 + half, y1, METRES_PER_PIXEL)[::-1]
    )
    picture = np.full(x.shape, GROUND, dtype=np.uint8)
    for corners in world.water:
        west, south, east, north = np.array(corners) + np.tile(ORIGIN, 2)
        picture[(x > west) & (x < east) & (y > south) & (y < north)] = WATER
    for shape, colour in zip(
        catchments(reached, world.thresholds).geometry[::-1], (FAR, MIDDLE, NEAR), strict=True
    ):
        picture[shapely.contains_xy(shape, x, y)] = colour
    pixels = shapely.points(x, y)
    picture[shapely.distance(shapely.multilinestrings(lines), pixels) <= METRES_PER_PIXEL] = STREET
    for centre, linked in zip(centres, reached.centres.linked, strict=True):
        away = shapely.distance(centre, pixels)
        picture[away <= 20] = STREET
        picture[away <= (16 if linked else 14)] = WHITE
        if not linked:
            picture[away <= 10] = GROUND
    return picture


def save(picture: np.ndarray, path: Path) -> None:
    image = Image.fromarray(picture, mode="P")
    image.putpalette([value for colour in PALETTE for value in colour])
    image.save(path, optimize=True)


@pytest.mark.parametrize("name", WORLDS)
def test_the_picture_is_as_it_was_when_it_was_checked(name, tmp_path):
    kept = Path(__file__).parent / f"{name}.png"
    picture = draw(WORLDS[name])
    if os.environ.get("KIEZREACH_REDRAW"):
        save(picture, kept)
        pytest.skip(f"{kept.name} is drawn anew: look at it")
    before = np.asarray(Image.open(kept))
    now = tmp_path / kept.name
    save(picture, now)
    assert before.shape == picture.shape, f"another size; see {now}"
    share = (before != picture).mean()
    assert share <= TOLERANCE, f"{share:.2%} of the pixels differ; see {now}"
    assert kept.stat().st_size <= MOST_BYTES
