"""The methods of spreading: from the totals of planning areas to points that carry residents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.polygons import tiles, without
from kiezreach.spreading import fronts
from kiezreach.spreading.apportion import apportion
from kiezreach.spreading.front_points import choose_points
from kiezreach.spreading.grid import grid_ground, grid_notes
from kiezreach.spreading.inside import points_inside
from kiezreach.spreading.support import (
    Support,
    common,
    divide,
    ground_m2,
    ordered,
    place,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.study import SpreadMethod

_NAMED: Final = 5  # planning areas that a note names; the rest are counted
_FRONT_SECTION_M: Final = 30.0  # two house fronts: half the work, the same fronts


@dataclass(frozen=True, eq=False)
class Spreading:
    """Residents on points, with what has to be said about how they got there.

    Parameters
    ----------
    points
        Indexed by ``point_id``: ``planning_area_id``, ``residents`` (at least 1), the age groups
        and point geometry, sorted by id.
    without_support
        Planning areas in which the method found nothing to spread residents over; theirs stand
        evenly on the inhabited ground of the area, or on all of it.
    notes
        What a reader of the figures must know.
    """

    points: gpd.GeoDataFrame
    without_support: tuple[str, ...]
    notes: tuple[str, ...]


def spread(
    method: SpreadMethod, totals: pd.DataFrame, areas: gpd.GeoDataFrame, support: Support
) -> Spreading:
    """Spread the residents of planning areas.

    Parameters
    ----------
    method
        ``street_fronts``: along the street fronts of blocks, by length of front;
        ``block_area``: evenly inside blocks, by their area; ``open_area``: the same less water
        and green; ``points``: on given points by their weight; ``grid``: on the inhabited ground
        of grid cells by their residents, scaled to the total of each planning area.
    totals
        Indexed by planning area id: ``residents`` and the age groups, which add up to them.
    areas
        Planning areas with ``area_id``, in a projected CRS.
    support
        What the method needs, in the same CRS.

    Returns
    -------
    Spreading
        The sums of each planning area and age group are those of `totals`. The order of the rows
        of any argument makes no difference.
    """
    totals = totals.sort_index()
    areas = areas.sort_values("area_id", ignore_index=True)
    peopled = totals.index[totals["residents"] > 0]
    places = METHODS[method](totals, areas, support)
    places = places[places["people"] > 0]
    missing = sorted(set(peopled) - set(places["planning_area_id"]))
    if missing:
        spare = _on_spare_ground(areas[areas["area_id"].isin(missing)], support)
        spare["unit"] += places["unit"].max() + 1 if len(places) else 0
        places = pd.concat([places, spare], ignore_index=True)
    places = places[places["planning_area_id"].isin(peopled)]
    places = places.sort_values("planning_area_id", kind="stable", ignore_index=True)
    points = apportion(places, totals, within="unit")
    notes = _notes(method, totals, missing)
    if method == "grid":
        notes += grid_notes(totals, areas, support)
    return Spreading(_with_ids(points, totals.columns, areas), tuple(missing), notes)


def _on_fronts(totals: pd.DataFrame, areas: gpd.GeoDataFrame, support: Support) -> pd.DataFrame:
    """Set points along the street fronts of blocks."""
    blocks = divide(ordered(_given(support.blocks)), areas)
    sections = fronts.cut_outlines(blocks, _FRONT_SECTION_M)
    sections = fronts.face(
        sections,
        blocks,
        _obstacles(support.water),
        _obstacles(support.green),
        _obstacles(support.railways),
        fronts.NEAR_SIGHT_M,
    )
    sections["front_m"] = fronts.front_length(sections)
    sections = sections[sections["front_m"] > 0].reset_index(drop=True)
    block = sections["block"].to_numpy()
    sections["planning_area_id"] = blocks["planning_area_id"].to_numpy()[block]
    shapes = areas.set_index("area_id").geometry.loc[sections["planning_area_id"]].to_numpy()
    xy, inside = fronts.step_outward(sections, shapes)
    sections = sections.assign(x=xy[:, 0], y=xy[:, 1])[inside]
    weight = sections["front_m"]
    if "weight" in blocks:
        of_block = (blocks["weight"] * blocks["share"]).to_numpy()[sections["block"]]
        weight = of_block * weight / weight.groupby(sections["block"]).transform("sum")
    area = sections["planning_area_id"]
    whole = weight.groupby(area).transform("sum")
    people = weight / whole.where(whole > 0, 1.0) * area.map(totals["residents"])
    named = sections.assign(people=people).rename(columns={"block": "block_id"})
    chosen = choose_points(named).rename(columns={"block_id": "unit"})
    return chosen[["planning_area_id", "unit", "people", "x", "y"]]


def _in_blocks(_: pd.DataFrame, areas: gpd.GeoDataFrame, support: Support) -> pd.DataFrame:
    """Set points evenly inside blocks."""
    blocks = divide(ordered(_given(support.blocks)), areas)
    return _evenly(blocks["planning_area_id"], blocks.geometry.to_numpy(), _weight(blocks))


def _in_open_blocks(_: pd.DataFrame, areas: gpd.GeoDataFrame, support: Support) -> pd.DataFrame:
    """Set points evenly inside the parts of blocks that are neither water nor green."""
    blocks = divide(ordered(_given(support.blocks)), areas)
    shapes = without(blocks.geometry.to_numpy(), _obstacles(support.water))
    shapes = without(shapes, _obstacles(support.green))
    weight = _weight(blocks.set_geometry(gpd.GeoSeries(shapes, crs=blocks.crs)))
    return _evenly(blocks["planning_area_id"], shapes, weight)


def _on_points(_: pd.DataFrame, areas: gpd.GeoDataFrame, support: Support) -> pd.DataFrame:
    """Take the points as they are given."""
    points = place(ordered(_given(support.points)), areas)
    return pd.DataFrame(
        {
            "planning_area_id": points["planning_area_id"],
            "unit": np.arange(len(points)),
            "people": points["weight"] if "weight" in points else np.ones(len(points)),
            "x": points.geometry.x,
            "y": points.geometry.y,
        }
    )


def _in_cells(_: pd.DataFrame, areas: gpd.GeoDataFrame, support: Support) -> pd.DataFrame:
    """Set points evenly on the inhabited ground of grid cells."""
    pieces = grid_ground(ordered(_given(support.cells)), areas, support.inhabited)
    return _evenly(
        pieces["planning_area_id"], pieces.geometry.to_numpy(), pieces["residents"].to_numpy()
    )


METHODS: Final[
    dict[SpreadMethod, Callable[[pd.DataFrame, gpd.GeoDataFrame, Support], pd.DataFrame]]
] = {
    "street_fronts": _on_fronts,
    "block_area": _in_blocks,
    "open_area": _in_open_blocks,
    "points": _on_points,
    "grid": _in_cells,
}
"""Each method: from totals, areas and support to weighted places by planning area and unit."""


def _on_spare_ground(areas: gpd.GeoDataFrame, support: Support) -> pd.DataFrame:
    """Set points evenly on the inhabited ground of areas, or on all of it where there is none."""
    shapes = areas.geometry.to_numpy()
    if support.inhabited is not None:
        ground = common(shapes, support.inhabited)
        shapes = np.where(shapely.is_empty(ground), shapes, ground)
    return _evenly(areas["area_id"], shapes, ground_m2(shapes))


def _evenly(
    area: pd.Series, shapes: npt.NDArray[np.object_], weight: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """Set points inside shapes, each with an equal part of its shape's weight."""
    table = points_inside(shapes)
    unit = table["unit"].to_numpy()
    number = np.bincount(unit, minlength=len(shapes))
    return table.assign(
        planning_area_id=area.to_numpy(dtype=object)[unit], people=weight[unit] / number[unit]
    )


