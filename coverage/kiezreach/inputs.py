"""Everything that a study names, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kiezreach.errors import InputError
from kiezreach.network.read import read_network_with_report
from kiezreach.sources.areas import read_areas
from kiezreach.sources.candidates import read_candidates
from kiezreach.sources.centres import read_centres
from kiezreach.sources.files import require_file, sha256
from kiezreach.sources.indicators import read_indicators
from kiezreach.sources.layers import POLYGONS, check_geometry, check_near, read_layer
from kiezreach.sources.residents import read_inhabited, read_residents

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiezreach.network import NetworkReport, WalkNetwork
    from kiezreach.study import InputFile, Study

_LINES = {"LineString", "MultiLineString"}


@dataclass(frozen=True, eq=False)
class Inputs:
    """The inputs of a study in its CRS.

    Parameters
    ----------
    areas, centres, candidates, residents, inhabited, indicators
        As the readers of those names return them.
    network
        The walking network.
    background
        Geometries drawn behind the results, by the names of the study's background layers.
    excluded
        ``file``, ``row``, ``id``, ``reason`` of rows that are not used.
    files
        What was read: ``role``, ``file``, ``sha256``, ``source``, ``licence``, ``vintage``,
        ``attribution``.
    """

    areas: gpd.GeoDataFrame
    centres: gpd.GeoDataFrame
    candidates: gpd.GeoDataFrame
    residents: gpd.GeoDataFrame
    inhabited: gpd.GeoDataFrame
    indicators: pd.DataFrame | None
    network: WalkNetwork
    background: dict[str, gpd.GeoSeries]
    excluded: pd.DataFrame
    files: pd.DataFrame


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
    areas = read_areas(study)
    centres, centres_out = read_centres(study, areas)
    candidates, candidates_out = read_candidates(study, areas)
    residents, residents_out = read_residents(study, areas)
    inhabited = read_inhabited(study, residents)
    indicators = read_indicators(study, areas)
    tell(f"reading the walking network {study.path(study.network.file).name}")
    network, _ = read_study_network(study, areas, cache=cache)
    background = read_background(study, areas)
    excluded = pd.concat([centres_out, candidates_out, residents_out], ignore_index=True)
    files = pd.DataFrame(_describe(study, *named) for named in named_files(study, network))
    return Inputs(
        areas=areas,
        centres=centres,
        candidates=candidates,
        residents=residents,
        inhabited=inhabited,
        indicators=indicators,
        network=network,
        background=background,
        excluded=excluded,
        files=files,
    )


def read_study_network(
    study: Study, areas: gpd.GeoDataFrame, *, cache: bool = True
) -> tuple[WalkNetwork, NetworkReport]:
    """Read the network around the areas: nobody walks farther than the largest threshold."""
    settings = study.analysis
    buffer = max(settings.thresholds_m) + settings.max_access_m + settings.max_snap_m
    network, report = read_network_with_report(
        study.path(study.network.file),
        area=areas,
        buffer_m=buffer,
        crs=areas.crs,
        profile=study.network.profile,
        unknown=study.network.unknown,
        cache=cache,
    )
    lines = gpd.GeoDataFrame(geometry=network.lines[network.main_edges], crs=network.crs)
    region = shapely.box(*areas.total_bounds)
    check_near(lines, region, study.path(study.network.file), what="streets")
    return network, report


def read_background(study: Study, areas: gpd.GeoDataFrame) -> dict[str, gpd.GeoSeries]:
    """Read the layers that are only drawn; what is broken in them is repaired.

    Returns
    -------
    dict
        Geometries in the CRS of `areas`, by the names of the study's background layers.
    """
    found = {}
    region = shapely.box(*areas.total_bounds)
    for name, layer in study.background:
        if layer is None:
            continue
        path = study.path(layer.file)
        require_file(path)
        raw = read_layer(path, layer.layer)
        repaired = raw.geometry.make_valid(method="structure", keep_collapsed=False)
        drawn = raw.set_geometry(repaired)[~(repaired.isna() | repaired.is_empty)]
        if drawn.empty:
            msg = "has no row with a geometry"
            raise InputError(msg, file=path, remedy="Draw them, or take the layer out of the study")
        check_geometry(drawn, _LINES if name == "railway" else POLYGONS, path)
        frame = drawn.to_crs(areas.crs)
        check_near(frame, region, path, what=f"{name} features")
        geometry = frame.geometry.to_numpy()
        found[name] = gpd.GeoSeries(geometry[np.lexsort(shapely.bounds(geometry).T)], crs=areas.crs)
    return found


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
    named.append(("residents", study.residents.file, study.residents))
    optional = (
        ("candidates", study.candidates),
        ("inhabited", study.inhabited),
        ("indicators", study.indicators),
    )
    for role, part in optional:
        if part is not None:
            named.append((role, part.file, part))
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
    return named


def _describe(study: Study, role: str, file: str, part: InputFile) -> dict[str, str]:
    """Describe one input file, with its hash."""
    return {
        "role": role,
        "file": Path(file).name if Path(file).is_absolute() else file,
        "sha256": sha256(study.path(file)),
        "source": part.source,
        "licence": part.licence,
        "vintage": part.vintage,
        "attribution": part.attribution,
    }
