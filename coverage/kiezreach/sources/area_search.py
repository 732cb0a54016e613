"""Find the planning area that someone means by an id or a name."""

from __future__ import annotations

import difflib
import itertools
from typing import TYPE_CHECKING

from kiezreach.errors import InputError, shown
from kiezreach.sources.areas import holding_areas

if TYPE_CHECKING:
    import geopandas as gpd

_LISTED = 8  # ids in one message


def planning_area(areas: gpd.GeoDataFrame, asked: str) -> str:
    """Return the id of the planning area that someone asks for by id or name.

    Parameters
    ----------
    areas
        Areas as `kiezreach.sources.areas.read_areas` returns them.
    asked
        The id, or a name that only one planning area bears.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If there is none, or several bear the name; with the ids that may be meant.
    """
    finest = areas[areas["level"] == areas["level"].iloc[-1]]
    if (finest["area_id"] == asked).any():
        return asked
    named = finest[finest["name"].str.casefold() == asked.strip().casefold()]
    if len(named) == 1:
        return str(named["area_id"].iloc[0])
    if len(named):
        msg = f"{len(named)} planning areas are named '{shown(asked)}'"
        raise InputError(msg, remedy=f"Give the id of one: {', '.join(named['area_id'])}")
    coarser = areas[areas["level"] != areas["level"].iloc[-1]]
    meant = (coarser["area_id"] == asked) | (coarser["name"].str.casefold() == asked.casefold())
    for level, ids_there in coarser[meant].groupby("level", sort=False)["area_id"]:
        holder = holding_areas(areas, str(level))
        inside = holder.index[holder.isin(ids_there)]
        if len(inside):
            msg = f"'{shown(asked)}' is an area of the level {level}, not a planning area"
            listed = ", ".join(inside[:_LISTED]) + (", ..." if len(inside) > _LISTED else "")
            raise InputError(msg, remedy=f"Give the id of one of its {len(inside)}: {listed}")
    msg = f"there is no planning area '{shown(asked)}'"
    likest = finest[finest["area_id"] == _likest(finest, asked.strip())].iloc[0]
    raise InputError(msg, remedy=f"Did you mean '{likest['area_id']}' ({shown(likest['name'])})?")


def _likest(finest: gpd.GeoDataFrame, asked: str) -> str:
    """Return the id of the planning area whose name or id is likest to an unknown one."""
    names = finest["name"].str.casefold()
    if close := difflib.get_close_matches(asked.casefold(), names, n=1):
        return str(finest["area_id"][names == close[0]].iloc[0])
    # Official codes begin with the area above: the longer the common beginning, the nearer.
    bare = asked.lstrip("0")
    return min(
        finest["area_id"],
        key=lambda known: (
            known.lstrip("0") != bare,
            -_common_beginning(known, asked),
            -difflib.SequenceMatcher(None, known, asked).ratio(),
            known,
        ),
    )


def _common_beginning(one: str, other: str) -> int:
    """Count the characters that two texts begin with alike."""
    alike = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in alike)
