"""Build a walking network from ways: sequences of vertices that join where they share one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kiezreach.errors import NetworkError
from kiezreach.network.model import Provenance, WalkNetwork

if TYPE_CHECKING:
    import numpy.typing as npt

    _Indices = npt.NDArray[np.int32] | npt.NDArray[np.int64]

DEFAULT_QUANTUM_M = 0.001  # one millimetre: finer than any survey, exact in a 32-bit integer


def network_from_ways(
    vertex_xy: npt.NDArray[np.float64],
    way_offsets: npt.NDArray[np.int64],
    way_vertices: _Indices,
    *,
    crs: str,
    way_tags: npt.NDArray[np.uint32] | None = None,
    tag_names: tuple[str, ...] = (),
    way_names: npt.NDArray[np.object_] | None = None,
    way_main: npt.NDArray[np.bool_] | None = None,
    quantum_m: float = DEFAULT_QUANTUM_M,
    provenance: Provenance | None = None,
) -> WalkNetwork:
    """Build a network from ways that join exactly where they share a vertex.

    Parameters
    ----------
    vertex_xy
        Shape (p, 2): vertex coordinates in metres. Two vertices at one place stay two
        (a bridge over a street), unless a way connects them.
    way_offsets
        Shape (w + 1,): where each way starts in `way_vertices`.
    way_vertices
        Indices into `vertex_xy`. Vertices that no way uses are allowed.
    crs
        Projected CRS of the coordinates.
    way_tags
        Shape (w,): tag bits of each way.
    tag_names
        Names of the tag bits, lowest first.
    way_names
        Shape (w,): name of each way, empty where it has none.
    way_main
        Shape (w,): whether each way belongs to the main component of what the ways were clipped
        out of; by default the longest component is the main one.
    quantum_m
        Grid that coordinates are rounded to.
    provenance
        Source and quality.

    Returns
    -------
    WalkNetwork
        Ways cut into edges at every shared vertex. Repeated vertices and ways without length
        vanish.

    Raises
    ------
    NetworkError
        If no way is left.
    """
    in_use = np.zeros(len(vertex_xy), dtype=bool)
    in_use[way_vertices] = True
    position = np.asarray(vertex_xy, dtype=np.float64) / quantum_m
    position[~in_use] = 0.0  # may be anything, and not a number
    steps = np.round(position, out=position).astype(np.int64)
    # From integers, as the network file gives them back: there is no negative zero.
    xy: npt.NDArray[np.float64] = np.multiply(steps, np.float64(quantum_m), out=position)
    vertices, way = _merge_zero_steps(
        way_vertices,
        np.repeat(np.arange(len(way_offsets) - 1, dtype=np.int32), np.diff(way_offsets)),
        steps,
    )
    del steps  # as large as the coordinates: a large city's network is built in less memory
    sequence, offsets, edge_way = _cut_into_edges(vertices, way, len(xy))
    del vertices, way
    if not len(sequence):
        msg = "no walkable way is left"
        raise NetworkError(msg, remedy="Check that the file holds streets and paths as lines")
    tags = np.zeros(len(way_offsets) - 1, dtype=np.uint32) if way_tags is None else way_tags
    _, edge_name = _number_names(way_names, edge_way)
    edge_tags = np.asarray(tags, dtype=np.uint32)[edge_way]
    sequence = _in_one_direction(sequence, offsets, xy)
    once = _without_twins(sequence, offsets, edge_tags, edge_name)
    sequence = sequence[np.repeat(once, np.diff(offsets))]
    offsets = np.concatenate([[0], np.cumsum(np.diff(offsets)[once])]).astype(np.int64)
    edge_tags = edge_tags[once]
    edge_way = edge_way[once]
    names, edge_name = _number_names(way_names, edge_way)
    nodes, index = np.unique(
        np.concatenate([sequence[offsets[:-1]], sequence[offsets[1:] - 1]]), return_inverse=True
    )
    edge_nodes = index.reshape(2, -1).T.astype(np.int64)
    return WalkNetwork(
        crs=crs,
        node_xy=xy[nodes],
        edge_nodes=edge_nodes,
        geometry_offsets=offsets,
        geometry_xy=xy[sequence],
        edge_tags=edge_tags,
        tag_names=tag_names,
        edge_name=edge_name,
        names=names,
        quantum_m=quantum_m,
        provenance=provenance or Provenance(),
        edge_main=None if way_main is None else way_main[edge_way],
    )


def _cut_into_edges(
    vertices: _Indices, way: _Indices, n_vertices: int
) -> tuple[_Indices, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Cut ways into edges; the end of each way, and every vertex met more than once, is a node.

    Returns
    -------
    array
        Vertices of all edges, one edge after the other.
    array, shape (m + 1,)
        Where each edge starts among them.
    array, shape (m,)
        Way of each edge.
    """
    start = np.ones(len(way), dtype=bool)
    start[1:] = way[1:] != way[:-1]
    end = np.roll(start, -1)
    usable = ~(start & end)
    vertices, way, start, end = vertices[usable], way[usable], start[usable], end[usable]
    is_node = np.bincount(vertices, minlength=n_vertices) > 1
    is_node[vertices[start | end]] = True
    cut = is_node[vertices] & ~start & ~end
    repeat = np.where(cut, 2, 1)
    # An edge begins at a way's start and at the second copy of each inner node.
    copies_before = np.cumsum(repeat) - repeat
    begins = np.sort(np.concatenate([copies_before[start], copies_before[cut] + 1]))
    sequence = cast("_Indices", np.repeat(vertices, repeat))
    edge_way = np.repeat(way, repeat)[begins].astype(np.int64)
    return sequence, np.append(begins, len(sequence)).astype(np.int64), edge_way


