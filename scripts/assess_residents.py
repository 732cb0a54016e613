"""Measure ways of spreading residents against an independent census grid and real addresses.

Two families stand side by side: the rules of ``block_evidence.RULES``, which weigh the street
fronts of the statistical blocks (the last one makes the packaged points), and the methods of
``kiezreach.spreading`` over the packaged blocks, addresses and the census grid itself. Each puts
the residents of every Planungsraum into the 1 km census grid of 2011, scaled to the same sum.
Reported are

misplaced
    share of residents that would have to move to another grid cell to match the census,
misplaced, same growth
    the same after the census is scaled to the register within each Prognoseraum: growth since
    2011 between them is taken out, growth inside them is not,
correlation, median error
    over cells; the relative error over cells with 500 residents or more,
in empty cells
    residents put into cells with fewer than 20 in the census,
address to point
    metres from real addresses to the nearest resident point, and from points to the nearest
    address. Only addresses from OpenStreetMap are used: the rules know the public facilities
    (and, of blocks over 8 ha, whether there is any address at all),
access
    median metres from a resident's point to the nearest street of the packaged network,
served
    percent of residents within each threshold of the packaged study.

A method that was given what it is measured against says nothing there (``points`` about
addresses, ``grid`` about the census): its cells are empty.

Before that, known addresses per km of block outline are printed by what the outline faces: the
reason why only some sides of a block are street fronts. Then come the access legs of the
real addresses on the packaged network.

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
import kiezreach as kr
from berlin_inputs import DEFAULT_SHARED, read_layer
from derive_residents import Inputs, all_places, block_places, read_inputs, spread
from kiezreach import inputs as study_inputs
from kiezreach.coverage import weighted_quantile
from kiezreach.spreading import Support
from kiezreach.spreading import spread as spread_by
from kiezreach.spreading.grid import grid_ground

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


def misplaced(count: pd.Series, census: pd.Series) -> float:
    """Return the share of residents in another cell than the census scaled to the same sum."""
    scaled = census * count.sum() / census.sum()
    return float(0.5 * (count - scaled).abs().sum() / scaled.sum())


def grid_figures(count: pd.Series, census: pd.Series, grown: pd.Series) -> dict[str, float]:
    """Compare residents per cell with the scaled census, and with the one `grown` by area."""
    scaled = census * count.sum() / census.sum()
    settled = scaled >= 500
    return {
        "misplaced": misplaced(count, census),
        "misplaced, same growth": misplaced(count, grown),
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


def read_grid(shared: Path) -> gpd.GeoDataFrame:
    """Return the census cells as squares with ``residents``."""
    grid = read_layer(shared, "population/zensus2011_1km_einwohner_berlin.gpkg")
    middle = gpd.GeoSeries.from_xy(grid["x"], grid["y"], crs=GRID_CRS)
    square = middle.buffer(CELL_M / 2, cap_style="square").to_crs(grid.crs)
    count = grid["Einwohner"].clip(lower=0).astype(float)
    return gpd.GeoDataFrame({"residents": count, "x": grid["x"], "y": grid["y"]}, geometry=square)


def grown_census(
    census: pd.Series, grid: gpd.GeoDataFrame, packaged: study_inputs.Inputs
) -> pd.Series:
    """Scale the census to the register within each Prognoseraum."""
    finest = packaged.areas[packaged.areas["level"] == packaged.areas["level"].iloc[-1]]
    pieces = grid_ground(grid, finest, packaged.inhabited.geometry)
    region = pieces["planning_area_id"].str[:4]
    then = pieces["residents"].groupby(region).sum()
    people = packaged.residents
    now = people["residents"].groupby(people["planning_area_id"].str[:4]).sum()
    factor = region.map(now / then)
    cell = [(grid[axis] // CELL_M).to_numpy()[pieces["whole"]] for axis in ("x", "y")]
    grown = (pieces["residents"] * factor).groupby(cell).sum()
    return grown.reindex(census.index, fill_value=0.0)


def spreads_of_package(
    inputs: Inputs, grid: gpd.GeoDataFrame, packaged: study_inputs.Inputs
) -> dict[str, gpd.GeoDataFrame]:
    """Spread the register by every method of the package."""
    finest = packaged.areas[packaged.areas["level"] == packaged.areas["level"].iloc[-1]]
    support = Support(points=inputs.addresses, cells=grid, inhabited=packaged.inhabited.geometry)
    found = dict(packaged.spreads)
    for method in ("points", "grid"):
        result = spread_by(method, inputs.register, finest, support)
        for note in result.notes:
            click.echo(f"{method}: {note}")
        found[method] = result.points
    return found


def walk_figures(
    points: gpd.GeoDataFrame, everywhere: kr.Reach, thresholds: tuple[float, ...]
) -> dict[str, float]:
    """Return the median access leg and the percent of residents served."""
    place = everywhere.snap(points)
    distance, _ = everywhere.at(place)
    people = points["residents"].to_numpy()
    one = np.zeros(len(points), dtype=np.int64)
    figures = {"access": float(weighted_quantile(one, place.access, people, 1, 0.5)[0])}
    for threshold in thresholds:
        figures[f"served {threshold:g}"] = 100 * people[distance <= threshold].sum() / people.sum()
    return figures


def assess(inputs: Inputs, sections: pd.DataFrame, shared: Path) -> pd.DataFrame:
    """Return the figures of every rule and method, one row each."""
    study = kr.berlin()
    packaged = study_inputs.read_inputs(study)
    settings = study.analysis
    everywhere = kr.reach(
        packaged.network, packaged.centres, settings.max_walk_m, max_snap_m=settings.max_snap_m
    )
    census, grid = census_cells(shared), read_grid(shared)
    grown = grown_census(census, grid, packaged)
    ways = {
        f"rule: {rule}": spread(all_places(inputs, rule, sections), inputs.register)
        for rule in block_evidence.RULES
    }
    ways |= spreads_of_package(inputs, grid, packaged)
    rows = {}
    for name, points in ways.items():
        count = count_in_cells(points, census.index)
        figures = {} if name == "grid" else grid_figures(count, census, grown)
        figures |= {} if name == "points" else address_figures(points, inputs.addresses)
        figures |= walk_figures(points, everywhere, study.analysis.thresholds_m)
        rows[name] = {"points": len(points)} | figures
    legs = everywhere.snap(inputs.addresses).access
    osm = inputs.addresses["source"].str.startswith("OSM").to_numpy()
    shown = ", ".join(f"{q:.0f} m" for q in np.quantile(legs[osm], [0.1, 0.5, 0.9]))
    click.echo(f"real addresses to the nearest street (10, 50, 90 %): {shown}")
    return pd.DataFrame(rows).T


@click.command()
@click.option("--shared", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_SHARED)
def main(shared: Path) -> None:
    """Print how well each way of spreading residents agrees with independent data."""
    inputs = read_inputs(shared)
    sections = block_places(inputs)
    click.echo(address_rates(sections, inputs.addresses).to_string())
    table = assess(inputs, sections, shared)
    click.echo(table.round(4).to_string())
    click.echo(f"in use: {block_evidence.CHOSEN_RULE}")


if __name__ == "__main__":
    main()
