"""The printed maps: what they say, that they fit, and that they are the same bytes every time."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.colors import to_hex
from matplotlib.patches import Circle

from kiezreach.outputs import style
from kiezreach.outputs.print_map.coverage import coverage_finding, draw_coverage
from kiezreach.outputs.print_map.district import district_finding
from kiezreach.outputs.print_map.gap_table import _NAME_MM, _SIZE
from kiezreach.outputs.print_map.gaps import class_limits, draw_gaps, gaps_finding
from kiezreach.outputs.print_map.ground import Frame
from kiezreach.outputs.print_map.lettering import breakable, shorten, text_width, wrap
from kiezreach.outputs.print_map.need import draw_need, need_classes
from kiezreach.outputs.print_map.sheet import COLUMN_MM
from kiezreach.outputs.print_map.sources import source_lines
from kiezreach.outputs.texts import Texts

from .print_world import LONG_NAME, POOR, WORLDS, World, build_world, words_on


@pytest.fixture(scope="module")
def town() -> World:
    """Return the plain town; tests must not change it."""
    return build_world()


@pytest.mark.parametrize("language", ["de", "en"])
def test_findings_repeat_the_tables(language: str) -> None:
    """The sentences under the titles hold the figures of the tables."""
    world = build_world(language=language, need=False)
    texts = Texts("print_map", world.study.language)
    table = world.analysis.coverage
    row = table[(table["level"] == "city") & (table["threshold_m"] == 800)].iloc[0]
    served = coverage_finding(world.study, world.analysis, texts)
    for figure in (row["residents_served"], row["residents"]):
        assert texts.number(figure) in served
    assert texts.percent(row["residents_served"] / row["residents"]) in served
    assert served in world.words(draw_coverage)
    unserved = gaps_finding(world.study, world.analysis, texts)
    assert texts.number(row["residents"] - row["residents_served"]) in unserved
    assert texts.number(world.analysis.gaps["residents"].sum()) in unserved
    assert unserved in world.words(draw_gaps)


@pytest.mark.parametrize(
    ("language", "told"),
    [("de", "{n} Einwohnerinnen und Einwohner leben in"), ("en", "{n} residents live in")],
)
def test_the_finding_of_a_filtered_study_speaks_of_its_selection(language: str, told: str) -> None:
    """With a filter, the gaps map counts the residents in gaps of the selection and names it."""
    whole, world = build_world(language=language), build_world(language=language, at_least=4)
    texts = Texts("print_map", language)  # type: ignore[arg-type]
    inside, everywhere = (w.analysis.gaps["residents"].sum() for w in (world, whole))
    assert 0 < inside < everywhere
    finding = gaps_finding(world.study, world.analysis, texts)
    assert told.format(n=texts.number(inside)) in finding
    assert POOR[language] in finding
    assert finding in world.words(draw_gaps)
    assert POOR[language] not in whole.words(draw_gaps)
    nothing = replace(world.analysis, gaps=world.analysis.gaps.iloc[:0])
    assert POOR[language] in gaps_finding(world.study, nothing, texts)


def test_the_share_of_a_selection_s_first_gaps_is_one_of_its_own_residents(town: World) -> None:
    """Eleven gaps of one resident, ten of a hundred: the ten hold 99 % of the selection."""
    study = build_world(at_least=1).study
    holes = pd.DataFrame({"rank": range(1, 22), "residents": [100] * 10 + [1] * 11})
    told = gaps_finding(study, replace(town.analysis, gaps=holes), Texts("print_map", "de"))
    assert "1.011 Einwohnerinnen und Einwohner leben in 21 Lücken" in told
    assert plain(told).endswith("Die 10 vordringlichsten umfassen 1.000 von ihnen (99 %).")


def test_bars_repeat_the_table(town: World) -> None:
    """Each district has its share and its unserved residents beside its bar."""
    words = town.words(draw_coverage)
    texts = Texts("print_map", "de")
    table = town.analysis.coverage
    rows = table[(table["level"] == "district") & (table["threshold_m"] == 800)]
    assert len(rows) == 2
    for row in rows.itertuples():
        unserved = texts.number(row.residents - row.residents_served)
        assert f"{texts.percent(row.share_served)} {unserved}" in words


def test_notice_only_on_an_approximate_network(town: World) -> None:
    """Both maps carry notice and accuracy on an approximate network, and only there."""
    surveyed = build_world(quality="surveyed")
    for draw in (draw_coverage, draw_gaps):
        words = town.words(draw)
        assert "Genähertes Straßennetz" in words
        assert "median error 4 %" in words
        words = surveyed.words(draw)
        assert "Genähertes" not in words
        assert "median error" not in words


def test_table_lists_the_gaps_with_what_is_sure_of_their_rank(town: World) -> None:
    """Rank, interval, tie, top-ten share, name and residents of the first gaps stand there."""
    words = town.words(draw_gaps)
    texts = Texts("print_map", "de")
    top = town.analysis.gaps[town.analysis.gaps["rank"] <= 10]
    assert len(top)
    for _, row in top.iterrows():
        interval = f"{row['rank_best']}\N{EN DASH}{row['rank_worst']}"
        sure = f"{row['rank_tied']} {texts.percent(row['top_ten_share'])}"
        name = shorten(row["name"], _NAME_MM, _SIZE, "bold")
        residents = texts.number(row["residents"])
        assert f"{row['rank']} {interval} {sure} {name} {residents} " in words


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_note_below_the_list_takes_three_lines(language: str) -> None:
    """What the columns mean fits below ten rows of the list of Berlin's gaps."""
    note = Texts("print_map", language)("interval_note", combinations="360", share="90%")  # type: ignore[arg-type]
    assert len(wrap(note, COLUMN_MM, 7.0)) <= 3


