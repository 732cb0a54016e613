from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kiezreach.need import need_index, plausible_needs
from kiezreach.study import Labels, Need, NeedPart

WORD = Labels(de="x", en="x")


def need(**values) -> Need:
    parts = (
        NeedPart(column="poor", labels=WORD, weight=3.0),
        NeedPart(column="income", labels=WORD, direction="low"),
    )
    return Need(**({"parts": parts} | values))


@pytest.fixture
def table():
    return pd.DataFrame(
        {"poor": [10.0, 20.0, 40.0, np.nan], "income": [3.0, 1.0, 2.0, 4.0]}, index=list("abcd")
    )


def test_ranks_are_shares_of_areas_with_less(table):
    found = need_index(table, need())
    assert found["poor"].tolist()[:3] == [0.0, 0.5, 1.0]
    assert found["income"].tolist() == pytest.approx([1 / 3, 1.0, 2 / 3, 0.0])
    assert found["need"].tolist()[:3] == pytest.approx([1 / 12, (1.5 + 1) / 4, (3 + 2 / 3) / 4])


def test_minmax_keeps_the_distances_between_values(table):
    found = need_index(table, need(standardisation="minmax"))
    assert found["poor"].tolist()[:3] == pytest.approx([0.0, 1 / 3, 1.0])


def test_a_missing_part_leaves_the_index_missing(table):
    assert np.isnan(need_index(table, need()).loc["d", "need"])


def test_ties_share_their_rank():
    tied = pd.DataFrame({"poor": [1.0, 1.0, 2.0], "income": [1.0, 1.0, 1.0]})
    assert need_index(tied, need())["poor"].tolist() == [0.25, 0.25, 1.0]


def test_plausible_variants_are_all_combinations(table):
    asked = need(plausible_weights=((1.0, 1.0), (0.0, 1.0)))
    assert len(plausible_needs(table, asked)) == 2 * 3
