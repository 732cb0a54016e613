"""The interactive map as a file: its bytes, what it may load, its words and its figures."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiezreach.outputs.texts import Texts
from kiezreach.outputs.web_map.page import json_for_html
from kiezreach.study import Tiles

from .world import Page

# ---- bytes --------------------------------------------------------------------------------------


def test_another_process_with_its_own_hash_seed_and_time_zone_writes_the_same_bytes(
    plans, tmp_path
):
    code = (
        "import sys; from pathlib import Path; from kiezreach.study import read_study;"
        "from kiezreach.inputs import read_inputs; from kiezreach.analysis import analyse;"
        "from kiezreach.outputs.web_map import write_web_map;"
        "s = read_study(sys.argv[1]); i = read_inputs(s);"
        "write_web_map(s, i, analyse(s, i), Path(sys.argv[2]))"
    )
    alone = dataclasses.replace(plans.analysis, missing_links=None)  # the study asks for none
    here = dataclasses.replace(plans, analysis=alone).write(tmp_path / "here.html").read_bytes()
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": "Pacific/Kiritimati"}
    environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
    path = tmp_path / "there.html"
    subprocess.run(
        [sys.executable, "-c", code, str(plans.study.file), str(path)], check=True, env=environment
    )
    assert path.read_bytes() == here
    assert b'"proposals":{"sites":[{' in here
    assert b'"scenarios":[{' in here


def test_nothing_is_loaded_from_outside(plans_map):
    page = Page(plans_map)
    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "object", "embed", "base"}
        assert not {"src", "srcset", "action", "background"} & set(attributes), (tag, attributes)
        assert (attributes.get("href") or "#").startswith("#")
    style = "".join(re.findall(r"<style>(.*?)</style>", plans_map.read_text("utf-8"), re.DOTALL))
    addresses = re.findall(r"url\(([^)]*)\)", style)
    assert all(a.startswith(("data:", "#")) for a in addresses)
    assert "@import" not in style
    assert page.policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "http" not in page.policy


def test_only_a_study_that_names_a_server_of_tiles_may_reach_it(town, tmp_path):
    tiles = Tiles(url="https://tiles.example.org/{z}/{x}/{y}.png", attribution="© Example")
    study = town.study.model_copy(update={"tiles": tiles})
    page = Page(dataclasses.replace(town, study=study).write(tmp_path / "map.html"))
    images = next(part for part in page.policy.split("; ") if part.startswith("img-src"))
    assert images == "img-src data: https://tiles.example.org"
    assert page.policy.count("http") == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://tiles.example.org/{z}/{x}/{y}.png",
        "https://{s}.example.org/{z}/{x}/{y}.png",
        "https://tiles.example.org/{z}/{x}.png",
        "https://tiles.example.org; script-src */{z}/{x}/{y}.png",
        "https://*.example.org/{z}/{x}/{y}.png",
        "https://user@example.org/{z}/{x}/{y}.png",
        'https://tiles.example.org/{z}/{x}/{y}.png"onload=',
    ],
)
def test_an_address_of_tiles_names_one_host_and_nothing_else(url):
    with pytest.raises(ValueError, match="is no address of tiles"):
        Tiles(url=url, attribution="©")


@given(st.text())
def test_json_for_html_comes_back_and_cannot_end_its_element(text):
    written = json_for_html({text: [text]})
    assert json.loads(written) == {text: [text]}
    assert not set("<>&\u2028\u2029") & set(written)


# ---- words --------------------------------------------------------------------------------------


def test_every_text_of_the_page_is_in_the_catalogue_and_used(town_map):
    scripts = "".join(
        file.read_text("utf-8")
        for file in files("kiezreach.outputs.web_map").iterdir()
        if file.name.endswith((".js", ".html", ".py"))
    )
    known = set(Page(town_map).data["words"]["en"]["texts"])
    wanted = set(re.findall(r'(?:say|texts)\(\s*[\'"](\w+)[\'"]', scripts))
    wanted |= set(re.findall(r'data-t(?:-label)?="(\w+)"', scripts))
    assert wanted <= known
    named = ("role_", "layer_", "read_", "partner_", "barrier_", "norm_", "unit_")
    made = {key for key in known if key.startswith(named)}
    unused = {key for key in known - made if not re.search(rf'["\']{key}["\']', scripts)}
    assert unused == set()


def test_both_languages_have_the_same_texts_with_the_same_fields(town_map):
    words = Page(town_map).data["words"]
    assert set(words) == {"de", "en"}

    def fields(language):
        texts = words[language]["texts"].items()
        return {key: sorted(set(re.findall(r"\{(\w+)\}", text))) for key, text in texts}

    assert fields("de") == fields("en")
    assert [words[language]["levels"] for language in ("de", "en")] == [
        ["Bezirke", "Planungsräume"],
        ["Districts", "Planning areas"],
    ]


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_opens_in_the_language_of_the_study(town, tmp_path, language):
    page = Page(town.spoken(language).write(tmp_path / "map.html"))
    assert ("html", {"lang": language}) in page.tags
    title = Texts("web_map", language)("title", place="Smalltown")
    assert title in page.text


# ---- figures ------------------------------------------------------------------------------------


def test_ends_of_intervals_are_rounded_once(town, tmp_path):
    """0.331474 is 33.1 %; rounded to 0.3315 on the way, it would be 33.2 %."""
    coverage = town.analysis.coverage.assign(share_low=0.331474, share_high=0.331474)
    residents = town.study.residents.model_copy(update={"plausible_spreads": ("block_area",)})
    several = dataclasses.replace(
        town,
        study=town.study.model_copy(update={"residents": residents}),
        analysis=dataclasses.replace(town.analysis, coverage=coverage),
    )
    city = Page(several.write(tmp_path / "map.html")).data["city"]
    assert set(city["low"] + city["high"]) == {0.331474}


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(1204.5, 0, "1,205"), (12.5, 0, "13"), (-2.5, 0, "-3"), (0.125, 2, "0.13"), (2.4, 0, "2")],
)
def test_halves_go_up_as_browsers_write_them(value, decimals, text):
    assert Texts("web_map", "en").number(value, decimals) == text


def test_the_figures_of_the_page_are_those_of_the_analysis(town, town_map):
    data = Page(town_map).data
    coverage = town.analysis.coverage.sort_values("threshold_m")
    areas = [("city", "city", data["city"])]
    areas += [(lv["id"], a["id"], a) for lv in data["levels"] for a in lv["areas"]]
    assert len(areas) * len(data["thresholds"]) == len(coverage)
    for level, area_id, found in areas:
        own = coverage[(coverage["level"] == level) & (coverage["area_id"] == area_id)]
        assert found["served"] == own["residents_served"].tolist()
        assert {found["residents"]} == set(own["residents"])
        assert {found["unlinked"]} == set(own["unlinked"])
        assert found["median"] == pytest.approx(own["median_distance_m"].iloc[0], abs=0.05)
    for centre in data["centres"]:
        row = town.analysis.centres.loc[centre["id"]]
        assert centre["within"] == [row["residents_within_300"], row["residents_within_500"]]
        assert (centre["name"], centre["only"]) == (row["name"], row["residents_only_here"])


def test_the_gaps_of_each_walk_are_those_of_the_analysis(town, town_map):
    data = Page(town_map).data
    every = town.analysis.gaps_by_threshold
    assert len(data["gaps"]) == len(data["thresholds"]) == 2
    for threshold, found in zip(data["thresholds"], data["gaps"], strict=True):
        gaps = every[every["threshold_m"] == threshold].sort_values("rank")
        assert [g["id"] for g in found] == gaps["gap_id"].tolist()
        assert [g["residents"] for g in found] == gaps["residents"].tolist()
        assert [(g["best"], g["rank"], g["worst"]) for g in found] == list(
            zip(gaps["rank_best"], gaps["rank"], gaps["rank_worst"], strict=True)
        )
        assert [g["ages"] for g in found] == gaps[["young", "old"]].to_numpy().tolist()
        assert all(sum(g["ages"]) == g["residents"] for g in found)


def test_what_closing_a_centre_means_is_what_the_analysis_found(town, town_map):
    table = town.analysis.criticality
    rows = table[table["breakdown"] == "all"].set_index(["centre_id", "threshold_m"])
    for centre in Page(town_map).data["centres"]:
        own = rows.loc[centre["id"]]
        assert centre["closed"]["lost"] == own["residents_lost"].tolist()
        assert centre["closed"]["next"] == own["next_centre_name"].iloc[0]


def test_the_notice_stands_only_on_maps_of_approximate_networks(town, town_map, tmp_path):
    assert any(a.get("id") == "notice" for _, a in Page(town_map).tags)
    assert "mean error 12 m" in " ".join(Page(town_map).text)
    surveyed = Page(town.write(tmp_path / "map.html"))
    assert not any(a.get("id") == "notice" for _, a in surveyed.tags)
    assert not surveyed.data["approximate"]


def test_commands_name_the_study_and_a_network_of_its_own(town, tmp_path):
    assert Page(town.write(tmp_path / "map.html")).data["commands"] == {
        "build": "kiezreach build study.toml",
        "explain": "kiezreach explain study.toml --area",
    }
    other = dataclasses.replace(town, study=town.study.with_network(tmp_path / "my streets.pbf"))
    found = Page(other.write(tmp_path / "other.html")).data["commands"]["build"]
    assert found == "kiezreach build study.toml --network 'my streets.pbf'"
