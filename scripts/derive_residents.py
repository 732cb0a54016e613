"""Spread Berlin's residents over points along street fronts, and derive the inhabited area.

The register of 31 December 2024 counts residents and eight age groups per Planungsraum. Each
Planungsraum's residents are shared among the street fronts of its residential blocks (see
``kiezreach.spreading`` for what a front is and for the points on it, ``block_evidence.py`` for
which blocks count how much). Four Planungsraeume have no blocks; their residents stand along
street lines and at known addresses. All sums are the register's.

The inhabited area is made of the blocks that have residents, without water.

Usage::

    python scripts/derive_residents.py [--shared DIR] [--out DIR]
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import click
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

import block_evidence
from berlin_inputs import (
    AGE_GROUPS,
    BERLIN_CRS,
    DEFAULT_DATA,
    DEFAULT_SHARED,
    as_multipolygons,
    megabytes,
    on_grid,
    read_addresses,
    read_blocks,
    read_green,
    read_planning_areas,
    read_register,
    read_surface_railways,
    read_water,
    shared_path,
    write_geoparquet,
)
from derive_boundaries import generalise
from kiezreach.polygons import tiles
from kiezreach.spreading import fronts
from kiezreach.spreading.apportion import apportion
from kiezreach.spreading.front_points import choose_points

ADDRESS_FRONT_M: Final = 100.0
"""Length of front that a known address stands for where a Planungsraum has no blocks."""

INHABITED_DEPTH_M: Final = 100.0
"""How deep large blocks count as inhabited behind their street fronts."""

INHABITED_SIMPLIFY_M: Final = 2.0
POINT_BUFFER_M: Final = 40.0
"""Inhabited surroundings of a resident point where there are no blocks."""

MIN_PART_M2: Final = 100.0
"""Slivers of inhabited area below this, left after water is cut out, are dropped."""

ObjectArray = npt.NDArray[np.object_]


class Inputs(NamedTuple):
    """Berlin's inputs, read once."""

    areas: gpd.GeoDataFrame
    register: pd.DataFrame
    blocks: gpd.GeoDataFrame
    water: ObjectArray
    green: ObjectArray
    railways: ObjectArray
    addresses: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame


def read_inputs(shared: Path) -> Inputs:
    """Read everything that the residents are derived from."""
    streets = shared_path(shared, "networks/berlin_street_skeleton_study.parquet")
    return Inputs(
        areas=generalise(read_planning_areas(shared)).set_index("area_id"),
        register=read_register(shared),
        blocks=read_blocks(shared),
        water=tiles(read_water(shared).geometry),
        green=tiles(read_green(shared).geometry),
        railways=read_surface_railways(shared).geometry.to_numpy(),
        addresses=read_addresses(shared),
        streets=gpd.read_parquet(streets).to_crs(BERLIN_CRS),
    )


def block_places(inputs: Inputs) -> pd.DataFrame:
    """Return the sections of all blocks that lie in their planning area, with what they face."""
    blocks = inputs.blocks
    sections = fronts.cut_outlines(blocks)
    sections = fronts.face(sections, blocks, inputs.water, inputs.green, inputs.railways)
    ids = blocks["planning_area_id"].to_numpy()[sections["block"]]
    shapes = inputs.areas.geometry.loc[ids].to_numpy()
    xy, inside = fronts.step_outward(sections, shapes)
    sections = sections.assign(
        x=xy[:, 0],
        y=xy[:, 1],
        planning_area_id=ids,
        block_id=blocks["block_id"].to_numpy()[sections["block"]],
    )
    sections = sections[inside].reset_index(drop=True)
    return sections.assign(front_m=fronts.front_length(sections))


def block_table(inputs: Inputs, places: pd.DataFrame) -> pd.DataFrame:
    """Return the evidence on each block, with ``front_m`` and ``outline_m``."""
    evidence = block_evidence.gather(
        inputs.blocks, inputs.water, inputs.green, inputs.railways, inputs.addresses
    )
    per_block = places.groupby("block")[["front_m", "length"]].sum()
    per_block = per_block.reindex(range(len(evidence)), fill_value=0.0)
    return evidence.assign(front_m=per_block["front_m"], outline_m=per_block["length"])


