"""What a link would lead across: water, a railway, a motorway, or a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.network.water import BANK_M
from kiezreach.polygons import polygons, subdivide

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    Geometries = npt.NDArray[np.object_]

BARRIERS = ("water", "railway", "motorway")  # a link across several is named by the first
BLOCK = "block"  # what a link leads through that crosses no known barrier


class LinkGround:
    """The ground that links cross.

    Parameters
    ----------
    barriers
        ``kind`` and lines or polygons, in any CRS.
    inhabited
        Blocks that residents live in, in any CRS.
    crs
        CRS of the links.
    """

    def __init__(self, barriers: gpd.GeoDataFrame, inhabited: gpd.GeoDataFrame, crs: str) -> None:
        shapes = barriers.geometry.to_crs(crs).to_numpy()
        kind = barriers["kind"].to_numpy(dtype=object)
        self._barriers = {name: _Pieces(shapes[kind == name]) for name in BARRIERS}
        self._blocks = _Pieces(inhabited.geometry.to_crs(crs).to_numpy())

    def barrier(self, links: Geometries) -> npt.NDArray[np.object_]:
        """Name what each link leads across; water no wider than a ditch is none."""
        named = np.full(len(links), BLOCK, dtype=object)
        for kind in reversed(BARRIERS):
            pieces = self._barriers[kind]
            named[pieces.met(links) | (pieces.inside_m(links) > 2 * BANK_M)] = kind
        return named

    def share_in_blocks(self, links: Geometries) -> npt.NDArray[np.float64]:
        """Return the share of each link's length that lies on inhabited blocks."""
        return np.minimum(self._blocks.inside_m(links) / shapely.length(links), 1.0)


class _Pieces:
    """Lines as they are, and polygons in small pieces."""

    def __init__(self, shapes: Geometries) -> None:
        parts = shapely.get_parts(shapes)
        self._lines = shapely.STRtree(parts[shapely.get_dimensions(parts) == 1])
        self._grounds = shapely.STRtree(subdivide(polygons(parts)))

    def met(self, links: Geometries) -> npt.NDArray[np.bool_]:
        """Tell which links meet a line."""
        found = np.zeros(len(links), dtype=bool)
        found[self._lines.query(links, predicate="intersects")[0]] = True
        return found

    def inside_m(self, links: Geometries) -> npt.NDArray[np.float64]:
        """Return how many metres of each link lie in polygons."""
        link, ground = self._grounds.query(links, predicate="intersects")
        inside = shapely.intersection(links[link], self._grounds.geometries[ground])
        metres = np.zeros(len(links))
        np.add.at(metres, link, shapely.length(inside))
        return metres
