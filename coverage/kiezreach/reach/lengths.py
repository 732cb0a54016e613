"""What counts as a length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from numbers import Real

import numpy as np

from kiezreach.errors import InputError, shown


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
