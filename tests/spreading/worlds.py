"""Two planning areas side by side, each 400 m x 400 m, and what lies in them. Metres on paper."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from kiezreach.spreading import Support

CRS = "EPSG:25833"
X0, Y0 = 390_000.0, 5_820_000.0


def box(x: float, y: float, x1: float, y1: float) -> shapely.Polygon:
    return shapely.box(X0 + x, Y0 + y, X0 + x1, Y0 + y1)


def layer(*shapes: shapely.Geometry, **columns: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def points(*xy: tuple[float, float], **columns: list) -> gpd.GeoDataFrame:
    return layer(*(shapely.Point(X0 + x, Y0 + y) for x, y in xy), **columns)


def areas() -> gpd.GeoDataFrame:
    return layer(box(0, 0, 400, 400), box(400, 0, 800, 400), area_id=["a", "b"])


def totals(a: int = 101, b: int = 50) -> pd.DataFrame:
    """Residents of both areas, a third of them young (rounded down)."""
    counts = {"residents": [a, b], "young": [a // 3, b // 3], "old": [a - a // 3, b - b // 3]}
    return pd.DataFrame(counts, index=pd.Index(["a", "b"], name="planning_area_id"))


def blocks() -> gpd.GeoDataFrame:
    """In each area a large block (3 ha) and a small one (1 ha), streets of 20 m between them."""
    return layer(
        box(20, 20, 320, 120),
        box(20, 140, 120, 240),
        box(420, 20, 720, 120),
        box(420, 140, 520, 240),
    )


def cells() -> gpd.GeoDataFrame:
    """Cells of 100 m in the lower row, one of them across the border of the areas."""
    return layer(
        box(50, 0, 150, 100), box(350, 0, 450, 100), box(550, 0, 650, 100), residents=[30, 20, 10]
    )


def support() -> Support:
    return Support(
        blocks=blocks(),
        points=points((50, 50), (60, 300), (500, 50), (700, 60), (710, 310)),
        cells=cells(),
    )


def in_box(found: gpd.GeoDataFrame, x: float, y: float, x1: float, y1: float) -> int:
    """Residents in a box on the paper."""
    return int(found["residents"][found.intersects(box(x, y, x1, y1))].sum())
