from __future__ import annotations

from io import StringIO

import numpy as np
import pandas as pd
import pytest

from kiezreach.analysis import analyse
from kiezreach.inputs import read_inputs
from kiezreach.outputs.manifest import headline
from kiezreach.outputs.tables import write_csv, write_tables
from kiezreach.study import read_study

from ..worlds import write_small_study  # noqa: TID252 - one small town for all

POOR = """\
[filter]
labels = { de = "Armut ab 20 %", en = "Poverty from 20%" }
column = "poverty_pct"
at_least = 20

[need]"""


def written(frame: pd.DataFrame, tmp_path) -> str:
    path = tmp_path / "table.csv"
    write_csv(frame, path)
    return path.read_bytes().decode("utf-8")


def test_numbers_have_fixed_decimals_and_missing_ones_are_empty(tmp_path):
    frame = pd.DataFrame(
        {
            "area_id": ["01"],
            "threshold_m": [500.0],
            "share_served": [2 / 3],
            "median_distance_m": [np.nan],
            "residents": [1234567],
            "linked": [True],
        }
    )
    assert written(frame, tmp_path) == (
        "area_id,threshold_m,share_served,median_distance_m,residents,linked\n"
        "01,500,0.666667,,1234567,true\n"
    )


@pytest.mark.parametrize("cell", ["=1+1", "+49 30", "-x", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_a_formula_to_a_spreadsheet(tmp_path, cell):
    text = written(pd.DataFrame({"name": [cell]}), tmp_path)
    assert pd.read_csv(StringIO(text))["name"][0].startswith("'")


def test_names_with_commas_quotes_and_umlauts_come_back_as_they_were(tmp_path):
    names = ['Haus "Süd", Straße 1', "Zeile\numgebrochen", "名前"]
    frame = pd.DataFrame({"name": names})
    write_csv(frame, tmp_path / "table.csv")
    assert pd.read_csv(tmp_path / "table.csv")["name"].tolist() == names


def built(folder, language, study):
    """Return the notice of the tables, and the headline, of a small study."""
    file = write_small_study(
        folder,
        study=lambda text: study(text).replace('language = "en"', f'language = "{language}"'),
    )
    town = read_study(file)
    inputs = read_inputs(town)
    found = analyse(town, inputs)
    write_tables(town, inputs, found, folder)
    return (folder / "README.txt").read_text(encoding="utf-8"), headline(town, found)


@pytest.mark.parametrize(
    ("language", "words"), [("de", "Armut ab 20 %"), ("en", "Poverty from 20%")]
)
def test_a_filter_is_named_beside_the_tables_and_in_the_manifest(tmp_path, language, words):
    notice, found = built(tmp_path, language, lambda text: text.replace("[need]", POOR))
    line = next(line for line in notice.splitlines() if words in line)
    assert all(f"{table}.csv" in line for table in ("gaps", "gaps_by_threshold", "ranking"))
    assert found["gaps_only_in"] == words


@pytest.mark.parametrize(
    ("language", "of_need"),
    [("de", ("mal Bedarf", "mal need", "Schwelle, Bedarfsindex", "Konzentration")),
     ("en", ("times need", "threshold, need index", "oncentration"))],
)  # fmt: skip
def test_the_notice_of_a_study_without_need_does_not_speak_of_it(tmp_path, language, of_need):
    def bare(text: str) -> str:
        return text[: text.index("[need]")] + text[text.index("[network]") :]

    notice, found = built(tmp_path, language, bare)
    assert not [words for words in of_need if words in notice]
    assert "priority = residents;" in notice
    assert "gaps_only_in" not in found
