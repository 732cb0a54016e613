"""Read a walking network from any of the formats that it comes in."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyproj

from kiezreach.errors import NetworkError
from kiezreach.network.build import DEFAULT_QUANTUM_M
from kiezreach.network.cache import cache_key, load, store
from kiezreach.network.clip import area_digest, clip_network, network_in_crs
from kiezreach.network.file import read_network_file
from kiezreach.network.graph import network_from_graphml
from kiezreach.network.layer import is_geoparquet, network_from_layer
from kiezreach.network.osm import read_osm
from kiezreach.network.projection import LONLAT, metric_crs, projected, utm_crs
from kiezreach.network.report import NetworkReport, WayCount, describe_network
from kiezreach.network.rules import DEFAULT_PROFILE, Unknown, load_rules

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from kiezreach.network.model import WalkNetwork
    from kiezreach.network.rules import Rules

_log = logging.getLogger(__name__)

OSM_SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
LAYER_SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".fgb")


def read_network(
    path: str | Path,
    *,
    area: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    buffer_m: float = 0.0,
    crs: str | None = None,
    profile: str = DEFAULT_PROFILE,
    unknown: Unknown = "allow",
    cache: bool = True,
) -> WalkNetwork:
    """Read a walking network.

    Parameters
    ----------
    path
        An OpenStreetMap extract (.osm.pbf, .osm, .osm.gz, .osm.bz2), an OSMnx graph (.graphml),
        a line layer (.gpkg, .geojson, .shp, .fgb, .parquet) or kiezreach's own file
        (.walk.parquet). The lines of a layer and the edges of a graph are all taken as
        walkable; the profile's rules hold for OpenStreetMap files.
    area
        Polygons to clip to, in any CRS. Ways are cut at their vertices, and nothing is bridged.
    buffer_m
        Metres added around `area`; at least the longest walking distance asked later.
    crs
        Projected CRS in metres of the network; by default the file's own if it is one in
        metres, else the UTM zone of the data.
    profile
        Name of the walk rules: ``walking``, ``step_free``, ``pram`` or ``older``.
    unknown
        Where tags leave open whether the profile can use a way: ``allow`` walks it and marks
        its edges with the tag bit ``unknown`` (best case), ``refuse`` leaves it out (worst case).
    cache
        Whether to keep the network in the platform's cache folder, and to take it from there
        when the same file is read in the same way again.

    Returns
    -------
    WalkNetwork

    Raises
    ------
    InputError
        If the area, the CRS or the profile cannot be used; a NetworkError where the file is at
        fault.
    """
    return read_network_with_report(
        path,
        area=area,
        buffer_m=buffer_m,
        crs=crs,
        profile=profile,
        unknown=unknown,
        cache=cache,
    )[0]


def read_network_with_report(
    path: str | Path,
    *,
    area: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    buffer_m: float = 0.0,
    crs: str | None = None,
    profile: str = DEFAULT_PROFILE,
    unknown: Unknown = "allow",
    cache: bool = True,
) -> tuple[WalkNetwork, NetworkReport]:
    """Read a walking network and the account of what was kept; see `read_network`."""
    path = Path(path)
    target = None if crs is None else metric_crs(crs)
    rules = load_rules(profile, unknown)
    _check_file(path)
    key = ""
    if cache and not _is_own_file(path):
        settings = {
            "profile": [profile, unknown],
            "crs": None if target is None else target.to_string(),
            "area": None if area is None else area_digest(area),
            "buffer_m": None if area is None else buffer_m,
        }
        key = cache_key(path, settings)
        kept = load(key, path)
        if kept is not None:
            _log.info("taken from the cache, entry %s", key)
            _tell(kept[1])
            return kept
    try:
        network, report = _read(path, target, rules, area, buffer_m)
    except NetworkError as error:
        if error.file:
            raise
        # The parts that build networks do not know the file.
        raise NetworkError(error.problem, file=path, row=error.row, remedy=error.remedy) from error
    if key:
        store(key, network, report, profile if unknown == "allow" else f"{profile}, worst case")
    _tell(report)
    return network, report


def _tell(report: NetworkReport) -> None:
    """Log the account of a network, for whoever listens to the logger ``kiezreach``."""
    for line in report.lines():
        _log.info("%s", line)


def _read(
    path: Path,
    target: pyproj.CRS | None,
    rules: Rules,
    area: gpd.GeoDataFrame | gpd.GeoSeries | None,
    buffer_m: float,
) -> tuple[WalkNetwork, NetworkReport]:
    """Read a file, clip it and measure what is left."""
    net, kind, cut_xy, ways = _read_whole(path, target, rules)
    if target is not None:
        net = network_in_crs(net, target)
    if area is not None:
        net, clipped_xy = clip_network(net, area, buffer_m)
        cut_xy = np.concatenate([cut_xy, clipped_xy])
    return net, describe_network(net, file=str(path), kind=kind, cut_xy=cut_xy, ways=ways)


def _check_file(path: Path) -> None:
    """Refuse what is not a readable file with something in it."""
    if not path.exists():
        msg = "there is no such file"
        raise NetworkError(msg, file=path, remedy="Check the path")
    if not path.is_file():
        msg = "is not a file"
        raise NetworkError(msg, file=path, remedy="Give the file itself, not its folder")
    try:
        with path.open("rb") as stream:
            empty = not stream.read(1)
    except OSError as error:
        msg = f"cannot be opened ({error.strerror})"
        raise NetworkError(msg, file=path, remedy="Check its permissions") from error
    if empty:
        msg = "is empty"
        raise NetworkError(msg, file=path, remedy="Fetch or export it again")


def _is_own_file(path: Path) -> bool:
    """Return whether a file is kiezreach's own: it is as quick to read as the cache."""
    return path.name.lower().endswith(".parquet") and not is_geoparquet(path)


