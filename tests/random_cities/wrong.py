"""What can be wrong with a city: most of these changes have to be refused."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st

from .city import City, Draw


def _one(draw: Draw, frame: pd.DataFrame) -> int:
    return draw(st.integers(0, len(frame) - 1))


def _with_shape(frame: gpd.GeoDataFrame, at: int, shape: object) -> gpd.GeoDataFrame:
    shapes = frame.geometry.to_numpy().copy()
    shapes[at] = shape(shapes[at]) if callable(shape) else shape
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def _layer(draw: Draw, city: City) -> tuple[dict[str, gpd.GeoDataFrame], str]:
    """Draw one of the files with shapes."""
    kind = draw(st.sampled_from(["levels", "layers"]))
    frames = getattr(city, kind)
    return frames, draw(st.sampled_from(list(frames)))


def an_id_twice(draw: Draw, city: City) -> None:
    frames, name = _layer(draw, city)
    frames[name] = pd.concat([frames[name], frames[name].iloc[:1]], ignore_index=True)


def a_centre_twice(_: Draw, city: City) -> None:
    table = city.tables["centres"]
    city.tables["centres"] = pd.concat([table, table.iloc[:1]], ignore_index=True)


def an_overlap(_: Draw, city: City) -> None:
    frame = city.levels["planning_area"]
    city.levels["planning_area"] = _with_shape(frame, 0, lambda shape: shape.buffer(30))


def a_shape_that_is_none(draw: Draw, city: City) -> None:
    frames, name = _layer(draw, city)
    with np.errstate(invalid="ignore"):
        nowhere = shapely.LineString([(0, 0), (np.nan, 1)])
    shape = st.sampled_from([
        None, shapely.Polygon(), shapely.Point(), shapely.GeometryCollection(),
        shapely.Point(np.inf, 0), nowhere,
    ])  # fmt: skip
    frames[name] = _with_shape(frames[name], _one(draw, frames[name]), draw(shape))


def a_bow_tie(_: Draw, city: City) -> None:
    def cross(shape: shapely.Geometry) -> shapely.Polygon:
        x, y, right, top = shape.bounds
        return shapely.Polygon([(x, y), (right, top), (right, y), (x, top)])

    city.levels["planning_area"] = _with_shape(city.levels["planning_area"], 0, cross)


def another_kind_of_shape(draw: Draw, city: City) -> None:
    frames, name = _layer(draw, city)
    frames[name] = _with_shape(frames[name], 0, lambda shape: shape.centroid.buffer(5).exterior)


def no_crs_or_another(draw: Draw, city: City) -> None:
    frames, name = _layer(draw, city)
    other = draw(st.sampled_from([None, "EPSG:4326", "EPSG:3857", "EPSG:32719", "EPSG:4978"]))
    frames[name] = frames[name].set_crs(other, allow_override=True)


def no_rows(draw: Draw, city: City) -> None:
    frames, name = _layer(draw, city)
    frames[name] = frames[name].iloc[:0]


def far_away(draw: Draw, city: City) -> None:
    frames, name = _layer(draw, city)
    by = draw(st.sampled_from([1e4, 4e5, 1e12]))
    frames[name] = frames[name].set_geometry(frames[name].geometry.translate(by, 0))


def a_column_lost(draw: Draw, city: City) -> None:
    frames = {**city.levels, **city.layers, **city.tables}
    columns = [(n, c) for n, f in frames.items() for c in f.columns if c != "geometry"]
    name, column = draw(st.sampled_from(columns))
    for kind in (city.levels, city.layers, city.tables):
        if name in kind:
            kind[name] = kind[name].drop(columns=column)


def a_cell_wrong(draw: Draw, city: City) -> None:
    """Put something else where a centre, a count or an indicator was."""
    cell = st.sampled_from(
        ["", "x", "NaN", "inf", "-1", "1,5", "95", "1e400", "0x10", "\u0661", " 1 ", "²"]
    )
    name = draw(st.sampled_from(list(city.tables)))
    table = city.tables[name].astype(object)
    table.iloc[_one(draw, table), draw(st.integers(0, table.shape[1] - 1))] = draw(cell)
    city.tables[name] = table


def a_count_wrong(draw: Draw, city: City) -> None:
    frame = city.layers["residents"].copy()
    count = draw(st.sampled_from([-1, 0.5, None, 10**10, float("inf"), "7", "many"]))
    column = draw(st.sampled_from(["residents", "young"]))
    values = frame[column].astype(object)
    values.iloc[_one(draw, frame)] = count
    text = isinstance(count, str)
    frame[column] = values.astype(str) if text else values.astype(float)
    city.layers["residents"] = frame


def an_area_unknown(draw: Draw, city: City) -> None:
    frame = city.layers["residents"].copy()
    ids = list(frame.get("planning_area_id", ["0101"] * len(frame)))
    ids[_one(draw, frame)] = draw(st.sampled_from(["Atlantis", None, "", "101", "101.0"]))
    city.layers["residents"] = frame.assign(planning_area_id=ids)


def coordinates_swapped(_: Draw, city: City) -> None:
    table = city.tables["centres"]
    city.tables["centres"] = table.rename(columns={"lon": "lat", "lat": "lon"})


def a_parent_wrong(draw: Draw, city: City) -> None:
    frame = city.levels["planning_area"]
    ids = st.sampled_from(["99", "", None, *frame["parent_id"]])
    frame.loc[_one(draw, frame), "parent_id"] = draw(ids)


NUMBERS = (0, -1, 1e-9, 0.001, 1e6, 1e300, float("inf"), float("nan"), "500", True, [], [500], 99)


def a_setting_wrong(draw: Draw, city: City) -> None:
    settings = (
        "gap_threshold_m", "max_snap_m", "max_access_m", "max_walk_m", "gap_join_m", "cell_m",
        "gap_crossing_m", "gap_min_residents", "gap_merge_m", "gap_level", "thresholds_m",
        "walking_speed_m_per_min", "unheard_of",
    )  # fmt: skip
    city.study["analysis"][draw(st.sampled_from(settings))] = draw(st.sampled_from(NUMBERS))


def thresholds_wrong(draw: Draw, city: City) -> None:
    listed = st.lists(st.sampled_from([150, 250, 250.0, 0, 1e5, 1e-7, 399]), max_size=3)
    city.study["analysis"]["thresholds_m"] = draw(listed)


def a_table_wrong(draw: Draw, city: City) -> None:
    tables = {
        "language": ["fr", "", 1], "name": ["", 5], "ranking": [{"thresholds_m": [7]}],
        "tiles": [{"url": "http://x", "attribution": ""}], "proposals": [{"k": 0}, {"k": 1}],
        "missing_links": [{"across": []}, {"max_link_m": 0}], "need": [{"parts": []}],
        "scenarios": [[{"file": "none.toml"}], [{"file": "centres.csv"}]],
        "norms": [{"file": "none.toml"}, {"file": "study.toml"}], "colour": ["red"],
        "outputs": [{"formats": ["pdf"]}, {"briefs": ["fr"]}, {"languages": ["de", "de"]}],
        "accessibility": [{"unit": "m2", "reach_m": 100}], "areas": [{}, {"file": "areas.gpkg"}],
        "network": [{"file": "centres.csv"}, {"file": "."}, {"file": "areas.gpkg"}],
        "candidates": [{"file": "residents.parquet"}], "background": [{"water": {"file": "no"}}],
        "residents": [{"file": "streets.parquet"}, {"totals": "centres.csv", "spread": "points"}],
    }  # fmt: skip
    name = draw(st.sampled_from(list(tables)))
    city.study[name] = draw(st.sampled_from(tables[name]))
    if name in ("residents", "network", "candidates"):
        # The names of the files are as drawn, and not those that are written.
        city.formats = dict.fromkeys(city.formats, "parquet")


def a_file_damaged(draw: Draw, city: City) -> None:
    files = [*city.layers, *city.tables, *city.texts, "areas", "study"]
    share = draw(st.sampled_from([0.02, 0.3, 0.6, 0.97]))
    harms = {
        "gone": lambda _: None,
        "empty": lambda _: b"",
        "cut": lambda data: data[: int(len(data) * share)],
        "utf16": lambda data: data.decode("latin-1").encode("utf-16"),
        "latin1": lambda data: data + "\nö,ä,ü".encode("latin-1"),
        "bom": lambda data: b"\xef\xbb\xbf" + data,
        "zeros": lambda data: data + b"\0" * 100,
        "noise": lambda data: bytes(b ^ (0xFF if i % 97 == 50 else 0) for i, b in enumerate(data)),
        "zip": lambda _: b"PK\x05\x06" + b"\0" * 18,
        "text": lambda _: b"Dear colleague,\nplease find attached\n",
        "lines": lambda data: data.replace(b"\n", b"\r\n"),
        "semicolons": lambda data: data.replace(b",", b";"),
    }
    name = draw(st.sampled_from(files))
    how = draw(st.sampled_from(list(harms)))
    city.told.append(f"{name} {how}")
    city.damage[name] = harms[how]


WRONG = (
    an_id_twice, a_centre_twice, an_overlap, a_shape_that_is_none, a_bow_tie,
    another_kind_of_shape, no_crs_or_another, no_rows, far_away, a_column_lost, a_cell_wrong,
    a_count_wrong, an_area_unknown, coordinates_swapped, a_parent_wrong, a_setting_wrong,
    thresholds_wrong, a_table_wrong, a_file_damaged, a_file_damaged,
)  # fmt: skip
