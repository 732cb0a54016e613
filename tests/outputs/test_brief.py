"""Briefs: every figure is that of its cell, on exactly two pages, in every edition and place."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner

import kiezreach as kr
from kiezreach.analysis import Analysis, analyse
from kiezreach.cli import group
from kiezreach.errors import InputError
from kiezreach.inputs import Inputs, read_inputs
from kiezreach.outputs.brief import content, notes, scope, write_briefs
from kiezreach.outputs.brief.context import Context
from kiezreach.outputs.brief.facts import Tables
from kiezreach.outputs.brief.scope import Scope
from kiezreach.outputs.brief.wording import Wording

from ..chromium import needs_chromium  # noqa: TID252 - tests are no package
from ..sources.test_norms import NORMS  # noqa: TID252 - the norms of the small town
from ..worlds import CRS, write_candidates, write_small_study  # noqa: TID252 - one small town for all
from .brief_reading import Brief, check_figures, check_same

EDITIONS = ("de", "en", "de-leicht")
ALL = """\
[[classes]]
id = "poverty"
labels = { de = "Armut", en = "Poverty" }
column = "poverty_pct"
quantiles = 2
deprived = ["2"]

[candidates]
file = "candidates.csv"

[proposals]
k = 2

[norms]
file = "norms.toml"

