"""Areas of each level: their figures, need, norms and shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kiezreach.outputs.web_map.shapes import in_degrees, polygons_on_page
from kiezreach.outputs.web_map.values import number, place, text
from kiezreach.sources.areas import CITY

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.study import Study


def city_figures(study: Study, analysis: Analysis) -> dict[str, Any]:
    """Return the figures of the whole place."""
    return _figures(study, analysis.coverage, CITY)[CITY]


def levels(
    study: Study, inputs: Inputs, analysis: Analysis, shapes: dict[str, gpd.GeoSeries]
) -> list[dict[str, Any]]:
    """List the levels with their areas, from the coarsest to the finest.

    Parameters
    ----------
    study, inputs, analysis
        The study, what it read and what it found.
    shapes
        As `kiezreach.outputs.web_map.shapes.simplify_levels` returns them.
    """
    finest = study.areas.levels[-1].id
    needs = _needs(analysis.need)
    classes = _classes(inputs.classes)
    norms = _norms(analysis.norms)
    found = []
    for level in study.areas.levels:
        rows = inputs.areas[inputs.areas["level"] == level.id]
        figures = _figures(study, analysis.coverage, level.id)
        middle = in_degrees(shapes[level.id].representative_point())
        encoded = polygons_on_page(shapes[level.id])
        areas = []
        for area_id, name, parent, shape in zip(
            rows["area_id"], rows["name"], rows["parent_id"], encoded, strict=True
        ):
            area = {"id": area_id, "name": text(name), "parent": parent, "shape": shape}
            area |= figures[area_id] | {"at": place(middle.loc[area_id])}
            if level.id == finest and analysis.need is not None:
                area["need"] = needs.get(area_id, [None] * analysis.need.shape[1])
            if level.id == finest and study.classes:
                area["classes"] = classes.get(area_id, {})
            if own := norms.get((level.id, area_id)):
                area["norms"] = own
            areas.append(area)
        found.append({"id": level.id, "areas": areas})
    return found


def _figures(study: Study, coverage: pd.DataFrame, level: str) -> dict[str, dict[str, Any]]:
    """Take the figures of the areas of one level, by area id; thresholds in rising order."""
    rows = coverage[coverage["level"] == level].sort_values(["area_id", "threshold_m"])
    interval = ("low", "high") if study.residents.plausible_spreads else ()
    return {
        str(area_id): {
            "residents": int(own["residents"].iloc[0]),
            "served": [int(n) for n in own["residents_served"]],
            "median": number(own["median_distance_m"].iloc[0], 1),
            "p90": number(own["p90_distance_m"].iloc[0], 1),
            "unlinked": int(own["unlinked"].iloc[0]),
        }
        | {end: [number(share, 6) for share in own[f"share_{end}"]] for end in interval}
        for area_id, own in rows.groupby("area_id", sort=True)
    }


def _needs(need: pd.DataFrame | None) -> dict[str, list[float | None]]:
    """Return, by planning area, the index and then its parts."""
    if need is None:
        return {}
    rows = need[["need", *need.columns.drop("need")]].itertuples()
    return {str(row[0]): [number(value, 4) for value in row[1:]] for row in rows}


def _classes(classes: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return, by planning area, its class in each classification, empty where unknown."""
    names = [str(name) for name in classes.columns]
    return {
        str(row[0]): {name: text(value) for name, value in zip(names, row[1:], strict=True)}
        for row in classes.itertuples()
    }


def _norms(table: pd.DataFrame) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return, by level and area, how it stands to each norm, in the order of the norms."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in table.itertuples(index=False):
        entry = {
            "id": row.norm_id,
            "result": row.result,
            "lacks": number(row.deficit, 0),
            "unit": row.deficit_unit,
        }
        found.setdefault((row.level, row.area_id), []).append(entry)
    return found
