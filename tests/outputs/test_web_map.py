"""The interactive map: its bytes, its safety, and what a reader finds in a real browser."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kiezreach.analysis import analyse
from kiezreach.inputs import read_inputs
from kiezreach.outputs.web_map import write_web_map
from kiezreach.outputs.web_map.page import json_for_html
from kiezreach.outputs.web_map.shapes import encode, simplify_levels
from kiezreach.study import Study, read_study

from ..worlds import on_paper, write_small_study  # noqa: TID252 - tests are no package

HOSTILE = (
    '</script><script>window.broken=1</script><img src=x onerror="window.broken=1">'
    "\"'`{{7*7}}{n}<!--\u2028&lt;b&gt;"
)
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


@dataclasses.dataclass(frozen=True)
class World:
    """A study with what it read and found."""

    study: Study
    inputs: object
    analysis: object

    def write(self, path: Path) -> Path:
        write_web_map(self.study, self.inputs, self.analysis, path)
        return path


def world(folder: Path, **changes: object) -> World:
    study = read_study(write_small_study(folder, **changes))
    inputs = read_inputs(study)
    return World(study, inputs, analyse(study, inputs))


def approximate(town: World, accuracy: str) -> World:
    """Give the same world with a network that is known to be inexact."""
    provenance = dataclasses.replace(
        town.inputs.network.provenance, quality="approximate", accuracy=accuracy
    )
    network = dataclasses.replace(town.inputs.network, provenance=provenance)
    return dataclasses.replace(town, inputs=dataclasses.replace(town.inputs, network=network))


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> World:
    return world(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def town_map(town, tmp_path_factory) -> Path:
    return approximate(town, "mean error 12 m").write(tmp_path_factory.mktemp("map") / "map.html")


class Page(HTMLParser):
    """The tags of a page and the text of its scripts."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text: list[str] = []
        self._inside = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, _tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text.append(data)

    @property
    def data(self) -> dict:
        return json.loads(next(text for text in self.scripts if text.startswith("{")))


# ---- bytes ----------------------------------------------------------------------------------


def test_two_processes_with_other_hash_seeds_write_the_same_bytes(town, tmp_path):
    code = (
        "import sys; from pathlib import Path; from kiezreach.study import read_study;"
        "from kiezreach.inputs import read_inputs; from kiezreach.analysis import analyse;"
        "from kiezreach.outputs.web_map import write_web_map;"
        "s = read_study(sys.argv[1]); i = read_inputs(s);"
        "write_web_map(s, i, analyse(s, i), Path(sys.argv[2]))"
    )
    written = [town.write(tmp_path / "here.html").read_bytes()]
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.html"
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": f"Etc/GMT+{seed}"}
        environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
        subprocess.run(
            [sys.executable, "-c", code, str(town.study.file), str(path)],
            check=True,
            env=environment,
        )
        written.append(path.read_bytes())
    assert written[0] == written[1] == written[2]


def test_nothing_is_loaded_from_outside(town_map):
    page = Page(town_map)
    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "object", "embed", "base"}
        assert not {"src", "srcset", "action", "background"} & set(attributes), (tag, attributes)
        assert (attributes.get("href") or "#").startswith("#")
    style = "".join(re.findall(r"<style>(.*?)</style>", town_map.read_text("utf-8"), re.DOTALL))
    addresses = re.findall(r"url\(([^)]*)\)", style)
    assert all(a.startswith(("data:", "#")) for a in addresses)
    assert "@import" not in style
    (policy,) = [a["content"] for _, a in page.tags if a.get("http-equiv")]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "http" not in policy


def test_every_text_of_the_page_is_in_the_catalogue_and_used(town_map):
    scripts = "".join(
        file.read_text("utf-8")
        for file in files("kiezreach.outputs.web_map").iterdir()
        if file.name.endswith((".js", ".html", ".py"))
    )
    known = set(Page(town_map).data["texts"])
    wanted = set(re.findall(r'(?:say|texts)\(\s*[\'"](\w+)[\'"]', scripts))
    assert wanted <= known
    made = {key for key in known if key.startswith(("role_", "layer_", "read_"))}
    unused = {key for key in known - made if not re.search(rf'["\']{key}["\']', scripts)}
    assert unused == set()


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_speaks_the_language_of_the_study(town, tmp_path, language):
    study = town.study.model_copy(update={"language": language})
    page = Page(dataclasses.replace(town, study=study).write(tmp_path / "map.html"))
    assert ("html", {"lang": language}) in page.tags
    title = {"de": "Zu Fuß zum Nachbarschaftszentrum", "en": "Walking to a neighbourhood centre"}
    assert f"{title[language]}: Smalltown" in page.text


