"""Everything that a study names, read and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from kiezreach.classes import area_classes, selected_areas
from kiezreach.errors import InputError
from kiezreach.need import need_index, plausible_needs
from kiezreach.population import read_population
from kiezreach.sources.addresses import AddressBook, read_address_book
from kiezreach.sources.areas import read_areas
from kiezreach.sources.barriers import read_barriers
from kiezreach.sources.candidates import read_candidates
from kiezreach.sources.centres import read_centres
from kiezreach.sources.files import require_file, sha256
from kiezreach.sources.indicators import read_indicators
from kiezreach.sources.layers import LINES, POLYGONS, read_repaired
from kiezreach.sources.norms import read_norms
from kiezreach.sources.residents import draw_inhabited, read_inhabited
from kiezreach.sources.scenarios import read_scenarios
from kiezreach.study_networks import (
    Case,
    ProfileNetwork,
    case_of,
    read_profile_networks,
    read_study_network,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiezreach.network import WalkNetwork
    from kiezreach.study import InputFile, Norm, Scenario, Study


@dataclass(frozen=True, eq=False)
class Inputs:
    """The inputs of a study in its CRS.

    Parameters
    ----------
    areas, centres, candidates, residents, inhabited
        As the readers of those names return them.
    indicators
        Indexed by planning area: every column of numbers of the indicator files, NaN where
        missing; None where the study names no such file.
    classes
        Indexed by planning area: one text column per classes of the study, empty where unknown.
    network
        The walking network.
    background
        Geometries drawn behind the results, by the names of the study's background layers.
    barriers
        As `kiezreach.sources.barriers.read_barriers` returns them; empty if there are none.
    norms
        As `kiezreach.sources.norms.read_norms` returns them.
    excluded
        ``file``, ``row``, ``id``, ``reason`` of rows that are not used.
    files
        What was read: as `describe_file` has it.
    network_case
        Whether `network` is the best or worst case of its profile.
    profile_networks
        By each profile that suits an age group: the networks that its walks are found on.
    spreads
        The same residents by each further plausible method of spreading, by its name: frames
        like `residents`, with the same sums of every planning area and age group.
    notes
        What a reader of the figures must know about the inputs.
    scenarios
        The study's scenarios, each with its file.
    address_book
        Addresses, where the study has some and scenarios.
    """

    areas: gpd.GeoDataFrame
    centres: gpd.GeoDataFrame
    candidates: gpd.GeoDataFrame
    residents: gpd.GeoDataFrame
    inhabited: gpd.GeoDataFrame
    indicators: pd.DataFrame | None
    classes: pd.DataFrame
    network: WalkNetwork
    background: dict[str, gpd.GeoSeries]
    barriers: gpd.GeoDataFrame
    norms: tuple[Norm, ...]
    excluded: pd.DataFrame
    files: pd.DataFrame
    network_case: Case = ""
    profile_networks: dict[str, tuple[ProfileNetwork, ...]] = field(default_factory=dict)
    spreads: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    scenarios: tuple[tuple[Path, Scenario], ...] = ()
    address_book: AddressBook | None = None


def read_inputs(
    study: Study, tell: Callable[[str], None] = lambda _: None, *, cache: bool = True
) -> Inputs:
    """Read all that a study names.

    Parameters
    ----------
    study
        The study.
    tell
        Called with a few words before each longer step.
    cache
        Whether the network may come from the cache and be kept there.

    Returns
    -------
    Inputs

    Raises
    ------
    InputError
        For the first fault found; see the readers.
    """
    tell("reading areas, centres and residents")
    norms, scenarios = read_norms(study), read_scenarios(study)
    book = read_address_book(study) if scenarios else None
    areas = read_areas(study)
    centres, centres_out = read_centres(study, areas)
    candidates, candidates_out = read_candidates(study, areas)
    background = read_background(study, areas)
    inhabited = read_inhabited(study, areas)
    people = read_population(study, areas, inhabited, background, tell)
    table = read_indicators(study, areas)
    count = people.residents.groupby("planning_area_id")["residents"].sum()
    classes = area_classes(study.classes, table.numbers, table.texts, count)
    require_usable(study, table.numbers, classes)
    tell(f"reading the walking network {study.path(study.network.file).name}")
    network, report = read_study_network(study, areas, cache=cache)
    has_tags = report.ways is not None
    others = read_profile_networks(study, areas, network, has_tags=has_tags, cache=cache)
    barriers = read_barriers(study, areas)
    excluded = pd.concat(
        [centres_out, candidates_out, people.excluded, table.excluded], ignore_index=True
    )
    files = pd.DataFrame(describe_file(study, *named) for named in named_files(study, network))
    return Inputs(
        areas=areas,
        centres=centres,
        candidates=candidates,
        residents=people.residents,
        spreads=people.spreads,
        inhabited=draw_inhabited(people.residents) if inhabited is None else inhabited,
        indicators=table.numbers if study.indicators else None,
        classes=classes,
        network=network,
        background=background,
        barriers=barriers,
        norms=norms,
        excluded=excluded,
        files=files,
        network_case=case_of(study.network.profile, study.network.unknown, has_tags=has_tags),
        profile_networks=others,
        notes=people.notes,
        scenarios=scenarios,
        address_book=book,
    )


def require_usable(study: Study, indicators: pd.DataFrame, classes: pd.DataFrame) -> None:
    """Raise an error if the need index ranks nothing or nothing meets the filter.

    Both could be seen later; a planner should not wait for the catchments to learn it.

    Parameters
    ----------
    study
        The study.
    indicators, classes
        Numbers and classes per planning area.

    Raises
    ------
    InputError
        See `kiezreach.need.need_index` and `kiezreach.classes.selected_areas`.
    """
    try:
        if study.need is not None:
            need_index(indicators, study.need)
            plausible_needs(indicators, study.need)
        selected_areas(study.filter, indicators, classes)
    except InputError as error:
        one = len(study.indicators) == 1
        file = study.path(study.indicators[0].file) if one else study.file
        raise InputError(error.problem, file=file, row=error.row, remedy=error.remedy) from error


def read_background(study: Study, areas: gpd.GeoDataFrame) -> dict[str, gpd.GeoSeries]:
    """Read the layers that are only drawn; what is broken in them is repaired.

    Returns
    -------
    dict
        Geometries in the CRS of `areas`, by the names of the study's background layers.
    """
    return {
        name: read_repaired(
            study.path(layer.file),
            layer.layer,
            LINES if name == "railway" else POLYGONS,
            areas,
            what=f"{name} features",
        )
        for name, layer in study.background
        if layer is not None
    }


def named_files(
    study: Study, network: WalkNetwork | None = None
) -> list[tuple[str, str, InputFile]]:
    """List role, path as the study has it, and description of every input file.

    Parameters
    ----------
    study
        The study.
    network
        The network that was read; what it knows of its origin fills what the study leaves out.
    """
    named: list[tuple[str, str, InputFile]] = []
    level_files = {level.file or study.areas.file for level in study.areas.levels}
    named += [("areas", file, study.areas) for file in sorted(level_files)]
    named.append(("centres", study.centres.file, study.centres))
    named.append(("residents", study.residents.origin, study.residents))
    support = study.residents.support
    for role, layer in (("blocks", support.blocks), ("addresses", support.points)):
        if layer is not None:
            named.append((role, layer.file, layer))
    if support.grid is not None:
        named.append(("grid", support.grid.file, support.grid))
    if study.inhabited is not None:
        named.append(("inhabited", study.inhabited.file, study.inhabited))
    named += [("indicators", part.file, part) for part in study.indicators]
    if study.norms is not None:
        named.append(("norms", study.norms.file, study.norms))
    named += [("scenario", part.file, part) for part in study.scenarios]
    if study.scenarios and study.addresses is not None:
        named.append(("address_book", study.addresses.file, study.addresses))
    if study.candidates is not None:
        named.append(("candidates", study.candidates.file, study.candidates))
    described = study.network
    if network is not None:
        known = network.provenance
        described = described.model_copy(
            update={
                "source": described.source or known.source,
                "licence": described.licence or known.licence,
                "vintage": described.vintage or known.data_date,
                "attribution": described.attribution or known.attribution,
            }
        )
    named.append(("network", study.network.file, described))
    named += [(name, layer.file, layer) for name, layer in study.background if layer is not None]
    named += [("barriers", barrier.file, barrier) for barrier in study.barriers]
    return named


def describe_file(study: Study, role: str, file: str, part: InputFile) -> dict[str, Any]:
    """Describe one input file.

    Parameters
    ----------
    study
        The study.
    role, file, part
        As `named_files` lists them.

    Returns
    -------
    dict
        ``role``, ``file``, ``sha256``, ``bytes``, ``source``, ``licence``, ``vintage``,
        ``attribution``.
    """
    path = study.path(file)
    require_file(path)
    return {
        "role": role,
        "file": path.name if Path(file).is_absolute() else file,
        "sha256": sha256(path),
        "bytes": path.stat().st_size,
        "source": part.source,
        "licence": part.licence,
        "vintage": part.vintage,
        "attribution": part.attribution,
    }
