"""Derive Berlin's four levels of planning areas as one hierarchy.

The 542 Planungsraeume (LOR, cut of 1 January 2021) are generalised once, as a coverage, so that
every shared border is generalised once and stays shared. Each coarser level is the exact union
of the level below, with the official names of its own file:

    planungsraum (8 digits) -> bezirksregion (6) -> prognoseraum (4) -> district (2)

Usage::

    python scripts/derive_boundaries.py [--shared DIR] [--out FILE]
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Final

import click
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from berlin_inputs import (
    BERLIN_CRS,
    DEFAULT_DATA,
    DEFAULT_SHARED,
    LEVEL_LENGTHS,
    as_multipolygons,
    megabytes,
    on_grid,
    read_layer,
    read_planning_areas,
    write_gpkg,
)

SIMPLIFY_TOLERANCE_M: Final = 2.0
"""Visvalingam tolerance: corners that span less than 2 m x 2 m go (0.2 mm at 1:10,000)."""

MAX_AREA_CHANGE: Final = 0.001
"""Largest accepted relative change of a Planungsraum's area."""

LEVEL_FILES: Final = {
    "bezirksregion": ("bzr2021/lor_bezirksregionen_2021.shp", "BZR_ID", "BZR_NAME"),
    "prognoseraum": ("pgr2021/lor_prognoseraeume_2021.shp", "PGR_ID", "PGR_NAME"),
    "district": ("bezirke/bezirksgrenzen.shp", "Gemeinde_s", "Gemeinde_n"),
}


def generalise(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Simplify a gapless coverage on the coordinate grid and keep it one.

    Raises
    ------
    ValueError
        If the result overlaps, has gaps, is invalid or changes an area by more than 0.1 %.
    """
    gridded = on_grid(areas.geometry.to_numpy())
    simple = np.asarray(shapely.coverage_simplify(gridded, SIMPLIFY_TOLERANCE_M))
    result = areas.assign(geometry=gpd.GeoSeries(as_multipolygons(simple), crs=BERLIN_CRS))
    if not (result.is_valid.all() and shapely.coverage_is_valid(simple)):
        msg = "generalised Planungsraeume overlap or are invalid; lower SIMPLIFY_TOLERANCE_M"
        raise ValueError(msg)
    change = (result.area / areas.area - 1).abs()
    if change.max() > MAX_AREA_CHANGE:
        worst = areas["area_id"].iloc[int(change.argmax())]
        msg = f"area of {worst} changed by {change.max():.3%}; lower SIMPLIFY_TOLERANCE_M"
        raise ValueError(msg)
    return result


def level_names(shared: Path, level: str) -> pd.Series:
    """Return the official name of each area of a coarser level, indexed by its id."""
    file, id_column, name_column = LEVEL_FILES[level]
    frame = read_layer(shared, f"boundaries/{file}")
    # Districts are coded 001 to 012 in the state's municipality key, 01 to 12 in the LOR.
    ids = frame[id_column].str[-LEVEL_LENGTHS[level] :]
    # One official name has two spaces in a row.
    names = frame[name_column].str.split().str.join(" ")
    return pd.Series(names.to_numpy(), index=ids).sort_index()


def dissolve(finer: gpd.GeoDataFrame, names: pd.Series, level: str) -> gpd.GeoDataFrame:
    """Union a level's areas to the next coarser one.

    Raises
    ------
    ValueError
        If the ids found in the finer level and in the official names differ.
    """
    groups = finer.groupby(finer["area_id"].str[: LEVEL_LENGTHS[level]]).groups
    if set(groups) != set(names.index):
        msg = f"{level}: ids differ: {sorted(set(groups) ^ set(names.index))}"
        raise ValueError(msg)
    ids = sorted(groups)
    geometry = [shapely.coverage_union_all(finer.geometry.loc[groups[i]].to_numpy()) for i in ids]
    return gpd.GeoDataFrame(
        {"area_id": ids, "name": names.loc[ids].to_numpy()},
        geometry=as_multipolygons(np.array(geometry, dtype=object)),
        crs=BERLIN_CRS,
    )


def with_parents(frame: gpd.GeoDataFrame, parent_level: str | None) -> gpd.GeoDataFrame:
    """Add ``parent_id``, the id of the next coarser level; null for the coarsest."""
    length = LEVEL_LENGTHS[parent_level] if parent_level else 0
    parents = frame["area_id"].str[:length] if length else pd.Series(pd.NA, index=frame.index)
    result = frame.assign(parent_id=parents.astype("string"))
    return result[["area_id", "name", "parent_id", "geometry"]]


def derive(shared: Path) -> dict[str, gpd.GeoDataFrame]:
    """Build all four levels, coarse to fine, from the official files."""
    fine_to_coarse = list(reversed(LEVEL_LENGTHS))
    layers = {"planungsraum": generalise(read_planning_areas(shared))}
    for finer, level in itertools.pairwise(fine_to_coarse):
        layers[level] = dissolve(layers[finer], level_names(shared, level), level)
    parents = dict(zip(fine_to_coarse, [*fine_to_coarse[1:], None], strict=True))
    return {level: with_parents(layers[level], parents[level]) for level in LEVEL_LENGTHS}


def report(layers: dict[str, gpd.GeoDataFrame], shared: Path, path: Path) -> None:
    """Print counts, area, change against the survey, and file size."""
    survey = read_planning_areas(shared)
    areas = layers["planungsraum"]
    change = (areas.area / survey.area - 1).abs()
    before, after = (len(shapely.get_coordinates(f.geometry)) for f in (survey, areas))
    moved = shapely.hausdorff_distance(survey.boundary.to_numpy(), areas.boundary.to_numpy())
    for level, frame in layers.items():
        click.echo(f"{level:14s}{len(frame):4d} areas {frame.area.sum() / 1e6:9.3f} km2")
    click.echo(f"area change per area: max {change.max():.4%}, median {change.median():.4%}")
    click.echo(f"border moved by at most {moved.max():.2f} m; vertices {before} -> {after}")
    click.echo(f"{path}: {megabytes(path):.2f} MB")


@click.command()
@click.option("--shared", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_SHARED)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_DATA / "boundaries" / "berlin.gpkg",
)
def main(shared: Path, out: Path) -> None:
    """Derive Berlin's districts, Prognoseraeume, Bezirksregionen and Planungsraeume."""
    layers = derive(shared)
    write_gpkg(layers, out)
    report(layers, shared, out)


if __name__ == "__main__":
    main()