def test_a_city_without_gaps_says_so() -> None:
    """The gaps map of a city without gaps states it in its title block and in its table."""
    world = build_world(**WORLDS["no gaps"])
    assert world.analysis.gaps.empty
    assert world.words(draw_gaps).count("Keine Lücke:") == 2


def test_more_gaps_without_need_than_with(town: World) -> None:
    """Gaps whose need is unknown have a class of their own; without an index there is none."""
    unknown = town.analysis.gaps.assign(priority=np.nan)
    world = replace(town, analysis=replace(town.analysis, gaps=unknown))
    assert "ohne Bedarfsindex" in world.words(draw_gaps)
    assert "ohne Bedarfsindex" not in build_world(need=False).words(draw_gaps)


def test_centres_far_from_streets_are_told(town: World) -> None:
    """A centre without a street is not drawn among those that count, and the map says so."""
    centres = town.analysis.centres.assign(linked=[False, True, True])
    world = replace(town, analysis=replace(town.analysis, centres=centres))
    told = plain(world.words(draw_coverage))
    assert "ohne Straße innerhalb von 100 m auf seiner Seite des Wassers: 1 Zentrum" in told
    assert "Seite des Wassers" not in town.words(draw_coverage)


def plain(text: str) -> str:
    """Write a text with ordinary blanks."""
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_sources_name_every_input(town: World) -> None:
    """One line per file: credit, date unless it is in the credit, licence unless it is there."""
    texts = Texts("print_map", "de")
    assert source_lines(town.inputs.files, texts) == [
        "LOR: Amt für Statistik, CC BY 3.0 DE (Stand 01.01.2021)",
        "Zentren: © OpenStreetMap-Mitwirkende (Stand 30.09.2025), ODbL 1.0",
        "Einwohner: residents.parquet (Stand 2024), CC BY 3.0 DE",
        "© OpenStreetMap contributors (Stand 30.09.2023)",
        "Gewässer, Grün: background.gpkg (Stand 2021), ODbL 1.0",
    ]


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ([57_403, 900, 120], [2000, 5000, 10_000, 20_000]),
        ([10.0], []),
        ([], []),
        ([np.nan], []),
        ([0.0, 0.0], []),
        ([100, 45], [50]),
        ([0.9, 0.01], [0.02, 0.05, 0.1, 0.2]),
    ],
)
def test_class_limits(values: list[float], limits: list[float]) -> None:
    """Limits follow 1, 2, 5 below half the largest value, and no class is empty at the foot."""
    assert class_limits(values) == pytest.approx(limits)


def test_scale_is_round_and_shows_everything() -> None:
    """The map uses the largest round scale at which the bounds fit with a margin."""
    frame = Frame.around((0, 0, 45_786, 37_739), 10, 10, 301, 250)
    assert frame.denominator == 160_000
    corners = frame.move(shapely.points([(0, 0), (45_786, 37_739)]))
    assert shapely.covers(shapely.buffer(frame.box, -4), corners).all()


