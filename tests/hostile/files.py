"""Files that are made to harm whoever reads them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from .osm_blocks import HEAD, block, field, group, nodes, ways

DEEP = 1_000_000
POINT = b"\x01" + struct.pack("<Idd", 1, 13.4, 52.5)
FEATURES = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}
    ],
}
NEVER_ENDS = (
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) AS fid FROM c"
)
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    + "]>"
)
PASSWORDS = '<!DOCTYPE x [<!ENTITY a11 SYSTEM "file:///etc/passwd">]>'


def geopackage(path: Path, *statements: str) -> None:
    """A GeoPackage with two points, and what SQL makes of it."""
    frame = gpd.GeoDataFrame({"a": ["x", "y"]}, geometry=shapely.points([[1, 2], [2, 3]]), crs=4326)
    frame.to_file(path, layer="points")
    with sqlite3.connect(path) as file:
        for statement in statements:
            file.execute(statement)
    file.close()


def listed(name: str) -> str:
    """SQL that lists a table in a GeoPackage."""
    return (
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
        f"VALUES ('{name}', 'attributes', '{name}')"
    )


def geoparquet(path: Path, columns: dict[str, pa.Array], times: int = 1) -> None:
    """A GeoParquet file of which the same rows stand so many times."""
    about = {"encoding": "WKB", "geometry_types": [], "crs": None}
    told = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": about}}
    table = pa.table(columns).replace_schema_metadata({"geo": json.dumps(told)})
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for _ in range(times):
            writer.write_table(table, row_group_size=len(table))


def many(count: int, value: object) -> pa.Array:
    """The same value so many times, stored once."""
    zeros = pa.array(np.zeros(count, dtype=np.int32))
    return pa.DictionaryArray.from_arrays(zeros, pa.array([value]))


def graphml(edge: str = "", doctype: str = "", encoding: str = "utf-8") -> bytes:
    """A graph of two nodes and an edge."""
    kinds = {"x": "node", "y": "node", "name": "edge", "geometry": "edge"}
    keys = "".join(
        f'<key id="{name}" for="{kind}" attr.name="{name}" '
        f'attr.type="{"double" if kind == "node" else "string"}"/>'
        for name, kind in kinds.items()
    )
    places = "".join(
        f'<node id="{i}"><data key="x">{13.4 + i / 100}</data><data key="y">52.5</data></node>'
        for i in range(2)
    )
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>{doctype}'
        f'<graphml xmlns="http://graphml.graphdrawing.org/xmlns">{keys}'
        f'<graph edgedefault="undirected">{places}'
        f'<edge source="0" target="1">{edge}</edge></graph></graphml>'
    )
    return text.encode(encoding)


def osm_xml(doctype: str = "", value: str = "footway") -> bytes:
    """Two nodes and a way."""
    places = "".join(f'<node id="{i}" lat="52.5" lon="{13.4 + i / 100}"/>' for i in (1, 2))
    way = f'<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="{value}"/></way>'
    return f'<?xml version="1.0"?>{doctype}<osm version="0.6">{places}{way}</osm>'.encode()


def packed_blanks(megabytes: int) -> bytes:
    """OpenStreetMap's XML with so many blanks in it, packed with gzip."""
    before, after = osm_xml().split(b"<node", 1)
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
        file.write(before)
        for _ in range(megabytes):
            file.write(b" " * 1_000_000)
        file.write(b"<node" + after)
    return packed.getvalue()


def bzip2_blanks() -> bytes:
    """The same with bzip2, whose streams may stand one behind the other."""
    before, after = osm_xml().split(b"<node", 1)
    blanks = bz2.compress(b" " * 50_000_000)
    return bz2.compress(before) + blanks * 6 + bz2.compress(b"<node" + after)


