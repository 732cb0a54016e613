"""The command that explains the walk from one place."""

from __future__ import annotations

import json
import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner, Result

from kiezreach.cli import group
from kiezreach.outputs.explain import whole_metres

from .worlds import CRS, X0, Y0, lonlat, on_paper, write_small_study


def run(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["explain", *map(str, arguments), "--quiet"])


def ask(study, x: float, y: float, *more: object) -> str:
    result = run(study, "--at", "{},{}".format(*lonlat(x, y)), *more)
    assert result.exit_code == 0, result.output
    return result.stdout.replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_small_study(tmp_path_factory.mktemp("town"))


def test_the_walk_in_words(town):
    # c1 stands at (210, 310): 10 m of access, 10 m along y = 300 to x = 200, 200 m to (200, 500).
    told = ask(town, 200, 510)
    assert "Smalltown: walk from" in told
    assert "In: Südwest, West" in told
    assert "To: Haus Süd" in told
    assert re.search(r"Walk: 2[123]\d m, about 3 minutes at 80 m per minute", told)
    assert "Served within 300 m and 500 m." in told
    assert re.search(r"2\d\d m  South$", told, re.MULTILINE)
    assert "knows no street names" in told
    assert "Second-nearest centre:" in told


def test_the_parts_add_up_to_the_whole(town):
    told = ask(town, 873, 1266)
    whole = int(re.search(r"Walk: ([\d,]+) m", told)[1].replace(",", ""))
    parts = [int(m.replace(",", "")) for m in re.findall(r"^ +([\d,]+) m  ", told, re.MULTILINE)]
    assert sum(parts) == whole


def test_words_and_numbers_are_german_in_a_german_study(tmp_path):
    study = write_small_study(
        tmp_path, study=lambda text: text.replace('language = "en"', 'language = "de"')
    )
    told = ask(study, 950, 950, "--centre", "c4")
    assert "Fußweg von 52," in told
    assert re.search(r"Fußweg: 1\.\d\d\d m, etwa \d\d Minuten", told)
    assert "Nicht versorgt: weiter als 500 m, die größte Schwelle der Studie." in told
    assert "Nächstes der anderen Zentren:" in told


def test_geojson_of_a_walk(town, tmp_path):
    out = tmp_path / "walk.geojson"
    ask(town, 873, 1266, "--out", out)
    walk = json.loads(out.read_text(encoding="utf-8"))
    assert set(walk) == {"type", "features"}
    by_role = {f["properties"]["role"]: f for f in walk["features"]}
    assert list(by_role) == ["place", "route", "access_leg", "centre_leg", "centre"]
    place, route = by_role["place"]["geometry"], by_role["route"]["geometry"]
    assert place["coordinates"] == pytest.approx(lonlat(873, 1266), abs=1e-6)
    legs = [by_role[leg]["geometry"]["coordinates"] for leg in ("access_leg", "centre_leg")]
    assert legs[0][0] == place["coordinates"]
    assert legs[0][1] == route["coordinates"][0]
    assert legs[1][0] == route["coordinates"][-1]
    assert legs[1][1] == by_role["centre"]["geometry"]["coordinates"]
    told = by_role["route"]["properties"]
    parts = told["access_m"] + told["way_m"] + told["centre_access_m"]
    assert parts == pytest.approx(told["distance_m"], abs=0.002)
    assert told["centre_id"] == by_role["centre"]["properties"]["centre_id"]


def test_json_for_machines(town):
    told = json.loads(ask(town, 200, 510, "--json"))
    assert told["linked"]
    assert told["route"]["centre_id"] == "c1"
    assert told["next_distance_m"] > told["route"]["distance_m"]


