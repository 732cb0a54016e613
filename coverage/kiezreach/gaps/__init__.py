"""Where the holes are: connected inhabited places outside every catchment, and which come first."""

from kiezreach.gaps.answer import describe_gaps, gaps
from kiezreach.gaps.homes import Homes
from kiezreach.gaps.ranking import OWN_SPREADING, Members, Plausible, Ranking, rank_gaps
from kiezreach.gaps.search import FoundGaps, GapRules, find_gaps

__all__ = [
    "OWN_SPREADING",
    "FoundGaps",
    "GapRules",
    "Homes",
    "Members",
    "Plausible",
    "Ranking",
    "describe_gaps",
    "find_gaps",
    "gaps",
    "rank_gaps",
]
