"""What was left out of an analysis, and what a reader of its figures must know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kiezreach.certificate import MIN_AGREEMENT, Agreement
from kiezreach.network.snap import street_near

if TYPE_CHECKING:
    import geopandas as gpd

    from kiezreach.inputs import Inputs
    from kiezreach.reach import Reach
    from kiezreach.study import Study


def excluded_rows(
    study: Study, inputs: Inputs, everywhere: Reach, residents: gpd.GeoDataFrame
) -> pd.DataFrame:
    """List what was left out on reading, and what no street is near to.

    Parameters
    ----------
    study, inputs
        What is asked, and of which data.
    everywhere
        Walking distances to the study's centres.
    residents
        Resident points with ``linked`` and ``access_m``.

    Returns
    -------
    DataFrame
        ``file``, ``row``, ``id``, ``reason``, sorted by file and id.
    """
    settings = study.analysis
    away = residents[~residents["linked"]]
    # A row of totals is used; only some of the points that it is spread over are too far away.
    whose = "" if study.residents.file else "at one of the points that this row is spread over, "
    far = pd.DataFrame(
        {
            "file": study.residents.origin,
            "row": away["row"],
            "id": away.index,
            "reason": [
                f"{whose}{n} residents {_too_far(d, settings.max_access_m)}: counted as not served"
                for n, d in zip(away["residents"], away["access_m"], strict=True)
            ],
        }
    )
    lost = ~everywhere.centres.linked
    off = pd.DataFrame(
        {
            "file": study.centres.file,
            "row": inputs.centres["row"].reindex(everywhere.centre_ids)[lost].to_numpy(),
            "id": everywhere.centre_ids[lost],
            "reason": [_too_far(d, settings.max_snap_m) for d in everywhere.centres.access[lost]],
        }
    )
    table = pd.concat([inputs.excluded, off, far, _without_capacity(study, inputs)])
    return table.astype({"row": str}).sort_values(["file", "id"], ignore_index=True)


def _without_capacity(study: Study, inputs: Inputs) -> pd.DataFrame:
    """List the centres that have nothing to share, because nothing is known of it."""
    rules, centres = study.accessibility, inputs.centres
    if rules is None:
        centres = centres.iloc[:0]
        reason = ""
    else:
        centres = centres[centres["capacity"].isna()]
        reason = f"no value in '{rules.capacity_column}': not part of accessibility.csv"
    return pd.DataFrame(
        {
            "file": study.centres.file,
            "row": centres["row"].to_numpy(),
            "id": centres.index,
            "reason": reason,
        }
    )


def _too_far(distance: float, limit: float) -> str:
    """Say why a place is tied to no street."""
    if distance <= limit:
        return f"{distance:.0f} m from the nearest street, which lies across water"
    return f"{distance:.0f} m from the nearest street (limit {limit:g} m)"


def reader_warnings(
    study: Study,
    inputs: Inputs,
    everywhere: Reach,
    residents: gpd.GeoDataFrame,
    need: pd.DataFrame | None,
    certificate: dict[str, list[Agreement]],
) -> tuple[str, ...]:
    """Say what a reader of the figures must know.

    Parameters
    ----------
    study, inputs, everywhere, residents
        As for `excluded_rows`.
    need
        Parts of the need index and ``need`` per planning area, or None.
    certificate
        How well polygons and point rule agree, by what was compared.
    """
    found = []
    provenance = inputs.network.provenance
    if provenance.quality == "approximate":
        found.append(f"approximate street network: {provenance.accuracy}")
    settings = study.analysis
    if away := int((~everywhere.centres.linked).sum()):
        who, whose = ("1 centre has", "its") if away == 1 else (f"{away} centres have", "their")
        found.append(f"{who} no {street_near(settings.max_snap_m, whose)}: not counted")
    if not residents["residents"].sum():
        found.append("nobody lives in the areas: check the column of residents")
    if unlinked := int(residents.loc[~residents["linked"], "residents"].sum()):
        who = "1 resident has" if unlinked == 1 else f"{unlinked} residents have"
        found.append(f"{who} no {street_near(settings.max_access_m)}: counted as not served")
    if without := len(_without_capacity(study, inputs)):
        text = f"{without} of {len(inputs.centres)} centres have no capacity"
        found.append(f"{text}: accessibility is higher in truth around them")
    if need is not None and need["need"].isna().any():
        n = int(need["need"].isna().sum())
        found.append(f"{n} planning area{' has' if n == 1 else 's have'} no need index")
    for whose, agreements in certificate.items():
        found += [
            f"catchments of {whose} within {part.threshold_m:g} m and the rule for residents "
            f"agree on only {part.agreement:.1%} of points"
            for part in agreements
            if part.agreement < MIN_AGREEMENT
        ]
    return (*found, *inputs.notes)
