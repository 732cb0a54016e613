"""The map of what differs between two builds: ground that came within reach, or fell out of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.differences import changed_ground
from kiezreach.network.model import Provenance
from kiezreach.outputs import style
from kiezreach.outputs.print_map.furniture import draw_names, draw_scale
from kiezreach.outputs.print_map.ground import Frame, Ground, fill_outline
from kiezreach.outputs.print_map.labels import Room
from kiezreach.outputs.print_map.page import Page, drawing
from kiezreach.outputs.print_map.press import Sheet, print_sheet
from kiezreach.outputs.print_map.sheet import MAP_BOX, Column, Swatch, draw_head
from kiezreach.outputs.texts import Texts
from kiezreach.study import Background

if TYPE_CHECKING:
    from kiezreach.inputs import Inputs
    from kiezreach.outputs.difference import DifferenceAccount
    from kiezreach.sources.snapshot import SnapshotGround

_AROUND_M = 800.0  # shown around what changed
_SMALLEST_M = 4000.0  # what the map shows at least, so that the place is recognised
_MARK_MM = 4.2
_KEPT = style.KindStyle("o", style.PAPER)
_WENT = style.KindStyle("X", style.LOST)
_CAME = style.KindStyle("*", "#f0e442")


@dataclass(frozen=True, eq=False)
class _Network:
    """What a map says of the network."""

    provenance: Provenance


@dataclass(frozen=True, eq=False)
class _ReadBack:
    """What a sheet draws and says of the inputs, of a build that is finished."""

    areas: gpd.GeoDataFrame
    inhabited: gpd.GeoDataFrame
    files: pd.DataFrame
    network: _Network
    background: dict[str, gpd.GeoSeries]


def write_difference_map(
    account: DifferenceAccount, ground: SnapshotGround, folder: Path
) -> list[Path]:
    """Write the map of what differs.

    Parameters
    ----------
    account
        What is told about the two builds.
    ground
        Areas and inhabited ground of the later build.
    folder
        Folder to write to; it exists.

    Returns
    -------
    list of Path
        ``difference.png``, ``difference.pdf`` and ``difference.svg``: A3 landscape.
    """
    study, texts = account.study, Texts("print_map", account.study.language)
    inputs = _inputs(account, ground)
    shapes = changed_ground(account.comparison, ground.inhabited)
    frame = Frame.around(_bounds(account, shapes, ground.areas), *MAP_BOX)
    with drawing():
        page = Page()
        draw_head(page, "difference_title", account.finding, study, inputs, texts)
        _draw_map(page, account, Ground(inputs, frame), shapes, texts)
        _draw_column(page, account, inputs, texts)
    title = texts("difference_title", place=study.name)
    return print_sheet(Sheet("difference", title, page), folder)


def _inputs(account: DifferenceAccount, ground: SnapshotGround) -> Inputs:
    """Stand in for the inputs with what the folder of the build tells of them."""
    after = account.comparison.after
    known = after.manifest.get("network") or {}
    fields = {name: known[name] for name in Provenance.__dataclass_fields__ if name in known}
    files = after.inputs[~after.inputs["role"].isin(Background.model_fields)]
    read_back = _ReadBack(ground.areas, ground.inhabited, files, _Network(Provenance(**fields)), {})
    return cast("Inputs", read_back)  # the sheet asks for these five alone


def _bounds(
    account: DifferenceAccount,
    shapes: tuple[shapely.Geometry, ...],
    areas: gpd.GeoDataFrame,
) -> tuple[float, float, float, float]:
    """Return what the map shows: all that changed, with some room; or everything."""
    gained, lost, _ = shapes
    went, came = _centres(account, "went"), _centres(account, "came")
    drawn = [shape for shape in (gained, lost, *went, *came) if not shape.is_empty]
    x0, y0, x1, y1 = shapely.total_bounds(drawn) if drawn else areas.total_bounds
    wide = max(_AROUND_M, (_SMALLEST_M - (x1 - x0)) / 2)
    high = max(_AROUND_M, (_SMALLEST_M - (y1 - y0)) / 2)
    return x0 - wide, y0 - high, x1 + wide, y1 + high


def _centres(account: DifferenceAccount, state: str) -> list[shapely.Point]:
    """Return where centres came or went; those that moved did both."""
    found = account.comparison
    side = found.before if state == "went" else found.after
    changed = found.centres["state"].isin([state, "moved"])
    ids = set(found.centres["centre_id"][changed])
    layer = side.centres.to_crs(found.after.gaps.crs)
    return list(layer.geometry[layer["centre_id"].isin(ids)])


def _kept(account: DifferenceAccount) -> list[shapely.Point]:
    """Return where centres stayed."""
    found = account.comparison
    changed = found.centres["state"].isin(["came", "moved"])
    ids = set(found.centres["centre_id"][changed])
    layer = found.after.centres[found.after.centres["linked"].astype(bool)]
    return list(layer.geometry[~layer["centre_id"].isin(ids)])


def _marked(
    account: DifferenceAccount,
) -> list[tuple[style.KindStyle, str, float, list[shapely.Point]]]:
    """Return the marks of centres, their words, their size and where they stand."""
    return [
        (_KEPT, "kept", _MARK_MM / 2, _kept(account)),
        (_WENT, "went", _MARK_MM, _centres(account, "went")),
        (_CAME, "came", _MARK_MM * 1.4, _centres(account, "came")),
    ]


def _draw_map(
    page: Page,
    account: DifferenceAccount,
    ground: Ground,
    shapes: tuple[shapely.Geometry, ...],
    texts: Texts,
) -> None:
    """Draw the ground, what it gained and lost, and the centres."""
    frame, (gained, lost, kept) = ground.frame, shapes
    clip = ground.draw_below(page)
    page.fill(ground.inhabited, style.pale(style.UNSERVED), clip=clip)
    for colour, shape in (
        (style.pale(style.FARTHEST_SERVED), kept), (style.NEAREST, gained), (style.LOST, lost)
    ):  # fmt: skip
        page.fill(fill_outline(frame.place(np.array([shape], dtype=object))), colour, clip=clip)
    ground.draw_above(page, clip)
    drawn = [np.empty((0, 2))]
    for mark, _, size, places in _marked(account):
        points = frame.move(np.array(places, dtype=object))
        points = points[shapely.intersects(points, frame.box)] if len(points) else points
        if len(points):
            x, y = shapely.get_x(points), shapely.get_y(points)
            page.marks(x, y, mark, size, clip=clip)
            drawn.append(np.column_stack([x, y]))
    box = draw_scale(page, ground, texts, account.comparison.after.gaps.crs)
    draw_names(page, ground, Room(frame.box, [box.bounds], np.vstack(drawn)), style.INK_SOFT)
    page.box(frame.left, frame.bottom, frame.width, frame.height, edge=style.INK, points=0.8)


def _draw_column(page: Page, account: DifferenceAccount, inputs: Inputs, texts: Texts) -> None:
    """Fill the column: legend, figures, notice, sources."""
    own, study = account.texts, account.study
    metres = own.metres(account.threshold)
    column = Column(page, texts)
    column.heading(own("legend"))
    column.legend(
        [
            Swatch(style.NEAREST, own("legend_gained", metres=metres)),
            Swatch(style.LOST, own("legend_lost", metres=metres)),
            Swatch(style.pale(style.FARTHEST_SERVED), own("legend_kept_ground")),
            Swatch(style.pale(style.UNSERVED), own("legend_none")),
        ]
    )
    column.space()
    column.heading(own("legend_centres"))
    for mark, word, _, places in _marked(account):
        if places:
            column.mark(mark, own(f"legend_{word}"))
    column.space()
    foot = column.foot(study, inputs)
    column.heading(own("figures"))
    for section in account.sections():
        if column.y > foot + 14 and section.heading:
            column.paragraph(section.heading, weight_bold=True)
        for line in (*section.lines, *(_row(section.header, row) for row in section.rows)):
            if column.y > foot + 8:
                column.paragraph(line)


def _row(header: tuple[str, ...], cells: tuple[str, ...]) -> str:
    """Return a row of a table as a line, in which each value has its name."""
    named = zip(header[1:], cells[1:], strict=True)
    return f"{cells[0]}: {', '.join(f'{name} {cell}' for name, cell in named)}"
