"""Catchments of three thresholds around all centres of a city, the first time and again."""

from __future__ import annotations

from dataclasses import replace

from inputs import LIMIT_M, THRESHOLDS_M, Settings, centres_on
from measuring import Case, Operation

import kiezreach as kr
from kiezreach.reach import Reach


def inputs(settings: Settings) -> list[str]:
    """Names of the inputs."""
    return settings.networks


def operation(settings: Settings, name: str) -> Operation:
    """Draw the catchments on one network."""
    net = settings.network(name)
    reach = kr.reach(net, centres_on(net).frame, limit=LIMIT_M)
    cases = [
        Case(
            "first time",
            lambda fresh: kr.catchments(fresh, THRESHOLDS_M),
            before=lambda _: forgetful(reach),
        ),
        Case("again on the same network", lambda _: kr.catchments(reach, THRESHOLDS_M)),
    ]
    low, high = net.node_xy.min(axis=0), net.node_xy.max(axis=0)
    km2 = (high - low).prod() / 1e6
    size = f"{km2:,.0f} km2, {len(reach.centre_ids)} centres, 10 m cells"
    return Operation(f"Catchments of 500, 800 and 1,000 m: {name}, {size}", cases)


def forgetful(reach: Reach) -> Reach:
    """Copy a reach to a copy of its network, on which no cell is remembered."""
    net = reach.net.with_provenance(reach.net.provenance)
    net.__dict__.update(reach.net.__dict__)  # the matrix and the spatial index stay ready
    return replace(reach, net=net)
