"""Derive a light map background of Berlin: water, vegetation and railways above ground.

The layers are for orientation on print and web maps at 1:20,000 and smaller, not for analysis.
Water keeps its names; vegetation covers forest, grass, meadow, scrub and heath (parks, cemeteries
and allotments have no polygons in the origin); the railway layer has lines of long-distance,
suburban and underground trains where they run above ground.

Usage::

    python scripts/derive_background.py [--shared DIR] [--out FILE]
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from berlin_inputs import (
    BERLIN_CRS,
    DEFAULT_DATA,
    DEFAULT_SHARED,
    as_multipolygons,
    megabytes,
    on_grid,
    read_green,
    read_surface_railways,
    read_water,
    write_gpkg,
)

COORDINATE_GRID_M: Final = 1.0
SIMPLIFY_M: Final = 5.0
MIN_WATER_M2: Final = 3_000.0
MIN_GREEN_M2: Final = 10_000.0
MIN_HOLE_M2: Final = 2_000.0
"""Smaller holes in vegetation cannot be seen on the maps and are filled."""

MIN_RAILWAY_M: Final = 100.0
"""Shorter pieces that touch no other line are sidings and rests of clipping."""

SEAM_M: Final = 1.0
"""Neighbouring waters overlap by this, so that simplifying leaves no gaps between them."""

ObjectArray = npt.NDArray[np.object_]


def tidy_polygons(shapes: ObjectArray) -> ObjectArray:
    """Simplify polygons, round them to the grid and return valid MultiPolygons."""
    simple = on_grid(shapely.simplify(shapes, SIMPLIFY_M), COORDINATE_GRID_M)
    return as_multipolygons(shapely.buffer(shapely.make_valid(simple), 0))


def derive_water(shared: Path) -> gpd.GeoDataFrame:
    """Return water by name, without ponds that touch no other water."""
    frame = read_water(shared)
    frame["geometry"] = frame.geometry.make_valid().buffer(SEAM_M, join_style="mitre")
    bodies = shapely.get_parts(shapely.union_all(frame.geometry.to_numpy()))
    bodies = bodies[shapely.area(bodies) >= MIN_WATER_M2]
    kept = np.unique(shapely.STRtree(bodies).query(frame.geometry.to_numpy(), "intersects")[0])
    named = frame.iloc[kept].dissolve("name", dropna=False).reset_index()
    named = named.sort_values("name", na_position="last", ignore_index=True)
    named["geometry"] = tidy_polygons(named.geometry.to_numpy())
    return named.loc[~named.is_empty, ["name", "geometry"]].reset_index(drop=True)


def derive_green(shared: Path) -> gpd.GeoDataFrame:
    """Return vegetation as dissolved polygons."""
    merged = shapely.union_all(read_green(shared).geometry.make_valid().to_numpy())
    parts = shapely.get_parts(merged)
    parts = parts[shapely.area(parts) >= MIN_GREEN_M2]
    shapes = tidy_polygons(np.array([without_small_holes(part) for part in parts], dtype=object))
    frame = gpd.GeoDataFrame(geometry=shapes[~shapely.is_empty(shapes)], crs=BERLIN_CRS)
    order = frame.bounds.sort_values(["minx", "miny", "maxx", "maxy"]).index
    return frame.loc[order].reset_index(drop=True)


def without_small_holes(polygon: shapely.Polygon) -> shapely.Polygon:
    """Fill holes smaller than :data:`MIN_HOLE_M2`."""
    holes = [hole for hole in polygon.interiors if shapely.Polygon(hole).area >= MIN_HOLE_M2]
    return shapely.Polygon(polygon.exterior, holes)


def merged_railways(railways: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Merge railway lines by ``fclass``, drop lone short pieces, and simplify."""
    frame = railways[["fclass", "geometry"]].rename(columns={"fclass": "kind"})
    merged = frame.dissolve("kind").geometry.line_merge().explode(index_parts=False)
    lines = gpd.GeoDataFrame(geometry=merged).reset_index()
    touching = shapely.STRtree(lines.geometry.to_numpy()).query(
        lines.geometry.to_numpy(), "touches"
    )
    connected = lines.index.isin(np.unique(touching[0]))
    lines = lines[connected | (lines.length >= MIN_RAILWAY_M)].copy()
    simple = shapely.simplify(lines.geometry.to_numpy(), SIMPLIFY_M)
    lines["geometry"] = shapely.remove_repeated_points(on_grid(simple, COORDINATE_GRID_M))
    lines = lines[lines.length > 0]
    order = lines.bounds.assign(kind=lines["kind"]).sort_values(["kind", "minx", "miny", "maxx"])
    return lines.loc[order.index].reset_index(drop=True)


@click.command()
@click.option("--shared", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_SHARED)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_DATA / "background" / "berlin_background.gpkg",
)
def main(shared: Path, out: Path) -> None:
    """Derive Berlin's map background: layers water, green and railway."""
    layers = {
        "water": derive_water(shared),
        "green": derive_green(shared),
        "railway": merged_railways(read_surface_railways(shared)),
    }
    write_gpkg(layers, out)
    for name, frame in layers.items():
        points = shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()
        size = f"{frame.area.sum() / 1e6:.1f} km2, {frame.length.sum() / 1e3:.0f} km of line"
        click.echo(f"{name}: {len(frame)} features, {points} coordinates, {size}")
    click.echo(f"{out}: {megabytes(out):.2f} MB")


if __name__ == "__main__":
    main()