def _in_one_direction(
    sequence: _Indices, offsets: npt.NDArray[np.int64], xy: npt.NDArray[np.float64]
) -> _Indices:
    """Let every edge run from its western end (of equal ones, the southern) to the other.

    Then the direction in which a way was drawn leaves no trace, not even in rounding.
    """
    first, last = sequence[offsets[:-1]], sequence[offsets[1:] - 1]
    (x, y), (x_last, y_last) = xy[first].T, xy[last].T
    back = (x_last < x) | ((x_last == x) & (y_last < y))
    at = np.flatnonzero(np.repeat(back, np.diff(offsets)))
    turned = sequence.copy()
    # The positions of an edge's vertex before and after turning sum to this.
    both = (offsets[:-1] + offsets[1:] - 1)[back]
    turned[at] = sequence[np.repeat(both, np.diff(offsets)[back]) - at]
    return turned


def _without_twins(
    sequence: _Indices,
    offsets: npt.NDArray[np.int64],
    tags: npt.NDArray[np.uint32],
    name: npt.NDArray[np.int32],
) -> npt.NDArray[np.bool_]:
    """Mark one edge of those that several ways draw over the same two vertices.

    Ways that share vertices are cut at each of them, so what they share are straight pieces. Of
    twins a named one stays, then the one with the lower tags; otherwise a point could stand on
    one of them and a centre on the other, with a detour between.
    """
    keep = np.ones(len(offsets) - 1, dtype=bool)
    straight = np.flatnonzero(np.diff(offsets) == 2)  # noqa: PLR2004 - two vertices
    a, b = sequence[offsets[straight]], sequence[offsets[straight + 1] - 1]
    order = np.lexsort((name[straight], tags[straight], name[straight] < 0, b, a))
    a, b = a[order], b[order]
    twin = np.zeros(len(order), dtype=bool)
    twin[1:] = (a[1:] == a[:-1]) & (b[1:] == b[:-1])
    keep[straight[order[twin]]] = False
    return keep


def _number_names(
    way_names: npt.NDArray[np.object_] | None, edge_way: _Indices
) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """Give each name in use a number, and each edge the number of its way's name."""
    if way_names is None:
        return (), np.full(len(edge_way), -1, dtype=np.int32)
    way_code, found = pd.factorize(way_names)
    edge_code = way_code[edge_way]
    in_use = np.unique(edge_code).tolist()
    used = sorted((found[code], code) for code in in_use if code >= 0 and found[code] != "")
    number = np.full(len(found) + 1, -1, dtype=np.int32)  # the last: None and NaN
    number[[code for _, code in used]] = np.arange(len(used), dtype=np.int32)
    return tuple(name for name, _ in used), number[edge_code]


