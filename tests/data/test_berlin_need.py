"""Berlin's need index and classes, against what the Monitoring itself publishes."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

import kiezreach as kr
from kiezreach.classes import area_classes
from kiezreach.errors import InputError
from kiezreach.need import need_index, need_table, plausible_needs
from kiezreach.sources.areas import read_areas
from kiezreach.sources.indicators import IndicatorTable, read_indicators
from kiezreach.study import Indicators, Labels, Need, NeedPart

REPOSITORY = Path(__file__).resolve().parents[2]
SECOND_ORIGIN = (
    REPOSITORY.parent / "shared/data/berlin/social"
    "/berlin-monitoring-social-urban-development-2021-00-1-planning-areas.csv"
)
# Old ids of Planungsräume in Mitte, valid from 2006 to 2020.
BEFORE_2021 = ("01011101", "01011102", "01011103", "01011104", "01011105", "01011201", "01011202")


@pytest.fixture(scope="module")
def areas() -> gpd.GeoDataFrame:
    return read_areas(kr.berlin())


@pytest.fixture(scope="module")
def table(areas: gpd.GeoDataFrame) -> IndicatorTable:
    return read_indicators(kr.berlin(), areas)


@pytest.fixture(scope="module")
def classes(table: IndicatorTable) -> pd.DataFrame:
    return area_classes(kr.berlin().classes, table.numbers, table.texts, pd.Series(dtype=float))


@pytest.mark.parametrize(
    ("kind", "columns", "bounds", "groups"),
    [
        (
            "status",
            ["unemployment_pct", "transfer_benefits_pct", "child_poverty_pct"],
            [-1, 1, 1.5],
            ["1", "2", "3", "4"],
        ),
        (
            "dynamics",
            ["unemployment_change_pp", "transfer_benefits_change_pp", "child_poverty_change_pp"],
            [-1, 1],
            ["1", "3", "5"],
        ),
    ],
)
def test_equal_zscores_reproduce_the_classes_of_the_monitoring(
    table: IndicatorTable,
    classes: pd.DataFrame,
    kind: str,
    columns: list[str],
    bounds: list[float],
    groups: list[str],
) -> None:
    word = Labels(de="x", en="x")
    parts = tuple(NeedPart(column=column, labels=word) for column in columns)
    index = need_index(table.numbers, Need(parts=parts, standardisation="zscore"))["need"]
    known = index.dropna()
    assert len(known) == 536
    ours = np.array(groups)[np.searchsorted(ndtr(bounds), known)]
    assert (ours == classes.loc[known.index, kind]).all()
    assert (classes.loc[index.isna(), kind] == "").all()


def test_the_default_index_grows_with_the_status_class(
    table: IndicatorTable, classes: pd.DataFrame
) -> None:
    need = kr.berlin().need
    assert need is not None
    index = need_index(table.numbers, need)["need"]
    median = index.groupby(classes["status"]).median()
    assert median[["1", "2", "3", "4"]].is_monotonic_increasing
    assert len(plausible_needs(table.numbers, need)) == 30
    for other in plausible_needs(table.numbers, need):
        assert other.isna().equals(index.isna())


@pytest.mark.parametrize(
    ("some_left_out", "correlation", "median", "farthest", "stay"),
    [(False, 0.998, 5, 55, 51), (True, 0.994, 8, 91, 49)],
)
def test_weights_and_standardisations_hardly_matter(
    table: IndicatorTable,
    some_left_out: bool,  # noqa: FBT001 - a parameter of the test
    correlation: float,
    median: int,
    farthest: int,
    stay: int,
) -> None:
    """The figures of docs/method.md, section Need."""
    need = kr.berlin().need
    assert need is not None
    sets = tuple(w for w in need.plausible_weights if some_left_out or 0 not in w)
    index = need_index(table.numbers, need)["need"]
    place = index.rank(ascending=False, method="min")
    variants = plausible_needs(table.numbers, need.model_copy(update={"plausible_weights": sets}))
    others = [other.rank(ascending=False, method="min") for other in variants]
    moves = [(other - place).abs() for other in others]
    least = min(other.corr(index, method="spearman") for other in variants)
    assert round(least, 3) == correlation
    assert max(move.median() for move in moves) == median
    assert max(move.max() for move in moves) == farthest
    assert (place <= 54).sum() == 54
    assert min(((place <= 54) & (other <= 54)).sum() for other in others) == stay


def test_areas_alike_share_the_best_rank(
    areas: gpd.GeoDataFrame, table: IndicatorTable, classes: pd.DataFrame
) -> None:
    need = kr.berlin().need
    assert need is not None
    found = need_table(areas, table.numbers, need, classes, pd.Series(dtype=float))
    # Twice a mean rank is a whole number, so these sums are exact.
    exact = (2 * table.numbers[[part.column for part in need.parts]].rank()).sum(
        axis=1, skipna=False
    )
    place = exact.rank(ascending=False, method="min").astype("Int64")
    assert found.set_index("planning_area_id")["need_rank"].equals(place.rename("need_rank"))
    assert place["02300315"] == 89


@pytest.mark.skipif(
    not SECOND_ORIGIN.is_file(), reason="the second origin is not beside the repository"
)
def test_the_classes_are_those_of_a_second_origin(classes: pd.DataFrame) -> None:
    second = pd.read_csv(SECOND_ORIGIN, dtype=str).fillna("").set_index("id").sort_index()
    assert classes.index.tolist() == second.index.tolist()
    signs = {"+": "1", "+/-": "3", "-": "5"}
    assert classes["status"].eq(second["status_index"]).all()
    assert classes["dynamics"].eq(second["dynamic_index"].map(signs).fillna("")).all()


def test_a_file_of_the_areas_before_2021_is_named_as_such(
    areas: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    file = tmp_path / "turnout_2016.csv"
    file.write_text("planning_area_id,turnout_pct\n" + "".join(f"{i},60\n" for i in BEFORE_2021))
    study = kr.berlin()
    study = study.model_copy(update={"indicators": (Indicators(file=str(file)),), "need": None})
    with pytest.raises(InputError, match="another cut of the areas") as raised:
        read_indicators(study, areas)
    assert "'01011101'" in str(raised.value)
    assert "542 in the study" in str(raised.value)


def poor_of(areas: gpd.GeoDataFrame, folder: Path, slips: dict[int, float]) -> IndicatorTable:
    """Read a column of a poverty of 60 in all planning areas but for some rows."""
    ids = sorted(areas.loc[areas["level"] == areas["level"].iloc[-1], "area_id"])
    rows = [f"{area},{slips.get(row, 60 + row / 1000)}\n" for row, area in enumerate(ids, start=2)]
    file = folder / "poor.csv"
    file.write_text("planning_area_id,poor\n" + "".join(rows))
    need = Need(parts=(NeedPart(column="poor", labels=Labels(de="x", en="x")),))
    changed = {"indicators": (Indicators(file=str(file)),), "need": need, "classes": ()}
    return read_indicators(kr.berlin().model_copy(update=changed), areas)


def test_what_looks_like_percentages_with_slips_is_doubted(
    areas: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    one = poor_of(areas, tmp_path, {7: 601.0}).doubts
    assert len(one) == 1
    assert (
        "'poor' looks like a percentage; 1 value is above 100, the first 601.0 in row 7" in one[0]
    )
    # 54 of 542 values are less than a tenth, 55 are more.
    (many,) = poor_of(areas, tmp_path, dict.fromkeys(range(10, 64), 120.0)).doubts
    assert "54 values are above 100, the first 120.0 in row 10" in many
    assert poor_of(areas, tmp_path, dict.fromkeys(range(10, 65), 120.0)).doubts == ()
    assert poor_of(areas, tmp_path, {}).doubts == ()
