"""Centres, and what is planned: proposed sites and missing links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from kiezreach.criticality import ALL
from kiezreach.outputs.style import kind_styles
from kiezreach.outputs.web_map.shapes import in_degrees, lines_on_page, polygons_on_page
from kiezreach.outputs.web_map.values import number, place, text

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis

_CATCHMENT_TOLERANCE_M = 10.0  # of each centre's own catchment: one cell
_LAST_KIND = "other"  # stands for what fits no kind, so it comes last
# The page's names of matplotlib's markers; what it cannot draw becomes a circle.
_SHAPES = {
    "o": "circle", "^": "triangle", "s": "square", "D": "diamond", "P": "cross", "*": "star",
    "p": "pentagon", "v": "nabla", "X": "saltire", "h": "hexagon",
}  # fmt: skip
_CENTRE_TEXTS = (
    "name", "kind", "operator", "address", "wheelchair", "source", "source_date", "note",
)  # fmt: skip


def kinds(centres: gpd.GeoDataFrame) -> list[str]:
    """List the kinds present, sorted, what fits none of them last."""
    present = {text(kind) for kind in centres["kind"]}
    return sorted(present, key=lambda kind: (kind == _LAST_KIND, kind))


def signs(centres: gpd.GeoDataFrame) -> dict[str, dict[str, str]]:
    """Give each kind the colour and shape that it has on the printed maps."""
    return {
        text(kind): {"colour": style.colour, "shape": _SHAPES.get(style.marker, "circle")}
        for kind, style in sorted(kind_styles(centres["kind"]).items())
    }


def centres(analysis: Analysis, thresholds: list[float]) -> list[dict[str, Any]]:
    """List the centres, sorted by id, each with its own catchments and what it alone serves."""
    own = analysis.centre_catchments.sort_values(["centre_id", "threshold_m"])
    encoded = polygons_on_page(own.geometry, _CATCHMENT_TOLERANCE_M)
    reach: dict[str, list[Any]] = {}
    for centre_id, shape in zip(own["centre_id"], encoded, strict=True):
        reach.setdefault(centre_id, []).append(shape)
    frame = analysis.centres.sort_index()
    places = in_degrees(frame.geometry)
    losses = _losses(analysis.criticality, thresholds)
    return [
        {key: text(row.get(key)) for key in _CENTRE_TEXTS}
        | {
            "id": str(centre_id),
            "at": place(places.loc[centre_id]),
            "linked": bool(row["linked"]),
            "access": number(row["snap_distance_m"], 1),
            "within": [int(row[f"residents_within_{t:g}"]) for t in thresholds],
            "nearest": int(row["residents_nearest"]),
            "only": int(row["residents_only_here"]),
            "shapes": reach.get(str(centre_id), []),
        }
        | losses.get(str(centre_id), {})
        for centre_id, row in frame.drop(columns="geometry").iterrows()
    ]


def _losses(
    criticality: pd.DataFrame, thresholds: list[float]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Say, by centre, what would be lost if it alone closed."""
    rows = criticality[criticality["breakdown"] == ALL].set_index("threshold_m")
    found = {}
    for centre_id, own in rows.groupby("centre_id", sort=True):
        first = own.iloc[0]
        found[str(centre_id)] = {
            "closed": {
                "lost": [int(own.loc[t, "residents_lost"]) for t in thresholds],
                "extra": number(first["extra_walk_mean_m"], 1),
                "next": text(first["next_centre_name"]) or text(first["next_centre_id"]),
                "nextId": text(first["next_centre_id"]),
                "nextDistance": number(first["next_distance_median_m"], 1),
            }
        }
    return found


def proposals(analysis: Analysis) -> dict[str, Any] | None:
    """Return the proposed sites by rank, and how good the set is; None where none were asked."""
    plan = analysis.proposals
    if plan is None:
        return None
    frame = plan.sites.sort_values("rank")
    places = in_degrees(frame.geometry)
    sites = [
        {
            "id": text(row.candidate_id),
            "rank": int(row.rank),
            "name": text(row.name),
            "kind": text(row.kind),
            "address": text(row.address),
            "area": text(row.planning_area_id),
            "gained": int(row.residents_gained),
            "need": number(row.need, 4),
            "nearest": text(row.nearest_centre_name),
            "nearestId": text(row.nearest_centre_id),
            "distance": number(row.nearest_centre_m, 1),
            "chosen": number(row.times_chosen, 4),
            "at": place(point),
        }
        for row, point in zip(
            frame.drop(columns="geometry").itertuples(index=False), places, strict=True
        )
    ]
    return {
        "sites": sites,
        "threshold": float(plan.threshold_m),
        "gap": number(plan.gap, 6),
        "model": text(plan.model),
    }


def missing_links(analysis: Analysis) -> list[dict[str, Any]]:
    """List the missing links by rank; none where none were looked for."""
    found = analysis.missing_links
    if found is None:
        return []
    frame = found.sort_values("rank")
    middle = in_degrees(frame.geometry.interpolate(0.5, normalized=True))
    return [
        {
            "id": text(row.link_id),
            "rank": int(row.rank),
            "barrier": text(row.barrier),
            "name": text(row.name),
            "area": text(row.planning_area_id),
            "length": number(row.length_m, 1),
            "now": number(row.walk_now_m, 1),
            "new": number(row.walk_new_m, 1),
            "inBlocks": number(row.share_in_blocks, 2),
            "gained": int(row.residents_gained),
            "threshold": float(row.threshold_m),
            "at": place(point),
            "line": lines_on_page(gpd.GeoSeries([shape], crs=frame.crs), 0.0)[0],
        }
        for row, shape, point in zip(
            frame.drop(columns="geometry").itertuples(index=False),
            frame.geometry,
            middle,
            strict=True,
        )
    ]