def _read_whole(
    path: Path, target: pyproj.CRS | None, rules: Rules
) -> tuple[WalkNetwork, str, npt.NDArray[np.float64], WayCount | None]:
    """Read a file by its suffix.

    Returns
    -------
    WalkNetwork
    str
        Kind of file.
    array, shape (c, 2)
        Places at which ways were cut because nodes are missing.
    WayCount or None
        Account of the ways of an OpenStreetMap file.
    """
    name = path.name.lower()
    uncut = np.empty((0, 2))
    if name.endswith(OSM_SUFFIXES):
        net, cut_xy, count = _network_from_osm(path, target, rules)
        return net, "OpenStreetMap file", cut_xy, count
    if name.endswith(".graphml"):
        crs = None if target is None else target.to_string()
        return network_from_graphml(path, crs), "graph", uncut, None
    if _is_own_file(path):
        return read_network_file(path), "kiezreach network", uncut, None
    if name.endswith((*LAYER_SUFFIXES, ".parquet")):
        return network_from_layer(path, target), "line layer", uncut, None
    msg = "has a suffix that stands for no network format"
    known = ", ".join((*OSM_SUFFIXES, ".graphml", *LAYER_SUFFIXES, ".parquet"))
    raise NetworkError(msg, file=path, remedy=f"Known: {known}")


def _network_from_osm(
    path: Path, target: pyproj.CRS | None, rules: Rules
) -> tuple[WalkNetwork, npt.NDArray[np.float64], WayCount]:
    """Read an OpenStreetMap file and project it."""
    ways, cut, provenance, count = read_osm(path, rules)
    crs = target or utm_crs(ways.xy[ways.in_use])
    ways = ways.moved(projected(ways.xy, pyproj.CRS(LONLAT), crs))
    ways.check_finite()
    net = ways.to_network(
        crs=crs.to_string(),
        tag_names=rules.tag_names,
        quantum_m=DEFAULT_QUANTUM_M,
        provenance=provenance,
    )
    return net, ways.xy[cut], count