# ---- figures --------------------------------------------------------------------------------


def test_the_figures_of_the_page_are_those_of_the_analysis(town, town_map):
    data = Page(town_map).data
    coverage = town.analysis.coverage.sort_values("threshold_m")
    areas = [("city", "city", data["city"])]
    areas += [(lv["id"], a["id"], a) for lv in data["levels"] for a in lv["areas"]]
    assert len(areas) * len(data["thresholds"]) == len(coverage)
    for level, area_id, found in areas:
        own = coverage[(coverage["level"] == level) & (coverage["area_id"] == area_id)]
        assert found["served"] == own["residents_served"].tolist()
        assert {found["residents"]} == set(own["residents"])
        assert {found["unlinked"]} == set(own["unlinked"])
        assert found["median"] == pytest.approx(own["median_distance_m"].iloc[0], abs=0.05)
    gaps = town.analysis.gaps
    assert [g["id"] for g in data["gaps"]] == gaps["gap_id"].tolist()
    assert [g["residents"] for g in data["gaps"]] == gaps["residents"].tolist()
    assert [(g["best"], g["rank"], g["worst"]) for g in data["gaps"]] == list(
        zip(gaps["rank_best"], gaps["rank"], gaps["rank_worst"], strict=True)
    )
    for centre in data["centres"]:
        row = town.analysis.centres.loc[centre["id"]]
        assert centre["within"] == [row["residents_within_300"], row["residents_within_500"]]
        assert (centre["name"], centre["only"]) == (row["name"], row["residents_only_here"])


def test_the_notice_stands_only_on_maps_of_approximate_networks(town, town_map, tmp_path):
    assert any(a.get("id") == "notice" for _, a in Page(town_map).tags)
    assert "mean error 12 m" in " ".join(Page(town_map).text)
    surveyed = Page(town.write(tmp_path / "map.html"))
    assert not any(a.get("id") == "notice" for _, a in surveyed.tags)
    assert not surveyed.data["approximate"]


@needs_chromium
def test_a_filter_is_named_where_gaps_are_told_and_nowhere_without_one(reader, town_map, tmp_path):
    words = 'labels = { de = "Armut ab 20 %", en = "Poverty from 20%" }'
    table = f'[filter]\n{words}\ncolumn = "poverty_pct"\nat_least = 20\n\n[need]'
    filtered = world(tmp_path, study=lambda text: text.replace("[need]", table))
    page = reader.open(filtered.write(tmp_path / "map.html"))
    for part in ("#top-gaps", "#reading", "#layers"):
        assert "the selection “Poverty from 20%”" in page.text_content(part)
    page = reader.open(town_map)
    assert "the selection" not in page.text_content("body #panel-body")


def test_gaps_are_drawn_outside_the_catchment(town, town_map):
    """Blocks are joined over streets, but no ground that a centre reaches is drawn as a gap."""
    served = town.analysis.catchments.set_index("threshold_m").geometry[500.0]
    for gap in Page(town_map).data["gaps"]:
        polygons = [[decoded(ring) for ring in polygon] for polygon in gap["shape"]]
        shapes = [shapely.Polygon(outer, holes) for outer, *holes in polygons]
        drawn = gpd.GeoSeries(shapes, crs=4326).to_crs(town.analysis.gaps.crs).make_valid()
        assert drawn.intersection(served.buffer(-12)).area.sum() == pytest.approx(0, abs=1)
    inside = sum(len(gap["shape"]) for gap in Page(town_map).data["gaps"])
    assert inside < len(town.analysis.gaps.geometry.explode())


# ---- shapes ---------------------------------------------------------------------------------


def decoded(text: str) -> list[tuple[float, float]]:
    """Read an encoded line, written from the format's description: (longitude, latitude)."""
    numbers, value, shift = [], 0, 0
    for character in text:
        code = ord(character) - 63
        value |= (code & 31) << shift
        shift += 5
        if code < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    lat, lon = np.cumsum(numbers[::2]), np.cumsum(numbers[1::2])
    return [(x / 1e5, y / 1e5) for x, y in zip(lon, lat, strict=True)]


