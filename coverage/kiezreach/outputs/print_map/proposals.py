"""The map of proposed sites: what is served, what would be, and who comes first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.catchments import catchments
from kiezreach.outputs import style
from kiezreach.outputs.print_map.furniture import draw_centres, draw_names, draw_scale
from kiezreach.outputs.print_map.ground import Frame, Ground, fill_outline, ring_outline
from kiezreach.outputs.print_map.labels import Room, place_numbers
from kiezreach.outputs.print_map.lettering import shorten
from kiezreach.outputs.print_map.page import Page, drawing
from kiezreach.outputs.print_map.press import Sheet, print_sheet
from kiezreach.outputs.print_map.sheet import MAP_BOX, Column, Swatch, draw_head
from kiezreach.outputs.texts import Texts
from kiezreach.reach import reach

if TYPE_CHECKING:
    from kiezreach.decisions.problem import Problem
    from kiezreach.decisions.proposals import Proposals
    from kiezreach.decisions.situation import Situation
    from kiezreach.study import Study

_DISC_MM = 2.6
_ROW_MM, _LEAST_ROW_MM = 8.4, 4.4
_NAME_X_MM = 6.5
_TWO_LINES_MM = 6.2
_SIZE, _DETAIL_SIZE = 8.0, 6.2


def write_proposals_map(
    study: Study,
    situation: Situation,
    problem: Problem,
    proposals: Proposals,
    finding: str,
    folder: Path,
) -> list[Path]:
    """Write the map of proposed sites.

    Parameters
    ----------
    study, situation, problem
        What was asked.
    proposals
        The sites.
    finding
        The sentence below the title.
    folder
        Folder to write to; it exists.

    Returns
    -------
    list of Path
        ``proposals.png``, ``proposals.pdf`` and ``proposals.svg``, as other printed maps.
    """
    texts = Texts("print_map", study.language)
    inputs = situation.inputs
    ground = Ground(inputs, Frame.around(inputs.areas.total_bounds, *MAP_BOX))
    with drawing():
        page = Page()
        draw_head(page, "proposals_title", finding, study, inputs, texts)
        _draw_map(page, study, situation, problem, proposals, ground, texts)
        _draw_column(page, study, situation, proposals, texts)
    title = texts("proposals_title", place=study.name)
    return print_sheet(Sheet("proposals", title, page), folder)


def _draw_map(
    page: Page,
    study: Study,
    situation: Situation,
    problem: Problem,
    proposals: Proposals,
    ground: Ground,
    texts: Texts,
) -> None:
    """Draw what is served and what would be, centres, sites and names."""
    frame, sites = ground.frame, proposals.sites
    clip = ground.draw_below(page)
    page.fill(ground.inhabited, style.UNSERVED, clip=clip)
    cell = study.analysis.cell_m
    new = _served(problem, sites, cell)
    page.fill(fill_outline(frame.place(new)), style.PROPOSED_GROUND, clip=clip)
    now = catchments(situation.everywhere, [proposals.threshold_m], cell_m=cell)
    served = frame.place(now.geometry)
    page.fill(fill_outline(served), style.SERVED_GROUND, clip=clip)
    page.stroke(ring_outline(served), style.THRESHOLD_LINE, 0.3, clip=clip)
    ground.draw_above(page, clip)
    centres = _centres(situation)
    draw_centres(page, centres, frame, clip)
    box = draw_scale(page, ground, texts, situation.inputs.areas.crs)
    marks = [frame.move(frame_.geometry) for frame_ in (centres, sites)]
    xy = np.concatenate([shapely.get_coordinates(points) for points in marks])
    room = Room(frame.box, [box.bounds], xy)
    _draw_numbers(page, sites, ground, room)
    draw_names(page, ground, room)
    page.box(frame.left, frame.bottom, frame.width, frame.height, edge=style.INK, points=0.8)


def _served(problem: Problem, sites: gpd.GeoDataFrame, cell_m: float) -> gpd.GeoSeries:
    """Return the ground within the threshold of a proposed site."""
    if sites.empty:
        return sites.geometry
    own = sites.set_index("candidate_id")
    legs = {"max_snap_m": problem.max_snap_m, "max_access_m": problem.max_access_m}
    near = reach(problem.net, own, problem.threshold, **legs)
    return catchments(near, [problem.threshold], cell_m=cell_m).geometry


def _centres(situation: Situation) -> gpd.GeoDataFrame:
    """Return the centres with whether they are linked."""
    near = situation.everywhere
    linked = pd.Series(near.centres.linked, index=near.centre_ids)
    centres = situation.inputs.centres
    return centres.assign(linked=linked.reindex(centres.index))


def _draw_numbers(page: Page, sites: gpd.GeoDataFrame, ground: Ground, room: Room) -> None:
    """Put the ranks in discs where the sites are."""
    if sites.empty:
        return
    xy = shapely.get_coordinates(ground.frame.move(sites.geometry))
    for (x, y), rank in zip(place_numbers(xy, _DISC_MM, room), sites["rank"], strict=True):
        page.disc(x, y, _DISC_MM, str(int(rank)))


def _draw_column(
    page: Page, study: Study, situation: Situation, proposals: Proposals, texts: Texts
) -> None:
    """Fill the column: legend, table of the sites, notice, sources."""
    column = Column(page, texts)
    metres = texts.metres(proposals.threshold_m)
    column.heading(texts("legend_proposals"))
    column.legend(
        [
            Swatch(style.PROPOSED_GROUND, texts("newly_served", metres=metres)),
            Swatch(style.SERVED_GROUND, texts("served_ground", metres=metres)),
            Swatch(style.UNSERVED, texts("inhabited_beyond", metres=metres)),
        ]
    )
    column.paragraph(texts("proposals_note"), 7.0, soft=True)
    column.space(2.0)
    centres = _centres(situation)
    styles = style.kind_styles(centres["kind"])
    count = centres.loc[centres["linked"].to_numpy(dtype=bool), "kind"].value_counts().to_dict()
    column.heading(texts("legend_centres"))
    column.kinds(styles, {kind: count.get(kind, 0) for kind in styles})
    column.space(2.5)
    foot = column.foot(study, situation.inputs, also=("candidates", "indicators"))
    _draw_table(column, situation, proposals, texts, foot + 2.0)


def _draw_table(
    column: Column, situation: Situation, proposals: Proposals, texts: Texts, bottom: float
) -> None:
    """List the sites: rank, name, address, residents gained."""
    sites = proposals.sites
    column.heading(texts("proposals_heading", count=texts.number(len(sites))))
    if sites.empty:
        return
    page, x, end = column.page, column.x, column.x + column.width
    base = column.y - 2.4
    page.text(x, base, texts("table_rank"), _DETAIL_SIZE, colour=style.INK_SOFT)
    heading = texts("table_gained")
    page.text(end, base, heading, _DETAIL_SIZE, colour=style.INK_SOFT, align="right")
    column.y = base - 1.4
    height = min(_ROW_MM, max((column.y - bottom) / len(sites), _LEAST_ROW_MM))
    shown = sites.head(max(int((column.y - bottom) / height + 1e-6), 1))
    areas = situation.inputs.areas
    coarsest = areas[areas["level"] == areas["level"].iloc[0]].set_index("area_id")["name"]
    for row in shown.itertuples():
        page.line(x, column.y, end, column.y, style.RULE, 0.4)
        base = column.y - min(2.9, 0.72 * height)
        page.text(x + 1.0, base, texts.number(row.rank), 9, weight="bold")
        gained = texts.number(row.residents_gained)
        page.text(end, base, gained, _SIZE, weight="bold", align="right")
        left, room = x + _NAME_X_MM, column.width - _NAME_X_MM - 15.0
        name = row.name or row.planning_area_name
        page.text(left, base, shorten(name, room, _SIZE, "bold"), _SIZE, weight="bold")
        if height >= _TWO_LINES_MM:
            where = [row.address, row.planning_area_name, coarsest.get(row.district_id, "")]
            text = ", ".join(dict.fromkeys(part for part in where if part))
            text = shorten(text, column.width - _NAME_X_MM, _DETAIL_SIZE)
            page.text(left, base - 2.6, text, _DETAIL_SIZE, colour=style.INK_SOFT)
        column.y -= height
    if len(shown) < len(sites):
        more = texts.number(len(sites) - len(shown))
        column.paragraph(texts("proposals_more", count=more), 7.0, soft=True)
