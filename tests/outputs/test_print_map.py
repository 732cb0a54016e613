"""The printed maps: what they say, that they fit, and that they are the same bytes every time."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from kiezreach.analysis import Analysis, analyse
from kiezreach.inputs import Inputs
from kiezreach.network.build import network_from_ways
from kiezreach.network.model import Provenance, WalkNetwork
from kiezreach.outputs import style
from kiezreach.outputs.print_map import page as sheet_page
from kiezreach.outputs.print_map import write_print_maps
from kiezreach.outputs.print_map.coverage import coverage_finding, draw_coverage
from kiezreach.outputs.print_map.gaps import _NAME_MM, _SIZE, class_limits, draw_gaps, gaps_finding
from kiezreach.outputs.print_map.ground import Frame, Ground
from kiezreach.outputs.print_map.page import Page, drawing, shorten, text_width, wrap
from kiezreach.outputs.print_map.sheet import COLUMN_MM, MAP_BOX
from kiezreach.outputs.print_map.sources import source_lines
from kiezreach.outputs.texts import Texts
from kiezreach.study import Study

CRS = "EPSG:25833"
WEST, SOUTH = 390_000.0, 5_815_000.0
STREET_M = 200.0
LONG_NAME = "Gemeinschaftlich verwaltetes Nachbarschafts- und Familienzentrum " * 4
POOR = {"de": "Armut hoch", "en": "Poverty high"}  # words of a filter
FILES = [
    ("areas", "areas.gpkg", "CC BY 3.0 DE", "2021-01-01", "LOR: Amt für Statistik, CC BY 3.0 DE"),
    ("centres", "centres.csv", "ODbL 1.0", "2025-09-30", "Zentren: © OpenStreetMap-Mitwirkende"),
    ("residents", "residents.parquet", "CC BY 3.0 DE", "2024", ""),
    ("network", "streets.parquet", "", "2023-09-30", "© OpenStreetMap contributors"),
    ("water", "background.gpkg", "ODbL 1.0", "2021", ""),
    ("green", "background.gpkg", "ODbL 1.0", "2021", ""),
]


@dataclass(frozen=True)
class World:
    """A town of four by three blocks of streets with all that a build would find."""

    study: Study
    inputs: Inputs
    analysis: Analysis

    def sheet(self, draw: Callable[..., Page]) -> Page:
        """Draw one map without writing it."""
        ground = Ground(self.inputs, Frame.around(self.inputs.areas.total_bounds, *MAP_BOX))
        texts = Texts("print_map", self.study.language)
        with drawing():
            return draw(self.study, self.inputs, self.analysis, ground, texts)

    def words(self, draw: Callable[..., Page]) -> str:
        """Return all text of one map, its lines joined by blanks."""
        return " ".join(text.get_text() for text in self.sheet(draw).axes.texts)


def build_world(
    *,
    columns: int = 4,
    rows: int = 3,
    block_m: float = 1000.0,
    levels: int = 2,
    names: Callable[[int], str] = lambda k: f"Straße am Gewässer {k + 1}",
    kinds: tuple[str, ...] = ("Stadtteilzentrum", "Familienzentrum", "other"),
    centres_at: tuple[tuple[float, float], ...] = ((0.15, 0.2), (0.4, 0.8), (0.55, 0.3)),
    need: bool = True,
    background: bool = True,
    quality: str = "approximate",
    accuracy: str = "median error 4 %",
    place: str = "Musterstadt",
    language: str = "de",
    thresholds: tuple[float, ...] = (500, 800, 1000),
    gap_threshold: float = 800,
    at_least: float | None = None,
) -> World:
    """Make a town on a street grid and analyse it."""
    width, height = columns * block_m, rows * block_m
    settings: dict[str, Any] = {
        "name": place,
        "language": language,
        "crs": CRS,
        "areas": {"file": "areas.gpkg", "levels": _levels(levels)},
        "centres": {"file": "centres.csv"},
        "residents": {"file": "residents.parquet"},
        "network": {"file": "streets.parquet"},
        "analysis": {"thresholds_m": thresholds, "gap_threshold_m": gap_threshold},
    }
    if need:
        part = {"column": "poverty", "labels": {"de": "Armut", "en": "Poverty"}}
        settings |= {"indicators": {"file": "i.csv"}, "need": {"parts": [part]}}
    if at_least is not None:
        settings["filter"] = {"labels": POOR, "column": "poverty", "at_least": at_least}
    study = Study.model_validate(settings)
    areas = _areas(columns, rows, block_m, levels, names)
    finest = areas[areas["level"] == areas["level"].iloc[-1]]
    poverty = pd.DataFrame(
        {"poverty": np.arange(len(finest)) % 5 + 1.0}, index=finest["area_id"].to_numpy()
    )
    if need:
        poverty.iloc[-1] = np.nan
    residents = _residents(finest, width, height)
    xy = np.array(centres_at) * [width, height] + [WEST, SOUTH]
    known = Provenance(quality=quality, accuracy=accuracy)  # type: ignore[arg-type]
    inputs = Inputs(
        areas=areas,
        centres=_centres(xy, kinds),
        candidates=gpd.GeoDataFrame({"kind": []}, geometry=[], crs=CRS),
        residents=residents,
        inhabited=gpd.GeoDataFrame(geometry=residents.buffer(60, cap_style="square"), crs=CRS),
        indicators=poverty if need else None,
        classes=pd.DataFrame(index=poverty.index),
        network=_streets(width, height, known),
        background=_background(width, height) if background else {},
        barriers=gpd.GeoDataFrame({"kind": []}, geometry=[], crs=CRS),
        norms=(),
        excluded=pd.DataFrame({"file": [], "row": [], "id": [], "reason": []}),
        files=pd.DataFrame(
            FILES, columns=["role", "file", "licence", "vintage", "attribution"]
        ).assign(source="", sha256="0" * 64),
    )
    return World(study, inputs, analyse(study, inputs))


def _levels(count: int) -> list[dict[str, Any]]:
    district = {"id": "district", "labels": {"de": "Bezirke", "en": "Districts"}}
    area = {"id": "area", "labels": {"de": "Planungsräume", "en": "Planning areas"}}
    return [district, area][-count:]


def _areas(
    columns: int, rows: int, block_m: float, levels: int, names: Callable[[int], str]
) -> gpd.GeoDataFrame:
    cells = [(i, j) for i in range(columns) for j in range(rows)]
    boxes = [
        shapely.box(
            WEST + i * block_m,
            SOUTH + j * block_m,
            WEST + (i + 1) * block_m,
            SOUTH + (j + 1) * block_m,
        )
        for i, j in cells
    ]
    half = ["01" if i < columns / 2 else "02" for i, _ in cells]
    ids = [f"{d}{k:03d}" for k, d in enumerate(half)]
    table = pd.DataFrame({"level": "area", "area_id": ids, "parent_id": half})
    table["name"] = [names(k) for k in range(len(ids))]
    fine = gpd.GeoDataFrame(table, geometry=boxes, crs=CRS).sort_values("area_id")
    if levels == 1:
        return fine.assign(parent_id="").reset_index(drop=True)
    coarse = fine.dissolve("parent_id").reset_index()
    coarse = coarse.assign(level="district", area_id=coarse["parent_id"], parent_id="")
    coarse["name"] = [names(100 + k) for k in range(len(coarse))]
    return gpd.GeoDataFrame(pd.concat([coarse, fine], ignore_index=True), crs=CRS)


def _residents(finest: gpd.GeoDataFrame, width: float, height: float) -> gpd.GeoDataFrame:
    x, y = np.meshgrid(
        np.arange(STREET_M / 2, width, STREET_M), np.arange(STREET_M / 2, height, STREET_M)
    )
    points = gpd.GeoSeries(gpd.points_from_xy(WEST + x.ravel(), SOUTH + y.ravel()), crs=CRS)
    cell = shapely.STRtree(finest.geometry.to_numpy()).query(points.to_numpy(), "intersects")[1]
    return gpd.GeoDataFrame(
        {
            "planning_area_id": finest["area_id"].to_numpy(dtype=object)[cell],
            "residents": np.arange(len(points)) % 7 * 40,
            "row": np.arange(len(points)) + 1,
        },
        geometry=points.to_numpy(),
        index=pd.Index([f"p{k:04d}" for k in range(len(points))], name="point_id"),
        crs=CRS,
    )


def _centres(xy: np.ndarray, kinds: tuple[str, ...]) -> gpd.GeoDataFrame:
    count = len(xy)
    return gpd.GeoDataFrame(
        {
            "name": [f"Zentrum {k}" for k in range(count)],
            "kind": [kinds[k % len(kinds)] for k in range(count)],
            "district_id": "01",
            "row": np.arange(count) + 2,
        },
        geometry=shapely.points(xy),
        index=pd.Index([f"c{k}" for k in range(count)], name="centre_id"),
        crs=CRS,
    )


def _streets(width: float, height: float, provenance: Provenance) -> WalkNetwork:
    nx, ny = int(width // STREET_M) + 1, int(height // STREET_M) + 1
    number = np.arange(nx * ny).reshape(ny, nx)
    x, y = np.meshgrid(WEST + np.arange(nx) * STREET_M, SOUTH + np.arange(ny) * STREET_M)
    ways = [*number, *number.T]
    return network_from_ways(
        np.column_stack([x.ravel(), y.ravel()]),
        np.cumsum([0, *(len(way) for way in ways)]),
        np.concatenate(ways),
        crs=CRS,
        provenance=provenance,
    )


def _background(width: float, height: float) -> dict[str, gpd.GeoSeries]:
    lake = shapely.Point(WEST + width * 0.8, SOUTH + height * 0.7).buffer(height / 8)
    wood = shapely.box(WEST, SOUTH + height * 0.85, WEST + width * 0.3, SOUTH + height * 1.2)
    railway = shapely.LineString([(WEST - 500, SOUTH), (WEST + width + 500, SOUTH + height)])
    layers = {"water": lake, "green": wood, "railway": railway}
    return {name: gpd.GeoSeries([shape], crs=CRS) for name, shape in layers.items()}


@pytest.fixture(scope="module")
def town() -> World:
    """Return the plain town; tests must not change it."""
    return build_world()


WORLDS: dict[str, dict[str, Any]] = {
    "no background": {"background": False},
    "no need index": {"need": False},
    "one level": {"levels": 1},
    "one planning area": {"levels": 1, "columns": 1, "rows": 1, "centres_at": ((0.5, 0.5),),
                          "need": False},  # an index of one area ranks nothing
    "no gaps": {"centres_at": tuple((x, y) for x in (0.1, 0.3, 0.5, 0.7, 0.9)
                                    for y in (0.1, 0.3, 0.5, 0.7, 0.9))},
    "a village": {"block_m": 400.0, "columns": 2, "rows": 2, "centres_at": ((0.1, 0.1),),
                  "thresholds": (100, 200), "gap_threshold": 200},
    "a long valley": {"columns": 12, "rows": 1},
    "very long names": {"names": lambda k: f"{LONG_NAME}{k}", "place": LONG_NAME,
                        "kinds": (LONG_NAME, LONG_NAME + "2", "")},
    "one word without an end": {"names": lambda k: f"{'Donaudampfschiff' * 12}{k}",
                                "place": "Llanfairpwllgwyngyllgogerychwyrndrobwll" * 5},
    "other scripts and signs": {"names": lambda k: f"مركز 🏠 $x^{k}$ \\frac <b>\n\t{{}}",
                                "place": "$\\alpha 🏙 {name}"},
    "no names": {"names": lambda _: "", "kinds": ("",)},
    "many kinds": {"kinds": tuple(f"Kind {k:02d}" for k in range(30)),
                   "centres_at": tuple((k / 31, k / 31) for k in range(30))},
    "many areas": {"levels": 1, "columns": 12, "rows": 12, "block_m": 400.0},
    "one threshold": {"thresholds": (300,), "gap_threshold": 300},
    "many thresholds": {"thresholds": (200, 300, 400, 500, 600, 700), "gap_threshold": 500},
    "much to say of the network": {"accuracy": "median error 4 %, in the worst tile 9 %. " * 9},
    "English": {"language": "en", "quality": "surveyed"},
}  # fmt: skip


@pytest.fixture(scope="module", params=sorted(WORLDS))
def odd(request: pytest.FixtureRequest) -> World:
    """Return one world after the other in which something is unusual."""
    return build_world(**WORLDS[request.param])


@pytest.mark.parametrize(
    "name", ["no background", "no gaps", "one planning area", "other scripts and signs"]
)
def test_odd_worlds_give_all_files(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """Any study gives the four files, without a warning."""
    odd = build_world(**WORLDS[name])
    monkeypatch.setattr(sheet_page, "DPI", 40)
    written = write_print_maps(odd.study, odd.inputs, odd.analysis, tmp_path)
    names = ["coverage.png", "coverage.pdf", "gaps.png", "gaps.pdf"]
    assert [path.name for path in written] == names
    assert all(path.stat().st_size > 1000 for path in written)
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize("draw", [draw_coverage, draw_gaps])
def test_no_text_overlaps_or_leaves_the_sheet(odd: World, draw: Callable[..., Page]) -> None:
    """Every line of text lies on the sheet and on no other line."""
    boxes = _text_boxes(odd.sheet(draw))
    sheet = shapely.box(5, 5, sheet_page.WIDTH_MM - 5, sheet_page.HEIGHT_MM - 5)
    assert [text for text, box in boxes if not shapely.covers(sheet, box)] == []
    # A tenth of a millimetre at the edge of a line is room that its letters do not use.
    lying = [(text, shapely.buffer(box, -0.1)) for text, box in boxes]
    assert [
        (first, second)
        for (first, a), (second, b) in combinations(lying, 2)
        if shapely.intersects(a, b)
    ] == []


def _text_boxes(page: Page) -> list[tuple[str, shapely.Polygon]]:
    """Measure the ink of every line of text, in millimetres; halos are left out."""
    found = []
    with drawing():
        FigureCanvasAgg(page.figure).draw()  # warnings of any study come up here
        page.figure.set_dpi(sheet_page.DPI)
        renderer = FigureCanvasAgg(page.figure).get_renderer()
        for text in page.axes.texts:
            if text.get_text().strip() and not text.get_path_effects():
                box = text.get_window_extent(renderer).extents / sheet_page.DPI * 25.4
                found.append((text.get_text(), shapely.box(*box)))
    return found


def test_same_bytes_in_two_processes(tmp_path: Path) -> None:
    """Hash seed, time zone and a user's matplotlibrc change no byte."""
    code = (
        "import sys; from pathlib import Path; from test_print_map import *\n"
        "sheet_page.DPI = 60; w = build_world()\n"
        "write_print_maps(w.study, w.inputs, w.analysis, Path(sys.argv[1]))"
    )
    rc = tmp_path / "matplotlibrc"
    rc.write_text("savefig.bbox: tight\nfont.size: 30\npdf.fonttype: 3\naxes.facecolor: red\n")
    folders = []
    for seed, zone, settings in (("1", "UTC", ""), ("2", "Asia/Tokyo", str(rc))):
        folder = tmp_path / seed
        folder.mkdir()
        path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": path}
        env |= {"MATPLOTLIBRC": settings} if settings else {}
        subprocess.run([sys.executable, "-c", code, str(folder)], env=env, check=True)
        folders.append(folder)
    names = sorted(path.name for path in folders[0].iterdir())
    assert len(names) == 4
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_files_are_a3_at_300_dpi_without_stamps(town: World, tmp_path: Path) -> None:
    """Pictures and vectors have the paper's size, fonts that can be searched, and no clock."""
    write_print_maps(town.study, town.inputs, town.analysis, tmp_path)
    for name in ("coverage", "gaps"):
        with Image.open(tmp_path / f"{name}.png") as image:
            assert image.size == (4960, 3507)
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
            assert set(image.info) <= {"dpi", "Title"}
            colours = image.convert("RGB").resize((400, 283)).getcolors(400 * 283)
        assert len(colours) > 50
        pdf = (tmp_path / f"{name}.pdf").read_bytes()
        assert b"/MediaBox [ 0 0 1190.551181 841.889764 ]" in pdf or b"1190.55" in pdf
        assert b"/FontFile2" in pdf
        assert b"/Type3" not in pdf
        assert b"CreationDate" not in pdf
        assert b"atplotlib" not in pdf


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


def test_readme_picture_is_small_and_keeps_the_colours_of_marks(
    town: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The README's picture has its width and at most 500 kB; marks keep their colour."""
    script = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "readme_picture.py"))
    monkeypatch.setattr(sheet_page, "DPI", 150)
    write_print_maps(town.study, town.inputs, town.analysis, tmp_path)
    size = script["make_picture"](tmp_path / "coverage.png", tmp_path / "small.png")
    assert size == (tmp_path / "small.png").stat().st_size < 500_000
    with Image.open(tmp_path / "small.png") as image:
        assert image.width == 1600
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(int)
    marks = [mark.colour for mark in style.kind_styles(town.inputs.centres["kind"]).values()]
    for colour in [*marks, style.OUTSIDE, style.UNSERVED]:
        wanted = list(bytes.fromhex(colour[1:]))
        assert np.abs(pixels - wanted).max(axis=1).min() < 8, colour
