"""Age groups in words."""

from __future__ import annotations

import pytest

from kiezreach.outputs.ages import age_label


@pytest.mark.parametrize(
    ("group", "german", "english"),
    [
        ("age_under_6", "unter 6", "under 6"),
        ("age_6_15", "6 bis unter 15", "6 to under 15"),
        ("age_65_over", "65 und älter", "65 and over"),
        ("young_people", "young_people", "young_people"),
        ("age_6_15_x", "age_6_15_x", "age_6_15_x"),
    ],
)
def test_the_name_of_an_age_group_follows_from_its_column(group, german, english):
    assert (age_label(group, "de"), age_label(group, "en")) == (german, english)
