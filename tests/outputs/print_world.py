"""A town on a street grid, with whatever is unusual, drawn without writing any file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kiezreach.analysis import Analysis, analyse
from kiezreach.inputs import Inputs
from kiezreach.network.build import network_from_ways
from kiezreach.network.model import Provenance, WalkNetwork
from kiezreach.outputs.print_map import press
from kiezreach.outputs.print_map.coverage import draw_coverage
from kiezreach.outputs.print_map.district import districts_of, draw_district
from kiezreach.outputs.print_map.gaps import draw_gaps
from kiezreach.outputs.print_map.ground import Frame, Ground
from kiezreach.outputs.print_map.need import draw_need
from kiezreach.outputs.print_map.page import Page, drawing
from kiezreach.outputs.print_map.sheet import MAP_BOX
from kiezreach.outputs.print_map.subject import Subject
from kiezreach.outputs.texts import Texts
from kiezreach.study import Study

CRS = "EPSG:25833"
CORNER = (390_000.0, 5_815_000.0)
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
class At:
    """Where the town lies: a CRS, and its lower left corner in metres."""

    crs: str
    west: float
    south: float


@dataclass(frozen=True)
class World:
    """A town of four by three blocks of streets with all that a build would find."""

    study: Study
    inputs: Inputs
    analysis: Analysis

    @property
    def subject(self) -> Subject:
        """What its sheets are about, in the language of its study."""
        texts = Texts("print_map", self.study.language)
        return Subject(self.study, self.inputs, self.analysis, texts)

    def sheet(self, draw: Callable[..., Page], **options: Any) -> Page:
        """Draw one map of the whole town without writing it."""
        ground = Ground(self.inputs, Frame.around(self.inputs.areas.total_bounds, *MAP_BOX))
        with drawing():
            return draw(self.subject, ground, **options)

    def district(self, district: str, **options: Any) -> Page:
        """Draw the map of one district without writing it."""
        with drawing():
            return draw_district(self.subject, district, **options)

    def pages(self) -> Iterator[Page]:
        """Draw every sheet that a build would write."""
        yield self.sheet(draw_coverage)
        yield self.sheet(draw_gaps)
        if self.analysis.need is not None:
            yield self.sheet(draw_need)
        for district in districts_of(self.inputs)["area_id"]:
            yield self.district(district)

    def words(self, draw: Callable[..., Page]) -> str:
        """Return all text of one map, its lines joined by blanks."""
        return words_on(self.sheet(draw))


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
    crs: str = CRS,
    corner: tuple[float, float] = CORNER,
    people: Callable[[np.ndarray], np.ndarray] = lambda number: number % 7 * 40,
    centre_name: Callable[[int], str] = lambda k: f"Zentrum {k}",
    outputs: dict[str, Any] | None = None,
) -> World:
    """Make a town on a street grid and analyse it."""
    width, height = columns * block_m, rows * block_m
    at = At(crs, *corner)
    settings: dict[str, Any] = {
        "name": place,
        "language": language,
        "crs": crs,
        "outputs": outputs or {},
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
    areas = _areas(at, columns, rows, block_m, levels, names)
    finest = areas[areas["level"] == areas["level"].iloc[-1]]
    poverty = pd.DataFrame(
        {"poverty": np.arange(len(finest)) % 5 + 1.0}, index=finest["area_id"].to_numpy()
    )
    if need:
        poverty.iloc[-1] = np.nan
    residents = _residents(at, finest, width, height, people)
    xy = np.array(centres_at) * [width, height] + [at.west, at.south]
    known = Provenance(quality=quality, accuracy=accuracy)  # type: ignore[arg-type]
    inputs = Inputs(
        areas=areas,
        centres=_centres(at, xy, kinds, at.west + width / 2, centre_name),
        candidates=gpd.GeoDataFrame({"kind": []}, geometry=[], crs=crs),
        residents=residents,
        inhabited=gpd.GeoDataFrame(geometry=residents.buffer(60, cap_style="square"), crs=crs),
        indicators=poverty if need else None,
        classes=pd.DataFrame(index=poverty.index),
        network=_streets(at, width, height, known),
        background=_background(at, width, height) if background else {},
        barriers=gpd.GeoDataFrame({"kind": []}, geometry=[], crs=crs),
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
    at: At, columns: int, rows: int, block_m: float, levels: int, names: Callable[[int], str]
) -> gpd.GeoDataFrame:
    cells = [(i, j) for i in range(columns) for j in range(rows)]
    boxes = [
        shapely.box(
            at.west + i * block_m,
            at.south + j * block_m,
            at.west + (i + 1) * block_m,
            at.south + (j + 1) * block_m,
        )
        for i, j in cells
    ]
    half = ["01" if i < columns / 2 else "02" for i, _ in cells]
    ids = [f"{d}{k:03d}" for k, d in enumerate(half)]
    table = pd.DataFrame({"level": "area", "area_id": ids, "parent_id": half})
    table["name"] = [names(k) for k in range(len(ids))]
    fine = gpd.GeoDataFrame(table, geometry=boxes, crs=at.crs).sort_values("area_id")
    if levels == 1:
        return fine.assign(parent_id="").reset_index(drop=True)
    coarse = fine.dissolve("parent_id").reset_index()
    coarse = coarse.assign(level="district", area_id=coarse["parent_id"], parent_id="")
    coarse["name"] = [names(100 + k) for k in range(len(coarse))]
    return gpd.GeoDataFrame(pd.concat([coarse, fine], ignore_index=True), crs=at.crs)


def _residents(
    at: At,
    finest: gpd.GeoDataFrame,
    width: float,
    height: float,
    people: Callable[[np.ndarray], np.ndarray],
) -> gpd.GeoDataFrame:
    x, y = np.meshgrid(
        np.arange(STREET_M / 2, width, STREET_M), np.arange(STREET_M / 2, height, STREET_M)
    )
    points = gpd.GeoSeries(
        gpd.points_from_xy(at.west + x.ravel(), at.south + y.ravel()), crs=at.crs
    )
    cell = shapely.STRtree(finest.geometry.to_numpy()).query(points.to_numpy(), "intersects")[1]
    return gpd.GeoDataFrame(
        {
            "planning_area_id": finest["area_id"].to_numpy(dtype=object)[cell],
            "residents": people(np.arange(len(points))),
            "row": np.arange(len(points)) + 1,
        },
        geometry=points.to_numpy(),
        index=pd.Index([f"p{k:04d}" for k in range(len(points))], name="point_id"),
        crs=at.crs,
    )


def _centres(
    at: At, xy: np.ndarray, kinds: tuple[str, ...], middle: float, name: Callable[[int], str]
) -> gpd.GeoDataFrame:
    count = len(xy)
    return gpd.GeoDataFrame(
        {
            "name": [name(k) for k in range(count)],
            "kind": [kinds[k % len(kinds)] for k in range(count)],
            "district_id": np.where(xy[:, 0] < middle, "01", "02").astype(object),
            "row": np.arange(count) + 2,
        },
        geometry=shapely.points(xy),
        index=pd.Index([f"c{k}" for k in range(count)], name="centre_id"),
        crs=at.crs,
    )


def _streets(at: At, width: float, height: float, provenance: Provenance) -> WalkNetwork:
    nx, ny = int(width // STREET_M) + 1, int(height // STREET_M) + 1
    number = np.arange(nx * ny).reshape(ny, nx)
    x, y = np.meshgrid(at.west + np.arange(nx) * STREET_M, at.south + np.arange(ny) * STREET_M)
    ways = [*number, *number.T]
    return network_from_ways(
        np.column_stack([x.ravel(), y.ravel()]),
        np.cumsum([0, *(len(way) for way in ways)]),
        np.concatenate(ways),
        crs=at.crs,
        provenance=provenance,
    )


def _background(at: At, width: float, height: float) -> dict[str, gpd.GeoSeries]:
    lake = shapely.Point(at.west + width * 0.8, at.south + height * 0.7).buffer(height / 8)
    wood = shapely.box(
        at.west, at.south + height * 0.85, at.west + width * 0.3, at.south + height * 1.2
    )
    railway = shapely.LineString(
        [(at.west - 500, at.south), (at.west + width + 500, at.south + height)]
    )
    layers = {"water": lake, "green": wood, "railway": railway}
    return {name: gpd.GeoSeries([shape], crs=at.crs) for name, shape in layers.items()}


WORLDS: dict[str, dict[str, Any]] = {
    "nothing but the least": {"need": False, "background": False, "quality": "surveyed"},
    "one level": {"levels": 1},
    "one planning area": {"levels": 1, "columns": 1, "rows": 1, "centres_at": ((0.5, 0.5),),
                          "need": False},  # an index of one area ranks nothing
    "no gaps": {"centres_at": tuple((x, y) for x in (0.1, 0.3, 0.5, 0.7, 0.9)
                                    for y in (0.1, 0.3, 0.5, 0.7, 0.9))},
    "a village": {"block_m": 400.0, "columns": 2, "rows": 2, "centres_at": ((0.1, 0.1),),
                  "thresholds": (200,), "gap_threshold": 200},
    "a long valley": {"columns": 12, "rows": 1},
    "very long names": {"names": lambda k: f"{LONG_NAME}{k}", "place": LONG_NAME,
                        "kinds": (LONG_NAME, LONG_NAME + "2", ""),
                        "centre_name": lambda k: f"{LONG_NAME}{k}"},
    "one word without an end": {"names": lambda k: f"{'Donaudampfschiff' * 12}{k}",
                                "place": "Llanfairpwllgwyngyllgogerychwyrndrobwll" * 5,
                                "centre_name": lambda k: f"{'Nachbarschaftszentrum' * 9}{k}"},
    "other scripts and signs": {"names": lambda k: f"مركز 🏠 $x^{k}$ \\frac <b>\n\t{{}}",
                                "place": "$\\alpha 🏙 {name}",
                                "centre_name": lambda k: f"\u202e{k} 北京 {{}} 👩\u200d👧"},
    "right to left": {"names": lambda k: f"شارع المدرسة {k}", "place": "مدينة",
                      "centre_name": lambda k: f"בית קהילתי {k}"},
    "no names": {"names": lambda _: "", "kinds": ("",), "centre_name": lambda _: ""},
    "many kinds and thresholds": {"kinds": tuple(f"Kind {k:02d}" for k in range(30)),
                                  "centres_at": tuple((k / 31, k / 31) for k in range(30)),
                                  "thresholds": (200, 300, 400, 500, 600, 700),
                                  "gap_threshold": 500},
    "many areas": {"levels": 1, "columns": 12, "rows": 12, "block_m": 400.0},
    "much to say of the network": {"accuracy": "median error 4 %, in the worst tile 9 %. " * 9},
    "crowded": {"centres_at": tuple((0.3 + k % 5 * 0.02, 0.4 + k // 5 * 0.03) for k in range(20)),
                "centre_name": lambda k: f"Nachbarschaftszentrum Nummer {k}"},
    "a district without centres": {"centres_at": ((0.15, 0.2), (0.4, 0.8))},
    "nobody in one district": {"people": lambda number: np.where(number % 20 < 10, 0, 40),
                               "language": "en"},
    "nobody at all": {"people": lambda number: number * 0, "need": False},
    "across the antimeridian": {"crs": "EPSG:3460", "corner": (2_131_000.0, 4_000_000.0)},
}  # fmt: skip


def text_boxes(page: Page) -> list[tuple[str, shapely.Polygon]]:
    """Measure the ink of every line of text, in millimetres; halos are left out."""
    found = []
    with drawing():
        page.figure.set_dpi(press.DPI)
        renderer = FigureCanvasAgg(page.figure).get_renderer()
        for text in page.axes.texts:
            if text.get_text().strip() and not text.get_path_effects():
                box = text.get_window_extent(renderer).extents / press.DPI * 25.4
                found.append((text.get_text(), shapely.box(*box)))
    return found


def words_on(page: Page) -> str:
    """Return all text of a page, its lines joined by blanks."""
    return " ".join(text.get_text() for text in page.axes.texts)
