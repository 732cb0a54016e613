"""What counts as a length, and which lengths of walks are the same.

One walk, added up in another order, differs in its last digits. Where a walk is compared with a
limit or with another walk, that must not decide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from kiezreach.errors import InputError, shown
from kiezreach.network.segments import EQUAL_M

if TYPE_CHECKING:
    import numpy.typing as npt

_DECIMALS = round(-math.log10(EQUAL_M))


def rounded(walk: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Round walks to tenths of a micrometre, so that ``<=`` compares them without rounding errors.

    Parameters
    ----------
    walk
        Metres, any shape; inf stays inf.

    Returns
    -------
    array, metres
        Each the float that is nearest to its decimal number: a walk of 500 m is 500.0.
    """
    return np.round(walk, _DECIMALS)


def check_length(value: object, name: str, *, zero: bool = False, endless: bool = False) -> float:
    """Return a length in metres, or say what is wrong with it.

    Parameters
    ----------
    value
        What was given.
    name
        What it is the length of, for the message.
    zero, endless
        Whether 0 and inf are allowed.

    Raises
    ------
    InputError
        If it is no number, or none that is allowed.
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        length = float(value)
        if (length > 0 or (zero and length == 0)) and (length < math.inf or endless):
            return length
        given = f"{length:g}"
    else:
        given = shown(repr(value))
    msg = f"{name} is {given}"
    raise InputError(msg, remedy=f"Give a length in metres {'of 0 or more' if zero else 'above 0'}")


def check_thresholds(thresholds: Sequence[float], limit: float) -> list[float]:
    """Return thresholds in rising order, or say what is wrong with them.

    Parameters
    ----------
    thresholds
        What was given, in metres.
    limit
        Longest walk that the reach knows of, in metres.

    Raises
    ------
    InputError
        If they are no list of different lengths above 0, or one is beyond the limit.
    """
    remedy = "Give one or more walking distances in metres above 0"
    if isinstance(thresholds, str) or not np.iterable(thresholds):
        msg = f"the thresholds are {shown(repr(thresholds))}"
        raise InputError(msg, remedy=f"{remedy}, as a list")
    levels = sorted(check_length(t, "a threshold") for t in thresholds)
    if not levels:
        msg = "there are no thresholds"
        raise InputError(msg, remedy=remedy)
    twice = [t for t, following in pairwise(levels) if t == following]
    if twice:
        msg = f"the threshold {twice[0]:g} m stands twice"
        raise InputError(msg, remedy="Name each walking distance once")
    if levels[-1] > limit:
        msg = f"the threshold {levels[-1]:g} m is beyond the reach's limit of {limit:g} m"
        raise InputError(msg, remedy="Compute the reach with a larger limit")
    return levels
