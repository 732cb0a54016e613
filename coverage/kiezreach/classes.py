"""Groups of planning areas: classes of indicators, and the areas that a filter selects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kiezreach.errors import InputError, shown

if TYPE_CHECKING:
    from kiezreach.study import AreaClasses, Filter


def area_classes(
    classes: Sequence[AreaClasses],
    numbers: pd.DataFrame,
    texts: pd.DataFrame,
    residents: pd.Series,
) -> pd.DataFrame:
    """Sort the planning areas into the study's classes.

    Parameters
    ----------
    classes
        The study's classes.
    numbers, texts
        Indexed by planning area: the columns that classes with quantiles and with values name.
    residents
        Residents of each planning area, by its id; an area that is absent has none.

    Returns
    -------
    DataFrame
        Index as `numbers`; one text column per classes' id, empty where the class is not known.

    Notes
    -----
    Quantiles: areas are ordered by their number, and an area belongs to the group in which the
    middle one of its residents stands. Areas with the same number share a group, so groups hold
    equally many residents only as far as whole areas allow.
    """
    table = pd.DataFrame(index=numbers.index)
    for part in classes:
        if part.quantiles is None:
            table[part.id] = texts[part.column].astype(object)
        else:
            count = residents.reindex(numbers.index).fillna(0)
            table[part.id] = _quantiles(numbers[part.column], count, part.quantiles)
    return table


def deprived_areas(classes: Sequence[AreaClasses], table: pd.DataFrame) -> dict[str, pd.Series]:
    """Tell which planning areas count as structurally weak, by each of the study's classes.

    Parameters
    ----------
    classes
        The study's classes.
    table
        As `area_classes` returns it.

    Returns
    -------
    dict
        By the id of the classes that name deprived values: a truth value per planning area,
        False where its class is not known.
    """
    return {part.id: table[part.id].isin(part.deprived) for part in classes if part.deprived}


def _quantiles(value: pd.Series, residents: pd.Series, groups: int) -> pd.Series:
    """Return the number of each area's group, 1 for the lowest; empty where it has no value."""
    known = residents[value.notna()]
    if not known.sum():
        known = known + 1  # nobody lives there: groups of equally many areas
    total = known.groupby(value[value.notna()]).sum().sort_index()
    middle = (total.cumsum() - total / 2) / total.sum()
    group = np.minimum(np.floor(middle * groups).astype(int) + 1, groups).astype(str)
    return value.map(group).fillna("").astype(object)


def selected_areas(
    chosen: Filter | None, indicators: pd.DataFrame | None, classes: pd.DataFrame
) -> pd.Index:
    """Return the planning areas that meet a filter; all of them where there is none.

    Parameters
    ----------
    chosen
        The study's filter.
    indicators
        Numbers per planning area; NaN where missing, which meets no filter.
    classes
        Classes per planning area, as `area_classes` returns them.

    Returns
    -------
    Index
        Ids in the order of `classes`.

    Raises
    ------
    InputError
        If no planning area meets the filter, or its column is not there.
    """
    if chosen is None:
        return classes.index
    if chosen.classes is not None:
        met = classes[chosen.classes].isin(chosen.values)
        asked = f"{chosen.classes} of {', '.join(chosen.values)}"
    else:
        if indicators is None or chosen.column not in indicators:
            msg = f"there is no indicator '{shown(chosen.column)}'"
            raise InputError(msg, row="[filter]", remedy="Name a column of an indicator file")
        value = indicators[chosen.column]
        low = -np.inf if chosen.at_least is None else chosen.at_least
        high = np.inf if chosen.at_most is None else chosen.at_most
        met = value.between(low, high)
        asked = f"{chosen.column} from {low:g} to {high:g}"
    if not met.any():
        msg = f"no planning area has {shown(asked)}"
        raise InputError(msg, row="[filter]", remedy="Widen the filter, or take it out")
    return classes.index[met]
