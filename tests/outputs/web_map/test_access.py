"""The interactive map for everyone: rules of accessibility, keyboard, small screens, paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...chromium import needs_chromium  # noqa: TID252 - tests are no package
from .world import Reader

pytestmark = needs_chromium

DESKTOP, PHONE, SMALL_PHONE = (1280, 900), (390, 844), (320, 640)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page) -> list[str]:
    """List what axe-core finds wrong with the page as it is now."""
    package = pytest.importorskip("axe_playwright_python")
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate((Path(package.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate(
        "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES
    )
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_violation(browser, plans_map, size, language):
    someone = Reader(browser, size)
    page = someone.open(plans_map, f"#14/52.5/13.4/500/{language}")
    assert violations(page) == []
    if size == PHONE:
        page.click("#panel-toggle")
    for box in page.locator("#panel-body > details > summary").all():
        box.click()
    someone.choose("0101")
    page.fill("#search-input", "o")
    assert violations(page) == [], "with an area, all notes and the results of a search"
    page.keyboard.press("Escape")
    page.click("#top-gaps li:first-child button")
    assert violations(page) == [], "with a gap"
    page.click("#show-tables")
    assert violations(page) == [], "with the tables"
    someone.close()


@pytest.mark.parametrize("chosen", ["c1", "#top-proposals", "#top-links"])
def test_axe_finds_no_violation_in_other_details(reader, plans_map, chosen):
    page = reader.open(plans_map)
    if chosen.startswith("#"):
        page.click(f"{chosen} li:first-child button")
    else:
        reader.choose(chosen)
    assert page.is_visible("#details")
    assert violations(page) == []


# ---- keyboard -----------------------------------------------------------------------------------


def focused(page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.tagName")


def test_the_keyboard_reaches_everything_in_a_sensible_order(reader, plans_map):
    page = reader.open(plans_map)
    reached = []
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.append(focused(page))
        if reached[-1] == "BODY":
            break
        ring = page.evaluate(
            "(e => { const s = getComputedStyle(e); const n = e.nextElementSibling;"
            " return s.outlineStyle + (n ? getComputedStyle(n).outlineStyle : ''); })"
            "(document.activeElement)"
        )
        assert "solid" in ring, f"{reached[-1]} shows its focus"
    order = ["language-de", "threshold-1", "search-input", "show-tables", "layer-choropleth",
             "level", "layer-gaps", "layer-streets", "map_kiezreach", "BODY"]  # fmt: skip
    assert [name for name in reached if name in order] == order
    assert reached.count("SUMMARY") == 2
    assert "BUTTON" in reached


def test_arrow_keys_switch_the_walk_and_keep_the_focus(reader, town_map):
    page = reader.open(town_map)
    page.focus("#threshold-1")
    page.keyboard.press("ArrowLeft")
    assert page.is_checked("#threshold-0")
    assert focused(page) == "threshold-0"
    page.focus("#layer-gaps")
    page.keyboard.press("Space")
    assert not page.is_checked("#layer-gaps")
    assert focused(page) == "layer-gaps"


def test_with_the_keyboard_the_middle_of_the_map_is_the_pointer(reader, town_map):
    page = reader.open(town_map)
    page.focus("#map_kiezreach")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    page.keyboard.press("Enter")
    assert page.is_visible("#details h2")
    assert focused(page) == "details"


@pytest.mark.parametrize(
    "kind", ["Planning areas", "Gaps", "Neighbourhood centres", "Proposed sites", "Missing links"]
)
def test_every_thing_on_the_map_is_in_a_table_from_which_it_opens(reader, plans_map, kind):
    page = reader.open(plans_map)
    page.focus("#show-tables")
    page.keyboard.press("Enter")
    page.select_option("#table-choice", label=kind)
    links = page.locator("#figures tbody .link")
    names = links.all_inner_texts()
    data = page.evaluate("JSON.parse(document.getElementById('map-data').textContent)")
    things = {
        "Planning areas": data["levels"][1]["areas"],
        "Gaps": data["gaps"][1],
        "Neighbourhood centres": data["centres"],
        "Proposed sites": data["proposals"]["sites"],
        "Missing links": data["links"],
    }[kind]
    assert sorted(names) == sorted(thing["name"] for thing in things)
    links.last.focus()
    page.keyboard.press("Enter")
    assert names[-1] in page.inner_text("#details h2")
    assert focused(page) == "details"
    page.focus("#close-tables")
    page.keyboard.press("Enter")
    assert page.is_hidden("#tables")
    assert focused(page) == "show-tables"


# ---- table --------------------------------------------------------------------------------------


def test_the_table_holds_the_figures_of_coverage_csv_and_sorts(reader, town, town_map):
    page = reader.open(town_map)
    page.click("#show-tables")
    page.select_option("#table-choice", label="Planning areas")

    def column(k):
        return [row.split("\t")[k] for row in page.locator("#figures tbody tr").all_inner_texts()]

    table = town.analysis.coverage
    own = table[(table["level"] == "planning_area") & (table["threshold_m"] == 500)]
    shares = dict(zip(own["area_name"], own["share_served"], strict=True))
    assert dict(zip(column(0), column(6), strict=True)) == {
        name: f"{share:.1%}" for name, share in shares.items()
    }
    head = page.locator("#figures thead th").nth(6)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column(0) == sorted(shares, key=shares.get, reverse=True)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(0) == sorted(shares, key=shares.get)
    assert "tables/coverage.csv" in page.inner_text("#figures-source")


# ---- sizes --------------------------------------------------------------------------------------


def test_a_narrow_screen_shows_all_without_scrolling_sideways(browser, plans_map):
    someone = Reader(browser, SMALL_PHONE)
    page = someone.open(plans_map)
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) == 320
    assert page.is_hidden("#panel-body")
    page.click("#panel-toggle")
    assert page.is_visible("#headline")
    assert page.get_attribute("#panel-toggle", "aria-expanded") == "true"
    for part in ("#top-gaps", "#top-proposals"):
        page.click(f"{part} li:first-child button")
    for box in page.locator("#panel-body > details > summary").all():
        box.click()
    assert page.evaluate(width) == 320
    assert page.evaluate("document.getElementById('panel-body').scrollWidth") <= 320
    page.click("#show-tables")
    assert page.is_visible("#figures")
    assert page.evaluate(width) == 320
    someone.close()


def test_paper_shows_map_legend_figures_and_sources(reader, town_map):
    page = reader.open(town_map)
    before = page.evaluate("location.hash")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for part in (
        "h1",
        "#headline",
        ".folium-map",
        "#layers .legend",
        "#paper-table",
        "#reading p",
        "#sources li",
        "#notice p",
    ):
        assert page.locator(part).first.is_visible(), part
    for part in (
        "#search",
        "#thresholds",
        "#languages",
        ".leaflet-control-zoom",
        "#show-tables",
        "#level",
    ):
        assert not page.locator(part).first.is_visible(), part
    box = page.locator(".folium-map").bounding_box()
    assert box["width"] <= 190 / 25.4 * 96, "it fits on A4"
    rows = page.locator("#paper-table tbody tr").all_inner_texts()
    assert [row.split("\t")[0] for row in rows] == ["West", "East", "Smalltown"]
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("location.hash") == before
    assert page.is_hidden("#paper-table")
    assert page.locator(".folium-map").bounding_box()["height"] == 900


def test_paper_holds_what_the_screen_shows(reader, town_map, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    page = reader.open(town_map)
    panes = page.locator(".folium-map canvas").count()
    page.pdf(path=tmp_path / "map.pdf", format="A4")  # at once, as a reader's browser prints it
    drawings = [i.image for i in pypdf.PdfReader(tmp_path / "map.pdf").pages[0].images]
    drawings = [drawing.convert("RGBA") for drawing in drawings if drawing.width > 1000]
    solid = {pixel[:3] for d in drawings for n, pixel in d.getcolors(d.width * d.height) if n > 50}
    colours = page.evaluate("JSON.parse(document.getElementById('map-data').textContent).colours")
    areas, gap, water = (
        colours["coverage"][1:],
        colours["gap"]["edge"],
        colours["background"]["water"],
    )
    for part in (areas, [gap], [water]):
        wanted = [bytes.fromhex(colour.removeprefix("#")) for colour in part]
        near = [max(abs(a - b) for a, b in zip(w, s, strict=True)) for w in wanted for s in solid]
        assert min(near) < 8, part  # drawn a little through
    assert page.locator(".folium-map canvas").count() == panes, "the screen is as it was"
    assert page.locator(".folium-map canvas[hidden]").count() == 0
