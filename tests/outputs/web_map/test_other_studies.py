"""The interactive map of unusual studies, and of data that mean harm."""

from __future__ import annotations

import dataclasses
import re

import geopandas as gpd
import pandas as pd
import pytest

from kiezreach.outputs.web_map.values import text
from kiezreach.study import Labels

from ...chromium import needs_chromium  # noqa: TID252 - tests are no package
from ...worlds import centres, on_paper  # noqa: TID252 - tests are no package
from .world import Page, World, approximate, link_frame, world, world_with_plans

HOSTILE = (
    '</script><script>window.broken=1</script><img src=x onerror="window.broken=1">'
    "\"'`{{7*7}}{n}<!--\u2028&lt;b&gt;"
)
TURNED = "\u202egnoW\u202c \u2067x \U0001f3e1\x07"  # right-to-left override, isolate, emoji, bell
LONG = "Donaudampfschifffahrtsgesellschaft" * 9

# ---- studies ------------------------------------------------------------------------------------


def one_level(study: str) -> str:
    head, tail = study.split("[[areas.levels]]", 1)[0], study.split("[centres]", 1)[1]
    level = (
        '[[areas.levels]]\nid = "quarter"\nlayer = "planning_area"\n'
        'labels = { de = "Viertel", en = "Quarters" }\n\n'
    )
    return (head + level + "[centres]" + tail).replace('gap_level = "district"\n', "")


def plain(study: str) -> str:
    """Leave out need and background."""
    study = re.sub(r"\[indicators\].*?\n\n\[need\].*?\]\n\n", "", study, flags=re.DOTALL)
    return study.replace('[background.water]\nfile = "water.parquet"\n\n', "")


def crowd(_frame: pd.DataFrame) -> pd.DataFrame:
    """Place a centre at every second crossing, so that nobody is far from one."""
    points = on_paper(*[(x, y) for x in range(10, 2000, 300) for y in range(10, 2000, 300)])
    points = points.to_crs(4326)
    names = [f"k{i:02d}" for i in range(len(points))]
    return pd.DataFrame(
        {"centre_id": names, "name": names, "kind": "Treff", "lon": points.x, "lat": points.y}
    )


def nobody(frame: pd.DataFrame, area: str = "") -> pd.DataFrame:
    """Leave an area, or all, without residents."""
    empty = frame["planning_area_id"].str.startswith(area)
    return frame.assign(**{c: frame[c].where(~empty, 0) for c in ("residents", "young", "old")})


# Around the antimeridian the paper keeps its coordinates, which stand for other places.
FAR_CRS = "+proj=tmerc +lat_0=0 +lon_0=180 +k=0.9996 +x_0={x} +y_0=0 +datum=WGS84 +units=m"
FAR_CRS = FAR_CRS.format(x=on_paper((1000, 0))[0].x)


