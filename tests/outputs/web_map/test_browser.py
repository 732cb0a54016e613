"""The interactive map in a real browser, without a network: what a reader does and finds."""

from __future__ import annotations

import base64
import dataclasses
import re

import numpy as np
import pytest
import shapely

from kiezreach.study import Tiles

from ...chromium import needs_chromium  # noqa: TID252 - tests are no package
from ...worlds import on_paper  # noqa: TID252 - tests are no package
from .world import Reader, World, world

pytestmark = needs_chromium


def served(town: World, level: str, area_id: str, threshold: float) -> tuple[str, str]:
    """Return residents served and their share as the page writes them."""
    table = town.analysis.coverage.set_index(["level", "area_id", "threshold_m"])
    row = table.loc[(level, area_id, threshold)]
    return f"{row['residents_served']:,}", f"{row['share_served']:.1%}"


# ---- switches -----------------------------------------------------------------------------------


def test_the_threshold_switch_changes_map_gaps_and_figures(reader, town, town_map):
    page = reader.open(town_map)
    pictures = []
    every = town.analysis.gaps_by_threshold
    for threshold in (500, 300):
        page.get_by_text(f"{threshold}\u202fm", exact=True).first.click()
        count, share = served(town, "city", "city", threshold)
        headline = page.inner_text("#headline")
        assert count in headline
        assert share in headline
        pictures.append(page.locator(".folium-map").screenshot())
        for layer in ("choropleth", "gaps"):
            assert f"{threshold}\u202fm" in page.inner_text(f"label[for=layer-{layer}]")
        first = every[every["threshold_m"] == threshold].sort_values("rank").iloc[0]
        assert f"{first['residents']:,}" in page.inner_text("#top-gaps li:first-child")
    assert pictures[0] != pictures[1]
    # The list for planning is that of one walk, which the other says.
    assert "list for planning is that of 500\u202fm" in page.inner_text("#layers")
    page.click("label[for=threshold-1]")
    assert "list for planning" not in page.inner_text("#layers")


def test_a_gap_that_is_chosen_follows_the_threshold(reader, town, town_map):
    page = reader.open(town_map)
    page.click("#top-gaps li:first-child button")
    assert "gaps.csv" in page.inner_text("#details")
    page.click("label[for=threshold-0]")
    every = town.analysis.gaps_by_threshold
    ids = every.loc[every["threshold_m"] == 300, "gap_id"]
    text = page.inner_text("#details")
    assert "gaps_by_threshold.csv" in text
    assert any(f"gap_id {gap_id}" in text for gap_id in ids)


def test_layers_switch_and_the_legend_follows(reader, town_map):
    page = reader.open(town_map)
    before = page.locator(".folium-map").screenshot()
    for name in ("choropleth", "gaps", "centres", "catchment", "borders", "water", "streets"):
        page.uncheck(f"#layer-{name}")
    assert page.locator("#layers .legend").count() == 0
    bare = page.locator(".folium-map").screenshot()
    assert bare != before
    for name in ("choropleth", "others", "streets", "losses"):
        page.check(f"#layer-{name}")
        page.wait_for_timeout(50)
        assert page.locator(".folium-map").screenshot() != bare, name
        page.uncheck(f"#layer-{name}")
    page.check("#layer-choropleth")
    assert page.locator("#layers .legend").count() == 1
    page.select_option("#level", label="Districts")
    assert page.locator("#layers .legend li").count() == 6


def test_the_language_switches_every_word_and_number(reader, plans, plans_map):
    page = reader.open(plans_map)
    page.click("#top-gaps li:first-child button")
    page.click("#show-tables")
    english = page.inner_text("body")
    page.click("#language-de")
    assert page.evaluate("document.documentElement.lang") == "de"
    assert page.title() == "Zu Fuß zum Nachbarschaftszentrum: Smalltown"
    assert page.get_attribute("#language-de", "aria-pressed") == "true"
    german = page.inner_text("body")
    total = plans.analysis.coverage["residents"].max()
    assert f"{total:,}" in english
    assert f"{total:,}".replace(",", ".") in german
    same = {"Deutsch", "English", "Name", "Datei", "Smalltown", "Status"}
    texts = page.evaluate("JSON.parse(document.getElementById('map-data').textContent).words")
    for key, text in texts["en"]["texts"].items():
        if "{" not in text and text != texts["de"]["texts"][key] and len(text) > 9:
            assert text not in german or text in same, key
    assert page.get_attribute("#map_kiezreach", "aria-label") == "Karte"
    assert page.get_attribute("#search-input", "placeholder") == "Bezirk, Gebiet oder Zentrum"
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate("document.documentElement.lang") == "de", "the address keeps it"
    page.click("#language-en")
    assert "Walking to" in page.inner_text("h1")


