"""Gaps at every threshold, and the houses in them that could help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.outputs.web_map.shapes import in_degrees, polygons_on_page, without_small_holes
from kiezreach.outputs.web_map.values import number, place, text

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.study import Study

CATCHMENT_TOLERANCE_M = 5.0  # of catchments and gaps: half a cell of the catchments' grid
_BLOCK_TOLERANCE_M = 2.0  # of a gap's blocks before they are joined
_SMALL_HOLE_M2 = 10_000.0  # in a gap: a yard, square or small park
_SLIVER_M2 = 200.0  # left over where a generalised gap meets a generalised catchment


def gaps(study: Study, analysis: Analysis) -> list[list[dict[str, Any]]]:
    """List the gaps of each threshold, thresholds rising, gaps by rank."""
    numbers = {partner: k for k, partner in enumerate(_partner_ids(analysis))}
    return [
        _of_threshold(study, analysis, threshold, numbers)
        for threshold in sorted(study.analysis.thresholds_m)
    ]


def partners(analysis: Analysis) -> list[dict[str, Any]]:
    """List the houses that stand in gaps, in the order of the numbers that gaps give."""
    ids = _partner_ids(analysis)
    frame = analysis.candidates.loc[ids]
    places = in_degrees(frame.geometry)
    return [
        {
            "name": text(row["name"]) or partner_id,
            "kind": text(row["kind"]),
            "address": text(row["address"]),
            "at": place(places.loc[partner_id]),
        }
        for partner_id, row in frame.drop(columns="geometry").iterrows()
    ]


def _partner_ids(analysis: Analysis) -> list[str]:
    """List the ids of all partners of all gaps, each once, sorted."""
    listed = analysis.gaps_by_threshold["partner_ids"]
    return sorted({partner for ids in listed for partner in text(ids).split()})


def _of_threshold(
    study: Study, analysis: Analysis, threshold: float, partner_numbers: dict[str, int]
) -> list[dict[str, Any]]:
    """List the gaps of one threshold by rank."""
    every = analysis.gaps_by_threshold
    frame = every[every["threshold_m"] == threshold].sort_values("rank")
    if frame.empty:
        return []
    ages = list(study.residents.age_groups)
    main = frame["gap_id"].str.removesuffix(f"@{threshold:g}").str.rsplit("-", n=1).str[0]
    places = in_degrees(gpd.GeoSeries.from_xy(frame["x"], frame["y"], crs=frame.crs))
    shapes = polygons_on_page(_gap_shapes(study, analysis, frame, threshold))
    by_age = frame[ages].to_numpy(dtype=np.int64)
    return [
        {
            "id": row.gap_id,
            "main": area,
            "name": text(row.name),
            "rank": int(row.rank),
            "tied": int(row.rank_tied),
            "topTen": round(float(row.top_ten_share), 4),
            "best": int(row.rank_best),
            "worst": int(row.rank_worst),
            "areas": str(row.planning_area_ids).split(),
            "residents": int(row.residents),
            "ages": [int(n) for n in by_age[k]],
            "deprived": number(row.share_deprived, 6),
            "need": number(row.need, 4),
            "priority": number(row.priority, 1),
            "distance": number(row.distance_m, 1),
            "nearest": text(row.nearest_centre_name),
            "nearestId": text(row.nearest_centre_id),
            "partners": [partner_numbers[name] for name in text(row.partner_ids).split()],
            "at": place(point),
            "shape": shape,
        }
        for k, (row, area, point, shape) in enumerate(
            zip(
                frame.drop(columns="geometry").itertuples(index=False),
                main,
                places,
                shapes,
                strict=True,
            )
        )
    ]


def _gap_shapes(
    study: Study, analysis: Analysis, frame: gpd.GeoDataFrame, threshold: float
) -> gpd.GeoSeries:
    """Draw each gap as one: streets and yards between its blocks closed, catchments left out."""
    half = study.analysis.gap_join_m / 2
    blocks = shapely.simplify(frame.geometry.to_numpy(), _BLOCK_TOLERANCE_M)
    closed = shapely.buffer(shapely.buffer(blocks, half, quad_segs=2), -half, quad_segs=2)
    closed = [without_small_holes(shape, _SMALL_HOLE_M2) for shape in closed]
    shapes = shapely.make_valid(shapely.simplify(closed, CATCHMENT_TOLERANCE_M))
    served = analysis.catchments.set_index("threshold_m").geometry[threshold]
    pieces = shapely.get_parts(shapely.make_valid(served.simplify(CATCHMENT_TOLERANCE_M)))
    gap, piece = shapely.STRtree(pieces).query(shapes, predicate="intersects")
    for k, near in pd.Series(piece).groupby(gap, sort=True):
        left = shapely.difference(shapes[k], shapely.union_all(pieces[near.to_numpy()]))
        parts = shapely.get_parts(left)
        large = parts[shapely.area(parts) >= _SLIVER_M2]
        shapes[k] = shapely.multipolygons(large) if len(large) else shapes[k]
    return gpd.GeoSeries(shapes, crs=frame.crs)
