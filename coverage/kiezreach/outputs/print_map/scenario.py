"""The map of a scenario: who gains access and who loses it, around what changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.outputs import style
from kiezreach.outputs.print_map.furniture import draw_names, draw_scale
from kiezreach.outputs.print_map.ground import Frame, Ground, fill_outline, line_outline
from kiezreach.outputs.print_map.labels import Room
from kiezreach.outputs.print_map.lettering import shorten, text_width
from kiezreach.outputs.print_map.page import Page, drawing
from kiezreach.outputs.print_map.press import Sheet, print_sheet
from kiezreach.outputs.print_map.sheet import MAP_BOX, Column, Swatch, draw_head
from kiezreach.outputs.texts import Texts

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.patches import Patch

    from kiezreach.outputs.scenario import ScenarioAccount

_AROUND_M = 500.0  # shown around what changes
_SMALLEST_M = 3000.0  # what the map shows at least, so that the place is recognised
_MARK_MM = 4.2
_DOT_MM = 0.11  # radius of a dot for one person, at the scale of `_DOT_SCALE`
_DOT_SCALE = 20_000.0
_DOT_RANGE_MM = (0.25, 2.2)
_KEPT = style.KindStyle("o", style.PAPER)
_CLOSED = style.KindStyle("X", style.LOST)
_OPENED = style.KindStyle("*", "#f0e442")
_PEOPLE = style.KindStyle("s", "#009e73")
_LINK, _BARRED = "#0072b2", "#d7263d"
_SERVED, _UNSERVED = style.pale(style.FARTHEST_SERVED), style.pale(style.UNSERVED)
_NAME_PT, _NAME_MM = 8.0, 60.0


def write_scenario_map(account: ScenarioAccount, folder: Path) -> list[Path]:
    """Write the map of a scenario.

    Parameters
    ----------
    account
        What is told about the scenario.
    folder
        Folder to write to; it exists.

    Returns
    -------
    list of Path
        ``scenario.png``, ``scenario.pdf`` and ``scenario.svg``: A3 landscape.
    """
    study, inputs = account.base.study, account.base.inputs
    texts = Texts("print_map", study.language)
    ground = Ground(inputs, Frame.around(_bounds(account), *MAP_BOX))
    row = account.result.walks.set_index("threshold_m").loc[account.threshold]
    finding = account.texts(
        "finding",
        name=account.result.name,
        gained=texts.number(row["residents_gained"]),
        lost=texts.number(row["residents_lost"]),
        metres=texts.metres(account.threshold),
    )
    with drawing():
        page = Page()
        draw_head(page, "scenario_title", finding, study, inputs, texts)
        _draw_map(page, account, ground, texts)
        _draw_column(page, account, texts)
    title = texts("scenario_title", place=study.name)
    return print_sheet(Sheet("scenario", title, page), folder)


def _bounds(account: ScenarioAccount) -> tuple[float, float, float, float]:
    """Return what the map shows: who gains or loses access, and what changes, with some room."""
    result, areas = account.result, account.base.inputs.areas
    shapes = [change.geometry for change in result.changes if change.geometry is not None]
    for points in (result.gained, result.lost):
        shapes += points.geometry[points["threshold_m"] == account.threshold].tolist()
    x0, y0, x1, y1 = shapely.total_bounds(shapes) if shapes else areas.total_bounds
    wide = max(_AROUND_M, (_SMALLEST_M - (x1 - x0)) / 2)
    high = max(_AROUND_M, (_SMALLEST_M - (y1 - y0)) / 2)
    return x0 - wide, y0 - high, x1 + wide, y1 + high


def _draw_map(page: Page, account: ScenarioAccount, ground: Ground, texts: Texts) -> None:
    """Draw the ground, people, ways and centres."""
    frame = ground.frame
    clip = ground.draw_below(page)
    page.fill(ground.inhabited, style.INK, alpha=style.BLOCK_SHADE, clip=clip)
    ground.draw_above(page, clip)
    for colour, dots in _people(account, frame):
        page.fill(fill_outline(dots), colour, clip=clip)
    for action, colour in (("add_link", _LINK), ("remove_link", _BARRED)):
        ways = frame.move(_geometry(account, action))
        page.stroke(line_outline(ways), style.PAPER, 5.0, clip=clip)
        page.stroke(line_outline(ways), colour, 3.0, clip=clip)
    marks = _draw_centres(page, account, frame, clip)
    box = draw_scale(page, ground, texts, account.base.inputs.areas.crs)
    draw_names(page, ground, Room(frame.box, [box.bounds], marks), style.INK_SOFT)
    _draw_changed_names(page, account, frame)
    page.box(frame.left, frame.bottom, frame.width, frame.height, edge=style.INK, points=0.8)


def _people(account: ScenarioAccount, frame: Frame) -> list[tuple[str, npt.NDArray[np.object_]]]:
    """Return dots for the residents, from those for whom nothing changes to those who lose."""
    then, base = account.result.situation, account.base.situation
    before = np.append(base.walk, np.full(len(then.walk) - len(base.walk), np.inf))
    was, is_now = before <= account.threshold, then.walk <= account.threshold
    points = frame.move(then.residents.geometry)
    people = then.residents["residents"].to_numpy(dtype=np.float64)
    scale = np.sqrt(_DOT_SCALE / max(frame.denominator, _DOT_SCALE))
    radius = np.clip(_DOT_MM * scale * np.sqrt(people), *_DOT_RANGE_MM)
    shown = (people > 0) & shapely.intersects(points, frame.box)
    return [
        (colour, shapely.buffer(points[own & shown], radius[own & shown], quad_segs=4))
        for colour, own in (
            (_UNSERVED, ~was & ~is_now),
            (_SERVED, was & is_now),
            (style.NEAREST, ~was & is_now),
            (style.LOST, was & ~is_now),
        )
    ]


def _geometry(account: ScenarioAccount, action: str) -> npt.NDArray[np.object_]:
    """Return the geometries of the steps of one action."""
    return np.array(
        [change.geometry for change in account.result.changes if change.action == action],
        dtype=object,
    )


def _centre_points(account: ScenarioAccount) -> list[tuple[style.KindStyle, list[shapely.Point]]]:
    """Return where centres stay, close and open, with their marks."""
    now, then = account.base.situation.centres.geometry, account.result.situation.centres.geometry
    kept = now.index[now.geom_equals(then.reindex(now.index))]
    homes = _geometry(account, "residents")
    return [
        (_KEPT, now[kept].tolist()),
        (_PEOPLE, shapely.centroid(homes).tolist() if len(homes) else []),
        (_CLOSED, now.drop(index=kept).tolist()),
        (_OPENED, then.drop(index=kept).tolist()),
    ]


def _draw_centres(
    page: Page, account: ScenarioAccount, frame: Frame, clip: Patch
) -> npt.NDArray[np.float64]:
    """Draw the centres; return where their marks are, in millimetres."""
    drawn = []
    for mark, places in _centre_points(account):
        points = frame.move(np.array(places, dtype=object))
        points = points[shapely.intersects(points, frame.box)]
        size = _MARK_MM if mark is not _KEPT else _MARK_MM / 2
        if len(points):
            x, y = shapely.get_x(points), shapely.get_y(points)
            page.marks(x, y, mark, size * (1.4 if mark is _OPENED else 1.0), clip=clip)
            drawn.append(np.column_stack([x, y]))
    return np.vstack(drawn) if drawn else np.empty((0, 2))


def _draw_changed_names(page: Page, account: ScenarioAccount, frame: Frame) -> None:
    """Write the names of centres that open, close or move beside their marks."""
    right = frame.left + frame.width
    for change in account.result.changes:
        if change.action not in ("open", "close", "move") or change.geometry is None:
            continue
        end = shapely.Point(shapely.get_coordinates(change.geometry)[-1])
        point = frame.move(np.array([end], dtype=object))[0]
        name = shorten(change.name, _NAME_MM, _NAME_PT, "bold")
        width = text_width(name, _NAME_PT, "bold")
        x = point.x + 3.4 if point.x + 4 + width < right else point.x - 3.4 - width
        page.text(x, point.y - 1.0, name, _NAME_PT, weight="bold", halo_mm=0.6)


def _draw_column(page: Page, account: ScenarioAccount, texts: Texts) -> None:
    """Fill the column: legend, changes, figures, notice, sources."""
    study, inputs, own = account.base.study, account.base.inputs, account.texts
    column = Column(page, texts)
    column.heading(own("legend"))
    column.legend(
        [
            Swatch(style.NEAREST, own("legend_gained")),
            Swatch(style.LOST, own("legend_lost")),
            Swatch(_SERVED, own("legend_served")),
            Swatch(_UNSERVED, own("legend_unserved")),
        ]
    )
    column.paragraph(own("legend_access", metres=texts.metres(account.threshold)), soft=True)
    column.paragraph(own("legend_size"), soft=True)
    column.space()
    column.heading(own("legend_changes"))
    _draw_marks(column, account)
    for number, change in enumerate(account.result.changes, start=1):
        column.paragraph(own("step", number=number, text=account.step(change)).strip())
    column.space()
    foot = column.foot(study, inputs)
    column.heading(own("figures"))
    for line in account.figures():
        if column.y > foot + 10:
            column.paragraph(line.strip())


def _draw_marks(column: Column, account: ScenarioAccount) -> None:
    """Explain the marks that the map has."""
    words = {_KEPT: "kept", _PEOPLE: "people", _CLOSED: "closed", _OPENED: "opened"}
    for mark, places in _centre_points(account):
        if places:
            column.mark(mark, account.texts(f"legend_{words[mark]}"))
    for action, colour, word in (("add_link", _LINK, "link"), ("remove_link", _BARRED, "barred")):
        if len(_geometry(account, action)):
            column.legend([Swatch(colour, account.texts(f"legend_{word}"), line=True)])