def test_the_address_opens_a_view_and_follows_it(reader, town_map):
    lon, lat = on_paper((1100, 900)).to_crs(4326)[0].coords[0]
    page = reader.open(town_map, f"#15/{lat:.4f}/{lon:.4f}/300")
    assert page.is_checked("#threshold-0")
    assert page.evaluate("location.hash") == f"#15/{lat:.4f}/{lon:.4f}/300/en"
    page.click("label[for=threshold-1]")
    page.click("#language-de")
    assert page.evaluate("location.hash").endswith("/500/de")
    for nonsense in ("#x/y/z", "#15/abc/13", "#15/99/13", "#", "#15", "#15/52/13/x/__proto__"):
        assert reader.open(town_map, nonsense).is_visible("#headline")


# ---- what is chosen -----------------------------------------------------------------------------


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
    assert page.evaluate("document.activeElement.id") == "details"
    count, share = served(town, "planning_area", "0101", 500)
    row = page.locator("#details tr.now td").all_inner_texts()
    assert row == [count, share]
    text = page.inner_text("#details .provenance")
    assert "tables/coverage.csv, level planning_area, area_id 0101" in text
    assert "kiezreach explain study.toml --area 0101" in text
    page.fill("#search-input", "nowhere at all")
    assert page.inner_text("#search-results") == "Nothing found"