def leaving_archive() -> bytes:
    """A zip archive whose only file would lie outside the folder that it is unpacked to."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../areas.geojson", json.dumps(FEATURES))
    return packed.getvalue()


def link_to(address: str) -> bytes:
    """GeoJSON whose CRS stands at an address; the names are spelt so that no search finds them."""
    crs = {"type": "link", "properties": {"href": address, "type": "ogcwkt"}}
    return json.dumps(FEATURES | {"crs": crs}).replace('"crs"', '"\\u0063\\u0072s"').encode()


def vrt(source: str) -> bytes:
    """A virtual layer of GDAL: a file that names another file, or an address."""
    return (
        '<OGRVRTDataSource><OGRVRTLayer name="other">'
        f"<SrcDataSource>{source}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    ).encode()


def pipeline(source: str) -> bytes:
    """A pipeline of GDAL: JSON that is a program."""
    command = f"gdal vector pipeline ! read {source}"
    return json.dumps({"type": "gdal_streamed_alg", "command_line": command}).encode()


def nested(shapes: bytes) -> bytes:
    """A geometry in well-known binary inside another a million times."""
    return shapes * DEEP + POINT


def _geojson(properties: str, coordinates: str = "[1, 2]", kind: str = "Point") -> bytes:
    return (
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": '
        f'{properties}, "geometry": {{"type": "{kind}", "coordinates": {coordinates}}}}}]}}'
    ).encode()


_ZEROS = group([b""], field(2, b"".join(field(k, b"\0" * 3_000_000) for k in (1, 8, 9))))
_BAG = b"\x01\x07\x00\x00\x00\x01\x00\x00\x00"  # a collection of one shape
_CURVE = b"\x00\x00\x00\x00\x09\x00\x00\x00\x01"  # a compound of one curve, the other way round
_FORMAT = "is not a readable geometry file of its format"
_VIEW = "is a view, which is computed when it is read"

Maker = bytes | Callable[[Path], object]
# What reads it, the file's name, how it is made, and what the error says.
HOSTILE: dict[str, tuple[str, str, Maker, str]] = {
    "a virtual layer that names another file": ("layer", "a.gpkg", vrt("/etc/passwd"), _FORMAT),
    "a virtual layer that names an address": ("layer", "b.geojson", vrt("http://here/"), _FORMAT),
    "a pipeline that reads an address": ("layer", "c.geojson", pipeline("http://here/"), _FORMAT),
    "GeoJSON whose CRS is an address": ("layer", "d.geojson", link_to("http://here/"), "its CRS"),
    "an archive with a path that leaves it": ("layer", "e.zip", leaving_archive(), "GDAL would"),
    "an archive called GeoPackage": ("layer", "f.gpkg", leaving_archive(), "Unpack it"),
    "a name that means a file elsewhere": ("layer", "x.zip!y.geojson", b"{}", "another file"),
    "XML with a file in it": (
        "layer", "g.geojson", f'<?xml version="1.0"?>{PASSWORDS}<kml>&a11;</kml>'.encode(), _FORMAT
    ),
    "GeoJSON nested in a property": (
        "layer", "h.geojson", _geojson('{"a": ' + "[" * DEEP + "]" * DEEP + "}"), _FORMAT
    ),
    "GeoJSON nested in coordinates": (
        "layer", "i.geojson", _geojson("{}", "[" * DEEP + "]" * DEEP, "Polygon"), _FORMAT
    ),
    "GeoJSON nested and never closed": ("layer", "j.geojson", b'{"a":' * DEEP, _FORMAT),
    "GeoJSON with a hundred thousand columns": (
        "layer", "k.geojson", _geojson(json.dumps({f"c{i}": 1 for i in range(100_000)})),
        "has 100,001 columns, and 2,000 are the most",
    ),
    "a view that never ends": (
        "layer", "l.gpkg",
        lambda path: geopackage(path, f"CREATE VIEW v AS {NEVER_ENDS}", listed("v")), _VIEW,
    ),
    "a list of layers that never ends": (
        "layer", "m.gpkg",
        lambda path: geopackage(
            path, "ALTER TABLE gpkg_contents RENAME TO other",
            f"CREATE VIEW gpkg_contents AS SELECT * FROM other WHERE 0 < ({NEVER_ENDS})",
        ), _VIEW,
    ),
    "a column that is computed": (
        "layer", "n.gpkg",
        lambda path: geopackage(
            path,
            "ALTER TABLE points ADD COLUMN b TEXT GENERATED ALWAYS AS (hex(zeroblob(400000000)))",
        ), "the column 'b' is computed",
    ),
    "a table of a module of programs": (
        "layer", "o.gpkg",
        lambda path: geopackage(
            path, "PRAGMA writable_schema = ON",
            "INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, "
            "'CREATE VIRTUAL TABLE v USING VirtualOGR(''/etc/passwd'')')", listed("v"),
        ), "is a virtual table",
    ),
    "ten thousand layers": (
        "layer", "p.gpkg",
        lambda path: geopackage(path, *(listed(f"t{i}") for i in range(10_000))),
        "has 10,000 layers",
    ),
    "Parquet with billions of rows": (
        "layer", "q.parquet",
        lambda path: geoparquet(
            path, {"a": many(2_000_000, 1), "geometry": many(2_000_000, POINT)}, times=40
        ), "has 160,000,000 values",
    ),
    "Parquet with one text many times": (
        "layer", "r.parquet",
        lambda path: geoparquet(
            path, {"a": many(4000, "x" * 1_000_000), "geometry": many(4000, POINT)}
        ), "MB of texts, and 2,000 are the most",
    ),
    "shapes inside shapes": (
        "layer", "s.parquet",
        lambda path: geoparquet(path, {"geometry": pa.array([nested(_BAG)])}), "too many levels",
    ),
    "curves inside curves": (
        "layer", "t.parquet",
        lambda path: geoparquet(path, {"geometry": pa.array([nested(_CURVE)])}), "too many levels",
    ),
    "a network file of billions of edges": (
        "network", "u.walk.parquet",
        lambda path: geoparquet(path, {"u": many(2_000_000, 1), "v": many(2_000_000, 1)}, times=40),
        "has 160,000,000 values",
    ),
    "a layer that is a pipe": ("layer", "v.geojson", os.mkfifo, "is a device or a pipe"),
    "a graph with entities that grow": (
        "network", "a.graphml", graphml('<data key="name">&a11;</data>', LAUGHS), "document type"
    ),
    "a graph with them in UTF-16": (
        "network", "b.graphml", graphml('<data key="name">&a11;</data>', LAUGHS, "utf-16"),
        "document type",
    ),
    "a graph with a file in it": (
        "network", "c.graphml", graphml('<data key="name">&a11;</data>', PASSWORDS), "document type"
    ),
    "a graph with shapes inside shapes": (
        "network", "d.graphml",
        graphml(f'<data key="geometry">{"GEOMETRYCOLLECTION (" * DEEP}</data>'), "not a LineString",
    ),
    "OpenStreetMap with entities that grow": (
        "network", "a.osm", osm_xml(LAUGHS, "&a11;"), "entities are not supported"
    ),
    "OpenStreetMap with a file in it": (
        "network", "b.osm", osm_xml(PASSWORDS, "&a11;"), "entities are not supported"
    ),
    "OpenStreetMap nested": (
        "network", "c.osm", osm_xml().replace(b"</osm>", b"<a>" * DEEP), "nested too deep"
    ),
    "a gzip bomb": ("network", "a.osm.gz", packed_blanks(210), "unpacks to more than 200 MB"),
    "a bzip2 bomb": ("network", "a.osm.bz2", bzip2_blanks(), "unpacks to more than 200 MB"),
    "a block that says it has 2 GB": (
        "network", "a.osm.pbf", HEAD + block("OSMData", nodes(2), size=2**31 - 1), "blob size"
    ),
    "a block that says it unpacks to 2 GB": (
        "network", "b.osm.pbf", HEAD + block("OSMData", nodes(2), claim=2**31 - 1), "unpacks to"
    ),
    "a block that unpacks to more than it says": (
        "network", "c.osm.pbf", HEAD + block("OSMData", _ZEROS, claim=100), "cannot be read"
    ),
    "blocks of nothing": (
        "network", "d.osm.pbf", HEAD + block("OSMData", _ZEROS) * 30, "unpacks to more than 200 MB"
    ),
    "a block of nothing but fields": (
        "network", "e.osm.pbf",
        HEAD + block("OSMData", nodes(2)).replace(b"\x1a", b"\x10\x00" * 40 + b"\x1a", 1),
        "cannot be read",
    ),
    "a long text named a million times": (
        "network", "f.osm.pbf",
        HEAD + block("OSMData", nodes(2)) + block("OSMData", ways(6000, 200)),
        "unpacks to more than 200 MB",
    ),
    "a table of a million columns": (
        "table", "a.csv", b"x," * 400_000 + b"y\n1", "has 400,001 columns"
    ),
    "a table in one line": ("table", "b.csv", b"id\n" + b"x" * 2_000_000, "characters in a line"),
    "a quote that is never closed": (
        "table", "c.csv", b'id,name\n1,"' + b"x\n" * 500_000, "more than 131,072 characters"
    ),
    "a table with zeros": ("table", "d.csv", b"id,name\n1,\0", "is not a text file"),
    "a table that never ends": ("table", "e.csv", lambda path: path.symlink_to("/dev/zero"), "dev"),
    "a table of a terabyte": ("table", "f.csv", lambda path: _sparse(path, 10**12), "1,000,000 MB"),
    "brackets inside brackets": ("study", "a.toml", b"a=" + b"[" * DEEP, "brackets inside"),
    "keys inside keys": ("study", "b.toml", b"a" + b".a" * 900_000 + b"=1", "dots stand in one"),
    "a number of a million digits": ("study", "c.toml", b"a=" + b"9" * DEEP, "number with no end"),
    "the same in another base": ("study", "d.toml", b"a=0x" + b"f" * DEEP, "number with no end"),
    "a line that takes long to look at": (
        "study", "e.toml", b'a="""\n' + b"[" * DEEP + b'\n"""', "unknown key 'a'"
    ),
    "a study of a terabyte": ("study", "h.toml", lambda path: _sparse(path, 10**12), "2 are the"),
    "rules that are a pipe": ("gates", "i.toml", os.mkfifo, "is a device or a pipe"),
    "a manifest nested": ("finished", "a", lambda path: _build(path, b"[" * DEEP), "not valid"),
    "a manifest that leaves its folder": (
        "finished", "b",
        lambda path: _build(
            path,
            b'{"kiezreach": "1", "study": {}, "inputs": [], '
            b'"outputs": [{"file": "../../x", "sha256": "y"}]}',
        ), "is not the manifest of a build",
    ),
    "a manifest of a terabyte": ("finished", "c", lambda path: _build(path, 10**12), "2 are the"),
}  # fmt: skip


def _sparse(path: Path, size: int) -> None:
    """A file of zeros that takes no room."""
    with path.open("wb") as file:
        file.truncate(size)


def _build(path: Path, manifest: bytes | int) -> None:
    """A folder that says it is a build."""
    path.mkdir()
    if isinstance(manifest, int):
        _sparse(path / "manifest.json", manifest)
    else:
        (path / "manifest.json").write_bytes(manifest)


def make(folder: Path, name: str) -> tuple[str, Path]:
    """Write a hostile file; return its reader and where it lies."""
    reader, file, content, _ = HOSTILE[name]
    path = folder / str(list(HOSTILE).index(name)) / file
    path.parent.mkdir()
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content(path)
    return reader, path
