from __future__ import annotations

from io import StringIO

import numpy as np
import pandas as pd
import pytest

from kiezreach.outputs.tables import write_csv


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
