"""Whatever is wrong with an input: one line that names it, exit code 2, and nothing touched."""

from __future__ import annotations

import errno
import gzip
import io
import json
import struct
import zlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner, Result

from kiezreach.cli import group
from kiezreach.errors import NetworkError
from kiezreach.network import read_network

from .worlds import (
    CRS,
    STUDY,
    centres,
    file_of,
    indicators,
    lonlat,
    on_paper,
    water,
    write_small_study,
)

LAYERS = ("residents", "inhabited", "streets", "water")
FILES = ("areas", "centres", *LAYERS, "indicators")


def png() -> bytes:
    """A picture of one pixel, byte by byte."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def parquet(frame: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


def put(column: str, row: int, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Put a value into one cell."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        values = frame[column].tolist()
        values[row] = value
        return frame.assign(**{column: values})

    return change


def draw(row: int, shape: object) -> Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]:
    """Put another geometry into one row."""

    def change(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        shapes = frame.geometry.tolist()
        shapes[row] = shape(shapes[row]) if callable(shape) else shape
        return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))

    return change


def as_numbers(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Read ids as numbers, as a spreadsheet does."""
    return lambda frame: frame.assign(**{column: frame[column].astype(int)})


def declare(crs: object) -> Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]:
    """Declare another CRS than the coordinates are in."""
    return lambda frame: frame.set_crs(crs, allow_override=True)


