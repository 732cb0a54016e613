"""Weigh city blocks by the evidence that people live in them.

The statistical blocks carry no land use. What is known of each one is the length of its street
front, its size, the vegetation, water and railway tracks on it, and how many known addresses it
has. From these a rule makes one weight per block, by which the residents of a Planungsraum are
shared among its blocks. Several rules stand side by side so that they can be measured against an
independent census grid; :data:`CHOSEN_RULE` is the one in use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

FloatArray = npt.NDArray[np.float64]
ObjectArray = npt.NDArray[np.object_]

NEAR_ADDRESS_M: Final = 25.0
"""An address belongs to the nearest block within this distance."""

LARGE_HA: Final = 12.0
"""Fronts of larger blocks count by 12 ha / size. Kitas, schools, pharmacies and care homes stand
at 0.33 to 0.39 per km of outline of blocks from 0.5 to 16 ha, and at 0.12 beyond 32 ha."""

UNADDRESSED_HA: Final = 8.0
"""A block this large without a single known address is most likely works, allotments or a park."""

UNADDRESSED_FACTOR: Final = 0.2
"""Weight of such a block."""

EXCLUDED_HA_PER_ADDRESS: Final = 25.0
"""A large block (see :data:`LARGE_HA`) with more land than this per known address is left out:
airfields, works, farms, zoos."""

EXCLUDED_GREEN_SHARE: Final = 0.7
"""A block with more vegetation and water than this is left out."""

EXCLUDED_TRACK_M: Final = 1000.0
"""A block with more surface railway track than this is a railway yard."""

PRIOR_FACILITIES: Final = 2.0
"""Strength of the expectation against which a block's own facilities are weighed."""

PUBLIC_SOURCES: Final = "kindertagesstaetten|schulen|apotheken|pflege|jugendfreizeit"
"""Facilities that follow where people live, unlike the shops and offices among the addresses."""

MIN_BLOCK_RESIDENTS: Final = 4.0
"""Blocks with fewer expected residents are taken as not residential ..."""

MIN_RESIDENTS_PER_FRONT_M: Final = 0.03
"""... and so are blocks with fewer per metre of front. Detached houses have 0.06 to 0.1: one of
two to three residents on 25 to 40 m of front."""


