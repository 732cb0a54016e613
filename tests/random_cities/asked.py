"""What a study can ask of its city, and with which settings: within bounds, and odd."""

from __future__ import annotations

import pandas as pd
from hypothesis import strategies as st

from .city import City, Draw, as_toml
from .odd import distinct_ids, words

LABELS = {"de": "Armut", "en": "Poverty"}


def need(draw: Draw, city: City) -> None:
    areas = city.levels["planning_area"]["area_id"]
    some = st.sampled_from(["", "0", "5.5", "12", "100"])
    values = st.lists(some, min_size=len(areas), max_size=len(areas))
    city.tables["indicators"] = pd.DataFrame(
        {"planning_area_id": areas, "poverty_pct": draw(values), "jobs": draw(values)}
    )
    if draw(st.booleans()):
        city.tables["indicators"] = city.tables["indicators"].iloc[1:]
    city.study["indicators"] = {"file": "indicators.csv"}
    parts = [
        {"column": column, "labels": {"de": draw(words), "en": "x"}, "weight": weight}
        for column, weight in (("poverty_pct", 1.0), ("jobs", draw(st.sampled_from([1.0, 0.0]))))
    ]
    city.study["need"] = {
        "parts": parts, "missing": draw(st.sampled_from(["missing", "other_parts"])),
        "standardisation": draw(st.sampled_from(["rank", "minmax", "zscore"])),
        "plausible_weights": draw(st.sampled_from([[], [[0.0, 1.0]], [[2.0, 1.0]]])),
    }  # fmt: skip


def classes(draw: Draw, city: City) -> None:
    if "indicators" not in city.tables:
        need(draw, city)
    city.study["classes"] = [
        {"id": "wealth", "labels": LABELS, "column": "poverty_pct",
         "quantiles": draw(st.sampled_from([2, 5, 100])), "deprived": ["2"]}
    ]  # fmt: skip
    if draw(st.booleans()):
        chosen = {"classes": "wealth", "values": ["2"]}
        bounds = {"column": "jobs", "at_least": draw(st.sampled_from([0, 12, 1000]))}
        city.study["filter"] = {"labels": LABELS} | draw(st.sampled_from([chosen, bounds]))


def proposals(draw: Draw, city: City) -> None:
    places = draw(
        st.lists(st.tuples(st.integers(-100, 700), st.integers(-100, 500)), min_size=1, max_size=4)
    )
    places += draw(st.sampled_from([[], [(-9_000, 0)], places[:1]]))
    lonlat = city.lonlat(places)
    city.tables["candidates"] = pd.DataFrame(
        {"candidate_id": distinct_ids(draw, len(places)), "name": "Schule", "kind": "school",
         "lon": [lon for lon, _ in lonlat], "lat": [lat for _, lat in lonlat]}
    )  # fmt: skip
    city.study["candidates"] = {"file": "candidates.csv"}
    weight = "need" if "need" in city.study and draw(st.booleans()) else "residents"
    threshold = draw(st.sampled_from([250, 150, 1.5, 400]))
    k = draw(st.sampled_from([1, 2, 50]))
    city.study["proposals"] = {"k": k, "weight": weight, "threshold_m": threshold}


def missing_links(draw: Draw, city: City) -> None:
    city.study["missing_links"] = draw(
        st.sampled_from(
            [{},
             {"max_link_m": 60, "min_detour_m": 0, "min_detour_ratio": 1},
             {"across": ["water"]},
             {"max_link_m": 500, "min_detour_m": 20, "links_listed": 1, "link_spacing_m": 0}]
        )
    )  # fmt: skip


