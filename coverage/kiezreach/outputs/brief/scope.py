"""What a brief is about: the city, one area, or a list of planning areas."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiezreach.errors import InputError, shown
from kiezreach.sources.areas import CITY, holding_areas

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.study import Study

LIST = "planning-areas"  # name of the files of a list of planning areas


@dataclass(frozen=True)
class Scope:
    """What a brief is about.

    Parameters
    ----------
    id
        Name of its files, without edition and ending.
    name
        Name of the place; empty for a list without one of its own.
    level
        Level of `area_ids` in the tables.
    area_ids
        Areas that tables are read for: one, or those of a list.
    planning_areas
        Every planning area that it holds.
    district_ids
        Areas of the coarsest level that it holds as a whole.
    option
        How the command line asks for it.
    """

    id: str
    name: str
    level: str
    area_ids: tuple[str, ...]
    planning_areas: tuple[str, ...]
    district_ids: tuple[str, ...]
    option: str

    @property
    def is_city(self) -> bool:
        """Whether it is all areas together."""
        return self.level == CITY

    @property
    def is_list(self) -> bool:
        """Whether it is a list of planning areas."""
        return len(self.area_ids) > 1 or self.id == LIST


def city(study: Study, areas: gpd.GeoDataFrame) -> Scope:
    """Return the scope of all areas together."""
    coarsest = areas[areas["level"] == areas["level"].iloc[0]]["area_id"]
    return Scope(
        CITY, study.name, CITY, (CITY,), tuple(_finest(areas)["area_id"]), tuple(coarsest), ""
    )


def districts(areas: gpd.GeoDataFrame) -> list[Scope]:
    """Return the scope of each area of the coarsest level."""
    coarsest = areas[areas["level"] == areas["level"].iloc[0]]
    return [_one(areas, row) for row in coarsest.itertuples()]


def area(areas: gpd.GeoDataFrame, area_id: str) -> Scope:
    """Return the scope of one area of any level, the coarsest that has the id.

    Raises
    ------
    InputError
        If no area has the id.
    """
    found = areas[areas["area_id"] == area_id]
    if found.empty:
        raise _unknown(area_id, areas, "--area")
    return _one(areas, next(found.itertuples()))


def planning_areas(areas: gpd.GeoDataFrame, ids: Sequence[str], name: str = "") -> Scope:
    """Return the scope of a list of planning areas.

    Parameters
    ----------
    areas
        Areas of all levels.
    ids
        Planning areas; each counts once.
    name
        What the place is called.

    Raises
    ------
    InputError
        If one of them is no planning area, or none is given.
    """
    finest = _finest(areas)
    known = set(finest["area_id"])
    for given in ids:
        if given not in known:
            raise _unknown(given, finest, "--planning-areas")
    if not ids:
        msg = "there is no planning area in the list"
        raise InputError(msg, row="--planning-areas", remedy="Give ids, separated by commas")
    chosen = tuple(dict.fromkeys(finest["area_id"][finest["area_id"].isin(set(ids))]))
    option = shlex.join(["--planning-areas", ",".join(chosen), *(["--name", name] if name else [])])
    return Scope(
        _slug(name) or LIST, name, str(finest["level"].iloc[0]), chosen, chosen, (), option
    )


def shape(scope: Scope, areas: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the planning areas of a scope."""
    finest = _finest(areas)
    return finest.geometry[finest["area_id"].isin(scope.planning_areas)]


def _one(areas: gpd.GeoDataFrame, row: object) -> Scope:
    level, area_id = str(row.level), str(row.area_id)  # type: ignore[attr-defined]
    holder = holding_areas(areas, level)
    inside = tuple(str(i) for i in holder.index[holder == area_id])
    whole = (area_id,) if level == areas["level"].iloc[0] else ()
    name = str(row.name) or area_id  # type: ignore[attr-defined]
    return Scope(
        _file_name(area_id), name, level, (area_id,), inside, whole, shlex.join(["--area", area_id])
    )


def _finest(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return areas[areas["level"] == areas["level"].iloc[-1]]


def _unknown(given: str, areas: gpd.GeoDataFrame, option: str) -> InputError:
    """Say that there is no such area, and which id may have been meant."""
    import difflib

    close = difflib.get_close_matches(given, areas["area_id"].tolist(), n=1, cutoff=0.5)
    hint = f"Did you mean '{shown(close[0])}'? " if close else ""
    what = "planning area" if option == "--planning-areas" else "area"
    return InputError(
        f"there is no {what} '{shown(given)}'",
        row=option,
        remedy=f"{hint}The ids stand in tables/coverage.csv, with all their digits",
    )


def _file_name(area_id: str) -> str:
    """Return an id as the name of a file: what no file system minds stays as it is."""
    safe = re.sub(r"[^\w.-]", "_", area_id).strip(".")
    return safe or "_"


def _slug(name: str) -> str:
    """Return a name in small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]
