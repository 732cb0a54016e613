"""Measure the packaged street skeleton against real OSM streets and stamp its provenance.

Example
-------
    python scripts/measure_network.py --shared ../shared
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from kiezreach.network import WalkNetwork, network_from_lines
from kiezreach.network.file import read_network_file
from skeleton.accuracy import STRAIGHT, agreement, pair_errors, summarise_errors
from skeleton.inputs import CRS
from skeleton.tiles import FILES, LEFT_OUT, read_tile

ROOT = Path(__file__).resolve().parent.parent
NETWORK = ROOT / "data" / "network" / "berlin_skeleton.walk.parquet"
TABLE = ROOT / "data" / "network" / "berlin_skeleton_accuracy.csv"
SKELETON, STUDY = "skeleton", "study skeleton"
DECIMALS = 4
ALL_TILES = "all tiles"


def main() -> None:
    """Measure, print the tables as Markdown, write the CSV and stamp the network file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="input folder")
    parser.add_argument("--network", type=Path, default=NETWORK, help="network file to measure")
    parser.add_argument("--out", type=Path, default=TABLE, help="table to write")
    parser.add_argument("--no-stamp", action="store_true", help="leave the network file as it is")
    arguments = parser.parse_args()
    network = read_network_file(arguments.network)
    table = measure(network, arguments.shared)
    arguments.out.write_text(table.round(DECIMALS).to_csv(index=False, lineterminator="\n"))
    print(markdown(table))
    summary = summarise(table)
    print("", *summary, sep="\n")
    if not arguments.no_stamp:
        stamped = replace(network.provenance, accuracy=summary[0], accuracy_de=summary[1])
        network.with_provenance(stamped).save(arguments.network)


def measure(
    network: WalkNetwork, shared: Path, tiles: tuple[str, ...] = tuple(FILES)
) -> pd.DataFrame:
    """Return the accuracy table of a network and of the study's skeleton, side by side."""
    networks = shared / "data" / "networks"
    study = gpd.read_parquet(networks / "berlin_street_skeleton_study.parquet")
    models = {SKELETON: network, STUDY: network_from_lines(study, quantum_m=0.1)}
    addresses = read_addresses(shared / "data/berlin/geocoded_addresses_berlin.csv.gz")
    centres = read_centres(
        shared / "data/berlin/centres/osm_community_centres_berlin_2025-09.geojson"
    )
    parts, pooled = [], []
    for name in tiles:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        tile = read_tile(name, networks)
        errors = pair_errors(tile, addresses, models)
        pooled.append(errors)
        parts += [
            summarise_errors(name, errors),
            agreement(tile, addresses, centres, models),
        ]
    every_pair = pd.concat(pooled, ignore_index=True)
    every_pair.attrs.clear()
    parts.append(summarise_errors(ALL_TILES, every_pair))
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    table.insert(1, "left_out_of_tuning", table["tile"] == LEFT_OUT)
    return table


def read_addresses(path: Path) -> npt.NDArray[np.float64]:
    """Return the distinct places of real addresses, sorted, (n, 2) in EPSG:25833."""
    table = pd.read_csv(path)
    points = gpd.GeoSeries.from_xy(table["lon"], table["lat"], crs=4326).to_crs(CRS)
    return np.unique(np.round(np.stack([points.x, points.y], axis=1), 1), axis=0)


def read_centres(path: Path) -> npt.NDArray[np.float64]:
    """Return the places of community centres, (n, 2) in EPSG:25833."""
    points = gpd.read_file(path).to_crs(CRS).geometry
    return np.stack([points.x, points.y], axis=1)


def summarise(table: pd.DataFrame) -> tuple[str, str]:
    """Return the sentence that every output repeats, in English and German."""
    rows = table[(table["measure"] == "distance") & (table["model"] == SKELETON)]
    rows = rows.set_index("tile")
    every, tiles = rows.loc[ALL_TILES], rows.drop(ALL_TILES)
    median, tail = f"{every.median_error:.1%}", f"{every.p90_error:.0%}"
    low, high = f"{tiles.median_error.min():.1%}", f"{tiles.median_error.max():.1%}"
    english = (
        f"error of walking distances against real OSM streets: median {median}, 90th percentile "
        f"{tail} ({every.n:,} pairs of addresses in {len(tiles)} places of the inner city; median "
        f"by place {low} to {high})"
    )
    german = (
        f"Fehler der Fußwege gegen echte OSM-Straßen: Median {_german(median)}, 90. Perzentil "
        f"{_german(tail)} ({_german(f'{every.n:,}')} Adresspaare an {len(tiles)} Orten der "
        f"Innenstadt; Median je Ort {_german(low)} bis {_german(high)})"
    )
    return english, german


def _german(number: str) -> str:
    """Write an English number as German does."""
    text = number.translate(str.maketrans(",.", ".,"))
    return text.replace("%", "\N{NARROW NO-BREAK SPACE}%")


def markdown(table: pd.DataFrame) -> str:
    """Return both tables as Markdown, the models side by side."""
    lines = [
        (
            "| tile | pairs | skeleton median / P90 / bias | study median / P90 / bias "
            "| straight line x best factor median / P90 (factor) |"
        ),
        "|---|---|---|---|---|",
    ]
    distance = table[table["measure"] == "distance"]
    for tile, rows in distance.groupby("tile", sort=False):
        by_model = rows.set_index("model")
        cells = [_errors(by_model.loc[model]) for model in (SKELETON, STUDY)]
        line = by_model.loc[STRAIGHT]
        factor = f"{line.factor:.2f}" if np.isfinite(line.factor) else "by tile"
        cells.append(f"{line.median_error:.3f} / {line.p90_error:.3f} ({factor})")
        mark = " (left out of tuning)" if tile == LEFT_OUT else ""
        lines.append(f"| {tile}{mark} | {line.n:,} | " + " | ".join(cells) + " |")
    lines += [
        "",
        (
            "| tile | within | centres | decisions | skeleton accuracy / Jaccard "
            "| study accuracy / Jaccard "
            "| straight line x best factor accuracy / Jaccard (factor) |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    within = table[table["measure"] == "within"]
    for (tile, threshold), rows in within.groupby(["tile", "threshold_m"], sort=False):
        by_model = rows.set_index("model")
        line = by_model.loc[STRAIGHT]
        cells = [
            f"{by_model.loc[model].accuracy:.3f} / {by_model.loc[model].jaccard:.3f}"
            for model in (SKELETON, STUDY, STRAIGHT)
        ]
        cells[-1] += f" ({line.factor:.2f})"
        lines.append(
            f"| {tile} | {threshold:,} m | {line.centres:.0f} | {line.n:,} | "
            + " | ".join(cells)
            + " |"
        )
    return "\n".join(lines)


def _errors(row: pd.Series) -> str:
    """Return median, 90th percentile and bias of one row."""
    return f"{row.median_error:.3f} / {row.p90_error:.3f} / {row.bias:+.3f}"


if __name__ == "__main__":
    main()
