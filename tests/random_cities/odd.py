"""What can be odd about the files of a city: a build copes with it, or has to refuse it."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
from hypothesis import strategies as st

from .city import City, Draw

WORDS = (
    "Kiez", "Süd-Öst", "", " ", "0", "007", "=1+1", "-3", "@home", "O'Neil", 'say "no"', "a;b,c",
    "a/b", "..", "C:\\x", "<b>&amp;", "</script>", "$x^2$", "%s {0}", "tab\there", "two\nlines",
    "\x1b[31m", "\u202egnirts", "東京", "🏡👩‍👧", "مركز", "con", "nan", "None", "true", "x" * 200,
    "#typst *b* _i_", "\u00ad", "\ufeff", "e\u0301", "1e5", "null",
)  # fmt: skip
IDS = (
    "01", "1", "a", "A", "ä", "a/b", "../x", "=1", "-", "a b", "a\tb", "a\x01b", "city", "district",
    "planning_area", "ß", "SS", "con", "nan", "None", "0.0", "1e3", "x" * 120, "%", "#", "?", "&<>",
    '"', "'", "🏡", "\u202e1", "b.", "B", "é", "e\u0301",
)  # fmt: skip
words = st.sampled_from(WORDS) | st.text(max_size=8)


def distinct_ids(draw: Draw, n: int) -> list[str]:
    """Draw ids of which no two are the same, but for blanks around them."""
    some = st.sampled_from(IDS) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
    some = some.map(lambda text: text.replace("\0", "")).filter(str.strip)
    return draw(st.lists(some, min_size=n, max_size=n, unique_by=str.strip))


# Areas ------------------------------------------------------------------------------------------
def names_of_areas(draw: Draw, city: City) -> None:
    frame = city.levels["planning_area"]
    frame["name"] = draw(st.lists(words | st.none(), min_size=len(frame), max_size=len(frame)))


def ids_of_areas(draw: Draw, city: City) -> None:
    frame = city.levels["planning_area"]
    new = dict(zip(frame["area_id"], distinct_ids(draw, len(frame)), strict=True))
    frame["area_id"] = frame["area_id"].map(new)
    homes = city.layers["residents"]
    homes["planning_area_id"] = homes["planning_area_id"].map(new)
    if "indicators" in city.tables:
        city.tables["indicators"]["planning_area_id"] = list(new.values())


def ids_of_districts(draw: Draw, city: City) -> None:
    frame = city.levels["planning_area"]
    known = frame["parent_id"].unique()
    new = dict(zip(known, distinct_ids(draw, len(known)), strict=True))
    frame["parent_id"] = frame["parent_id"].map(new)


def a_level_between(_: Draw, city: City) -> None:
    """Let each planning area be an area of a further level as well, with the same id."""
    frame = city.levels["planning_area"]
    city.levels["ward"] = frame.copy()
    frame["parent_id"] = frame["area_id"]
    levels = city.study["areas"]["levels"]
    labels = {"de": "Kieze", "en": "Wards"}
    levels.insert(len(levels) - 1, {"id": "ward", "labels": labels, "layer": "ward"})


def _reshape(city: City, at: int, change: object) -> None:
    frame = city.levels["planning_area"]
    shapes = frame.geometry.to_numpy().copy()
    shapes[at] = change(shapes[at])
    city.levels["planning_area"] = frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs))


def a_sliver(draw: Draw, city: City) -> None:
    width = draw(st.sampled_from([10.0, 0.5, 0.001]))

    def cut(shape: shapely.Polygon) -> shapely.Polygon:
        x, y, _, top = shape.bounds
        return shapely.box(x, y, x + width, top)

    _reshape(city, 0, cut)


def a_hole(_: Draw, city: City) -> None:
    _reshape(city, 0, lambda shape: shape.difference(shape.centroid.buffer(40)))


def an_area_inside_another(_: Draw, city: City) -> None:
    frame = city.levels["planning_area"]
    inner = frame.geometry.iloc[0].centroid.buffer(40)
    a_hole(_, city)
    row = gpd.GeoDataFrame(
        {"area_id": ["inner"], "name": ["Inner"], "parent_id": [frame["parent_id"].iloc[0]]},
        geometry=[inner], crs=frame.crs,
    )  # fmt: skip
    city.levels["planning_area"] = pd.concat([city.levels["planning_area"], row], ignore_index=True)


def islands(draw: Draw, city: City) -> None:
    away = draw(st.sampled_from([100, 2_000]))

    def with_island(shape: shapely.Polygon) -> shapely.MultiPolygon:
        x, y, _, _ = shape.bounds
        return shapely.union_all([shape, shapely.box(x - away, y, x - away + 30, y + 30)])

    _reshape(city, 0, with_island)


def areas_that_touch_at_points(_: Draw, city: City) -> None:
    frame = city.levels["planning_area"]
    if len(frame) == 4:
        city.levels["planning_area"] = frame.iloc[[0, 3]].reset_index(drop=True)
        homes = city.layers["residents"]
        kept = homes["planning_area_id"].isin(city.levels["planning_area"]["area_id"])
        if kept.any():
            city.layers["residents"] = homes[kept]
        else:
            del homes["planning_area_id"]


def rough_borders(_: Draw, city: City) -> None:
    """Let neighbours overlap by a millimetre, with heights at their corners."""
    frame = city.levels["planning_area"]
    city.levels["planning_area"] = frame.set_geometry(
        shapely.force_3d(frame.geometry.buffer(0.0005).to_numpy()), crs=frame.crs
    )


def files_in_another_crs(draw: Draw, city: City) -> None:
    """Let the files be in degrees or in the metres of web maps, and the study say nothing of it."""
    other = draw(st.sampled_from(["EPSG:4326", "EPSG:3857", "OGC:CRS84"]))
    for name, frame in city.levels.items():
        city.levels[name] = frame.to_crs(other)
    for name, frame in city.layers.items():
        city.layers[name] = frame.to_crs(other)


def formats(draw: Draw, city: City) -> None:
    for name in city.layers:
        city.formats[name] = draw(st.sampled_from(["parquet", "gpkg", "geojson", "fgb"]))


# Network ----------------------------------------------------------------------------------------
def two_networks(_: Draw, city: City) -> None:
    """Leave out what crosses a strip in the middle."""
    frame = city.layers["streets"]
    middle = (frame.total_bounds[0] + frame.total_bounds[2]) / 2
    strip = shapely.box(middle - 20, -1e8, middle + 20, 1e8)
    left = frame.geometry.difference(strip)
    city.layers["streets"] = frame.set_geometry(left)[~left.is_empty]


def one_street(draw: Draw, city: City) -> None:
    frame = city.layers["streets"]
    city.layers["streets"] = frame.iloc[[draw(st.integers(0, len(frame) - 1))]]


def crooked_streets(draw: Draw, city: City) -> None:
    """Add ways between corners, some of no length, some along others, some from far away."""
    corner = st.tuples(st.integers(-1, 8), st.integers(-1, 8)).map(
        lambda p: (100.0 * p[0], 100.0 * p[1])
    )
    lines = draw(st.lists(st.lists(corner, min_size=2, max_size=4), min_size=1, max_size=6))
    lines.append([(0.0, 0.0), (0.0, 0.0)])
    lines.append([(10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 10.0)])
    shapes = [shapely.LineString(line) for line in lines]
    shapes.append(shapely.MultiLineString([[(0, 0), (100, 0)], [(50, 50), (50, 80)]]))
    more = city.frame(shapes).to_crs(city.layers["streets"].crs)
    city.layers["streets"] = pd.concat([city.layers["streets"], more], ignore_index=True)


def streets_twice(_: Draw, city: City) -> None:
    frame = city.layers["streets"]
    city.layers["streets"] = pd.concat(
        [frame, frame.set_geometry(frame.reverse())], ignore_index=True
    )


def streets_without_shape(draw: Draw, city: City) -> None:
    frame = city.layers["streets"]
    shapes = frame.geometry.to_numpy().copy()
    shapes[draw(st.integers(0, len(shapes) - 1))] = draw(
        st.sampled_from([None, shapely.LineString()])
    )
    city.layers["streets"] = frame.set_geometry(
        gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)
    )


def a_river(draw: Draw, city: City) -> None:
    """Let water run through the city, under its streets or instead of them."""
    river = city.frame([shapely.box(90, -500, draw(st.sampled_from([130, 101])), 1500)])
    river = river.to_crs(city.layers["streets"].crs)
    city.layers["water"] = river
    if draw(st.booleans()):
        frame = city.layers["streets"]
        left = frame.geometry.difference(river.geometry.iloc[0])
        city.layers["streets"] = frame.set_geometry(left)[~left.is_empty]


def a_railway(_: Draw, city: City) -> None:
    line = city.frame([shapely.LineString([(-500, 120), (1500, 121)])])
    city.layers["railway"] = line.to_crs(city.layers["streets"].crs)
    city.layers["barrier"] = city.layers["railway"]
    city.study["barriers"] = [{"kind": "railway", "file": "barrier.parquet"}]
    city.formats["barrier"] = "parquet"


# Centres and residents --------------------------------------------------------------------------
def centres_at_one_place(_: Draw, city: City) -> None:
    table = city.tables["centres"]
    more = table.assign(centre_id=[f"{i}-again" for i in table["centre_id"]])
    city.tables["centres"] = pd.concat([table, more], ignore_index=True)


def centres_outside(draw: Draw, city: City) -> None:
    table = city.tables["centres"]
    away = draw(st.sampled_from([(-30, -30), (-350, 10), (-3_000, 10), (400_000, 0)]))
    lon, lat = city.lonlat([away])[0]
    row = pd.DataFrame(
        {"centre_id": ["out"], "name": ["Outside"], "kind": ["house"], "lon": [lon], "lat": [lat]}
    )
    city.tables["centres"] = pd.concat([table, row], ignore_index=True)


def words_of_centres(draw: Draw, city: City) -> None:
    table = city.tables["centres"]
    several = st.lists(words, min_size=len(table), max_size=len(table))
    for column in ("name", "kind", "operator", "note", "wheelchair"):
        table[column] = draw(several)
    table["centre_id"] = distinct_ids(draw, len(table))


def kinds_of_centres(draw: Draw, city: City) -> None:
    city.tables["centres"].loc[0, "kind"] = "café"
    kinds = st.lists(st.sampled_from(["house", "café", "", "none"]), max_size=2)
    city.study["centres"]["kinds"] = draw(kinds)


def capacities(draw: Draw, city: City) -> None:
    table = city.tables["centres"]
    some = st.sampled_from(["", "20", "0.5", "1e6"])
    table["capacity"] = draw(st.lists(some, min_size=len(table), max_size=len(table)))
    table["floor_space_m2"] = table["capacity"]
    reach = draw(st.sampled_from([250, 120, 400, 9_000]))
    decay = [{"to_m": 100, "weight": 1.0}, {"to_m": reach, "weight": 0.4}]
    asked = {"unit": draw(words), "reach_m": reach, "decay": decay if draw(st.booleans()) else []}
    city.study["accessibility"] = asked


def homes_found_by_place(draw: Draw, city: City) -> None:
    """Leave it to the points in which area they lie; some are outside, some on borders."""
    frame = city.layers["residents"].drop(columns="planning_area_id", errors="ignore")
    further = draw(st.sampled_from([[(-20, -20)], [(0, 0)], [(200, 10), (5_000, 0)]]))
    more = city.frame(
        [shapely.Point(p) for p in further],
        point_id=[f"q{i}" for i in range(len(further))], residents=12, young=5, old=7,
    ).to_crs(frame.crs)  # fmt: skip
    city.layers["residents"] = pd.concat([frame, more], ignore_index=True)


def _count(city: City, young: list[int]) -> None:
    city.layers["residents"] = city.layers["residents"].assign(young=young, old=0, residents=young)


def odd_numbers_of_residents(draw: Draw, city: City) -> None:
    n = len(city.layers["residents"])
    some = st.sampled_from([0, 1, 10**6, 10**9])
    _count(city, draw(st.lists(some, min_size=n, max_size=n)))


def nobody(_: Draw, city: City) -> None:
    _count(city, [0] * len(city.layers["residents"]))


def homes_at_one_place(_: Draw, city: City) -> None:
    frame = city.layers["residents"]
    city.layers["residents"] = frame.set_geometry(
        [frame.geometry.iloc[0]] * len(frame), crs=frame.crs
    )


def ids_of_homes(draw: Draw, city: City) -> None:
    frame = city.layers["residents"]
    city.layers["residents"] = frame.assign(point_id=distinct_ids(draw, len(frame)))


def blocks(_: Draw, city: City) -> None:
    """Give the inhabited area: blocks, one of them where nobody lives."""
    homes = city.layers["residents"]
    west, south, _, _ = city.levels["planning_area"].to_crs(city.crs).total_bounds
    around = homes.to_crs(city.crs).geometry.buffer(15, cap_style="square").to_numpy()
    shapes = [
        *shapely.get_parts(shapely.union_all(around)),
        shapely.box(west, south, west + 9, south + 9),
    ]
    city.layers["inhabited"] = gpd.GeoDataFrame(
        geometry=shapely.get_parts(shapely.union_all(shapes)), crs=city.crs
    ).to_crs(homes.crs)
    city.study["inhabited"] = {}


def totals_that_are_spread(draw: Draw, city: City) -> None:
    """Give totals of the planning areas, and blocks to spread them over."""
    ids = city.levels["planning_area"]["area_id"]
    young = draw(st.lists(st.integers(0, 300), min_size=len(ids), max_size=len(ids)))
    city.tables["register"] = pd.DataFrame(
        {"planning_area_id": ids, "residents": [v + 3 for v in young], "young": young, "old": 3}
    )
    blocks(draw, city)
    city.layers["ground"] = city.layers.pop("inhabited")
    city.study.pop("inhabited")
    city.formats["ground"] = "parquet"
    city.study["residents"] = {
        "totals": "register.csv", "age_groups": ["young", "old"],
        "spread": draw(st.sampled_from(["street_fronts", "block_area", "open_area"])),
        "plausible_spreads": draw(st.sampled_from([[], ["block_area"], ["open_area"]])),
        "support": {"blocks": {"file": "ground.parquet"}},
    }  # fmt: skip


ODD_FILES = (
    names_of_areas, ids_of_areas, ids_of_districts, a_level_between, a_sliver, a_hole,
    an_area_inside_another, islands, areas_that_touch_at_points, rough_borders,
    files_in_another_crs, formats, two_networks, one_street, crooked_streets, streets_twice,
    streets_without_shape, a_river, a_railway, centres_at_one_place, centres_outside,
    words_of_centres, kinds_of_centres, capacities, homes_found_by_place,
    odd_numbers_of_residents, nobody, homes_at_one_place, ids_of_homes, blocks,
    totals_that_are_spread,
)  # fmt: skip
