"""What each centre of a study serves, alone and among the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kiezreach.catchments import catchments
from kiezreach.certificate import Agreement, certify
from kiezreach.criticality import criticality
from kiezreach.groups import resident_groups
from kiezreach.reach import reach_each

if TYPE_CHECKING:
    import numpy.typing as npt

    from kiezreach.inputs import Inputs
    from kiezreach.network.snap import Snap
    from kiezreach.reach import Reach
    from kiezreach.study import Study

_POINTS_PER_CENTRE = 50  # many catchments: few points each still make thousands


@dataclass(frozen=True, eq=False)
class EachCentre:
    """What each centre alone serves.

    Parameters
    ----------
    shapes
        ``centre_id``, ``threshold_m`` and the catchment.
    within
        By centre: ``residents_within_<T>`` for each threshold.
    served
        Shape (c, n): whether a centre serves a resident point within the gap threshold.
    certificate
        How well shapes and the rule for residents agree.
    """

    shapes: gpd.GeoDataFrame
    within: pd.DataFrame
    served: npt.NDArray[np.bool_]
    certificate: list[Agreement]


def each_centre(study: Study, inputs: Inputs, place: Snap) -> EachCentre:
    """Draw each centre's own catchments and find the residents inside by the point rule.

    Parameters
    ----------
    study, inputs
        The study and its inputs.
    place
        Where the residents stand on the network.
    """
    settings = study.analysis
    thresholds = sorted(settings.thresholds_m)
    each = reach_each(inputs.network, inputs.centres, thresholds[-1], **settings.legs)
    count = inputs.residents["residents"].to_numpy()
    frames, within, agreements = [], {}, []
    served = np.zeros((len(each), len(count)), dtype=bool)
    for k, (centre_id, alone) in enumerate(each.items()):
        distance, _ = alone.at(place)
        served[k] = distance <= settings.gap_threshold_m
        within[centre_id] = [int(count[distance <= t].sum()) for t in thresholds]
        if alone.centres.linked.any():
            own = catchments(alone, thresholds, cell_m=settings.cell_m)
            agreements += certify(alone, own, n=_POINTS_PER_CENTRE)
            frames.append(own.assign(centre_id=centre_id))
    shapes = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=inputs.network.crs)
    columns = [f"residents_within_{t:g}" for t in thresholds]
    table = pd.DataFrame.from_dict(within, orient="index", columns=columns)
    return EachCentre(shapes[["centre_id", "threshold_m", "geometry"]], table, served, agreements)


def centre_table(
    inputs: Inputs, everywhere: Reach, residents: gpd.GeoDataFrame, each: EachCentre
) -> gpd.GeoDataFrame:
    """Add to the centres how they are linked and whom they serve.

    Parameters
    ----------
    inputs, everywhere
        The centres, and walking distances to all of them.
    residents
        Resident points with ``nearest_centre``.
    each
        What each centre alone serves.

    Returns
    -------
    GeoDataFrame
        Indexed by ``centre_id``: the columns of the input, ``linked``, ``snap_distance_m``,
        ``residents_nearest``, ``residents_only_here``, ``residents_within_<T>``.
    """
    count = residents["residents"].to_numpy()
    alone = each.served & (each.served.sum(axis=0) == 1)
    nearest = residents.groupby("nearest_centre")["residents"].sum()
    index = everywhere.centre_ids
    facts = pd.DataFrame(
        {
            "linked": everywhere.centres.linked,
            "snap_distance_m": everywhere.centres.access,
            "residents_nearest": nearest.reindex(index).fillna(0).astype(int),
            "residents_only_here": (alone * count).sum(axis=1),
        },
        index=index,
    )
    return inputs.centres.join(facts).join(each.within)


def centre_criticality(
    study: Study, inputs: Inputs, everywhere: Reach, place: Snap
) -> pd.DataFrame:
    """Close each centre in turn, for all residents, each age group and each class of areas.

    Parameters
    ----------
    study, inputs, everywhere
        What is asked, of which data, and walking distances to all centres.
    place
        Where the residents stand on the network.

    Returns
    -------
    DataFrame
        As `kiezreach.criticality.criticality` returns it.
    """
    groups = resident_groups(
        inputs.residents,
        study.residents.age_groups,
        inputs.classes,
        {classes.id: classes.groups for classes in study.classes},
    )
    thresholds = sorted(study.analysis.thresholds_m)
    return criticality(inputs.centres, inputs.residents, everywhere, place, groups, thresholds)
