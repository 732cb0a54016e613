"""Walking distances between real addresses: an approximate network against real streets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from kiezreach.network import WalkNetwork
from skeleton.tiles import Tile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PAIR_RANGE_M = (200.0, 1_000.0)  # straight line; the distances that catchments are about
MAX_ORIGINS = 200  # of a tile's addresses, evenly spaced along the sorted list
THRESHOLDS_M = (500, 800, 1_000)
MIN_ADDRESSES_PER_CENTRE = 5
FACTORS = np.round(np.arange(1.0, 2.001, 0.01), 2)


@dataclass(frozen=True)
class Snapped:
    """Points on a network: edge number, metres from its first node, access leg in metres."""

    edge: Ints
    offset: Floats
    access: Floats


def snap(network: WalkNetwork, points: Floats) -> Snapped:
    """Tie points (n, 2) to the nearest place on an edge of the main component."""
    geometry = shapely.points(points)
    nearest = network.main_tree.query_nearest(geometry, all_matches=False)[1]
    edge = network.main_edges[nearest]
    lines = network.lines[edge]
    return Snapped(
        edge, shapely.line_locate_point(lines, geometry), shapely.distance(lines, geometry)
    )


def distances(network: WalkNetwork, origins: Floats, targets: Floats) -> Floats:
    """Return walking distances (n, m) in metres with both access legs.

    Independent of the reach engine: one search from both ends of each origin's edge.
    """
    here, there = snap(network, origins), snap(network, targets)
    nodes, place = np.unique(network.edge_nodes[here.edge], return_inverse=True)
    from_node = dijkstra(network.graph, directed=False, indices=nodes)
    place = place.reshape(-1, 2)
    here_to_end = _to_ends(network, here)
    there_to_end = _to_ends(network, there)
    best = np.full((len(origins), len(targets)), np.inf)
    for i in (0, 1):
        for j in (0, 1):
            between = from_node[place[:, i]][:, network.edge_nodes[there.edge, j]]
            way = here_to_end[:, i, None] + between + there_to_end[None, :, j]
            best = np.minimum(best, way)
    along = np.abs(here.offset[:, None] - there.offset[None, :])
    same = here.edge[:, None] == there.edge[None, :]
    best = np.where(same, np.minimum(best, along), best)
    return np.asarray(best + here.access[:, None] + there.access[None, :])


def _to_ends(network: WalkNetwork, points: Snapped) -> Floats:
    """Return the distances along the edge to its two nodes, (n, 2) metres."""
    return np.stack([points.offset, network.edge_length[points.edge] - points.offset], axis=1)


@dataclass(frozen=True)
class TilePoints:
    """Points of a tile whose nearest real street is surely in the data."""

    xy: Floats
    to_exit: Floats

    def around_border(self, other: TilePoints) -> Floats:
        """Return a lower bound of any path that leaves the tile, (n, m) metres."""
        bound = np.full((len(self.xy), len(other.xy)), np.inf)
        for start, end in zip(self.to_exit.T, other.to_exit.T, strict=True):
            bound = np.minimum(bound, start[:, None] + end[None, :])
        return bound


def usable_points(tile: Tile, points: Floats) -> TilePoints:
    """Keep the points inside the tile that lie nearer to a real street than to the tile's edge."""
    inside = points[shapely.contains_xy(tile.area, points)]
    access = snap(tile.network, inside).access
    to_edge = shapely.distance(shapely.boundary(tile.area), shapely.points(inside))
    kept = inside[access < to_edge]
    exits = shapely.get_coordinates(tile.exits)
    to_exit = np.hypot(*(kept[:, None, :] - exits[None, :, :]).transpose(2, 0, 1))
    return TilePoints(kept, to_exit)


