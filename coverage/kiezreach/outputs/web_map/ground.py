"""What lies behind the results: the packaged background and the streets of the walking network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.outputs.web_map.shapes import (
    encode_lines,
    in_degrees,
    lines_on_page,
    polygons_on_page,
)

if TYPE_CHECKING:
    from kiezreach.inputs import Inputs

_TOLERANCE_M = 5.0  # of water, green and railways
_MARGIN_M = 3000.0  # of the background drawn around the study area
_STREET_TOLERANCE_M = 3.0
_STREET_CELL_M = 2000.0  # the page decodes and draws streets by squares of this size
_STREET_MOST_BYTES = 3_000_000  # a network with more keeps its longest streets


def background(inputs: Inputs, whole: shapely.Geometry) -> dict[str, dict[str, Any]]:
    """Encode the background around the study area, polygons and lines apart.

    Parameters
    ----------
    inputs
        What the study read.
    whole
        The study area.
    """
    box = _around(whole)
    layers = {}
    for name, shapes in inputs.background.items():
        near = shapely.clip_by_rect(shapes.to_numpy(), *box)
        flat = shapely.get_parts(shapely.get_parts(near))
        series = gpd.GeoSeries(flat[~shapely.is_empty(flat)], crs=shapes.crs)
        surface = series[shapely.get_dimensions(series.to_numpy()) == 2]  # noqa: PLR2004
        polygons = polygons_on_page(surface, _TOLERANCE_M)
        layers[name] = {
            "polygons": [polygon for shape in polygons for polygon in shape],
            "lines": lines_on_page(series, _TOLERANCE_M),
        }
    return layers


def streets(inputs: Inputs, whole: shapely.Geometry) -> list[dict[str, Any]]:
    """Encode the streets of the walking network by squares.

    Parameters
    ----------
    inputs
        What the study read.
    whole
        The study area.

    Returns
    -------
    list
        Squares in a fixed order: ``box`` (south, west, north, east of its streets) and
        ``lines``, encoded lines joined by blanks. If all are too many for a page, the longest.
    """
    lines = _joined_streets(inputs.network.lines, _around(whole))
    if not len(lines):
        return []
    middle = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    square = np.floor(middle / _STREET_CELL_M).astype(np.int64)
    degrees = in_degrees(gpd.GeoSeries(lines, crs=inputs.network.crs)).to_numpy()
    encoded = encode_lines(degrees)
    size = np.cumsum([len(code) + 1 for code in encoded])
    kept = pd.DataFrame({"x": square[:, 0], "y": square[:, 1]})[size <= _STREET_MOST_BYTES]
    found = []
    for _, rows in kept.groupby(["x", "y"], sort=True):
        west, south, east, north = shapely.total_bounds(degrees[rows.index])
        found.append(
            {
                "box": [round(float(v), 5) for v in (south, west, north, east)],
                "lines": " ".join(encoded[k] for k in rows.index),
            }
        )
    return found


def _joined_streets(edges: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """Join the edges within a box to streets between junctions, the longest first."""
    near = edges[shapely.intersects(edges, shapely.box(*box))]
    joined = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(near)))
    simple = shapely.normalize(shapely.simplify(joined, _STREET_TOLERANCE_M))
    # In an order of their own: joining may depend on that of the edges.
    start = shapely.get_coordinates(shapely.get_point(simple, 0))
    end = shapely.get_coordinates(shapely.get_point(simple, -1))
    length = shapely.length(simple).round(3)
    return simple[np.lexsort([*end.T, *start.T, -length])]


def _around(whole: shapely.Geometry) -> tuple[float, float, float, float]:
    """Return the bounds of the study area with some room around."""
    west, south, east, north = shapely.bounds(shapely.buffer(whole, _MARGIN_M))
    return float(west), float(south), float(east), float(north)
