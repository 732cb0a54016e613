"""A study as site choice sees it: who lives where, how far they walk, and how much they count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.classes import selected_areas
from kiezreach.decisions.problem import Problem, problem_of
from kiezreach.decisions.walks import Homes
from kiezreach.errors import InputError
from kiezreach.need import need_index
from kiezreach.network.snap import point_xy
from kiezreach.reach import reach
from kiezreach.sources.areas import area_of_points, holding_areas

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.inputs import Inputs
    from kiezreach.network.snap import Snap
    from kiezreach.reach import Reach
    from kiezreach.study import Study

Weight = Literal["residents", "need"]


@dataclass(frozen=True, eq=False)
class Situation:
    """The state of things before anything is proposed.

    Parameters
    ----------
    inputs
        What the study names.
    everywhere
        Walks to the centres that exist.
    homes
        Where people live, and their present walks.
    residents
        Shape (n,): how many of each home count.
    need
        Shape (n,): need of each home's planning area, NaN where not known; None without an index.
    max_snap_m, max_access_m
        Longest access legs of centres and residents.
    area
        Name of the area whose residents alone count; empty where all do.
    """

    inputs: Inputs
    everywhere: Reach
    homes: Homes
    residents: npt.NDArray[np.int64]
    need: npt.NDArray[np.float64] | None
    max_snap_m: float
    max_access_m: float
    area: str = ""

    @classmethod
    def of(
        cls,
        study: Study,
        inputs: Inputs,
        everywhere: Reach,
        *,
        place: Snap,
        walk: npt.NDArray[np.float64],
        need: pd.Series | None,
        only: pd.Index | None,
    ) -> Situation:
        """Gather what is known.

        Parameters
        ----------
        study, inputs, everywhere
            What is asked, with what, and the walks to the centres that exist.
        place, walk
            Shape (n,): where the residents stand on the network, and their walks.
        need
            Need of each planning area, or None.
        only
            Planning areas whose residents count; all of them if None.
        """
        people = inputs.residents
        area = people["planning_area_id"]
        count = people["residents"].to_numpy(dtype=np.int64)
        return cls(
            inputs=inputs,
            everywhere=everywhere,
            homes=Homes(point_xy(people, inputs.network.crs), place, walk),
            residents=count if only is None else np.where(area.isin(only), count, 0),
            need=None if need is None else area.map(need).to_numpy(dtype=float),
            max_snap_m=study.analysis.max_snap_m,
            max_access_m=study.analysis.max_access_m,
        )

    @classmethod
    def alone(cls, study: Study, inputs: Inputs) -> Situation:
        """Gather what is known from the inputs alone, without the rest of an analysis."""
        settings = study.analysis
        everywhere = reach(inputs.network, inputs.centres, settings.max_walk_m, **settings.legs)
        place = everywhere.snap(inputs.residents)
        need = None
        if study.need is not None and inputs.indicators is not None:
            need = need_index(inputs.indicators, study.need)["need"]
        only = None
        if study.filter is not None:
            only = selected_areas(study.filter, inputs.indicators, inputs.classes)
        walk, _ = everywhere.at(place)
        return cls.of(study, inputs, everywhere, place=place, walk=walk, need=need, only=only)

    def within(self, level: str, area_id: str) -> Situation:
        """Return the same situation where only the residents of one area count."""
        areas = self.inputs.areas
        own = self.inputs.residents["planning_area_id"].map(holding_areas(areas, level))
        name = areas.loc[(areas["level"] == level) & (areas["area_id"] == area_id), "name"].iloc[0]
        residents = np.where(own == area_id, self.residents, 0)
        return replace(self, residents=residents, area=str(name))

    def weight(self, kind: Weight) -> npt.NDArray[np.float64] | None:
        """Return how much a resident of each home counts; None where all count the same.

        Raises
        ------
        InputError
            If need is asked for and the study has no need index.
        """
        if kind == "residents":
            return None
        if self.need is None:
            msg = "sites cannot be weighed by need: the study has no need index"
            raise InputError(msg, remedy="Add a table [need] to the study, or weigh by residents")
        return counting(self.need)

    def problem(self, candidates: gpd.GeoDataFrame, threshold: float, weight: Weight) -> Problem:
        """Prepare the problem of choosing among candidates.

        Parameters
        ----------
        candidates
            As `kiezreach.sources.candidates.read_candidates` returns them.
        threshold
            Longest walk of somebody who is served, in metres.
        weight
            Whether residents count the same or by need.

        Returns
        -------
        Problem
            Sites and existing centres have a column per level with the id of their area.
        """
        return problem_of(
            self.inputs.network,
            self.homes,
            self.residents,
            self._in_areas(candidates),
            threshold,
            self._in_areas(self.inputs.centres),
            weight=self.weight(weight),
            max_snap_m=self.max_snap_m,
            max_access_m=self.max_access_m,
        )

    def _in_areas(self, points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Add a column per level with the id of the area that each point lies in."""
        areas = self.inputs.areas
        found = {
            level: area_of_points(points.geometry.to_crs(areas.crs), areas[areas["level"] == level])
            for level in areas["level"].unique()
        }
        return points.assign(**found)


def counting(need: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how much residents count by need; nothing where the need is not known."""
    return np.nan_to_num(need, nan=0.0)
