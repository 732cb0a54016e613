"""The missing links of Berlin: built one by one, they bring whom the list says."""

from __future__ import annotations

import numpy as np

import kiezreach as kr
from kiezreach.decisions.missing_links import missing_links
from kiezreach.gaps import Homes
from kiezreach.network.changes import with_link
from kiezreach.network.snap import snap
from kiezreach.sources.areas import read_areas
from kiezreach.sources.barriers import read_barriers
from kiezreach.sources.centres import read_centres
from kiezreach.sources.residents import read_inhabited, read_residents
from kiezreach.study_networks import read_study_network

T = 800


def test_all_walks_anew_with_a_link_serve_whom_it_is_said_to_bring():
    study = kr.berlin()
    areas = read_areas(study)
    centres, _ = read_centres(study, areas)
    residents, _ = read_residents(study, areas)
    net, _ = read_study_network(study, areas)
    limits = {"max_snap_m": study.analysis.max_snap_m, "max_access_m": study.analysis.max_access_m}
    today = kr.reach(net, centres, 5000, **limits)
    homes = Homes.of(residents, today, None)
    links = missing_links(
        today, homes, T, areas, read_barriers(study, areas), read_inhabited(study, areas),
        study.missing_links,
    )  # fmt: skip
    assert len(links) == study.missing_links.links_listed
    for link in links.iloc[::7].itertuples():
        start, end = (snap(net, np.array([xy]), 1) for xy in link.geometry.coords)
        built = with_link(net, start, end, link.length_m)
        then, _ = kr.reach(built.net, centres, 5000, **limits).at(built.moved(homes.place))
        served = [homes.residents[walk <= T].sum() for walk in (homes.distance, then)]
        assert served[1] - served[0] == link.residents_gained
        assert (then <= homes.distance).all()
