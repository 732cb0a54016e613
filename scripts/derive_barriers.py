"""Derive what separates Berlin's neighbourhoods on foot: railways above ground and motorways.

Railways are those of the map background without underground trains on viaducts, which stand in
the middle of streets. Viaducts and embankments of other trains stay: the rule that the layers serve
(Umweltatlas Berlin, map 06.05) takes railways as barriers whether or not a street passes below.

Motorways are the stretches of ``skeleton/motorways.csv``. Its neighbouring stretches are joined
where they end near each other, as at a street that crosses; longer gaps are tunnels, viaducts and
stretches through blocks, which the list does not hold. So the layer is not complete.

Usage::

    python scripts/derive_barriers.py [--shared DIR] [--out FILE]
"""

from __future__ import annotations

from itertools import combinations
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
    megabytes,
    read_surface_railways,
    write_gpkg,
)
from derive_background import merged_railways
from skeleton.motorways import MOTORWAYS_CSV

JOIN_M: Final = 200.0
"""Two stretches this close are one motorway; the shortest tunnel of the list is longer (248 m)."""


def derive_railway(shared: Path) -> gpd.GeoDataFrame:
    """Return railway lines above ground, without viaducts of underground trains."""
    frame = read_surface_railways(shared)
    raised = (frame["bridge"].astype(str) == "True") | (frame["layer"].astype(float) > 0)
    return merged_railways(frame[~((frame["fclass"] == "subway") & raised)])


def derive_motorway(path: Path = MOTORWAYS_CSV) -> gpd.GeoDataFrame:
    """Return the centre lines of motorways, neighbouring stretches joined: ``name``."""
    table = pd.read_csv(path)
    lines = gpd.GeoDataFrame(
        {"name": table["motorway"]},
        geometry=shapely.from_wkt(table["wkt_epsg25833"]),
        crs=BERLIN_CRS,
    )
    joints = [
        joint
        for _, stretches in lines.groupby("name", sort=False)
        for a, b in combinations(stretches.itertuples(), 2)
        if (joint := _joint(a.name, a.geometry, b.geometry)) is not None
    ]
    joined = pd.concat([lines, gpd.GeoDataFrame(joints, crs=BERLIN_CRS)])
    merged = joined.dissolve("name").geometry.line_merge().explode(index_parts=False)
    frame = gpd.GeoDataFrame(geometry=merged).reset_index()
    return frame.loc[frame.bounds.assign(name=frame["name"]).sort_values(["name", "minx"]).index]


def _joint(
    name: str, first: shapely.LineString, second: shapely.LineString
) -> dict[str, object] | None:
    """Return the line between the nearest ends of two stretches, if they are near each other."""
    ends = [(a, b) for a in first.boundary.geoms for b in second.boundary.geoms]
    lengths = [a.distance(b) for a, b in ends]
    nearest = int(np.argmin(lengths))
    if not 0 < lengths[nearest] <= JOIN_M:
        return None
    return {"name": name, "geometry": shapely.LineString(ends[nearest])}


@click.command()
@click.option("--shared", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_SHARED)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_DATA / "barriers" / "berlin_barriers.gpkg",
)
def main(shared: Path, out: Path) -> None:
    """Derive Berlin's barriers: layers railway and motorway."""
    layers = {"railway": derive_railway(shared), "motorway": derive_motorway()}
    out.parent.mkdir(parents=True, exist_ok=True)
    write_gpkg(layers, out)
    for name, frame in layers.items():
        click.echo(f"{name}: {len(frame)} features, {frame.length.sum() / 1e3:.0f} km of line")
    click.echo(f"{out}: {megabytes(out):.2f} MB")


if __name__ == "__main__":
    main()
