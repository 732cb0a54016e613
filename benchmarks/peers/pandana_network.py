"""pandana: contraction hierarchies in C++."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from measuring import AbsentError

if TYPE_CHECKING:
    import numpy.typing as npt
    from pandana import Network

    from kiezreach.network import WalkNetwork


def require() -> None:
    """Raise `AbsentError` where pandana cannot be imported."""
    try:
        import pandana  # noqa: F401
    except ImportError as error:
        msg = f"pandana cannot be imported ({error})"
        raise AbsentError(msg) from error


def build(net: WalkNetwork) -> Network:
    """Build the hierarchy; by far the most of pandana's time."""
    from pandana import Network

    u, v = net.edge_nodes.T
    lengths = pd.DataFrame({"length": net.edge_length})
    x, y = (pd.Series(column) for column in net.node_xy.T)
    return Network(x, y, pd.Series(u), pd.Series(v), lengths, twoway=True)


def nearest_centre(
    network: Network, xy: npt.NDArray[np.float64], limit: float
) -> npt.NDArray[np.float64]:
    """Distance of every node to the nearest of some places, inf beyond the limit."""
    network.set_pois("centres", limit, 1, pd.Series(xy[:, 0]), pd.Series(xy[:, 1]))
    table = network.nearest_pois(limit, "centres", num_pois=1, include_poi_ids=True)
    table = table.sort_index()
    return np.where(table["poi1"].notna(), table[1].to_numpy(dtype=np.float64), np.inf)


def distances(
    network: Network, node: int, places: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Distance of one node to some others."""
    return np.array(network.shortest_path_lengths([node] * len(places), places.tolist()))


def snap(network: Network, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Nearest node of points."""
    return network.get_node_ids(pd.Series(xy[:, 0]), pd.Series(xy[:, 1])).to_numpy()
