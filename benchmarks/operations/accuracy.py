"""How true catchment polygons are: compared with the rule for points, point by point.

The truth is the definition in docs/design.md: a point is in a catchment if its access leg to the
nearest street and its walk are short enough. It is asked of every point of a fine grid around each
centre through the spatial index that residents are snapped with, not through the cells that
kiezreach's polygons are drawn from.

With the usual legs of up to 150 m, tools that paint streets and their surroundings follow another
rule. With legs of up to 25 m, the width of OSMnx's buffer, all follow about the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import shapely
from inputs import LIMIT_M, THRESHOLDS_M, Centres, Settings, centres_on
from measuring import AbsentError, Operation
from operations import polygons
from peers import osmnx_recipe

import kiezreach as kr
from kiezreach.defaults import CELL_M, MAX_ACCESS_M
from kiezreach.network.snap import snap

CENTRES = 20
LEGS_M = (MAX_ACCESS_M, osmnx_recipe.EDGE_BUFFER_M)
POINT_EVERY_M = 5.0  # off the middles of 10 m cells
MARGIN_M = 150.0  # around what a straight walk could reach: some shapes go beyond it

Truth = list[tuple[np.ndarray, np.ndarray]]


def inputs(settings: Settings) -> list[str]:  # noqa: ARG001
    """Names of the inputs."""
    return [f"{name}, legs up to {m:g} m" for name in ("Kreuzberg", "Malta") for m in LEGS_M]


def operation(settings: Settings, name: str) -> Operation:
    """Draw the catchments with every tool and compare them with the points."""
    network, legs = name.split(", legs up to ")
    leg_m = float(legs.removesuffix(" m"))
    net = settings.network(network)
    centres = centres_on(net, 4 if settings.quick else CENTRES)
    cases = [
        polygons.kiezreach(net, centres, CELL_M, leg_m),
        *polygons.recipes(net, centres),
    ]
    skipped = {}
    try:
        cases.append(polygons.valhalla(settings, network, net, centres))
    except AbsentError as absent:
        skipped["Valhalla"] = str(absent)
    title = f"Accuracy: {len(centres.nodes)} centres, a point every {POINT_EVERY_M:g} m: {name}"
    return Operation(title, cases, score=_scoring(net, centres, leg_m), skipped=skipped)


def _scoring(
    net: kr.WalkNetwork, centres: Centres, leg_m: float
) -> Callable[[list[shapely.Geometry]], dict[str, str]]:
    """Return what compares the shapes of one tool, centre by centre, with the points."""
    truth: Truth = []

    def score(shapes: list[shapely.Geometry]) -> dict[str, str]:
        if not truth:  # asked once for all tools
            truth.extend(_truth(net, centres, leg_m))
        return score_shapes(shapes, truth)

    return score


def _truth(
    net: kr.WalkNetwork, centres: Centres, leg_m: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield for each centre the points around it and their walking distance."""
    reaches = kr.reach_each(net, centres.frame, LIMIT_M, max_access_m=leg_m)
    side = np.arange(-THRESHOLDS_M[-1] - MARGIN_M, THRESHOLDS_M[-1] + MARGIN_M, POINT_EVERY_M)
    around = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2) + POINT_EVERY_M / 2
    for reach in reaches.values():
        corner = np.floor(reach.centre_xy[0] / POINT_EVERY_M) * POINT_EVERY_M
        xy = corner + around
        yield xy, reach.at(snap(net, xy, leg_m))[0]


def score_shapes(shapes: list[shapely.Geometry], truth: Truth) -> dict[str, str]:
    """Compare shapes with the truth.

    Parameters
    ----------
    shapes
        By centre, and within it by threshold.
    truth
        By centre: points, and their walking distance.
    """
    counts = np.zeros((len(truth), len(THRESHOLDS_M), 3))
    for k, (xy, walk) in enumerate(truth):
        for j, threshold in enumerate(THRESHOLDS_M):
            shape = shapely.make_valid(shapes[k * len(THRESHOLDS_M) + j])
            shapely.prepare(shape)
            painted, reached = shapely.contains_xy(shape, *xy.T), walk <= threshold
            counts[k, j] = (
                (painted & reached).sum(),
                (painted & ~reached).sum(),
                (reached & ~painted).sum(),
            )
    common, wrong, missed = np.moveaxis(counts, -1, 0)
    iou = common / (common + wrong + missed)
    figures = {
        f"IoU {threshold:g} m": f"{np.median(iou[:, j]):.3f}"
        for j, threshold in enumerate(THRESHOLDS_M)
    }
    reached_points = (common + missed).sum()
    return {
        **figures,
        "lowest IoU": f"{iou.min():.3f}",
        "painted, not in reach": f"{wrong.sum() / reached_points:.1%}",
        "in reach, not painted": f"{missed.sum() / reached_points:.1%}",
    }
