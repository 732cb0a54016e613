"""Obstacles: everything whose interior holds no street."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

    from skeleton.inputs import Geometries, Layers

MIN_WATER_M2 = 800.0  # smaller ponds are walked around without a detour
MIN_RAIL_M2 = 400.0  # slivers between two underpasses
MIN_OPEN_M2 = 2_500.0  # half a football pitch: smaller openings are plain street space
RAIL_HALF_WIDTH_M = 5.0  # one track with its ballast bed
RAIL_CLOSING_M = 5.0  # joins the parallel tracks of one corridor
# An open area is what is left farther than this from the obstacle next to it.
OPEN_FROM_BLOCK_M, OPEN_FROM_WATER_M, OPEN_FROM_RAIL_M = 14.0, 10.0, 8.0
OPEN_HALF_WIDTH_M = 18.0  # gaps narrower than this beyond the margins are streets, not areas
RAIL_CLASSES = ("rail", "light_rail", "subway")  # trams run in the street and are crossed anywhere


class Kind(IntEnum):
    """What an obstacle is; the order is the order of the labels."""

    BLOCK = 0
    WATER = 1
    RAIL = 2
    OPEN = 3
    MOTORWAY = 4


@dataclass(frozen=True)
class Obstacles:
    """Obstacle polygons by kind (EPSG:25833); a label numbers them in the order of ``Kind``."""

    blocks: Geometries
    water: Geometries
    rail: Geometries
    open_areas: Geometries
    motorways: Geometries

    @property
    def by_kind(self) -> tuple[Geometries, ...]:
        """The polygons of each kind in the order of ``Kind``."""
        return (self.blocks, self.water, self.rail, self.open_areas, self.motorways)

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """The first label of each kind, and the number of labels at the end."""
        return np.cumsum([0, *(len(part) for part in self.by_kind)])

    def kind_of(self, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the ``Kind`` of each label."""
        return np.searchsorted(self.offsets, labels, side="right") - 1

    def barriers(self) -> Geometries:
        """Return the polygons that only a bridge or underpass leads across."""
        return np.concatenate([self.water, self.rail, self.motorways])


def build_obstacles(layers: Layers, motorways: Geometries) -> Obstacles:
    """Build the obstacle polygons from the input layers.

    Parameters
    ----------
    layers
        Input layers in EPSG:25833.
    motorways
        Polygons of the motorway corridors in EPSG:25833.

    Returns
    -------
    Obstacles
        Obstacles that do not overlap (blocks win over water, water over rail).
    """
    built = shapely.union_all(layers.blocks)
    water = _water(layers.water, built)
    wet = shapely.union_all(water)
    rail = _rail(layers.railways, shapely.union_all([built, wet]))
    tracks = shapely.union_all(rail)
    roads = _polygons(
        shapely.difference(shapely.union_all(motorways), shapely.union_all([built, wet])),
        MIN_RAIL_M2,
    )
    open_areas = _open_areas(layers.boundary, built, wet, [tracks, shapely.union_all(roads)])
    return Obstacles(layers.blocks, water, rail, open_areas, roads)


def _polygons(geometry: shapely.Geometry, min_area: float) -> Geometries:
    """Return the polygon parts above a minimum area in m2."""
    parts = shapely.get_parts(geometry)
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return np.asarray(parts[polygon & (shapely.area(parts) > min_area)])


def _water(water: Geometries, built: shapely.Geometry) -> Geometries:
    """Return water outside blocks without slivers (opening by 1 m)."""
    outside = shapely.difference(shapely.union_all(water), built)
    return _polygons(outside.buffer(-1).buffer(1), MIN_WATER_M2)


def _rail(railways: gpd.GeoDataFrame, taken: shapely.Geometry) -> Geometries:
    """Return rail corridors at grade, opened where the railway itself is on a bridge or below."""
    lines = railways[railways["fclass"].isin(RAIL_CLASSES)]
    layer = lines["layer"].astype(float)
    flagged = (lines["bridge"].astype(str) == "True") | (lines["tunnel"].astype(str) == "True")
    lifted = (flagged | (layer != 0)).to_numpy()
    tracks = lines.geometry.to_numpy()
    corridor = shapely.union_all(
        shapely.buffer(tracks[~lifted], RAIL_HALF_WIDTH_M, cap_style="flat")
    )
    corridor = corridor.buffer(RAIL_CLOSING_M).buffer(-RAIL_CLOSING_M)
    passages = shapely.union_all(
        shapely.buffer(tracks[lifted], RAIL_HALF_WIDTH_M, cap_style="flat")
    )
    free = shapely.difference(shapely.difference(corridor, taken), passages)
    return _polygons(free, MIN_RAIL_M2)


def _open_areas(
    boundary: shapely.Geometry,
    built: shapely.Geometry,
    wet: shapely.Geometry,
    corridors: list[shapely.Geometry],
) -> Geometries:
    """Return the wide unbuilt rest: parks, squares, forest, fields."""
    taken = [
        built.buffer(OPEN_FROM_BLOCK_M, quad_segs=2),
        wet.buffer(OPEN_FROM_WATER_M, quad_segs=2),
        *(part.buffer(OPEN_FROM_RAIL_M, quad_segs=2) for part in corridors),
    ]
    rest = shapely.difference(shapely.simplify(boundary, 5), shapely.union_all(taken))
    wide = rest.buffer(-OPEN_HALF_WIDTH_M, quad_segs=2).buffer(OPEN_HALF_WIDTH_M - 1, quad_segs=2)
    return _polygons(wide, MIN_OPEN_M2)
