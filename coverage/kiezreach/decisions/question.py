"""What is asked of a choice of sites, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Final, Literal, get_args

from kiezreach import defaults
from kiezreach.decisions.limits import Limits
from kiezreach.errors import InputError, shown
from kiezreach.reach.lengths import check_length

Model = Literal["mclp", "lscp", "p-median", "p-center"]
MODELS: Final = get_args(Model)
NO_LIMITS: Final = Limits()


@dataclass(frozen=True)
class Question:
    """What the best set of sites is.

    Parameters
    ----------
    model
        ``mclp``: most residents served; ``lscp``: fewest sites that serve a share of them;
        ``p-median``: shortest walks of all together; ``p-center``: shortest longest walk.
    k
        How many sites may be chosen; None for any number, where a budget or the model sets it.
    share
        For ``lscp``: share of all residents who are to be served, by existing and new centres.
    limits
        What the sites have to keep to.
    longest_m
        For ``p-median`` and ``p-center``: longest walk that is searched for, in metres. Whoever
        has a longer one counts with this length in ``p-median``; ``p-center`` brings everybody
        within it.
    """

    model: Model = "mclp"
    k: int | None = None
    share: float | None = None
    limits: Limits = NO_LIMITS
    longest_m: float = defaults.MAX_WALK_M

    def __post_init__(self) -> None:
        """Refuse what cannot be asked."""
        if self.model not in MODELS:
            msg = f"there is no model '{shown(self.model)}'"
            raise InputError(msg, remedy=f"Choose one of {', '.join(MODELS)}")
        if self.k is not None:
            _check_number(self.k)
        if (self.model == "lscp") != (self.share is not None):
            msg = (
                "the model lscp needs the share of residents who are to be served"
                if self.share is None
                else f"a share is asked for, but the model {self.model} has none"
            )
            raise InputError(msg, remedy="Give a share together with the model lscp")
        if self.k is None and self.share is None and self.limits.budget is None:
            msg = "it is not said how many new centres there may be"
            raise InputError(msg, remedy="Give their number k, or a budget")
        if self.share is not None and not (_is_number(self.share) and 0 < self.share <= 1):
            msg = f"the share is {shown(self.share)}"
            raise InputError(msg, remedy="Give a share above 0 and at most 1, for example 0.5")
        check_length(self.longest_m, "the longest walk")

    @property
    def threshold_is_enough(self) -> bool:
        """Whether walks longer than the threshold do not matter."""
        return self.model in {"mclp", "lscp"}


def check_time(seconds: object) -> float:
    """Return a time limit in seconds, or say what is wrong with it."""
    if isinstance(seconds, (int, float)) and _is_number(seconds) and seconds > 0:
        return float(seconds)
    msg = f"the time limit is {shown(seconds)}"
    raise InputError(msg, remedy="Give seconds above 0: without any, nothing can be found")


def check_enough(k: int | None, there: int) -> None:
    """Raise an error if more sites are asked for than there are."""
    if k is not None and k > there:
        msg = f"{k} new centres are asked for, but there are {there} candidates near a street"
        raise InputError(msg, remedy=f"Ask for at most {there}, or give more candidates")


def _check_number(k: object) -> None:
    """Raise an error if there cannot be so many new centres."""
    if isinstance(k, bool) or not isinstance(k, Integral) or k < 1:
        msg = f"the number of new centres is {shown(k)}"
        raise InputError(msg, remedy="Give a whole number of 1 or more")


def _is_number(value: object) -> bool:
    """Return whether a value is a number, and not yes or no."""
    return isinstance(value, Real) and not isinstance(value, bool) and not math.isnan(value)
