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

import osmium

ID_STEP = 20_000_000_000  # above every id that OpenStreetMap has given so far
GAP = 1.1  # of the extract's size: copies do not touch


def tile_extract(source: Path, target: Path, copies: int) -> None:
    """Write a file with as many copies of another, in rows of equal length.

    Nodes come first, then ways, then relations, each by rising id, as readers expect.
    """
    box = osmium.io.Reader(str(source)).header().box()
    if not box.valid():
        box = _box(source)
    width = GAP * (box.top_right.lon - box.bottom_left.lon)
    height = GAP * (box.top_right.lat - box.bottom_left.lat)
    per_row = math.ceil(math.sqrt(copies))
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        draft = Path(folder) / target.name
        with osmium.SimpleWriter(str(draft)) as writer:
            for kind in (osmium.osm.NODE, osmium.osm.WAY, osmium.osm.RELATION):
                for k in range(copies):
                    east, north = k % per_row * width, k // per_row * height
                    for item in _shifted(source, kind, k * ID_STEP, east, north):
                        writer.add(item)
        draft.rename(target)


def _shifted(
    source: Path, kind: osmium.osm.osm_entity_bits, step: int, east: float, north: float
) -> Iterator[osmium.osm.mutable.OSMObject]:
    """Yield the objects of one kind with ids and coordinates shifted."""
    for item in osmium.FileProcessor(source, kind):
        if item.is_node():
            place = (item.location.lon + east, item.location.lat + north)
            yield item.replace(id=item.id + step, location=place)
        elif item.is_way():
            yield item.replace(id=item.id + step, nodes=[node.ref + step for node in item.nodes])
        else:
            members = [(m.type, m.ref + step, m.role) for m in item.members]
            yield item.replace(id=item.id + step, members=members)


def _box(source: Path) -> osmium.osm.Box:
    """Return the bounding box of all nodes."""
    box = osmium.osm.Box()
    for node in osmium.FileProcessor(source, osmium.osm.NODE):
        box.extend(node.location)
    return box


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
