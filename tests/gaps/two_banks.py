"""Two streets, 100 m apart, that something runs between; only their western ends meet.

::

    y=100  o-----------------------[ north ]-------
           |
    y=50   |        - - - - - the barrier - - - - - -
           |
    y=0    C-----------------------[ south ]-------
          x=0                  x=2000 .. 2180      4000

The one centre C stands at the west end. All lengths are metres on the paper.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import kiezreach as kr
from kiezreach.network import network_from_lines

CRS = "EPSG:25833"
X0, Y0 = 390_000.0, 5_820_000.0
STEPS = np.arange(0, 4001, 10)

Way = Sequence[tuple[float, float]]


def line(way: Way) -> shapely.LineString:
    return shapely.LineString(np.asarray(way, dtype=float) + np.array([X0, Y0]))


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    return shapely.box(X0 + x0, Y0 + y0, X0 + x1, Y0 + y1)


def point(x: float, y: float) -> shapely.Point:
    return shapely.Point(X0 + x, Y0 + y)


NORTH, SOUTH = box(2000, 55, 2180, 90), box(2000, 10, 2180, 45)


def reach_with(*ways: Way) -> kr.Reach:
    """Walking distances with further ways; their ends lie on a street at a multiple of 10 m."""
    streets = [
        line([(x, 0.0) for x in STEPS]),
        line([(x, 100.0) for x in STEPS]),
        line([(0, 0), (0, 100)]),
    ]
    net = network_from_lines(gpd.GeoSeries([*streets, *(line(way) for way in ways)], crs=CRS))
    return kr.reach(net, gpd.GeoDataFrame(geometry=[point(0, 0)], crs=CRS, index=["c"]))


def blocks(*shapes: shapely.Polygon) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=CRS)


def people(*places: tuple[float, float, int]) -> gpd.GeoDataFrame:
    """Residents at places: x, y and how many."""
    return gpd.GeoDataFrame(
        {
            "residents": [n for _, _, n in places],
            "planning_area_id": ["north" if y > 50 else "south" for _, y, _ in places],
        },
        geometry=[point(x, y) for x, y, _ in places],
        crs=CRS,
    )


def barrier(kind: str, shape: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"kind": [kind]}, geometry=[shape], crs=CRS)


RAILWAY = barrier("railway", line([(500, 50), (4000, 50)]))
CANAL = barrier("water", box(500, 46, 4000, 54))
NO_BARRIER = pd.concat([RAILWAY, CANAL]).iloc[:0]
