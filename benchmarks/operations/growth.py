"""How the cost grows with the network and with the number of centres."""

from __future__ import annotations

from inputs import LIMIT_M, THRESHOLDS_M, Settings, centres_on, warm
from measuring import Case, Operation
from operations.city_catchments import forgetful
from peers import scipy_call
from synthetic_city import synthetic_city

import kiezreach as kr

NODES = (10_000, 30_000, 100_000, 200_000, 400_000)
CENTRES = (10, 30, 100, 300, 1_000)


def inputs(settings: Settings) -> list[str]:
    """Names of the inputs: first a growing city, then more centres in the largest one."""
    nodes, centres = (NODES[:2], CENTRES[:3]) if settings.quick else (NODES, CENTRES)
    cities = [f"{n} nodes, 300 centres" for n in nodes]
    return cities + [f"{nodes[-1]} nodes, {n} centres" for n in centres if n != 300]


def operation(settings: Settings, name: str) -> Operation:  # noqa: ARG001
    """Search and draw in one city."""
    size, number = (int(part.split()[0]) for part in name.split(", "))
    net = warm(synthetic_city(size))
    centres = centres_on(net, number)
    reach = kr.reach(net, centres.frame, limit=LIMIT_M)
    cases = [
        Case(
            "scipy, bare call",
            lambda matrix: scipy_call.nearest_centre(matrix, centres.nodes, LIMIT_M),
            prepare=lambda: scipy_call.build(net),
        ),
        Case("kiezreach.reach", lambda _: kr.reach(net, centres.frame, limit=LIMIT_M)),
        Case(
            "catchments, first time",
            lambda fresh: kr.catchments(fresh, THRESHOLDS_M),
            before=lambda _: forgetful(reach),
        ),
        Case("catchments, again", lambda _: kr.catchments(reach, THRESHOLDS_M)),
    ]
    return Operation(f"Growth: {net.n_nodes:,} nodes, {len(centres.nodes):,} centres", cases)
