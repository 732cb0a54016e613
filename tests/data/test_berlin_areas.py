"""Berlin's packaged planning areas and indicators: complete, nested exactly, like the originals."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

REPOSITORY = Path(__file__).resolve().parents[2]
BOUNDARIES = REPOSITORY / "data" / "boundaries" / "berlin.gpkg"
INDICATORS = REPOSITORY / "data" / "indicators" / "berlin_mss_2021.csv"
BACKGROUND = REPOSITORY / "data" / "background" / "berlin_background.gpkg"
SHARED = REPOSITORY.parent / "shared" / "data" / "berlin"

LEVELS = {
    "district": (12, 2),
    "prognoseraum": (58, 4),
    "bezirksregion": (143, 6),
    "planungsraum": (542, 8),
}
NESTING = [
    ("district", "prognoseraum"),
    ("prognoseraum", "bezirksregion"),
    ("bezirksregion", "planungsraum"),
]
BERLIN_KM2 = 890.67

needs_originals = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the original files are not beside the repository"
)


@pytest.fixture(scope="module")
def levels() -> dict[str, gpd.GeoDataFrame]:
    return {level: gpd.read_file(BOUNDARIES, layer=level) for level in LEVELS}


@pytest.fixture(scope="module")
def indicators() -> pd.DataFrame:
    return pd.read_csv(INDICATORS, dtype={"planning_area_id": "string"})


@pytest.mark.parametrize("level", LEVELS)
def test_every_area_once_with_its_official_id(
    levels: dict[str, gpd.GeoDataFrame], level: str
) -> None:
    count, length = LEVELS[level]
    frame = levels[level]
    assert list(frame.columns) == ["area_id", "name", "parent_id", "geometry"]
    assert frame.crs.to_epsg() == 25833
    assert len(frame) == count
    assert frame["area_id"].is_unique
    assert frame["area_id"].is_monotonic_increasing
    assert frame["area_id"].str.fullmatch(rf"\d{{{length}}}").all()
    assert frame["area_id"].str[:2].between("01", "12").all()
    assert frame["name"].str.strip().str.len().gt(0).all()


def test_names_are_official_and_keep_their_umlauts(levels: dict[str, gpd.GeoDataFrame]) -> None:
    districts = levels["district"].set_index("area_id")["name"]
    assert districts["02"] == "Friedrichshain-Kreuzberg"
    assert districts["07"] == "Tempelhof-Schöneberg"
    assert districts["09"] == "Treptow-Köpenick"
    areas = levels["planungsraum"].set_index("area_id")["name"]
    assert areas["01100101"] == "Stülerstraße"
    # Two areas bear the same name, so only the id may be used as a key.
    assert areas.duplicated().sum() == 1


@pytest.mark.parametrize(("coarse", "fine"), NESTING)
def test_each_level_is_the_exact_union_of_the_one_below(
    levels: dict[str, gpd.GeoDataFrame], coarse: str, fine: str
) -> None:
    children = levels[fine]
    length = LEVELS[coarse][1]
    assert (children["parent_id"] == children["area_id"].str[:length]).all()
    assert set(children["parent_id"]) == set(levels[coarse]["area_id"])
    for area in levels[coarse].itertuples():
        parts = children.geometry[children["parent_id"] == area.area_id].to_numpy()
        union = shapely.union_all(parts)
        assert shapely.symmetric_difference(union, area.geometry).area == 0.0, area.area_id


def test_districts_have_no_parent(levels: dict[str, gpd.GeoDataFrame]) -> None:
    assert levels["district"]["parent_id"].isna().all()


@pytest.mark.parametrize("level", LEVELS)
def test_areas_are_valid_and_tile_the_city(levels: dict[str, gpd.GeoDataFrame], level: str) -> None:
    frame = levels[level]
    assert frame.is_valid.all()
    assert (frame.geom_type == "MultiPolygon").all()
    assert shapely.coverage_is_valid(frame.geometry.to_numpy())
    assert frame.area.sum() / 1e6 == pytest.approx(BERLIN_KM2, abs=0.01)
    # Without overlaps and gaps the union is as large as the sum, in one piece without holes.
    union = shapely.union_all(frame.geometry.to_numpy())
    assert union.area == pytest.approx(frame.area.sum(), rel=1e-9)
    # Berlin encloses no ground of Brandenburg.
    assert shapely.get_num_interior_rings(shapely.get_parts(union)).sum() == 0


@pytest.mark.parametrize("level", LEVELS)
def test_coordinates_lie_on_the_decimetre_grid(
    levels: dict[str, gpd.GeoDataFrame], level: str
) -> None:
    coordinates = shapely.get_coordinates(levels[level].geometry.to_numpy())
    assert np.array_equal(coordinates, np.round(coordinates, 1))


@pytest.mark.parametrize("path", [BOUNDARIES, BACKGROUND], ids=lambda p: p.name)
def test_geopackages_carry_a_fixed_date(path: Path) -> None:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        dates = {row[0] for row in database.execute("SELECT last_change FROM gpkg_contents")}
    database.close()
    assert dates == {"2024-12-31T00:00:00.000Z"}


def test_background_is_light_and_covers_the_city(levels: dict[str, gpd.GeoDataFrame]) -> None:
    assert BACKGROUND.stat().st_size < 4e6
    city = levels["district"].total_bounds
    for layer, kind in (("water", "Polygon"), ("green", "Polygon"), ("railway", "LineString")):
        frame = gpd.read_file(BACKGROUND, layer=layer)
        assert frame.crs.to_epsg() == 25833
        assert frame.is_valid.all()
        assert frame.geom_type.str.endswith(kind).all()
        assert (np.abs(frame.total_bounds - city) < 5_000).all()
    names = set(gpd.read_file(BACKGROUND, layer="water")["name"].dropna())
    assert {"Havel", "Landwehrkanal", "Großer Müggelsee"} <= names


def test_indicators_have_one_row_per_planning_area(
    indicators: pd.DataFrame, levels: dict[str, gpd.GeoDataFrame]
) -> None:
    assert indicators["planning_area_id"].tolist() == levels["planungsraum"]["area_id"].tolist()
    text = INDICATORS.read_bytes()
    assert b"\r" not in text
    assert text.decode("utf-8").splitlines()[1].startswith("01100101,")


def test_missing_indices_stay_missing(indicators: pd.DataFrame) -> None:
    missing = indicators.loc[indicators["status_index"].isna()]
    assert missing["planning_area_id"].tolist() == [
        "03300515",
        "03400831",
        "04400725",
        "05300838",
        "06200418",
        "10100205",
    ]
    parts = missing.drop(columns=["planning_area_id", "residents_2020"])
    assert parts.isna().all(axis=None)
    rest = indicators.drop(missing.index)
    assert rest.notna().all(axis=None)


def test_indices_keep_their_scale_and_labels(indicators: pd.DataFrame) -> None:
    rated = indicators.dropna(subset=["status_index"])
    status = rated.groupby("status_index")["status_label"].agg(["unique", "size"])
    assert {k: (list(u), n) for k, u, n in status.itertuples()} == {
        1: (["hoch"], 75),
        2: (["mittel"], 366),
        3: (["niedrig"], 46),
        4: (["sehr niedrig"], 49),
    }
    dynamics = rated.groupby("dynamics_index")["dynamics_label"].agg(["unique", "size"])
    assert {k: (list(u), n) for k, u, n in dynamics.itertuples()} == {
        1: (["positiv"], 48),
        3: (["stabil"], 436),
        5: (["negativ"], 52),
    }
    shares = rated.filter(regex="_pct$")
    assert shares.ge(0).all(axis=None)
    assert shares.le(100).all(axis=None)


def test_low_status_goes_with_more_unemployment_and_child_poverty(indicators: pd.DataFrame) -> None:
    columns = ["unemployment_pct", "transfer_benefits_pct", "child_poverty_pct"]
    means = indicators.groupby("status_index")[columns].mean()
    assert means.apply(lambda column: column.is_monotonic_increasing).all()


@needs_originals
def test_areas_keep_their_surveyed_size(levels: dict[str, gpd.GeoDataFrame]) -> None:
    survey = gpd.read_file(SHARED / "boundaries" / "plr2021" / "lor_planungsraeume_2021.shp")
    survey = survey.set_index("PLR_ID").sort_index()
    ours = levels["planungsraum"].set_index("area_id")
    assert ours.index.tolist() == survey.index.tolist()
    assert (ours["name"] == survey["PLR_NAME"]).all()
    change = (ours.area / survey.area - 1).abs()
    assert change.max() < 0.001
    moved = shapely.hausdorff_distance(
        ours.boundary.to_numpy(), survey.boundary.to_numpy(), densify=0.25
    )
    assert moved.max() < 5.0


@needs_originals
@pytest.mark.parametrize(
    ("level", "file", "id_column", "name_column"),
    [
        ("bezirksregion", "bzr2021/lor_bezirksregionen_2021.shp", "BZR_ID", "BZR_NAME"),
        ("prognoseraum", "pgr2021/lor_prognoseraeume_2021.shp", "PGR_ID", "PGR_NAME"),
    ],
)
def test_unions_agree_with_the_official_coarser_levels(
    levels: dict[str, gpd.GeoDataFrame], level: str, file: str, id_column: str, name_column: str
) -> None:
    official = gpd.read_file(SHARED / "boundaries" / file).set_index(id_column).sort_index()
    ours = levels[level].set_index("area_id")
    names = official[name_column].str.split().str.join(" ")  # one has two spaces in a row
    assert ours["name"].to_dict() == names.to_dict()
    assert (ours.area / official.area - 1).abs().max() < 0.001


@needs_originals
def test_indicators_are_the_published_values(indicators: pd.DataFrame) -> None:
    published = pd.read_csv(
        SHARED / "social" / "mss_2021_index_indikatoren.csv", dtype={"PLR_ID": str}
    )
    published = published.set_index("PLR_ID").sort_index()
    ours = indicators.set_index("planning_area_id")
    pairs = {
        "S1": "unemployment_pct",
        "S3": "transfer_benefits_pct",
        "S4": "child_poverty_pct",
        "D1": "unemployment_change_pp",
        "D3": "transfer_benefits_change_pp",
        "D4": "child_poverty_change_pp",
    }
    for theirs, column in pairs.items():
        # The other table of the monitoring writes -9999 where there is no value.
        expected = published[theirs].where(published[theirs] != -9999)
        np.testing.assert_allclose(ours[column], expected, atol=1e-5)
