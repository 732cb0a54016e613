"""What the map shows: figures, names and shapes of a study, as one plain structure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.outputs.spreading import interval_meaning, method_text
from kiezreach.outputs.style import kind_styles
from kiezreach.outputs.web_map.shapes import (
    DEGREES,
    lines_on_page,
    polygons_on_page,
    simplify_levels,
    without_small_holes,
)
from kiezreach.sources.areas import CITY

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.outputs.web_map.templates import Templates
    from kiezreach.study import Study

_SHAPE_TOLERANCE_M = 5.0  # of catchments and gaps: half a cell of the catchments' grid
_CENTRE_SHAPE_TOLERANCE_M = 10.0  # of each centre's own catchment: one cell
_BLOCK_TOLERANCE_M = 2.0  # of a gap's blocks before they are joined
_SMALL_HOLE_M2 = 10_000.0  # in a gap: a yard, square or small park
_SLIVER_M2 = 200.0  # left over where a generalised gap meets a generalised catchment
_BACKGROUND_TOLERANCE_M = 5.0
# The page's names of matplotlib's markers; what it cannot draw becomes a circle.
_SHAPES = {
    "o": "circle", "^": "triangle", "s": "square", "D": "diamond", "P": "cross", "*": "star",
    "p": "pentagon",
}  # fmt: skip
_BACKGROUND_MARGIN_M = 3000.0  # of the background drawn around the study area
_LAST_KIND = "other"  # stands for what fits no kind, so it comes last


def map_content(
    study: Study, inputs: Inputs, analysis: Analysis, texts: Templates
) -> dict[str, Any]:
    """Gather all that the page shows.

    Parameters
    ----------
    study, inputs, analysis
        The study, what it read and what it found.
    texts
        The map's texts.

    Returns
    -------
    dict
        Ready for JSON: no value is NaN; lists are in a fixed order.
    """
    shapes = simplify_levels(inputs.areas)
    whole = shapely.union_all(next(iter(shapes.values())).to_numpy())
    region = gpd.GeoSeries([whole], crs=inputs.areas.crs)
    west, south, east, north = (float(v) for v in region.to_crs(DEGREES).total_bounds.round(5))
    thresholds = sorted(study.analysis.thresholds_m)
    provenance = inputs.network.provenance
    return {
        "language": study.language,
        "place": study.name,
        "thresholds": thresholds,
        "gapThreshold": study.analysis.gap_threshold_m,
        "gapLevel": texts.label(level.labels) if (level := study.gap_level) else "",
        **({"filter": texts.label(study.filter.labels)} if study.filter else {}),
        "speed": study.analysis.walking_speed_m_per_min,
        "bounds": [[south, west], [north, east]],
        "region": polygons_on_page(region)[0],
        "city": _figures(study, analysis.coverage, CITY)[CITY],
        "needParts": [texts.label(part.labels) for part in study.need.parts] if study.need else [],
        "levels": _levels(study, inputs, analysis, texts, shapes),
        "kinds": _kinds(analysis.centres),
        "signs": _signs(analysis.centres),
        "centres": _centres(analysis, thresholds),
        "catchments": _catchments(analysis, thresholds),
        "gaps": _gaps(study, analysis),
        "combinations": analysis.combinations["number"],
        "certainty": study.ranking.distinguishable_share,
        "background": _background(inputs, whole),
        "approximate": provenance.quality == "approximate",
        "accuracy": provenance.accuracy_in(study.language),
        "files": _files(inputs, texts),
        "method": method_text(study),
        "intervalMeaning": interval_meaning(study),
        "texts": texts.unfilled(),
    }


def _figures(study: Study, coverage: pd.DataFrame, level: str) -> dict[str, dict[str, Any]]:
    """Take the figures of the areas of one level, by area id; thresholds in rising order."""
    rows = coverage[coverage["level"] == level].sort_values(["area_id", "threshold_m"])
    interval = ("low", "high") if study.residents.plausible_spreads else ()
    return {
        str(area_id): {
            "residents": int(own["residents"].iloc[0]),
            "served": [int(n) for n in own["residents_served"]],
            "median": _number(own["median_distance_m"].iloc[0], 1),
            "p90": _number(own["p90_distance_m"].iloc[0], 1),
            "unlinked": int(own["unlinked"].iloc[0]),
        }
        | {end: [_number(share, 4) for share in own[f"share_{end}"]] for end in interval}
        for area_id, own in rows.groupby("area_id", sort=True)
    }


def _levels(
    study: Study,
    inputs: Inputs,
    analysis: Analysis,
    texts: Templates,
    shapes: dict[str, gpd.GeoSeries],
) -> list[dict[str, Any]]:
    """List the levels with their areas, from the coarsest to the finest."""
    found = []
    finest = study.areas.levels[-1].id
    for level in study.areas.levels:
        rows = inputs.areas[inputs.areas["level"] == level.id]
        figures = _figures(study, analysis.coverage, level.id)
        middle = shapes[level.id].representative_point().to_crs(DEGREES)
        areas = []
        for area_id, name, parent, shape in zip(
            rows["area_id"],
            rows["name"],
            rows["parent_id"],
            polygons_on_page(shapes[level.id]),
            strict=True,
        ):
            area = {"id": area_id, "name": name, "parent": parent, "shape": shape}
            area |= figures[area_id] | {"at": _place(middle.loc[area_id])}
            if level.id == finest and analysis.need is not None:
                area["need"] = _need(analysis.need, area_id)
            areas.append(area)
        found.append({"id": level.id, "label": texts.label(level.labels), "areas": areas})
    return found


def _need(need: pd.DataFrame, area_id: str) -> list[float | None]:
    """Return the index of a planning area and then its parts."""
    if area_id not in need.index:
        return [None] * need.shape[1]
    return [_number(value, 3) for value in need.loc[area_id, ["need", *need.columns.drop("need")]]]


def _kinds(centres: gpd.GeoDataFrame) -> list[str]:
    """List the kinds present, sorted, what fits none of them last."""
    return sorted(set(centres["kind"]), key=lambda kind: (kind == _LAST_KIND, kind))


def _signs(centres: gpd.GeoDataFrame) -> dict[str, dict[str, str]]:
    """Give each kind the colour and shape that it has on the printed maps."""
    return {
        kind: {"colour": style.colour, "shape": _SHAPES.get(style.marker, "circle")}
        for kind, style in sorted(kind_styles(centres["kind"]).items())
    }


def _centres(analysis: Analysis, thresholds: list[float]) -> list[dict[str, Any]]:
    """List the centres, sorted by id, each with its own catchments."""
    own = analysis.centre_catchments.sort_values(["centre_id", "threshold_m"])
    encoded = polygons_on_page(own.geometry, _CENTRE_SHAPE_TOLERANCE_M)
    reach: dict[str, list[Any]] = {}
    for centre_id, shape in zip(own["centre_id"], encoded, strict=True):
        reach.setdefault(centre_id, []).append(shape)
    centres = analysis.centres.sort_index()
    places = centres.geometry.to_crs(DEGREES)
    text = ["name", "kind", "operator", "address", "wheelchair", "source", "source_date", "note"]
    return [
        {key: _text(row.get(key)) for key in text}
        | {
            "id": str(centre_id),
            "at": _place(places.loc[centre_id]),
            "linked": bool(row["linked"]),
            "access": _number(row["snap_distance_m"], 1),
            "within": [int(row[f"residents_within_{t:g}"]) for t in thresholds],
            "nearest": int(row["residents_nearest"]),
            "only": int(row["residents_only_here"]),
            "shapes": reach.get(str(centre_id), []),
        }
        for centre_id, row in centres.drop(columns="geometry").iterrows()
    ]


def _catchments(analysis: Analysis, thresholds: list[float]) -> list[Any]:
    """List the catchment of each threshold."""
    shapes = analysis.catchments.set_index("threshold_m").geometry.loc[thresholds]
    return polygons_on_page(shapes, _SHAPE_TOLERANCE_M)


def _gaps(study: Study, analysis: Analysis) -> list[dict[str, Any]]:
    """List the gaps by rank."""
    gaps = analysis.gaps.sort_values("rank")
    if gaps.empty:
        return []
    main = gaps["gap_id"].str.rsplit("-", n=1).str[0]
    places = gpd.GeoSeries.from_xy(gaps["x"], gaps["y"], crs=gaps.crs).to_crs(DEGREES)
    shapes = polygons_on_page(_gap_shapes(study, analysis, gaps))
    return [
        {
            "id": row.gap_id,
            "main": area,
            "name": row.name,
            "rank": int(row.rank),
            "tied": int(row.rank_tied),
            "topTen": round(float(row.top_ten_share), 4),
            "best": int(row.rank_best),
            "worst": int(row.rank_worst),
            "areas": str(row.planning_area_ids).split(),
            "residents": int(row.residents),
            "need": _number(row.need, 3),
            "priority": _number(row.priority, 0),
            "distance": _number(row.distance_m, 1),
            "at": _place(place),
            "shape": shape,
        }
        for row, area, place, shape in zip(
            gaps.drop(columns="geometry").itertuples(index=False), main, places, shapes, strict=True
        )
    ]


def _gap_shapes(study: Study, analysis: Analysis, gaps: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Draw each gap as one: streets and yards between its blocks closed, catchments left out."""
    half = study.analysis.gap_join_m / 2
    blocks = shapely.simplify(gaps.geometry.to_numpy(), _BLOCK_TOLERANCE_M)
    closed = shapely.buffer(shapely.buffer(blocks, half, quad_segs=2), -half, quad_segs=2)
    closed = [without_small_holes(shape, _SMALL_HOLE_M2) for shape in closed]
    shapes = shapely.make_valid(shapely.simplify(closed, _SHAPE_TOLERANCE_M))
    served = analysis.catchments.set_index("threshold_m").geometry[study.analysis.gap_threshold_m]
    pieces = shapely.get_parts(shapely.make_valid(served.simplify(_SHAPE_TOLERANCE_M)))
    gap, piece = shapely.STRtree(pieces).query(shapes, predicate="intersects")
    for k, near in pd.Series(piece).groupby(gap, sort=True):
        left = shapely.difference(shapes[k], shapely.union_all(pieces[near.to_numpy()]))
        parts = shapely.get_parts(left)
        large = parts[shapely.area(parts) >= _SLIVER_M2]
        shapes[k] = shapely.multipolygons(large) if len(large) else shapes[k]
    return gpd.GeoSeries(shapes, crs=gaps.crs)


