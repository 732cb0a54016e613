from __future__ import annotations

import pandas as pd
import pytest

import kiezreach as kr
from kiezreach.errors import InputError
from kiezreach.sources.areas import read_areas
from kiezreach.sources.candidates import read_candidates

from ..worlds import lonlat, write_small_study  # noqa: TID252 - the tests are one package


def read(folder, change=lambda table: table):
    study_file = write_small_study(
        folder, study=lambda text: text + '\n[candidates]\nfile = "candidates.csv"\n'
    )
    places = [(500, 500), (1500, 1500), (1700, 300)]
    table = pd.DataFrame(
        {
            "candidate_id": ["k3", "k1", "k2"],
            "kind": ["school", "daycare", "library"],
            "name": ["Schule", "Kita", "Bücherei"],
            "lon": [str(lonlat(*place)[0]) for place in places],
            "lat": [str(lonlat(*place)[1]) for place in places],
        }
    )
    change(table).to_csv(folder / "candidates.csv", index=False)
    study = kr.read_study(study_file)
    return read_candidates(study, read_areas(study))


def test_candidates_are_sorted_and_placed(tmp_path):
    sites, excluded = read(tmp_path)
    assert sites.index.tolist() == ["k1", "k2", "k3"]
    assert sites["planning_area_id"].tolist() == ["0202", "0201", "0101"]
    assert sites["operator"].tolist() == [""] * 3
    assert excluded.empty


def test_a_file_need_not_tell_kinds_apart(tmp_path):
    sites, _ = read(tmp_path, lambda table: table.drop(columns="kind"))
    assert sites["kind"].tolist() == ["house"] * 3


def test_a_site_far_outside_is_listed_as_excluded(tmp_path):
    def away(table):
        table.loc[0, ["lon", "lat"]] = [str(v) for v in lonlat(9000, 500)]
        return table

    sites, excluded = read(tmp_path, away)
    assert len(sites) == 2
    assert excluded[["id", "reason"]].to_numpy().tolist() == [["k3", "7.0 km outside the areas"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="name"), "has no column 'name'"),
        (lambda t: t.assign(kind=["school", "", "library"]), r"id k1: 'kind' is empty"),
        (lambda t: t.assign(candidate_id="k"), "the id 'k' stands in row"),
        (lambda t: t.assign(lon="13,4"), "'lon' is '13,4'"),
        (lambda t: t.rename(columns={"lon": "lat", "lat": "lon"}), "swapped in 3 of 3 candidates"),
        (lambda t: t.assign(lat="10"), "none of its 3 sites can be used"),
    ],
)
def test_bad_candidates_are_one_clear_error(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, change)


def test_a_study_need_not_name_candidates(tmp_path):
    study = kr.read_study(write_small_study(tmp_path))
    sites, excluded = read_candidates(study, read_areas(study))
    assert len(sites) == len(excluded) == 0
    assert {"kind", "name", "planning_area_id"} <= set(sites.columns)
