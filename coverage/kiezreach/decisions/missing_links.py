"""Missing links: the single new crossing or passage that would bring most people within reach.

A link joins two places on the network that are close in a straight line and far on foot. Nobody
on the side that is nearer to a centre walks less for it. On the other side a home gains where its
walk to the link, the link and the walk on from there are short enough together: one search from
the link's far end counts exactly whom it brings within reach. How many live near enough, and lack
no more than the link saves, bounds that count from above; so far ends are counted in the order of
their bounds, until no bound exceeds what was found.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from kiezreach.decisions.link_ground import LinkGround
from kiezreach.decisions.link_pairs import END_M, Pairs, Places
from kiezreach.network.segments import EQUAL_M
from kiezreach.network.snap import Snap
from kiezreach.reach import CentreReaches
from kiezreach.reach.lengths import rounded
from kiezreach.sources.areas import area_of_points, holding_areas

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.gaps import Homes
    from kiezreach.reach import Reach
    from kiezreach.study import MissingLinks

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]


def missing_links(
    everywhere: Reach,
    homes: Homes,
    threshold: float,
    areas: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame,
    inhabited: gpd.GeoDataFrame,
    rules: MissingLinks,
) -> gpd.GeoDataFrame:
    """Find the single links that would bring most residents within reach of a centre.

    Parameters
    ----------
    everywhere
        Walking distances to all centres.
    homes
        Residents on the same network.
    threshold
        Walk in metres within which a resident is served.
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them; both ends of a link lie in
        them.
    barriers
        ``kind`` and lines or polygons, by which links are named.
    inhabited
        Blocks that residents live in.
    rules
        How long a link may be, what it leads across and must save, how many are listed.

    Returns
    -------
    GeoDataFrame
        In the network's CRS, by rank: ``link_id``, ``rank``, ``barrier`` (as
        `kiezreach.decisions.link_ground.LinkGround` names it), ``name`` (planning areas of both
        ends), ``planning_area_id`` and ``district_id`` of the far end, ``length_m`` (straight),
        ``share_in_blocks`` (of the length), ``between_m`` (walk between the ends today, NaN
        beyond the reach's limit), ``walk_now_m`` and ``walk_new_m`` (from the
        far end to the nearest centre, today and with the link; today's is NaN likewise),
        ``residents_gained``, ``threshold_m``, ``from_lon``, ``from_lat`` (far end), ``to_lon``,
        ``to_lat``, and the straight line from the far end to the near one.

    Notes
    -----
    Each link is counted alone. Homes keep the street that they are tied to: a link is a way
    through, not a street to live on. Of links whose far ends lie closer together than
    ``rules.link_spacing_m`` the best alone is listed; of equally good ones that with the shorter
    walk, then that with the smaller x and y of its far end.
    """
    places = Places.on(everywhere)
    pairs = Pairs.of(places, threshold, rules.max_link_m)
    finest = areas[areas["level"] == areas["level"].iloc[-1]]
    ends = np.union1d(pairs.far, pairs.near)
    area = np.full(len(places.xy), "", dtype=object)
    points = gpd.GeoSeries(shapely.points(places.xy[ends]), crs=everywhere.net.crs)
    area[ends] = area_of_points(points.to_crs(areas.crs), finest)
    ground = LinkGround(barriers, inhabited, everywhere.net.crs)
    pairs = pairs.within(area != "")
    search = _Search.of(everywhere, homes, threshold, places, pairs, ground, rules)
    return _table(search, search.best(), area, areas)


@dataclass(frozen=True, eq=False)
class _Link:
    """A link, with the number of its far end among the far ends and of its pair."""

    number: int
    pair: int
    gained: int


@dataclass(frozen=True, eq=False)
class _Search:
    """Everything by which links are counted.

    Parameters
    ----------
    everywhere, threshold, places, pairs, ground, rules
        As given.
    first
        Shape (f + 1,): where the pairs of each far end begin; its best pair stands first.
    each
        Walks from every far end, as far as a count needs them.
    home, home_xy, residents, walk
        Where the residents beyond the threshold live, how many they are, how far they walk.
    """

    everywhere: Reach
    threshold: float
    places: Places
    pairs: Pairs
    ground: LinkGround
    rules: MissingLinks
    first: Indices
    each: CentreReaches
    home: Snap
    home_xy: Floats
    residents: Indices
    walk: Floats

    @classmethod
    def of(
        cls,
        everywhere: Reach,
        homes: Homes,
        threshold: float,
        places: Places,
        pairs: Pairs,
        ground: LinkGround,
        rules: MissingLinks,
    ) -> _Search:
        """Put together the far ends and the homes that could gain."""
        far, first = np.unique(pairs.far, return_index=True)
        out = homes.unserved(threshold)
        out = out[homes.place.linked[out]]
        longest = max(threshold, float(_apart(rules, np.array(rules.max_link_m))))
        ends = places[far]
        return cls(
            everywhere=everywhere,
            threshold=threshold,
            places=places,
            pairs=pairs,
            ground=ground,
            rules=rules,
            first=np.append(first, len(pairs.far)),
            each=_walks_from(everywhere, ends, min(longest, everywhere.limit)),
            home=Snap(homes.place.edge[out], homes.place.offset[out], homes.place.access[out]),
            home_xy=shapely.get_coordinates(homes.points[out]),
            residents=homes.residents[out],
            walk=homes.distance[out],
        )

    def best(self) -> list[_Link]:
        """Return the best links, the first first; see `missing_links` for their order."""
        xy = self.places.xy[self.pairs.far[self.first[:-1]]]
        queue = [(-b, False, 0.0, *xy[k], k) for k, b in enumerate(self.bounds()) if b > 0]
        heapq.heapify(queue)
        counted: dict[int, _Link] = {}
        chosen: list[int] = []
        while queue and len(chosen) < self.rules.links_listed:
            *_, k = last = heapq.heappop(queue)
            if (np.hypot(*(xy[chosen] - xy[k]).T) < self.rules.link_spacing_m).any():
                continue
            if k in counted:
                chosen.append(k)
            elif (link := self.count(k)) is not None:
                counted[k] = link
                walk = float(self.pairs.walk[link.pair])
                heapq.heappush(queue, (-link.gained, True, walk, *last[3:]))
        return [counted[k] for k in chosen]

    def bounds(self) -> list[int]:
        """Return how many residents could be served at most over a link from each far end.

        Whoever gains lives no farther from it, in a straight line, than its walk leaves over; and
        walks today at most as much beyond the threshold as the link saves there.
        """
        pairs = self.first[:-1]
        far, walk = self.pairs.far[pairs], self.pairs.walk[pairs]
        left = self.threshold - walk + EQUAL_M
        near = cKDTree(self.home_xy).query_ball_point(self.places.xy[far], left)
        size = np.array([len(homes) for homes in near], dtype=np.int64)
        home = np.concatenate([*near, []]).astype(np.int64)
        link = np.repeat(np.arange(len(far)), size)
        longest = (self.threshold + self.places.walk[far] - walk + EQUAL_M)[link]
        reached = (self.walk[home] <= longest) | np.isinf(self.walk[home])
        weight = self.residents[home[reached]]
        return np.bincount(link[reached], weight, minlength=len(far)).astype(np.int64).tolist()

    def count(self, k: int) -> _Link | None:
        """Count whom the best link from a far end serves; None if there is none or it is nobody."""
        alone = self.each[k]
        own = np.arange(self.first[k], self.first[k + 1])
        between, _ = alone.at(self.places[self.pairs.near[own]].at)
        own = own[between >= _apart(self.rules, self.pairs.length[own])]
        lines = self.lines(own)
        own = own[~self._cross_streets(lines) & self._are_asked_for(lines)]
        if not len(own):
            return None
        distance, _ = alone.at(self.home)
        served = rounded(distance + self.pairs.walk[own[0]]) <= self.threshold
        gained = int(self.residents[served].sum())
        return _Link(k, int(own[0]), gained) if gained else None

    def lines(self, pairs: Indices) -> npt.NDArray[np.object_]:
        """Return the straight lines between the ends of links, without the ends themselves."""
        far, near = self.places.xy[self.pairs.far[pairs]], self.places.xy[self.pairs.near[pairs]]
        inset = (near - far) * (END_M / self.pairs.length[pairs])[:, None]
        return shapely.linestrings(np.stack([far + inset, near - inset], axis=1))

    def _cross_streets(self, lines: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
        """Tell which links cross a street between their ends: each of them would be two links."""
        found = np.zeros(len(lines), dtype=bool)
        found[self.everywhere.net.main_tree.query(lines, predicate="intersects")[0]] = True
        return found

    def _are_asked_for(self, lines: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
        """Tell which links lead across something that the rules ask for."""
        return np.isin(self.ground.barrier(lines), self.rules.across)


def _apart(rules: MissingLinks, length: Floats) -> Floats:
    """Return how long today's walk between the ends of a link must be at least."""
    return np.maximum(length * rules.min_detour_ratio, length + rules.min_detour_m)


def _walks_from(everywhere: Reach, places: Places, limit: float) -> CentreReaches:
    """Return the walks from places, each alone."""
    number = pd.RangeIndex(len(places.xy))
    return CentreReaches(
        everywhere.net, number, places.at, places.xy, limit, everywhere.max_access_m
    )


def _table(
    search: _Search,
    links: list[_Link],
    area: npt.NDArray[np.object_],
    areas: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Describe the links."""
    pair = np.array([link.pair for link in links], dtype=np.int64)
    far, near = search.pairs.far[pair], search.pairs.near[pair]
    crs = search.everywhere.net.crs
    ends = np.stack([search.places.xy[far], search.places.xy[near]], axis=1)
    lines = gpd.GeoSeries(list(shapely.linestrings(ends)), crs=crs)
    inner = search.lines(pair)
    lonlat = shapely.get_coordinates(lines.to_crs(4326).to_numpy()).reshape(-1, 2, 2)
    own = pd.Series(area[far], dtype=object)
    rank = np.arange(1, len(links) + 1)
    number = own.groupby(own).cumcount() + 1
    called = areas[areas["level"] == areas["level"].iloc[-1]].set_index("area_id")["name"]
    names = [dict.fromkeys(called[list(ids)]) for ids in zip(area[far], area[near], strict=True)]
    now = search.places.walk[far]
    return gpd.GeoDataFrame(
        {
            "link_id": [f"{area_id}-link-{n}" for area_id, n in zip(own, number, strict=True)],
            "rank": rank,
            "barrier": search.ground.barrier(inner),
            "name": [" / ".join(filter(None, both)) for both in names],
            "planning_area_id": own,
            "district_id": own.map(holding_areas(areas, areas["level"].iloc[0])).astype(object),
            "length_m": search.pairs.length[pair],
            "share_in_blocks": search.ground.share_in_blocks(inner),
            "between_m": _between(search, far, near),
            "walk_now_m": np.where(np.isfinite(now), now, np.nan),
            "walk_new_m": search.pairs.walk[pair],
            "residents_gained": [link.gained for link in links],
            "threshold_m": search.threshold,
            "from_lon": lonlat[:, 0, 0],
            "from_lat": lonlat[:, 0, 1],
            "to_lon": lonlat[:, 1, 0],
            "to_lat": lonlat[:, 1, 1],
        },
        geometry=lines,
    ).astype({"rank": "int64", "residents_gained": "int64"})


def _between(search: _Search, far: Indices, near: Indices) -> Floats:
    """Return today's walk between the ends of links, NaN beyond the limit."""
    walks = _walks_from(search.everywhere, search.places[far], search.everywhere.limit)
    places = [search.places[near[k : k + 1]].at for k in range(len(near))]
    found = [walks[k].at(place)[0][0] for k, place in enumerate(places)]
    return np.array([walk if np.isfinite(walk) else np.nan for walk in found], dtype=float)
