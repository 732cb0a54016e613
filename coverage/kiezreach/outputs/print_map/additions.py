"""What a study may hold beside its answers: proposed sites and missing links."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from kiezreach.outputs import style
from kiezreach.outputs.print_map.ground import Ground, line_outline
from kiezreach.outputs.print_map.labels import Room, place_numbers
from kiezreach.outputs.print_map.sheet import Swatch

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.patches import Patch

    from kiezreach.analysis import Analysis
    from kiezreach.outputs.print_map.page import Page
    from kiezreach.outputs.texts import Texts

_DISC_MM = 2.5


def proposed_sites(analysis: Analysis) -> gpd.GeoDataFrame | None:
    """Return the proposed sites, by their rank; None where there are none."""
    found = analysis.proposals
    if found is None or found.sites.empty:
        return None
    return found.sites.sort_values(["rank", "candidate_id"])


def missing_links(analysis: Analysis) -> gpd.GeoDataFrame | None:
    """Return the missing links; None where there are none."""
    found = analysis.missing_links
    return None if found is None or found.empty else found


def draw_proposals(page: Page, analysis: Analysis, ground: Ground, room: Room) -> None:
    """Put the ranks of proposed sites in discs where they are."""
    sites = proposed_sites(analysis)
    if sites is None:
        return
    points = ground.frame.move(sites.geometry)
    inside = np.asarray(shapely.intersects(points, ground.region))
    xy = np.column_stack([shapely.get_x(points), shapely.get_y(points)])[inside]
    ranks = sites["rank"].to_numpy()[inside]
    for (x, y), rank in zip(place_numbers(xy, _DISC_MM, room), ranks, strict=True):
        page.disc(x, y, _DISC_MM, str(int(rank)), colour=style.PROPOSED_SITE)


def draw_missing_links(page: Page, analysis: Analysis, ground: Ground, clip: Patch) -> None:
    """Draw the missing links of what the map is of as thick lines with a white edge."""
    links = missing_links(analysis)
    if links is None:
        return
    placed = ground.frame.place(links.geometry)
    lines = line_outline(placed[shapely.intersects(placed, ground.region)])
    page.stroke(lines, style.PAPER, 3.2, clip=clip)
    page.stroke(lines, style.MISSING_LINK, 1.8, clip=clip)


def addition_rows(analysis: Analysis, ground: Ground, texts: Texts) -> list[Swatch]:
    """Explain what of them there is on the map."""
    rows = []
    sites, links = proposed_sites(analysis), missing_links(analysis)
    if sites is not None and _some_within(ground.frame.move(sites.geometry), ground):
        rows.append(Swatch(style.PROPOSED_SITE, texts("proposed_sites"), number="1"))
    if links is not None and _some_within(ground.frame.place(links.geometry), ground):
        rows.append(Swatch(style.MISSING_LINK, texts("missing_links"), line=True))
    return rows


def _some_within(placed: np.ndarray, ground: Ground) -> bool:
    return bool(shapely.intersects(placed, ground.region).any())