def test_kinds_have_styles_of_their_own() -> None:
    """Kinds differ from each other, `other` stands last, and order of entry is no matter."""
    kinds = [f"kind {k}" for k in range(60)]
    styles = style.kind_styles([*kinds, "other", ""])
    assert list(styles)[-2:] == ["other", ""]
    assert len({styles[kind] for kind in kinds}) == 60
    assert styles == style.kind_styles(["", "other", *reversed(kinds)])


def test_palette_survives_a_copy_in_grey() -> None:
    """Neighbouring classes stay apart when only lightness is left."""
    bands = style.band_colours((500, 800, 1000), 800)
    steps = [*bands.values(), style.UNSERVED]
    grey = [_lightness(colour) for colour in steps]
    assert min(abs(a - b) for a, b in combinations(grey, 2)) > 12
    classes = [_lightness(colour) for colour in style.class_colours(5)]
    assert min(-np.diff(classes)) > 10


def _lightness(colour: str) -> float:
    """Return L* of CIELAB, 0 to 100."""
    channel = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(channel > 0.04045, ((channel + 0.055) / 1.055) ** 2.4, channel / 12.92)
    return float(116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16)


def test_a_long_place_leaves_the_question_whole() -> None:
    """Of a title that is too long, the name of the place is cut."""
    world = build_world(place=LONG_NAME)
    assert "…: Wer erreicht zu Fuß ein Nachbarschaftszentrum?" in world.words(draw_coverage)


def test_lines_are_broken_and_cut_to_a_width() -> None:
    """No line is wider than asked, nothing is lost in wrapping, and a cut shows."""
    text = "Charlottenburg-Wilmersdorf und Donaudampfschifffahrtsgesellschaft am See/Ufer"
    lines = wrap(text, 30, 8)
    assert max(text_width(line, 8) for line in lines) <= 30
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert shorten("Mitte", 30, 8) == "Mitte"
    assert shorten(text, 30, 8).endswith("…")
    assert wrap(text, 30, 8, max_lines=1)[0].endswith("…")


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_district_s_sheet_tells_its_own_figures(language: str) -> None:
    """Title, finding and bars of a district repeat its row of the table, beside the city's."""
    world = build_world(language=language)
    texts = Texts("print_map", language)  # type: ignore[arg-type]
    table = world.analysis.coverage
    table = table[table["threshold_m"] == 800].set_index("area_id")
    for district, other in (("01", "02"), ("02", "01")):
        words = words_on(world.district(district))
        row = table.loc[district]
        finding = district_finding(world.study, world.analysis, district, texts)
        assert finding in words
        assert f"{row['area_name']} (Musterstadt): " in words
        for figure in (row["residents_served"], row["residents"]):
            assert texts.number(figure) in finding
        assert texts.percent(row["share_served"]) in finding
        assert texts.percent(table.loc["city", "share_served"]) in finding
        gaps = world.analysis.gaps
        first = gaps[gaps["district_id"] == district].nsmallest(1, "rank").iloc[0]
        assert first["name"] in finding
        assert texts.number(row["residents"] - row["residents_served"]) in words
        listed = gaps[gaps["district_id"] == other].nsmallest(1, "rank").iloc[0]
        assert f" {listed['rank']} {listed['rank_best']}\N{EN DASH}" not in words


def test_a_district_names_its_own_centres() -> None:
    """Every centre of the district has its name on the sheet, those of the neighbour have none."""
    world = build_world(centre_name=lambda k: f"Haus {chr(ord('A') + k)}")
    centres = world.analysis.centres
    for district in ("01", "02"):
        words = words_on(world.district(district))
        for name, own in zip(centres["name"], centres["district_id"] == district, strict=True):
            assert (name in words) == own


