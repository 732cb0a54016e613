"""Age groups in words."""

from __future__ import annotations

import pytest

from kiezreach.outputs.ages import age_label


@pytest.mark.parametrize(
    ("group", "german", "english"),
    [
        ("age_under_6", "unter 6 Jahre", "under 6 years"),
        ("age_6_15", "6 bis unter 15 Jahre", "6 to under 15 years"),
        ("age_65_over", "65 Jahre und älter", "65 years and over"),
        ("young_people", "young people", "young people"),
        ("age_6_15_x", "age 6 15 x", "age 6 15 x"),
    ],
)
def test_the_name_of_an_age_group_follows_from_its_column(group, german, english):
    assert (age_label(group, "de"), age_label(group, "en")) == (german, english)