def pair_errors(tile: Tile, addresses: Floats, models: dict[str, WalkNetwork]) -> pd.DataFrame:
    """Return the signed relative error of each model for each pair of addresses.

    A pair counts only if no path that leaves the tile could be shorter than the real distance
    found inside.

    Returns
    -------
    DataFrame
        One row per pair: a column per model, and one for the straight line times the factor that
        fits these pairs best, which stands in ``attrs["factor"]``.
    """
    points = usable_points(tile, addresses)
    count = len(points.xy)
    chosen = np.unique(np.linspace(0, count - 1, min(count, MAX_ORIGINS)).astype(np.int64))
    origins = TilePoints(points.xy[chosen], points.to_exit[chosen])
    real = distances(tile.network, origins.xy, points.xy)
    straight = np.hypot(*(origins.xy[:, None, :] - points.xy[None, :, :]).transpose(2, 0, 1))
    fair = (straight >= PAIR_RANGE_M[0]) & (straight <= PAIR_RANGE_M[1]) & np.isfinite(real)
    fair &= origins.around_border(points) >= real
    fair &= ~(np.isin(np.arange(count), chosen)[None, :] & (chosen[:, None] > np.arange(count)))
    truth = real[fair]
    factor = float(np.median(truth / straight[fair]))
    estimates = {name: distances(net, origins.xy, points.xy)[fair] for name, net in models.items()}
    estimates[STRAIGHT] = straight[fair] * factor
    errors = pd.DataFrame({name: value / truth - 1 for name, value in estimates.items()})
    errors.attrs["factor"] = factor
    return errors


def summarise_errors(name: str, errors: pd.DataFrame) -> pd.DataFrame:
    """Return median and 90th percentile of the absolute error, and the bias, per model."""
    absolute = errors.abs()
    return pd.DataFrame(
        {
            "tile": name,
            "measure": "distance",
            "threshold_m": 0,
            "model": errors.columns,
            "factor": [
                errors.attrs.get("factor", np.nan) if model == STRAIGHT else np.nan
                for model in errors.columns
            ],
            "n": len(errors),
            "median_error": absolute.median().to_numpy(),
            "p90_error": absolute.quantile(0.9).to_numpy(),
            "bias": errors.median().to_numpy(),
        }
    )


STRAIGHT = "straight line x best factor"


def agreement(
    tile: Tile, addresses: Floats, centres: Floats, models: dict[str, WalkNetwork]
) -> pd.DataFrame:
    """Compare "within 500, 800, 1,000 m of a centre", one decision per address and centre.

    Only addresses in the straight-line disc enter, so that far ones do not flatter, and only
    those that no path around the tile's border could reach within the threshold.
    """
    points, places = usable_points(tile, addresses), usable_points(tile, centres)
    if not len(places.xy):
        return pd.DataFrame()
    real = distances(tile.network, places.xy, points.xy)
    straight = np.hypot(*(places.xy[:, None, :] - points.xy[None, :, :]).transpose(2, 0, 1))
    bound = places.around_border(points)
    estimates = {name: distances(net, places.xy, points.xy) for name, net in models.items()}
    rows = []
    for threshold in THRESHOLDS_M:
        used = (straight <= threshold) & (bound > threshold)
        used &= used.sum(axis=1, keepdims=True) >= MIN_ADDRESSES_PER_CENTRE
        if not used.any():
            continue
        truth = real[used] <= threshold
        said = {name: estimate[used] <= threshold for name, estimate in estimates.items()}
        factor = max(FACTORS, key=lambda f: _jaccard(straight[used] * f <= threshold, truth))
        said[STRAIGHT] = straight[used] * factor <= threshold
        rows += [
            {
                "tile": tile.name,
                "measure": "within",
                "threshold_m": threshold,
                "model": name,
                "factor": factor if name == STRAIGHT else np.nan,
                "n": int(used.sum()),
                "centres": int(used.any(axis=1).sum()),
                "accuracy": float((answer == truth).mean()),
                "jaccard": _jaccard(answer, truth),
            }
            for name, answer in said.items()
        ]
    return pd.DataFrame(rows)


def _jaccard(a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_]) -> float:
    """Return the share of the union that both contain."""
    union = (a | b).sum()
    return float((a & b).sum() / union) if union else 1.0
