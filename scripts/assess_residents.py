"""Measure rules of spreading residents against an independent census grid and real addresses.

For each rule of ``block_evidence.RULES`` the residents of every Planungsraum are spread and
counted on the 1 km census grid of 2011, scaled to the same sum. Reported are

misplaced
    share of residents that would have to move to another grid cell to match the census; growth
    since 2011 is part of it and the same for all rules,
correlation, median error
    over cells; the relative error over cells with 500 residents or more,
in empty cells
    residents put into cells with fewer than 20 in the census,
address to point
    metres from real addresses to the nearest resident point, and from points to the nearest
    address. Only addresses from OpenStreetMap are used: the rules know the public facilities
    (and, of blocks over 8 ha, whether there is any address at all).

Before that, known addresses per km of block outline are printed by what the outline faces: the
reason why only some sides of a block are street fronts.

Usage::

    python scripts/assess_residents.py [--shared DIR]
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import KDTree

import block_evidence
from berlin_inputs import DEFAULT_SHARED, read_layer
from derive_residents import Inputs, all_places, block_places, read_inputs, spread

GRID_CRS: Final = "EPSG:3035"
CELL_M: Final = 1000
NEAR_OUTLINE_M: Final = 30.0
"""Addresses farther from any block outline do not tell what the outline faces."""

MIN_SHARE_IN_BERLIN: Final = 0.99
"""Cells cut by the city limit are left out: their count includes Brandenburg."""


def census_cells(shared: Path) -> pd.Series:
    """Return census residents of the cells inside Berlin, indexed by cell column and row."""
    grid = read_layer(shared, "population/zensus2011_1km_einwohner_berlin.gpkg")
    grid = grid[grid["share_in_berlin"] > MIN_SHARE_IN_BERLIN]
    cells = pd.MultiIndex.from_arrays([grid["x"] // CELL_M, grid["y"] // CELL_M])
    return pd.Series(grid["Einwohner"].clip(lower=0).to_numpy(dtype=float), index=cells)


def count_in_cells(points: gpd.GeoDataFrame, cells: pd.MultiIndex) -> pd.Series:
    """Return the residents of `points` in each cell."""
    place = points.to_crs(GRID_CRS).geometry
    column, row = (np.floor(v / CELL_M).astype(int) for v in (place.x, place.y))
    count = points["residents"].groupby([column.to_numpy(), row.to_numpy()]).sum()
    return count.reindex(cells, fill_value=0).astype(float)


def grid_figures(count: pd.Series, census: pd.Series) -> dict[str, float]:
    """Compare residents per cell with the scaled census."""
    scaled = census * count.sum() / census.sum()
    settled = scaled >= 500
    return {
        "misplaced": 0.5 * (count - scaled).abs().sum() / scaled.sum(),
        "correlation": float(np.corrcoef(count, scaled)[0, 1]),
        "median error": ((count - scaled).abs() / scaled)[settled].median(),
        "in empty cells": count[census < 20].sum(),
    }


def address_figures(points: gpd.GeoDataFrame, addresses: gpd.GeoDataFrame) -> dict[str, float]:
    """Measure how far resident points and real addresses are from each other, in metres."""
    osm = addresses[addresses["source"].str.startswith("OSM")]
    ours, real = (f.get_coordinates().to_numpy() for f in (points, osm))
    to_point = np.asarray(KDTree(ours).query(real)[0], dtype=float)
    to_address = np.asarray(KDTree(real).query(ours)[0], dtype=float)
    return {
        "address to point median": float(np.median(to_point)),
        "p90": float(np.percentile(to_point, 90)),
        "over 150 m": float(np.mean(to_point > 150)),
        "point to address median": float(np.median(to_address)),
    }


def address_rates(sections: pd.DataFrame, addresses: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return known addresses per km of block outline by what the outline faces."""
    distance, nearest = KDTree(sections[["x", "y"]]).query(addresses.get_coordinates())
    close = np.asarray(nearest)[np.asarray(distance) < NEAR_OUTLINE_M]
    found = sections["facing"].to_numpy()[close]
    km = sections.groupby("facing")["length"].sum() / 1000
    per_km = pd.Series(found).value_counts().reindex(km.index, fill_value=0) / km
    return pd.DataFrame({"km": km.round(), "addresses per km": per_km.round(2)})


def assess(inputs: Inputs, sections: pd.DataFrame, shared: Path) -> pd.DataFrame:
    """Return the figures of every rule, one row each."""
    census = census_cells(shared)
    rows = {}
    for rule in block_evidence.RULES:
        points = spread(all_places(inputs, rule, sections), inputs.register)
        count = count_in_cells(points, census.index)
        figures = grid_figures(count, census) | address_figures(points, inputs.addresses)
        rows[rule] = {"points": len(points)} | figures
    return pd.DataFrame(rows).T


@click.command()
@click.option("--shared", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_SHARED)
def main(shared: Path) -> None:
    """Print how well each rule of spreading residents agrees with independent data."""
    inputs = read_inputs(shared)
    sections = block_places(inputs)
    click.echo(address_rates(sections, inputs.addresses).to_string())
    table = assess(inputs, sections, shared)
    click.echo(table.round(4).to_string())
    click.echo(f"in use: {block_evidence.CHOSEN_RULE}")


if __name__ == "__main__":
    main()