def _background(inputs: Inputs, whole: shapely.Geometry) -> dict[str, dict[str, Any]]:
    """Encode the background around the study area, polygons and lines apart."""
    west, south, east, north = shapely.bounds(shapely.buffer(whole, _BACKGROUND_MARGIN_M))
    layers = {}
    for name, shapes in inputs.background.items():
        near = shapely.clip_by_rect(shapes.to_numpy(), west, south, east, north)
        flat = shapely.get_parts(shapely.get_parts(near))
        series = gpd.GeoSeries(flat[~shapely.is_empty(flat)], crs=shapes.crs)
        surface = series[shapely.get_dimensions(series.to_numpy()) == 2]  # noqa: PLR2004
        polygons = polygons_on_page(surface, _BACKGROUND_TOLERANCE_M)
        layers[name] = {
            "polygons": [polygon for shape in polygons for polygon in shape],
            "lines": lines_on_page(series, _BACKGROUND_TOLERANCE_M),
        }
    return layers


def _files(inputs: Inputs, texts: Templates) -> list[dict[str, str]]:
    """List the data sources; a file that serves several roles is named once."""
    found: dict[str, dict[str, str]] = {}
    for row in inputs.files.itertuples(index=False):
        role = texts(f"role_{row.role}")
        entry = found.setdefault(row.file, {"file": row.file, "role": role})
        if role not in entry["role"].split(", "):
            entry["role"] += f", {role}"
        for key in ("source", "licence", "vintage", "attribution"):
            entry[key] = entry.get(key) or _text(getattr(row, key))
    return list(found.values())


def _place(point: shapely.Point) -> list[float]:
    """Latitude and longitude, to about 0.1 m."""
    return [round(point.y, 6), round(point.x, 6)]


def _number(value: float, decimals: int) -> float | None:
    """Round for the page; None stands for what is unknown."""
    return round(float(value), decimals) if np.isfinite(value) else None


def _text(value: object) -> str:
    """Return a text; a missing one is empty."""
    return value if isinstance(value, str) else ""
