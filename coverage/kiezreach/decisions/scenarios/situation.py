"""Where centres and residents are, and how far they walk: before a change, and after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.network.changes import with_link, without_edges
from kiezreach.network.snap import Snap, snap
from kiezreach.reach.update import change_network, close_centres, open_centre

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from kiezreach.network.changes import ChangedNetwork
    from kiezreach.reach import Reach
    from kiezreach.reach.update import Update


@dataclass(frozen=True, eq=False)
class Situation:
    """Centres, residents and walks; every change returns another situation.

    Parameters
    ----------
    reach
        Walking distances to the centres.
    centres
        The centres, indexed and sorted by id, with ``name``, ``kind`` and ``district_id``.
    residents
        Resident points with ``residents``, the age groups and ``planning_area_id``; whoever moved
        in stands last.
    place
        Where the residents stand on the network.
    walk, nearest
        Shape (n,): walking distance of each point in metres, inf where none is reached, and the
        position of its nearest centre, -1 for none.
    max_snap_m
        Longest access leg of a centre in metres.
    """

    reach: Reach
    centres: gpd.GeoDataFrame
    residents: gpd.GeoDataFrame
    place: Snap
    walk: npt.NDArray[np.float64]
    nearest: npt.NDArray[np.int64]
    max_snap_m: float

    @property
    def nearest_id(self) -> npt.NDArray[np.object_]:
        """Shape (n,): id of each point's nearest centre, empty for none."""
        ids = np.append(self.reach.centre_ids.to_numpy(dtype=object), "")
        return ids[self.nearest]

    def closed(self, centre_id: str) -> Situation:
        """Close a centre."""
        gone = self.reach.centre_ids.get_indexer(pd.Index([centre_id]))
        after = _after(self, close_centres(self.reach, gone))
        return replace(after, centres=self.centres.drop(index=centre_id))

    def opened(
        self, centre_id: str, facts: Mapping[str, Any], point: shapely.Point, place: Snap
    ) -> Situation:
        """Open a centre.

        Parameters
        ----------
        centre_id
            An id that no centre has.
        facts
            Values of columns of the centres; other columns stay empty.
        point
            Where it stands, in the network's CRS.
        place
            Its place on the network; one place.
        """
        update = open_centre(self.reach, centre_id, place, shapely.get_coordinates(point)[0])
        columns: dict[str, list[Any]] = {
            name: [facts.get(name, _blank(self.centres[name]))]
            for name in self.centres.columns.drop("geometry")
        }
        index = pd.Index([centre_id], name=self.centres.index.name)
        row = gpd.GeoDataFrame(columns, geometry=[point], index=index, crs=self.centres.crs)
        row = row.astype(self.centres.dtypes.drop("geometry").to_dict())
        centres = pd.concat([self.centres, row[self.centres.columns]]).sort_index()
        return replace(_after(self, update), centres=centres)

    def resized(self, centre_id: str, capacity: float) -> Situation:
        """Change the capacity of a centre; no walk depends on it."""
        centres = self.centres.copy()
        if "capacity" not in centres:
            centres["capacity"] = np.nan
        centres.loc[centre_id, "capacity"] = capacity
        return replace(self, centres=centres)

    def with_way(self, start: Snap, end: Snap, length_m: float | None) -> Situation:
        """Build a way between two places of the network; see `kiezreach.network.changes`."""
        return _on_network(self, with_link(self.reach.net, start, end, length_m))

    def without_ways(self, edges: npt.NDArray[np.int64]) -> Situation:
        """Close ways; whoever was tied to one, people or centres, is tied to the next one."""
        on_them = np.isin(self.reach.centres.edge, edges)
        moved = self.reach.centre_ids[on_them]
        left = self
        for centre_id in moved:
            left = left.closed(str(centre_id))
        here = _on_network(left, without_edges(self.reach.net, edges))
        for centre_id in moved:
            row = self.centres.loc[centre_id]
            xy = shapely.get_coordinates(row.geometry)
            place = snap(here.reach.net, xy, self.max_snap_m)
            here = here.opened(str(centre_id), row.to_dict(), row.geometry, place)
        return here

    def with_residents(self, newcomers: gpd.GeoDataFrame) -> Situation:
        """Let people move in; no other walk changes."""
        place = self.reach.snap(newcomers)
        walk, nearest = self.reach.at(place)
        return replace(
            self,
            residents=pd.concat([self.residents, newcomers[self.residents.columns]]),
            place=_joined(self.place, place),
            walk=np.append(self.walk, walk),
            nearest=np.append(self.nearest, nearest),
        )


def _on_network(here: Situation, changed: ChangedNetwork) -> Situation:
    """Walk on a changed network; whoever has lost a street is tied to the next one."""
    update = change_network(here.reach, changed)
    place = changed.moved(here.place)
    anew = np.flatnonzero(here.place.linked & ~place.linked)
    if len(anew):
        found = update.reach.snap(here.residents.iloc[anew])
        place = Snap(place.edge, place.offset, place.access.copy())
        place.edge[anew], place.offset[anew] = found.edge, found.offset
        place.access[anew] = found.access
    return _after(replace(here, place=place), update, anew)


def _after(here: Situation, update: Update, anew: npt.NDArray[np.int64] | None = None) -> Situation:
    """Find the walks of the points anew that an update touches or that are tied anew."""
    again = here.place.linked & update.touched[here.place.edge]
    if anew is not None:
        again[anew] = True
    at = np.flatnonzero(again)
    walk, nearest = here.walk.copy(), update.renumbered(here.nearest)
    part = Snap(here.place.edge[at], here.place.offset[at], here.place.access[at])
    walk[at], nearest[at] = update.reach.at(part)
    return replace(here, reach=update.reach, walk=walk, nearest=nearest)


def _joined(one: Snap, other: Snap) -> Snap:
    """Return the places of both."""
    return Snap(
        np.append(one.edge, other.edge),
        np.append(one.offset, other.offset),
        np.append(one.access, other.access),
    )


def _blank(column: pd.Series) -> object:
    """Return what a column holds where nothing is known."""
    return np.nan if pd.api.types.is_float_dtype(column) else "" if column.dtype == object else 0