def _weight(blocks: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Return what blocks are weighed by: their own weight, or their area in square metres."""
    size = ground_m2(blocks.geometry.to_numpy())
    if "weight" not in blocks:
        return size
    return np.where(size > 0, blocks["weight"] * blocks["share"], 0.0)


def _given(frame: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return the part of the support that a method cannot do without."""
    if frame is None:
        msg = "the support lacks what the method spreads residents over"
        raise ValueError(msg)
    return frame


def _obstacles(shapes: gpd.GeoSeries | None) -> npt.NDArray[np.object_]:
    """Return shapes in tiles, none where there are none."""
    if shapes is None or not len(shapes):
        return np.array([], dtype=object)
    return tiles(shapes)


def _with_ids(points: pd.DataFrame, columns: pd.Index, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the points of each area their numbers, and make them a frame."""
    number = points.groupby("planning_area_id").cumcount() + 1
    point_id = points["planning_area_id"] + "-" + number.astype(str).str.zfill(5)
    geometry = gpd.points_from_xy(points["x"], points["y"], crs=areas.crs)
    frame = gpd.GeoDataFrame(points[["planning_area_id", *columns]], geometry=geometry)
    return frame.set_index(pd.Index(point_id.astype(object), name="point_id")).sort_index()


def _notes(method: str, totals: pd.DataFrame, missing: list[str]) -> tuple[str, ...]:
    """Name the planning areas that the method had nothing for."""
    if not missing:
        return ()
    people = int(totals.loc[missing, "residents"].sum())
    named = ", ".join(missing[:_NAMED]) + (" and others" if len(missing) > _NAMED else "")
    note = (
        f"spreading by {method}: {len(missing)} planning areas have nothing to spread over; "
        f"their {people:,} residents stand evenly on inhabited ground: {named}"
    )
    return (note,)