def test_the_known_example_of_the_format():
    line = np.array([[-120.2, 38.5], [-120.95, 40.7], [-126.453, 43.252]])
    assert encode(line) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"


@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(1, 20), st.just(2)),
        elements=st.floats(-180, 180, allow_subnormal=False),
    )
)
def test_encoded_lines_come_back(xy):
    assert np.allclose(decoded(encode(xy)), xy, atol=0.51e-5)


def test_generalised_areas_share_their_borders():
    x = np.linspace(0, 1000, 200)
    wavy = np.column_stack([x, 500 + 30 * np.sin(x / 40)])
    south = shapely.Polygon([(0, 0), *wavy, (1000, 0)])
    north = shapely.box(0, 0, 1000, 1000).difference(south)
    areas = gpd.GeoDataFrame(
        {
            "level": ["whole", "part", "part"],
            "area_id": ["w", "n", "s"],
            "parent_id": ["", "w", "w"],
        },
        geometry=[shapely.box(0, 0, 1000, 1000), north, south],
        crs="EPSG:25833",
    )
    found = simplify_levels(areas)
    n, s = found["part"]["n"], found["part"]["s"]
    assert shapely.get_num_coordinates(n) < shapely.get_num_coordinates(north) / 2
    assert n.intersection(s).area == 0
    assert n.union(s).symmetric_difference(found["whole"]["w"]).area == pytest.approx(0)


# ---- other studies --------------------------------------------------------------------------


def one_level(text: str) -> str:
    head, tail = text.split("[[areas.levels]]", 1)[0], text.split("[centres]", 1)[1]
    level = (
        '[[areas.levels]]\nid = "quarter"\nlayer = "planning_area"\n'
        'labels = { de = "Viertel", en = "Quarters" }\n\n'
    )
    return (head + level + "[centres]" + tail).replace('gap_level = "district"\n', "")


def plain(text: str) -> str:
    """Leave out need and background."""
    text = re.sub(r"\[indicators\].*?\n\n\[need\].*?\]\n\n", "", text, flags=re.DOTALL)
    return text.replace('[background.water]\nfile = "water.parquet"\n\n', "")


def crowd(_frame: pd.DataFrame) -> pd.DataFrame:
    """Place a centre at every second crossing, so that nobody is far from one."""
    points = on_paper(*[(x, y) for x in range(10, 2000, 300) for y in range(10, 2000, 300)])
    points = points.to_crs(4326)
    names = [f"k{i:02d}" for i in range(len(points))]
    return pd.DataFrame(
        {"centre_id": names, "name": names, "kind": "Treff", "lon": points.x, "lat": points.y}
    )


OTHER_STUDIES = {
    "one level": {"study": one_level},
    "no need, no background": {"study": plain},
    "no gaps": {"centres": crowd},
    "nobody in one area": {
        "residents": lambda r: r.assign(
            **{
                c: r[c].where(r["planning_area_id"] != "0202", 0)
                for c in ("residents", "young", "old")
            }
        )
    },
    "no names": {"planning_area": lambda a: a.assign(name=None)},
}


@pytest.fixture(scope="module", params=OTHER_STUDIES)
def other_world(request, tmp_path_factory) -> World:
    return world(tmp_path_factory.mktemp("other"), **OTHER_STUDIES[request.param])


def test_the_data_of_other_studies_are_whole(other_world, tmp_path):
    data = Page(other_world.write(tmp_path / "map.html")).data
    assert len(data["levels"]) == len(other_world.study.areas.levels)
    assert len(data["gaps"]) == len(other_world.analysis.gaps)
    assert set(data["background"]) == set(other_world.inputs.background)
    assert ("need" in data["levels"][-1]["areas"][0]) == (other_world.analysis.need is not None)


def test_a_background_of_lines_points_and_broken_shapes_is_drawn(town, tmp_path):
    x, y = on_paper((500, 500))[0].coords[0]
    bow = shapely.Polygon([(x, y), (x + 90, y + 90), (x + 90, y), (x, y + 90)])
    line = shapely.LineString([(x - 99_000, y), (x + 99_000, y)])
    mixed = gpd.GeoSeries(
        [shapely.make_valid(bow), line, shapely.Point(x, y)], crs=town.inputs.areas.crs
    )
    inputs = dataclasses.replace(town.inputs, background={"railway": mixed})
    data = Page(dataclasses.replace(town, inputs=inputs).write(tmp_path / "map.html")).data
    assert len(data["background"]["railway"]["polygons"]) == 2
    (track,) = data["background"]["railway"]["lines"]
    assert np.ptp([lon for lon, _ in decoded(track)]) < 0.5, "clipped around the town"


