"""What a scenario changes where centres have a capacity that people share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kiezreach.accessibility import accessibility_table
from kiezreach.reach import CentreReaches
from kiezreach.sources.areas import CITY

if TYPE_CHECKING:
    from kiezreach.decisions.scenarios.base import Base
    from kiezreach.decisions.scenarios.situation import Situation
    from kiezreach.study import Accessibility

_KEY = ["level", "area_id", "area_name", "method", "reach_m", "unit"]
_TOLD = ["capacity_per_1000", "residents_without"]


def shared_capacity(base: Base, then: Situation, name: str) -> pd.DataFrame | None:
    """Compare the capacity that people share before and after.

    Parameters
    ----------
    base
        What is.
    then
        What would be.
    name
        Name of the scenario.

    Returns
    -------
    DataFrame or None
        ``scenario``, ``level``, ``area_id``, ``area_name``, ``method``, ``reach_m``, ``unit``,
        ``residents`` (after), and before and after ``capacity_per_1000`` and
        ``residents_without``, as `kiezreach.accessibility.accessibility_table` has them; for the
        city and the areas in which something changes. None where the study does not ask for it.
    """
    rules = base.study.accessibility
    if rules is None:
        return None
    before, after = (_table(base, here, rules) for here in (base.situation, then))
    table = after[[*_KEY, "residents"]].copy()
    for column in _TOLD:
        table[f"{column}_before"], table[f"{column}_after"] = before[column], after[column]
    same = (before[[*_TOLD, "residents"]] == after[[*_TOLD, "residents"]]).all(axis=1)
    kept = ~same | (table["level"] == CITY)
    table.insert(0, "scenario", name)
    return table[kept & (table["residents"] > 0)].reset_index(drop=True)


def _table(base: Base, here: Situation, rules: Accessibility) -> pd.DataFrame:
    """Share the capacity of one situation; its areas and methods are those of any other."""
    reach = here.reach
    each = CentreReaches(
        reach.net,
        reach.centre_ids,
        reach.centres,
        reach.centre_xy,
        rules.reach_m,
        reach.max_access_m,
    )
    return accessibility_table(
        base.inputs.areas,
        here.residents,
        each,
        here.place,
        here.centres["capacity"],
        rules,
        city_name=base.study.name,
    )
