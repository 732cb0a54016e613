"""Make a large OpenStreetMap extract of a small one by laying shifted copies side by side.

Ids and coordinates are shifted, so that the copies are as many different places.

    python benchmarks/tile_extract.py malta.osm.pbf large.osm.pbf --copies 26
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import osmium

ID_STEP = 20_000_000_000  # above every id that OpenStreetMap has given so far
GAP = 1.1  # of the extract's size: copies do not touch


def tile_extract(source: Path, target: Path, copies: int) -> None:
    """Write a file with as many copies of another, in rows of equal length.

    Nodes come first, then ways, then relations, each by rising id, as readers expect.
    """
    west, south, east, north = _bounds(source)
    width, height = GAP * (east - west), GAP * (north - south)
    per_row = math.ceil(math.sqrt(copies))
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        draft = Path(folder) / target.name
        with osmium.SimpleWriter(str(draft)) as writer:
            for kind in (osmium.osm.NODE, osmium.osm.WAY, osmium.osm.RELATION):
                for k in range(copies):
                    shift = (k % per_row * width, k // per_row * height)
                    for item in _shifted(source, kind, k * ID_STEP, *shift):
                        writer.add(item)
        draft.rename(target)


def _shifted(
    source: Path, kind: osmium.osm.osm_entity_bits, step: int, east: float, north: float
) -> Iterator[Any]:
    """Yield the objects of one kind with ids and coordinates shifted."""
    item: Any
    for item in osmium.FileProcessor(source, kind):
        if item.is_node():
            place = (item.location.lon + east, item.location.lat + north)
            yield item.replace(id=item.id + step, location=place)
        elif item.is_way():
            yield item.replace(id=item.id + step, nodes=[node.ref + step for node in item.nodes])
        else:
            members = [(m.type, m.ref + step, m.role) for m in item.members]
            yield item.replace(id=item.id + step, members=members)


def _bounds(source: Path) -> tuple[float, float, float, float]:
    """Return the bounding box that the file's header names, or else that of all nodes."""
    box = osmium.io.Reader(str(source)).header().box()
    if box.valid():
        low, high = box.bottom_left, box.top_right
        return low.lon, low.lat, high.lon, high.lat
    nodes: Iterator[Any] = iter(osmium.FileProcessor(source, osmium.osm.NODE))
    lon, lat = zip(*((node.location.lon, node.location.lat) for node in nodes), strict=True)
    return min(lon), min(lat), max(lon), max(lat)


def main() -> None:
    """Tile an extract."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--copies", type=int, default=26)
    args = parser.parse_args()
    tile_extract(args.source, args.target, args.copies)
    print(f"{args.target.stat().st_size / 1e6:.1f} MB: {args.target}")


if __name__ == "__main__":
    main()