# ---- hostile texts --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> World:
    columns = ("kind", "operator", "address", "wheelchair", "source", "source_date", "note")
    town = world(
        tmp_path_factory.mktemp("hostile"),
        centres=lambda c: c.assign(name=HOSTILE, **dict.fromkeys(columns, HOSTILE)),
        district=lambda a: a.assign(name=HOSTILE),
        planning_area=lambda a: a.assign(name=HOSTILE),
    )
    town.inputs.files[["source", "licence", "vintage", "attribution"]] = HOSTILE
    study = town.study.model_copy(
        update={
            "name": HOSTILE,
            "residents": town.study.residents.model_copy(update={"method": HOSTILE}),
        }
    )
    return approximate(dataclasses.replace(town, study=study), HOSTILE)


def test_hostile_texts_stay_text(hostile, tmp_path):
    path = hostile.write(tmp_path / "map.html")
    page = Page(path)
    assert page.data["place"] == HOSTILE
    assert [tag for tag, _ in page.tags if tag in {"img", "b"}] == []
    assert len(page.scripts) == 4
    assert path.read_text("utf-8").count(HOSTILE[:20]) == 0


@given(st.text())
def test_json_for_html_comes_back_and_cannot_end_its_element(text):
    written = json_for_html({text: [text]})
    assert json.loads(written) == {text: [text]}
    assert not set("<>&\u2028\u2029") & set(written)


# ---- in a browser ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield chromium
        chromium.close()


class Reader:
    """Somebody who opens a map in a browser without a network."""

    def __init__(self, browser, size: tuple[int, int] = (1280, 900)) -> None:
        width, height = size
        self.context = browser.new_context(
            offline=True, viewport={"width": width, "height": height}
        )
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path: Path, fragment: str = ""):
        self.page.goto(path.as_uri() + fragment)
        self.page.wait_for_selector("html[data-ready]", timeout=10_000)
        return self.page


@pytest.fixture
def reader(browser):
    someone = Reader(browser)
    yield someone
    someone.context.close()
    assert someone.faults == []
    assert all(url.startswith(("file:", "data:")) for url in someone.requests)


def served(town: World, level: str, area_id: str, threshold: float) -> tuple[str, str]:
    """Return residents served and their share as the page writes them."""
    table = town.analysis.coverage.set_index(["level", "area_id", "threshold_m"])
    row = table.loc[(level, area_id, threshold)]
    return f"{row['residents_served']:,}", f"{row['share_served']:.1%}"


@needs_chromium
def test_the_threshold_switch_changes_map_and_figures(reader, town, town_map):
    page = reader.open(town_map)
    pictures, headlines = [], []
    for threshold in (500, 300):
        page.get_by_text(f"{threshold}\u202fm", exact=True).first.click()
        count, share = served(town, "city", "city", threshold)
        text = page.inner_text("#headline")
        assert count in text
        assert share in text
        headlines.append(text)
        pictures.append(page.locator(".folium-map").screenshot())
        assert f"{threshold}\u202fm" in page.inner_text("label[for=layer-choropleth]")
    assert headlines[0] != headlines[1]
    assert pictures[0] != pictures[1]


@needs_chromium
def test_search_finds_an_area_by_keyboard_and_shows_its_figures(reader, town, town_map):
    page = reader.open(town_map)
    page.focus("#search-input")
    for spelling in ("Südwest", "sudwest", "SUEDWEST", "0101"):
        page.fill("#search-input", spelling)
        assert (
            page.locator("#search-results [role=option]").first.inner_text().startswith("Südwest")
        )
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.inner_text("#details h2") == "Südwest"
    count, share = served(town, "planning_area", "0101", 500)
    row = page.locator("#details tr.now td").all_inner_texts()
    assert row == [count, share]
    page.fill("#search-input", "nowhere at all")
    assert page.inner_text("#search-results") == "Nothing found"


