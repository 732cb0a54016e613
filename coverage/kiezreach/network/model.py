"""The walking network: an undirected graph whose edges keep their real geometry."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from kiezreach.errors import InputError
from kiezreach.network.segments import Segments
from kiezreach.network.water import Water

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

Quality = Literal["surveyed", "approximate"]


@dataclass(frozen=True)
class Provenance:
    """Where a network comes from and how far it can be trusted.

    Parameters
    ----------
    source
        What the ways were taken from.
    data_date
        Date of the data, ISO 8601, or an empty string where unknown.
    licence, attribution
        Licence of the data and the text that every map prints.
    quality
        ``surveyed`` for mapped ways, ``approximate`` for inferred ones.
    accuracy, accuracy_de
        The measured error of an approximate network, in words, in English and German; every
        output repeats it.
    """

    source: str = ""
    data_date: str = ""
    licence: str = ""
    attribution: str = ""
    quality: Quality = "surveyed"
    accuracy: str = ""
    accuracy_de: str = ""

    def accuracy_in(self, language: str) -> str:
        """Return the measured error in a language, in English where there is no other text."""
        return (self.accuracy_de if language == "de" else "") or self.accuracy

    def as_dict(self) -> dict[str, str]:
        """Return the fields as a plain dictionary, for the manifest and the network file."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class WalkNetwork:
    """Ways that a pedestrian may use, as arrays.

    Parameters
    ----------
    crs
        Projected CRS of all coordinates, as an authority string; units are metres.
    node_xy
        Shape (n, 2): coordinates of the nodes.
    edge_nodes
        Shape (m, 2): the two nodes of each edge.
    geometry_offsets
        Shape (m + 1,): where each edge's vertices start in `geometry_xy`.
    geometry_xy
        Shape (k, 2): vertices of all edges, each edge running from its first node to its second.
    edge_tags
        Shape (m,): tag bits, named by `tag_names` from the lowest bit upwards.
    tag_names
        Names of the tag bits.
    edge_name
        Shape (m,): number of each edge's name in `names`, -1 where it has none.
    names
        Names of streets, sorted, each once.
    quantum_m
        Coordinates are whole multiples of this length.
    provenance
        Source, licence and quality.
    clip_buffer_m
        Metres around the area asked for within which the network is whole, None where it was not
        clipped. Walking distances from places in the area are right up to this length.
    edge_main
        Shape (m,): whether each edge belonged to the main component before the network was
        clipped; None where it was not clipped, and the longest component is the main one.
        Clipping may cut the main component in pieces, whose bridge lies beyond the buffer, and
        leave a longer island: people may walk on every piece of the one and on none of the other.
    water
        Water that no access leg crosses, None where none is known; see `with_water`.
    """

    crs: str
    node_xy: npt.NDArray[np.float64]
    edge_nodes: npt.NDArray[np.int64]
    geometry_offsets: npt.NDArray[np.int64]
    geometry_xy: npt.NDArray[np.float64]
    edge_tags: npt.NDArray[np.uint32]
    tag_names: tuple[str, ...]
    edge_name: npt.NDArray[np.int32]
    names: tuple[str, ...]
    quantum_m: float
    provenance: Provenance
    clip_buffer_m: float | None = None
    edge_main: npt.NDArray[np.bool_] | None = None
    water: Water | None = None

    def __post_init__(self) -> None:
        """Freeze the arrays: a network is shared by everything that is computed on it."""
        for array in (
            self.node_xy,
            self.edge_nodes,
            self.geometry_offsets,
            self.geometry_xy,
            self.edge_tags,
            self.edge_name,
            self.edge_main,
        ):
            if array is not None:
                array.flags.writeable = False

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_xy)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.edge_nodes)

    @cached_property
    def lines(self) -> npt.NDArray[np.object_]:
        """Shape (m,): the edges as shapely LineStrings."""
        return shapely.from_ragged_array(
            shapely.GeometryType.LINESTRING, self.geometry_xy, (self.geometry_offsets,)
        )

    def line(self, edge: int) -> shapely.LineString:
        """Return one edge, without making the lines of all of them."""
        first, end = self.geometry_offsets[edge : edge + 2]
        return shapely.LineString(self.geometry_xy[first:end])

    @cached_property
    def edge_length(self) -> npt.NDArray[np.float64]:
        """Shape (m,): length of each edge's geometry in metres."""
        step = np.diff(self.geometry_xy, axis=0)
        length = np.zeros(len(self.geometry_xy))
        np.hypot(step[:, 0], step[:, 1], out=length[:-1])
        length[self.geometry_offsets[1:] - 1] = 0.0  # from an edge's last vertex to the next edge
        return np.add.reduceat(length, self.geometry_offsets[:-1])

    @cached_property
    def edge_component(self) -> npt.NDArray[np.int64]:
        """Shape (m,): connected component of each edge, numbered by falling length from 0."""
        # Not `graph`: it sorts the edges by length, which nobody needs here.
        links = (np.ones(self.n_edges, dtype=np.int8), self.edge_nodes.astype(np.int32).T)
        joined = coo_array(links, shape=(self.n_nodes, self.n_nodes))
        _, label = connected_components(joined, directed=False)
        edge_label = label[self.edge_nodes[:, 0]]
        length = np.bincount(edge_label, self.edge_length, minlength=int(label.max(initial=-1)) + 1)
        order = np.argsort(-length, kind="stable")
        number = np.empty(len(order), dtype=np.int64)
        number[order] = np.arange(len(order))
        return number[edge_label]

    @cached_property
    def main_edges(self) -> npt.NDArray[np.int64]:
        """Indices of the edges of the main component: the ones that points snap to."""
        is_main = self.edge_component == 0 if self.edge_main is None else self.edge_main
        return np.flatnonzero(is_main)

    @cached_property
    def main_tree(self) -> shapely.STRtree:
        """Spatial index over the lines of `main_edges`."""
        return shapely.STRtree(self.lines[self.main_edges])

    @cached_property
    def segments(self) -> Segments:
        """The straight pieces of all edges."""
        return Segments.of(self)

    def with_water(self, shapes: gpd.GeoSeries | gpd.GeoDataFrame) -> WalkNetwork:
        """Return the same network with water that no access leg crosses.

        Parameters
        ----------
        shapes
            Polygons in any CRS. It is not written to network files.

        Raises
        ------
        InputError
            If they have no CRS or are no polygons.
        """
        geometry = shapes.geometry
        if geometry.crs is None or not geometry.geom_type.isin(["Polygon", "MultiPolygon"]).all():
            msg = "the water has no CRS or is not made of polygons"
            raise InputError(msg, remedy="Give polygons with a CRS")
        return replace(self, water=Water(geometry.to_crs(self.crs).to_numpy()))

    @cached_property
    def graph(self) -> csr_array:
        """Shape (n, n): symmetric matrix of edge lengths, the shortest of parallel edges."""
        u, v = self.edge_nodes.T
        walkable = u != v  # a loop leads nowhere new; its interior is reached by offsets
        rows = np.concatenate([u[walkable], v[walkable]])
        cols = np.concatenate([v[walkable], u[walkable]])
        length = np.tile(self.edge_length[walkable], 2)
        order = np.lexsort((length, cols, rows))
        rows, cols, length = rows[order], cols[order], length[order]
        first = np.ones(len(rows), dtype=bool)
        first[1:] = (rows[1:] != rows[:-1]) | (cols[1:] != cols[:-1])
        shape = (self.n_nodes, self.n_nodes)
        found = csr_array((length[first], (rows[first], cols[first])), shape=shape)
        # scipy searches with 32-bit indices; others it would convert anew for every search.
        found.indices, found.indptr = found.indices.astype(np.int32), found.indptr.astype(np.int32)
        return found

    def with_provenance(self, provenance: Provenance) -> WalkNetwork:
        """Return the same network under another provenance."""
        return replace(self, provenance=provenance)

    def save(self, path: str | Path) -> None:
        """Write the network to a compact file that `read_network` reads back bit for bit.

        Parameters
        ----------
        path
            File to write; by custom it ends in ``.walk.parquet``.
        """
        from kiezreach.network.file import write_network_file

        write_network_file(self, Path(path))