[analysis]"""
SPREADS = """\
age_groups = ["age_under_6", "age_65_over"]
plausible_spreads = ["block_area"]
[residents.support.blocks]
file = "inhabited.parquet"
"""
HOSTILE = (
    '</script><script>window.broken=1</script><img src=x onerror="window.broken=1">'
    '"\'`{{7*7}}{n}<!--\u2028&lt;b&gt; #panic("x") $x$ *b* _i_ @ref <n1> \\ //'
)
World = tuple[kr.Study, Inputs, Analysis]


def ages(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.rename(columns={"young": "age_under_6", "old": "age_65_over"})


def full_study(folder: Path) -> Path:
    """A study that has everything a brief can tell of."""

    def change(text: str) -> str:
        text = text.replace("[analysis]", ALL)
        text = text.replace("briefs = false", 'briefs = ["de", "en", "de-leicht"]')
        return text.replace('age_groups = ["young", "old"]\n', SPREADS)

    file = write_small_study(folder, study=change, residents=ages)
    (folder / "norms.toml").write_text(NORMS, encoding="utf-8")
    write_candidates(folder / "candidates.csv")
    return file


def analysed(file: Path) -> World:
    study = kr.read_study(file)
    inputs = read_inputs(study)
    return study, inputs, analyse(study, inputs)


def written(world: World, folder: Path, *scopes: Scope, editions=EDITIONS) -> dict[str, Path]:
    """Write briefs, of the city unless told, and return them by name."""
    folder.mkdir(exist_ok=True)
    chosen = scopes or (scope.city(world[0], world[1].areas),)
    return {path.name: path for path in write_briefs(*world, folder, chosen, editions)}


def pages(pdf: Path) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(pdf).pages]


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> kr.BuildResult:
    """A build without printed maps, of which briefs are a part."""
    folder = tmp_path_factory.mktemp("built")
    study = kr.read_study(full_study(folder / "study"))
    return kr.build(study, folder / "out", maps="none")


@pytest.fixture(scope="module")
def built(result) -> Path:
    return result.folder


@pytest.fixture(scope="module")
def town(result) -> World:
    return result.study, result.inputs, result.analysis


def briefs_of(folder: Path) -> list[Path]:
    return sorted((folder / "briefs").glob("*.html"))


# ---- figures --------------------------------------------------------------------------------


def test_a_build_writes_briefs_of_the_city_and_each_district_in_each_edition(built):
    names = {path.name for path in (built / "briefs").iterdir()}
    assert names == {
        f"{place}.{edition}.{ending}"
        for place in ("city", "01", "02")
        for edition in EDITIONS
        for ending in ("html", "pdf")
    }


def test_every_figure_is_the_cell_that_its_note_names(built):
    for path in briefs_of(built):
        check_figures(Brief(path), built, path.name)


def test_the_pdf_has_the_same_figures_and_notes_in_the_same_order(built):
    for path in briefs_of(built):
        check_same(Brief(path), "".join(pages(path.with_suffix(".pdf"))), path.name)


def test_ids_and_columns_can_be_copied_from_the_pdf(built):
    text = "".join(pages(built / "briefs/city.en.pdf"))
    assert "\u200b" not in text
    assert "study.analysis.gap_threshold_m / study.analysis.walking_speed_m_per_min" in (
        " ".join(text.split())
    )


def test_minutes_and_ways_of_spreading_have_their_notes(built):
    for name, told in (("city.en", "500 m is about 6 minutes"), ("city.de", "etwa 6 Minuten")):
        brief = Brief(built / f"briefs/{name}.html")
        assert told in brief.words
        columns = {note.column for note in brief.notes.values()}
        assert "1 + count(plausible_spreads)" in columns
        assert "study.analysis.walking_speed_m_per_min" in columns


def test_the_way_of_spreading_is_told_in_the_brief_s_language(tmp_path):
    words = 'method = { de = "auf Häuser verteilt", en = "spread over houses" }\n'
    file = write_small_study(
        tmp_path / "study", study=lambda text: text.replace("age_groups", words + "age_groups")
    )
    made = written(analysed(file), tmp_path / "out")
    english, german = (Brief(made[f"city.{language}.html"]).words for language in ("en", "de"))
    assert "spread over houses" in english
    assert "auf Häuser verteilt" in german
    assert "auf Häuser" not in english


def test_sites_say_whom_they_count_and_how_many_are_not_told(town):
    study, inputs, analysis = town
    many = pd.concat([analysis.proposals.sites] * 2, ignore_index=True)
    many["candidate_id"] = [f"s{k}" for k in range(4)]
    many["rank"] = range(1, 5)
    proposals = dataclasses.replace(analysis.proposals, sites=many.set_crs(inputs.areas.crs))
    analysis = dataclasses.replace(analysis, proposals=proposals)
    facts = Tables(study, inputs, analysis).facts(scope.city(study, inputs.areas))
    assert (len(facts.sites), facts.n_sites.value, facts.n_sites_city.value) == (3, 4, 4)
    context = Context(study, inputs, analysis, facts, Wording("en"))
    told = str(content.pages(context))
    assert "neither an existing centre nor a site of better place" in told
    assert "3 of " in told


def test_every_figure_leads_to_its_note_and_back(built):
    for path in briefs_of(built):
        brief = Brief(path)
        inside = {link[1:] for link in brief.links if link.startswith("#")}
        assert inside <= set(brief.ids)
        assert len(set(brief.ids)) == len(brief.ids)
        for link in (link for link in brief.links if not link.startswith("#")):
            assert (path.parent / link).is_file(), f"{link} is no output of the build"
        first, second = pypdf.PdfReader(path.with_suffix(".pdf")).pages
        on_first = sum(1 for _ in first["/Annots"])
        assert on_first >= 10, "figures in the PDF are links"
        assert len(second["/Annots"]) >= len(brief.notes), "notes in the PDF lead back"


def test_an_area_of_any_level_and_a_list_are_told_from_their_own_rows(town, built, tmp_path):
    areas = town[1].areas
    one = scope.area(areas, "0102")
    several = scope.planning_areas(areas, ["0201", "0102", "0102"], "Nord und Ost")
    made = written(town, tmp_path, one, several)
    assert {name.partition(".")[0] for name in made} == {"0102", "nord-und-ost"}
    for name, path in made.items():
        if name.endswith(".pdf"):
            assert len(pages(path)) == 2
        else:
            check_figures(Brief(path), built, name)
    brief = Brief(made["nord-und-ost.en.html"])
    assert "--planning-areas 0102,0201 --name 'Nord und Ost' --lang en" in brief.notes_text
    assert any(note.where.get("area_id") == ["0102", "0201"] for note in brief.notes.values())


def test_long_lists_have_a_name_in_the_notes(town, built, tmp_path, monkeypatch):
    monkeypatch.setattr(notes, "LONGEST_LIST", 1)
    place = scope.planning_areas(town[1].areas, ["0101", "0102", "0201"])
    made = written(town, tmp_path, place, editions=("en",))
    brief = Brief(made["planning-areas.en.html"])
    check_figures(brief, built, "planning-areas.en.html")
    assert "brief study.toml --planning-areas P1 --lang en" in brief.notes_text
    assert "area_id=P1" in brief.notes_text
    assert "P1 = 0101,0102,0201" in "".join(pages(made["planning-areas.en.pdf"]))


def test_what_is_lost_proposed_missed_and_quotable_is_told(built):
    text = Brief(built / "briefs/city.en.html").text
    for words in ("Haus Süd", "no other centre", "Proposed sites", "Haus ", "decided", "To quote"):
        assert words in text


# ---- pages ----------------------------------------------------------------------------------


def test_each_pdf_is_two_tagged_a4_pages_with_title_language_and_bookmarks(built):
    for path in (built / "briefs").glob("*.pdf"):
        document = pypdf.PdfReader(path)
        root = document.trailer["/Root"]
        assert len(document.pages) == 2, path.name
        assert [round(float(x)) for x in document.pages[0].mediabox[2:]] == [595, 842]
        assert root["/MarkInfo"]["/Marked"]
        assert "/StructTreeRoot" in root
        assert root["/Lang"] == ("en" if ".en." in path.name else "de")
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert "pdfuaid" in root["/Metadata"].get_data().decode()
        assert document.metadata is not None
        assert document.metadata.title
        assert "/CreationDate" not in document.metadata
        assert len(document.outline[1]) >= 5


def test_plain_german_is_set_in_twelve_points_at_least(built):
    sizes = []

    def visit(text, _ctm, matrix, _font, size):
        if text.strip():
            sizes.append((text.strip(), size * abs(matrix[3])))

    for page in pypdf.PdfReader(built / "briefs/01.de-leicht.pdf").pages:
        page.extract_text(visitor_text=visit)
    sentences = [size for text, size in sizes if "Menschen" in text]
    assert sentences
    assert min(sentences) >= 11.99


# ---- texts ----------------------------------------------------------------------------------


def catalogue() -> dict[str, dict[str, str]]:
    path = files("kiezreach.outputs.texts").joinpath("brief.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_every_text_is_there_in_each_edition_that_uses_it():
    for key, texts in catalogue().items():
        if key.startswith("plain_"):
            assert set(texts) == {"de_leicht"}, key
        else:
            assert {"de", "en"} <= set(texts) <= {"de", "en", "de_leicht"}, key
        named = [set(re.findall(r"{(\w+)", text)) for text in texts.values()]
        assert all(fields == named[0] for fields in named), f"{key} names other fields"


def test_plain_german_has_each_sentence_on_a_line_of_its_own(built):
    lines = "".join(pages(built / "briefs/city.de-leicht.pdf")).split("\n")
    (first,) = [line for line in lines if line.startswith("In Smalltown leben")]
    assert first.rstrip().endswith("Menschen."), first


def test_plain_german_has_short_sentences_without_subordinate_clauses():
    subordinate = re.compile(r", (dass|weil|wenn|ob|der|die|das|den|dem|obwohl|damit|wo|wer)\b")
    for key, texts in catalogue().items():
        for sentence in re.split(r"[.:?!]\s+|\n", texts.get("de_leicht", "")):
            assert len(sentence.split()) <= 14, f"{key}: {sentence}"
            assert not subordinate.search(sentence), f"{key}: {sentence}"


# ---- safety ---------------------------------------------------------------------------------


def test_names_of_any_kind_are_text_and_nothing_else(town, tmp_path):
    study, inputs, analysis = renamed(town, HOSTILE)
    world = study.model_copy(update={"name": HOSTILE}), inputs, analysis
    made = written(world, tmp_path, *scope.districts(inputs.areas))
    for path in made.values():
        if path.suffix == ".pdf":
            assert len(pages(path)) == 2
            continue
        page = path.read_text(encoding="utf-8")
        tags = set(re.findall(r"<(\w+)", page))
        assert not tags & {"script", "img", "iframe", "object", "link"}
        assert "default-src &#39;none&#39;; style-src" in page
        assert "<script>window.broken=1</script>"[:20] in Brief(path).text, "shown as it is"


def renamed(world: World, name: str) -> World:
    """Give every area, gap, centre and site of an analysed study the same name."""
    study, inputs, analysis = world
    assert analysis.proposals is not None
    sites = analysis.proposals.sites.assign(name=name, address=name)
    new = dataclasses.replace(
        analysis,
        coverage=analysis.coverage.assign(area_name=name),
        gaps=analysis.gaps.assign(name=name, nearest_centre_name=name),
        centres=analysis.centres.assign(name=name),
        criticality=analysis.criticality.assign(name=name, next_centre_name=name),
        norms=analysis.norms.assign(area_name=name),
        proposals=dataclasses.replace(analysis.proposals, sites=sites),
    )
    return study, dataclasses.replace(inputs, areas=inputs.areas.assign(name=name)), new


STRANGE = {
    "right to left": "مركز الحي في الشارع الكبير",
    "emoji": "Haus 🏠👩‍👩‍👧 der Nachbarn",
    "other scripts": "邻里中心 Дом соседей",
    "very long": "Nachbarschaftsheim " * 30,
    "one long word": "N" * 400,
    "empty": "",
    "control characters": "Haus\t am\nPark\u2028\u202e",
}


@pytest.mark.parametrize("name", STRANGE.values(), ids=STRANGE)
def test_strange_names_still_make_two_pages(name, town, tmp_path):
    world = renamed(town, name)
    for path in written(world, tmp_path, scope.area(world[1].areas, "01")).values():
        if path.suffix == ".pdf":
            assert len(pages(path)) == 2


# ---- places of every kind -------------------------------------------------------------------


def without_indicators(text: str) -> str:
    return text[: text.index("[indicators]")] + text[text.index("[network]") :]


def thresholds(low: int, high: int) -> Callable[[str], str]:
    return lambda text: text.replace("[300, 500]", f"[{low}, {high}]").replace("= 500", f"= {high}")


def one_resident(frame):
    count = [1] + [0] * (len(frame) - 1)
    return frame.assign(residents=count, young=count, old=0)


def nobody_east(frame):
    west = frame["planning_area_id"].str.startswith("01").astype(int)
    return frame.assign(**{c: frame[c] * west for c in ("residents", "young", "old")})


PLACES = {
    "no centres": (
        {"centres": lambda table: table[table["centre_id"].isin(["c1", "c2"])]},
        "02",
        {
            "en": "In East, no centre of the list stands.",
            "de": "In East steht kein Zentrum der Liste.",
            "de-leicht": "In East gibt es kein Zentrum aus unserer Liste.",
        },
    ),
    "no gaps": (
        {"study": thresholds(300, 5000)},
        "02",
        {
            "en": "There is no gap here: everybody lives within a walk of 5,000",
            "de": "Es gibt hier keine Lücke: Alle haben höchstens 5.000",
            "de-leicht": "Hier gibt es keine Lücke.",
        },
    ),
    "nobody served": (
        {"study": thresholds(1, 2)},
        "01",
        {
            "en": "In West, none of the 552 residents lives within",
            "de": "In West liegt für keinen der 552 Menschen",
            "de-leicht": "Keiner hat ein Nachbarschafts·zentrum in der Nähe.",
        },
    ),
    "nobody lives there": (
        {"residents": nobody_east},
        "02",
        {
            "en": "In East, no residents are recorded (0).",
            "de": "In East sind keine Einwohnerinnen und Einwohner verzeichnet (0).",
            "de-leicht": "In East lebt nach unseren Zahlen kein Mensch.",
        },
    ),
    "one resident": (
        {"residents": one_resident},
        "01",
        {
            "en": "In West, 1 resident is recorded, and the walk",
            "de": "In West ist 1 Mensch verzeichnet, und der Fußweg",
            "de-leicht": "In West lebt 1 Mensch.",
        },
    ),
    "no indicators": (
        {"study": without_indicators},
        "01",
        {
            "en": "In order of people without a centre.",
            "de": "Geordnet nach Menschen ohne Zentrum.",
        },
    ),
    "one planning area": (
        {},
        "0101",
        {
            "en": "Südwest: Who can walk",
            "de": "Südwest: Wer erreicht",
            "de-leicht": "In Südwest leben",
        },
    ),
}


@pytest.mark.parametrize(("changes", "place", "told"), PLACES.values(), ids=PLACES)
def test_places_of_every_kind_are_told_in_sentences_that_hold(changes, place, told, tmp_path):
    world = analysed(write_small_study(tmp_path / "study", **changes))
    made = written(world, tmp_path / "out", scope.area(world[1].areas, place))
    for edition in EDITIONS:
        brief = Brief(made[f"{place}.{edition}.html"])
        assert told.get(edition, "") in brief.words
        assert "nan" not in brief.words.lower().split()
        assert "{" not in brief.words
        assert len(pages(made[f"{place}.{edition}.pdf"])) == 2


def test_a_town_across_the_antimeridian_has_briefs(tmp_path):
    """The small town, moved to where UTM zone 60 south ends."""
    away = "EPSG:32760"

    def move(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        moved = frame.set_geometry(frame.geometry.translate(764_000 - 391_000, 0))
        return moved.set_crs(away, allow_override=True)

    def move_places(table):
        points = gpd.GeoSeries.from_xy(table["lon"].astype(float), table["lat"].astype(float))
        there = move(gpd.GeoDataFrame(geometry=points.set_crs(4326).to_crs(CRS))).to_crs(4326)
        return table.assign(lon=there.geometry.x.astype(str), lat=there.geometry.y.astype(str))

    layers = ("district", "planning_area", "residents", "inhabited", "streets", "water")
    file = write_small_study(
        tmp_path / "study",
        **dict.fromkeys(layers, move),
        centres=move_places,
        study=lambda text: text.replace(CRS, away),
    )
    world = analysed(file)
    lon = world[1].centres.to_crs(4326).geometry.x
    assert lon.min() < -179
    assert lon.max() > 179
    made = written(world, tmp_path / "out", editions=("en",))
    assert len(pages(made["city.en.pdf"])) == 2
    assert re.findall(r'<circle cx="(\d+)', made["city.en.html"].read_text(encoding="utf-8"))


def test_without_a_notice_the_network_is_not_called_approximate(town, tmp_path):
    made = written(town, tmp_path)
    assert "pproximate street network" not in Brief(made["city.en.html"]).text
    assert "genähert" not in Brief(made["city.de.html"]).text
    study, inputs, analysis = town
    provenance = dataclasses.replace(
        inputs.network.provenance, quality="approximate", accuracy="mean error 12 m"
    )
    network = dataclasses.replace(inputs.network, provenance=provenance)
    world = study, dataclasses.replace(inputs, network=network), analysis
    made = written(world, tmp_path / "approximate")
    assert "Approximate street network: mean error 12 m" in Brief(made["city.en.html"]).text
    assert "genäherten Straßennetz" in Brief(made["city.de.html"]).text
    assert "Ein Computer hat sie geschätzt" in Brief(made["city.de-leicht.html"]).text


def test_an_unknown_area_is_refused_with_the_one_that_may_have_been_meant(town):
    areas = town[1].areas
    with pytest.raises(InputError, match="no area '1'"):
        scope.area(areas, "1")
    with pytest.raises(InputError, match="no planning area '0103'") as refused:
        scope.planning_areas(areas, ["0102", "0103"])
    assert "Did you mean '010" in str(refused.value)
    with pytest.raises(InputError, match="no planning area in the list"):
        scope.planning_areas(areas, [])


def test_the_command_refuses_what_is_not_there_in_one_line(tmp_path):
    file = str(write_small_study(tmp_path / "study"))
    for options, told in (
        (["--area", "99"], "there is no area '99'"),
        (["--planning-areas", "0101,0199"], "there is no planning area '0199'"),
        (["--planning-areas", " , "], "there is no planning area in the list"),
        (["--out", file], "is a file"),
        (["--lang", "fr"], "is not one of 'de', 'en', 'de-leicht'"),
    ):
        done = CliRunner().invoke(group, ["brief", file, *options, "-q"])
        assert done.exit_code == 2
        assert told in done.output
        assert not (tmp_path / "briefs").exists()


# ---- bytes ----------------------------------------------------------------------------------


def test_another_process_writes_the_same_bytes(built, tmp_path):
    command = [sys.executable, "-m", "kiezreach", "brief", str(full_study(tmp_path / "study"))]
    command += ["--area", "01", "--lang", "en", "--out", str(tmp_path / "out"), "-q"]
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Kolkata"}
    done = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
    made = {path.name: path for path in (tmp_path / "out").iterdir()}
    assert set(made) == {"01.en.html", "01.en.pdf"}
    assert {Path(line).name for line in done.stdout.splitlines()} == set(made)
    for name, path in made.items():
        assert path.read_bytes() == (built / "briefs" / name).read_bytes()


# ---- a real browser -------------------------------------------------------------------------


@needs_chromium
@pytest.mark.parametrize("edition", EDITIONS)
def test_a_browser_finds_no_barrier_asks_for_nothing_and_prints_two_pages(
    browser, built, edition, tmp_path
):
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    asked: list[str] = []
    troubles: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: troubles.append(message.text))
    address = (built / f"briefs/01.{edition}.html").as_uri()
    page.goto(address)
    page.pdf(path=tmp_path / "print.pdf", prefer_css_page_size=True)
    assert len(pages(tmp_path / "print.pdf")) == 2
    assert asked == [address]
    assert not troubles
    for width in (1100, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        # The page forbids scripts: axe is let in by the browser alone.
    page.close()
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(address)
    assert not Axe().run(page).response["violations"]
    context.close()
