"""What a study asks of missing links: single new crossings or passages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kiezreach import defaults
from kiezreach.study.parts import Part

Crossed = Literal["water", "railway", "motorway", "block"]
CROSSED: tuple[Crossed, ...] = ("water", "railway", "motorway", "block")


class MissingLinks(Part):
    """Which links are looked for, and how many are listed; lengths are metres."""

    max_link_m: Annotated[float, Field(gt=1, le=500)] = defaults.MAX_LINK_M
    """Longest link: how far apart its ends may be in a straight line."""
    min_detour_m: Annotated[float, Field(ge=0, le=10_000)] = defaults.MIN_DETOUR_M
    """How much longer than the link today's walk between its ends must be at least."""
    min_detour_ratio: Annotated[float, Field(ge=1, le=100)] = defaults.MIN_DETOUR_RATIO
    """How many times as long as the link it must be at least."""
    link_spacing_m: Annotated[float, Field(ge=0, le=10_000)] = defaults.LINK_SPACING_M
    """Of links that start closer together than this the best alone is listed."""
    across: Annotated[tuple[Crossed, ...], Field(min_length=1)] = CROSSED
    """What they may lead across; block: no known barrier."""
    links_listed: Annotated[int, Field(ge=1, le=1000)] = defaults.LINKS_LISTED
    """How many are listed."""
