"""The walking networks of a study: its own, and those of the profiles that suit an age group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import shapely

from kiezreach.network.read import read_network_with_report
from kiezreach.network.rules import DEFAULT_PROFILE, load_rules
from kiezreach.sources.layers import POLYGONS, check_near, read_repaired

if TYPE_CHECKING:
    from kiezreach.network import NetworkReport, WalkNetwork
    from kiezreach.network.rules import Unknown
    from kiezreach.study import Study

Case = Literal["", "best", "worst", "stand_in"]
"""What a network knows of the ways that a profile needs: nothing is open; or all unknown ways are
walked (best), or none of them (worst); or its file has no tags to judge ways by, so that all its
ways stand in."""

_CASES: dict[Unknown, Case] = {"allow": "best", "refuse": "worst"}


@dataclass(frozen=True, eq=False)
class ProfileNetwork:
    """A network of people who walk by rules of their own.

    Parameters
    ----------
    profile
        Name of the walk rules.
    case
        What the network knows of the ways that they need.
    speed_m_per_min
        Their speed.
    network
        The walking network.
    """

    profile: str
    case: Case
    speed_m_per_min: float
    network: WalkNetwork


def case_of(profile: str, unknown: Unknown, *, has_tags: bool) -> Case:
    """Return what a network read by a profile knows of the ways that the profile needs.

    Parameters
    ----------
    profile, unknown
        As for `kiezreach.read_network`.
    has_tags
        Whether the network's file has the tags that profiles judge ways by.
    """
    rules = load_rules(profile, unknown)
    if rules.same_ways(load_rules(DEFAULT_PROFILE)):
        return ""
    if not has_tags:
        return "stand_in"
    return _CASES[unknown] if rules.leaves_open else ""


def read_study_network(
    study: Study,
    areas: gpd.GeoDataFrame,
    *,
    profile: str | None = None,
    unknown: Unknown | None = None,
    cache: bool = True,
) -> tuple[WalkNetwork, NetworkReport]:
    """Read the network around the areas, as far as walks are searched for.

    Beyond the longest walk, which may leave the areas and come back, it holds the streets that
    places at its end may be tied to. It knows the water of the study's background.

    Parameters
    ----------
    study, areas
        The study and its areas.
    profile, unknown
        Walk rules other than the study's.
    cache
        Whether the network may come from the cache and be kept there.
    """
    settings = study.analysis
    buffer = settings.max_walk_m + max(settings.max_access_m, settings.max_snap_m)
    network, report = read_network_with_report(
        study.path(study.network.file),
        area=areas,
        buffer_m=buffer,
        crs=areas.crs,
        profile=profile or study.network.profile,
        unknown=unknown or study.network.unknown,
        cache=cache,
    )
    lines = gpd.GeoDataFrame(geometry=network.lines[network.main_edges], crs=network.crs)
    region = shapely.box(*areas.total_bounds)
    check_near(lines, region, study.path(study.network.file), what="streets")
    layer = study.background.water
    if layer is not None:
        path = study.path(layer.file)
        water = read_repaired(path, layer.layer, POLYGONS, areas, what="water features")
        network = network.with_water(water)
    return network, report


def read_profile_networks(
    study: Study,
    areas: gpd.GeoDataFrame,
    network: WalkNetwork,
    *,
    has_tags: bool,
    cache: bool = True,
) -> dict[str, tuple[ProfileNetwork, ...]]:
    """Read the networks of the profiles that suit an age group.

    Parameters
    ----------
    study, areas
        The study and its areas.
    network
        The study's own network; it serves every profile that walks the same ways, and stands in
        for the others where the file does not tell their ways.
    has_tags
        Whether the network's file has the tags that profiles judge ways by.
    cache
        Whether networks may come from the cache and be kept there.

    Returns
    -------
    dict
        By profile: one network, or the best and the worst case where tags leave ways open.
    """
    own = load_rules(study.network.profile, study.network.unknown)

    both: tuple[Unknown, Unknown] = ("allow", "refuse")

    def cases(profile: str) -> tuple[ProfileNetwork, ...]:
        rules = load_rules(profile)
        if rules.same_ways(own) or not has_tags:
            case = case_of(profile, own.unknown, has_tags=has_tags)
            return (ProfileNetwork(profile, case, rules.speed_m_per_min, network),)
        return tuple(
            ProfileNetwork(
                profile,
                case_of(profile, unknown, has_tags=True),
                rules.speed_m_per_min,
                read_study_network(study, areas, profile=profile, unknown=unknown, cache=cache)[0],
            )
            for unknown in (both if rules.leaves_open else both[:1])
        )

    return {profile: cases(profile) for profile in sorted(set(study.residents.profiles.values()))}