def test_no_name_of_a_centre_is_lost_where_they_are_crowded() -> None:
    """A name without room on the map stands in the column."""
    at = tuple((0.3 + k % 8 * 0.003, 0.4 + k // 8 * 0.004) for k in range(64))
    world = build_world(centres_at=at, centre_name=lambda k: f"Treffpunkt-{k:02d}-am-Markt")
    words = re.sub(r"[- ]+", "", words_on(world.district("01")))
    assert "AufderKarteohneNamen" in words
    assert [k for k in range(64) if f"Treffpunkt{k:02d}amMarkt" not in words] == []


def test_need_classes_count_everybody_once(town: World) -> None:
    """Classes hold all planning areas and residents; the unknown are a class of their own."""
    classes = need_classes(town.study, town.analysis)
    need = town.analysis.need
    assert need is not None
    assert len(classes) == 6
    assert sum(len(part.areas) for part in classes) == len(need)
    assert classes[-1].areas == set(need.index[need["need"].isna()])
    for k, part in enumerate(classes[:-1]):
        own = need.loc[sorted(part.areas), "need"]
        assert ((own >= 0.2 * k - 1e-12) & (own < 0.2 * (k + 1) + (k == 4))).all()
    table = town.analysis.coverage
    for threshold in (500, 800, 1000):
        city = table[(table["level"] == "city") & (table["threshold_m"] == threshold)].iloc[0]
        assert sum(part.residents for part in classes) == city["residents"]
        assert sum(part.served[threshold] for part in classes) == city["residents_served"]


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_need_map_says_how_many_in_need_are_not_served(language: str) -> None:
    """The finding of the need map has the residents of the greatest need and their share."""
    world = build_world(language=language)
    texts = Texts("print_map", language)  # type: ignore[arg-type]
    need = world.analysis.need
    assert need is not None
    great = need.index[need["need"] >= 0.8]
    own = world.analysis.residents[world.analysis.residents["planning_area_id"].isin(great)]
    unserved = own.loc[~(own["distance_m"] <= 800), "residents"].sum()
    words = world.words(draw_need)
    assert f" {texts.number(own['residents'].sum())} " in words
    assert texts.percent(unserved / own["residents"].sum()) in words


def test_an_inset_where_centres_are_crowded_and_a_corner_is_free() -> None:
    """Twelve centres within 50 m in a long town have an inset; three far apart have none."""
    crowd = tuple((0.4 + k % 4 * 0.003, 0.4 + k // 4 * 0.01) for k in range(12))
    assert "Ausschnitt 1:" in build_world(columns=6, rows=2, centres_at=crowd).words(draw_coverage)
    assert "Ausschnitt" not in build_world(columns=6, rows=2).words(draw_coverage)
    square = build_world(columns=4, rows=3, centres_at=crowd)  # fills the map: no corner is free
    assert "Ausschnitt" not in square.words(draw_coverage)


def test_proposed_sites_and_missing_links_are_shown_where_there_are_any(town: World) -> None:
    """The gaps map numbers proposed sites, draws missing links and explains both."""
    x, y = 390_500.0, 5_816_500.0
    sites = gpd.GeoDataFrame(
        {"rank": [1, 2], "candidate_id": ["a", "b"]},
        geometry=[shapely.Point(x, y), shapely.Point(x + 2000, y)],
        crs=town.study.crs,
    )
    way = shapely.LineString([(x, y), (x + 300, y)])
    links = gpd.GeoDataFrame({"link_id": ["l1"]}, geometry=[way], crs=town.study.crs)
    analysis = replace(
        town.analysis,
        proposals=SimpleNamespace(sites=sites),  # type: ignore[arg-type]
        missing_links=links,
    )
    world = replace(town, analysis=analysis)
    told = ("Standortvorschläge mit Rang", "fehlende Wege zu Fuß")
    for words in (world.words(draw_gaps), words_on(world.district("01"))):
        assert all(text in words for text in told)
    for words in (town.words(draw_gaps), words_on(town.district("01"))):
        assert not any(text in words for text in told)
    assert told[1] not in words_on(world.district("02")), "no link is in it"
    for page in (world.sheet(draw_gaps), world.district("02")):
        discs = [p for p in page.axes.patches if isinstance(p, Circle)]
        colours = [to_hex(disc.get_facecolor()) for disc in discs]
        assert style.PROPOSED_SITE in colours


def test_lines_end_after_hyphens_of_words_alone() -> None:
    """A hyphen before a comma stays with it: `Kinder-, Jugend-` is never broken in between."""
    lines = wrap("Interkulturelles Kinder-, Jugend- und Familienzentrum", 28, 8)
    assert not any(line.startswith((",", "-")) for line in lines)
    assert breakable("Kinder-, Jugend- und a/b-c") == [
        "Kinder-,",
        "Jugend-",
        "und",
        "a/",
        "b-",
        "c",
    ]
