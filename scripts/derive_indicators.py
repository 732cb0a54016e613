"""Derive the social indicators per Planungsraum from the Monitoring Soziale Stadtentwicklung 2021.

The monitoring (MSS 2021, data of 31 December 2020) rates the status of each Planungsraum from
unemployment (S1), transfer benefits (S3) and child poverty (S4), and their change over two years
(D1, D3, D4). Values are kept as published, missing ones stay empty. The status and dynamics index
and the residents are compared with a second origin of the same publication; any difference that
is not a gap on one side stops the script.

Usage::

    python scripts/derive_indicators.py [--shared DIR] [--out FILE]
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
import pandas as pd

from berlin_inputs import DEFAULT_DATA, DEFAULT_SHARED, berlin_path, read_csv_with_ids

COLUMNS: Final = {
    "PLR_ID": "planning_area_id",
    "EW": "residents_2020",
    "SI_N": "status_index",
    "DI_N": "dynamics_index",
    "SI_V": "status_label",
    "DI_V": "dynamics_label",
    "S1": "unemployment_pct",
    "S3": "transfer_benefits_pct",
    "S4": "child_poverty_pct",
    "D1": "unemployment_change_pp",
    "D3": "transfer_benefits_change_pp",
    "D4": "child_poverty_change_pp",
    "KI_01": "youth_unemployment_pct",
    "KI_03": "old_age_poverty_pct",
    "KI_10": "residence_over_5_years_pct",
}
"""Column of the monitoring and our name of it. Context indicators (KI) whose reference group the
origin does not state, such as single parents, are left out."""

STATUS_LABELS: Final = {1: "hoch", 2: "mittel", 3: "niedrig", 4: "sehr niedrig"}
DYNAMICS_LABELS: Final = {1: "positiv", 3: "stabil", 5: "negativ"}
DYNAMICS_SIGNS: Final = {"+": 1, "+/-": 3, "-": 5}
"""How the second origin writes the dynamics index."""


def labelled(index: pd.Series, labels: pd.Series, names: dict[int, str]) -> pd.Series:
    """Return the official label of each index value, checked against the labels of the origin.

    Raises
    ------
    ValueError
        If an index is outside its scale or contradicts the label beside it.
    """
    expected = index.map(names)
    given = labels.where(index.notna())
    if not (expected.isna() == index.isna()).all():
        msg = f"index outside its scale {sorted(names)}: {sorted(set(index.dropna()))}"
        raise ValueError(msg)
    if not expected[index.notna()].eq(given[index.notna()]).all():
        msg = f"index and label disagree: {sorted(set(given.dropna()))}"
        raise ValueError(msg)
    return expected


def read_monitoring(shared: Path) -> pd.DataFrame:
    """Read the monitoring with our column names; indices as nullable integers."""
    path = berlin_path(shared, "social/mss_2021.csv")
    frame = read_csv_with_ids(path, "PLR_ID")[list(COLUMNS)].rename(columns=COLUMNS)
    for name, labels in (("status", STATUS_LABELS), ("dynamics", DYNAMICS_LABELS)):
        index = pd.to_numeric(frame[f"{name}_index"], errors="coerce").astype("Int64")
        frame[f"{name}_index"] = index
        frame[f"{name}_label"] = labelled(index, frame[f"{name}_label"], labels)
    frame["residents_2020"] = frame["residents_2020"].astype("Int64")
    return frame


def compare_with_second_origin(frame: pd.DataFrame, shared: Path) -> pd.DataFrame:
    """Count, per figure, where the two origins agree, where only one has a value, and differ.

    Returns
    -------
    pandas.DataFrame
        One row per figure, columns ``agree``, ``one_missing`` and ``differ``.
    """
    path = berlin_path(
        shared, "social/berlin-monitoring-social-urban-development-2021-00-1-planning-areas.csv"
    )
    other = read_csv_with_ids(path, "id").set_index("id").reindex(frame["planning_area_id"])
    second = {
        "residents_2020": pd.to_numeric(other["inhabitants"], errors="coerce"),
        "status_index": pd.to_numeric(other["status_index"], errors="coerce"),
        "dynamics_index": other["dynamic_index"].map(DYNAMICS_SIGNS),
    }
    counts = {}
    for column, values in second.items():
        ours = frame[column].astype("Float64").to_numpy(dtype=float, na_value=float("nan"))
        theirs = values.to_numpy(dtype=float, na_value=float("nan"))
        agree = int(((ours == theirs) | (pd.isna(ours) & pd.isna(theirs))).sum())
        one_missing = int((pd.isna(ours) ^ pd.isna(theirs)).sum())
        differ = len(frame) - agree - one_missing
        counts[column] = {"agree": agree, "one_missing": one_missing, "differ": differ}
    return pd.DataFrame(counts).T


@click.command()
@click.option("--shared", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_SHARED)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_DATA / "indicators" / "berlin_mss_2021.csv",
)
def main(shared: Path, out: Path) -> None:
    """Derive the Monitoring Soziale Stadtentwicklung 2021 per Planungsraum."""
    frame = read_monitoring(shared)
    comparison = compare_with_second_origin(frame, shared)
    click.echo(f"against the second origin:\n{comparison}")
    if comparison["differ"].any():
        msg = "the two origins of the monitoring contradict each other"
        raise click.ClickException(msg)
    out.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(out, index=False, encoding="utf-8", lineterminator="\n")
    for column in ("status_index", "dynamics_index"):
        counts = frame[column].value_counts(dropna=False).sort_index().to_dict()
        click.echo(f"{column}: {counts}")
    click.echo(f"{out}: {len(frame)} rows")


if __name__ == "__main__":
    main()