def scenarios(draw: Draw, city: City) -> None:
    here = [list(place) for place in city.lonlat([(50, 50), (150, 60), (60, 150)])]
    own = city.levels["planning_area"]["area_id"].iloc[0]
    steps = [
        {"close": str(city.tables["centres"]["centre_id"].iloc[0]).strip()},
        {"open": {"at": here[0], "name": draw(words)}},
        {"open": {"at": here[1], "snapped": True, "capacity": 5}},
        {"move": {"centre": "c0", "at": here[2]}},
        {"add_link": {"start": here[0], "end": here[1]}},
        {"remove_link": {"at": here[0]}},
        {"remove_link": {"start": here[0], "end": here[2]}},
        {"residents": {"count": 50, "at": here[1]}},
        {"residents": {"count": 7, "polygon": here}},
        {"residents": {"count": 7, "planning_area": own, "age_groups": {"young": 7}}},
    ]
    chosen = draw(st.lists(st.sampled_from(steps), min_size=1, max_size=3))
    city.texts["what-if.toml"] = as_toml({"name": draw(words), "steps": chosen})
    city.study["scenarios"] = [{"file": "what-if.toml"}]


def norms(draw: Draw, city: City) -> None:
    rule = {"labels": LABELS, "status": "decided", "source": "Council", "date": "2024-03-05"}
    level = st.sampled_from(["city", "planning_area", "district"])
    rules = [
        {"id": "one", "kind": "per_residents", "level": draw(level), "value": 10, "unit": "m2"},
        {"id": "two", "kind": "count_per_area", "level": draw(level), "value": 1,
         "unit": "centres"},
        {"id": "three", "kind": "share_within", "level": draw(level), "value": 0.8, "unit": "share",
         "distance_m": draw(st.sampled_from([150, 99.5]))},
    ]  # fmt: skip
    text = as_toml({"norms": [r | rule for r in rules]})
    city.texts["norms.toml"] = text.replace('"2024-03-05"', "2024-03-05")
    city.study["norms"] = {"file": "norms.toml"}


# Settings ---------------------------------------------------------------------------------------
def thresholds(draw: Draw, city: City) -> None:
    some = st.sampled_from([1, 10.5, 99.99999, 150, 250, 399.9999999, 400])
    listed = draw(st.lists(some, min_size=1, max_size=3, unique=True))
    city.study["analysis"] |= {"thresholds_m": listed, "gap_threshold_m": listed[-1]}


def settings_in_their_bounds(draw: Draw, city: City) -> None:
    choices = {
        "max_snap_m": [1, 100, 5_000], "max_access_m": [1, 150, 5_000], "max_walk_m": [400, 20_000],
        "gap_join_m": [0.1, 40, 1_000], "gap_crossing_m": [0.1, 1_000],
        "gap_min_residents": [0, 1, 10**6], "gap_merge_m": [0.1, 200, 10_000], "cell_m": [10, 100],
        "walking_speed_m_per_min": [0.5, 80, 9_999],
        "gap_level": [level["id"] for level in city.study["areas"]["levels"]],
    }  # fmt: skip
    for name in draw(st.lists(st.sampled_from(list(choices)), min_size=1, max_size=3, unique=True)):
        city.study["analysis"][name] = draw(st.sampled_from(choices[name]))


def words_of_the_study(draw: Draw, city: City) -> None:
    city.study["name"] = draw(words)
    city.study["language"] = draw(st.sampled_from(["de", "en"]))
    for part in ("areas", "centres", "network"):
        city.study[part] |= {"source": draw(words), "attribution": draw(words)}


def crs_of_the_study(draw: Draw, city: City) -> None:
    names = [
        city.crs,
        "EPSG:3035",
        "EPSG:25832",
        "EPSG:3857",
        "EPSG:4326",
        "EPSG:2263",
        "Berlin",
        "",
    ]
    city.study["crs"] = draw(st.sampled_from(names))


def more_formats(draw: Draw, city: City) -> None:
    some = st.sampled_from([["geojson"], ["geoparquet"], ["geojson", "geoparquet"]])
    city.study["outputs"]["formats"] = draw(some)


ASKED = (
    need, classes, proposals, missing_links, scenarios, norms, thresholds,
    settings_in_their_bounds, words_of_the_study, crs_of_the_study, more_formats,
)  # fmt: skip