def western(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out all streets east of x = 1200 on the paper."""
    return streets.clip(shapely.box(X0 - 5000, Y0 - 5000, X0 + 1200, Y0 + 5000))


def test_a_place_far_from_every_street(tmp_path):
    study = write_small_study(tmp_path, streets=western)
    told = ask(study, 1800, 500)
    assert "No way nearby: the nearest is" in told
    assert "at most 150 m count as access" in told


def test_a_centre_that_no_street_leads_to(tmp_path):
    study = write_small_study(tmp_path, streets=western)
    told = ask(study, 200, 510, "--centre", "c3")
    assert "Treff Ost, id c3 is unlinked" in told
    assert "2 of the 4 centres do not count here: they have no way" in told
    assert "within 100 m on their side of the water" in told
    assert ask(study, 200, 510).count("To: Haus Süd") == 1


def test_a_centre_across_water_is_not_said_to_be_far_from_every_way(tmp_path):
    # 20 m of water around the middle of a block, where c3 stands 50 m from every street.
    def moat(_):
        middle = on_paper((1350, 250))
        ring = middle.buffer(40).difference(middle.buffer(20))
        return gpd.GeoDataFrame(geometry=ring, crs=CRS)

    def moved(frame: pd.DataFrame) -> pd.DataFrame:
        chosen = frame["centre_id"] == "c3"
        return frame.assign(
            lon=frame["lon"].where(~chosen, lonlat(1350, 250)[0]),
            lat=frame["lat"].where(~chosen, lonlat(1350, 250)[1]),
        )

    study = write_small_study(tmp_path, water=moat, centres=moved)
    told = ask(study, 200, 510, "--centre", "c3")
    assert "no way within 100 m on its side of the water; the nearest of all is 50 m away" in told
    assert "1 of the 4 centres does not count here: it has no way" in told


def test_a_chosen_centre(town):
    told = ask(town, 200, 510, "--centre", "c2")
    assert "To: Haus Nord" in told
    assert "Nearest of the other centres: Haus Süd" in told


BAD_PLACES = {
    "text": ("here", "is not a longitude and a latitude", "--at 13.4105,52.5035"),
    "one number": ("13.4", "is not a longitude and a latitude"),
    "decimal commas": ("13,41,52,50", "is not a longitude and a latitude"),
    "not finite": ("nan,52.5", "is not a longitude and a latitude"),
    "infinite": ("13.4,inf", "is not a longitude and a latitude"),
    "outside": ("8.68,49.41", "km outside the study area", "between longitude"),
    "off the globe": ("900,900", "outside the study area"),
}


@pytest.mark.parametrize("case", BAD_PLACES)
def test_a_bad_place_is_refused_in_one_line(town, case):
    at, *words = BAD_PLACES[case]
    result = run(town, "--at", at)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: --at")
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


def test_swapped_longitude_and_latitude_are_told(town):
    lon, lat = lonlat(200, 510)
    result = run(town, "--at", f"{lat},{lon}")
    assert result.exit_code == 2
    assert "longitude and latitude are swapped. Exchange them: --at 13." in result.stderr


def test_an_unknown_centre_is_told_with_the_closest(town):
    result = run(town, "--at", "{},{}".format(*lonlat(200, 510)), "--centre", "c22")
    assert result.exit_code == 2
    assert "there is no centre 'c22'. Did you mean 'c2'?" in result.stderr


def test_a_centre_that_does_not_count_is_told_with_the_reason(tmp_path):
    def away(frame: pd.DataFrame) -> pd.DataFrame:
        far = frame.iloc[[0]].assign(centre_id="far", lon=8.68, lat=49.41)
        return pd.concat([frame, far])

    study = write_small_study(tmp_path, centres=away)
    result = run(study, "--at", "{},{}".format(*lonlat(200, 510)), "--centre", "far")
    assert result.exit_code == 2
    assert "the centre 'far' does not count in this study" in result.stderr
    assert "km outside the areas" in result.stderr


def test_a_file_that_cannot_be_written(town, tmp_path):
    place = "{},{}".format(*lonlat(200, 510))
    result = run(town, "--at", place, "--out", tmp_path / "no" / "walk.geojson")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_whole_metres_add_up():
    assert whole_metres(pd.Series([0.4, 0.4, 0.4]).to_numpy()) == [1, 0, 0]
    assert whole_metres(pd.Series([10.5, 20.5]).to_numpy()) == [11, 20]


def test_berlin_says_that_its_streets_are_approximate():
    result = run("--at", "13.4105,52.5035")
    assert result.exit_code == 0
    assert "Lage: Moritzplatz, " in result.stdout
    assert "Hinweis: Genähertes Straßennetz" in result.stdout
    assert "Der Weg führt durch: " in result.stdout
    assert "Das Wegenetz kennt keine Straßennamen" in result.stdout


def test_streets_are_named_where_the_network_knows_them(tmp_path):
    def named(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        west, south, *_ = (streets.bounds - [X0, Y0, X0, Y0]).to_numpy().T
        lines = [
            f"{int(y)}. Querstraße" if x < -1200 else f"{int(x)}. Längsstraße"
            for x, y in zip(west, south, strict=True)
        ]
        # The lane at x = 400 has no name.
        return streets.assign(name=[None if n == "400. Längsstraße" else n for n in lines])

    study = write_small_study(tmp_path, streets=named)
    told = ask(study, 403, 710)
    assert "To: Haus Süd" in told
    assert re.search(r"m  300\. Querstraße, west$", told, re.MULTILINE)
    assert re.search(r"m  unnamed way, south$", told, re.MULTILINE)
    assert "knows no street names" not in told
