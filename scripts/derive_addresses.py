"""Derive ``data/addresses/berlin_addresses.csv``: addresses whose place is known.

Usage::

    python scripts/derive_addresses.py [--shared DIR] [--out FILE]
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
import pandas as pd

from berlin_inputs import DEFAULT_DATA, DEFAULT_SHARED, berlin_path
from centre_inputs import stripped

COLUMNS: Final = ("street", "housenumber", "postcode", "lon", "lat")


def derive(shared: Path) -> pd.DataFrame:
    """Return the table of addresses, each once, sorted."""
    raw = pd.read_csv(berlin_path(shared, "geocoded_addresses_berlin.csv.gz"), dtype="string")
    key = ["street", "housenumber", "postcode"]
    table = pd.DataFrame({name: stripped(raw, name) for name in key})
    table["street"] = table["street"].str.replace(r"\s+", " ", regex=True)
    table["housenumber"] = table["housenumber"].str.replace(r"\s+", "", regex=True)
    table["lon"] = [f"{value:.6f}" for value in raw["lon"].astype(float)]
    table["lat"] = [f"{value:.6f}" for value in raw["lat"].astype(float)]
    table = table[(table[key] != "").all(axis=1)]
    return table.sort_values(list(COLUMNS)).drop_duplicates(key)[list(COLUMNS)]


@click.command()
@click.option("--shared", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_SHARED)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_DATA / "addresses" / "berlin_addresses.csv",
)
def main(shared: Path, out: Path) -> None:
    """Derive the addresses of Berlin."""
    table = derive(shared)
    out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(out, index=False, encoding="utf-8", lineterminator="\n")
    click.echo(f"{out}: {len(table)} rows")


if __name__ == "__main__":
    main()
