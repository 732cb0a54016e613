from __future__ import annotations

from pathlib import Path

import pytest

import kiezreach as kr
from kiezreach.errors import InputError
from kiezreach.sources.norms import read_norms
from kiezreach.study import Norm

from ..worlds import write_small_study  # noqa: TID252 - one small town for all

NORMS = """\
[[norms]]
id = "floor_space"
labels = { de = "10 m2 je 1.000 Einwohner", en = "10 m2 per 1,000 residents" }
kind = "per_residents"
level = "district"
value = 10
unit = "m2"
status = "decided"
source = "Town council"
date = 2024-03-05

[[norms]]
id = "walk"
labels = { de = "80 % mit 500 m Fußweg", en = "80% within a walk of 500 m" }
kind = "share_within"
level = "planning_area"
value = 0.8
unit = "share"
distance_m = 500
status = "assumption"
source = "This study"
date = 2024-03-05
"""


def norms(folder: Path, content: str | None) -> tuple[Norm, ...]:
    table = '[norms]\nfile = "norms.toml"\n\n[analysis]'
    file = write_small_study(folder, study=lambda t: t.replace("[analysis]", table))
    if content is not None:
        (folder / "norms.toml").write_text(content, encoding="utf-8")
    return read_norms(kr.read_study(file))


def test_norms_say_what_their_file_says(tmp_path):
    floor, walk = norms(tmp_path, NORMS)
    assert (floor.value, floor.unit, floor.residents, floor.status) == (10, "m2", 1000, "decided")
    assert floor.date.isoformat() == "2024-03-05"
    assert (walk.distance_m, walk.level) == (500, "planning_area")


def test_a_study_may_have_no_norms(tmp_path):
    assert read_norms(kr.read_study(write_small_study(tmp_path))) == ()


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ('"district"', '"borough"', r"norm floor_space: 'level' is 'borough'.* district, plan"),
        ('"per_residents"', '"per_tree"', r"line 4: .*per_tree.*'per_residents'"),
        ("value = 10", "value = -10", r"line 6: 'norms\[1\].value' is -10. Expected: more than 0"),
        ("value = 10", "value = 0", "more than 0"),
        ("value = 10", 'value = "10"', "line 6: .*a number without quotes"),
        ('source = "Town council"\n', "", r"line 1: the key 'norms\[1\].source' is missing"),
        ('"Town council"', '""', "a text that is not empty"),
        ('source = "T', 'sauce = "T', "line 9: unknown key .*Did you mean 'source'"),
        ("2024-03-05", '"March"', "a date, for example 2024-03-05"),
        ('"decided"', '"rumour"', "'decided', 'announced' or 'assumption'"),
        ('unit = "m2"', 'unit = "share"', "the unit share does not fit per_residents. Choose m2"),
        ("value = 0.8", "value = 80", "80 is no share.*0.8 for 80 percent"),
        ("distance_m = 500\n", "", "share_within has no distance_m"),
        ("distance_m = 500", "distance_m = 5001", "norm walk: .*longest walk.*up to 5000 m"),
        (
            "value = 10",
            'value = 10\nuplift = { classes = "tatus" }',
            r"norm floor_space: 'uplift.classes' is 'tatus'.*\[\[classes\]\]",
        ),
        ('id = "walk"', 'id = "floor_space"', "are not distinct"),
        ("[[norms]]", "[[norms", "is not valid TOML"),
        ('status = "assumption"', 'status = "assumption"\nkinds = ["Treff"]', "Leave out kinds"),
        (
            'status = "assumption"',
            'status = "assumption"\nuplift = { classes = "status" }',
            "has an uplift",
        ),
    ],
)
def test_what_is_wrong_with_a_norm_is_one_clear_line(tmp_path, was, becomes, told):
    assert was in NORMS
    with pytest.raises(InputError, match=told) as raised:
        norms(tmp_path, NORMS.replace(was, becomes))
    assert "norms.toml" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_of_norms_is_named(tmp_path):
    with pytest.raises(InputError, match=r"norms\.toml: there is no such file"):
        norms(tmp_path, None)


def test_a_file_of_norms_that_is_no_text_is_refused(tmp_path):
    norms(tmp_path, NORMS)
    (tmp_path / "norms.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_norms(kr.read_study(tmp_path / "study.toml"))


def test_a_kind_of_centre_that_the_study_leaves_out_is_refused(tmp_path):
    norms(tmp_path, NORMS.replace('unit = "m2"', 'unit = "m2"\nkinds = ["Treff", "Kino"]'))
    study = tmp_path / "study.toml"
    text = study.read_text(encoding="utf-8")
    counted = 'file = "centres.csv"\nkinds = ["Treff"]'
    study.write_text(text.replace('file = "centres.csv"', counted), encoding="utf-8")
    with pytest.raises(InputError, match="'Kino', a kind of centre that the study leaves out"):
        read_norms(kr.read_study(study))
