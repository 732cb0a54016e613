"""Derive the packaged approximate walking network of Berlin.

Example
-------
    python scripts/derive_network.py --shared ../shared --out network.walk.parquet
"""

from __future__ import annotations

import argparse
from pathlib import Path

from skeleton.pipeline import derive

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_OUT = ROOT / "data" / "network" / "berlin_skeleton.walk.parquet"


def main() -> None:
    """Read the arguments, derive the network and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="input folder")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="network file to write")
    arguments = parser.parse_args()
    network = derive(arguments.shared)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    network.save(arguments.out)
    print(f"{arguments.out} ({arguments.out.stat().st_size / 1e6:.2f} MB)")


if __name__ == "__main__":
    main()