def gather(
    blocks: gpd.GeoDataFrame,
    water: ObjectArray,
    green: ObjectArray,
    railways: ObjectArray,
    addresses: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Collect the evidence on each block.

    Returns
    -------
    pandas.DataFrame
        Aligned with `blocks`: ``planning_area_id``, ``area_ha``, ``green_share`` (vegetation and
        water), ``track_m``, ``addresses`` and ``facilities`` (counts).
    """
    nearest = _nearest_block(blocks, addresses)
    public = addresses["source"].str.contains(PUBLIC_SOURCES).to_numpy()
    known = nearest >= 0
    covered = _overlap(blocks, water, shapely.area) + _overlap(blocks, green, shapely.area)
    return pd.DataFrame(
        {
            "planning_area_id": blocks["planning_area_id"].to_numpy(),
            "area_ha": blocks.area.to_numpy() / 1e4,
            "green_share": np.minimum(covered / blocks.area.to_numpy(), 1.0),
            "track_m": _overlap(blocks, railways, shapely.length),
            "addresses": np.bincount(nearest[known], minlength=len(blocks)),
            "facilities": np.bincount(nearest[known & public], minlength=len(blocks)),
        }
    )


def _overlap(
    blocks: gpd.GeoDataFrame, things: ObjectArray, measure: Callable[[ObjectArray], FloatArray]
) -> FloatArray:
    shapes = blocks.geometry.to_numpy()
    block, thing = shapely.STRtree(things).query(shapes, predicate="intersects")
    size = measure(shapely.intersection(shapes[block], things[thing]))
    return np.bincount(block, weights=size, minlength=len(blocks)).astype(np.float64)


def _nearest_block(blocks: gpd.GeoDataFrame, addresses: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    tree = shapely.STRtree(blocks.geometry.to_numpy())
    address, block = tree.query_nearest(
        addresses.geometry.to_numpy(), max_distance=NEAR_ADDRESS_M, all_matches=False
    )
    result = np.full(len(addresses), -1, dtype=np.int64)
    result[address] = block
    return result


def is_excluded(evidence: pd.DataFrame) -> pd.Series:
    """Say which blocks are plainly not residential."""
    per_address = evidence["area_ha"] / evidence["addresses"].clip(lower=0.5)
    unaddressed = (evidence["area_ha"] > LARGE_HA) & (per_address > EXCLUDED_HA_PER_ADDRESS)
    green = evidence["green_share"] > EXCLUDED_GREEN_SHARE
    yard = evidence["track_m"] > EXCLUDED_TRACK_M
    return unaddressed | green | yard


def by_area(evidence: pd.DataFrame) -> pd.Series:
    """Weigh a block by its area: everybody at equal density."""
    return evidence["area_ha"]


def by_outline(evidence: pd.DataFrame) -> pd.Series:
    """Weigh a block by its whole outline."""
    return evidence["outline_m"]


def by_front(evidence: pd.DataFrame) -> pd.Series:
    """Weigh a block by its street front."""
    return evidence["front_m"]


def by_built_front(evidence: pd.DataFrame) -> pd.Series:
    """Weigh a block by its street front, less for vegetation, great size and no addresses."""
    size = (LARGE_HA / evidence["area_ha"]).clip(upper=1.0)
    empty = (evidence["area_ha"] > UNADDRESSED_HA) & (evidence["addresses"] == 0)
    known = np.where(empty, UNADDRESSED_FACTOR, 1.0)
    weight = evidence["front_m"] * (1.0 - evidence["green_share"]) * size * known
    return weight.where(~is_excluded(evidence), 0.0)


def by_built_front_and_facilities(evidence: pd.DataFrame) -> pd.Series:
    """Weigh a block as `by_built_front` does, times its facilities against those expected.

    Expected are the Planungsraum's facilities shared by the weight so far; the ratio is pulled
    towards 1 by :data:`PRIOR_FACILITIES`, as one Kita more or less says little.
    """
    weight = by_built_front(evidence)
    area = evidence["planning_area_id"]
    total = weight.groupby(area).transform("sum")
    found = evidence["facilities"].groupby(area).transform("sum")
    expected = (weight / total.where(total > 0, 1.0)) * found
    return weight * (evidence["facilities"] + PRIOR_FACILITIES) / (expected + PRIOR_FACILITIES)


RULES: Final[dict[str, Callable[[pd.DataFrame], pd.Series]]] = {
    "area": by_area,
    "outline": by_outline,
    "front": by_front,
    "built front": by_built_front,
    "built front and facilities": by_built_front_and_facilities,
}
CHOSEN_RULE: Final = "built front and facilities"


def block_weights(evidence: pd.DataFrame, rule: str = CHOSEN_RULE) -> pd.Series:
    """Return the weight of each block by one of the :data:`RULES`.

    A Planungsraum whose blocks would all be left out is shared by street front instead.
    """
    weight = RULES[rule](evidence)
    total = weight.groupby(evidence["planning_area_id"]).transform("sum")
    return weight.where(total > 0, by_front(evidence))


def expected_residents(places: pd.DataFrame, residents: pd.Series) -> pd.Series:
    """Return the expected residents of each place, by weight within its Planungsraum.

    Blocks with hardly any (:data:`MIN_BLOCK_RESIDENTS`, :data:`MIN_RESIDENTS_PER_FRONT_M`) give
    theirs to the others, unless no block of the Planungsraum has more.
    """
    area, block = places["planning_area_id"], places["block_id"]
    front = places["front_m"].groupby(block).transform("sum").clip(lower=1.0)

    def people(weight: pd.Series) -> pd.Series:
        total = weight.groupby(area).transform("sum")
        return weight / total.where(total > 0, 1.0) * area.map(residents)

    first = people(places["weight"])
    in_block = first.groupby(block).transform("sum")
    lived_in = (in_block >= MIN_BLOCK_RESIDENTS) & (in_block / front >= MIN_RESIDENTS_PER_FRONT_M)
    keep = lived_in | ~lived_in.groupby(area).transform("any")
    return people(places["weight"].where(keep, 0.0))
