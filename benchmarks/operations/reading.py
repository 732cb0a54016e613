"""Read OpenStreetMap files."""

from __future__ import annotations

from pathlib import Path

from inputs import SMALL_XML, Settings
from measuring import Case, Operation
from peers import osmnx_recipe, pyosmium_read
from tile_extract import tile_extract

import kiezreach as kr

LARGE_MB = 85


def inputs(settings: Settings) -> list[str]:  # noqa: ARG001
    """Names of the inputs, from small to large."""
    return [SMALL_XML, "Kreuzberg", "Liechtenstein", "Malta", "Malta, tiled"]


def operation(settings: Settings, name: str) -> Operation:
    """Read one file."""
    path = large_extract(settings) if name == "Malta, tiled" else settings.extract(name)
    cases = [
        Case(
            "pyosmium, bare read",
            lambda _: pyosmium_read.read(path),
            note="every node and way touched in Python, nothing kept",
        ),
        Case("kiezreach.read_network, first time", lambda _: kr.read_network(path, cache=False)),
        Case(
            "kiezreach.read_network, again",
            lambda _: kr.read_network(path),
            prepare=lambda: kr.read_network(path),
            note="from the cache; its preparation may find the cache full already",
        ),
    ]
    if name == SMALL_XML:
        cases.append(
            Case(
                "OSMnx, graph_from_xml",
                lambda _: osmnx_recipe.read_xml(path),
                note="no walk rules: all ways that are in the file",
            )
        )
    megabytes = path.stat().st_size / 1e6
    return Operation(f"Read OpenStreetMap: {name}, {megabytes:.1f} MB", cases)


def large_extract(settings: Settings) -> Path:
    """Return the tiled extract, made on first use and kept in the scratch folder."""
    source = settings.extract("Malta")
    copies = 2 if settings.quick else round(LARGE_MB * 1e6 / source.stat().st_size)
    path = settings.scratch / f"malta_{copies}_times.osm.pbf"
    if not path.exists():
        tile_extract(source, path, copies)
    return path
