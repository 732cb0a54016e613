"""The base of all scenarios: the study as it is, counted once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from kiezreach.coverage import AreaLevel, area_levels
from kiezreach.criticality import ALL
from kiezreach.decisions.scenarios.situation import Situation
from kiezreach.groups import Group, resident_groups

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.inputs import Inputs
    from kiezreach.network.snap import Snap
    from kiezreach.reach import Reach
    from kiezreach.study import Study


@dataclass(frozen=True, eq=False)
class Base:
    """What scenarios are compared with.

    Parameters
    ----------
    study, inputs
        What is asked, and of which data.
    situation
        Centres, residents and walks as they are.
    """

    study: Study
    inputs: Inputs
    situation: Situation

    @classmethod
    def of(cls, study: Study, inputs: Inputs, reach: Reach, place: Snap) -> Base:
        """Take a study as it is.

        Parameters
        ----------
        study, inputs
            What is asked, and of which data.
        reach
            Walking distances to the study's centres.
        place
            Where the study's residents stand on the network.
        """
        walk, nearest = reach.at(place)
        limit = study.analysis.max_snap_m
        now = Situation(reach, inputs.centres, inputs.residents, place, walk, nearest, limit)
        return cls(study, inputs, now)

    @property
    def thresholds(self) -> list[float]:
        """The study's walking distances in metres, rising."""
        return sorted(self.study.analysis.thresholds_m)

    @cached_property
    def groups(self) -> list[tuple[str, str]]:
        """Breakdown and name of each group, all residents first."""
        return [(group.breakdown, group.name) for group in self._groups]

    @cached_property
    def people(self) -> npt.NDArray[np.int64]:
        """Shape (n, groups): how many of each group live at each point."""
        return np.column_stack([group.count for group in self._groups])

    @cached_property
    def levels(self) -> list[AreaLevel]:
        """The city and each level of areas, with the area of each point."""
        return self.levels_of(self.inputs.residents)

    @cached_property
    def residents(self) -> dict[str, npt.NDArray[np.int64]]:
        """By level: residents of each area and group, shape (areas, groups)."""
        return {level.name: summed(level, self.people) for level in self.levels}

    @cached_property
    def served(self) -> dict[str, list[npt.NDArray[np.int64]]]:
        """By level, for each threshold: residents served, shape (areas, groups)."""
        within = [self.situation.walk <= threshold for threshold in self.thresholds]
        return {
            level.name: [summed(level, self.people * here[:, None]) for here in within]
            for level in self.levels
        }

    def levels_of(self, residents: gpd.GeoDataFrame) -> list[AreaLevel]:
        """Return the city and each level of areas, with the area of each of some points."""
        return area_levels(self.inputs.areas, residents, city_name=self.study.name)

    def people_of(self, residents: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
        """Return how many of each group live at each of some points, shape (k, groups)."""
        own = {(g.breakdown, g.name): g.count for g in self._groups_of(residents)}
        nobody = np.zeros(len(residents), dtype=np.int64)
        return np.column_stack([own.get(group, nobody) for group in self.groups])

    @cached_property
    def _groups(self) -> list[Group]:
        return self._groups_of(self.inputs.residents)

    def _groups_of(self, residents: gpd.GeoDataFrame) -> list[Group]:
        """Split residents into all, age groups and classes of planning areas."""
        values = {part.id: part.groups for part in self.study.classes}
        ages = self.study.residents.age_groups
        everybody = Group(ALL, ALL, residents["residents"].to_numpy(dtype=np.int64))
        return [everybody, *resident_groups(residents, ages, self.inputs.classes, values)]


def summed(level: AreaLevel, people: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Sum people by area: of shape (n, groups) it makes shape (areas, groups)."""
    some = np.flatnonzero(level.area_of >= 0)
    ones = np.ones(len(some), dtype=np.int64)
    shape = (len(level.area_id), len(level.area_of))
    return np.asarray(csr_array((ones, (level.area_of[some], some)), shape=shape) @ people)
