"""What the map shows: figures, names and shapes of a study, as one plain structure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from kiezreach.outputs.commands import command
from kiezreach.outputs.web_map.areas import city_figures, levels
from kiezreach.outputs.web_map.colours import page_colours
from kiezreach.outputs.web_map.gaps import CATCHMENT_TOLERANCE_M, gaps, partners
from kiezreach.outputs.web_map.ground import background, streets
from kiezreach.outputs.web_map.places import centres, kinds, missing_links, proposals, signs
from kiezreach.outputs.web_map.scenarios import scenarios
from kiezreach.outputs.web_map.shapes import in_degrees, polygons_on_page, simplify_levels
from kiezreach.outputs.web_map.values import text
from kiezreach.outputs.web_map.words import words

if TYPE_CHECKING:
    from kiezreach.analysis import Analysis
    from kiezreach.inputs import Inputs
    from kiezreach.study import Study


def map_content(study: Study, inputs: Inputs, analysis: Analysis) -> dict[str, Any]:
    """Gather all that the page shows.

    Parameters
    ----------
    study, inputs, analysis
        The study, what it read and what it found.

    Returns
    -------
    dict
        Ready for JSON: no value is NaN; lists are in a fixed order.
    """
    shapes = simplify_levels(inputs.areas)
    whole = shapely.union_all(next(iter(shapes.values())).to_numpy())
    region = gpd.GeoSeries([whole], crs=inputs.areas.crs)
    west, south, east, north = (float(v) for v in in_degrees(region).total_bounds.round(5))
    thresholds = sorted(study.analysis.thresholds_m)
    return {
        "language": study.language,
        "place": text(study.name),
        "thresholds": thresholds,
        "gapThreshold": study.analysis.gap_threshold_m,
        "speed": study.analysis.walking_speed_m_per_min,
        "bounds": [[south, west], [north, east]],
        "region": polygons_on_page(region)[0],
        "colours": page_colours(),
        "city": city_figures(study, analysis),
        "hasNeed": analysis.need is not None,
        "levels": levels(study, inputs, analysis, shapes),
        "kinds": kinds(analysis.centres),
        "signs": signs(analysis.centres),
        "centres": centres(analysis, thresholds),
        "catchments": _catchments(analysis, thresholds),
        "gaps": gaps(study, analysis),
        "partners": partners(analysis),
        "combinations": analysis.combinations["number"],
        "certainty": study.ranking.distinguishable_share,
        "proposals": proposals(analysis),
        "links": missing_links(analysis),
        "scenarios": scenarios(analysis, thresholds, command(study, "build")),
        "background": background(inputs, whole),
        "streets": streets(inputs, whole),
        "tiles": study.tiles.model_dump() | {"host": study.tiles.host} if study.tiles else None,
        "approximate": inputs.network.provenance.quality == "approximate",
        "files": _files(inputs),
        "commands": {
            "build": command(study, "build"),
            "explain": command(study, "explain", "--area"),
        },
        "words": words(study, inputs),
    }


def _catchments(analysis: Analysis, thresholds: list[float]) -> list[Any]:
    """List the catchment of each threshold."""
    shapes = analysis.catchments.set_index("threshold_m").geometry.loc[thresholds]
    return polygons_on_page(shapes, CATCHMENT_TOLERANCE_M)


def _files(inputs: Inputs) -> list[dict[str, Any]]:
    """List the data sources; a file that serves several roles is named once."""
    found: dict[str, dict[str, Any]] = {}
    for row in inputs.files.itertuples(index=False):
        entry = found.setdefault(row.file, {"file": text(row.file), "roles": []})
        if row.role not in entry["roles"]:
            entry["roles"].append(row.role)
        for key in ("source", "licence", "vintage", "attribution"):
            entry[key] = entry.get(key) or text(getattr(row, key))
    return list(found.values())