@needs_chromium
def test_a_click_shows_what_lies_there(reader, town, town_map):
    page = reader.open(town_map)
    centre = on_paper((210, 310)).to_crs(4326)[0]
    page = reader.open(town_map, f"#16/{centre.y}/{centre.x}")
    box = page.locator(".folium-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.inner_text("#details h2") == "Haus Süd"
    row = town.analysis.centres.loc["c1"]
    assert f"{row['residents_within_500']:,}" in page.inner_text("#details table")
    page.click("#details .close")
    assert page.is_hidden("#details")
    page.click("#top-gaps li:first-child button")
    gap = town.analysis.gaps.iloc[0]
    text = page.inner_text("#details")
    assert f"{gap['residents']:,} people" in text
    assert f"{gap['rank']} ({gap['rank_best']} to {gap['rank_worst']}" in text


@needs_chromium
def test_layers_switch_and_the_legend_follows(reader, town_map):
    page = reader.open(town_map)
    before = page.locator(".folium-map").screenshot()
    for name in ("choropleth", "gaps", "centres", "catchment", "borders", "water"):
        page.uncheck(f"#layer-{name}")
    assert page.locator("#layers .legend").count() == 0
    bare = page.locator(".folium-map").screenshot()
    assert bare != before
    page.check("#layer-choropleth")
    assert page.locator("#layers .legend").count() == 1
    page.select_option("#level", label="Districts")
    assert page.locator("#layers .legend li").count() == 6
    assert page.locator(".folium-map").screenshot() != bare


@needs_chromium
def test_the_address_opens_a_view_and_follows_it(reader, town_map):
    lon, lat = on_paper((1100, 900)).to_crs(4326)[0].coords[0]
    page = reader.open(town_map, f"#15/{lat:.4f}/{lon:.4f}/300")
    assert page.is_checked("#threshold-0")
    assert page.evaluate("location.hash") == f"#15/{lat:.4f}/{lon:.4f}/300"
    page.click("label[for=threshold-1]")
    assert page.evaluate("location.hash").endswith("/500")
    for nonsense in ("#x/y/z", "#15/abc/13", "#15/99/13", "#", "#15"):
        assert reader.open(town_map, nonsense).is_visible("#headline")


@needs_chromium
@pytest.mark.parametrize("zoom", [14, 15, 15.5])
def test_no_name_covers_another(reader, town_map, zoom):
    lon, lat = on_paper((1000, 1000)).to_crs(4326)[0].coords[0]
    page = reader.open(town_map, f"#{zoom}/{lat:.4f}/{lon:.4f}")
    boxes = [name.bounding_box() for name in page.locator(".name").all()]
    shapes = [shapely.box(b["x"], b["y"], b["x"] + b["width"], b["y"] + b["height"]) for b in boxes]
    assert len(shapes) >= 2
    overlaps = shapely.area(shapely.intersection(np.array(shapes)[:, None], np.array(shapes)))
    assert np.count_nonzero(overlaps > 1) == len(shapes), "each overlaps only itself"


@needs_chromium
def test_hostile_texts_do_nothing_in_a_browser(reader, hostile, tmp_path):
    page = reader.open(hostile.write(tmp_path / "map.html"))
    for query in ("c1", "0101", "01"):
        page.fill("#search-input", query)
        page.keyboard.press("Enter")
        assert page.inner_text("#details h2").startswith("</script>")
    page.click("#top-gaps li:first-child button")
    for box in page.locator("summary").all():
        box.click()
    stage = page.locator(".folium-map").bounding_box()
    page.mouse.move(stage["x"] + 300, stage["y"] + 300)
    assert page.evaluate("window.broken") is None
    assert page.locator("body img").count() == 0


@needs_chromium
def test_other_studies_open_without_a_fault(reader, other_world, tmp_path):
    page = reader.open(other_world.write(tmp_path / "map.html"))
    page.fill("#search-input", "0202")
    page.keyboard.press("Enter")
    assert page.is_visible("#details")
    assert page.is_visible("#top-gaps") == (len(other_world.analysis.gaps) > 0)
    page.click("label[for=threshold-0]")


@needs_chromium
def test_a_narrow_screen_shows_all_without_scrolling_sideways(browser, town_map):
    someone = Reader(browser, (320, 640))
    page = someone.open(town_map)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert page.is_hidden("#panel-body")
    page.click("#panel-toggle")
    assert page.is_visible("#headline")
    assert page.get_attribute("#panel-toggle", "aria-expanded") == "true"
    assert someone.faults == []
    someone.context.close()


@needs_chromium
def test_the_keyboard_reaches_everything(reader, town_map):
    page = reader.open(town_map)
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    wanted = {"search-input", "threshold-1", "level", "layer-gaps", "SUMMARY", "map_kiezreach"}
    assert wanted <= set(reached)
    assert "BUTTON" in reached