def test_a_click_shows_what_lies_there(reader, town, town_map):
    centre = on_paper((210, 310)).to_crs(4326)[0]
    page = reader.open(town_map, f"#16/{centre.y}/{centre.x}")
    box = page.locator(".folium-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.inner_text("#details h2") == "Haus Süd"
    row = town.analysis.centres.loc["c1"]
    assert f"{row['residents_within_500']:,}" in page.inner_text("#details table")
    table = town.analysis.criticality
    closed = table[(table["centre_id"] == "c1") & (table["breakdown"] == "all")].iloc[-1]
    text = page.inner_text("#details")
    assert "If this centre closed" in text
    assert f"{closed['residents_lost']:,}" in text
    assert closed["next_centre_name"] in text
    page.click("#details .close")
    assert page.is_hidden("#details")


def test_the_panel_of_a_gap_tells_rank_residents_partners_and_norms(reader, plans, plans_map):
    page = reader.open(plans_map)
    page.click("#top-gaps li:first-child button")
    gap = plans.analysis.gaps.iloc[0]
    text = page.inner_text("#details")
    assert f"{gap['residents']:,} people" in text
    assert f"{gap['rank']} ({gap['rank_best']} to {gap['rank_worst']}" in text
    assert f"day-care centre: {gap['partners_daycare']}, school: {gap['partners_school']}" in text
    page.click("#details details summary")
    assert "Schule Nordost, school" in page.inner_text("#details")
    rows = page.locator("#details table tbody tr").all_inner_texts()
    assert [row.split("\t")[:2] for row in rows] == [
        [group, f"{gap[group]:,}"] for group in ("young", "old")
    ]
    norm = plans.analysis.norms.set_index("area_id").loc[gap["district_id"]]
    assert norm["result"] == "fail"
    assert f"not met, {norm['deficit']:.0f} centres missing" in page.inner_text(".norms")


def test_plans_are_listed_found_drawn_and_explained(reader, plans, plans_map):
    page = reader.open(plans_map)
    site = plans.analysis.proposals.sites.iloc[0]
    page.click("#top-proposals li:first-child button")
    text = page.inner_text("#details")
    assert site["name"] in text
    assert f"{site['residents_gained']:,} more people" in text
    assert f"proposals.csv, candidate_id {site['candidate_id']}" in text
    box = page.locator(".folium-map").bounding_box()
    page.click("#details .close")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.inner_text("#details h2") == site["name"], "it is the map's middle now"
    reader.choose(site["name"])
    assert page.inner_text("#details .kind").startswith("Proposed site, rank 1")
    page.click("#top-links li:first-child button")
    text = page.inner_text("#details")
    assert page.is_checked("#layer-links"), "what is chosen is shown"
    for part in ("Südost / Nordost", "123 more people", "water, railway", "25%", "900\u202fm"):
        assert part in text


def test_a_scenario_shows_who_gains_and_loses(reader, plans, plans_map):
    page = reader.open(plans_map)
    result = plans.analysis.scenarios["Ein Umzug"]
    rows = result.table[result.table["breakdown"] == "all"].set_index(["area_id", "threshold_m"])
    bare = page.locator(".folium-map").screenshot()
    page.check("#layer-scenario")
    assert page.locator(".folium-map").screenshot() != bare
    for t, threshold in enumerate((300, 500)):
        page.click(f"label[for=threshold-{t}]")
        legend = page.inner_text("#layers")
        for change in ("gained", "lost"):
            n = rows.loc[("city", threshold), change]
            assert n > 0
            assert f"{change}: {n:,} residents" in legend
    assert "Centre that is added" in legend
    assert "Centre that is gone" in legend
    reader.choose("0101")
    assert "What changes: Ein Umzug" in page.inner_text("#details")
    assert f"{rows.loc[('0101', 500), 'lost']:,}" in page.inner_text("#details")
    page.click("#show-tables")
    page.select_option("#table-choice", label="Ein Umzug")
    cells = page.locator("#figures tbody tr", has_text="Südwest").inner_text().split("\t")
    changes = [f"{rows.loc[('0101', t), c]:,}" for c in ("gained", "lost") for t in (300, 500)]
    assert cells[2:] == changes
    assert "tables/scenarios.csv" in page.inner_text("#figures-source")


def test_the_pages_of_other_studies_show_no_empty_plans(reader, town_map):
    page = reader.open(town_map)
    for part in (
        "#top-proposals",
        "#top-links",
        "#layer-proposals",
        "#layer-links",
        "#layer-tiles",
        "#layer-scenario",
    ):
        assert not page.is_visible(part)


# ---- filter, tiles ------------------------------------------------------------------------------


def test_a_filter_is_named_where_gaps_are_told_and_nowhere_without_one(reader, town_map, tmp_path):
    words = 'labels = { de = "Armut ab 20 %", en = "Poverty from 20%" }'
    table = f'[filter]\n{words}\ncolumn = "poverty_pct"\nat_least = 20\n\n[need]'
    filtered = world(tmp_path, study=lambda text: text.replace("[need]", table))
    page = reader.open(filtered.write(tmp_path / "map.html"))
    for part in ("#top-gaps", "#reading", "#layers"):
        assert "the selection “Poverty from 20%”" in page.text_content(part)
    page = reader.open(town_map)
    assert "the selection" not in page.text_content("#panel-body")


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_online_tiles_are_asked_for_only_when_they_are_switched_on(browser, town, tmp_path):
    tiles = Tiles(url="https://tiles.example.org/{z}/{x}/{y}.png", attribution="© <b>Example</b>")
    study = town.study.model_copy(update={"tiles": tiles})
    path = dataclasses.replace(town, study=study).write(tmp_path / "map.html")
    someone = Reader(browser, offline=False)
    asked = []

    def answer(route):
        asked.append(route.request.url)
        route.fulfill(body=PNG, content_type="image/png")

    someone.context.route(re.compile("^https:"), answer)
    page = someone.open(path)
    page.click("label[for=threshold-0]")
    page.wait_for_timeout(200)
    assert asked == []
    assert "lets its operator know" in page.inner_text("#layers")
    page.check("#layer-tiles")
    page.wait_for_selector(".leaflet-tiles-pane img.leaflet-tile-loaded")
    assert asked
    assert all(url.startswith("https://tiles.example.org/") for url in asked)
    assert page.inner_text("#attribution-text").startswith("© <b>Example</b>")
    page.uncheck("#layer-tiles")
    assert page.locator(".leaflet-tiles-pane img").count() == 0
    assert someone.faults == []
    someone.context.close()


# ---- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize("zoom", [14, 15, 15.5])
def test_no_name_covers_another(reader, town_map, zoom):
    lon, lat = on_paper((1000, 1000)).to_crs(4326)[0].coords[0]
    page = reader.open(town_map, f"#{zoom}/{lat:.4f}/{lon:.4f}")
    boxes = [name.bounding_box() for name in page.locator(".name").all()]
    shapes = [shapely.box(b["x"], b["y"], b["x"] + b["width"], b["y"] + b["height"]) for b in boxes]
    assert len(shapes) >= 2
    overlaps = shapely.area(shapely.intersection(np.array(shapes)[:, None], np.array(shapes)))
    assert np.count_nonzero(overlaps > 1) == len(shapes), "each overlaps only itself"
