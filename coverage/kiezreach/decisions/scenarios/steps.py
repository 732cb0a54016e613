"""The steps of a scenario: each is checked against what is there by then, and taken."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from kiezreach.decisions.scenarios.newcomers import newcomers
from kiezreach.decisions.scenarios.places import Places
from kiezreach.errors import InputError, shown
from kiezreach.network.snap import snap

if TYPE_CHECKING:
    from kiezreach.decisions.scenarios.base import Base
    from kiezreach.decisions.scenarios.situation import Situation
    from kiezreach.study import AddLink, Housing, Move, Open, RemoveLink, Resize, Step

_CLOSED_WAY_M = 50.0  # a place on a way that closes is this near to it
_LISTED = 3  # ids that a message names


@dataclass(frozen=True)
class Change:
    """What one step did, for words and maps.

    Parameters
    ----------
    action
        ``close``, ``open``, ``move``, ``resize``, ``add_link``, ``remove_link`` or ``residents``.
    name
        Name of the centre, way or area; may be empty.
    centre_id
        Id of the centre; empty where the step is about none.
    place
        Where, in words, as far as it is known: an address or a candidate.
    geometry
        In the network's CRS: where the centre was that closes, is that opens, from where to where
        it moves, the way, or the points where people move in.
    numbers
        ``capacity_before``, ``capacity`` (centres), ``length_m``, ``ways`` (ways), ``residents``,
        ``unlinked`` (people who move in), as far as the step has them.
    """

    action: str
    name: str = ""
    centre_id: str = ""
    place: str = ""
    geometry: shapely.Geometry | None = None
    numbers: dict[str, float] = field(default_factory=dict)


_Taken = tuple["Situation", Change]


def run_steps(
    base: Base, steps: Sequence[Step], file: Path | None = None
) -> tuple[Situation, tuple[Change, ...]]:
    """Take the steps of a scenario, one after the other.

    Parameters
    ----------
    base
        What is.
    steps
        The changes.
    file
        The scenario's file, for messages.

    Returns
    -------
    situation, changes
        What would be, and what each step did.

    Raises
    ------
    InputError
        If a step cannot be taken; with the file, the number of the step and the remedy.
    """
    here, changes = base.situation, list[Change]()
    taking = _Taking(base, Places(base), changes)
    for number, step in enumerate(steps, start=1):
        action = step.action
        take: Callable[..., _Taken] = getattr(taking, action)
        try:
            here, change = take(here, getattr(step, action))
        except InputError as error:
            row = f"step {number} ({action})"
            raise InputError(error.problem, file=file, row=row, remedy=error.remedy) from error
        changes.append(change)
    return here, tuple(changes)


@dataclass(frozen=True)
class _Taking:
    """Each method takes a step of its name; `changes` are those of the steps before."""

    base: Base
    places: Places
    changes: list[Change]

    def close(self, here: Situation, centre_id: str) -> _Taken:
        """Close a centre."""
        self._require_centre(here, centre_id)
        row = here.centres.loc[centre_id]
        change = Change("close", row["name"], centre_id, row.get("address", ""), row.geometry)
        return here.closed(centre_id), change

    def open(self, here: Situation, asked: Open) -> _Taken:
        """Open a centre."""
        spot = self.places.site(here, asked)
        centre_id = asked.id or asked.candidate or self._new_id(here)
        if centre_id in here.centres.index:
            msg = f"there is a centre '{shown(centre_id)}' already"
            raise InputError(msg, remedy="Give the new centre another id, or move that one")
        name = asked.name or spot.name or spot.address or centre_id
        facts: dict[str, Any] = {
            "name": name,
            "kind": asked.kind,
            "address": spot.address,
            "district_id": self.places.district(spot.point),
            "capacity": asked.capacity,
        }
        known = {key: value for key, value in facts.items() if value is not None}
        numbers = {} if asked.capacity is None else {"capacity": asked.capacity}
        change = Change("open", name, centre_id, spot.address, spot.point, numbers)
        after = here.opened(centre_id, known, spot.point, spot.place)
        return after if asked.capacity is None else after.resized(centre_id, asked.capacity), change

    def move(self, here: Situation, asked: Move) -> _Taken:
        """Move a centre: it closes where it is and opens at another place."""
        self._require_centre(here, asked.centre)
        row = here.centres.loc[asked.centre]
        spot = self.places.site(here, asked)
        if spot.point.equals(row.geometry):
            msg = f"the centre '{shown(asked.centre)}' stands there already"
            raise InputError(msg, remedy="Give another place, or leave the step out")
        facts = row.drop("geometry").to_dict() | {
            "address": spot.address,
            "district_id": self.places.district(spot.point),
        }
        way = shapely.LineString([row.geometry, spot.point])
        change = Change("move", row["name"], asked.centre, spot.address or spot.name, way)
        closed = here.closed(asked.centre)
        return closed.opened(asked.centre, facts, spot.point, spot.place), change

    def resize(self, here: Situation, asked: Resize) -> _Taken:
        """Change the capacity of a centre."""
        self._require_centre(here, asked.centre)
        row = here.centres.loc[asked.centre]
        before = float(row.get("capacity", np.nan))
        if before == asked.capacity:
            msg = f"the centre '{shown(asked.centre)}' has a capacity of {before:g} already"
            raise InputError(msg, remedy="Give another capacity, or leave the step out")
        numbers = {"capacity_before": before, "capacity": asked.capacity}
        change = Change("resize", row["name"], asked.centre, "", row.geometry, numbers)
        return here.resized(asked.centre, asked.capacity), change

    def add_link(self, here: Situation, asked: AddLink) -> _Taken:
        """Build a way."""
        start, end = (self.places.way_end(here, end) for end in (asked.start, asked.end))
        self.places.require_apart(start, end, asked.length_m)
        after = here.with_way(start.place, end.place, asked.length_m)
        net = after.reach.net
        numbers = {"length_m": float(net.edge_length[-1])}
        return after, Change(
            "add_link", asked.name, geometry=net.line(net.n_edges - 1), numbers=numbers
        )

    def remove_link(self, here: Situation, asked: RemoveLink) -> _Taken:
        """Close ways."""
        net = here.reach.net
        if asked.at is not None:
            point = self.places.point(asked.at)
            place = snap(net, shapely.get_coordinates(point), _CLOSED_WAY_M)
            edges, numbers = place.edge[place.linked], {"ways": 1.0}
            if not len(edges):
                off = f"{place.access[0]:.0f} m off" if np.isfinite(place.access[0]) else "far off"
                msg = f"no way is within {_CLOSED_WAY_M:g} m; the nearest is {off}"
                raise InputError(msg, remedy="Give a place on the way that closes")
            self._require_open(point, float(place.access[0]))
        else:
            ends = [self.places.point(end) for end in (asked.start, asked.end) if end is not None]
            line = shapely.LineString(ends)
            # Also of those that nobody is tied to, such as a way that a step before has built.
            edges = np.flatnonzero(shapely.intersects(net.lines, line))
            numbers = {"ways": float(len(edges))}
            if not len(edges):
                msg = "no way crosses the line"
                raise InputError(msg, remedy="Draw the line across the ways that close")
        gone = shapely.multilinestrings([net.line(int(edge)) for edge in np.sort(edges)])
        numbers["length_m"] = float(net.edge_length[edges].sum())
        change = Change("remove_link", asked.name, geometry=gone, numbers=numbers)
        return here.without_ways(np.sort(edges)), change

    def residents(self, here: Situation, asked: Housing) -> _Taken:
        """Let people move in."""
        people = newcomers(self.base, self.places, asked, first=len(here.residents))
        after = here.with_residents(people)
        away = ~after.place.linked[len(here.residents) :]
        numbers = {
            "residents": float(asked.count),
            "unlinked": float(people["residents"].to_numpy()[away].sum()),
        }
        points = shapely.multipoints(people.geometry.to_numpy())
        return after, Change("residents", asked.name, geometry=points, numbers=numbers)

    def _require_open(self, point: shapely.Point, away_m: float) -> None:
        """Refuse a place on a way that was closed before, so that no other way closes for it."""
        for number, change in enumerate(self.changes, start=1):
            gone = change.geometry if change.action == "remove_link" else None
            if gone is not None and gone.distance(point) < away_m:
                msg = f"the way at this place was closed by step {number}"
                raise InputError(msg, remedy="Leave out one of the two steps")

    def _require_centre(self, here: Situation, centre_id: str) -> None:
        """Refuse a centre that is not there, and say why, or which id may have been meant."""
        if centre_id in here.centres.index:
            return
        closed = [k for k, c in enumerate(self.changes, 1) if c.centre_id == centre_id]
        if closed:
            msg = f"the centre '{shown(centre_id)}' was closed by step {closed[-1]}"
            raise InputError(msg, remedy="Leave out one of the two steps")
        left_out = self.base.inputs.excluded
        reason = left_out.loc[left_out["id"] == centre_id, "reason"]
        if len(reason):
            msg = f"the centre '{shown(centre_id)}' does not count in this study: {reason.iloc[0]}"
            raise InputError(msg, remedy="Choose another, or change centres.kinds of the study")
        msg = f"there is no centre '{shown(centre_id)}'"
        named = here.centres["name"]
        likely = _likest(centre_id, named.to_dict())
        hint = f"Did you mean {' or '.join(likely)}? " if likely else ""
        remedy = f"{hint}The ids stand in the study's centres file and in tables/centres.csv"
        raise InputError(msg, remedy=remedy)

    def _new_id(self, here: Situation) -> str:
        """Make up an id that no centre has."""
        number = 1
        while f"new-{number}" in here.centres.index:
            number += 1
        return f"new-{number}"


def _likest(asked: str, names: dict[str, str]) -> list[str]:
    """Return the ids, with their names, that are likest to an unknown id or name."""
    ids = difflib.get_close_matches(asked, names, n=_LISTED, cutoff=0.6)
    called = {name.casefold(): centre_id for centre_id, name in names.items()}
    close = difflib.get_close_matches(asked.casefold(), called, n=_LISTED, cutoff=0.6)
    found = dict.fromkeys([*ids, *(called[name] for name in close)])
    return [f"'{shown(centre_id)}' ({shown(names[centre_id])})" for centre_id in found][:_LISTED]
