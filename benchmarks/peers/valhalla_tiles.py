"""Valhalla: OpenStreetMap read by its own walk rules into tiles, searched and contoured in C++."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from measuring import AbsentError

if TYPE_CHECKING:
    import numpy.typing as npt

# The shortest way, not the one that Valhalla thinks most pleasant.
_WALKING = {"costing": "pedestrian", "costing_options": {"pedestrian": {"shortest": True}}}
_PROGRAM = "valhalla_build_tiles" + (".exe" if sys.platform == "win32" else "")


@dataclass(frozen=True)
class Tiles:
    """What Valhalla answers from, and the way to its coordinates and back."""

    actor: Any
    to_lonlat: pyproj.Transformer
    to_metres: pyproj.Transformer


def require() -> None:
    """Raise `AbsentError` where pyvalhalla cannot be imported or cannot build tiles."""
    try:
        import valhalla
    except ImportError as error:
        msg = f"pyvalhalla cannot be imported ({error}); its wheels need Python 3.12 or newer"
        raise AbsentError(msg) from error
    if not (Path(valhalla.__file__).parent / "bin" / _PROGRAM).exists():
        msg = f"pyvalhalla has no {_PROGRAM}"
        raise AbsentError(msg)


def build(extract: Path, folder: Path, crs: str) -> Tiles:
    """Build the tiles of an extract anew."""
    import valhalla

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = valhalla.get_config(tile_extract="", tile_dir=folder)
    config["service_limits"]["pedestrian"]["max_matrix_location_pairs"] = 1_000_000
    written = folder / "valhalla.json"
    written.write_text(json.dumps(config))
    program = Path(valhalla.__file__).parent / "bin" / _PROGRAM
    subprocess.run([program, "-c", written, extract], check=True, capture_output=True)
    return Tiles(
        valhalla.Actor(str(written)),
        pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True),
        pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True),
    )


def catchments(
    tiles: Tiles, xy: npt.NDArray[np.float64], thresholds: list[float]
) -> list[shapely.Geometry]:
    """Draw the catchments of one place, as they come: neither smoothed nor freed of small parts."""
    question = {
        **_WALKING,
        "locations": [_place(tiles, xy)],
        "contours": [{"distance": threshold / 1000} for threshold in thresholds],
        "polygons": True,
        "denoise": 0.0,
        "generalize": 0.0,
    }
    found = {
        round(item["properties"]["contour"] * 1000): shapely.geometry.shape(item["geometry"])
        for item in tiles.actor.isochrone(question)["features"]
    }
    return [
        shapely.transform(
            found.get(round(threshold), shapely.Polygon()),
            tiles.to_metres.transform,
            interleaved=False,
        )
        for threshold in thresholds
    ]


def distances(
    tiles: Tiles, xy: npt.NDArray[np.float64], targets: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Distance from one place to others, rounded to the metre, inf where no way leads."""
    lon, lat = tiles.to_lonlat.transform(*targets.T)
    goals = [{"lon": x, "lat": y} for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    question = {**_WALKING, "sources": [_place(tiles, xy)], "targets": goals}
    row = tiles.actor.matrix(question)["sources_to_targets"][0]
    return np.array([np.inf if x["distance"] is None else x["distance"] * 1000 for x in row])


def _place(tiles: Tiles, xy: npt.NDArray[np.float64]) -> dict[str, float]:
    """Write a place as Valhalla asks for it."""
    lon, lat = tiles.to_lonlat.transform(*xy)
    return {"lon": lon, "lat": lat}