def _merge_zero_steps(
    vertices: _Indices, way: _Indices, steps: npt.NDArray[np.int64]
) -> tuple[_Indices, _Indices]:
    """Make one vertex of neighbours in a way that lie on one grid point, and drop the repeats.

    The merge is transitive and holds for all ways, so that no connection is lost with the
    step that has no length.
    """
    same_place = way[1:] == way[:-1]
    for axis in (0, 1):
        at = steps[:, axis][vertices]
        same_place &= at[1:] == at[:-1]
    if not same_place.any():
        return vertices, way
    a, b = vertices[:-1][same_place], vertices[1:][same_place]
    joins = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(steps), len(steps)))
    _, label = connected_components(joins, directed=False)
    representative = np.zeros(label.max() + 1, dtype=vertices.dtype)
    # Written from the back so that the lowest vertex of each group stands for it.
    representative[label[::-1]] = np.arange(len(steps))[::-1]
    vertices = representative[label[vertices]]
    keep = np.ones(len(way), dtype=bool)
    keep[1:] = (vertices[1:] != vertices[:-1]) | (way[1:] != way[:-1])
    return vertices[keep], way[keep]


def network_from_lines(
    lines: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    tags: npt.NDArray[np.uint32] | None = None,
    tag_names: tuple[str, ...] = (),
    names: npt.NDArray[np.object_] | None = None,
    quantum_m: float = DEFAULT_QUANTUM_M,
    provenance: Provenance | None = None,
) -> WalkNetwork:
    """Build a network from a line layer, joined where vertices coincide.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings in a projected CRS in metres.
    tags
        Shape (len(lines),): tag bits of each row.
    tag_names
        Names of the tag bits, lowest first.
    names
        Shape (len(lines),): name of each row, empty where it has none.
    quantum_m
        Vertices closer than half of this in x and y coincide.
    provenance
        Source and quality.

    Returns
    -------
    WalkNetwork
        Lines that cross without a common vertex are not joined.

    Raises
    ------
    NetworkError
        Without a CRS, with one in degrees, with other geometry than lines, or when nothing
        is left.
    """
    geometry = lines.geometry
    if geometry.crs is None:
        msg = "the line layer has no CRS"
        raise NetworkError(msg, remedy="Set its CRS, for example EPSG:25833 for Berlin")
    if geometry.crs.is_geographic:
        msg = f"the line layer is in degrees ({geometry.crs.to_string()})"
        raise NetworkError(msg, remedy="Convert it to a projected CRS in metres first")
    usable = ~(geometry.isna() | geometry.is_empty).to_numpy()
    if not geometry[usable].geom_type.isin(["LineString", "MultiLineString"]).all():
        other = sorted(set(geometry[usable].geom_type) - {"LineString", "MultiLineString"})
        msg = f"the line layer holds {', '.join(other)}"
        raise NetworkError(msg, remedy="Keep lines only")
    parts, row = shapely.get_parts(geometry.to_numpy()[usable], return_index=True)
    coordinates, line = shapely.get_coordinates(parts, return_index=True)
    key = np.round(coordinates / quantum_m).astype(np.int64)
    unique, vertex = np.unique(key, axis=0, return_inverse=True)
    offsets = np.searchsorted(line, np.arange(len(parts) + 1)).astype(np.int64)
    rows = np.flatnonzero(usable)[row]
    return network_from_ways(
        unique * quantum_m,
        offsets,
        vertex.reshape(-1).astype(np.int64),
        crs=geometry.crs.to_string(),
        way_tags=None if tags is None else np.asarray(tags)[rows],
        tag_names=tag_names,
        way_names=None if names is None else np.asarray(names)[rows],
        quantum_m=quantum_m,
        provenance=provenance,
    )