def weigh_places(places: pd.DataFrame, evidence: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Share the weight of every block evenly along its street front."""
    weight = block_evidence.block_weights(evidence, rule)
    share = places["front_m"] / places.groupby("block")["front_m"].transform("sum")
    return places.assign(weight=places["block"].map(weight) * share)


def places_without_blocks(inputs: Inputs, area_id: str) -> pd.DataFrame:
    """Return places along street lines and at known addresses of one planning area.

    Street lines through vegetation are left out.
    """
    area = inputs.areas.geometry[area_id]
    lines = shapely.get_parts(shapely.intersection(inputs.streets.geometry.to_numpy(), area))
    lines = lines[shapely.length(lines) > 0]
    line, front, middle = fronts.cut(lines)
    points = shapely.line_interpolate_point(lines[line], middle)
    green = shapely.STRtree(inputs.green).query(points, predicate="intersects")[0]
    built = ~np.isin(np.arange(len(points)), green)
    known = inputs.addresses.geometry[inputs.addresses.within(area)].to_numpy()
    all_points = np.concatenate([points[built], known])
    length = np.concatenate([front[built], np.full(len(known), ADDRESS_FRONT_M)])
    name = [f"{area_id}-line-{i:04d}" for i in line[built]]
    name += [f"{area_id}-address-{i:04d}" for i in range(len(known))]
    xy = np.round(shapely.get_coordinates(all_points), 1)
    inside = shapely.contains_properly(area, shapely.points(xy))
    table = {"block_id": name, "x": xy[:, 0], "y": xy[:, 1], "front_m": length, "weight": length}
    return pd.DataFrame(table)[inside].assign(planning_area_id=area_id)


def all_places(
    inputs: Inputs,
    rule: str = block_evidence.CHOSEN_RULE,
    sections: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return every place where residents can stand, with its weight, in a fixed order.

    `sections` is the result of :func:`block_places`, if at hand already.
    """
    sections = block_places(inputs) if sections is None else sections
    places = weigh_places(sections, block_table(inputs, sections), rule)
    without = sorted(
        set(inputs.register.index[inputs.register["residents"] > 0])
        - set(places.loc[places["weight"] > 0, "planning_area_id"])
    )
    extra = [places_without_blocks(inputs, area_id) for area_id in without]
    columns = ["block_id", "planning_area_id", "x", "y", "front_m", "weight"]
    return pd.concat([places[columns], *[e[columns] for e in extra]], ignore_index=True)


def spread(places: pd.DataFrame, register: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put the register's residents on points: schema of the packaged file plus ``block_id``."""
    people = block_evidence.expected_residents(places, register["residents"])
    chosen = choose_points(places.assign(people=people))
    chosen = chosen.sort_values(["planning_area_id", "block_id", "stretch"])
    points = apportion(chosen, register)
    number = points.groupby("planning_area_id").cumcount() + 1
    points["point_id"] = points["planning_area_id"] + "-" + number.astype(str).str.zfill(4)
    columns = ["point_id", "planning_area_id", "residents", *AGE_GROUPS.values(), "block_id"]
    geometry = gpd.points_from_xy(points["x"], points["y"], crs=BERLIN_CRS)
    return gpd.GeoDataFrame(points[columns], geometry=geometry, crs=BERLIN_CRS)


def front_strips(places: pd.DataFrame, block_ids: pd.Series) -> gpd.GeoSeries:
    """Return the surroundings of the street fronts of some blocks, in their order."""
    front = places[(places["front_m"] > 0) & places["block_id"].isin(block_ids)]
    spots = gpd.GeoSeries(gpd.points_from_xy(front["x"], front["y"], crs=BERLIN_CRS))
    around = spots.buffer(INHABITED_DEPTH_M).groupby(front["block_id"].to_numpy())
    strips = around.agg(lambda shapes: shapely.union_all(shapes.to_numpy()))
    return gpd.GeoSeries(strips.loc[block_ids], crs=BERLIN_CRS)


def inhabited_area(
    points: gpd.GeoDataFrame, places: pd.DataFrame, inputs: Inputs
) -> gpd.GeoDataFrame:
    """Return the inhabited polygons: blocks with residents, without water.

    Of blocks larger than :data:`block_evidence.LARGE_HA` only a strip along their street fronts
    counts; where there are no blocks, buffered points do.
    """
    blocks = inputs.blocks.set_index("block_id")
    lived_in = np.intersect1d(points["block_id"], blocks.index)
    shape = blocks.loc[lived_in, ["planning_area_id", "geometry"]].reset_index()
    large = shape.index[shape.area > block_evidence.LARGE_HA * 1e4]
    strips = front_strips(places, shape["block_id"][large])
    shape.loc[large, "geometry"] = shape.geometry[large].intersection(strips.set_axis(large))
    loose = points[~points["block_id"].isin(blocks.index)]
    extra = loose.assign(geometry=loose.buffer(POINT_BUFFER_M)).dissolve("planning_area_id")
    limits = inputs.areas.geometry.loc[extra.index]
    extra = gpd.GeoDataFrame(
        {"block_id": extra.index + "-streets", "planning_area_id": extra.index},
        geometry=extra.geometry.intersection(limits, align=False).to_numpy(),
        crs=BERLIN_CRS,
    )
    frame = pd.concat([shape, extra], ignore_index=True)
    return _tidy(gpd.GeoDataFrame(frame, crs=BERLIN_CRS), inputs.water)


def _tidy(frame: gpd.GeoDataFrame, water: ObjectArray) -> gpd.GeoDataFrame:
    """Cut out water, simplify, put on the grid and drop slivers."""
    row, wet = shapely.STRtree(water).query(frame.geometry.to_numpy(), predicate="intersects")
    pools = pd.Series(water[wet]).groupby(row).agg(lambda s: shapely.union_all(s.to_numpy()))
    shape = frame.geometry.to_numpy().copy()
    shape[pools.index] = shapely.difference(shape[pools.index], pools.to_numpy())
    simple = shapely.simplify(shape, INHABITED_SIMPLIFY_M)
    valid = shapely.buffer(shapely.make_valid(on_grid(simple)), 0)
    kept = []
    for item in valid:
        parts = shapely.get_parts(item)
        kept.append(shapely.multipolygons(parts[shapely.area(parts) >= MIN_PART_M2]))
    result = frame.assign(geometry=as_multipolygons(np.array(kept, dtype=object)))
    result = result[~result.is_empty & result.is_valid].sort_values("block_id")
    return result[["block_id", "planning_area_id", "geometry"]].reset_index(drop=True)


def report(points: gpd.GeoDataFrame, inhabited: gpd.GeoDataFrame, inputs: Inputs) -> None:
    """Print counts and the checks that the files must pass."""
    count = points.groupby("planning_area_id")["residents"].sum()
    register = inputs.register.loc[inputs.register["residents"] > 0, "residents"]
    if not count.eq(register).all():
        msg = "residents of the points are not the register's"
        raise click.ClickException(msg)
    tree = shapely.STRtree(inhabited.geometry.to_numpy())
    _, distance = tree.query_nearest(
        points.geometry.to_numpy(), return_distance=True, all_matches=False
    )
    click.echo(
        f"{len(points)} points, {points['residents'].sum()} residents, "
        f"{points['residents'].median():.0f} in the median, {points['residents'].max()} at most"
    )
    click.echo(
        f"inhabited: {len(inhabited)} blocks of {len(inputs.blocks)}, "
        f"{inhabited.area.sum() / 1e6:.1f} km2; farthest point {distance.max():.1f} m away"
    )


@click.command()
@click.option("--shared", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_SHARED)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_DATA / "residents",
    help="Folder for both files.",
)
def main(shared: Path, out: Path) -> None:
    """Derive resident points and the inhabited area of Berlin."""
    inputs = read_inputs(shared)
    places = all_places(inputs)
    points = spread(places, inputs.register)
    inhabited = inhabited_area(points, places, inputs)
    report(points, inhabited, inputs)
    files = {
        "berlin_residents_2024-12-31.parquet": points.drop(columns="block_id"),
        "berlin_inhabited.parquet": inhabited,
    }
    for name, frame in files.items():
        write_geoparquet(frame, out / name)
        click.echo(f"{out / name}: {megabytes(out / name):.2f} MB")


if __name__ == "__main__":
    main()
