"""Motorway corridors: hand-made centre lines, fitted to the gaps between blocks.

No input layer holds motorways. ``motorways.csv`` lists, stretch by stretch, where a motorway runs
in a gap that would otherwise pass for a street, and the half width that fills the gap. Stretches
in tunnels, on viaducts and inside blocks leave no gap and need no entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from skeleton.inputs import Geometries

MOTORWAYS_CSV = Path(__file__).with_name("motorways.csv")
CARRIAGEWAY_MAX_HALF_WIDTH_M = 30.0  # wider entries blank out an interchange, not one carriageway


@dataclass(frozen=True)
class Motorways:
    """Motorway stretches: names, centre lines (EPSG:25833) and half widths in metres."""

    name: npt.NDArray[np.object_]
    centre_lines: Geometries
    half_width: npt.NDArray[np.float64]

    @property
    def corridors(self) -> Geometries:
        """Polygons of the stretches, cut off straight at their ends."""
        return np.asarray(shapely.buffer(self.centre_lines, self.half_width, cap_style="flat"))

    @property
    def carriageways(self) -> Geometries:
        """Centre lines without those that stand for a whole interchange."""
        return np.asarray(self.centre_lines[self.half_width <= CARRIAGEWAY_MAX_HALF_WIDTH_M])


def read_motorways(path: Path = MOTORWAYS_CSV) -> Motorways:
    """Read the list of motorway stretches."""
    table = pd.read_csv(path)
    return Motorways(
        (table["motorway"] + ": " + table["stretch"]).to_numpy(dtype=object),
        np.asarray(shapely.from_wkt(table["wkt_epsg25833"])),
        table["half_width_m"].to_numpy(dtype=np.float64),
    )