def swap(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Exchange longitude and latitude throughout."""
    degrees = frame.to_crs(4326)
    flipped = shapely.transform(degrees.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    return degrees.set_geometry(gpd.GeoSeries(flipped, crs=4326))


def moved(metres: float) -> Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]:
    return lambda frame: frame.set_geometry(frame.geometry.translate(metres))


def bowtie(box: shapely.Polygon) -> shapely.Polygon:
    x0, y0, x1, y1 = box.bounds
    return shapely.Polygon([(x0, y0), (x1, y1), (x1, y0), (x0, y1)])


def west_by_half(box: shapely.Polygon) -> shapely.Polygon:
    return shapely.transform(box, lambda xy: xy - [500, 0])


def without(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.drop(columns=column)


def twice(frame: pd.DataFrame) -> pd.DataFrame:
    """Repeat the first row at the end."""
    return pd.concat([frame, frame.iloc[:1]], ignore_index=True)


def none_left(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:0]


def setting(old: str, new: str) -> Callable[[str], str]:
    """Replace one place of the study file."""

    def change(text: str) -> str:
        assert text.count(old) == 1, old
        return text.replace(old, new)

    return change


def lines(*changes: tuple[str, str]) -> str:
    """Replace places of the table of centres."""
    text = centres().to_csv(index=False)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


C1_LON = str(lonlat(210, 310)[0])
NETWORK = '[network]\nfile = "streets.parquet"\n'
SWAPPED = ("Longitude and latitude are swapped",)

Case = tuple[str, str, object, tuple[str, ...]]

# What is wrong, the part that is changed, the change, and what the message must say beside the
# name of the file.
OF_ANY_FILE: list[Case] = [
    *((f"{part} missing", part, None, ("there is no such file", "Correct the path"))
      for part in ("areas", "centres", "residents", "inhabited", "indicators", "water")),
    ("streets missing", "streets", None, ("there is no such file", "Check the path")),
    *((f"{part} of 0 bytes", part, b"", ("is empty", "again")) for part in FILES),
    *((f"{part} is a picture", part, png(), ("is not",)) for part in FILES),
    *((f"{part} is a text", part, "Dear colleague,\n", ("is not", "again"))
      for part in ("areas", "residents", "inhabited", "water", "streets")),
    *((f"{part} is a parquet file cut short", part, parquet(water())[:-300], ("is not", "again"))
      for part in LAYERS),
    *((f"{part} is a parquet table without geometry", part, parquet(indicators()),
       ("is", "not")) for part in LAYERS),
]  # fmt: skip

AREAS: list[Case] = [
    ("no CRS", "planning_area", declare(None), ("has no CRS", "Assign one")),
    ("metres declared as degrees", "planning_area", declare(4326),
     ("EPSG:4326 (degrees)", "5822000", "Assign the CRS")),
    ("degrees declared as metres", "planning_area", lambda f: declare(25833)(f.to_crs(4326)),
     ("EPSG:25833 (metres)", "look like degrees")),
    ("another UTM zone", "planning_area", declare(25832), ("lie at 7.", "Check the CRS")),
    ("Web Mercator declared", "planning_area", declare(3857),
     ("lie at 3.50, 46.", "Check the CRS")),
    ("swapped", "planning_area", swap, SWAPPED),
    ("coordinates of no place on earth", "planning_area", moved(1e9), ("do not fit its CRS",)),
    ("a column missing", "planning_area", without("parent_id"),
     ("no column 'parent_id'", "area_id, name")),
    ("id missing", "planning_area", put("area_id", 2, None), ("row 3", "'area_id' is empty")),
    ("id twice", "planning_area", put("area_id", 2, "0101"),
     ("row 3", "'0101' stands in row 1 as well")),
    ("parent missing", "planning_area", put("parent_id", 1, None), ("row 2", "is empty")),
    ("parent unknown", "planning_area", put("parent_id", 1, "09"),
     ("id 0102", "'09' is not the id of a district")),
    ("parents as numbers", "planning_area", as_numbers("parent_id"),
     ("id 0101", "'01' is one", "lost its leading zero. Store ids as text")),
    ("ids of districts as numbers", "district", as_numbers("area_id"),
     ("'1' is one: it has lost its leading zero in that file",)),
    ("one id without its zero", "planning_area", put("area_id", 0, "101"),
     ("id 101", "3 digits where others have 4", "'0101'")),
    ("in another parent", "planning_area", put("parent_id", 0, "02"),
     ("id 0101", "only 0% of the area lies in its parent '02'", "parent_id")),
    ("half outside its parent", "planning_area", draw(0, west_by_half),
     ("id 0101", "only 50% of the area lies in its parent '01'")),
    ("overlapping", "planning_area", draw(0, lambda g: g.buffer(50)),
     ("id 0101", "overlaps the area '0201' by", "m2", "correct the borders")),
    ("invalid geometry", "planning_area", draw(1, bowtie),
     ("id 0102", "invalid", "Self-intersection", "Repair it in a GIS")),
    ("empty geometry", "planning_area", draw(1, shapely.Polygon()), ("id 0102", "no geometry")),
    ("missing geometry", "planning_area", draw(1, None), ("id 0102", "no geometry")),
    ("a point among the areas", "planning_area", draw(3, lambda g: g.centroid),
     ("id 0202", "is a Point", "MultiPolygon or Polygon")),
    ("a layer without features", "planning_area", none_left, ("'planning_area' has no rows",)),
]  # fmt: skip

CENTRES: list[Case] = [
    ("header only", "centres", none_left, ("header line and no rows",)),
    ("blank lines only", "centres", "\n\n \n", ("nothing but blank lines",)),
    ("Latin-1", "centres", lines().encode("latin-1"), ("line 2", "not a text file in UTF-8")),
    ("values too few", "centres", lines((f",{C1_LON}", "")), ("line 2", "4 values stand under 5")),
    ("values too many", "centres", lines(("Haus Nord", "Haus Nord, Hof")),
     ("line 3", "6 values stand under 5 columns", "double quotes")),
    ("a quote left open", "centres", lines(("Haus Nord", '"Haus Nord')), ("line 3", "not closed")),
    ("a column twice", "centres", lines(("kind", "name")), ("'name' stands twice",)),
    ("no lon", "centres", lines(("lon", "x")), ("no column 'lon'", "Its columns are")),
    ("decimal comma", "centres", put("lon", 0, "13,37"), ("row 2", "'lon' is '13,37'", "point")),
    ("text for lat", "centres", put("lat", 1, "north"), ("row 3", "'lat' is 'north'")),
    ("lon missing", "centres", put("lon", 2, ""), ("row 4", "'lon' is empty")),
    ("infinite lon", "centres", put("lon", 2, "inf"), ("row 4", "'lon' is 'inf'")),
    ("lat not a number", "centres", put("lat", 2, "nan"), ("row 4", "'lat' is 'nan'")),
    ("metres for lon", "centres", put("lon", 0, "390210"), ("row 2", "'390210'", "-180 to 180")),
    ("swapped", "centres", lambda f: f.rename(columns={"lon": "lat", "lat": "lon"}),
     ("row 2", "swapped in 4 of 4 centres", "Exchange them")),
    ("id missing", "centres", put("centre_id", 3, ""), ("row 5", "'centre_id' is empty")),
    ("id twice", "centres", put("centre_id", 3, "c1"), ("row 5", "'c1' stands in row 2 as well")),
    ("id of two lines twice", "centres", lines(("c1", '"c\n1"'), ("c2", '"c\n1"')),
     ("row 4", "'c 1' stands in row 2 as well")),
    ("a very long id twice", "centres", lines(("c1", "x" * 5000), ("c2", "x" * 5000)),
     ("row 3", "'xxx", "xxx...' stands in row 2 as well")),
    ("all far away", "centres", lambda f: f.assign(lon="9.99", lat="53.55"),
     ("id c1", "none of its 4 centres can be used", "km outside the areas")),
]  # fmt: skip

RESIDENTS: list[Case] = [
    ("no CRS", "residents", declare(None), ("has no CRS",)),
    ("metres declared as degrees", "residents", declare(4326), ("(degrees)", "Assign the CRS")),
    ("another UTM zone", "residents", declare(25832), ("all residents lie", "km outside")),
    ("Web Mercator declared", "residents", declare(3857), ("all residents lie", "Check the CRS")),
    ("swapped", "residents", swap, SWAPPED),
    ("no rows", "residents", none_left, ("has no rows",)),
    ("no column of residents", "residents", without("residents"), ("no column 'residents'",)),
    ("no column of an age group", "residents", without("old"), ("no column 'old'",)),
    ("id missing", "residents", put("point_id", 4, None), ("row 5", "'point_id' is empty")),
    ("id twice", "residents", twice, ("row 65", "'p00' stands in row 1 as well")),
    ("area unknown", "residents", put("planning_area_id", 4, "0999"),
     ("id p04", "'0999' is not the id of a planning area", "same year")),
    ("area missing", "residents", put("planning_area_id", 4, None), ("row 5", "is empty")),
    ("areas as numbers", "residents", as_numbers("planning_area_id"),
     ("id p00", "'101'", "'0101' is one: the id has lost its leading zero")),
    ("negative", "residents", put("residents", 9, -3), ("row 10", "'residents' is -3", "negative")),
    ("fractional", "residents", put("residents", 9, 2.5), ("row 10", "2.5", "not a whole number")),
    ("missing", "residents", put("residents", 9, None), ("row 10", "'residents' is missing")),
    ("text", "residents", lambda f: put("residents", 9, "many")(f.astype({"residents": str})),
     ("row 10", "'residents' is many, which is no number")),
    ("infinite", "residents", put("residents", 9, np.inf), ("row 10", "inf", "beyond all measure")),
    ("age group negative", "residents", put("old", 2, -1), ("row 3", "'old' is -1")),
    ("age groups do not add up", "residents", put("young", 2, 999),
     ("id p02", "add up to", "residents.age_groups")),
    ("missing geometry", "residents", draw(2, None), ("id p02", "no geometry")),
    ("empty geometry", "residents", draw(2, shapely.Point()), ("id p02", "no geometry")),
    ("infinite geometry", "residents", draw(2, shapely.Point(np.inf, 0)), ("id p02", "finite")),
    ("geometry of no number", "residents", draw(2, shapely.Point(np.nan, 1)), ("id p02", "finite")),
    ("a line", "residents", draw(2, lambda g: shapely.LineString([g, (0, 0)])),
     ("id p02", "is a LineString", "Expected: Point")),
]  # fmt: skip

OTHERS: list[Case] = [
    ("blocks without CRS", "inhabited", declare(None), ("has no CRS",)),
    ("blocks elsewhere", "inhabited", moved(50_000), ("all inhabited areas lie 48 km outside",)),
    ("blocks swapped", "inhabited", swap, SWAPPED),
    ("invalid block", "inhabited", draw(7, bowtie), ("row 8", "Self-intersection")),
    ("empty block", "inhabited", draw(7, shapely.Polygon()), ("row 8", "no geometry")),
    ("a point among the blocks", "inhabited", draw(7, lambda g: g.centroid), ("row 8", "Point")),
    ("no blocks", "inhabited", none_left, ("has no rows",)),
    ("water without CRS", "water", declare(None), ("has no CRS",)),
    ("water elsewhere", "water", moved(50_000), ("all water features lie", "km outside")),
    ("water swapped", "water", swap, SWAPPED),
    ("water as points", "water", draw(0, lambda g: g.centroid), ("row 1", "is a Point")),
    ("water without shape", "water", draw(0, None), ("no row with a geometry",)),
    ("no water", "water", none_left, ("has no rows",)),
    ("streets without CRS", "streets", declare(None), ("no CRS",)),
    ("streets declared as degrees", "streets", declare(4326), ("cannot be degrees",)),
    ("streets elsewhere", "streets", moved(50_000), ("no way within the area",)),
    ("streets in another UTM zone", "streets", declare(25832), ("no way within the area",)),
    ("no two streets share a vertex", "streets", lambda f: f.iloc[:47],
     ("none of its 47 lines shares a vertex", "snap their ends together")),
    ("a street that is not finite", "streets", draw(3, shapely.LineString([(0, 0), (np.inf, 1)])),
     ("not finite",)),
    ("streets as areas", "streets", lambda f: f.set_geometry(f.buffer(1)), ("Polygon",)),
    ("no streets", "streets", none_left, ("holds no lines",)),
    ("indicators: header only", "indicators", none_left, ("header line and no rows",)),
    ("indicators: no column", "indicators", without("poverty_pct"), ("no column 'poverty_pct'",)),
    ("indicators: id missing", "indicators", put("planning_area_id", 1, ""), ("row 3", "is empty")),
    ("indicators: id twice", "indicators", put("planning_area_id", 1, "0101"), ("row 3", "row 2")),
    ("indicators: id unknown", "indicators", put("planning_area_id", 1, "0909"),
     ("row 3", "'0909' is not the id of a planning area")),
    ("indicators: ids as numbers", "indicators", as_numbers("planning_area_id"),
     ("row 2", "'0101' is one: the id has lost its leading zero")),
    ("indicators: decimal comma", "indicators", put("poverty_pct", 0, "10,5"),
     ("row 2", "'poverty_pct' is '10,5', with a decimal comma", "Write 10.5")),
    ("indicators: text", "indicators", put("poverty_pct", 0, "n/a"), ("row 2", "'n/a'")),
    ("indicators: infinite", "indicators", put("poverty_pct", 0, "inf"), ("row 2", "'inf'")),
    ("indicators: no value at all", "indicators", lambda f: f.assign(poverty_pct=""),
     ("'poverty_pct' has no value at all", "need.parts")),
    ("indicators: above 100 percent", "indicators", put("poverty_pct", 1, "120"),
     ("row 3", "'poverty_pct' is 120", "between 0 and 100")),
    ("indicators: a negative percentage", "indicators", put("poverty_pct", 1, "-1"),
     ("row 3", "'poverty_pct' is -1", "between 0 and 100")),
    ("indicators: a row twice", "indicators", lambda f: pd.concat([f, f.iloc[[1]]]),
     ("row 6", "'0102' stands in row 3 as well")),
    ("indicators: another cut of the areas", "indicators",
     lambda _: pd.DataFrame({"planning_area_id": ["01011101", "01011102", "0202"],
                             "poverty_pct": "1", "unemployment_pct": "2"}),
     ("row 2", "2 of its 3 ids are no planning area", "'01011101'", "another year",
      "3 ids in the file, 4 in the study", "convert it")),
    ("indicators: ids of another level", "indicators",
     lambda f: f.iloc[:2].assign(planning_area_id=["01", "02"]),
     ("row 2", "2 of its 2 ids are no planning_area", "'01'", "ids of the level 'district'",
      'set level = "district"')),
    ("indicators: ids read as numbers", "indicators",
     lambda f: f.assign(planning_area_id=["101.0", "102.0", "201.0", "202.0"]),
     ("row 2", "'101.0' is not the id", "were read as numbers: store them as text, here '0101'")),
    ("indicators: ids read as numbers, of other areas", "indicators",
     lambda f: f.assign(planning_area_id=["11001.0", "11002.0", "11003.0", "11004.0"]),
     ("row 2", "'11001.0'", "were read as numbers: store them as text")),
    ("indicators: no area with every part", "indicators",
     lambda f: f.assign(unemployment_pct=["", "", "7", ""]),
     ("no planning area has a value for every part", 'missing = "other_parts"')),
    ("indicators: the same everywhere", "indicators",
     lambda f: f.assign(poverty_pct="20", unemployment_pct="5"),
     ("the need index would be the same in all 4 planning areas", "cannot rank")),
    ("indicators: parts that cancel out", "indicators",
     lambda f: f.assign(poverty_pct=list("1234"), unemployment_pct=list("4321")),
     ("the need index would be the same in all 4 planning areas", "cannot rank")),
]  # fmt: skip


def classes(rest: str, column: str = "poverty_pct", name: str = "status") -> Callable[[str], str]:
    """Add a table of classes."""
    head = f'[[classes]]\nid = "{name}"\nlabels = {{ de = "x", en = "x" }}\ncolumn = "{column}"\n'
    return lambda text: text.replace("[need]", f"{head}{rest}\n\n[need]")


def chosen(rest: str) -> Callable[[str], str]:
    """Add a filter."""
    head = '[filter]\nlabels = { de = "x", en = "x" }\n'
    return lambda text: text.replace("[need]", f"{head}{rest}\n\n[need]")


# The place in the study file, what stands there instead, and what the message must say.
STUDIES: list[tuple[str, Callable[[str], str] | bytes | str | None, tuple[str, ...]]] = [
    ("missing", None, ("there is no such study file", "kiezreach init")),
    ("empty", b"", ("'name' is missing",)),
    ("no TOML", "a study of Berlin", ("is not valid TOML", "line 1")),
    ("not UTF-8", STUDY.replace("Planungsräume", "Planungsr\xe4ume").encode("latin-1"),
     ("line 16", "not a text file in UTF-8")),
    ("a picture", png(), ("not a text file",)),
    ("unknown key", setting("gap_level", "gap_levels"),
     ("line 47", "unknown key 'analysis.gap_levels'", "Did you mean 'gap_level'?", "cell_m")),
    ("unknown key of the second level", setting('layer = "planning_area"', 'layr = "x"'),
     ("line 17", "unknown key 'areas.levels[2].layr'", "Did you mean 'layer'?")),
    ("a level that is called like a layer", setting('id = "district"', 'id = "gaps"'),
     ("'gaps' cannot be the id of a level", "Choose another id")),
    ("a format that is not written", setting("briefs = false", 'formats = ["shp"]'),
     ("line 4", "outputs.formats[1]", "'geojson' or 'geoparquet'")),
    ("unknown table", lambda text: text + "[scenario]\n", ("line 49", "'scenario'", "background")),
    ("unknown key of a need part", setting('poverty_pct"', 'poverty_pct", wieght = 1'),
     ("unknown key 'need.parts[1].wieght'", "Did you mean 'weight'?")),
    ("missing key", setting('file = "centres.csv"', ""), ("line 19", "'centres.file' is missing")),
    ("missing table", setting(NETWORK, ""), ("'network' is missing",)),
    ("number for text", setting('"Smalltown"', "3"),
     ("line 1", "'name' is 3", 'a text in "quotes"')),
    ("no name", setting('"Smalltown"', '""'), ("'name'", "not empty")),
    ("text for number", setting("cell_m = 20", 'cell_m = "20"'),
     ("line 48", "'analysis.cell_m' is \"20\"", "a number")),
    ("text for list", setting("[300, 500]", "300"), ("thresholds_m", "a list in [brackets]")),
    ("text for list in a table that may stand alone",
     setting("[indicators]", '[indicators]\npercent = "poverty_pct"'),
     ("indicators[1].percent", "a list in [brackets]")),
    ("number in a list of texts", setting("[indicators]", "[indicators]\npercent = [1]"),
     ("indicators[1].percent[1]' is 1", 'a text in "quotes"')),
    ("text for table", lambda text: 'network = "x"\n' + text.replace(NETWORK, ""),
     ("line 1", "'network' is \"x\"", "a table")),
    ("language", setting('"en"\ncrs', '"fr"\ncrs'), ("line 2", '"fr"', "'de' or 'en'")),
    ("thresholds twice", setting("[300, 500]", "[500, 500]"), ("twice", "Name each once")),
    ("negative threshold", setting("[300, 500]", "[-300, 500]"),
     ("line 45", "thresholds_m[1]' is -300", "more than 0")),
    ("infinite threshold", setting("[300, 500]", "[500, inf]"), ("thresholds_m[2]", "less than")),
    ("threshold not a number", setting("[300, 500]", "[500, nan]"), ("thresholds_m[2]", "NaN")),
    ("no thresholds", setting("[300, 500]", "[]"), ("thresholds_m", "at least 1")),
    ("gap threshold", setting("gap_threshold_m = 500", "gap_threshold_m = 400"),
     ("line 44", "gap_threshold_m = 400", "Choose one of 300, 500")),
    ("longest walk", setting("cell_m = 20", "max_walk_m = 499"),
     ("max_walk_m = 499 is below the threshold of 500 m", "at least the largest")),
    ("gap level", setting('gap_level = "district"', 'gap_level = "borough"'),
     ("'borough' is no level", "district, planning_area")),
    ("tiny cells", setting("cell_m = 20", "cell_m = 0.01"), ("cell_m", "1 or more")),
    ("need without indicators", setting('[indicators]\nfile = "indicators.csv"', ""),
     ("[need] but no [indicators]",)),
    ("indicators of an unknown level", setting('"indicators.csv"', '"indicators.csv"\nlevel = "x"'),
     ("the level 'x' of indicators.csv is no level", "district, planning_area")),
    ("two files share a column", lambda text: text.replace(
        "[indicators]", '[[indicators]]\nfile = "indicators.csv"\n\n[[indicators]]'),
     ("indicators.csv", "the column 'poverty_pct' stands in another indicator file as well")),
    ("a part that no file has", setting("poverty_pct", "wealth"),
     ("has no column 'wealth'", "need.parts names it", "poverty_pct, unemployment_pct")),
    ("a part twice", setting('"unemployment_pct"', '"poverty_pct"'), ("'poverty_pct' twice",)),
    ("a part that need.csv has a column for", setting('"poverty_pct"', '"need"'),
     ("a part cannot be the column 'need'", "Rename it")),
    ("infinite weight", setting('poverty_pct"', 'poverty_pct", weight = inf'), ("weight",)),
    ("unknown standardisation", setting("[need]", '[need]\nstandardisation = "z"'),
     ("'need.standardisation' is \"z\"", "'zscore'")),
    ("classes without values", classes(""), ("'status' needs either values or quantiles",)),
    ("classes of an unknown column", classes("quantiles = 2", column="wealth"),
     ("has no column 'wealth'", "classes names it")),
    ("deprived is no class", classes('quantiles = 2\ndeprived = ["3"]'),
     ("'3' in deprived is no class of 'status'", "1, 2")),
    ("a value is no class", classes('values = [{ value = "20", labels = { de = "x", en = "x" } }]'),
     ("indicators.csv", "row 2", "'10.5', which is no class of 'status'")),
    ("classes named like a part", classes("quantiles = 2", name="poverty_pct"),
     ("'poverty_pct' cannot be the id of classes",)),
    ("classes in single brackets", setting("[need]", '[classes]\nid = "a"\n\n[need]'),
     ("'classes' is one table", "[[classes]] in double brackets")),
    ("unknown key of indicators", setting('"indicators.csv"', '"indicators.csv"\nlevl = "x"'),
     ("line 31", "unknown key 'indicators[1].levl'", "Did you mean 'level'?")),
    ("filter on unknown classes", chosen('classes = "status"\nvalues = ["1"]'),
     ("classes = 'status' in [filter]", "add a table [[classes]]")),
    ("filter without bounds", chosen('column = "poverty_pct"'), ("the filter is not complete",)),
    ("filter that nothing meets", chosen('column = "poverty_pct"\nat_least = 99'),
     ("indicators.csv, [filter]", "no planning area has poverty_pct from 99 to inf")),
    ("filter on an unknown column", chosen('column = "wealth"\nat_least = 2'),
     ("has no column 'wealth'", "filter names it")),
    ("weights of zero", lambda text: text.replace('_pct"', '_pct", weight = 0'),
     ("weights 0, 0 cannot be used", "above 0")),
    ("too few weights", setting("parts = [", "plausible_weights = [[1]]\nparts = ["),
     ("1 is not one weight for each of the 2 parts",)),
    ("same level twice", setting('id = "planning_area"', 'id = "district"'), ("not distinct",)),
    ("level id", setting('id = "planning_area"', 'id = "Planning area"'),
     ("lower-case letters, digits and underscores",)),
    ("unknown CRS", setting("EPSG:25833", "EPSG:999999"), ("not a known CRS", "EPSG:25833")),
    ("CRS in degrees", setting("EPSG:25833", "EPSG:4326"), ("not a projected CRS in metres",)),
    ("CRS that stretches", setting("EPSG:25833", "EPSG:3857"), ("1.64 times", "EPSG:32633")),
    ("unknown layer", setting('layer = "district"', 'layer = "districts"'),
     ("areas.gpkg", "no layer 'districts'", "district, planning_area")),
    ("layer not named", setting('layer = "district"', ""),
     ("areas.gpkg", "2 layers", "Set layer to one of: district, planning_area")),
    ("folder for a file", setting('"residents.parquet"', '"."'), ("is a folder",)),
    ("path too long", setting('"residents.parquet"', f'"{"x" * 5000}"'), ("cannot be opened",)),
    ("path with NUL", setting('"residents.parquet"', '"a\\u0000b"'), ("there is no such file",)),
    ("no centre near a street", setting("cell_m = 20", "max_snap_m = 0.001"),
     ("centres.csv", "no centre has a street within 0.001 m")),
    ("kind without a centre", setting('"centres.csv"', '"centres.csv"\nkinds = ["Cafe"]'),
     ("centres.csv", "id c1", "'Nachbarschaftshaus' is not among the study's kinds")),
]  # fmt: skip

OSM_XML = '<osm version="0.6">{}</osm>'
NODES = "".join(f'<node id="{i}" lat="52.5{i}" lon="13.4"/>' for i in range(1, 4))
WAY = '<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="{}"/></way>'


def cut_short(content: bytes) -> bytes:
    return content[: len(content) // 2]


# What is wrong, the name of the network file, what is in it, and what the message must say.
NETWORKS: list[tuple[str, str, bytes | None, tuple[str, ...]]] = [
    ("missing", "city.osm.pbf", None, ("there is no such file", "Check the path")),
    *((f"empty {suffix}", f"city{suffix}", b"", ("is empty", "again"))
      for suffix in (".osm.pbf", ".osm", ".osm.gz", ".graphml", ".gpkg", ".geojson", ".parquet")),
    *((f"a picture as {suffix}", f"city{suffix}", png(), ("cannot be read",))
      for suffix in (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2", ".graphml")),
    *((f"a picture as {suffix}", f"city{suffix}", png(), ("is not a readable geometry file",))
      for suffix in (".gpkg", ".geojson")),
    ("a picture as .parquet", "city.parquet", png(), ("is not a readable Parquet file",)),
    ("another suffix", "city.docx", b"x", ("stands for no network format", ".osm.pbf")),
    ("XML cut short", "city.osm", cut_short(OSM_XML.format(NODES).encode()),
     ("cannot be read as OpenStreetMap data", "cut short")),
    ("packed XML cut short", "city.osm.gz", cut_short(gzip.compress(OSM_XML.encode())),
     ("cannot be read as OpenStreetMap data", "cut short")),
    ("Parquet cut short", "city.parquet", cut_short(parquet(water())), ("not a readable Parquet",)),
    ("XML of another kind", "city.osm", b"<gpx version='1.1'></gpx>", ("cannot be read",)),
    ("OpenStreetMap without ways", "city.osm", OSM_XML.format(NODES).encode(), ("holds no way",)),
    ("nothing to walk on", "city.osm", OSM_XML.format(NODES + WAY.format("motorway")).encode(),
     ("no way that the profile 'walking' allows (1 ways read)",)),
    ("ways without their nodes", "city.osm", OSM_XML.format(WAY.format("path")).encode(),
     ("holds no way", "and their nodes")),
    ("another region", "city.osm",
     OSM_XML.format(NODES.replace("13.4", "9.9") + WAY.format("path")).encode(),
     ("has no way within the area", "same region")),
]  # fmt: skip

CASES = [
    *OF_ANY_FILE,
    *((f"areas: {what}", part, change, words) for what, part, change, words in AREAS),
    *((f"centres: {what}", part, change, words) for what, part, change, words in CENTRES),
    *((f"residents: {what}", part, change, words) for what, part, change, words in RESIDENTS),
    *OTHERS,
]  # fmt: skip


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """Return the folder of an earlier build."""
    folder = tmp_path / "out"
    (folder / "tables").mkdir(parents=True)
    outputs = [{"file": "tables/coverage.csv"}]
    manifest = {"kiezreach": "0.1.0", "study": {}, "outputs": outputs}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "tables" / "coverage.csv").write_text("level\n")
    return folder


def content(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def build(study: Path, out: Path, *more: str) -> Result:
    few = [] if "--maps" in more else ["--maps", "none"]
    command = ["build", str(study), "--out", str(out), "--quiet", *few, *more]
    return CliRunner().invoke(group, command)


def assert_refused(result: Result, *words: str) -> None:
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize(
    ("part", "change", "words"), [pytest.param(*c[1:], id=c[0]) for c in CASES]
)
def test_a_bad_input_is_refused_in_one_line(
    tmp_path: Path, earlier: Path, part: str, change: object, words: tuple[str, ...]
) -> None:
    study = write_small_study(tmp_path / "study", **{part: change})
    before = content(tmp_path)
    assert_refused(build(study, earlier), file_of(part), *words)
    assert content(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "data", "words"), [pytest.param(*c[1:], id=c[0]) for c in NETWORKS]
)
def test_a_bad_network_is_refused_in_one_line_by_build_and_check_and_in_python(
    tmp_path: Path, earlier: Path, name: str, data: bytes | None, words: tuple[str, ...]
) -> None:
    study = write_small_study(tmp_path / "study")
    file = tmp_path / name
    if data is not None:
        file.write_bytes(data)
    before = content(tmp_path)
    assert_refused(build(study, earlier, "--network", str(file)), name, *words)
    checked = CliRunner().invoke(group, ["check", str(study), "--network", str(file), "--quiet"])
    assert checked.exit_code == 2
    errors = [line for line in checked.stdout.splitlines() if line.startswith("ERROR")]
    assert len(errors) == 1
    assert all(word in errors[0] for word in (name, *words))
    with pytest.raises(NetworkError) as error:
        read_network(file, area=on_paper((0, 0)).buffer(500), crs=CRS)
    assert all(word in str(error.value) for word in (name, *words))
    assert content(tmp_path) == before


def test_thresholds_in_any_order_give_the_same_tables(tmp_path: Path) -> None:
    orders = {"rising": "[300, 500]", "falling": "[500, 300]"}
    for name, order in orders.items():
        study = write_small_study(tmp_path / name, study=setting("[300, 500]", order))
        assert build(study, tmp_path / f"{name}-out").exit_code == 0
    tables = [content(tmp_path / f"{name}-out" / "tables") for name in orders]
    assert tables[0] == tables[1]


@pytest.mark.parametrize(("change", "words"), [pytest.param(*c[1:], id=c[0]) for c in STUDIES])
def test_a_bad_study_is_refused_in_one_line(
    tmp_path: Path, earlier: Path, change: object, words: tuple[str, ...]
) -> None:
    study = write_small_study(tmp_path / "study", study=change)
    before = content(tmp_path)
    assert_refused(build(study, earlier), *words)
    assert content(tmp_path) == before


HOSTILE = """</script><b> =1+1 $\\frac{ 100 % {0} \\N \u202e \u65e5 \U0001f600 '"`\r\n; <!--"""


def test_one_centre_at_fault_is_listed_and_counted_and_names_may_be_anything(
    tmp_path: Path, earlier: Path
) -> None:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[2, ["lon", "lat"]] = frame.loc[2, ["lat", "lon"]].tolist()
        return put("name", 0, HOSTILE)(frame)

    def no_street_near_c2(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame[~frame.intersects(on_paper((510, 1490))[0].buffer(150))]

    result = build(
        write_small_study(
            tmp_path / "study",
            centres=change,
            streets=no_street_near_c2,
            planning_area=put("name", 1, HOSTILE),
            study=lambda text: text.replace('"Smalltown"', json.dumps(HOSTILE, ensure_ascii=False)),
        ),
        earlier,
    )
    assert result.exit_code == 0, result.stderr or result.exception
    assert "2 centres" in result.stdout
    assert "tables/excluded.csv: 2 lines on centres.csv" in result.stdout
    excluded = pd.read_csv(earlier / "tables" / "excluded.csv", dtype=str)
    reasons = excluded[excluded["file"] == "centres.csv"].set_index("id")["reason"]
    assert reasons["c2"] == "190 m from the nearest street (limit 100 m)"
    assert reasons["c3"].endswith("longitude and latitude look swapped")
    table = pd.read_csv(earlier / "tables" / "centres.csv", index_col="centre_id")
    assert table["linked"].to_dict() == {"c1": True, "c2": False, "c4": True}
    assert (earlier / "map.html").is_file()


def test_a_build_that_breaks_off_leaves_the_earlier_one(
    tmp_path: Path, earlier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    module = import_module("kiezreach.build")  # as an attribute, it is the function
    monkeypatch.setattr(module, "write_web_map", disk_full)
    study = write_small_study(tmp_path / "study")
    before = content(tmp_path)
    assert_refused(build(study, earlier), "out: cannot be written (No space left on device)")
    assert content(tmp_path) == before


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    study = write_small_study(tmp_path / "study")
    before = content(tmp_path)
    assert_refused(build(study, tmp_path / "study"), "files that are not from an earlier build")
    assert_refused(build(study, study), "is a file")
    assert content(tmp_path) == before