def far(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.set_crs(FAR_CRS, allow_override=True)


def far_centres(frame: pd.DataFrame) -> pd.DataFrame:
    places = gpd.GeoSeries.from_xy(frame["lon"].astype(float), frame["lat"].astype(float), crs=4326)
    moved = places.to_crs(on_paper((0, 0)).crs).set_crs(FAR_CRS, allow_override=True).to_crs(4326)
    return frame.assign(lon=moved.x.round(6).astype(str), lat=moved.y.round(6).astype(str))


OTHER_STUDIES = {
    "one level": {"study": one_level},
    "one planning area": {
        "planning_area": lambda a: a.iloc[:1],
        "district": lambda a: a.iloc[:1],
        "residents": lambda r: r[r["planning_area_id"] == "0101"],
        "indicators": lambda i: i.iloc[:1],
        "study": plain,
    },
    "no need, no background": {"study": plain},
    "no gaps": {"centres": crowd},
    "nobody in one area": {"residents": lambda r: nobody(r, "0202")},
    "a district without centres": {"centres": lambda c: c.iloc[:2]},
    "no names": {
        "planning_area": lambda a: a.assign(name=None),
        "centres": lambda c: c.assign(name=""),
    },
    "strange names": {
        "planning_area": lambda a: a.assign(name=[LONG, TURNED, "مركز الحي", "בית"]),
        "centres": lambda c: c.assign(name=[LONG, TURNED, "مركز الحي", "\U0001f3e1"]),
    },
    "at the antimeridian": {
        **dict.fromkeys(("district", "planning_area", "residents", "inhabited"), far),
        **dict.fromkeys(("streets", "water"), far),
        "centres": far_centres,
        "study": lambda study: study.replace("EPSG:25833", FAR_CRS),
    },
}  # fmt: skip


@pytest.fixture(scope="module", params=OTHER_STUDIES)
def other(request, tmp_path_factory) -> World:
    return world(tmp_path_factory.mktemp("other"), **OTHER_STUDIES[request.param])


def test_the_data_of_other_studies_are_whole(other, tmp_path):
    data = Page(other.write(tmp_path / "map.html")).data
    assert len(data["levels"]) == len(other.study.areas.levels)
    assert len(data["gaps"][-1]) == len(other.analysis.gaps)
    assert set(data["background"]) == set(other.inputs.background)
    assert ("need" in data["levels"][-1]["areas"][0]) == (other.analysis.need is not None)
    (south, west), (north, east) = data["bounds"]
    assert 0 < north - south < 0.1
    assert 0 < east - west < 0.1
    for centre in data["centres"]:
        lat, lon = centre["at"]
        assert south - 0.1 < lat < north + 0.1
        assert west - 0.1 < lon < east + 0.1


@needs_chromium
def test_other_studies_open_without_a_fault(reader, other, tmp_path):
    page = reader.open(other.write(tmp_path / "map.html"))
    for query in (other.inputs.areas["area_id"].iloc[-1], other.analysis.centres.index[0]):
        reader.choose(query)
        assert page.is_visible("#details h2")
        assert page.inner_text("#details h2")
    assert page.is_visible("#top-gaps") == (len(other.analysis.gaps) > 0)
    if len(other.analysis.gaps):
        page.click("#top-gaps li:first-child button")
        # A study without a need index is silent about need.
        assert ("Need" in page.inner_text("#details dl")) == (other.analysis.need is not None)
    page.click("label[for=threshold-0]")
    page.click("#language-de")
    page.click("#show-tables")
    for k in range(page.locator("#table-choice option").count()):
        page.select_option("#table-choice", index=k)
        assert page.locator("#figures tbody tr").count() > 0 or not len(other.analysis.gaps)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


@needs_chromium
def test_a_place_without_residents_says_so(reader, town, tmp_path):
    coverage = town.analysis.coverage.assign(
        residents=0, residents_served=0, share_served=float("nan"), median_distance_m=float("nan")
    )
    analysis = dataclasses.replace(
        town.analysis,
        coverage=coverage,
        gaps=town.analysis.gaps.iloc[:0],
        gaps_by_threshold=town.analysis.gaps_by_threshold.iloc[:0],
    )
    page = reader.open(dataclasses.replace(town, analysis=analysis).write(tmp_path / "map.html"))
    assert page.inner_text("#headline") == "No residents are recorded in Smalltown."
    assert "no residents · 4" in page.inner_text("#layers")
    assert "There is no gap." in page.inner_text("#layers")


# ---- harm ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> World:
    found = world_with_plans(tmp_path_factory.mktemp("hostile"))
    columns = ("name", "kind", "operator", "address", "wheelchair", "source", "source_date", "note")
    inputs, analysis, study = found.inputs, found.analysis, found.study
    inputs.files[["source", "licence", "vintage", "attribution"]] = HOSTILE
    inputs.areas["name"] = HOSTILE
    every = dict.fromkeys(("name", "nearest_centre_name"), HOSTILE)
    plan = dataclasses.replace(
        analysis.proposals,
        sites=analysis.proposals.sites.assign(kind=HOSTILE, address=HOSTILE, **every),
    )
    analysis = dataclasses.replace(
        analysis,
        centres=analysis.centres.assign(**dict.fromkeys(columns, HOSTILE)),
        gaps=analysis.gaps.assign(**every),
        gaps_by_threshold=analysis.gaps_by_threshold.assign(**every),
        candidates=analysis.candidates.assign(name=HOSTILE, kind=HOSTILE, address=HOSTILE),
        criticality=analysis.criticality.assign(next_centre_name=HOSTILE, next_centre_id=HOSTILE),
        proposals=plan,
        scenarios={HOSTILE: analysis.scenarios["Ein Umzug"]},
        missing_links=link_frame(found, name=HOSTILE, barrier=HOSTILE),
    )
    words = {"labels": Labels(de=HOSTILE, en=HOSTILE)}

    def relabelled(parts):
        return tuple(part.model_copy(update=words) for part in parts)

    study = study.model_copy(
        update={
            "name": HOSTILE,
            "residents": study.residents.model_copy(update={"method": HOSTILE}),
            "areas": study.areas.model_copy(update={"levels": relabelled(study.areas.levels)}),
            "need": study.need.model_copy(update={"parts": relabelled(study.need.parts)}),
        }
    )
    inputs = dataclasses.replace(inputs, norms=relabelled(inputs.norms))
    return approximate(World(study, inputs, analysis), HOSTILE)


def test_hostile_texts_stay_text(hostile, tmp_path):
    path = hostile.write(tmp_path / "map.html")
    page = Page(path)
    assert page.data["place"] == HOSTILE
    assert [tag for tag, _ in page.tags if tag in {"img", "b"}] == []
    assert len(page.scripts) == 4
    assert path.read_text("utf-8").count(HOSTILE[:20]) == 0


@needs_chromium
def test_hostile_texts_do_nothing_in_a_browser(reader, hostile, tmp_path):
    page = reader.open(hostile.write(tmp_path / "map.html"))
    for layer in ("losses", "scenario"):
        page.check(f"#layer-{layer}")
    for language in ("de", "en"):
        page.click(f"#language-{language}")
        for query in ("c1", "0101", "01"):
            reader.choose(query)
            assert page.inner_text("#details h2").startswith("</script>")
        for part in ("#top-gaps", "#top-proposals", "#top-links"):
            page.click(f"{part} li:first-child button")
            assert "</script>" in page.inner_text("#details")
        page.click("#show-tables")
        for k in range(page.locator("#table-choice option").count()):
            page.select_option("#table-choice", index=k)
            assert "</script>" in page.inner_text("#figures tbody")
        page.click("#close-tables")
    for box in page.locator("#panel-body > details > summary").all():
        box.click()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    stage = page.locator(".folium-map").bounding_box()
    page.mouse.move(stage["x"] + 300, stage["y"] + 300)
    assert page.evaluate("window.broken") is None
    assert page.locator("body img").count() == 0


def test_marks_that_turn_the_order_of_letters_are_left_out():
    assert text(TURNED) == "gnoW x \U0001f3e1"
    assert text(None) == text(float("nan")) == ""
    assert text("بيت\u200f (Haus)") == "بيت\u200f (Haus)", "an ordinary mark of direction stays"
    assert text("\ud800") == "?"


def test_the_small_study_has_centres_in_both_districts():
    """The studies above take some of its four away."""
    assert len(centres()) == 4
