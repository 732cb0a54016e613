"""Who lives where: the residents of a study, by its own spreading and by plausible others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from kiezreach.sources.residents import read_residents
from kiezreach.sources.support import read_addresses, read_blocks, read_grid
from kiezreach.sources.totals import read_totals
from kiezreach.spreading import Spreading, Support, spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiezreach.study import SpreadMethod, Study


@dataclass(frozen=True, eq=False)
class Population:
    """The residents of a study.

    Parameters
    ----------
    residents
        Points as `kiezreach.sources.residents.read_residents` returns them, whether they were
        read or spread.
    spreads
        The same residents by each further plausible method: frames like `residents`, with the
        same sums of every planning area and age group.
    excluded
        ``file``, ``row``, ``id``, ``reason`` of rows that are not used.
    notes
        What a reader of the figures must know about the spreading.
    """

    residents: gpd.GeoDataFrame
    spreads: dict[str, gpd.GeoDataFrame]
    excluded: pd.DataFrame
    notes: tuple[str, ...]


def read_population(
    study: Study,
    areas: gpd.GeoDataFrame,
    inhabited: gpd.GeoDataFrame | None,
    background: dict[str, gpd.GeoSeries],
    tell: Callable[[str], None] = lambda _: None,
) -> Population:
    """Read the residents of a study and spread them as it says.

    Parameters
    ----------
    study
        The study.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.
    inhabited
        The inhabited area, if it is known.
    background
        Water, green and railways, as far as the study names them.
    tell
        Called with a few words before each longer step.

    Returns
    -------
    Population

    Raises
    ------
    InputError
        If a file is wrong; see the readers.
    """
    settings = study.residents
    support, support_out = _read_support(study, areas, inhabited, background)
    finest = areas[areas["level"] == areas["level"].iloc[-1]]
    columns = ["residents", *settings.age_groups]
    notes: list[str] = []

    def by(method: SpreadMethod, totals: pd.DataFrame) -> Spreading:
        tell(f"spreading residents by {method}")
        found = spread(method, totals[columns], finest, support)
        notes.extend(found.notes)
        return found

    if settings.spread is None:
        residents, residents_out = read_residents(study, areas)
        totals = residents.groupby("planning_area_id")[columns].sum()
    else:
        totals = read_totals(study, areas)
        points = by(settings.spread, totals).points
        residents = points.assign(row=points["planning_area_id"].map(totals["row"]))
        residents_out = support_out.iloc[:0]
    spreads = {}
    for method in settings.plausible_spreads:
        spreads[str(method)] = by(method, totals).points
    return Population(
        residents=residents,
        spreads=spreads,
        excluded=pd.concat([residents_out, support_out], ignore_index=True),
        notes=tuple(notes),
    )


def _read_support(
    study: Study,
    areas: gpd.GeoDataFrame,
    inhabited: gpd.GeoDataFrame | None,
    background: dict[str, gpd.GeoSeries],
) -> tuple[Support, pd.DataFrame]:
    """Read what the methods of a study need, and the rows of it that are not used."""
    parts = study.residents.support
    excluded = pd.DataFrame(columns=["file", "row", "id", "reason"])
    points = None
    if parts.points is not None:
        points, excluded = read_addresses(study, parts.points, areas)
    support = Support(
        blocks=None if parts.blocks is None else read_blocks(study, parts.blocks, areas),
        points=points,
        cells=None if parts.grid is None else read_grid(study, parts.grid, areas),
        inhabited=None if inhabited is None else inhabited.geometry,
        water=background.get("water"),
        green=background.get("green"),
        railways=background.get("railway"),
    )
    return support, excluded
